"""Planes and slabs through a volume: values at any grid of places, in the volume's own (stored) values.

Samples lie half a voxel apart along the depth of a slab, or closer. Padding is never mixed into anything: a sample
counts where its nearest voxel does and is made of those voxels around it that count; a slab is made of the samples that
count. Linear is trilinear, cubic is the cubic convolution of Catmull and Rom (Keys' a = -1/2), in three dimensions.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.modality_lut import Rescale
from viewer.volume import linear_kernels, other_kernels
from viewer.volume.kernel_parts import HIGHEST, LOWEST, TOTAL
from viewer.volume.kernels import compiled
from viewer.volume.reduced_voxels import block_edges, in_blocks, reduced_voxels
from viewer.volume.reslice_plane import Projection, ReslicePlane, Vector, VolumeInterpolation
from viewer.volume.row_threads import on_all_cores
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.voxel_grid import (
    NO_DEPTH,
    NO_SLAB,
    Depths,
    Slab,
    VoxelGrid,
    across,
    depth_samples,
    voxel_grid,
    within,
)

_QUICK_REDUCTION, _MOST_REDUCTION = 2, 4
_QUICK_SAMPLES = 12_000_000
"""Of a quick picture at most, wherever it can be had: what two cores make in a thirtieth of a second."""
_NONE_IS_PADDING = (math.inf, -math.inf)


@dataclass(frozen=True, slots=True, eq=False)
class Resliced:
    """Values at a grid of places.

    Attributes:
        values: (rows, columns) in stored values: of the array's type for nearest, float32 otherwise; 0 where there
            are none.
        keep: 255 where there are any; None for everywhere.
    """

    values: NDArray[Any]
    keep: NDArray[np.uint8] | None


def resliced(volume: SeriesVolume, plane: ReslicePlane) -> Resliced:
    """Return the values of a plane's or slab's own grid."""
    grid = voxel_grid(volume.geometry, plane.plane, plane.columns, plane.rows)
    slab = Slab(plane.thickness_mm, plane.projection)
    return sample_grid(volume, grid, slab, plane.interpolation, phase=plane.phase)


def sample_affine(
    volume: SeriesVolume,
    origin_ijk: Vector,
    du_ijk: Vector,
    dv_ijk: Vector,
    width: int,
    height: int,
    *,
    deep_ijk: Vector = NO_DEPTH,
    slab: Slab = NO_SLAB,
    interpolation: VolumeInterpolation = VolumeInterpolation.LINEAR,
    phase: int = 0,
    is_quick: bool = False,
) -> Resliced:
    """Return values at places that are an affine function of (column, row), all given in voxel indices.

    Args:
        volume: What is cut.
        origin_ijk: Of column 0, row 0.
        du_ijk: From one column to the next.
        dv_ijk: From one row to the next.
        width: Columns.
        height: Rows.
        deep_ijk: One mm along the depth of the slab.
        slab: What is made of the depth.
        interpolation: Between voxels.
        phase: From 0.
        is_quick: A quarter of the samples, and half as many along the depth, spread over the grid.
    """
    grid = VoxelGrid(origin_ijk, du_ijk, dv_ijk, deep_ijk, width, height)
    return sample_grid(volume, grid, slab, interpolation, phase=phase, is_quick=is_quick)


def sample_grid(
    volume: SeriesVolume,
    grid: VoxelGrid,
    slab: Slab,
    interpolation: VolumeInterpolation,
    *,
    phase: int = 0,
    is_quick: bool = False,
) -> Resliced:
    """Return values at the places of a grid; see sample_affine."""
    if not is_quick:
        return _sampled(volume, volume.array(phase), grid, slab, interpolation, is_quick=False)
    return _quick(volume, grid, slab, _quicker(interpolation), phase)


def modality_of(cut: Resliced, volume: SeriesVolume) -> NDArray[np.float32]:
    """Return modality values, NaN where there are none."""
    values = cut.values.astype(np.float64)
    values *= volume.rescale.slope
    values += volume.rescale.intercept
    if cut.keep is not None:
        values[cut.keep == 0] = np.nan
    with np.errstate(over="ignore"):  # what no single precision holds is infinite
        return values.astype(np.float32)


def warm_up() -> None:
    """Compile the kernels most volumes need, or fetch them from where they are kept."""
    total, count = np.zeros((1, 1)), np.zeros((1, 1), np.int32)
    for voxels in (np.int16, np.uint16):
        kernel = compiled(linear_kernels.linear_rows)
        flat, lines = np.zeros(1, voxels), np.zeros((1, 3, 3))
        kernel(flat, (1, 1, 1), lines, (0.0, 1), TOTAL, total, count, (0, 1), _NONE_IS_PADDING)
        reduced_voxels(np.zeros((1, 1, 1), voxels), (1, 1, 1), HIGHEST, _NONE_IS_PADDING)


def _quick(
    volume: SeriesVolume, grid: VoxelGrid, slab: Slab, interpolation: VolumeInterpolation, phase: int
) -> Resliced:
    array, taken, finer = volume.array(phase), grid, 1.0
    if volume.is_complete and work_of(array, grid.reduced(_QUICK_REDUCTION), slab) > _QUICK_SAMPLES:
        # What is still being loaded changes: blocks of it would be made again and again.
        edges = block_edges(volume.geometry.spacing_mm)
        array = reduced_voxels(array, edges, _mode(slab.projection, volume.rescale)[0], _padding(volume))
        taken = in_blocks(grid, edges)
        finer = across(grid) / (across(taken) or 1.0)
    factor = _QUICK_REDUCTION
    while factor < _MOST_REDUCTION and work_of(array, taken.reduced(factor), slab) > _QUICK_SAMPLES:
        factor += 1
    coarse = _sampled(volume, array, taken.reduced(factor), slab, interpolation, is_quick=True, finer=finer)
    return spread(coarse, factor, grid.width, grid.height)


def work_of(array: NDArray[Any], grid: VoxelGrid, slab: Slab) -> int:
    """Return how many samples a picture takes at most, one a voxel deep."""
    slices, rows, columns = array.shape
    depths = within(depth_samples(grid, slab, is_quick=True), grid, (columns, rows, slices))
    return grid.width * grid.height * depths.count


def _quicker(interpolation: VolumeInterpolation) -> VolumeInterpolation:
    return VolumeInterpolation.LINEAR if interpolation is VolumeInterpolation.CUBIC else interpolation


def spread(coarse: Resliced, factor: int, width: int, height: int) -> Resliced:
    """Return samples spread over factor × factor places each, mixed linearly where there is nothing else between."""
    import cv2

    def stepped(values: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(values.repeat(factor, axis=0)[:height].repeat(factor, axis=1)[:, :width])

    def mixed(values: NDArray[Any]) -> NDArray[Any]:
        size = values.shape[1] * factor, values.shape[0] * factor
        return np.ascontiguousarray(cv2.resize(values, size, interpolation=cv2.INTER_LINEAR)[:height, :width])

    if coarse.values.dtype != np.float32:
        return Resliced(stepped(coarse.values), None if coarse.keep is None else stepped(coarse.keep))
    values = mixed(coarse.values)
    if coarse.keep is None:
        return Resliced(values, None)
    is_near_none = mixed(coarse.keep) < 255
    values[is_near_none] = stepped(coarse.values)[is_near_none]
    return Resliced(values, stepped(coarse.keep))


def _sampled(
    volume: SeriesVolume,
    array: NDArray[Any],
    grid: VoxelGrid,
    slab: Slab,
    interpolation: VolumeInterpolation,
    *,
    is_quick: bool,
    finer: float = 1.0,
) -> Resliced:
    """Return values of an array of a volume; sums count in its voxels, `finer` times smaller than the array's."""
    slices, rows, columns = array.shape
    depths = depth_samples(grid, slab, interpolation, is_quick=is_quick)
    depths = within(depths, grid, (columns, rows, slices))
    depths = replace(depths, voxels=depths.voxels * finer)
    return sample_lines(volume, array, grid.lines(), grid.width, slab, depths, interpolation)


