"""A brush on masks: what a round stroke in the patient, flat or deep, puts into slices or takes out of them.

Distances are in millimetres between centres of voxels and the way of the hand, whatever the voxels' shape. Slices are
never written to: a stroke makes other ones, and the old ones are what undo holds.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.image_plane import Vector, dot, subtract
from viewer.imaging.segmentation.mask_grid import MaskGrid
from viewer.imaging.segmentation.packed_slices import BITS, PackedSlice, packed_slice

Slices = Mapping[int, PackedSlice]
Changes = dict[int, PackedSlice | None]
"""Slices that are other ones now; None for those that are empty."""

Window = tuple[int, int, int, int]
"""First row and column, and those behind the last ones."""
Allowed = Callable[[int, Window], NDArray[np.bool_]]
"""Returns where a brush may paint in a part of a slice."""


@dataclass(frozen=True, slots=True)
class Brush:
    """What the hand holds.

    Attributes:
        radius_mm: Of the disc or ball.
        is_ball: Whether it reaches into neighbouring slices.
        is_erasing: Whether it takes away.
    """

    radius_mm: float = 5.0
    is_ball: bool = False
    is_erasing: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """A piece of the hand's way.

    Attributes:
        start: In the patient.
        end: In the patient.
        normal: Of the plane it is drawn on: a disc is as thick as the voxels that lie in it.
    """

    start: Vector
    end: Vector
    normal: Vector


def painted(slices: Slices, grid: MaskGrid, brush: Brush, way: Way, allowed: Allowed | None = None) -> Changes:
    """Return the slices that a piece of a stroke changes.

    Args:
        slices: As they are.
        grid: Where they lie.
        brush: What the hand holds.
        way: Of the hand.
        allowed: Where it may paint; None for everywhere. It may take away everywhere.
    """
    changes: Changes = {}
    for place, row, column, reached in _touched(grid, brush, way):
        mask = reached
        if allowed is not None and not brush.is_erasing:
            mask = reached & allowed(place, (row, column, row + reached.shape[0], column + reached.shape[1]))
        stroke = packed_slice(mask)
        if stroke is None:
            continue
        before = slices.get(place)
        after = combined(before, _moved(stroke, row, column), is_erasing=brush.is_erasing)
        if (after is None) != (before is None) or (after and before and not after.is_same(before)):
            changes[place] = after
    return changes


def combined(before: PackedSlice | None, stroke: PackedSlice, *, is_erasing: bool) -> PackedSlice | None:
    """Return a slice with the pixels of another put in or taken out."""
    if before is None:
        return None if is_erasing else stroke
    if is_erasing:
        bits = before.bits.copy()
        top, left = max(before.row, stroke.row), max(before.column, stroke.column)
        bottom, right = (min(a, b) for a, b in zip(before.box[2:], stroke.box[2:], strict=True))
        if top < bottom and left < right:
            part = _window(stroke, (top, left, bottom, right))
            _window_of(bits, before, (top, left, bottom, right))[...] &= ~part
        return _trimmed(before.row, before.column, bits)
    top, left = min(before.row, stroke.row), min(before.column, stroke.column)
    bottom, right = (max(a, b) for a, b in zip(before.box[2:], stroke.box[2:], strict=True))
    whole = PackedSlice(top, left, np.zeros((bottom - top, (right - left) // BITS), np.uint8))
    for each in (before, stroke):
        _window_of(whole.bits, whole, each.box)[...] |= each.bits
    whole.bits.flags.writeable = False
    return whole


def _window_of(bits: NDArray[np.uint8], held: PackedSlice, window: Window) -> NDArray[np.uint8]:
    top, left, bottom, right = window
    first, last = (left - held.column) // BITS, (right - held.column) // BITS
    return bits[top - held.row : bottom - held.row, first:last]


def _window(held: PackedSlice, window: Window) -> NDArray[np.uint8]:
    return _window_of(held.bits, held, window)


def _trimmed(row: int, column: int, bits: NDArray[np.uint8]) -> PackedSlice | None:
    rows = np.flatnonzero(bits.any(axis=1))
    if not rows.size:
        return None
    octets = np.flatnonzero(bits.any(axis=0))
    kept = bits[rows[0] : rows[-1] + 1, octets[0] : octets[-1] + 1].copy()
    kept.flags.writeable = False
    return PackedSlice(row + int(rows[0]), column + int(octets[0]) * BITS, kept)


def _moved(stroke: PackedSlice, row: int, column: int) -> PackedSlice:
    return PackedSlice(stroke.row + row, stroke.column + column, stroke.bits)


def _touched(grid: MaskGrid, brush: Brush, way: Way) -> Iterator[tuple[int, int, int, NDArray[np.bool_]]]:
    """Yield each slice that a stroke reaches, with the part of it that it can reach and the pixels that it does."""
    plane = grid.planes[0]
    axes = (plane.row_direction, plane.column_direction, plane.normal)
    start, end = (
        np.array([dot(subtract(point, plane.position), axis) for axis in axes]) for point in (way.start, way.end)
    )
    normal = np.array([dot(way.normal, axis) for axis in axes])
    along = grid.distances - grid.distances[0]
    low, high = min(start[2], end[2]), max(start[2], end[2])
    is_flat = not brush.is_ball and abs(normal[2]) > 1 - 1e-6
    reach = float(grid.reaches.max()) if is_flat else max(brush.radius_mm, float(grid.reaches.max()))
    under = grid.slice_at(float(grid.distances[0]) + float(end[2]))
    for place in np.flatnonzero((along >= low - reach) & (along <= high + reach)).tolist():
        if is_flat and under != place:
            continue
        shifted = np.array([*(-grid.shears[place] * (plane.column_spacing_mm, plane.row_spacing_mm)), 0.0])
        depth = float(along[place])
        stroke = (start + shifted, end + shifted)
        found = _in_slice(grid, brush, stroke, (normal, depth), is_flat=is_flat)
        if found is not None:
            row, column, mask = found
            if place == under:
                _paint_under(grid, stroke[1], found)
            yield place, row, column, mask


def _in_slice(
    grid: MaskGrid,
    brush: Brush,
    stroke: tuple[NDArray[np.float64], NDArray[np.float64]],
    lie: tuple[NDArray[np.float64], float],
    *,
    is_flat: bool,
) -> tuple[int, int, NDArray[np.bool_]] | None:
    """Return the pixels of a slice within the radius of the way; for a disc, those that lie in its plane."""
    (start, end), (normal, depth) = stroke, lie
    plane, radius = grid.planes[0], brush.radius_mm
    across, below = plane.column_spacing_mm, plane.row_spacing_mm
    low, high = np.minimum(start, end), np.maximum(start, end)
    # The pixel under the hand is painted however small the brush.
    first_column = max(math.ceil(min((low[0] - radius) / across, low[0] / across - 0.5)), 0) // BITS * BITS
    last_column = min(math.floor(max((high[0] + radius) / across, high[0] / across + 0.5)) + 1, grid.columns)
    first_row = max(math.ceil(min((low[1] - radius) / below, low[1] / below - 0.5)), 0)
    last_row = min(math.floor(max((high[1] + radius) / below, high[1] / below + 0.5)) + 1, grid.rows)
    if first_column >= last_column or first_row >= last_row:
        return None
    x = (np.arange(first_column, last_column) * across)[None, :] - start[0]
    y = (np.arange(first_row, last_row) * below)[:, None] - start[1]
    z = 0.0 if is_flat else depth - start[2]
    way = end - start
    if is_flat:
        way = np.array([way[0], way[1], 0.0])
    length = float(way @ way)
    share = np.clip((x * way[0] + y * way[1] + z * way[2]) / length, 0.0, 1.0) if length > 0 else 0.0
    away = (x - share * way[0]) ** 2 + (y - share * way[1]) ** 2 + (z - share * way[2]) ** 2
    mask = away <= radius * radius
    if not brush.is_ball and not is_flat:
        thick = abs(normal) @ np.array([across, below, grid.spacing_mm]) / 2
        mask &= np.abs((x - share * way[0]) * normal[0] + (y - share * way[1]) * normal[1] + z * normal[2]) <= thick
    return first_row, first_column, mask


def _paint_under(grid: MaskGrid, at: NDArray[np.float64], found: tuple[int, int, NDArray[np.bool_]]) -> None:
    """Paint the pixel under the hand, however small the brush."""
    first_row, first_column, mask = found
    row = math.floor(at[1] / grid.planes[0].row_spacing_mm + 0.5) - first_row
    column = math.floor(at[0] / grid.planes[0].column_spacing_mm + 0.5) - first_column
    if 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1]:
        mask[row, column] = True
