"""What lies inside closed outlines by the even-odd rule, at pixel centres, and the area they enclose.

Several outlines taken together combine by exclusive or; a line that is traced twice encloses nothing.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

AREA_LINES = 2048
"""Lines across an outline that its area is summed over."""

Outline = NDArray[np.float64]


def even_odd_mask(outlines: Sequence[Outline], rows: int, columns: int) -> NDArray[np.uint8]:
    """Return 1 at the pixels whose centres lie inside.

    Args:
        outlines: (n, 2) columns and rows; whole numbers are pixel centres. Closed without repeating the first point.
        rows: Of the result.
        columns: Of the result.
    """
    row, column = _crossings(outlines, 0, rows)
    first = np.clip(np.ceil(column), 0, columns).astype(np.int64)
    toggles = np.bincount(row * (columns + 1) + first, minlength=rows * (columns + 1)).reshape(rows, columns + 1)
    inside: NDArray[np.uint8] = np.bitwise_xor.accumulate((toggles & 1).astype(np.uint8), axis=1)
    return np.ascontiguousarray(inside[:, :columns])


def even_odd_area(outlines: Sequence[Outline]) -> float:
    """Return the area inside, in squares of the points' unit."""
    held = [outline for outline in outlines if len(outline) > 2]
    if not held:
        return 0.0
    low = min(float(outline[:, 1].min()) for outline in held)
    height = max(float(outline[:, 1].max()) for outline in held) - low
    if height <= 0:
        return 0.0
    step = height / AREA_LINES
    scaled = [np.column_stack([outline[:, 0], (outline[:, 1] - low) / step - 0.5]) for outline in held]
    row, column = _crossings(scaled, 0, AREA_LINES)
    sorted_columns = column[np.lexsort((column, row))]  # an even number a line: they open and close in turn
    return float((sorted_columns[1::2] - sorted_columns[0::2]).sum() * step)


def _crossings(outlines: Sequence[Outline], first: int, last: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return where edges cross the whole-numbered rows from first to before last: row and column of each."""
    starts = [outline for outline in outlines if len(outline) > 2]
    if not starts:
        return np.empty(0, np.int64), np.empty(0)
    start = np.concatenate(starts)
    end = np.concatenate([np.roll(outline, -1, axis=0) for outline in starts])
    low, high = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    # Half open: a corner on a row counts once.
    from_row = np.clip(np.ceil(low), first, last).astype(np.int64)
    count = np.maximum(np.clip(np.ceil(high), first, last).astype(np.int64) - from_row, 0)
    edge = np.repeat(np.arange(len(start)), count)
    begin = np.repeat(np.cumsum(count) - count, count)
    row = from_row[edge] + np.arange(edge.size) - begin
    share = (row - start[edge, 1]) / (end[edge, 1] - start[edge, 1])
    return row - first, start[edge, 0] + share * (end[edge, 0] - start[edge, 0])
