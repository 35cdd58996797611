"""A volume as what registers it wants it: averaged to a working resolution, clipped, in its place (SimpleITK)."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.jobs import Progress
from viewer.dicom.image_plane import Vector
from viewer.volume.series_volume import SeriesVolume

_WORKING_MM = 1.5
"""Voxels are averaged to about this: finer ones tell a rigid movement nothing more."""
_MOST_VOXELS = 1 << 24
_CLIP = (0.1, 99.9)
"""Percentiles beyond which values count as the same: metal and the rim of the field of view would fill most bins."""
_CLIP_SAMPLES = 200_000


def working_image(volume: SeriesVolume, phase: int, progress: Progress) -> Any:  # noqa: ANN401 - an image of SimpleITK
    """Return a volume as SimpleITK has it, averaged to the working resolution and clipped, in its place."""
    import SimpleITK as sitk  # noqa: N813 - as its own documentation has it

    geometry = volume.geometry
    factors = _factors(geometry.spacing_mm, geometry.dimensions)
    values = _averaged(volume, phase, factors, progress)
    image = sitk.GetImageFromArray(values)
    image.SetSpacing([spacing * factor for spacing, factor in zip(geometry.spacing_mm, factors, strict=True)])
    i, j, k = ((factor - 1) / 2 for factor in factors)
    image.SetOrigin(geometry.point_patient(i, j, k))
    image.SetDirection(geometry.direction.ravel().tolist())
    return image


def _factors(spacing_mm: Vector, dimensions: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return by how much columns, rows and slices are averaged."""
    wanted = _WORKING_MM
    while True:
        found = [max(1, round(wanted / spacing)) for spacing in spacing_mm]
        i, j, k = (min(factor, count // 4) or 1 for factor, count in zip(found, dimensions, strict=True))
        if math.prod(dimensions) / (i * j * k) <= _MOST_VOXELS:
            return i, j, k
        wanted *= 1.25


def _averaged(volume: SeriesVolume, phase: int, factors: tuple[int, int, int], progress: Progress) -> NDArray[Any]:
    """Return means of blocks of voxels in modality units; padding counts as the lowest value."""
    array, (across, down, deep) = volume.array(phase), factors
    slices, rows, columns = (size // factor for size, factor in zip(array.shape, (deep, down, across), strict=True))
    low, high = _clip_range(volume, array)
    means = np.empty((slices, rows, columns), np.float32)
    for index in range(slices):
        progress.check()
        block = array[index * deep : (index + 1) * deep, : rows * down, : columns * across]
        values = np.clip(block, low, high).astype(np.float32)
        if volume.padding is not None:
            mask = volume.padding.mask(block)
            if mask is not None:
                values[mask] = low
        means[index] = values.reshape(deep, rows, down, columns, across).mean(axis=(0, 2, 4))
    slope, intercept = volume.rescale.slope, volume.rescale.intercept
    return means if volume.rescale.is_identity else means * np.float32(slope) + np.float32(intercept)


def _clip_range(volume: SeriesVolume, array: NDArray[Any]) -> tuple[float, float]:
    step = max(1, round((array.size / _CLIP_SAMPLES) ** (1 / 3)))
    sample = array[::step, ::step, ::step]
    mask = volume.padding.mask(sample) if volume.padding is not None else None
    values = sample[~mask] if mask is not None else sample.ravel()
    low, high = np.percentile(values, _CLIP) if values.size else (0.0, 1.0)
    return float(low), float(high)
