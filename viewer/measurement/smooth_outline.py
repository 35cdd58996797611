"""A smooth closed curve through points: uniform Catmull-Rom splines, the same curve whatever the pixels' shape.

Its tangent at a point is half the way from the point before to the one after.
"""

from collections.abc import Sequence

Point = tuple[float, float]

STEPS = 32
"""Straight lines that stand for the curve from one point to the next, on screen, in files and in every number."""


def smooth_outline(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return the curve through at least three points as a polygon, the first point not repeated."""
    count = len(points)
    found: list[Point] = []
    for index in range(count):
        before, start, end, after = (points[(index + step) % count] for step in (-1, 0, 1, 2))
        found += (_place(before, start, end, after, step / STEPS) for step in range(STEPS))
    return tuple(found)


def _place(before: Point, start: Point, end: Point, after: Point, t: float) -> Point:
    a, b = -t * (1 - t) ** 2 / 2, 1 + t * t * (3 * t - 5) / 2
    c, d = t * (1 + 4 * t - 3 * t * t) / 2, -t * t * (1 - t) / 2
    return (
        a * before[0] + b * start[0] + c * end[0] + d * after[0],
        a * before[1] + b * start[1] + c * end[1] + d * after[1],
    )
