"""How pixel values are spread: ranges, histograms, and windows fitted to them; padding is left out."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.modality_lut import ModalityTransform, Rescale, apply_modality, output_range
from viewer.imaging.padding import Padding, background_mask
from viewer.imaging.voi_lut import Window, exact_window_between, window_between

OUTLIER_FRACTION = 0.005
"""Brightest part left out of automatic windows where a few pixels outshine all others (NM, PT, MR)."""


ENOUGH_PIXELS = 1 << 17
"""As many as this say where the brightest part begins; more only take longer."""


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Counts of modality values.

    Attributes:
        edges: One more than counts, ascending, in modality units.
        counts: Pixels between each two edges.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]


def stored_range(values: NDArray[Any], padding: Padding | None) -> tuple[float, float] | None:
    """Return the lowest and highest stored value that is a pixel; None when none is."""
    mask = background_mask(values, padding)
    kept = values if mask is None else values[~mask]
    if not kept.size:
        return None
    return float(kept.min()), float(kept.max())


def value_range(values: NDArray[Any], transform: ModalityTransform, padding: Padding | None) -> tuple[float, float]:
    """Return the range of modality values of a frame; 0, 1 when it has no pixels but padding."""
    stored = stored_range(values, padding)
    return (0.0, 1.0) if stored is None else output_range(transform, *stored)


def histogram(
    values: NDArray[Any], transform: ModalityTransform, padding: Padding | None, bins: int = 256
) -> Histogram:
    """Return how the modality values of a frame are spread over its range."""
    mask = background_mask(values, padding)
    kept = values.ravel() if mask is None else values[~mask]
    low, high = value_range(values, transform, padding)
    if high <= low:
        high = low + 1.0
    counts, edges = np.histogram(apply_modality(kept, transform), bins=bins, range=(low, high))
    return Histogram(edges, counts)


def fitted_window(low: float, high: float, *, is_whole: bool = True) -> Window:
    """Return the window whose black is low and whose white is high.

    Args:
        low: Lowest value.
        high: Highest value.
        is_whole: Whether values are whole numbers; then LINEAR with its half-value offsets is right.
    """
    return window_between(low, high) if is_whole and high > low else exact_window_between(low, high)


def auto_window(
    values: NDArray[Any],
    transform: ModalityTransform,
    padding: Padding | None,
    *,
    skip_outliers: bool = False,
    hidden: NDArray[np.bool_] | None = None,
) -> Window:
    """Return a window fitted to the pixels of a frame or of a region of it; see auto_range for the arguments."""
    found = auto_range(values, transform, padding, skip_outliers=skip_outliers, hidden=hidden)
    if found is None:
        return exact_window_between(0.0, 1.0)
    return fitted_window(*found, is_whole=is_whole(values, transform))


def auto_range(
    values: NDArray[Any],
    transform: ModalityTransform,
    padding: Padding | None,
    *,
    skip_outliers: bool = False,
    hidden: NDArray[np.bool_] | None = None,
) -> tuple[float, float] | None:
    """Return the modality values from black to white of an automatic window; None when there are no pixels.

    Args:
        values: Stored values.
        transform: To modality units.
        padding: Left out.
        skip_outliers: Whether to leave the brightest 0.5 % out.
        hidden: Left out too: what a shutter covers; None for nothing.
    """
    mask = background_mask(values, padding)
    if hidden is not None:
        mask = hidden if mask is None else mask | hidden
    kept = values.ravel() if mask is None else values[~mask]
    if not kept.size:
        return None
    stored = low, high = float(kept.min()), float(kept.max())
    if skip_outliers:
        kept = kept[:: max(1, kept.size // ENOUGH_PIXELS)]
        if isinstance(transform, Rescale) and transform.slope < 0:
            low = max(low, float(np.quantile(kept, OUTLIER_FRACTION)))
        else:
            high = min(high, float(np.quantile(kept, 1.0 - OUTLIER_FRACTION)))
        if high <= low:
            low, high = stored
    return output_range(transform, low, high)


def is_whole(values: NDArray[Any], transform: ModalityTransform) -> bool:
    """Return whether the modality values of a frame are whole numbers."""
    if values.dtype.kind == "f":
        return False
    if isinstance(transform, Rescale):
        return math.fmod(transform.slope, 1.0) == 0.0 and math.fmod(transform.intercept, 1.0) == 0.0
    return True
