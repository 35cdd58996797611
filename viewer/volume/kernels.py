"""The loops over voxels that numpy is too slow for: what numba compiles when a volume is first cut.

Plain functions of arrays, readable and testable as they stand; compiled() makes machine code of them that leaves the
interpreter free. Each works on some rows of a grid, so that several threads share one. Voxel indices are (i, j, k) for
columns, rows and slices; a grid is four vectors in voxel indices: its first sample, a step right, a step down and a
step deeper.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

from numpy import float32
from numpy.typing import NDArray

TOTAL, HIGHEST, LOWEST = 0, 1, 2
"""What becomes of the samples at one place: added up, or the highest or lowest kept."""

Dimensions = tuple[int, int, int]

_HALF = 0.5 + 1e-6  # a plane exactly half a voxel outside the outer centres still shows them
_NO_STEP = 1e-12


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


def row_span(dims: Dimensions, x: float, y: float, z: float, step: NDArray[Any], width: int) -> tuple[int, int]:
    """Return the part of a row of samples that lies in the volume, its outer half voxels included."""
    first, stop = span(x, step[0], -_HALF, dims[0] - 1 + _HALF, 0, width)
    first, stop = span(y, step[1], -_HALF, dims[1] - 1 + _HALF, first, stop)
    return span(z, step[2], -_HALF, dims[2] - 1 + _HALF, first, stop)


def mixed(total: Any, value: Any, mode: int) -> Any:  # noqa: ANN401 - of the arrays' types
    """Return a total with one more sample in it."""
    if mode == HIGHEST:
        return max(total, value)
    if mode == LOWEST:
        return min(total, value)
    return total + value


def linear_rows(
    flat: NDArray[Any],
    dims: Dimensions,
    grid: NDArray[Any],
    depths: tuple[float, int],
    mode: int,
    total: NDArray[Any],
    count: NDArray[Any],
    rows: tuple[int, int],
) -> None:
    """Add trilinear samples to rows of a grid.

    Args:
        flat: Voxels, columns fastest, then rows, then slices.
        dims: Columns, rows and slices.
        grid: First sample, steps right, down and deeper.
        depths: Of the first sample, in steps deeper, and how many there are.
        mode: TOTAL, HIGHEST or LOWEST.
        total: (height, width); changed.
        count: Samples that are in each; changed.
        rows: First and beyond the last.
    """
    nx, ny, nz = dims
    slice_step = nx * ny
    next_i, next_j, next_k = min(nx - 1, 1), nx * min(ny - 1, 1), slice_step * min(nz - 1, 1)
    last_x, last_y, last_z = float(nx - 1), float(ny - 1), float(nz - 1)
    last_i, last_j, last_k = max(nx - 2, 0), max(ny - 2, 0), max(nz - 2, 0)
    right = grid[1]
    for row in range(rows[0], rows[1]):
        totals, counts = total[row], count[row]
        for sample in range(depths[1]):
            deep = depths[0] + sample
            x0 = grid[0, 0] + grid[2, 0] * row + grid[3, 0] * deep
            y0 = grid[0, 1] + grid[2, 1] * row + grid[3, 1] * deep
            z0 = grid[0, 2] + grid[2, 2] * row + grid[3, 2] * deep
            first, stop = row_span(dims, x0, y0, z0, right, total.shape[1])
            for column in range(first, stop):
                x = min(max(x0 + right[0] * column, 0.0), last_x)
                y = min(max(y0 + right[1] * column, 0.0), last_y)
                z = min(max(z0 + right[2] * column, 0.0), last_z)
                i, j, k = min(int(x), last_i), min(int(y), last_j), min(int(z), last_k)
                place = i + nx * j + slice_step * k
                value = trilinear(flat, place, next_i, next_j, next_k, float32(x - i), float32(y - j), float32(z - k))
                totals[column] = mixed(totals[column], value, mode)
                counts[column] += 1


def trilinear(
    flat: NDArray[Any], place: int, next_i: int, next_j: int, next_k: int, wi: float32, wj: float32, wk: float32
) -> float32:
    """Return the value between eight voxels; the weights are those of the higher neighbours."""
    above = place + next_k
    a = bilinear(flat, place, next_i, next_j, wi, wj)
    b = bilinear(flat, above, next_i, next_j, wi, wj)
    return a + (b - a) * wk


def bilinear(flat: NDArray[Any], place: int, next_i: int, next_j: int, wi: float32, wj: float32) -> float32:
    """Return the value between four voxels of a slice."""
    a, b = float32(flat[place]), float32(flat[place + next_i])
    c, d = float32(flat[place + next_j]), float32(flat[place + next_j + next_i])
    upper, lower = a + (b - a) * wi, c + (d - c) * wi
    return upper + (lower - upper) * wj


def guarded_linear_rows(
    flat: NDArray[Any],
    dims: Dimensions,
    grid: NDArray[Any],
    depths: tuple[float, int],
    mode: int,
    total: NDArray[Any],
    count: NDArray[Any],
    rows: tuple[int, int],
    padding: tuple[float, float],
) -> None:
    """Add trilinear samples as linear_rows does, keeping out voxels from padding[0] to padding[1] and undefined ones.

    A sample counts where its nearest voxel does, and is made of those of the eight that count.
    """
    nx, ny, nz = dims
    right = grid[1]
    for row in range(rows[0], rows[1]):
        for sample in range(depths[1]):
            deep = depths[0] + sample
            x0 = grid[0, 0] + grid[2, 0] * row + grid[3, 0] * deep
            y0 = grid[0, 1] + grid[2, 1] * row + grid[3, 1] * deep
            z0 = grid[0, 2] + grid[2, 2] * row + grid[3, 2] * deep
            first, stop = row_span(dims, x0, y0, z0, right, total.shape[1])
            for column in range(first, stop):
                x = min(max(x0 + right[0] * column, 0.0), float(nx - 1))
                y = min(max(y0 + right[1] * column, 0.0), float(ny - 1))
                z = min(max(z0 + right[2] * column, 0.0), float(nz - 1))
                counts, value = guarded_trilinear(flat, dims, x, y, z, padding)
                if counts:
                    total[row, column] = mixed(total[row, column], value, mode)
                    count[row, column] += 1


def guarded_trilinear(
    flat: NDArray[Any], dims: Dimensions, x: float, y: float, z: float, padding: tuple[float, float]
) -> tuple[bool, float32]:
    """Return whether the nearest of eight voxels counts, and the value between those that do."""
    nx, ny, nz = dims
    near = flat[int(x + 0.5) + nx * (int(y + 0.5) + ny * int(z + 0.5))]
    if near != near or padding[0] <= near <= padding[1]:  # undefined is unlike itself
        return False, float32(0.0)
    i, j, k = min(int(x), max(nx - 2, 0)), min(int(y), max(ny - 2, 0)), min(int(z), max(nz - 2, 0))
    total, weights = float32(0.0), float32(0.0)
    for corner in range(8):
        right, below, above = corner & 1, corner >> 1 & 1, corner >> 2
        weight = float32(
            (x - i if right else 1.0 - (x - i))
            * (y - j if below else 1.0 - (y - j))
            * (z - k if above else 1.0 - (z - k))
        )
        if weight > 0.0:
            value = flat[i + right + nx * (j + below + ny * (k + above))]
            if value == value and not padding[0] <= value <= padding[1]:
                total += weight * float32(value)
                weights += weight
    return True, total / weights


_PARTS = (span, row_span, mixed, bilinear, trilinear, guarded_trilinear)

# Without nnan: padding of float volumes is told by being unlike itself.
_FAST_MATH = {"contract", "nsz", "arcp", "reassoc"}


@functools.cache
def compiled(function: Callable[..., None]) -> Callable[..., None]:
    """Return a kernel as machine code that runs without the interpreter's lock; made once for each type of voxel."""
    import numba
    from numba.extending import register_jitable

    _register(register_jitable)
    options = {"nogil": True, "fastmath": _FAST_MATH, "error_model": "numpy"}
    try:
        kernel: Callable[..., None] = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # nowhere to keep compiled code: it is compiled again at every start
        kernel = numba.njit(**options)(function)
    return kernel


@functools.cache
def _register(register_jitable: Callable[..., Callable[[Callable[..., Any]], object]]) -> None:
    for part in _PARTS:
        register_jitable(part)
