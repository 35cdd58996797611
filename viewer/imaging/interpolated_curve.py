"""The smooth curve through points that INTERPOLATED graphics mean (PS3.3 C.10.5.1.2 leaves the manner open).

Ours is the centripetal curve of Catmull and Rom: it goes through every point, and makes no loops between them. Screen,
files, and the values inside a region all follow this one curve.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.spatial_transform import Point

SAMPLES = 16
"""Straight pieces between two points."""
_LEAST = 1e-9


def is_closed(points: Sequence[Point]) -> bool:
    """Return whether the last point is the first: then the curve has no end."""
    return len(points) > 2 and tuple(points[0]) == tuple(points[-1])


def curve_through(points: Sequence[Point], samples: int = SAMPLES) -> tuple[Point, ...]:
    """Return points along the curve, in order, those given among them; closed when the last one is the first.

    Args:
        points: Any number; of fewer than three different ones a straight line is made.
        samples: Straight pieces between two of them.
    """
    closed = is_closed(points)
    knots = _without_repeats(np.asarray(points, np.float64).reshape(-1, 2))
    if closed and len(knots) > 1 and np.allclose(knots[0], knots[-1], rtol=0.0, atol=_LEAST):
        knots = knots[:-1]
    if len(knots) < 3:
        ends = [*map(tuple, knots.tolist())]
        return tuple((*ends, ends[0]) if closed and len(ends) > 1 else ends)
    before, after = (knots[-1], knots[:2]) if closed else (2 * knots[0] - knots[1], [2 * knots[-1] - knots[-2]])
    all_knots = np.vstack([before, knots, after])
    spans = len(all_knots) - 3
    pieces = [_span(all_knots[at : at + 4], samples) for at in range(spans)]
    last = knots[0] if closed else knots[-1]
    return tuple(map(tuple, np.vstack([*pieces, last]).tolist()))


def _without_repeats(points: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(points) < 2:
        return points
    steps = np.hypot(*np.diff(points, axis=0).T)
    kept: NDArray[np.float64] = points[np.concatenate([[True], steps > _LEAST])]
    return kept


def _span(knots: NDArray[np.float64], samples: int) -> NDArray[np.float64]:
    """Return points from the second of four knots up to (without) the third, by Barry and Goldman's pyramid."""
    times = np.concatenate([[0.0], np.cumsum(np.sqrt(np.hypot(*np.diff(knots, axis=0).T)))])
    t = np.linspace(times[1], times[2], samples, endpoint=False)[:, np.newaxis]

    def between(left: NDArray[np.float64], right: NDArray[np.float64], start: float, end: float) -> NDArray[np.float64]:
        mixed: NDArray[np.float64] = ((end - t) * left + (t - start) * right) / (end - start)
        return mixed

    first = [between(knots[k], knots[k + 1], times[k], times[k + 1]) for k in range(3)]
    second = [between(first[k], first[k + 1], times[k], times[k + 2]) for k in range(2)]
    return between(second[0], second[1], times[1], times[2])
