"""Window/level by dragging: sideways the width, up and down the level, as fast as window and data ask.

Lengths are logical pixels.
"""

from dataclasses import replace

from viewer.imaging.grayscale_pipeline import View
from viewer.imaging.voi_lut import Voi, VoiFunction, Window

WIDTH_SHARE, LEAST_RANGE_SHARE, MOST_RANGE_SHARE = 1 / 250, 1 / 8192, 1 / 256
"""A pixel changes a window by this share of its width, held between two shares of the image's range of values."""
LEAST_WIDTH, LEAST_EXACT_WIDTH = 1.0, 1e-9


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
