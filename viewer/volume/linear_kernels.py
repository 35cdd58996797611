"""Trilinear samples: rows at once, in short loops that compilers make vector instructions of."""

from typing import Any

from numpy import bool_, empty, float32, float64, floor, iinfo, int16, int32, int64, uint16, uint64, zeros
from numpy.typing import NDArray

from viewer.volume.kernel_parts import HUGE, PIECE, Dimensions, mend, mix, piece_part, pieces, row_part


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
    place, weights, near = empty(PIECE, float64), empty((3, PIECE), float32), empty((4, PIECE), int32)
    values, mends, is_signed = empty(PIECE, float32), zeros(PIECE, bool_), iinfo(flat.dtype).min < 0
    for piece in range(rows[0] * pieces(width), rows[1] * pieces(width)):
        row, part = piece_part(piece, width)
        for sample in range(depths[1]):
            x, y, z, first, stop = row_part(dims, lines[row], depths[0] + sample, part)
            if first < stop:
                find_places(dims, x, y, z, lines[row, 1], place, weights, stop - first)
                fetch_pairs(flat, dims, place, near, stop - first)
                blend_pairs(near, weights, values, is_signed, stop - first)
                if padding[0] <= padding[1] and find_padding(near, mends, padding, is_signed, stop - first):
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
    place, weights, near = empty(PIECE, float64), empty((3, PIECE), float32), empty((8, PIECE), float32)
    values, mends = empty(PIECE, float32), empty(PIECE, bool_)
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


def blend_pairs(near: NDArray[Any], weights: NDArray[Any], values: NDArray[Any], is_signed: bool, samples: int) -> None:
    """Make each sample's value of its four words."""
    a, b, c, d = near[0], near[1], near[2], near[3]
    weights_i, weights_j, weights_k = weights[0], weights[1], weights[2]
    keep = int32(-1) if is_signed else int32(0xFFFF)
    for n in range(samples):
        a0, a1 = float32(int16(a[n]) & keep), float32((a[n] >> int32(16)) & keep)
        b0, b1 = float32(int16(b[n]) & keep), float32((b[n] >> int32(16)) & keep)
        c0, c1 = float32(int16(c[n]) & keep), float32((c[n] >> int32(16)) & keep)
        d0, d1 = float32(int16(d[n]) & keep), float32((d[n] >> int32(16)) & keep)
        values[n] = trilinear(a0, a1, b0, b1, c0, c1, d0, d1, weights_i[n], weights_j[n], weights_k[n])


def find_padding(
    near: NDArray[Any], mends: NDArray[Any], padding: tuple[float, float], is_signed: bool, samples: int
) -> bool:
    """Find the samples that may have padding in their words, which mend() takes on; return whether there are any.

    Those whose eight values reach from below to above it are among them: padding is at an end of the values, mostly.
    """
    a, b, c, d = near[0], near[1], near[2], near[3]
    low, high = float32(padding[0]), float32(padding[1])
    keep = int32(-1) if is_signed else int32(0xFFFF)
    for n in range(samples):
        a0, a1 = float32(int16(a[n]) & keep), float32((a[n] >> int32(16)) & keep)
        b0, b1 = float32(int16(b[n]) & keep), float32((b[n] >> int32(16)) & keep)
        c0, c1 = float32(int16(c[n]) & keep), float32((c[n] >> int32(16)) & keep)
        d0, d1 = float32(int16(d[n]) & keep), float32((d[n] >> int32(16)) & keep)
        least = min(min(min(a0, a1), min(b0, b1)), min(min(c0, c1), min(d0, d1)))  # noqa: PLW3301 - pairs, for vectors
        most = max(max(max(a0, a1), max(b0, b1)), max(max(c0, c1), max(d0, d1)))  # noqa: PLW3301 - as above
        mends[n] = (least <= high) & (most >= low)
    found = False
    for n in range(samples):
        found |= mends[n]
    return found


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
