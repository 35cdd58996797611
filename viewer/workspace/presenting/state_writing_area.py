"""Where an image lies in its viewport as a displayed area and a turn of a presentation state (C.10.4, C.10.6)."""

import math
from dataclasses import dataclass, field, replace

from viewer.dicom.presentation_state.values import DisplayedArea, SizeMode, StateTransform
from viewer.imaging.frame_state import FrameState
from viewer.imaging.spatial_transform import FitMode, ImagePlacement, SpatialTransform

_QUARTER = 90.0
_SAME_ASPECT = 1e-4

Edges = tuple[int, int, int, int]
"""Left, top, right and bottom image points of whole pixels."""


@dataclass(frozen=True, slots=True)
class Lying:
    """How an image lies on screen.

    Attributes:
        size: Width and height of the viewport in device pixels.
        is_true_size: Whether it is shown at its size in millimetres.
    """

    transform: SpatialTransform = field(default_factory=SpatialTransform)
    size: tuple[int, int] = (0, 0)
    is_true_size: bool = False


def is_free(transform: SpatialTransform) -> bool:
    """Return whether an image is turned by an angle that no presentation state can say."""
    return not transform.is_axis_aligned


def quarter_turns(transform: SpatialTransform) -> SpatialTransform:
    """Return a transform with the nearest rotation that a state can say."""
    return replace(transform, rotation_deg=round(transform.rotation_deg / _QUARTER) * _QUARTER % 360.0)


def turn_of(transform: SpatialTransform) -> StateTransform:
    """Return rotation and flip as a state says them."""
    return StateTransform(round(quarter_turns(transform).rotation_deg), transform.is_flipped)


def area_of(lying: Lying, state: FrameState) -> DisplayedArea:
    """Return the displayed area that brings an image to where it lies.

    An image at a fixed scale is magnified by it, one at true size asks for that; everything else is fitted: the part
    that is seen now will be seen, as large as fits.
    """
    transform = quarter_turns(lying.transform)
    placement = placed(lying, state)
    edges = _seen(placement, transform) if placement is not None else _whole(transform, state)
    first, second = _corners(edges, transform)
    spacing = _spacing_mm(state)
    mode, magnification = SizeMode.SCALE_TO_FIT, None
    if lying.is_true_size and spacing is not None:
        mode = SizeMode.TRUE_SIZE
    elif transform.fit is FitMode.FIXED:
        mode, magnification = SizeMode.MAGNIFY, transform.zoom
    return DisplayedArea(first, second, mode, spacing, None if spacing else state.aspect, magnification)


def placed(lying: Lying, state: FrameState) -> ImagePlacement | None:
    """Return where the pixels of an image fall; None without a viewport."""
    if min(lying.size) < 1:
        return None
    pixels = state.pixels
    return quarter_turns(lying.transform).place(pixels.columns, pixels.rows, state.aspect, lying.size)


def _whole(transform: SpatialTransform, state: FrameState) -> Edges:
    area = transform.area or (0.0, 0.0, float(state.pixels.columns), float(state.pixels.rows))
    return _whole_pixels(area)


def _seen(placement: ImagePlacement, transform: SpatialTransform) -> Edges:
    """Return what is seen of the image and around it; of an image in the middle that is seen whole, just the image."""
    if transform.fit is FitMode.FIT and transform.zoom == 1.0 and transform.pan == (0.0, 0.0):
        return _whole_pixels(transform.area or (0.0, 0.0, float(placement.columns), float(placement.rows)))
    width, height = placement.size
    corners = [placement.to_image((x, y)) for x in (0.0, float(width)) for y in (0.0, float(height))]
    across, down = sorted(corner[0] for corner in corners), sorted(corner[1] for corner in corners)
    ends = [[across[0], across[-1]], [down[0], down[-1]]]
    sides = (placement.columns, placement.rows)
    is_inside = [low <= 0.0 and high >= side for (low, high), side in zip(ends, sides, strict=True)]
    for axis in (0, 1):
        # Of a picture that is fitted, one axis must go on saying how large it is.
        is_free_to = transform.fit is FitMode.FIXED or not is_inside[1 - axis]
        if is_inside[axis] and is_free_to and abs(sum(ends[axis]) - sides[axis]) < 1.0:
            ends[axis] = [0.0, float(sides[axis])]
    return _whole_pixels((ends[0][0], ends[1][0], ends[0][1], ends[1][1]))


def _whole_pixels(area: tuple[float, float, float, float]) -> Edges:
    """Return the edges of the nearest whole pixels, at least one."""
    left, top, right, bottom = (math.floor(edge + 0.5) for edge in area)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _corners(edges: Edges, transform: SpatialTransform) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return (column, row) from 1 of the pixels that are top left and bottom right as displayed."""
    (a, b), (c, d) = transform.display_matrix
    left, top, right, bottom = edges
    # A direction of the image that runs to the left or up on screen begins at its far end.
    first = left + 1 if a + c > 0 else right
    second = top + 1 if b + d > 0 else bottom
    return (first, second), (left + 1 + right - first, top + 1 + bottom - second)


def _spacing_mm(state: FrameState) -> tuple[float, float] | None:
    """Return the size of a pixel where it is known and is what the image is drawn by."""
    spacing = state.spacing
    if spacing is None or not spacing.is_known or spacing.row_mm is None or spacing.column_mm is None:
        return None
    if abs(spacing.row_mm / spacing.column_mm - state.aspect) > _SAME_ASPECT * state.aspect:
        return None
    return spacing.row_mm, spacing.column_mm
