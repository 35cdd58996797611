"""Line pairs and ramps: bars are counted in pixels and are never scaled, ramps run through every level there is."""

import numpy as np
from numpy.typing import NDArray

from viewer.display.patterns.canvas import WHITE, Canvas, Rectangle


def draw_bars(
    canvas: Canvas,
    rectangle: Rectangle,
    levels: tuple[float, float],
    thickness: int,
    *,
    is_vertical: bool,
    start: int | None = None,
) -> None:
    """Fill a rectangle with bars in turn.

    Args:
        canvas: Drawn on.
        rectangle: In pixels.
        levels: Of the first and the second bar.
        thickness: Of a bar in pixels.
        is_vertical: Whether the bars stand upright.
        start: The column or row a first bar begins at; the left or upper side of the rectangle where None.
    """
    side = rectangle[0] if is_vertical else rectangle[1]
    ahead = 0 if start is None else side - start

    def level(columns: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
        place = ahead + (columns if is_vertical else rows)
        return np.where(place // thickness % 2 == 0, levels[0], levels[1])

    canvas.shade(rectangle, level)


def draw_ramp(canvas: Canvas, rectangle: Rectangle, ends: tuple[float, float], *, is_vertical: bool) -> None:
    """Fill a rectangle with a ramp from one level to another, downwards or to the right; its ends are reached."""
    left, top, right, bottom = rectangle
    last = max((bottom - top if is_vertical else right - left) - 1, 1)

    def level(columns: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return ends[0] + (ends[1] - ends[0]) * (rows if is_vertical else columns) / last

    canvas.shade(rectangle, level)


def blurred(mask: NDArray[np.bool_], sigma_px: float, level: float = WHITE) -> NDArray[np.float64]:
    """Return a mask as levels on black, blurred by a Gaussian."""
    sharp = mask * level
    if sigma_px == 0:
        return np.asarray(sharp, np.float64)
    reach = int(np.ceil(4 * sigma_px))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_px) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(sharp, reach)
    lines = np.apply_along_axis(np.convolve, 1, padded, kernel, "valid")
    return np.asarray(np.apply_along_axis(np.convolve, 0, lines, kernel, "valid"))
