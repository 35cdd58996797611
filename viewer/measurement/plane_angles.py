"""Angles between directions in a plane, in degrees."""

import math

Point = tuple[float, float]


def direction(start: Point, end: Point) -> Point:
    """Return the way from one place to another."""
    return end[0] - start[0], end[1] - start[1]


def angle_deg(a: Point, b: Point) -> float | None:
    """Return the angle between two directions, 0 to 180; None when one of them has no length.

    By the arc tangent, which keeps its precision at 0 and 180 where the arc cosine loses it.
    """
    cross, dot = a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1]
    if not any(a) or not any(b):
        return None
    return math.degrees(math.atan2(abs(cross), dot))
