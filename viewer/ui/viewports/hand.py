"""How far things move for how far the hand moves: windows and images. Pure functions; lengths in logical pixels."""

from dataclasses import dataclass, replace

from viewer.imaging.grayscale_pipeline import View
from viewer.imaging.voi_lut import Voi, VoiFunction, Window

WIDTH_SHARE, LEAST_RANGE_SHARE, MOST_RANGE_SHARE = 1 / 250, 1 / 8192, 1 / 256
"""A pixel changes a window by this share of its width, held between two shares of the image's range of values."""
LEAST_WIDTH, LEAST_EXACT_WIDTH = 1.0, 1e-9
NOTCH = 120
"""Qt's eighths of a degree of one notch of a wheel."""
CALM_S, SPIN_S = 0.028, 0.006
"""Seconds between notches: above the first every notch is one image, at the second and below it is FASTEST."""
FASTEST = 6
LEAVES_PER_PIXEL = 1 / 8
"""A scroll drag turns an image every eight pixels, or the whole run over the viewport's height where that is faster."""
FAST_FACTOR = 10


def window_from(voi: Voi | None, value_range: tuple[float, float] | None) -> Window | None:
    """Return the window a drag starts from: the one in force, or the range of values under a table."""
    if isinstance(voi, Window):
        return voi
    if value_range is None:
        return None
    low, high = value_range
    return Window((low + high) / 2, max(high - low, LEAST_WIDTH))


def rate_of(window: Window, value_range: tuple[float, float] | None) -> float:
    """Return modality units per pixel of a window drag: fine in narrow windows, never out of proportion to the data."""
    rate = window.width * WIDTH_SHARE
    if value_range is None or value_range[1] <= value_range[0]:
        return rate
    span = value_range[1] - value_range[0]
    return min(max(rate, span * LEAST_RANGE_SHARE), span * MOST_RANGE_SHARE)


def dragged_window(start: Window, rate: float, dx: float, dy: float) -> Window:
    """Return the window after a drag from where it began: rightwards is wider, downwards a higher (darker) level."""
    least = LEAST_WIDTH if start.function is VoiFunction.LINEAR else LEAST_EXACT_WIDTH
    return replace(start, center=start.center + dy * rate, width=max(least, start.width + dx * rate))


def with_window(view: View, window: Window) -> View:
    """Return a view through a window of the reader's."""
    return replace(view, voi=window)


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
