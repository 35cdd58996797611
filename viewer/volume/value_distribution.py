"""How often each value occurs in a volume: behind transfer functions, and the range relative ones mean."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.volume.series_volume import SeriesVolume

_MOST_SAMPLES = 1_500_000
_BINS = 256
_LOW_PERCENT, _HIGH_PERCENT = 1.0, 99.8
"""Between them lie the values that a reader means: a few very bright voxels must not darken all others."""


@dataclass(frozen=True, slots=True, eq=False)
class ValueDistribution:
    """Of a volume's modality values.

    Attributes:
        counts: In bins of equal width from the lowest to the highest value.
        lowest: The lower edge of the first bin.
        highest: The upper edge of the last.
        range_low: The range relative transfer functions mean: where 0 lies,
        range_high: and where 1 lies.
    """

    counts: NDArray[np.int64]
    lowest: float
    highest: float
    range_low: float
    range_high: float


def value_distribution(volume: SeriesVolume, phase: int = 0) -> ValueDistribution:
    """Return the distribution of a volume's values without padding, of a sample spread over all of it."""
    array = volume.array(phase)
    step = max(1, int(np.ceil((array.size / _MOST_SAMPLES) ** (1 / 3))))
    offset = step // 2 if min(array.shape) > step // 2 else 0
    sample = array[offset::step, offset::step, offset::step].ravel()
    if volume.padding is not None:
        mask = volume.padding.mask(sample)
        sample = sample if mask is None else sample[~mask]
    values = sample.astype(np.float64) * volume.rescale.slope + volume.rescale.intercept
    values = values[np.isfinite(values)]
    if not values.size:
        low, high = volume.value_range
        return ValueDistribution(np.zeros(_BINS, np.int64), low, high, low, high)
    lowest, highest = float(values.min()), float(values.max())
    if highest <= lowest:
        highest = lowest + 1.0
    counts, _edges = np.histogram(values, _BINS, (lowest, highest))
    low, high = _meant_range(values)
    return ValueDistribution(counts.astype(np.int64), lowest, highest, low, high)


def _meant_range(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = (float(each) for each in np.percentile(values, (_LOW_PERCENT, _HIGH_PERCENT)))
    if high > low:
        return low, high
    return float(values.min()), max(float(values.max()), float(values.min()) + 1.0)
