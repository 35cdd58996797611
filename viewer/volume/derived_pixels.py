"""Values of a plane as the pixels of a file: whole numbers with slope and intercept, and one that means "nothing".

Whole numbers stay what they are. Values with fractions of their own (PET slices of unlike slopes, sums) are scaled to
16 bits image by image, through zero, so that no image loses more than a 65,000th of its highest value.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.derived_instance import decimal
from viewer.imaging.modality_lut import Rescale
from viewer.volume.reslice import Resliced, modality_of
from viewer.volume.reslice_plane import Projection, ReslicePlane, VolumeInterpolation
from viewer.volume.series_volume import SeriesVolume

_LOWEST, _HIGHEST = -32768, 32767
_OVERSHOOT = 0.3
"""How far cubic interpolation may leave the range of its voxels on either side, as a part of that range (in three
dimensions Catmull and Rom's weights of one sign sum up to 1.25³ at most)."""


@dataclass(frozen=True, slots=True, eq=False)
class DerivedPixels:
    """An image's pixels.

    Attributes:
        values: int16 or uint16, (rows, columns).
        rescale: From them to modality units.
        padding: The value that means "nothing here"; None where every pixel means something.
    """

    values: NDArray[Any]
    rescale: Rescale
    padding: int | None


def derived_pixels(
    cut: Resliced, volume: SeriesVolume, plane: ReslicePlane, *, is_through_zero: bool = False
) -> DerivedPixels:
    """Return the pixels of a plane.

    Args:
        cut: Its values.
        volume: What was cut.
        plane: How.
        is_through_zero: Whether the intercept must be 0.
    """
    is_whole = volume.array(plane.phase).dtype.kind in "iu" and plane.projection is not Projection.SUM
    if not is_whole or (is_through_zero and volume.rescale.intercept != 0):
        return _scaled(cut, volume)
    low, high = _stored_range(volume)
    if plane.interpolation is VolumeInterpolation.CUBIC:
        margin = math.ceil(_OVERSHOOT * (high - low))
        low, high = low - margin, high + margin
    dtype: type[np.integer[Any]] = np.int16
    if high > _HIGHEST:
        dtype, low = np.uint16, max(low, 0)
    held = np.iinfo(dtype)
    low, high = max(low, int(held.min)), min(high, int(held.max))
    padding = low - 1 if low > held.min else None
    values = np.rint(cut.values).clip(low, high).astype(dtype)
    if cut.keep is not None:
        values[cut.keep == 0] = low if padding is None else padding
    return DerivedPixels(values, volume.rescale, padding)


def _stored_range(volume: SeriesVolume) -> tuple[int, int]:
    """Return the lowest and highest voxel that is no padding."""
    rescale = volume.rescale
    ends = sorted((end - rescale.intercept) / rescale.slope for end in volume.value_range)
    return math.floor(ends[0] + 1e-6), math.ceil(ends[1] - 1e-6)


def _scaled(cut: Resliced, volume: SeriesVolume) -> DerivedPixels:
    values = modality_of(cut, volume).astype(np.float64)
    known = np.isfinite(values)
    highest = float(np.abs(values[known]).max()) if known.any() else 0.0
    slope = float(decimal(highest / _HIGHEST)) if highest > 0 else 1.0
    pixels = np.full(values.shape, _LOWEST, np.int16)
    pixels[known] = np.rint(values[known] / slope).clip(-_HIGHEST, _HIGHEST).astype(np.int16)
    return DerivedPixels(pixels, Rescale(slope, 0.0, volume.rescale.unit), _LOWEST)
