"""The mask subtraction of a presentation state, written (C.7.6.10, C.11.13)."""

from collections.abc import Iterable

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from viewer.dicom.presentation_state.values import (
    MaskOperation,
    MaskSubtraction,
    PixelShift,
    PresentationState,
    StateKind,
)
from viewer.dicom.presentation_state.writing_parts import UNSPECIFIED, long_string, lut_item, refer

_WHOLE = 100.0


def put_masks(made: Dataset, state: PresentationState) -> None:
    """Write what is subtracted, and that it is to be seen so."""
    if not state.masks:
        return
    is_xray = state.kind is StateKind.XA_XRF
    made.MaskSubtractionSequence = Items([_mask(each, state, is_xray=is_xray) for each in state.masks])
    made.RecommendedViewingMode = "SUB"


def _mask(mask: MaskSubtraction, state: PresentationState, *, is_xray: bool) -> Dataset:
    item = Dataset()
    item.MaskOperation = mask.operation.value
    if mask.explanation:
        item.MaskOperationExplanation = long_string(mask.explanation)
    if mask.frame_ranges:
        item.ApplicableFrameRange = _flat(mask.frame_ranges)
    if mask.operation is MaskOperation.AVG_SUB:
        item.MaskFrameNumbers = list(mask.mask_frames)
    else:
        item.TIDOffset = mask.tid_offset
    if mask.operation is not MaskOperation.REV_TID:
        item.ContrastFrameAveraging = mask.averaging
    whole = next((each for each in mask.shifts if not each.vertices and not each.frame_ranges), None)
    if whole is not None:
        item.MaskSubPixelShift = list(whole.shift)
    if is_xray:
        refer(item, mask.images or state.images)
        _put_xray(item, mask, [each for each in mask.shifts if each is not whole])
    return item


def _put_xray(item: Dataset, mask: MaskSubtraction, shifts: list[PixelShift]) -> None:
    """Write what only XA/XRF states can say of a subtraction."""
    if shifts:
        item.PixelShiftSequence = Items(_shifts(shifts))
    tables = []
    for each in mask.to_log:
        table = lut_item(each.table)
        table.LUTFunction, table.ModalityLUTType = "TO_LOG", UNSPECIFIED
        if each.frame_ranges:
            table.LUTFrameRange = _flat(each.frame_ranges)
        tables.append(table)
    if tables:
        item.PixelIntensityRelationshipLUTSequence = Items(tables)
    if mask.visibility:
        item.MaskVisibilityPercentage = min(mask.visibility, _WHOLE)


def _shifts(shifts: Iterable[PixelShift]) -> list[Dataset]:
    by_frames: dict[tuple[tuple[int, int], ...], list[PixelShift]] = {}
    for each in shifts:
        by_frames.setdefault(each.frame_ranges, []).append(each)
    items = []
    for ranges, held in by_frames.items():
        item = Dataset()
        if ranges:
            item.PixelShiftFrameRange = _flat(ranges)
        regions = []
        for each in held:
            region = Dataset()
            region.MaskSubPixelShift = list(each.shift)
            if each.vertices:
                region.VerticesOfTheRegion = [part for x, y in each.vertices for part in (round(y), round(x))]
            regions.append(region)
        item.RegionPixelShiftSequence = Items(regions)
        items.append(item)
    return items


def _flat(ranges: Iterable[tuple[int, int]]) -> list[int]:
    return [part for pair in ranges for part in pair]
