"""Points that are drawn to something: to points of other marks, else to the strongest edge near the hand."""

import math

import numpy as np

from viewer.imaging.spatial_transform import Point
from viewer.measurement.ground import Ground

MOST_PIXELS = 24
"""Reach, in image pixels, beyond which no edge is looked for, however small the image is shown."""
_OVER_NOISE = 5.0
"""Times the usual step around the hand: weaker ones are noise."""


def edge_near(ground: Ground, at: Point, reach: float) -> Point | None:
    """Return the middle of the steepest step of values not farther than so many image pixels; None for none.

    Args:
        ground: Of the picture.
        at: Where the hand is.
        reach: In image pixels.
    """
    reach = min(max(reach, 1.5), MOST_PIXELS)
    left, top = (max(0, math.floor(part - reach) - 1) for part in at)
    right, bottom = min(ground.columns, math.ceil(at[0] + reach) + 1), min(ground.rows, math.ceil(at[1] + reach) + 1)
    if right - left < 3 or bottom - top < 3 or ground.refusal or ground.value_refusal or ground.read_values is None:
        return None
    given = ground.values_in((slice(top, bottom), slice(left, right)))
    if given is None:
        return None
    values = np.where(np.isfinite(given.values), given.values, 0.0)
    down, across = np.gradient(values)
    steep = np.hypot(down, across)
    rows, columns = np.indices(values.shape)
    away = np.hypot(columns + left + 0.5 - at[0], rows + top + 0.5 - at[1])
    usual = float(np.median(steep[away <= reach]))
    steep[away > reach] = 0.0
    if not steep.max() or steep.max() < _OVER_NOISE * usual:
        return None
    # Of edges alike in strength the nearer one is meant.
    worth = steep / steep.max() - 0.35 * away / reach
    worth[away > reach] = -np.inf
    row, column = divmod(int(worth.argmax()), values.shape[1])
    return float(column + left + 0.5), float(row + top + 0.5)
