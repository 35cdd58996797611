"""Image pixels to device pixels: nearest exactly, linear, smooth, or the true mean of an area.

Stored values are resampled, before any table: a window drag then only looks values up. Padding never flows into its
neighbours: weights of real pixels are carried along, and what is less than half covered by them is background.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.spatial_transform import ImagePlacement

NEAREST, LINEAR, CUBIC, LANCZOS = "nearest", "linear", "cubic", "lanczos"

_MARGIN = 8
"""Image pixels around the visible part that the widest kernel may ask for."""

_MAX_SOURCE = 32000
"""OpenCV's warp counts source pixels in 16 bits."""


@dataclass(frozen=True, slots=True)
class _Region:
    left: int
    top: int
    right: int
    bottom: int


def resample(
    values: NDArray[Any], placement: ImagePlacement, kernel: str, *, is_area_true: bool = False
) -> NDArray[Any]:
    """Return values at the centres of the viewport's pixels; outside the image the nearest edge is repeated.

    Args:
        values: (rows, columns) or (rows, columns, 3); uint8, uint16, float32 or float64.
        placement: Where they go.
        kernel: NEAREST, LINEAR, CUBIC or LANCZOS.
        is_area_true: Where the image is reduced, whether each device pixel is the mean of what it covers.
    """
    if kernel == NEAREST:
        return _nearest(values, placement)
    region = _visible_region(placement)
    if region is None:
        return np.zeros((placement.size[1], placement.size[0], *values.shape[2:]), values.dtype)
    source = values[region.top : region.bottom, region.left : region.right]
    height, width = source.shape[:2]
    reduced_width, reduced_height = width, height
    if is_area_true or max(width, height) > _MAX_SOURCE:
        reduced_width = max(1, round(width * min(1.0, placement.scale_x)))
        reduced_height = max(1, round(height * min(1.0, placement.scale_y)))
    if (reduced_width, reduced_height) != (width, height):
        import cv2

        source = cv2.resize(source, (reduced_width, reduced_height), interpolation=cv2.INTER_AREA)
        kernel = LINEAR
    factors = (reduced_width / width, reduced_height / height)
    return _warp(source, _sampling_matrix(placement, region, factors), placement, kernel)


def resample_scalar(
    values: NDArray[Any],
    background: NDArray[np.bool_] | None,
    placement: ImagePlacement,
    kernel: str,
    *,
    is_area_true: bool = False,
) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
    """Resample one value a pixel, keeping background and image apart.

    Returns:
        Values of the viewport, and 255 where they belong to the image, 0 where the background shows; None when all do.
    """
    keep = image_coverage(placement)
    if background is None:
        out = resample(values, placement, kernel, is_area_true=is_area_true)
        return (out if kernel in {NEAREST, LINEAR} else _held(out, values)), keep
    if kernel == NEAREST:
        out = _nearest(values, placement)
        shown = _nearest(np.where(background, 0, 255).astype(np.uint8), placement)
    else:
        out, shown = _weighted(values, background, placement, kernel, is_area_true=is_area_true)
    return out, shown if keep is None else keep & shown


def _weighted(
    values: NDArray[Any], background: NDArray[np.bool_], placement: ImagePlacement, kernel: str, *, is_area_true: bool
) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    import cv2

    kind = np.float64 if values.dtype == np.float64 else np.float32
    weights = np.logical_not(background).astype(kind)
    if values.dtype.kind == "f":
        numbers = np.where(background, 0, values).astype(kind)  # NaN times nothing is still NaN
    else:
        numbers = np.multiply(values, weights, dtype=kind)
    total = resample(numbers, placement, kernel, is_area_true=is_area_true)
    weight = resample(weights, placement, kernel, is_area_true=is_area_true)
    # A thousandth of slack: at exactly half, rounding must not eat single pixels of a straight edge.
    shown = np.asarray(cv2.compare(weight, 0.499, cv2.CMP_GE), np.uint8)
    total = cv2.divide(total, cv2.max(weight, 0.499))
    if kernel in {CUBIC, LANCZOS} and shown.any():
        kept = values[~background]
        np.clip(total, kept.min(), kept.max(), out=total)
    if values.dtype.kind == "f":
        return total, shown
    return np.rint(total, out=total).astype(values.dtype), shown


