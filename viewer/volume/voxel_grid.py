"""Grids of places in voxel indices, and where along its depth a slab is sampled: no more than half a voxel apart."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.image_plane import ImagePlane, scaled
from viewer.volume.reslice_plane import Projection, Vector, VolumeInterpolation
from viewer.volume.volume_geometry import VolumeGeometry

NO_DEPTH: Vector = (0.0, 0.0, 0.0)

_STEP_VOXELS = 0.5
_QUICK_STEP_VOXELS = 1.0
_SLACK = 1e-9  # of rounding


@dataclass(frozen=True, slots=True)
class VoxelGrid:
    """A grid of places in voxel indices.

    Attributes:
        origin: Of the first sample.
        right: From one sample to the next in a row.
        down: From one row to the next.
        deep: One mm deeper; NO_DEPTH where there is no slab.
        width: Samples in a row.
        height: Rows.
    """

    origin: Vector
    right: Vector
    down: Vector
    deep: Vector
    width: int
    height: int

    def lines(self) -> NDArray[np.float64]:
        """Return the rows as the kernels take them, with a step of one mm deeper; (height, 3, 3)."""
        lines = np.empty((self.height, 3, 3))
        lines[:, 0] = np.array(self.origin) + np.arange(self.height)[:, None] * np.array(self.down)
        lines[:, 1], lines[:, 2] = self.right, self.deep
        return lines

    def refined(self, factor: int) -> "VoxelGrid":
        """Return the grid of factor × factor samples in the place of each."""
        right, down = scaled(self.right, 1 / factor), scaled(self.down, 1 / factor)
        shift = (1 - factor) / 2
        origin = tuple(a + shift * (b + c) for a, b, c in zip(self.origin, right, down, strict=True))
        place = (origin[0], origin[1], origin[2])
        return VoxelGrid(place, right, down, self.deep, self.width * factor, self.height * factor)

    def reduced(self, factor: int) -> "VoxelGrid":
        """Return the grid of the middles of blocks of factor × factor samples; the last ones may reach beyond."""
        shift = (factor - 1) / 2
        origin = tuple(a + shift * (b + c) for a, b, c in zip(self.origin, self.right, self.down, strict=True))
        return VoxelGrid(
            (origin[0], origin[1], origin[2]),
            scaled(self.right, factor),
            scaled(self.down, factor),
            self.deep,
            -(-self.width // factor),
            -(-self.height // factor),
        )


@dataclass(frozen=True, slots=True)
class Slab:
    """What is made of the depth around a plane.

    Attributes:
        thickness_mm: Half of it before and half behind the plane; 0 for the plane alone.
    """

    thickness_mm: float = 0.0
    projection: Projection = Projection.MEAN

    @property
    def adds_up(self) -> bool:
        """Whether all of the depth counts, and not one sample of it."""
        return self.thickness_mm > 0 and self.projection in {Projection.MEAN, Projection.SUM}


NO_SLAB = Slab()


def voxel_grid(geometry: VolumeGeometry, plane: ImagePlane, columns: int, rows: int) -> VoxelGrid:
    """Return the grid of an image plane in the voxel indices of a volume."""
    return VoxelGrid(
        geometry.index_of(plane.position),
        index_step(geometry, scaled(plane.row_direction, plane.column_spacing_mm)),
        index_step(geometry, scaled(plane.column_direction, plane.row_spacing_mm)),
        index_step(geometry, plane.normal),
        columns,
        rows,
    )


def index_step(geometry: VolumeGeometry, step_mm: Vector) -> Vector:
    """Return a step in the patient, in mm, as a step in voxel indices."""
    i, j, k = (
        sum(a * b for a, b in zip(step_mm, axis, strict=True)) / spacing
        for axis, spacing in zip(geometry.axes, geometry.spacing_mm, strict=True)
    )
    return i, j, k


@dataclass(frozen=True, slots=True)
class Depths:
    """Where the samples of a slab lie along its depth.

    Attributes:
        first_mm: Before (below 0) or behind the plane.
        step_mm: From one to the next.
        count: How many.
        voxels: How many of them are one voxel's worth.
    """

    first_mm: float = 0.0
    step_mm: float = 0.0
    count: int = 1
    voxels: float = 1.0


def depth_samples(
    grid: VoxelGrid,
    slab: Slab,
    interpolation: VolumeInterpolation = VolumeInterpolation.LINEAR,
    *,
    is_quick: bool = False,
) -> Depths:
    """Return where a slab is sampled.

    Means and sums are made of the middles of equal parts of the slab, so that each part counts alike. Highest and
    lowest values are looked for from the plane outwards; where the plane lies along slices, at the slices themselves,
    for between them nothing is higher or lower.
    """
    voxels_a_mm = across(grid)
    if slab.thickness_mm <= 0 or voxels_a_mm == 0:
        return Depths()
    step_mm = (_QUICK_STEP_VOXELS if is_quick else _STEP_VOXELS) / voxels_a_mm
    if slab.adds_up:
        count = max(math.ceil(slab.thickness_mm / step_mm - _SLACK), 1)
        step_mm = slab.thickness_mm / count
        return Depths((step_mm - slab.thickness_mm) / 2, step_mm, count, step_mm * voxels_a_mm)
    shift_mm = 0.0
    axis = _axis_along(grid)
    if axis is not None:
        step_mm = step_mm if interpolation is VolumeInterpolation.CUBIC else 1 / voxels_a_mm
        shift_mm = (round(grid.origin[axis]) - grid.origin[axis]) / grid.deep[axis]
    before = math.floor((slab.thickness_mm / 2 + shift_mm) / step_mm + _SLACK)
    behind = math.floor((slab.thickness_mm / 2 - shift_mm) / step_mm + _SLACK)
    if before + behind < 0:  # a slab that reaches no slice
        return Depths()
    return Depths(shift_mm - before * step_mm, step_mm, before + behind + 1, step_mm * voxels_a_mm)


def across(grid: VoxelGrid) -> float:
    """Return how many voxels there are to a mm of depth, along the axis of the volume the depth is nearest to."""
    return max(map(abs, grid.deep))


def _axis_along(grid: VoxelGrid) -> int | None:
    """Return the axis of the volume the depth runs along, where it does and the plane lies across it."""
    for axis in range(3):
        others = [grid.deep[other] for other in range(3) if other != axis]
        if max(abs(each) for each in (*others, grid.right[axis], grid.down[axis])) < _SLACK:
            return axis
    return None


def within(depths: Depths, grid: VoxelGrid, dims: tuple[int, int, int]) -> Depths:
    """Return those depths at which the grid can meet the volume, and at least one."""
    if depths.count == 1:
        return depths
    corners = [
        [a + x * b + y * c for a, b, c in zip(grid.origin, grid.right, grid.down, strict=True)]
        for x in (0, grid.width - 1)
        for y in (0, grid.height - 1)
    ]
    first, last = 0.0, depths.count - 1.0
    for axis, size in enumerate(dims):
        step = grid.deep[axis] * depths.step_mm
        if abs(step) < _SLACK:
            continue
        starts = [corner[axis] + grid.deep[axis] * depths.first_mm for corner in corners]
        ends = sorted(((-1.0 - max(starts)) / step, (size - min(starts)) / step))
        first, last = max(first, ends[0]), min(last, ends[1])
    begin = min(math.floor(first), depths.count - 1)
    count = max(math.ceil(last) - begin + 1, 1)
    return replace(depths, first_mm=depths.first_mm + begin * depths.step_mm, count=min(count, depths.count - begin))
