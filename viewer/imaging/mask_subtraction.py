"""Digital subtraction: contrast frames less their mask (PS3.3 C.7.6.10, PS3.4 N.2.5), in logarithmic intensity.

Values that are proportional to absorption (LOG, DISP) are subtracted as they are; those proportional to intensity (LIN)
go through their table, or the logarithm over their own range. The result is signed and in the units of what was
subtracted; 100 % visibility of the mask leaves the contrast frame as it is.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.presentation_state.values import LutData, MaskOperation, MaskSubtraction, PixelShift, covers
from viewer.imaging.frame_state import FrameState
from viewer.imaging.lookup_table import LookupTable, lut_data, signed_word
from viewer.imaging.modality_lut import IDENTITY
from viewer.imaging.stored_frame import StoredFrame
from viewer.imaging.voi_lut import VoiFunction, VoiOption, VoiOrigin, Window

LINEAR = "LIN"
WITHIN = 0.98
"""Part of a subtraction's values that its window holds where none is stated."""

SAMPLED = 7
"""Frames that the common window of an image's subtraction is judged by."""
WINDOWS_KEPT = 64

_windows: "dict[tuple[str, int, tuple[MaskSubtraction, ...]], Window]" = {}
_lock = threading.Lock()

Frames = Callable[[int], NDArray[Any]]
"""Returns the stored values of a frame counted from 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Subtracted:
    """A frame less its mask.

    Attributes:
        values: float32, signed.
        notes: What the reader must be told of it, translated.
    """

    values: NDArray[np.float32]
    notes: tuple[str, ...] = ()


def mask_for(masks: tuple[MaskSubtraction, ...], sop_instance_uid: str, frame_number: int) -> MaskSubtraction | None:
    """Return what is to be subtracted from a frame counted from 1; None for nothing: it is shown as it is."""
    for mask in masks:
        if mask.operation is not MaskOperation.NONE and covers(mask.images, sop_instance_uid, frame_number):
            ranges = mask.frame_ranges
            if not ranges or any(low <= frame_number <= high for low, high in ranges):
                return mask
    return None


def mask_frames(mask: MaskSubtraction, frame_number: int, frame_count: int) -> tuple[int, ...]:
    """Return the frames, from 1, whose mean is the mask of a frame; none where there is no such frame."""
    if mask.operation is MaskOperation.AVG_SUB:
        frames = mask.mask_frames
    elif mask.operation is MaskOperation.TID:
        frames = (frame_number - mask.tid_offset,)
    elif mask.operation is MaskOperation.REV_TID and mask.frame_ranges:
        first = mask.frame_ranges[0][0]
        frames = ((first - mask.tid_offset) - (frame_number - first),)
    else:
        frames = ()
    return frames if frames and all(1 <= frame <= frame_count for frame in frames) else ()


def subtracted(state: FrameState, mask: MaskSubtraction, frames: Frames) -> Subtracted | None:
    """Return a frame less its mask; None where its mask would be a frame that there is not.

    Args:
        state: Of the frame as acquired.
        mask: What is to be subtracted.
        frames: The frames of the same image.

    Raises:
        DicomError: If a table does not fit, or the frames cannot be read.
    """
    number, count = state.frame_number, state.pixels.frame_count
    numbers = mask_frames(mask, number, count)
    if not numbers:
        return None
    last = min(number + mask.averaging - 1, count)
    to_log, note = _way_to_log(state, mask)
    contrast = _mean([to_log(frames(each), each) for each in range(number, last + 1)])
    native = _mean([to_log(frames(each), each) for each in numbers])
    shifted = _shifted(native, [each for each in mask.shifts if _is_for(each.frame_ranges, number)])
    visible = 1.0 - mask.visibility / 100.0
    notes = (note,) if note else ()
    if last - number + 1 < mask.averaging:
        notes = (*notes, _("fewer frames averaged at the end"))
    return Subtracted((contrast - visible * shifted).astype(np.float32), notes)


def with_pixels(state: FrameState, stored: StoredFrame, done: Subtracted) -> tuple[StoredFrame, FrameState]:
    """Return a frame's pixels and truth after subtraction; padding stays none of it.

    Args:
        state: Of the frame, with what comes after the subtraction; without a window of its own it gets one about 0.
        stored: The frame as acquired.
        done: What the subtraction gave.
    """
    values = done.values
    padding = state.padding.mask(stored.values) if state.padding is not None else None
    if padding is not None:
        values = np.where(padding, np.float32(np.nan), values)
    pixels = replace(state.pixels, bits_allocated=32, bits_stored=32, high_bit=31, is_signed=True, is_float=True)
    options = state.voi_options or (VoiOption(symmetric_window(done.values), _("About 0"), VoiOrigin.STATE),)
    notes = tuple(dict.fromkeys((*state.notes, *done.notes)))
    shown = replace(
        state,
        pixels=pixels,
        padding=None,
        modality_transform=IDENTITY,
        voi_options=options,
        is_subtracted=True,
        notes=notes,
    )
    return replace(stored, values=values, raw_words=stored.raw_words), shown


def less_own_mask(stored: StoredFrame, state: FrameState, frames: Frames) -> tuple[StoredFrame, FrameState]:
    """Return a frame less the mask that the image itself names (Recommended Viewing Mode SUB); as it is without one.

    The windows of the image may be meant for either: one about 0 goes first.
    """
    mask = mask_for(state.masks, state.sop_instance_uid, state.frame_number)
    done = subtracted(state, mask, frames) if mask is not None else None
    if done is None:
        return stored, replace(state, notes=(*state.notes, _("not subtracted: there is no mask for this frame")))
    about_0 = VoiOption(_common_window(state, frames), _("About 0"), VoiOrigin.STATE)
    return with_pixels(replace(state, voi_options=(about_0, *state.voi_options)), stored, done)


def _common_window(state: FrameState, frames: Frames) -> Window:
    """Return one window for all frames of an image, by some of them: a cine must not flicker."""
    key = (state.sop_instance_uid, state.pixels.frame_count, tuple(replace(mask, shifts=()) for mask in state.masks))
    with _lock:
        if key in _windows:
            return _windows[key]
    count = state.pixels.frame_count
    numbers = sorted({1 + (count - 1) * step // (SAMPLED - 1) for step in range(SAMPLED)})
    reach = 0.0
    for number in numbers:
        mask = mask_for(state.masks, state.sop_instance_uid, number)
        done = subtracted(replace(state, frame_number=number), mask, frames) if mask is not None else None
        reach = max(reach, symmetric_window(done.values).width if done is not None else 0.0)
    window = Window(0.0, reach or 1.0, VoiFunction.LINEAR_EXACT)
    with _lock:
        _windows[key] = window
        while len(_windows) > WINDOWS_KEPT:
            _windows.pop(next(iter(_windows)))
    return window


def symmetric_window(values: NDArray[np.float32]) -> Window:
    """Return the window about 0 that holds 98 % of the values."""
    reach = float(np.quantile(np.abs(values), WITHIN)) if values.size else 0.0
    return Window(0.0, 2 * reach if reach > 0 else 1.0, VoiFunction.LINEAR_EXACT)


def _mean(parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    return parts[0] if len(parts) == 1 else np.mean(parts, axis=0)


def _way_to_log(
    state: FrameState, mask: MaskSubtraction
) -> tuple[Callable[[NDArray[Any], int], NDArray[np.float64]], str]:
    """Return how stored values of a frame become logarithmic, and what is to be said of that."""
    tables = [(each.frame_ranges, _table(state, each.table)) for each in mask.to_log]
    if tables:

        def by_table(values: NDArray[Any], number: int) -> NDArray[np.float64]:
            table = next((table for ranges, table in tables if _is_for(ranges, number)), None)
            if table is None:
                raise DicomError(_("The mask subtraction has no logarithm for frame {0}").format(number))
            return table.apply(values).astype(np.float64)

        return by_table, ""
    if state.intensity_relationship != LINEAR:
        return lambda values, _number: values.astype(np.float64), ""
    low, high = state.pixels.stored_range
    scale = (high - low) / np.log1p(high - low)

    def by_logarithm(values: NDArray[Any], _number: int) -> NDArray[np.float64]:
        return np.asarray(np.log1p(values.astype(np.float64) - low) * scale, np.float64)

    return by_logarithm, _("subtracted after a logarithm")


def _table(state: FrameState, data: LutData) -> LookupTable:
    first = signed_word(data.first) if state.pixels.is_signed else data.first
    return LookupTable(first, lut_data(data.data, data.count, data.bits), data.bits)


def _is_for(ranges: tuple[tuple[int, int], ...], number: int) -> bool:
    return not ranges or any(low <= number <= high for low, high in ranges)


def _shifted(mask: NDArray[np.float64], shifts: list[PixelShift]) -> NDArray[np.float64]:
    """Return a mask moved: that of the whole image first, regions over it."""
    out = mask
    for each in sorted(shifts, key=lambda shift: bool(shift.vertices)):
        moved = moved_mask(mask, each.shift)
        out = moved if not each.vertices else np.where(_inside(each.vertices, mask.shape), moved, out)
    return out


def moved_mask(mask: NDArray[np.float64], shift: tuple[float, float]) -> NDArray[np.float64]:
    """Return a mask moved by a sub-pixel shift; beyond its edges the edge is repeated.

    Args:
        mask: (rows, columns).
        shift: Down by the first number and to the LEFT by the second (Mask Sub-pixel Shift, C.7.6.10.1.2).
    """
    rows, columns = (np.arange(size, dtype=np.float64) for size in mask.shape)
    down = _between(mask, np.clip(rows - shift[0], 0, mask.shape[0] - 1))
    return _between(down.T, np.clip(columns + shift[1], 0, mask.shape[1] - 1)).T


def _between(values: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows of values at places that may lie between them."""
    low = np.floor(places).astype(np.int64)
    part = (places - low)[:, None]
    high = np.minimum(low + 1, values.shape[0] - 1)
    out: NDArray[np.float64] = values[low] * (1.0 - part) + values[high] * part
    return out


def _inside(vertices: tuple[tuple[float, float], ...], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    import cv2

    canvas = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(canvas, [np.array([(round(x) - 1, round(y) - 1) for x, y in vertices], np.int32)], (1,))
    return canvas.astype(np.bool_)
