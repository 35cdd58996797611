"""Statistics of the pixels of a region, in whatever unit the ground gives: modality, SUV, or real-world values.

Left out: padding, what never arrived, and what is no finite number (outside a real-world mapping's range, say).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.base.translation import _
from viewer.dicom.codes import Code
from viewer.measurement.ground import Ground, GroundValues
from viewer.measurement.reading import NO_UNIT, Unit
from viewer.measurement.regions import RegionPixels

_MOST_BINS = 256
_WHOLE = 2.0**52
"""Beyond, numbers have no halves between them."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """How often values occur.

    Attributes:
        edges: Of the bins, ascending, one more than counts; a bin holds its lower edge, the last one both.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the pixels of a region come to.

    Attributes:
        count: Pixels that counted.
        excluded: Pixels of the region that did not: padding, missing, no number.
        sd: Standard deviation of a sample (n − 1); None for fewer than two pixels.
        total: Sum of the values.
        source: Name of the map that gave the unit; empty for the modality's own.
        concept: What the values are, where the map says so.
    """

    count: int
    excluded: int
    mean: float
    sd: float | None
    minimum: float
    maximum: float
    median: float
    total: float
    histogram: Histogram
    unit: Unit = NO_UNIT
    source: str = ""
    concept: Code | None = None


def statistics_of(ground: Ground, pixels: RegionPixels) -> Statistics | str:
    """Return the statistics of a region's pixels, or why there are none, translated."""
    values = values_of(ground, pixels)
    if isinstance(values, str):
        return values
    found, given = values
    if not found.size:
        reason = _("All pixels of the region are padding or missing") if pixels.count else ""
        return reason or _("No pixel has its centre in the region")
    return statistics_of_values(found, given, pixels.count - found.size)


def values_of(ground: Ground, pixels: RegionPixels) -> "tuple[NDArray[np.float64], GroundValues] | str":
    """Return the values of a region's pixels that count, with what they are; or why there are none, translated."""
    refusal = ground.refusal or ground.value_refusal
    if refusal:
        return refusal
    given = ground.values_in(pixels.part)
    if given is None:
        return _("There are no values here")
    inside = pixels.mask if given.counts is None else pixels.mask & given.counts
    found = given.values[inside]
    return found[np.isfinite(found)], given


def statistics_of_values(
    values: NDArray[np.float64], given: GroundValues | None = None, excluded: int = 0
) -> Statistics:
    """Return what at least one finite value comes to.

    Args:
        values: Those that count.
        given: What they are.
        excluded: How many did not.
    """
    sd = float(values.std(ddof=1)) if values.size > 1 else None
    return Statistics(
        count=int(values.size),
        excluded=int(excluded),
        mean=float(values.mean()),
        sd=sd,
        minimum=float(values.min()),
        maximum=float(values.max()),
        median=float(np.median(values)),
        total=math.fsum(values) if values.size < _MOST_BINS else float(values.sum()),
        histogram=histogram_of(values),
        unit=NO_UNIT if given is None else given.unit,
        source="" if given is None else given.source,
        concept=None if given is None else given.concept,
    )


def histogram_of(values: NDArray[np.float64], most_bins: int = _MOST_BINS) -> Histogram:
    """Return how often values occur: a bin for each whole number where these are few enough, else equal bins."""
    low, high = float(values.min()), float(values.max())
    is_whole = max(abs(low), abs(high)) < _WHOLE and bool((values == np.rint(values)).all())
    if is_whole and high - low < most_bins:
        edges = np.arange(low - 0.5, high + 1.0)
    elif low == high:
        edges = np.array([low - 0.5, high + 0.5])
    else:
        edges = np.linspace(low, high, most_bins + 1)
    counts, edges = np.histogram(values, edges)
    return Histogram(tuple(edges.tolist()), tuple(counts.tolist()))
