"""The mask subtraction of presentation states and of images themselves (C.7.6.10, C.11.13, C.11.16)."""

from dataclasses import replace
from typing import TYPE_CHECKING

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.data_elements import element_items, element_number, element_numbers, element_text
from viewer.dicom.presentation_state.element_parts import frame_ranges, lut_of, pair_of, scope_of, whole_number
from viewer.dicom.presentation_state.values import MaskOperation, MaskSubtraction, PixelShift, ToLog

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_MASKS, _OPERATION, _RANGES, _FRAMES = 0x00286100, 0x00286101, 0x00286102, 0x00286110
_AVERAGING, _SHIFT, _OFFSET, _EXPLANATION = 0x00286112, 0x00286114, 0x00286120, 0x00286190
_SHIFTS, _SHIFT_RANGES, _REGIONS, _VERTICES = 0x00289501, 0x00289506, 0x00289502, 0x00289503
_TO_LOGS, _LUT_RANGES, _LUT_FUNCTION = 0x00289422, 0x00289507, 0x00289474
_VISIBILITY, _VIEWING_MODE = 0x00289478, 0x00281090
_ITEM_ID = 0x00289416
_PRESENTATIONS, _FRAME_DISPLAYS = 0x00289505, 0x00089458


def masks_of(data_set: "Dataset") -> tuple[MaskSubtraction, ...]:
    """Return the subtractions that are meant to be seen; none where native images are (Recommended Viewing Mode NAT).

    Raises:
        DicomError: If one makes no sense.
    """
    if element_text(data_set, _VIEWING_MODE).upper() == "NAT":
        return ()
    visibility = _visibility(data_set)
    found = (_mask(item, visibility) for item in element_items(data_set, _MASKS))
    return tuple(mask for mask in found if mask.operation is not MaskOperation.NONE)


def image_masks(data_set: "Dataset") -> tuple[MaskSubtraction, ...]:
    """Return the subtractions of an image that asks to be seen subtracted (Recommended Viewing Mode SUB).

    Raises:
        DicomError: If one makes no sense.
    """
    return masks_of(data_set) if element_text(data_set, _VIEWING_MODE).upper() == "SUB" else ()


def _mask(item: "Dataset", visibility: float) -> MaskSubtraction:
    name = element_text(item, _OPERATION).upper()
    if name not in set(MaskOperation):
        raise DicomError(_("The mask operation {0} is not known").format(name or "?"))
    operation = MaskOperation(name)
    frames = tuple(int(frame) for frame in element_numbers(item, _FRAMES))
    ranges = frame_ranges(item, _RANGES)
    if operation is MaskOperation.AVG_SUB and not frames:
        raise DicomError(_("The mask subtraction names no mask frames"))
    if operation is MaskOperation.REV_TID and not ranges:
        raise DicomError(_("The mask subtraction names no frames that it is for"))
    own = element_number(item, _VISIBILITY)
    return MaskSubtraction(
        operation,
        ranges,
        frames,
        max(1, whole_number(item, _AVERAGING, 1)),
        _shifts(item),
        whole_number(item, _OFFSET, 1),
        tuple(
            ToLog(lut_of(table), frame_ranges(table, _LUT_RANGES))
            for table in element_items(item, _TO_LOGS)
            if element_text(table, _LUT_FUNCTION).upper() == "TO_LOG"
        ),
        visibility if own is None else min(max(own, 0.0), 100.0),
        element_text(item, _EXPLANATION),
        scope_of(item),
        whole_number(item, _ITEM_ID),
    )


def with_shifts_of_frame(
    masks: tuple[MaskSubtraction, ...], shifts: "tuple[Dataset, ...]"
) -> tuple[MaskSubtraction, ...]:
    """Return masks with the shifts that one frame states in place of their own.

    Args:
        masks: Of the image.
        shifts: Items of the frame's Frame Pixel Shift Sequence (0028,9415).
    """
    stated = {whole_number(item, _ITEM_ID): pair_of(item, _SHIFT) for item in shifts}
    found = []
    for mask in masks:
        shift = stated.get(mask.item_id)
        found.append(mask if shift is None else replace(mask, shifts=(PixelShift(shift),)))
    return tuple(found)


def _shifts(item: "Dataset") -> tuple[PixelShift, ...]:
    whole = pair_of(item, _SHIFT)
    found = [PixelShift(whole)] if whole is not None else []
    for group in element_items(item, _SHIFTS):
        ranges = frame_ranges(group, _SHIFT_RANGES)
        for region in element_items(group, _REGIONS):
            shift = pair_of(region, _SHIFT)
            if shift is None:
                raise DicomError(_("A region of the mask subtraction has no shift"))
            numbers = element_numbers(region, _VERTICES)
            found.append(PixelShift(shift, ranges, tuple(zip(numbers[1::2], numbers[::2], strict=False))))
    return tuple(found)


def _visibility(data_set: "Dataset") -> float:
    """Return Mask Visibility Percentage of the first frames that state it."""
    for presentation in element_items(data_set, _PRESENTATIONS):
        for display in element_items(presentation, _FRAME_DISPLAYS):
            found = element_number(display, _VISIBILITY)
            if found is not None:
                return min(max(found, 0.0), 100.0)
    return 0.0
