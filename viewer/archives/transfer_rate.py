"""How fast something goes lately, and how long the rest will take."""

import math
from collections.abc import Callable

SMOOTHED_OVER_S = 5.0
"""What happened longer ago than this counts little."""
_LEAST_S = 0.25
_STANDS_STILL = 0.01


class RateMeter:
    """Instances and bytes a second, smoothed: an average that forgets.

    Args:
        clock: Tells seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since = self._last = clock()
        self._instances = self._size = 0.0

    def add(self, instances: int, size: int) -> None:
        """Note what came just now."""
        self._fade()
        self._instances += instances
        self._size += size

    def rates(self) -> tuple[float, float]:
        """Return instances and bytes a second."""
        self._fade()
        # The weights of all moments since the beginning come to this much: a young meter is right as well.
        weight = SMOOTHED_OVER_S * (1.0 - math.exp(-max(self._last - self._since, _LEAST_S) / SMOOTHED_OVER_S))
        return self._instances / weight, self._size / weight

    def left_s(self, remaining: int) -> float | None:
        """Return how long so many instances will take; None where nothing moves."""
        rate = self.rates()[0]
        return remaining / rate if rate > _STANDS_STILL else None

    def _fade(self) -> None:
        now = self._clock()
        kept = math.exp(-(now - self._last) / SMOOTHED_OVER_S)
        self._instances *= kept
        self._size *= kept
        self._last = now
