"""Masks at the device pixels of a viewport: the nearest voxel of each, by its place in the patient.

Only the part of a viewport that a segment can reach is looked at, so that many small segments cost little.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.image_plane import Vector, added, dot, scaled, subtract
from viewer.imaging.fusion import PatientGrid
from viewer.imaging.segmentation.mask_grid import MaskGrid
from viewer.imaging.segmentation.outlines import even_odd_mask
from viewer.imaging.segmentation.packed_slices import BITS, PackedSlice
from viewer.imaging.segmentation.shapes import SegmentShape
from viewer.imaging.spatial_transform import ImagePlacement

_MARGIN_PX = 3
"""Around what a segment reaches, so that an outline is never drawn where only the look ended."""
_NO_CHANGE = 1e-7
_AT_ONCE = 1 << 15
"""Pixels looked up together."""
_SHEARED = 1e-3
_PARALLEL = 1 - 1e-6

Affine = tuple[float, float, float]
"""Of device pixels: value at the first pixel's centre, change to the right, change down."""


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A mask in a part of a viewport.

    Attributes:
        left: Of the part, in device pixels.
        top: Of the part.
        mask: 1 where the segment is.
    """

    left: int
    top: int
    mask: NDArray[np.uint8]


def cut_in_patient(shape: SegmentShape, grid: PatientGrid) -> Cut | None:
    """Return a shape where device pixels lie in the patient; None where none of it is seen."""
    held = shape.grid
    if held is None or shape.bounds is None:
        return None
    lines = _index_lines(held, grid)
    if shape.outlines and abs(dot(grid.normal, held.planes[0].normal)) > _PARALLEL:
        return _cut_outlines(shape, held, grid, lines)
    part = _reached(shape, held, lines, grid.width, grid.height)
    if part is None:
        return None
    left, top, right, bottom = part
    mask = np.empty((bottom - top, right - left), np.uint8)
    rows = max(1, _AT_ONCE // (right - left))
    for first in range(top, bottom, rows):  # what is worked on stays in the processor's cache
        last = min(first + rows, bottom)
        mask[first - top : last - top] = _mask_of(shape, held, lines, (left, first, right, last))
    return Cut(left, top, mask) if mask.any() else None


def is_askew(shape: SegmentShape, grid: PatientGrid) -> bool:
    """Whether device pixels lie askew to a shape's voxels, so that each must be looked up for itself."""
    if shape.grid is None:
        return False
    return sum(1 for _start, right, down in _index_lines(shape.grid, grid) if right and down) > 1


def coarse_cut(shape: SegmentShape, grid: PatientGrid, step: int) -> Cut | None:
    """Return what cut_in_patient does, looked up once for a square of pixels: for while a hand moves it."""
    middle = (step - 1) / 2
    coarse = PatientGrid(
        added(grid.origin, added(scaled(grid.right, middle), scaled(grid.down, middle))),
        scaled(grid.right, step),
        scaled(grid.down, step),
        grid.normal,
        grid.width // step,
        grid.height // step,
    )
    found = cut_in_patient(shape, coarse)
    if found is None:
        return None
    return Cut(found.left * step, found.top * step, found.mask.repeat(step, axis=0).repeat(step, axis=1))


def _mask_of(
    shape: SegmentShape,
    held: MaskGrid,
    lines: tuple[Affine, Affine, Affine],
    part: tuple[int, int, int, int],
) -> NDArray[np.uint8]:
    """Return a part of a viewport, or what is the same in all of its rows or columns."""
    column, row, distance = (_over(line, part) for line in lines)
    place, is_near = _places(held, distance)
    if held.shears.size and np.abs(held.shears).max() > _SHEARED:
        column = column - held.shears[place, 0]
        row = row - held.shears[place, 1]
    mask: NDArray[np.uint8] = _looked_up(shape, place, _nearest(row), _nearest(column)) & is_near
    return mask


