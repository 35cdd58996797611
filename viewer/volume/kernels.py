"""The loops over voxels that numpy is too slow for: what numba compiles when a volume is first cut.

Plain functions of arrays, readable and testable as they stand; compiled() makes machine code of them that leaves the
interpreter free. Each works on some rows of a picture, so that several threads share one. Voxel indices are (i, j, k)
for columns, rows and slices; each row is a line of three vectors in voxel indices: its first sample, a step to the next
one, and a step deeper.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

from numpy import bool_, empty, float32, float64, floor, iinfo, int16, int32, int64, uint16, uint64
from numpy.typing import NDArray

TOTAL, HIGHEST, LOWEST = 0, 1, 2
"""What becomes of the samples at one place: added up, or the highest or lowest kept."""

Dimensions = tuple[int, int, int]

_HALF = 0.5 + 1e-6  # a plane exactly half a voxel outside the outer centres still shows them
_NO_STEP = 1e-12
_PIECE = 512
HUGE = float32(3.4e38)  # what is not below is undefined, as what is not a number is


def linear_rows(
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
    """Add trilinear samples of voxels of 8 or 16 bits to rows of a picture.

    Whole rows go through several short loops: compilers make vector instructions of them, but not of a long one.

    Args:
        flat: Voxels, columns fastest, then rows, then slices.
        dims: Columns, rows and slices.
        lines: Of each row the first sample, the step right and the step deeper; (height, 3, 3).
        depths: Of the first sample, in steps deeper, and how many there are.
        mode: TOTAL, HIGHEST or LOWEST.
        total: (height, width); changed.
        count: Samples that are in each; changed.
        rows: First and beyond the last.
        padding: Lowest and highest value that is none; the first above the second where all are some. A sample counts
            where its nearest voxel does, and is made of those of the eight that count.
    """
    width = total.shape[1]
    place, weights, near = empty(_PIECE, float64), empty((3, _PIECE), float32), empty((4, _PIECE), int32)
    values, mends = empty(_PIECE, float32), empty(_PIECE, bool_)
    for piece in range(rows[0] * pieces(width), rows[1] * pieces(width)):
        row, part = piece_part(piece, width)
        for sample in range(depths[1]):
            x, y, z, first, stop = row_part(dims, lines[row], depths[0] + sample, part)
            if first < stop:
                find_places(dims, x, y, z, lines[row, 1], place, weights, stop - first)
                fetch_pairs(flat, dims, place, near, stop - first)
                blend_pairs(near, weights, values, mends, padding, iinfo(flat.dtype).min < 0, stop - first)
                mend(flat, dims, (x, y, z), lines[row, 1], values, mends, padding, stop - first)
                mix(total[row, first:stop], count[row, first:stop], values, mends, mode, stop - first)


def linear_float_rows(
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
    """Add trilinear samples of float voxels to rows of a picture, as linear_rows does; undefined ones do not count."""
    width = total.shape[1]
    place, weights, near = empty(_PIECE, float64), empty((3, _PIECE), float32), empty((8, _PIECE), float32)
    values, mends = empty(_PIECE, float32), empty(_PIECE, bool_)
    for piece in range(rows[0] * pieces(width), rows[1] * pieces(width)):
        row, part = piece_part(piece, width)
        for sample in range(depths[1]):
            x, y, z, first, stop = row_part(dims, lines[row], depths[0] + sample, part)
            if first < stop:
                find_places(dims, x, y, z, lines[row, 1], place, weights, stop - first)
                fetch_floats(flat, dims, place, near, stop - first)
                blend_floats(near, weights, values, mends, padding, stop - first)
                mend(flat, dims, (x, y, z), lines[row, 1], values, mends, padding, stop - first)
                mix(total[row, first:stop], count[row, first:stop], values, mends, mode, stop - first)


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
    values, mends = empty(_PIECE, float32), empty(_PIECE, bool_)
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
    values, mends = empty(_PIECE, float32), empty(_PIECE, bool_)
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


def pieces(width: int) -> int:
    """Return into how many pieces rows are cut: what a slab needs for one piece stays in the processor's cache."""
    return -(-width // _PIECE)


def piece_part(piece: int, width: int) -> tuple[int, tuple[int, int]]:
    """Return the row a piece belongs to, and which part of it it is."""
    row, number = divmod(piece, pieces(width))
    return row, (number * _PIECE, min(number * _PIECE + _PIECE, width))


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


def find_places(
    dims: Dimensions,
    x: float,
    y: float,
    z: float,
    step: NDArray[Any],
    place: NDArray[Any],
    weights: NDArray[Any],
    samples: int,
) -> None:
    """Find the lowest of the eight voxels around each sample, and how far it is on the way to the next ones."""
    step_x, step_y, step_z = step[0], step[1], step[2]
    columns, slice_size = float(dims[0]), float(dims[0] * dims[1])
    last_x, last_y, last_z = dims[0] - 1.0, dims[1] - 1.0, dims[2] - 1.0
    last_i, last_j, last_k = max(dims[0] - 2.0, 0.0), max(dims[1] - 2.0, 0.0), max(dims[2] - 2.0, 0.0)
    weights_i, weights_j, weights_k = weights[0], weights[1], weights[2]
    for n in range(samples):
        at_x = min(max(x + step_x * n, 0.0), last_x)
        at_y = min(max(y + step_y * n, 0.0), last_y)
        at_z = min(max(z + step_z * n, 0.0), last_z)
        i, j, k = min(floor(at_x), last_i), min(floor(at_y), last_j), min(floor(at_z), last_k)
        weights_i[n], weights_j[n], weights_k[n] = float32(at_x - i), float32(at_y - j), float32(at_z - k)
        place[n] = i + columns * j + slice_size * k


def fetch_pairs(flat: NDArray[Any], dims: Dimensions, place: NDArray[Any], near: NDArray[Any], samples: int) -> None:
    """Fetch the eight voxels of each sample as four words of two neighbours, which is one load each."""
    one = uint64(min(dims[0] - 1, 1))
    below, above = uint64(dims[0] * min(dims[1] - 1, 1)), uint64(dims[0] * dims[1] * min(dims[2] - 1, 1))
    a, b, c, d = near[0], near[1], near[2], near[3]
    if one == uint64(0):
        for n in range(samples):
            p = uint64(int64(place[n]))
            a[n], b[n] = word(flat[p], flat[p]), word(flat[p + below], flat[p + below])
            p += above
            c[n], d[n] = word(flat[p], flat[p]), word(flat[p + below], flat[p + below])
        return
    one = uint64(1)
    for n in range(samples):
        p = uint64(int64(place[n]))
        q, r = p + below, p + above
        s = q + above
        a[n] = word(flat[p], flat[p + one])
        b[n] = word(flat[q], flat[q + one])
        c[n] = word(flat[r], flat[r + one])
        d[n] = word(flat[s], flat[s + one])


def word(low: Any, high: Any) -> Any:  # noqa: ANN401 - whole numbers of any kind
    """Return two values of up to 16 bits as one."""
    return int32(uint16(low)) | (int32(high) << int32(16))


def blend_pairs(
    near: NDArray[Any],
    weights: NDArray[Any],
    values: NDArray[Any],
    mends: NDArray[Any],
    padding: tuple[float, float],
    is_signed: bool,
    samples: int,
) -> None:
    """Make each sample's value of its four words; say where padding is among them, which mend() takes on."""
    a, b, c, d = near[0], near[1], near[2], near[3]
    weights_i, weights_j, weights_k = weights[0], weights[1], weights[2]
    low, high = float32(padding[0]), float32(padding[1])
    keep = int32(-1) if is_signed else int32(0xFFFF)
    for n in range(samples):
        a0, a1 = float32(int16(a[n]) & keep), float32((a[n] >> int32(16)) & keep)
        b0, b1 = float32(int16(b[n]) & keep), float32((b[n] >> int32(16)) & keep)
        c0, c1 = float32(int16(c[n]) & keep), float32((c[n] >> int32(16)) & keep)
        d0, d1 = float32(int16(d[n]) & keep), float32((d[n] >> int32(16)) & keep)
        values[n] = trilinear(a0, a1, b0, b1, c0, c1, d0, d1, weights_i[n], weights_j[n], weights_k[n])
        mends[n] = touches(a0, a1, b0, b1, low, high) | touches(c0, c1, d0, d1, low, high)


def fetch_floats(flat: NDArray[Any], dims: Dimensions, place: NDArray[Any], near: NDArray[Any], samples: int) -> None:
    """Fetch the eight voxels of each sample."""
    one, below = uint64(min(dims[0] - 1, 1)), uint64(dims[0] * min(dims[1] - 1, 1))
    above = uint64(dims[0] * dims[1] * min(dims[2] - 1, 1))
    for n in range(samples):
        p = uint64(int64(place[n]))
        q, r = p + below, p + above
        s = q + above
        near[0, n], near[1, n], near[2, n], near[3, n] = flat[p], flat[p + one], flat[q], flat[q + one]
        near[4, n], near[5, n], near[6, n], near[7, n] = flat[r], flat[r + one], flat[s], flat[s + one]


def blend_floats(
    near: NDArray[Any],
    weights: NDArray[Any],
    values: NDArray[Any],
    mends: NDArray[Any],
    padding: tuple[float, float],
    samples: int,
) -> None:
    """Make each sample's value of its eight voxels; say where padding or undefined ones are, as blend_pairs does."""
    a, b, c, d, e, f, g, h = near[0], near[1], near[2], near[3], near[4], near[5], near[6], near[7]
    weights_i, weights_j, weights_k = weights[0], weights[1], weights[2]
    low, high = float32(padding[0]), float32(padding[1])
    for n in range(samples):
        value = trilinear(a[n], b[n], c[n], d[n], e[n], f[n], g[n], h[n], weights_i[n], weights_j[n], weights_k[n])
        is_near = touches(a[n], b[n], c[n], d[n], low, high) | touches(e[n], f[n], g[n], h[n], low, high)
        values[n] = value
        mends[n] = is_near | (not abs(value) <= HUGE)


def trilinear(
    a: float32,
    b: float32,
    c: float32,
    d: float32,
    e: float32,
    f: float32,
    g: float32,
    h: float32,
    i: float32,
    j: float32,
    k: float32,
) -> float32:
    """Return the value between eight voxels, columns fastest, at i, j and k of the way to the further ones."""
    upper, lower = a + (b - a) * i, c + (d - c) * i
    front = upper + (lower - upper) * j
    upper, lower = e + (f - e) * i, g + (h - g) * i
    back = upper + (lower - upper) * j
    return front + (back - front) * k


def touches(a: float32, b: float32, c: float32, d: float32, low: float32, high: float32) -> Any:  # noqa: ANN401
    """Return whether one of four values lies from low to high."""
    return (
        ((a >= low) & (a <= high))
        | ((b >= low) & (b <= high))
        | ((c >= low) & (c <= high))
        | ((d >= low) & (d <= high))
    )


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


_PARTS = (
    mixed,
    pieces,
    piece_part,
    row_part,
    span,
    find_places,
    fetch_pairs,
    word,
    blend_pairs,
    fetch_floats,
    blend_floats,
    trilinear,
    touches,
    mend,
    guarded_trilinear,
    share,
    counts,
    cubic_weights,
    tricubic,
    mix,
)

# Without nnan: padding of float volumes is told by being unlike itself.
_FAST_MATH = {"contract", "nsz", "arcp", "reassoc"}


@functools.cache
def compiled(function: Callable[..., None], parts: tuple[Callable[..., Any], ...] = ()) -> Callable[..., None]:
    """Return a kernel as machine code that runs without the interpreter's lock; made once for each type of voxel.

    Args:
        function: The kernel.
        parts: Functions that it calls, beside those of this module.
    """
    import numba
    from numba.extending import register_jitable

    _register(register_jitable, _PARTS)
    _register(register_jitable, parts)
    options = {"nogil": True, "fastmath": _FAST_MATH, "error_model": "numpy"}
    try:
        kernel: Callable[..., None] = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # nowhere to keep compiled code: it is compiled again at every start
        kernel = numba.njit(**options)(function)
    return kernel


@functools.cache
def _register(register_jitable: Callable[..., object], parts: tuple[Callable[..., Any], ...]) -> None:
    for part in parts:
        register_jitable(part)
