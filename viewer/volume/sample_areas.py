"""Planes shown smaller than they are: each device pixel is the mean over its area."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.volume.reslice import Resliced, sample_grid, work_of
from viewer.volume.reslice_plane import VolumeInterpolation
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.voxel_grid import Slab, VoxelGrid

_FINEST = 4
_AREA_SAMPLES = 160_000_000
"""Beyond which a picture is not made finer than it is shown; two cores make so many in a second."""


def sample_areas(
    volume: SeriesVolume, grid: VoxelGrid, slab: Slab, interpolation: VolumeInterpolation, *, phase: int = 0
) -> Resliced:
    """Return what sample_grid does, but the mean over each sample's area where samples lie further apart than voxels.

    Without that a picture smaller than the volume would show some of its voxels, and their noise, and leave others out.
    """
    factor = min(round(max(math.hypot(*grid.right), math.hypot(*grid.down))), _FINEST)
    if interpolation is VolumeInterpolation.NEAREST:
        factor = 1
    while factor > 1 and work_of(volume.array(phase), grid.refined(factor), slab) > _AREA_SAMPLES:
        factor -= 1
    if factor <= 1:
        return sample_grid(volume, grid, slab, interpolation, phase=phase)
    fine = sample_grid(volume, grid.refined(factor), slab, interpolation, phase=phase)
    return _gathered_up(fine, grid.width, grid.height)


def _gathered_up(fine: Resliced, width: int, height: int) -> Resliced:
    """Return the means of blocks of samples, of those that are; a block counts where half of it does."""
    import cv2

    def means(values: NDArray[Any]) -> NDArray[np.float32]:
        return np.asarray(cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA), np.float32)

    values = means(fine.values)
    if fine.keep is None:
        return Resliced(values, None)
    share = means(fine.keep.astype(np.float32)) / 255  # values are 0 where there are none
    keep = np.where(share >= 0.5, 255, 0).astype(np.uint8)
    return Resliced(np.where(keep > 0, values / np.maximum(share, 0.5), 0).astype(np.float32), keep)
