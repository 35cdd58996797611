"""What the loops over voxels share: which part of a row lies in the volume, padding, and what becomes of samples.

All of these are plain functions of arrays, readable and testable as they stand; kernels.compiled() makes machine code
of them that leaves the interpreter free. Each works on some rows of a picture, so that several threads share one. Voxel
indices are (i, j, k) for columns, rows and slices; each row is a line of three vectors in voxel indices: its first
sample, a step to the next one, and a step deeper.
"""

import math
from typing import Any

from numpy import float32, int32
from numpy.typing import NDArray

TOTAL, HIGHEST, LOWEST = 0, 1, 2
"""What becomes of the samples at one place: added up, or the highest or lowest kept."""

HUGE = float32(3.4e38)
"""What is not below is undefined, as what is not a number is."""

PIECE = 512
"""Samples of a row at most that are worked on at once, so that what they need stays in the processor's cache."""

Dimensions = tuple[int, int, int]

_HALF = 0.5 + 1e-6  # a plane exactly half a voxel outside the outer centres still shows them
_NO_STEP = 1e-12


def pieces(width: int) -> int:
    """Return into how many pieces rows are cut: what a slab needs for one piece stays in the processor's cache."""
    return -(-width // PIECE)


def piece_part(piece: int, width: int) -> tuple[int, tuple[int, int]]:
    """Return the row a piece belongs to, and which part of it it is."""
    row, number = divmod(piece, pieces(width))
    return row, (number * PIECE, min(number * PIECE + PIECE, width))


def row_part(
    dims: Dimensions, line: NDArray[Any], deep: float, part: tuple[int, int]
) -> tuple[float, float, float, int, int]:
    """Return where the part of a row begins that lies in the volume, outer half voxels included, and that part."""
    x = line[0, 0] + line[2, 0] * deep
    y = line[0, 1] + line[2, 1] * deep
    z = line[0, 2] + line[2, 2] * deep
    first, stop = span(x, line[1, 0], -_HALF, dims[0] - 1 + _HALF, part[0], part[1])
    first, stop = span(y, line[1, 1], -_HALF, dims[1] - 1 + _HALF, first, stop)
    first, stop = span(z, line[1, 2], -_HALF, dims[2] - 1 + _HALF, first, stop)
    return x + line[1, 0] * first, y + line[1, 1] * first, z + line[1, 2] * first, first, stop


def span(base: float, step: float, low: float, high: float, first: int, stop: int) -> tuple[int, int]:
    """Return the part of first..stop (beyond the last) where base + step·x lies from low to high."""
    if abs(step) < _NO_STEP:
        return (first, stop) if low <= base <= high else (first, first)
    a, b = (low - base) / step, (high - base) / step
    a, b = min(a, b), max(a, b)
    begin, end = first, stop
    if a > begin:
        begin = math.ceil(min(a, float(stop)))
    if b < end - 1:
        end = math.floor(max(b, float(first) - 1.0)) + 1
    return begin, max(begin, end)


def mend(
    flat: NDArray[Any],
    dims: Dimensions,
    start: tuple[float, float, float],
    step: NDArray[Any],
    values: NDArray[Any],
    mends: NDArray[Any],
    padding: tuple[float, float],
    samples: int,
) -> None:
    """Make the samples beside padding of what is none; leave in mends which do not count."""
    for n in range(samples):
        if mends[n]:
            x = min(max(start[0] + step[0] * n, 0.0), dims[0] - 1.0)
            y = min(max(start[1] + step[1] * n, 0.0), dims[1] - 1.0)
            z = min(max(start[2] + step[2] * n, 0.0), dims[2] - 1.0)
            is_there, values[n] = guarded_trilinear(flat, dims, x, y, z, padding)
            mends[n] = not is_there


def guarded_trilinear(
    flat: NDArray[Any], dims: Dimensions, x: float, y: float, z: float, padding: tuple[float, float]
) -> tuple[bool, float32]:
    """Return whether the nearest of eight voxels counts, and the value between those that do."""
    nx, ny, nz = dims
    if not counts(flat[int(x + 0.5) + nx * (int(y + 0.5) + ny * int(z + 0.5))], padding):
        return False, float32(0.0)
    i, j, k = min(int(x), max(nx - 2, 0)), min(int(y), max(ny - 2, 0)), min(int(z), max(nz - 2, 0))
    total, weights = float32(0.0), float32(0.0)
    for corner in range(8):
        right, below, above = corner & 1, corner >> 1 & 1, corner >> 2
        weight = float32(share(x - i, right) * share(y - j, below) * share(z - k, above))
        if weight > 0.0:
            value = float32(flat[i + right + nx * (j + below + ny * (k + above))])
            if counts(value, padding):
                total += weight * value
                weights += weight
    return True, total / weights


def share(way: float, is_further: int) -> float:
    """Return the weight of one of two neighbours."""
    return way if is_further else 1.0 - way


def counts(value: Any, padding: tuple[float, float]) -> bool:  # noqa: ANN401 - of any voxels
    """Return whether a voxel is neither padding nor undefined."""
    return bool(abs(float32(value)) <= HUGE) and not padding[0] <= value <= padding[1]


def mix(
    total: NDArray[Any], count: NDArray[Any], values: NDArray[Any], is_none: NDArray[Any], mode: int, samples: int
) -> None:
    """Take a row of samples into what there is at each place."""
    if mode == HIGHEST:
        for n in range(samples):
            total[n] = total[n] if is_none[n] else max(total[n], values[n])
    elif mode == LOWEST:
        for n in range(samples):
            total[n] = total[n] if is_none[n] else min(total[n], values[n])
    else:
        for n in range(samples):
            total[n] += float32(0.0) if is_none[n] else values[n]
    for n in range(samples):
        count[n] += 1 - int32(is_none[n])


def mixed(total: float, value: float, mode: int) -> float:
    """Return what there is with one more value in it."""
    if mode == HIGHEST:
        return max(total, value)
    return min(total, value) if mode == LOWEST else total + value
