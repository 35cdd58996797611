"""Frames already resampled for a place in a viewport, kept under a budget so that a window drag only looks up."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.spatial_transform import ImagePlacement

DEFAULT_BUDGET_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, eq=False)
class ResampledFrame:
    """Values at the device pixels of one viewport, as far as the image can reach.

    Attributes:
        placement: Of the image in that part of the viewport.
        left: Of the part in the viewport.
        top: Of the part in the viewport.
        values: (height, width) stored values, signed ones shifted by half their range so that a table's index is at
            least 0; or (height, width, 3) finished RGB of 8 bits.
        offset: What was added to stored values.
        keep: 255 where the image is and 0 where background shows; None when the image is everywhere.
        is_interpolated: Whether values were made that are not in the image.
        masks: Overlays and shutters at device pixels, and what could not be drawn; filled when first asked for.
    """

    placement: ImagePlacement
    left: int
    top: int
    values: NDArray[Any]
    offset: int
    keep: NDArray[np.uint8] | None
    is_interpolated: bool
    masks: dict[Hashable, tuple[NDArray[np.uint8] | None, tuple[str, ...]]] = field(default_factory=dict)

    @property
    def byte_count(self) -> int:
        """Bytes held."""
        return int(self.values.nbytes) * 2 + (0 if self.keep is None else int(self.keep.nbytes))


class GeometryCache:
    """The most recently used values under a budget; used from any thread."""

    def __init__(self, budget_bytes: int = DEFAULT_BUDGET_BYTES) -> None:
        self._budget = budget_bytes
        self._bytes = 0
        self._held: OrderedDict[Hashable, ResampledFrame] = OrderedDict()
        self._facts: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> ResampledFrame | None:
        """Return what is held under a key and mark it as used; None when nothing is."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def put(self, key: Hashable, resampled: ResampledFrame) -> None:
        """Hold a frame, and let the least recently used go when the budget is spent."""
        with self._lock:
            old = self._held.pop(key, None)
            self._bytes += resampled.byte_count - (old.byte_count if old is not None else 0)
            self._held[key] = resampled
            while self._bytes > self._budget and len(self._held) > 1:
                _, gone = self._held.popitem(last=False)
                self._bytes -= gone.byte_count

    def fact(self, key: Hashable) -> Any:  # noqa: ANN401 - small values of the caller's choice
        """Return a small value remembered of a frame; None when none is."""
        with self._lock:
            return self._facts.get(key)

    def remember(self, key: Hashable, fact: object) -> None:
        """Remember a small value of a frame; the oldest of a thousand are forgotten."""
        with self._lock:
            self._facts[key] = fact
            while len(self._facts) > 1024:
                self._facts.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()
            self._facts.clear()
            self._bytes = 0
