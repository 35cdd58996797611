"""Voxels as a rendering takes them: all of them without a copy where they fit, else as many as show.

The ray caster keeps three bytes for each voxel that is lit, beside the voxels themselves, and takes seconds to work
them out. A thinned-out level is made in a fraction of that, and on a picture of the whole patient looks the same.
"""

import functools
import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.padding import Padding
from viewer.volume.rendering_camera import CameraPose
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.volume_geometry import Vector, VolumeGeometry

COARSE_VOXELS = 8_000_000
"""Of the first picture and while a hand moves it: lit in about half a second on two cores."""

CARD_VOXELS = 300_000_000
"""A graphics card takes so many at once, and works out their light as it goes."""

QUICK_VOXELS = 40_000_000
"""With many more, a ray that meets nothing opaque takes longer than a reader waits."""

GRADIENT_BYTES = 3
_SHARE_OF_VOLUME, _ALWAYS_ALLOWED = 0.2, 95_000_000
"""What renderings of a volume may take beside it; of a small one, what the second says."""

_SPARE = 0.15
"""Of a region's side: beyond what is seen, so that a small move needs no other level."""

_SEEN_GRID = 24
_MOST_WORKERS = 4
_USEFUL_PIXELS = 0.75
"""Voxels smaller than this on the picture make no difference on it."""

Region = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
"""First and last voxel (beyond it) along columns, rows and slices."""