def cut_on_image(
    packed: PackedSlice, size: tuple[int, int], placement: ImagePlacement, image_size: tuple[int, int]
) -> Cut | None:
    """Return a slice that was drawn pixel by pixel on the image that is shown; None where none of it is seen.

    Args:
        packed: The slice.
        size: Its rows and columns.
        placement: Of the image in the viewport.
        image_size: Its rows and columns: those of the slice, or fewer and coarser ones of the same field.
    """
    ia, ib, itx, ic, id_, ity = placement.inverse
    across, down = size[1] / image_size[1], size[0] / image_size[0]
    whole = (0, 0, *placement.size)
    column = np.floor(_over((ia / 2 + ib / 2 + itx, ia, ib), whole) * across).astype(np.int64)
    row = np.floor(_over((ic / 2 + id_ / 2 + ity, ic, id_), whole) * down).astype(np.int64)
    mask = np.broadcast_to(_bits_of(packed, row, column), placement.size[::-1])
    return Cut(0, 0, np.ascontiguousarray(mask)) if mask.any() else None


def device_points(points: NDArray[np.float64], grid: PatientGrid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where points of the patient are on screen, in device pixels from their corner, and how far off, in mm."""
    offset = points - np.array(grid.origin)
    right, down = np.array(grid.right), np.array(grid.down)
    across, below = float(right @ right), float(down @ down)
    if across == 0 or below == 0:
        return np.empty((0, 2)), np.empty(0)
    seen = np.column_stack([offset @ right / across + 0.5, offset @ down / below + 0.5])
    return seen, offset @ np.array(grid.normal)


def _cut_outlines(
    shape: SegmentShape, held: MaskGrid, grid: PatientGrid, lines: tuple[Affine, Affine, Affine]
) -> Cut | None:
    """Return the inside of contours on their own planes, as fine as the screen is."""
    place = held.slice_at(float(held.distances[0]) + lines[2][0])
    if place is None:
        return None
    seen = [device_points(outline, grid)[0] - 0.5 for outline in shape.outlines[place]]
    low = np.min([each.min(axis=0) for each in seen], axis=0)
    high = np.max([each.max(axis=0) for each in seen], axis=0)
    part = _clipped((low[0], low[1], high[0], high[1]), grid.width, grid.height)
    if part is None:
        return None
    left, top, right, bottom = part
    mask = even_odd_mask([each - (left, top) for each in seen], bottom - top, right - left)
    return Cut(left, top, mask) if mask.any() else None


def _index_lines(held: MaskGrid, grid: PatientGrid) -> tuple[Affine, Affine, Affine]:
    """Return column, row and distance from the first slice as they change over device pixels."""
    plane = held.planes[0]

    def line(direction: Vector, unit: float) -> Affine:
        start = dot(subtract(grid.origin, plane.position), direction) / unit
        right, down = dot(grid.right, direction) / unit, dot(grid.down, direction) / unit
        # What turns by less than a thousandth of a pixel over the viewport does not turn: look-ups stay simple.
        right = 0.0 if abs(right) * grid.width * unit < _NO_CHANGE * 1e4 else right
        down = 0.0 if abs(down) * grid.height * unit < _NO_CHANGE * 1e4 else down
        return start, right, down

    return (
        line(plane.row_direction, plane.column_spacing_mm),
        line(plane.column_direction, plane.row_spacing_mm),
        line(plane.normal, 1.0),
    )


def _over(line: Affine, part: tuple[int, int, int, int]) -> NDArray[np.float64]:
    """Return the values of a line over a part: of one row or column where it changes in one direction alone."""
    start, right, down = line
    left, top, end, bottom = part
    across = np.arange(left, end) if right else np.zeros(1)
    below = np.arange(top, bottom) if down else np.zeros(1)
    values: NDArray[np.float64] = start + right * across[None, :] + down * below[:, None]
    return values


def _places(held: MaskGrid, distance: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the nearest slice of each distance from the first, and whether it reaches so far."""
    along = held.distances - held.distances[0]
    if held.is_even:
        place = np.clip(_nearest(distance / held.spacing_mm), 0, len(along) - 1)
    else:
        place = np.searchsorted((along[1:] + along[:-1]) / 2, distance).astype(np.int64)
    return place, np.abs(along[place] - distance) <= held.reaches[place]


def _nearest(index: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.floor(index + 0.5).astype(np.int64)


def _looked_up(
    shape: SegmentShape, place: NDArray[np.int64], row: NDArray[np.int64], column: NDArray[np.int64]
) -> NDArray[np.uint8]:
    if place.size == 1:
        packed = shape.slices.get(int(place.flat[0]))
        return np.zeros((1, 1), np.uint8) if packed is None else _bits_of(packed, row, column)
    box = shape.box
    assert box is not None  # noqa: S101 - bounds were asked before
    first, first_row, first_column = box.first
    slices, rows, octets = box.bits.shape
    place, row, column = place - first, row - first_row, column - first_column
    is_in = (place >= 0) & (place < slices) & (row >= 0) & (row < rows) & (column >= 0) & (column < octets * BITS)
    np.clip(place, 0, slices - 1, out=place)
    np.clip(row, 0, rows - 1, out=row)
    np.clip(column, 0, octets * BITS - 1, out=column)
    octet = box.bits.reshape(-1)[(place * rows + row) * octets + (column >> 3)]
    bits: NDArray[np.uint8] = (octet >> (7 - (column & 7)).astype(np.uint8)) & is_in
    return bits


def _bits_of(packed: PackedSlice, row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the bits of one slice at rows and columns that are broadcast against each other."""
    rows, width = packed.bits.shape[0], packed.bits.shape[1] * BITS
    part = np.zeros((rows + 1, width + 1), np.uint8)  # the last row and column are what lies outside
    part[:rows, :width] = np.unpackbits(packed.bits, axis=1)
    row, column = row - packed.row, column - packed.column
    row = np.where((row >= 0) & (row < rows), row, rows)
    column = np.where((column >= 0) & (column < width), column, width)
    if row.shape[1] == 1 and column.shape[0] == 1:
        return np.asarray(part[row[:, 0]][:, column[0]])
    if row.shape[0] == 1 and column.shape[1] == 1:
        return np.asarray(part[:, column[:, 0]][row[0]].T)
    return np.asarray(part[row, column])


def _reached(
    shape: SegmentShape, held: MaskGrid, lines: tuple[Affine, Affine, Affine], width: int, height: int
) -> tuple[int, int, int, int] | None:
    """Return the part of a viewport that a shape's box can reach; None for none."""
    assert shape.bounds is not None  # noqa: S101 - asked before
    (first, low_row, low_column), (last, high_row, high_column) = shape.bounds
    sheared = np.abs(held.shears).max(axis=0) if held.shears.size else np.zeros(2)
    along = held.distances - held.distances[0]
    limits = (
        (low_column - 1 - sheared[0], high_column + sheared[0]),
        (low_row - 1 - sheared[1], high_row + sheared[1]),
        (float(along[first] - held.reaches[first]), float(along[last - 1] + held.reaches[last - 1])),
    )
    corners = [(0.0, 0.0), (width - 1.0, 0.0), (width - 1.0, height - 1.0), (0.0, height - 1.0)]
    for (start, right, down), (low, high) in zip(lines, limits, strict=True):
        corners = _kept(corners, start - low, right, down)
        corners = _kept(corners, high - start, -right, -down)
        if not corners:
            return None
    xs, ys = [x for x, _y in corners], [y for _x, y in corners]
    return _clipped((min(xs), min(ys), max(xs), max(ys)), width, height)


def _clipped(box: tuple[float, float, float, float], width: int, height: int) -> tuple[int, int, int, int] | None:
    left, top = (max(math.floor(part) - _MARGIN_PX, 0) for part in box[:2])
    right = min(math.ceil(box[2]) + _MARGIN_PX + 1, width)
    bottom = min(math.ceil(box[3]) + _MARGIN_PX + 1, height)
    return (left, top, right, bottom) if left < right and top < bottom else None


def _kept(corners: list[tuple[float, float]], start: float, right: float, down: float) -> list[tuple[float, float]]:
    """Return what of a polygon lies where start + right · x + down · y is not negative."""
    kept: list[tuple[float, float]] = []
    values = [start + right * x + down * y for x, y in corners]
    for number, (value, corner) in enumerate(zip(values, corners, strict=True)):
        before_value, before = values[number - 1], corners[number - 1]
        if (value >= 0) != (before_value >= 0):
            share = before_value / (before_value - value)
            kept.append((before[0] + share * (corner[0] - before[0]), before[1] + share * (corner[1] - before[1])))
        if value >= 0:
            kept.append(corner)
    return kept
