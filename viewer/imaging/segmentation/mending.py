"""Work on whole segments: holes filled, slices between drawn ones worked out, edges smoothed, the largest part kept."""

import itertools

import numpy as np
from numpy.typing import NDArray

from viewer.base.jobs import Progress
from viewer.imaging.segmentation.mask_grid import MaskGrid
from viewer.imaging.segmentation.packed_slices import PackedSlice, packed_slice
from viewer.imaging.segmentation.painting import Changes, Slices

_MARGIN = 2
_HALF = 0.5

Window = tuple[slice, slice]


def filled_holes(slices: Slices, grid: MaskGrid, progress: Progress) -> Changes:
    """Return slices whose holes, closed in by the segment within the slice, belong to it too."""
    from scipy.ndimage import binary_fill_holes

    changes: Changes = {}
    for place, packed in slices.items():
        progress.check()
        part, window = _part(packed, grid)
        whole = binary_fill_holes(part)
        if not np.array_equal(whole, part):
            changes[place] = _packed(whole, window, grid)
    return changes


def interpolated(slices: Slices, grid: MaskGrid, progress: Progress) -> Changes:
    """Return the slices that are missing between drawn ones, by the distance from their outlines.

    Distances inside count positive, outside negative; a pixel between two slices belongs to the segment where what it
    has of both, by how near they are, is positive (Raya and Udupa 1990).
    """
    changes: Changes = {}
    drawn = sorted(slices)
    for first, last in itertools.pairwise(drawn):
        if last - first < 2:
            continue
        progress.check()
        window = _window_of([slices[first], slices[last]], grid)
        near, far = (_signed(_cut(slices[place], grid, window), grid) for place in (first, last))
        along = grid.distances
        for place in range(first + 1, last):
            share = (along[place] - along[first]) / (along[last] - along[first])
            between = near * (1 - share) + far * share > 0
            changes[place] = _packed(between, window, grid)
    return changes


def smoothed(slices: Slices, grid: MaskGrid, radius_mm: float, progress: Progress) -> Changes:
    """Return slices whose edges are rounded in all directions, by a Gaussian of a width and its half."""
    from scipy.ndimage import gaussian_filter

    if not slices:
        return {}
    window = _window_of(list(slices.values()), grid, margin=_MARGIN + round(2 * radius_mm / _finest(grid)))
    first, last = max(min(slices) - 1, 0), min(max(slices) + 2, len(grid.planes))
    blank = np.zeros((window[0].stop - window[0].start, window[1].stop - window[1].start), np.bool_)
    stack = np.array(
        [_cut(slices[place], grid, window) if place in slices else blank for place in range(first, last)], np.float32
    )
    progress.check()
    plane = grid.planes[0]
    sigma = [radius_mm / each for each in (grid.spacing_mm, plane.row_spacing_mm, plane.column_spacing_mm)]
    rounded = gaussian_filter(stack, sigma, mode="nearest") > _HALF
    return _changed(slices, {place: rounded[place - first] for place in range(first, last)}, window, grid)


def largest_part(slices: Slices, grid: MaskGrid, progress: Progress) -> Changes:
    """Return slices without what is not joined to the largest part by faces of voxels."""
    from scipy.ndimage import label

    if not slices:
        return {}
    window = _window_of(list(slices.values()), grid)
    first, last = min(slices), max(slices) + 1
    blank = np.zeros((window[0].stop - window[0].start, window[1].stop - window[1].start), np.bool_)
    stack = np.array([_cut(slices[k], grid, window) if k in slices else blank for k in range(first, last)])
    progress.check()
    parts, count = label(stack)
    if count < 2:
        return {}
    largest = parts == 1 + int(np.argmax(np.bincount(parts.ravel())[1:]))
    return _changed(slices, {place: largest[place - first] for place in range(first, last)}, window, grid)


def _finest(grid: MaskGrid) -> float:
    return min(grid.planes[0].row_spacing_mm, grid.planes[0].column_spacing_mm)


def _changed(slices: Slices, masks: dict[int, NDArray[np.bool_]], window: Window, grid: MaskGrid) -> Changes:
    changes: Changes = {}
    for place, mask in masks.items():
        after, before = _packed(mask, window, grid), slices.get(place)
        if (after is None) != (before is None) or not np.array_equal(
            mask, _cut(before, grid, window) if before is not None else np.zeros_like(mask)
        ):
            changes[place] = after
    return changes


def _signed(mask: NDArray[np.bool_], grid: MaskGrid) -> NDArray[np.float64]:
    from scipy.ndimage import distance_transform_edt

    sampling = (grid.planes[0].row_spacing_mm, grid.planes[0].column_spacing_mm)
    inside, outside = (distance_transform_edt(each, sampling) for each in (mask, ~mask))
    signed: NDArray[np.float64] = np.asarray(inside - outside)
    return signed


def _window_of(slices: list[PackedSlice], grid: MaskGrid, margin: int = _MARGIN) -> Window:
    boxes = np.array([each.box for each in slices])
    top, left = np.maximum(boxes[:, :2].min(axis=0) - margin, 0).tolist()
    bottom, right = np.minimum(boxes[:, 2:].max(axis=0) + margin, (grid.rows, grid.columns)).tolist()
    return slice(top, bottom), slice(left, right)


def _part(packed: PackedSlice, grid: MaskGrid) -> tuple[NDArray[np.bool_], Window]:
    window = _window_of([packed], grid)
    return _cut(packed, grid, window), window


def _cut(packed: PackedSlice, grid: MaskGrid, window: Window) -> NDArray[np.bool_]:
    return packed.unpacked(grid.rows, grid.columns)[window].astype(np.bool_)


def _packed(mask: NDArray[np.bool_], window: Window, grid: MaskGrid) -> PackedSlice | None:
    whole = np.zeros((grid.rows, grid.columns), np.bool_)
    whole[window] = mask
    return packed_slice(whole)
