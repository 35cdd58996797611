"""Whole structured reports of known templates, built with pydicom from the tables of PS3.16."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import ExplicitVRLittleEndian

STORAGE = "1.2.840.10008.5.1.4.1.1."
MAMMOGRAPHY_IMAGE = STORAGE + "1.2"
CT_IMAGE = STORAGE + "2"
Coded = tuple[str, str, str]

REQUIRED: Coded = ("111150", "DCM", "Presentation Required: Rendering device is expected to present")
OPTIONAL: Coded = ("111151", "DCM", "Presentation Optional: Rendering device may present")
HIDDEN: Coded = ("111152", "DCM", "Not for Presentation: Rendering device expected not to present")
PERCENT: Coded = ("%", "UCUM", "percent")
MASS: Coded = ("4147007", "SCT", "Mass")
CALCIFICATIONS: Coded = ("129748009", "SCT", "Mammography breast calcification")
_NUMBER_OF_CHARACTERS = 16


def dcm(value: str, meaning: str) -> Coded:
    return value, "DCM", meaning


def coded(code: Coded) -> Items:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code
    return Items([item])


def item(kind: str, name: Coded | None, relationship: str, *below: Dataset, **values: Any) -> Dataset:
    """Return a content item; values are elements by keyword."""
    made = Dataset()
    if relationship:
        made.RelationshipType = relationship
    made.ValueType = kind
    if name is not None:
        made.ConceptNameCodeSequence = coded(name)
    for keyword, value in values.items():
        setattr(made, keyword, value)
    if below:
        made.ContentSequence = Items(below)
    return made


def container(name: Coded, *below: Dataset, relationship: str = "CONTAINS") -> Dataset:
    return item("CONTAINER", name, relationship, *below, ContinuityOfContent="SEPARATE")


def code(name: Coded, value: Coded, *below: Dataset, relationship: str = "CONTAINS") -> Dataset:
    return item("CODE", name, relationship, *below, ConceptCodeSequence=coded(value))


def text(name: Coded, words: str, relationship: str = "CONTAINS") -> Dataset:
    return item("TEXT", name, relationship, TextValue=words)


def number(name: Coded, value: float | str, unit: Coded, *below: Dataset, relationship: str = "CONTAINS") -> Dataset:
    measured = Dataset()
    measured.NumericValue = str(value)[:_NUMBER_OF_CHARACTERS]
    measured.MeasurementUnitsCodeSequence = coded(unit)
    return item("NUM", name, relationship, *below, MeasuredValueSequence=Items([measured]))


def uid_reference(name: Coded, uid: str, relationship: str = "CONTAINS") -> Dataset:
    return item("UIDREF", name, relationship, UID=uid)


def moment(name: Coded, at: str, relationship: str = "CONTAINS") -> Dataset:
    return item("DATETIME", name, relationship, DateTime=at)


def image(
    sop_class: str, sop_instance: str, *below: Dataset, relationship: str = "CONTAINS", frames: Sequence[int] = ()
) -> Dataset:
    named = Dataset()
    named.ReferencedSOPClassUID, named.ReferencedSOPInstanceUID = sop_class, sop_instance
    if frames:
        named.ReferencedFrameNumber = list(frames)
    return item("IMAGE", None, relationship, *below, ReferencedSOPSequence=Items([named]))


def region(
    name: Coded | None, graphic_type: str, points: Sequence[float], *below: Dataset, relationship: str
) -> Dataset:
    return item("SCOORD", name, relationship, *below, GraphicType=graphic_type, GraphicData=list(points))


def space_region(name: Coded, graphic_type: str, points: Sequence[float], frame_uid: str) -> Dataset:
    return item(
        "SCOORD3D",
        name,
        "CONTAINS",
        GraphicType=graphic_type,
        GraphicData=list(points),
        ReferencedFrameOfReferenceUID=frame_uid,
    )


def by_reference(*position: int, relationship: str = "SELECTED FROM") -> Dataset:
    made = Dataset()
    made.RelationshipType = relationship
    made.ReferencedContentItemIdentifier = list(position)
    return made


def document(root: Dataset, sop_class: str, template: str, evidence: Sequence[tuple[str, str]] = ()) -> Dataset:
    """Return a whole data set around a root container.

    Args:
        root: The content.
        sop_class: What follows the root of storage classes.
        template: Of the root.
        evidence: Class and instance UIDs of the images.
    """
    made = root
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID, made.SOPInstanceUID = STORAGE + sop_class, f"1.2.826.0.1.3680043.8.498.77.1.{template}"
    made.PatientName, made.PatientID, made.PatientBirthDate, made.PatientSex = "Hong^Gildong", "SR-1", "19600101", "F"
    made.StudyInstanceUID, made.SeriesInstanceUID = "1.2.826.0.1.3680043.8.498.77", "1.2.826.0.1.3680043.8.498.77.9"
    made.StudyDate = made.ContentDate = "20260102"
    made.StudyTime = made.ContentTime = "101112"
    made.StudyID, made.AccessionNumber, made.ReferringPhysicianName = "1", "A1", "Ref^Erring"
    made.Modality, made.SeriesNumber, made.InstanceNumber = "SR", "1", "1"
    made.Manufacturer, made.ManufacturerModelName, made.DeviceSerialNumber, made.SoftwareVersions = "T", "M", "1", "1"
    made.ReferencedPerformedProcedureStepSequence = Items()
    made.PerformedProcedureCodeSequence = Items()
    made.CompletionFlag, made.VerificationFlag = "COMPLETE", "UNVERIFIED"
    named = Dataset()
    named.MappingResource, named.TemplateIdentifier = "DCMR", template
    made.ContentTemplateSequence = Items([named])
    if evidence:
        made.CurrentRequestedProcedureEvidenceSequence = _evidence(made, evidence)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    return made


def _evidence(made: Dataset, evidence: Sequence[tuple[str, str]]) -> Items:
    instances = []
    for sop_class, sop_instance in evidence:
        instance = Dataset()
        instance.ReferencedSOPClassUID, instance.ReferencedSOPInstanceUID = sop_class, sop_instance
        instances.append(instance)
    series = Dataset()
    series.SeriesInstanceUID, series.ReferencedSOPSequence = "1.2.826.0.1.3680043.8.498.77.8", Items(instances)
    study = Dataset()
    study.StudyInstanceUID, study.ReferencedSeriesSequence = made.StudyInstanceUID, Items([series])
    return Items([study])


def write(made: Dataset, path: Path) -> Path:
    made.save_as(path, enforce_file_format=True)
    return path


LANGUAGE = (dcm("121049", "Language of Content Item and Descendants"), ("en", "RFC5646", "English"))
_INTENT = dcm("111056", "Rendering Intent")


def language() -> Dataset:
    return code(*LANGUAGE, relationship="HAS CONCEPT MOD")


def cad_finding(
    kind: Coded, intent: Coded, center: tuple[float, float], outline: Sequence[float], picture: Sequence[int]
) -> Dataset:
    """Return a single image finding (TID 4006) whose marks are on an image of the library."""
    return code(
        dcm("111059", "Single Image Finding"),
        kind,
        code(_INTENT, intent, relationship="HAS CONCEPT MOD"),
        text(dcm("111001", "Algorithm Name"), "Finder", "HAS PROPERTIES"),
        text(dcm("111003", "Algorithm Version"), "1.0", "HAS PROPERTIES"),
        number(dcm("111012", "Certainty of Finding"), 87, PERCENT, relationship="HAS PROPERTIES"),
        region(dcm("111010", "Center"), "POINT", center, by_reference(*picture), relationship="HAS PROPERTIES"),
        region(dcm("111041", "Outline"), "POLYLINE", outline, by_reference(*picture), relationship="HAS PROPERTIES"),
    )


def _performed(name: Coded, done: Coded) -> Dataset:
    return code(
        name,
        done,
        text(dcm("111001", "Algorithm Name"), "Finder", "HAS PROPERTIES"),
        text(dcm("111003", "Algorithm Version"), "1.0", "HAS PROPERTIES"),
    )


def mammography_cad(
    *findings: Dataset,
    image_uid: str = "1.2.3.4.5",
    image_class: str = MAMMOGRAPHY_IMAGE,
    done: Sequence[Coded] = (MASS,),
    failed: Sequence[Coded] = (),
) -> Dataset:
    """Return a mammography CAD report (TID 4000) of one image, which is item 1.2.1."""
    library = container(
        dcm("111028", "Image Library"),
        image(
            image_class,
            image_uid,
            code(dcm("111027", "Image Laterality"), ("80248007", "SCT", "Left breast"), relationship="HAS ACQ CONTEXT"),
        ),
    )
    has_all = not failed
    summary = {
        (True, True): dcm("111242", "All algorithms succeeded; with findings"),
        (True, False): dcm("111241", "All algorithms succeeded; without findings"),
        (False, True): dcm("111244", "Not all algorithms succeeded; with findings"),
        (False, False): dcm("111243", "Not all algorithms succeeded; without findings"),
    }[(has_all, bool(findings))]
    impressions = [
        container(
            dcm("111034", "Individual Impression/Recommendation"),
            _copied_intent(finding),
            finding,
            relationship="INFERRED FROM",
        )
        for finding in findings
    ]
    partly = dcm("111223", "Partially Succeeded") if done else dcm("111224", "Failed")
    result = dcm("111222", "Succeeded") if has_all else partly
    processes = [
        container(
            name,
            *(_performed(dcm("111022", "Detection Performed"), each) for each in kinds),
            relationship="INFERRED FROM",
        )
        for name, kinds in (
            (dcm("111063", "Successful Detections"), done),
            (dcm("111025", "Failed Detections"), failed),
        )
        if kinds
    ]
    root = container(
        dcm("111036", "Mammography CAD Report"),
        language(),
        library,
        code(dcm("111017", "CAD Processing and Findings Summary"), summary, *impressions),
        code(dcm("111064", "Summary of Detections"), result, *processes),
        code(dcm("111065", "Summary of Analyses"), dcm("111225", "Not Attempted")),
        relationship="",
    )
    return document(root, "88.50", "4000", [(image_class, image_uid)])


def _copied_intent(finding: Dataset) -> Dataset:
    stated = finding.ContentSequence[0].ConceptCodeSequence[0]
    return code(
        _INTENT,
        (stated.CodeValue, stated.CodingSchemeDesignator, stated.CodeMeaning),
        relationship="HAS CONCEPT MOD",
    )


MGY: Coded = ("mGy", "UCUM", "mGy")
MGY_CM: Coded = ("mGy.cm", "UCUM", "mGy.cm")


def ct_dose(acquisitions: Sequence[tuple[str, float, float]]) -> Dataset:
    """Return a CT dose report (TID 10011) of protocols with CTDIvol in mGy and DLP in mGy·cm."""
    head = ("69536005", "SCT", "Head")
    events = [
        container(
            dcm("113819", "CT Acquisition"),
            text(dcm("125203", "Acquisition Protocol"), protocol),
            code(dcm("123014", "Target Region"), head),
            code(dcm("113820", "CT Acquisition Type"), ("116152004", "SCT", "Spiral Acquisition")),
            container(
                dcm("113829", "CT Dose"),
                number(dcm("113830", "Mean CTDIvol"), ctdi, MGY),
                code(dcm("113835", "CTDIw Phantom Type"), dcm("113690", "IEC Head Dosimetry Phantom")),
                number(dcm("113838", "DLP"), dlp, MGY_CM),
            ),
        )
        for protocol, ctdi, dlp in acquisitions
    ]
    root = container(
        dcm("113701", "X-Ray Radiation Dose Report"),
        code(
            dcm("121058", "Procedure reported"),
            ("77477000", "SCT", "Computed Tomography X-Ray"),
            relationship="HAS CONCEPT MOD",
        ),
        container(
            dcm("113811", "CT Accumulated Dose Data"),
            number(dcm("113812", "Total Number of Irradiation Events"), len(events), ("{events}", "UCUM", "events")),
            number(
                dcm("113813", "CT Dose Length Product Total"), sum(dlp for _name, _ctdi, dlp in acquisitions), MGY_CM
            ),
        ),
        *events,
        relationship="",
    )
    return document(root, "88.67", "10011")


def radiopharmaceutical_dose(activity_mbq: float) -> Dataset:
    """Return a radiopharmaceutical dose report (TID 10021)."""
    root = container(
        dcm("113500", "Radiopharmaceutical Radiation Dose Report"),
        container(
            dcm("113502", "Radiopharmaceutical Administration"),
            code(("349358000", "SCT", "Radiopharmaceutical agent"), ("35321007", "SCT", "Fluorodeoxyglucose F^18^")),
            uid_reference(dcm("113503", "Radiopharmaceutical Administration Event UID"), "1.2.3"),
            moment(dcm("123003", "Radiopharmaceutical Start DateTime"), "20260102093000"),
            number(dcm("113507", "Administered activity"), activity_mbq, ("MBq", "UCUM", "MBq")),
        ),
        relationship="",
    )
    return document(root, "88.68", "10021")


def obstetric_ultrasound() -> Dataset:
    """Return an OB-GYN ultrasound report (TID 5000) of twins with biometry."""
    mean = code(dcm("121401", "Derivation"), ("373098007", "SCT", "Mean"), relationship="HAS CONCEPT MOD")
    fetuses = [
        container(
            dcm("125002", "Fetal Biometry"),
            text(("11951-1", "LN", "Fetus ID"), name, "HAS OBS CONTEXT"),
            number(("11820-8", "LN", "Biparietal Diameter"), width, ("mm", "UCUM", "millimeter"), mean),
            number(("11963-6", "LN", "Femur Length"), length, ("mm", "UCUM", "millimeter")),
        )
        for name, width, length in (("A", 52.1, 36.4), ("B", 50.7, 35.9))
    ]
    root = container(dcm("125000", "OB-GYN Ultrasound Procedure Report"), language(), *fetuses, relationship="")
    return document(root, "88.33", "5000")
