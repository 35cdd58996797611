"""What is said and drawn beside a frame's values: overlays and shutters as masks, and notes on its decoding."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.imaging.frame_state import FrameState
from viewer.imaging.overlay_plane import OverlayPlane
from viewer.imaging.resampling import NEAREST, image_coverage, resample
from viewer.imaging.spatial_transform import ImagePlacement
from viewer.imaging.stored_frame import FrameWarning, PixelDescription, StoredFrame

OPAQUE = 255


Ink = tuple[int | None, tuple[int, int, int] | None]
"""What an overlay is drawn with: a P-value and a colour in sRGB, each None where no layer states it."""


def overlay_inks(state: FrameState) -> tuple[Ink, ...]:
    """Return what the overlays of a frame are drawn with, in their order."""
    return tuple(dict.fromkeys((plane.p_value, plane.rgb) for plane in _drawn(state)))


def overlay_mask(
    frame: StoredFrame, state: FrameState, ink: Ink | None = None
) -> tuple[NDArray[np.bool_] | None, tuple[str, ...]]:
    """Return where overlays draw on the image, None where none does; and what could not be drawn, translated.

    Args:
        frame: For overlays in its pixels.
        state: Of the frame.
        ink: Of those that are asked for; None for all.
    """
    return _union((plane for plane in _drawn(state) if ink is None or ink == (plane.p_value, plane.rgb)), frame, state)


def _drawn(state: FrameState) -> Iterator[OverlayPlane]:
    group = state.shutter.overlay_group if state.shutter is not None else 0
    return (plane for plane in state.overlays if plane.group != group)


def shutter_mask(frame: StoredFrame, state: FrameState) -> tuple[NDArray[np.bool_] | None, tuple[str, ...]]:
    """Return what the shutter covers of the image, None where there is none; and what could not be drawn."""
    if state.shutter is None:
        return None, ()
    covered = state.shutter.covered(state.pixels.rows, state.pixels.columns, state.aspect)
    group = state.shutter.overlay_group
    bitmap, problems = _union((plane for plane in state.overlays if plane.group == group), frame, state)
    return (covered if bitmap is None else covered | bitmap), problems


def _union(
    planes: Iterator[OverlayPlane], frame: StoredFrame, state: FrameState
) -> tuple[NDArray[np.bool_] | None, tuple[str, ...]]:
    shape = (state.pixels.rows, state.pixels.columns)
    index = state.frame_number - 1
    union: NDArray[np.bool_] | None = None
    problems = []
    for plane in planes:
        if not plane.applies_to(index, state.pixels.frame_count) or _is_blank(plane, frame, state.pixels):
            continue
        try:
            drawn = plane.on_image(index, shape, frame.raw_words)
        except DicomError:
            problems.append(_("overlay {group} cannot be drawn").format(group=f"{plane.group:04X}"))
            continue
        union = drawn if union is None else union | drawn
    return union, tuple(problems)


def _is_blank(plane: OverlayPlane, frame: StoredFrame, pixels: PixelDescription) -> bool:
    """Whether a plane lies in bits of which none is set: then whole words were not kept with the frame."""
    lowest = pixels.high_bit + 1 - pixels.bits_stored
    is_beside = not lowest <= plane.bit_position <= pixels.high_bit
    return plane.is_embedded and is_beside and frame.raw_words is None and not frame.has_lost_bits


def at_viewport(mask: NDArray[np.bool_] | None, placement: ImagePlacement) -> NDArray[np.uint8] | None:
    """Return a mask of the image at device pixels: 255 where it is set, 0 elsewhere and outside the image.

    Where the image is reduced, a device pixel is set when any of the pixels it stands for is: thin lines stay.
    """
    if mask is None or not mask.any() or 0 in placement.size:
        return None
    octets = np.where(mask, OPAQUE, 0).astype(np.uint8)
    if min(placement.scale_x, placement.scale_y) < 1.0:
        import cv2

        reach = [max(1, round(1.0 / min(1.0, scale))) for scale in (placement.scale_x, placement.scale_y)]
        octets = cv2.dilate(octets, np.ones((reach[1], reach[0]), np.uint8))
    shown: NDArray[np.uint8] = resample(octets, placement, NEAREST)
    coverage = image_coverage(placement)
    return shown if coverage is None else shown & coverage


def frame_notes(stored: StoredFrame) -> tuple[str, ...]:
    """Return what went wrong while a frame was decoded, translated."""
    words = {
        FrameWarning.TRUNCATED: _("truncated: pixels are missing"),
        FrameWarning.OVERLONG: _("more data than the image holds"),
        FrameWarning.CODEC_DISAGREES: _("compressed data and header disagree"),
        FrameWarning.BITS_DISAGREE: _("bit depth and header disagree"),
    }
    return tuple(words[warning] for warning in FrameWarning if warning in stored.warnings)
