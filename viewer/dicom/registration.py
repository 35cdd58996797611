"""Spatial Registration objects: which frames of reference they join, and by which matrix (PS3.3 C.20.2, digest 6.8).

Each item names a source frame and takes its points into the registered frame, which is the object's own. Deformable
registrations are recognised and told as not applied: a matrix would say less than they do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.data_elements import element_items, element_numbers, element_text, element_texts
from viewer.dicom.frame_transform import FrameTransform, TransformKind

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SPATIAL_REGISTRATION = "1.2.840.10008.5.1.4.1.1.66.1"
DEFORMABLE_REGISTRATION = "1.2.840.10008.5.1.4.1.1.66.3"

_SOP_CLASS, _SOP_INSTANCE, _FRAME = 0x00080016, 0x00080018, 0x00200052
_LABEL, _DESCRIPTION = 0x00700080, 0x00700081
_REGISTRATIONS, _MATRICES_OF_ITEM, _MATRICES = 0x00700308, 0x00700309, 0x0070030A
_MATRIX, _KIND, _COMMENT = 0x300600C6, 0x0070030C, 0x300600C8
_REFERENCED_IMAGES, _REFERENCED_INSTANCE = 0x00081140, 0x00081155
DOUBTFUL = "DOUBTFUL"
"""Comments of registrations that were not trusted when they were saved begin with this."""


@dataclass(frozen=True, slots=True)
class RegistrationItem:
    """One source of a registration.

    Attributes:
        source_frame_uid: The frame whose points are taken over; empty where only its images are named.
        image_uids: SOP Instance UIDs of the images that lie in that frame; empty for all of the frame.
        transform: From the source frame to the registered one: all matrices of the item multiplied, M1·M2·…·Mn.
        kind: The widest of those the item states.
        doubt: Why whoever wrote it did not trust it, where it was this program.
    """

    source_frame_uid: str
    image_uids: tuple[str, ...]
    transform: FrameTransform
    kind: TransformKind = TransformKind.RIGID
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class SpatialRegistration:
    """What a registration object says.

    Attributes:
        label: Content Label (0070,0080).
        frame_uid: The registered frame: the object's own Frame of Reference UID.
        items: Its sources; none for a deformable one, which is not applied.
        problems: What of it is not used and why, translated.
    """

    sop_instance_uid: str
    label: str
    description: str
    frame_uid: str
    items: tuple[RegistrationItem, ...] = ()
    problems: tuple[str, ...] = ()


def read_registration(data_set: "Dataset") -> SpatialRegistration:
    """Return what a registration object says.

    Raises:
        DicomError: It is no registration object, or does not name the frame that it registers to.
    """
    sop_class = element_text(data_set, _SOP_CLASS)
    if sop_class not in {SPATIAL_REGISTRATION, DEFORMABLE_REGISTRATION}:
        raise DicomError(_("This object is no spatial registration"))
    frame_uid = element_text(data_set, _FRAME)
    if not frame_uid:
        raise DicomError(_("The registration does not name its Frame of Reference"))
    told = SpatialRegistration(
        element_text(data_set, _SOP_INSTANCE),
        element_text(data_set, _LABEL),
        element_text(data_set, _DESCRIPTION),
        frame_uid,
    )
    if sop_class == DEFORMABLE_REGISTRATION:
        problem = _("The deformable registration {0} is not applied").format(told.label)
        return _with(told, (), (problem,))
    items, problems = [], []
    for number, item in enumerate(element_items(data_set, _REGISTRATIONS), start=1):
        try:
            items.append(_item(item))
        except DicomError as error:
            problems.append(_("Item {0} of the registration {1} is not used: {2}").format(number, told.label, error))
    return _with(told, tuple(items), tuple(problems))


def frames_of(item: RegistrationItem, frame_of_image: Mapping[str, str]) -> tuple[str, ...]:
    """Return the frames that a source means: its own, or those of the images that it names.

    Args:
        item: The source.
        frame_of_image: Frame of Reference UIDs by SOP Instance UID, of the open images.
    """
    if item.source_frame_uid:
        return (item.source_frame_uid,)
    found = (frame_of_image.get(uid, "") for uid in item.image_uids)
    return tuple(dict.fromkeys(uid for uid in found if uid))


def _with(
    told: SpatialRegistration, items: tuple[RegistrationItem, ...], problems: tuple[str, ...]
) -> SpatialRegistration:
    return SpatialRegistration(told.sop_instance_uid, told.label, told.description, told.frame_uid, items, problems)


def _item(item: "Dataset") -> RegistrationItem:
    images = element_items(item, _REFERENCED_IMAGES)
    uids = tuple(uid for image in images if (uid := element_text(image, _REFERENCED_INSTANCE)))
    source = element_text(item, _FRAME)
    if not source and not uids:
        raise DicomError(_("it names neither a frame nor images"))
    holders = element_items(item, _MATRICES_OF_ITEM)
    matrices = [matrix for holder in holders for matrix in element_items(holder, _MATRICES)]
    if not matrices:
        raise DicomError(_("it holds no matrix"))
    kinds = [_kind(matrix) for matrix in matrices]
    transform = _product(FrameTransform(element_numbers(matrix, _MATRIX)) for matrix in matrices)
    kind = max(kinds, key=list(TransformKind).index)
    if kind is TransformKind.RIGID and not transform.is_rigid:
        raise DicomError(_("it is called rigid, and its matrix is not"))
    doubts = (_doubt(element_text(holder, _COMMENT)) for holder in holders)
    return RegistrationItem(source, uids, transform, kind, "; ".join(each for each in doubts if each))


def _doubt(comment: str) -> str:
    """Return the reason in a comment that says that a registration is doubtful; empty for any other."""
    if not comment.startswith(DOUBTFUL):
        return ""
    return comment.removeprefix(DOUBTFUL).lstrip(": ") or _("no reason is stated")


def _product(transforms: Iterable[FrameTransform]) -> FrameTransform:
    """Multiply in the order of the items: the last of them touches a point first."""
    product = FrameTransform()
    for transform in transforms:
        product = product.after(transform)
    return product


def _kind(matrix: "Dataset") -> TransformKind:
    stated = element_texts(matrix, _KIND)
    try:
        return TransformKind(stated[0] if stated else "")
    except ValueError:
        raise DicomError(_("its kind of matrix is unknown")) from None
