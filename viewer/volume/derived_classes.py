"""What a reformatted image becomes in DICOM: its class, Image Type and what that class asks for (PS3.3 A.3, A.4, A.21).

CT, MR and PET stay what they are. Everything else becomes a Secondary Capture that keeps its place in the patient.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence as Items

from viewer.dicom import derived_attributes
from viewer.dicom.codes import Code
from viewer.dicom.derived_instance import coded, take_over, take_over_private

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
PET_IMAGE = "1.2.840.10008.5.1.4.1.1.128"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"

_CT_CLASSES = frozenset({CT_IMAGE, f"{CT_IMAGE}.1", f"{CT_IMAGE}.2"})
_MR_CLASSES = frozenset({MR_IMAGE, f"{MR_IMAGE}.1", f"{MR_IMAGE}.4"})
_PET_CLASSES = frozenset({PET_IMAGE, "1.2.840.10008.5.1.4.1.1.130", f"{PET_IMAGE}.1"})

_RECUMBENT = Code("102538003", "SCT", "recumbent")
_LYING: dict[str, Code] = {
    "S": Code("40199007", "SCT", "supine"),
    "P": Code("1240000", "SCT", "prone"),
    "DR": Code("102535000", "SCT", "right lateral decubitus"),
    "DL": Code("102536004", "SCT", "left lateral decubitus"),
}
_GANTRY: dict[str, Code] = {
    "HF": Code("102540008", "SCT", "headfirst"),
    "FF": Code("102541007", "SCT", "feet-first"),
}
"""CID 19, 20 and 21 (PS3.16)."""
_ECHOES = {"SPIN": ["SE"], "GRADIENT": ["GR"], "BOTH": ["SE", "GR"]}


@dataclass(frozen=True, slots=True)
class DerivedClass:
    """One class of derived images.

    Attributes:
        keywords: What is taken over from the source.
        value_2: Of Image Type: PET knows no other than PRIMARY (C.8.9.4.1.1).
        value_3: Of Image Type, where the class names it whatever was made (C.8.2.1.1.1); empty for what was made.
        has_rescale: Whether slope and intercept are always written.
        is_through_zero: Whether the intercept must be 0 (C.8.9.4.1.4).
        complete: Puts in what the class asks for, given the count of images.
    """

    sop_class_uid: str
    keywords: tuple[str, ...]
    complete: Callable[[Dataset, Dataset, int], None]
    value_2: str = "SECONDARY"
    value_3: str = ""
    has_rescale: bool = False
    is_through_zero: bool = False

    def image_type(self, kind: str) -> list[str]:
        """Return Image Type of what was made: MPR, or a projection."""
        rest = [self.value_3, kind] if self.value_3 else [kind]
        return ["DERIVED", self.value_2, *rest]


def derived_class(source: Dataset, *, is_sum: bool = False) -> DerivedClass:
    """Return what images made from an object become; sums of PET values are no PET image, for they have no unit."""
    sop_class_uid = str(source.get("SOPClassUID") or "")
    if sop_class_uid in _CT_CLASSES:
        return _CT
    if sop_class_uid in _MR_CLASSES:
        return _MR
    has_all = all(str(source.get(keyword) or "") for keyword in derived_attributes.PET_NEEDS)
    if sop_class_uid in _PET_CLASSES and has_all and not is_sum:
        return _PET
    return _CAPTURE


def _complete_ct(made: Dataset, _source: Dataset, _count: int) -> None:
    _fill(made, "KVP", "AcquisitionNumber", "PatientPosition")


def _complete_mr(made: Dataset, source: Dataset, _count: int) -> None:
    if not made.get("ScanningSequence"):
        echoes = list(_ECHOES.get(str(source.get("EchoPulseSequence") or ""), ["RM"]))
        inverts = str(source.get("InversionRecovery") or "") == "YES"
        made.ScanningSequence = ["IR", *echoes] if inverts and echoes != ["RM"] else echoes
    if not made.get("SequenceVariant"):
        is_steady = str(source.get("SteadyStatePulseSequence") or "NONE") != "NONE"
        is_spoiled = str(source.get("Spoiling") or "NONE") != "NONE"
        made.SequenceVariant = [name for name, has in (("SS", is_steady), ("SP", is_spoiled)) if has] or ["NONE"]
    if not made.get("EchoTime") and source.get("EffectiveEchoTime") is not None:
        made.EchoTime = source.EffectiveEchoTime
    if "IR" in list(made.ScanningSequence) and "InversionTime" not in made:
        times = source.get("InversionTimes")
        made.InversionTime = times[0] if isinstance(times, MultiValue) and times else times or ""
    _fill(made, "ScanOptions", "MRAcquisitionType", "EchoTime", "EchoTrainLength", "PatientPosition")
    _fill(made, "RepetitionTime")


def _complete_pet(made: Dataset, source: Dataset, count: int) -> None:
    take_over_private(made, source, derived_attributes.PET_PRIVATE)
    kinds = list(made.SeriesType) if not isinstance(made.SeriesType, str) else [made.SeriesType]
    # One phase was cut: it is no longer a series of several.
    made.SeriesType = [kinds[0] if kinds[0] in {"STATIC", "WHOLE BODY"} else "STATIC", "IMAGE"]
    made.NumberOfSlices = count
    made.ImageIndex = int(made.InstanceNumber)
    _fill(made, "CorrectedImage", "CollimatorType", "AcquisitionDate", "AcquisitionTime", "ActualFrameDuration")
    _code_position(made)
    for keyword in (
        "RadiopharmaceuticalInformationSequence",
        "PatientOrientationCodeSequence",
        "PatientGantryRelationshipCodeSequence",
    ):
        if keyword not in made:
            setattr(made, keyword, Items([]))


def _code_position(made: Dataset) -> None:
    """Say by codes how the patient lay, if it is said by letters: one or the other is allowed (C.7.3.1.1.2)."""
    position = str(made.get("PatientPosition") or "")
    if "PatientPosition" in made:
        del made.PatientPosition
    gantry, lying = _GANTRY.get(position[:2]), _LYING.get(position[2:])
    if gantry is None or lying is None or "PatientOrientationCodeSequence" in made:
        return
    made.PatientOrientationCodeSequence = coded([_RECUMBENT])
    made.PatientOrientationCodeSequence[0].PatientOrientationModifierCodeSequence = coded([lying])
    if "PatientGantryRelationshipCodeSequence" not in made:
        made.PatientGantryRelationshipCodeSequence = coded([gantry])


def _complete_capture(made: Dataset, _source: Dataset, _count: int) -> None:
    made.ConversionType = "WSD"
    _fill(made, "PatientOrientation")
    if "PatientOrientationCodeSequence" in made and "PatientPosition" in made:
        del made.PatientPosition


def _fill(made: Dataset, *keywords: str) -> None:
    """Put empty elements where type 2 asks for them."""
    for keyword in keywords:
        if keyword not in made:
            setattr(made, keyword, None if keyword == "AcquisitionNumber" else "")


def take_class(made: Dataset, source: Dataset, target: DerivedClass, count: int) -> None:
    """Put in what a class of images asks for.

    Args:
        made: Has its Instance Number already.
        source: What it was made from.
        target: The class.
        count: Of images in the series.
    """
    take_over(made, source, target.keywords)
    target.complete(made, source, count)


_CT = DerivedClass(CT_IMAGE, derived_attributes.CT, _complete_ct, value_3="AXIAL", has_rescale=True)
_MR = DerivedClass(MR_IMAGE, derived_attributes.MR, _complete_mr)
_PET = DerivedClass(
    PET_IMAGE, derived_attributes.PET, _complete_pet, value_2="PRIMARY", has_rescale=True, is_through_zero=True
)
_CAPTURE = DerivedClass(SECONDARY_CAPTURE, derived_attributes.PET, _complete_capture)