def sample_lines(
    volume: SeriesVolume,
    array: NDArray[Any],
    lines: NDArray[np.float64],
    width: int,
    slab: Slab,
    depths: Depths,
    interpolation: VolumeInterpolation,
) -> Resliced:
    """Return values along lines through an array of a volume.

    Args:
        volume: Whose padding and rescale hold.
        array: Voxels.
        lines: In voxel indices of the array, as VoxelGrid.lines() has them.
        width: Samples on each line.
        slab: What is made of the depth.
        depths: Where it is sampled.
        interpolation: Between voxels.
    """
    total, count = _gathered(volume, array, lines, width, slab, depths, interpolation)
    values = _finished(total, count, slab, depths, volume.rescale)
    missing = count == 0
    keep = None
    if missing.any():
        values[missing] = 0
        keep = np.where(missing, 0, 255).astype(np.uint8)
    if interpolation is VolumeInterpolation.NEAREST and not slab.adds_up:
        values = values.astype(array.dtype)
    return Resliced(values, keep)


def _gathered(
    volume: SeriesVolume,
    array: NDArray[Any],
    lines: NDArray[np.float64],
    width: int,
    slab: Slab,
    depths: Depths,
    interpolation: VolumeInterpolation,
) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Return what the samples at each place come to, and how many there were."""
    mode, start = _mode(slab.projection, volume.rescale) if depths.count > 1 else (TOTAL, 0.0)
    # Many large values added up in single precision would lose their last digits.
    total = np.full((len(lines), width), start, np.float64)
    count = np.zeros(total.shape, np.int32)
    lines = lines * np.array([[1.0], [1.0], [depths.step_mm]])
    along = (depths.first_mm / depths.step_mm if depths.step_mm else 0.0, depths.count)
    slices, rows, columns = array.shape
    shared = (np.ravel(array), (columns, rows, slices), lines, along, mode, total, count)
    padding = _padding(volume)
    kernel = compiled(_kernel_of(array.dtype, interpolation))
    on_all_cores(lambda part: kernel(*shared, part, padding), len(lines), total.size * depths.count)
    return total, count


def _mode(projection: Projection, rescale: Rescale) -> tuple[int, float]:
    """Return what becomes of samples, and what it starts with."""
    if projection in {Projection.MEAN, Projection.SUM}:
        return TOTAL, 0.0
    # The highest modality value is the lowest stored one where the slope is negative.
    is_highest = (projection is Projection.MAXIMUM) == (rescale.slope > 0)
    return (HIGHEST, -math.inf) if is_highest else (LOWEST, math.inf)


def _kernel_of(voxels: np.dtype[Any], interpolation: VolumeInterpolation) -> Callable[..., None]:
    if interpolation is VolumeInterpolation.NEAREST:
        return other_kernels.nearest_rows
    if interpolation is VolumeInterpolation.CUBIC:
        return other_kernels.cubic_rows
    return linear_kernels.linear_float_rows if voxels.kind == "f" else linear_kernels.linear_rows


def _padding(volume: SeriesVolume) -> tuple[float, float]:
    if volume.padding is None:
        return _NONE_IS_PADDING
    return float(volume.padding.low), float(volume.padding.high)


def _finished(
    total: NDArray[Any], count: NDArray[np.int32], slab: Slab, depths: Depths, rescale: Rescale
) -> NDArray[np.float32]:
    """Return stored values of what was gathered."""
    if not slab.adds_up:
        return total.astype(np.float32, copy=False)
    total /= np.maximum(count, 1)
    if slab.projection is Projection.SUM:
        # The sum of the voxels' modality values, as that stored value which the rescale makes it of.
        share = count * depths.voxels
        total *= share
        total += (share - 1) * (rescale.intercept / rescale.slope)
    return total.astype(np.float32)