@dataclass(frozen=True, slots=True)
class LevelPlan:
    """Which voxels, and how many of them.

    Attributes:
        region: Of the volume's voxels.
        dimensions: Columns, rows and slices of the level.
        is_copied: Whether the voxels are not the volume's own array.
    """

    region: Region
    dimensions: tuple[int, int, int]
    is_copied: bool

    @property
    def steps(self) -> tuple[float, float, float]:
        """How many voxels of the volume one of the level stands for, along each axis."""
        i, j, k = ((end - start) / count for (start, end), count in zip(self.region, self.dimensions, strict=True))
        return i, j, k

    @property
    def is_thinned(self) -> bool:
        """Whether any voxel stands for more than one."""
        return max(self.steps) > 1.0

    def geometry(self, whole: VolumeGeometry) -> VolumeGeometry:
        """Return where the level's voxels lie: the region's border stays where it is."""
        first = [start + (step - 1) / 2 for (start, _end), step in zip(self.region, self.steps, strict=True)]
        i, j, k = (spacing * step for spacing, step in zip(whole.spacing_mm, self.steps, strict=True))
        return replace(whole, dimensions=self.dimensions, spacing_mm=(i, j, k), origin_mm=whole.point_patient(*first))

    def covers(self, region: Region) -> bool:
        """Return whether a region lies within that of the level."""
        pairs = zip(self.region, region, strict=True)
        return all(mine[0] <= other[0] and other[1] <= mine[1] for mine, other in pairs)


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Voxels to be rendered, (slices, rows, columns), and where they lie."""

    plan: LevelPlan
    voxels: NDArray[Any]
    geometry: VolumeGeometry


def whole_region(geometry: VolumeGeometry) -> Region:
    """Return the region of all voxels."""
    columns, rows, slices = geometry.dimensions
    return (0, columns), (0, rows), (0, slices)


def memory_allowed(volume: SeriesVolume) -> int:
    """Return how many bytes the renderings of a volume may take beside it."""
    return max(int(_SHARE_OF_VOLUME * volume.array().nbytes * len(volume.phases)), _ALWAYS_ALLOWED)


def coarse_plan(volume: SeriesVolume, *, must_copy: bool) -> LevelPlan:
    """Return the level of the first picture."""
    region = whole_region(volume.geometry)
    dimensions = thinned(region, volume.geometry.spacing_mm, COARSE_VOXELS)
    return LevelPlan(region, dimensions, must_copy or dimensions != volume.geometry.dimensions)


def full_plan(
    volume: SeriesVolume,
    *,
    has_gradients: bool,
    must_copy: bool,
    seen: Region,
    pixel_mm: float,
    before: LevelPlan | None,
    on_card: bool = False,
) -> LevelPlan:
    """Return the level that makes the finest picture of what is seen of a volume, and fits into memory.

    Args:
        volume: To be rendered.
        has_gradients: Whether voxels are lit.
        must_copy: Whether voxels are changed before they are rendered.
        seen: Which part of it the picture reaches.
        pixel_mm: Of the picture.
        before: The level of the picture before; it is kept while a new one would not be finer.
        on_card: Whether a graphics card casts the rays.
    """
    dimensions = volume.geometry.dimensions
    whole = whole_region(volume.geometry)
    itemsize = volume.array().dtype.itemsize
    allowed = memory_allowed(volume)
    lit = GRADIENT_BYTES if has_gradients and not on_card else 0
    voxels = math.prod(dimensions)
    if (
        voxels <= (CARD_VOXELS if on_card else 2 * QUICK_VOXELS)
        and voxels * (lit + (itemsize if must_copy else 0)) <= allowed
    ):
        return LevelPlan(whole, dimensions, must_copy)
    affordable = min(allowed // (itemsize + lit), CARD_VOXELS if on_card else QUICK_VOXELS)
    region = _with_spare(seen, whole)
    useful = _USEFUL_PIXELS * pixel_mm
    plan = LevelPlan(region, thinned(region, volume.geometry.spacing_mm, affordable, useful), is_copied=True)
    if before is not None and before.covers(seen) and max(before.steps) <= max(plan.steps) * 1.25:
        return before
    return plan


def thinned(region: Region, spacing: Vector, most: int, useful_mm: float = 0.0) -> tuple[int, int, int]:
    """Return how many voxels a region gets along each axis: the closest are thinned first.

    Args:
        region: Of a volume.
        spacing: Of its voxels.
        most: In all.
        useful_mm: Voxels need not be smaller.
    """
    counts = [end - start for start, end in region]

    def at(size: float) -> list[int]:
        return [max(1, min(count, math.ceil(count * each / size))) for count, each in zip(counts, spacing, strict=True)]

    low = max(min(spacing), useful_mm)
    high = low
    while math.prod(at(high)) > most:
        low, high = high, high * 1.5
    for _round in range(24 if high > low else 0):
        middle = (low + high) / 2
        low, high = (middle, high) if math.prod(at(middle)) > most else (low, middle)
    i, j, k = at(high)
    return i, j, k


def seen_region(pose: CameraPose, geometry: VolumeGeometry) -> Region:
    """Return the part of a volume that a picture reaches, in whole cells of a coarse grid."""
    edges = [np.linspace(0, count, _SEEN_GRID + 1) for count in geometry.dimensions]
    k, j, i = np.meshgrid(edges[2], edges[1], edges[0], indexing="ij")
    points = np.stack([i - 0.5, j - 0.5, k - 0.5, np.ones_like(i)], axis=-1)
    on_picture = points @ (pose.matrix @ geometry.affine).T
    x, y = on_picture[..., 0] / on_picture[..., 3], on_picture[..., 1] / on_picture[..., 3]
    spare = 2 / _SEEN_GRID
    is_seen = (x > -spare) & (x < 1 + spare) & (y > -spare) & (y < 1 + spare)
    if not is_seen.any():
        return whole_region(geometry)
    ends: list[tuple[int, int]] = []
    for axis, count in zip((2, 1, 0), geometry.dimensions, strict=True):
        others = tuple(each for each in range(3) if each != axis)
        found = np.flatnonzero(is_seen.any(axis=others))
        first, last = max(0, int(found[0]) - 1), min(_SEEN_GRID, int(found[-1]) + 1)
        ends.append((math.floor(first * count / _SEEN_GRID), math.ceil(last * count / _SEEN_GRID)))
    return ends[0], ends[1], ends[2]


def made_level(
    volume: SeriesVolume,
    phase: int,
    plan: LevelPlan,
    change: Callable[[NDArray[Any], VolumeGeometry], None] | None = None,
    *,
    takes_highest: bool = False,
    padding: Padding | None = None,
    nothing: float = 0.0,
) -> Level:
    """Return the voxels of a plan.

    Args:
        volume: They come from.
        phase: Of it.
        plan: Which.
        change: Writes into the voxels of a copy, given where they lie.
        takes_highest: Whether a thinned-out voxel is the highest of those it stands for, rather than their mean.
        padding: Values that are no pixels: none of them is mixed into a thinned-out voxel.
        nothing: What stands for them there.
    """
    geometry = plan.geometry(volume.geometry)
    array = volume.array(phase)
    if not plan.is_copied:
        return Level(plan, array, geometry)
    (i0, i1), (j0, j1), (k0, k1) = plan.region
    part = array[k0:k1, j0:j1, i0:i1]
    if not plan.is_thinned:
        voxels = part.copy()
    elif takes_highest:
        voxels = _highest(part, plan.dimensions, _Blank(padding, nothing))
    else:
        voxels = _mean(part, plan.dimensions, _Blank(padding, nothing))
    if change is not None:
        change(voxels, geometry)
    return Level(plan, voxels, geometry)


@dataclass(frozen=True, slots=True)
class _Blank:
    """What is no pixel, and what stands for it where voxels are thinned out."""

    padding: Padding | None
    value: float

    def out_of(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values without padding; the same array where there is none."""
        mask = self.padding.mask(values) if self.padding is not None else None
        if mask is None:
            return values
        values = values.copy()
        values[mask] = self.value
        return values


