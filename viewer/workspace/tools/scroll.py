"""Scrolling: one notch one image, more when the wheel is spun; a drag by its length. Lengths are logical pixels."""

from dataclasses import dataclass

NOTCH = 120
"""Qt's eighths of a degree of one notch of a wheel."""
CALM_S, SPIN_S = 0.028, 0.006
"""Seconds between notches: above the first every notch is one image, at the second and below it is FASTEST."""
FASTEST = 6
LEAVES_PER_PIXEL = 1 / 8
"""A scroll drag turns an image every eight pixels, or the whole run over the viewport's height where that is faster."""
FAST_FACTOR = 10


def scroll_per_pixel(count: int, height: float) -> float:
    """Return images per pixel of a scroll drag."""
    return max(LEAVES_PER_PIXEL, (count - 1) / max(height * 0.8, 1.0)) if count > 1 else 0.0


@dataclass(slots=True)
class Wheel:
    """Turns a wheel's movements into images: one notch one image, more when it is spun.

    Attributes:
        rest: What is left of a notch, in Qt's eighths of a degree.
        last_s: When it last moved.
    """

    rest: float = 0.0
    last_s: float = -1.0

    def steps(self, delta: int, now_s: float) -> int:
        """Return how many images a movement is worth; towards the hand is forward."""
        if self.rest * -delta < 0:
            self.rest = 0.0  # the other way round: what was left counts no more
        between = (now_s - self.last_s) * NOTCH / max(abs(delta), 1)
        self.last_s = now_s
        self.rest += -delta * self._speed(between)
        steps = int(self.rest / NOTCH)
        self.rest -= steps * NOTCH
        return steps

    @staticmethod
    def _speed(between_s: float) -> float:
        if between_s >= CALM_S or between_s < 0:
            return 1.0
        share = min(1.0, (CALM_S - between_s) / (CALM_S - SPIN_S))
        return 1.0 + share * (FASTEST - 1)
