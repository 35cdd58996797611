"""Closed outlines that may cross themselves: where they do, and the area inside by even-odd."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
_BLOCK = 64
_HAIR = 1e-12
"""Of an edge: what rounding may do to where it ends."""


def signed_area(points: Sequence[Point]) -> float:
    """Return the area of a closed outline by the shoelace formula, counted about its first point to stay precise."""
    if len(points) < 3:
        return 0.0
    ox, oy = points[0]
    moved = [(x - ox, y - oy) for x, y in points]
    pairs = zip(moved, (*moved[1:], moved[0]), strict=True)
    return math.fsum(a[0] * b[1] - b[0] * a[1] for a, b in pairs) / 2


def crossings(points: Sequence[Point]) -> NDArray[np.float64]:
    """Return the places (n, 2) where a closed outline meets itself: an edge another, but for those next to it."""
    starts = _without_repeats(points)
    count = len(starts)
    if count < 4:
        return np.zeros((0, 2))
    ways = np.roll(starts, -1, axis=0) - starts
    blocks = [np.arange(first, min(first + _BLOCK, count)) for first in range(0, count, _BLOCK)]
    ends = np.minimum(starts, starts + ways), np.maximum(starts, starts + ways)
    low = np.array([ends[0][block].min(axis=0) for block in blocks])
    high = np.array([ends[1][block].max(axis=0) for block in blocks])
    found = [np.zeros((0, 2))]
    for index, block in enumerate(blocks):
        # Edges of blocks that are apart do not meet: long outlines take as long as they are, not its square.
        is_near = ((low[index:] <= high[index]) & (high[index:] >= low[index])).all(axis=1)
        found += (_meetings(starts, ways, block, blocks[index + other]) for other in np.flatnonzero(is_near))
    return np.concatenate(found)


def even_odd_area(points: Sequence[Point]) -> float:
    """Return the area inside a closed outline, what it goes round twice not counted."""
    places = crossings(points)
    if not places.size:
        return abs(signed_area(points))
    starts = np.asarray(points, np.float64)
    ends = np.roll(starts, -1, axis=0)
    # Between two heights that are next to each other no edge starts, ends or crosses: trapezoids.
    heights = np.unique(np.concatenate((starts[:, 1], places[:, 1])))
    upper, lower = np.minimum(starts[:, 1], ends[:, 1]), np.maximum(starts[:, 1], ends[:, 1])
    slabs = []
    for top, bottom in itertools.pairwise(heights):
        middle = (top + bottom) / 2
        active = (upper < middle) & (middle < lower)
        (x0, y0), (x1, y1) = starts[active].T, ends[active].T
        xs = np.sort(x0 + (middle - y0) * (x1 - x0) / (y1 - y0))
        slabs.append(float((bottom - top) * (xs[1::2] - xs[::2]).sum()))
    return math.fsum(slabs)


def _without_repeats(points: Sequence[Point]) -> NDArray[np.float64]:
    places = np.asarray(points, np.float64).reshape(-1, 2)
    moves = (places != np.roll(places, -1, axis=0)).any(axis=1)
    kept: NDArray[np.float64] = places[moves]
    return kept


def _meetings(
    starts: NDArray[np.float64], ways: NDArray[np.float64], block: NDArray[np.int64], other: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return where edges of a block meet later ones of another."""
    count = len(starts)
    p, r = starts[block][:, None, :], ways[block][:, None, :]
    q, s = starts[other][None, :, :], ways[other][None, :, :]
    across = r[..., 0] * s[..., 1] - r[..., 1] * s[..., 0]
    dx, dy = q[..., 0] - p[..., 0], q[..., 1] - p[..., 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (dx * s[..., 1] - dy * s[..., 0]) / across
        u = (dx * r[..., 1] - dy * r[..., 0]) / across
    behind = other[None, :] - block[:, None]
    is_other = (behind > 1) & (behind < count - 1)
    meets = (t >= -_HAIR) & (t <= 1 + _HAIR) & (u >= -_HAIR) & (u <= 1 + _HAIR) & is_other
    one, _other = np.nonzero(meets)
    places: NDArray[np.float64] = starts[block[one]] + t[meets][:, None] * ways[block[one]]
    return places
