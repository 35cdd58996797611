"""Samples that are the nearest voxel, or made of 64 by cubic convolution."""

from typing import Any

from numpy import bool_, empty, float32, floor
from numpy.typing import NDArray

from viewer.volume.kernel_parts import PIECE, Dimensions, counts, mend, mix, piece_part, pieces, row_part


def nearest_rows(
    flat: NDArray[Any],
    dims: Dimensions,
    lines: NDArray[Any],
    depths: tuple[float, int],
    mode: int,
    total: NDArray[Any],
    count: NDArray[Any],
    rows: tuple[int, int],
    padding: tuple[float, float],
) -> None:
    """Add the nearest voxels to rows of a picture, as linear_rows does."""
    width = total.shape[1]
    values, mends = empty(PIECE, float32), empty(PIECE, bool_)
    last_x, last_y, last_z = dims[0] - 1.0, dims[1] - 1.0, dims[2] - 1.0
    for piece in range(rows[0] * pieces(width), rows[1] * pieces(width)):
        row, part = piece_part(piece, width)
        for sample in range(depths[1]):
            x, y, z, first, stop = row_part(dims, lines[row], depths[0] + sample, part)
            for column in range(stop - first):
                i = floor(min(max(x + lines[row, 1, 0] * column, 0.0), last_x) + 0.5)
                j = floor(min(max(y + lines[row, 1, 1] * column, 0.0), last_y) + 0.5)
                k = floor(min(max(z + lines[row, 1, 2] * column, 0.0), last_z) + 0.5)
                values[column] = flat[int(i + dims[0] * (j + dims[1] * k))]
                mends[column] = not counts(values[column], padding)
            mix(total[row, first:stop], count[row, first:stop], values, mends, mode, stop - first)


def cubic_rows(
    flat: NDArray[Any],
    dims: Dimensions,
    lines: NDArray[Any],
    depths: tuple[float, int],
    mode: int,
    total: NDArray[Any],
    count: NDArray[Any],
    rows: tuple[int, int],
    padding: tuple[float, float],
) -> None:
    """Add samples by cubic convolution to rows of a picture, as linear_rows does; linear ones beside padding."""
    width = total.shape[1]
    values, mends = empty(PIECE, float32), empty(PIECE, bool_)
    weights = empty((3, 4), float32)
    for piece in range(rows[0] * pieces(width), rows[1] * pieces(width)):
        row, part = piece_part(piece, width)
        for sample in range(depths[1]):
            x, y, z, first, stop = row_part(dims, lines[row], depths[0] + sample, part)
            for column in range(stop - first):
                i = cubic_weights(x + lines[row, 1, 0] * column, dims[0], weights[0])
                j = cubic_weights(y + lines[row, 1, 1] * column, dims[1], weights[1])
                k = cubic_weights(z + lines[row, 1, 2] * column, dims[2], weights[2])
                values[column], mends[column] = tricubic(flat, dims, i, j, k, weights, padding)
            mend(flat, dims, (x, y, z), lines[row, 1], values, mends, padding, stop - first)
            mix(total[row, first:stop], count[row, first:stop], values, mends, mode, stop - first)


def cubic_weights(at: float, size: int, weights: NDArray[Any]) -> int:
    """Set the weights of the four voxels around a place, and return the second one's index.

    Keys, Cubic convolution interpolation for digital image processing, 1981, with a = -1/2. Beyond the outer voxels the
    volume goes on straight, so that ramps are exact up to its ends.
    """
    at = min(max(at, 0.0), size - 1.0)
    index = min(int(at), max(size - 2, 0))
    t = at - index
    before, after = ((2.0 - t) * t - 1.0) * t / 2.0, (t - 1.0) * t * t / 2.0
    here, there = ((3.0 * t - 5.0) * t * t + 2.0) / 2.0, ((4.0 - 3.0 * t) * t + 1.0) * t / 2.0
    if index == 0:
        before, here, there = 0.0, here + 2.0 * before, there - before
    if index >= size - 2:
        here, there, after = here - after, there + 2.0 * after, 0.0
    weights[0], weights[1], weights[2], weights[3] = before, here, there, after
    return index


def tricubic(
    flat: NDArray[Any],
    dims: Dimensions,
    i: int,
    j: int,
    k: int,
    weights: NDArray[Any],
    padding: tuple[float, float],
) -> tuple[float32, bool]:
    """Return the value between 64 voxels, and whether one with weight does not count."""
    total = float32(0.0)
    for c in range(4):
        if weights[2, c] != 0.0:
            for b in range(4):
                weight = weights[2, c] * weights[1, b]
                if weight != 0.0:
                    line = dims[0] * (j + b - 1 + dims[1] * (k + c - 1)) + i - 1
                    for a in range(4):
                        if weights[0, a] != 0.0:
                            value = float32(flat[line + a])
                            if not counts(value, padding):
                                return total, True
                            total += weight * weights[0, a] * value
    return total, False
