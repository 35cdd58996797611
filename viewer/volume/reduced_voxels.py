"""A volume in blocks, for slabs so deep that a moving hand cannot wait for every voxel.

What the blocks hold is what the slab looks for: highest, lowest or mean of the voxels that are no padding.
"""

import math
import threading
import weakref
from typing import Any

import numpy as np
from numpy import bool_, empty, float32, floor, inf, int32
from numpy.typing import NDArray

from viewer.volume.kernel_parts import HIGHEST, HUGE, TOTAL, mix, mixed
from viewer.volume.kernels import compiled
from viewer.volume.row_threads import on_all_cores
from viewer.volume.voxel_grid import VoxelGrid

LONGEST = 4
"""Voxels along an edge of a block at most."""

Edges = tuple[int, int, int]

_kept: dict[tuple[int, int, Edges], tuple["weakref.ref[NDArray[Any]]", NDArray[Any]]] = {}
_lock = threading.Lock()


def block_edges(spacing_mm: tuple[float, float, float]) -> Edges:
    """Return how many columns, rows and slices make blocks that are as nearly cubes as may be."""
    finest = min(spacing_mm)
    i, j, k = (max(1, round(LONGEST * finest / spacing)) for spacing in spacing_mm)
    return i, j, k


def reduced_voxels(array: NDArray[Any], edges: Edges, mode: int, padding: tuple[float, float]) -> NDArray[Any]:
    """Return the blocks of an array, of its type; made once for as long as the array lives.

    Args:
        array: (slices, rows, columns), whose values no longer change.
        edges: Columns, rows and slices of a block.
        mode: TOTAL for means, kernels.HIGHEST or LOWEST.
        padding: As the kernels have it; the first of them, or NaN, stands for blocks without voxels.
    """
    key = (id(array), mode, edges)
    with _lock:
        found = _kept.get(key)
        if found is not None and found[0]() is array:
            return found[1]
        blocks = _blocks(array, edges, mode, padding)
        _kept[key] = (weakref.ref(array, lambda _gone: _forget(key)), blocks)
        return blocks


def in_blocks(grid: VoxelGrid, edges: Edges) -> VoxelGrid:
    """Return a grid in the indices of blocks."""

    def shrunk(vector: tuple[float, float, float]) -> tuple[float, float, float]:
        return vector[0] / edges[0], vector[1] / edges[1], vector[2] / edges[2]

    i, j, k = (start - (edge - 1) / 2 for start, edge in zip(grid.origin, edges, strict=True))
    return VoxelGrid(
        shrunk((i, j, k)), shrunk(grid.right), shrunk(grid.down), shrunk(grid.deep), grid.width, grid.height
    )


def _forget(key: tuple[int, int, Edges]) -> None:
    # Called wherever an array dies, perhaps by the thread that holds the lock: a dictionary needs none for this.
    _kept.pop(key, None)


def _blocks(array: NDArray[Any], edges: Edges, mode: int, padding: tuple[float, float]) -> NDArray[Any]:
    shape = tuple(-(-size // edge) for size, edge in zip(array.shape, reversed(edges), strict=True))
    is_whole = array.dtype.kind != "f"
    blocks = np.empty(shape, array.dtype)
    nothing = math.nan if array.dtype.kind == "f" else padding[0] if math.isfinite(padding[0]) else 0
    kernel = compiled(block_rows, (take_row, block_value))
    on_all_cores(
        lambda part: kernel(array, blocks, edges, mode, padding, nothing, is_whole, part), shape[0], array.size
    )
    return blocks


def block_rows(
    array: NDArray[Any],
    blocks: NDArray[Any],
    edges: Edges,
    mode: int,
    padding: tuple[float, float],
    nothing: float,
    is_whole: bool,
    part: tuple[int, int],
) -> None:
    """Fill the slices of blocks from part[0] to before part[1]; whole rows at once, for the sake of vectors."""
    size = array.shape[2]
    values, is_none = empty(size, float32), empty(size, bool_)
    total, count = empty(size, float32), empty(size, int32)
    low, high = float32(padding[0]), float32(padding[1])
    start = float32(0.0) if mode == TOTAL else float32(-inf) if mode == HIGHEST else float32(inf)
    for k in range(part[0], part[1]):
        for j in range(blocks.shape[1]):
            total[:], count[:] = start, 0
            for at_k in range(k * edges[2], min((k + 1) * edges[2], array.shape[0])):
                for at_j in range(j * edges[1], min((j + 1) * edges[1], array.shape[1])):
                    take_row(array[at_k, at_j], values, is_none, low, high)
                    mix(total, count, values, is_none, mode, size)
            for i in range(blocks.shape[2]):
                blocks[k, j, i] = block_value(total, count, i * edges[0], edges[0], mode, nothing, is_whole)


def take_row(row: NDArray[Any], values: NDArray[Any], is_none: NDArray[Any], low: float32, high: float32) -> None:
    """Fetch a row of voxels, and which of them are padding or undefined."""
    for i in range(row.size):
        value = float32(row[i])
        values[i] = value
        is_none[i] = ((value >= low) & (value <= high)) | (not abs(value) <= HUGE)


def block_value(
    total: NDArray[Any], count: NDArray[Any], first: int, edge: int, mode: int, nothing: float, is_whole: bool
) -> float:
    """Return what the columns of a block come to."""
    value, voxels = 0.0, 0
    for i in range(first, min(first + edge, total.size)):
        if count[i] > 0:
            value = total[i] if voxels == 0 else mixed(value, total[i], mode)
            voxels += count[i]
    if voxels == 0:
        return nothing
    if mode == TOTAL:
        value /= voxels
    return floor(value + 0.5) if is_whole else value
