"""The lowest and highest voxel of a volume, padding left out, noted slice by slice."""

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.padding import Padding


class ValueRange:
    """Used from several threads.

    Args:
        padding: What is no value; None for nothing.
    """

    def __init__(self, padding: Padding | None) -> None:
        self._padding = padding
        self._lock = threading.Lock()
        self._lowest = np.inf
        self._highest = -np.inf

    def note(self, lowest: float, highest: float, values: NDArray[Any]) -> None:
        """Take note of a slice.

        Args:
            lowest: Of values, padding included.
            highest: Of values, padding included.
            values: Of the slice.
        """
        padding = self._padding
        if padding is not None and any(padding.low <= each <= padding.high for each in (lowest, highest)):
            found = _without(values, padding, lowest, highest)
            if found is None:
                return
            lowest, highest = found
        with self._lock:
            self._lowest = min(self._lowest, lowest)
            self._highest = max(self._highest, highest)

    def ends(self) -> tuple[float, float]:
        """Return lowest and highest; (0, 0) as long as there are none."""
        with self._lock:
            return (self._lowest, self._highest) if self._lowest <= self._highest else (0.0, 0.0)


def _without(values: NDArray[Any], padding: Padding, lowest: float, highest: float) -> tuple[float, float] | None:
    if values.dtype.kind in "iu" and padding.low <= lowest and highest > padding.high:
        # Nothing lies below the padding: turned round the clock, it comes to lie above all values.
        unsigned = np.dtype(f"u{values.dtype.itemsize}")
        start = values.dtype.type(int(padding.high) + 1)
        least = int((values - start).view(unsigned).min())
        return least + padding.high + 1, highest
    kept = values[(values < padding.low) | (values > padding.high)]
    return (float(kept.min()), float(kept.max())) if kept.size else None