def _with_spare(region: Region, whole: Region) -> Region:
    ends = []
    for (start, end), (first, last) in zip(region, whole, strict=True):
        spare = math.ceil((end - start) * _SPARE)
        ends.append((max(first, start - spare), min(last, end + spare)))
    return ends[0], ends[1], ends[2]


def _mean(part: NDArray[Any], dimensions: tuple[int, int, int], blank: _Blank) -> NDArray[Any]:
    """Return area-true means: each voxel counts by how much of it lies in one of the level's."""
    columns, rows, slices = dimensions
    voxels = np.empty((slices, rows, columns), part.dtype)
    workers = min(_MOST_WORKERS, os.cpu_count() or 1)
    ends = [slices * each // workers for each in range(workers + 1)]
    with ThreadPoolExecutor(workers, thread_name_prefix="rendering-level") as pool:
        list(pool.map(lambda start, end: _fill_means(part, voxels, start, end, blank), ends[:-1], ends[1:]))
    return voxels


def _fill_means(part: NDArray[Any], voxels: NDArray[Any], start: int, end: int, blank: _Blank) -> None:
    """Fill a range of slices of a level with means; cv2 and NumPy let other threads run meanwhile."""
    import cv2

    step = len(part) / len(voxels)
    size = (voxels.shape[2], voxels.shape[1])

    @functools.lru_cache(1)  # a slice that lies across a border belongs to two
    def thinner(number: int) -> NDArray[np.float32]:
        values = blank.out_of(part[number])
        usable = values.astype(np.int16) if values.dtype == np.int8 else np.ascontiguousarray(values)
        return np.asarray(cv2.resize(usable, size, interpolation=cv2.INTER_AREA), np.float32)

    for k in range(start, end):
        low, high = k * step, (k + 1) * step
        total = np.zeros(size[::-1], np.float32)
        for number in range(math.floor(low), min(len(part), math.ceil(high))):
            share = min(high, number + 1) - max(low, number)
            total += thinner(number) * np.float32(share / step)
        voxels[k] = total if part.dtype.kind == "f" else np.rint(total)


def _highest(part: NDArray[Any], dimensions: tuple[int, int, int], blank: _Blank) -> NDArray[Any]:
    """Return the highest of the voxels whose centres lie in each of the level's."""
    columns, rows, slices = dimensions
    row_starts, column_starts = _starts(part.shape[1], rows), _starts(part.shape[2], columns)
    ends = [*_starts(len(part), slices), len(part)]
    voxels = np.empty((slices, rows, columns), part.dtype)
    for k in range(slices):
        highest = blank.out_of(part[ends[k] : ends[k + 1]]).max(axis=0)
        voxels[k] = np.maximum.reduceat(np.maximum.reduceat(highest, row_starts, axis=0), column_starts, axis=1)
    return voxels


def _starts(count: int, parts: int) -> NDArray[np.intp]:
    """Return the first of the voxels of each part: those whose centres lie in it."""
    starts: NDArray[np.intp] = np.ceil(np.arange(parts) * (count / parts) - 0.5).astype(np.intp)
    return starts
