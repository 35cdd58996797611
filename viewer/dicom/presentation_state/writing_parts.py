"""Pieces that modules of presentation states share when they are written: references, tables, texts."""

from collections.abc import Iterable

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.derived_instance import decimal
from viewer.dicom.presentation_state.values import ImageReference, LutData, Scope, StateRescale, StateVoi

UNSPECIFIED = "US"
"""Rescale Type and Modality LUT Type of values that nobody names (C.11.1.1.2)."""
_DESCRIPTOR, _DATA = 0x00283002, 0x00283006
_LONGEST_LO = 64


def references(scope: Scope) -> Items:
    """Return the items of a Referenced Image Sequence (0008,1140)."""
    return Items([_reference(each) for each in scope])


def refer(item: Dataset, scope: Scope) -> None:
    """Have an item name its images; an empty scope means all of the state and is not written."""
    if scope:
        item.ReferencedImageSequence = references(scope)


def references_by_series(images: Scope) -> Items:
    """Return the items of a Referenced Series Sequence (0008,1115)."""
    by_series: dict[str, list[ImageReference]] = {}
    for each in images:
        by_series.setdefault(each.series_instance_uid, []).append(each)
    found = []
    for uid, held in by_series.items():
        item = Dataset()
        item.SeriesInstanceUID = UID(uid)
        item.ReferencedImageSequence = references(tuple(held))
        found.append(item)
    return Items(found)


def _reference(image: ImageReference) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = UID(image.sop_class_uid), UID(image.sop_instance_uid)
    if image.frames:
        item.ReferencedFrameNumber = list(image.frames)
    return item


def put_lut(item: Dataset, table: LutData, descriptor: int = _DESCRIPTOR, data: int = _DATA) -> None:
    """Write a table's descriptor and data under their tags.

    Raises:
        DicomError: If it has more entries than a descriptor can tell.
    """
    if not 1 <= table.count <= 1 << 16:
        raise DicomError(_("A table has too many entries to be written"))
    item.add_new(descriptor, "US", [table.count & 0xFFFF, table.first & 0xFFFF, table.bits])
    item.add_new(data, "OW", even(table.data))


def lut_item(table: LutData) -> Dataset:
    """Return the item of a LUT sequence."""
    item = Dataset()
    put_lut(item, table)
    if table.explanation:
        item.LUTExplanation = long_string(table.explanation)
    return item


def put_modality(item: Dataset, stage: StateRescale | LutData | None) -> None:
    """Write the modality stage (C.11.1); none is identity."""
    if isinstance(stage, LutData):
        table = lut_item(stage)
        table.ModalityLUTType = long_string(stage.type) or UNSPECIFIED
        item.ModalityLUTSequence = Items([table])
    elif stage is not None:
        item.RescaleIntercept, item.RescaleSlope = decimal(stage.intercept), decimal(stage.slope)
        item.RescaleType = long_string(stage.type) or UNSPECIFIED


def put_vois(item: Dataset, vois: Iterable[StateVoi]) -> None:
    """Write windows and tables (C.11.8); none is identity."""
    found = [_voi(each) for each in vois]
    if found:
        item.SoftcopyVOILUTSequence = Items(found)


def _voi(voi: StateVoi) -> Dataset:
    item = Dataset()
    refer(item, voi.images)
    if voi.table is not None:
        item.VOILUTSequence = Items([lut_item(voi.table)])
    elif voi.window is not None:
        item.WindowCenter, item.WindowWidth = (decimal(part) for part in voi.window)
        if voi.explanation:
            item.WindowCenterWidthExplanation = long_string(voi.explanation)
        if voi.function != "LINEAR":
            item.VOILUTFunction = voi.function
    return item


def even(data: bytes) -> bytes:
    """Return data of an even length (PS3.5 7.1.1)."""
    return data + b"\0" * (len(data) % 2)


def long_string(text: str) -> str:
    """Return a text as an LO has it: one line of at most 64 characters, one value."""
    return " ".join(text.replace("\\", "/").split())[:_LONGEST_LO]
