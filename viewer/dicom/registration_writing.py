"""Writes what a registration found as a Spatial Registration object (PS3.3 A.39.1, C.20.2): this program reads it back.

It belongs to the study of the fixed images, whose frame is the registered one: its matrix takes points of the moving
images' frame into it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from viewer.dicom.codes import Code
from viewer.dicom.derived_instance import NewSeries, coded, decimal, derived_data_set

# isort: split

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID

from viewer.dicom.frame_transform import IDENTITY, FrameTransform, TransformKind
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.registration import DOUBTFUL, SPATIAL_REGISTRATION

LONGEST_LABEL = 16
_IMAGE_CONTENT = ("125024", "DCM", "Image Content-based Alignment")
_IDENTITY_CODE = ("125021", "DCM", "Frame of Reference Identity")
_LONGEST_LO = 64
_FRAME = 0x00200052


@dataclass(frozen=True, slots=True)
class RegisteredSeries:
    """One side of a registration.

    Attributes:
        headers: Its instances, each once; at least one.
    """

    headers: Sequence[InstanceHeader]

    @property
    def frame_uid(self) -> str:
        """Frame of Reference UID of the series."""
        return self.headers[0].ascii(_FRAME)


def registration_object(
    source: Dataset,
    fixed: RegisteredSeries,
    moving: RegisteredSeries,
    transform: FrameTransform,
    series: NewSeries,
    label: str,
    doubt: str = "",
) -> Dataset:
    """Return the object.

    Args:
        source: A data set of the fixed series (derived_instance.source_data_set): whose patient and study it is.
        fixed: The images of the registered frame.
        moving: The images that are laid over them.
        transform: Rigid, from the moving frame to the fixed one.
        series: That the object is put into.
        label: Content Label (0070,0080); made a code string of at most 16 characters.
        doubt: Why it is not to be trusted; said in the descriptions and beside the matrix.
    """
    if doubt:
        series = replace(series, description=f"{DOUBTFUL}: {series.description}"[:_LONGEST_LO])
    made = derived_data_set(source, series, SPATIAL_REGISTRATION)
    made.Modality = "REG"
    made.FrameOfReferenceUID = UID(fixed.frame_uid)
    made.PositionReferenceIndicator = str(source.get("PositionReferenceIndicator") or "")
    made.InstanceNumber = "1"
    made.ContentLabel = content_label(label)
    made.ContentDescription = series.description.replace("\\", "/")[:_LONGEST_LO]
    made.ContentCreatorName = ""
    made.DeviceSerialNumber = "0"
    made.RegistrationSequence = Items(
        [
            _item(fixed, IDENTITY, _IDENTITY_CODE),
            _item(moving, transform, _IMAGE_CONTENT),
        ]
    )
    if doubt:
        comment = f"{DOUBTFUL}: {doubt}".replace("\\", "/")[:_LONGEST_LO]
        made.RegistrationSequence[1].MatrixRegistrationSequence[0].FrameOfReferenceTransformationComment = comment
    _refer(made, fixed, moving)
    if "Laterality" in made and not made.Laterality:
        del made.Laterality
    return made


def content_label(text: str) -> str:
    """Return a text as a code string: capitals, digits, blanks and low lines, at most 16 of them."""
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in " _") else "_" for letter in text)
    return kept.upper().strip()[:LONGEST_LABEL].strip() or "RIGID"


def _item(images: RegisteredSeries, transform: FrameTransform, kind: tuple[str, str, str]) -> Dataset:
    matrix, holder, item = Dataset(), Dataset(), Dataset()
    matrix.FrameOfReferenceTransformationMatrixType = TransformKind.RIGID.value
    matrix.FrameOfReferenceTransformationMatrix = [decimal(value) for value in transform.matrix]
    holder.MatrixSequence = Items([matrix])
    holder.RegistrationTypeCodeSequence = coded([Code(*kind)])
    item.FrameOfReferenceUID = UID(images.frame_uid)
    item.ReferencedImageSequence = Items(_references(images.headers))
    item.MatrixRegistrationSequence = Items([holder])
    return item


def _references(headers: Sequence[InstanceHeader]) -> list[Dataset]:
    items = []
    for header in headers:
        item = Dataset()
        item.ReferencedSOPClassUID = UID(header.sop_class_uid)
        item.ReferencedSOPInstanceUID = UID(header.sop_instance_uid)
        items.append(item)
    return items


def _refer(made: Dataset, *sides: RegisteredSeries) -> None:
    """Name all instances by series and study (C.12.2): those of this study, then those of others."""
    own = str(made.StudyInstanceUID)
    here: list[Dataset] = []
    elsewhere: dict[str, list[Dataset]] = {}
    for headers in _by_series(sides):
        item = Dataset()
        item.SeriesInstanceUID = UID(headers[0].series_instance_uid)
        item.ReferencedInstanceSequence = Items(_references(headers))
        study = headers[0].study_instance_uid
        (here if study == own else elsewhere.setdefault(study, [])).append(item)
    if here:
        made.ReferencedSeriesSequence = Items(here)
    studies = []
    for study, series in elsewhere.items():
        item = Dataset()
        item.StudyInstanceUID = UID(study)
        item.ReferencedSeriesSequence = Items(series)
        studies.append(item)
    if studies:
        made.StudiesContainingOtherReferencedInstancesSequence = Items(studies)


def _by_series(sides: Sequence[RegisteredSeries]) -> list[list[InstanceHeader]]:
    found: dict[tuple[str, str], list[InstanceHeader]] = {}
    for side in sides:
        for header in side.headers:
            found.setdefault((header.study_instance_uid, header.series_instance_uid), []).append(header)
    return list(found.values())