def _held(out: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    """Keep a smooth kernel from inventing values darker or brighter than any in the image."""
    return np.clip(out, values.min(), values.max(), out=out)


def image_coverage(placement: ImagePlacement) -> NDArray[np.uint8] | None:
    """Return 255 where the centre of a device pixel lies on the image and 0 elsewhere; None when all do."""
    width, height = placement.size
    ia, ib, itx, ic, id_, ity = placement.inverse
    y = np.arange(height) + 0.5
    low, high = np.full(height, -np.inf), np.full(height, np.inf)
    for slope, start, limit in ((ia, ib * y + itx, placement.columns), (ic, id_ * y + ity, placement.rows)):
        if abs(slope) < 1e-12:
            outside = (start < 0) | (start >= limit)
            high[outside] = -np.inf
            continue
        ends = np.stack([-start / slope, (limit - start) / slope])
        low, high = np.maximum(low, ends.min(axis=0)), np.minimum(high, ends.max(axis=0))
    first = np.clip(np.ceil(np.nan_to_num(low - 0.5, neginf=0.0, posinf=width)), 0, width).astype(np.int64)
    stop = np.clip(np.ceil(np.nan_to_num(high - 0.5, neginf=0.0, posinf=width)), 0, width).astype(np.int64)
    if (first == 0).all() and (stop == width).all():
        return None
    x = np.arange(width)
    inside = (x >= first[:, None]) & (x < stop[:, None])
    return np.where(inside, 255, 0).astype(np.uint8)


def _visible_region(placement: ImagePlacement) -> _Region | None:
    width, height = placement.size
    corners = [placement.to_image((x, y)) for x in (0, width) for y in (0, height)]
    columns, rows = [corner[0] for corner in corners], [corner[1] for corner in corners]
    margin_x = _MARGIN + math.ceil(2 / placement.scale_x) if placement.scale_x < 1 else _MARGIN
    margin_y = _MARGIN + math.ceil(2 / placement.scale_y) if placement.scale_y < 1 else _MARGIN
    left, right = _cut(min(columns) - margin_x, max(columns) + margin_x, placement.columns)
    top, bottom = _cut(min(rows) - margin_y, max(rows) + margin_y, placement.rows)
    return _Region(left, top, right, bottom) if left < right and top < bottom else None


def _cut(low: float, high: float, size: int) -> tuple[int, int]:
    return max(0, math.floor(low)), min(size, math.ceil(high))


def _sampling_matrix(placement: ImagePlacement, region: _Region, factors: tuple[float, float]) -> NDArray[np.float64]:
    """Return device pixel indices to source pixel indices: both count from pixel centres."""
    ia, ib, itx, ic, id_, ity = placement.inverse
    rows = ((ia, ib, itx - region.left, factors[0]), (ic, id_, ity - region.top, factors[1]))
    return np.array([[a * f, b * f, ((a + b) * 0.5 + shift) * f - 0.5] for a, b, shift, f in rows])


def _warp(source: NDArray[Any], matrix: NDArray[np.float64], placement: ImagePlacement, kernel: str) -> NDArray[Any]:
    import cv2

    # Nothing to do where pixels meet one to one and unturned.
    if np.allclose(matrix, [[1, 0, 0], [0, 1, 0]], atol=1e-6) and source.shape[1::-1] == placement.size:
        return np.ascontiguousarray(source)
    flags = {LINEAR: cv2.INTER_LINEAR, CUBIC: cv2.INTER_CUBIC, LANCZOS: cv2.INTER_LANCZOS4}[kernel]
    out: NDArray[Any] = cv2.warpAffine(
        np.ascontiguousarray(source),
        matrix,
        placement.size,
        flags=flags | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return out


def _nearest(values: NDArray[Any], placement: ImagePlacement) -> NDArray[Any]:
    """Return the pixel under each device pixel's centre, exactly."""
    width, height = placement.size
    ia, ib, itx, ic, id_, ity = placement.inverse
    x, y = np.arange(width) + 0.5, np.arange(height) + 0.5
    if placement.transform.is_axis_aligned:
        if abs(ib) < abs(ia):
            rows, columns = _indices(id_ * y + ity, placement.rows), _indices(ia * x + itx, placement.columns)
            return np.ascontiguousarray(np.take(np.take(values, rows, axis=0), columns, axis=1))
        rows, columns = _indices(ic * x + ity, placement.rows), _indices(ib * y + itx, placement.columns)
        turned = np.take(np.take(values, columns, axis=1), rows, axis=0)
        return np.ascontiguousarray(np.swapaxes(turned, 0, 1))
    columns = _indices(ia * x[None, :] + (ib * y + itx)[:, None], placement.columns)
    rows = _indices(ic * x[None, :] + (id_ * y + ity)[:, None], placement.rows)
    found: NDArray[Any] = values[rows, columns]
    return found


def _indices(points: NDArray[Any], size: int) -> NDArray[np.intp]:
    found: NDArray[np.intp] = np.clip(np.floor(points), 0, size - 1).astype(np.intp)
    return found
