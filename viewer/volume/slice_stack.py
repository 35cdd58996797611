"""How slices lie on each other, and the upright grid that holds them (PS3.3 C.7.6.2; spacing, gaps, tilt).

Pure sums over planes: volume_plan asks, volume_filling does what is answered.
"""

import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import VolumeError
from viewer.base.translation import _
from viewer.dicom.image_plane import ImagePlane, dot, subtract
from viewer.volume.series_volume import Gap

SAME_POSITION_MM = 0.01
REGULAR_MM, REGULAR_SHARE = 0.01, 0.01
DRIFT_SHARE = 0.1
"""Of the spacing: how far a slice may lie from the grid before it is resampled onto it."""
GAP_TOLERANCE = 0.1
"""Of the spacing: how far a step may be from a multiple of it and still be a gap of missing slices."""
UPRIGHT_PIXELS = 0.1
"""How far slices may slide over each other, over the whole stack, before they are moved back."""
THICKER_FROM = 1.2
_SNAP_SHARE = 1e-2
"""Of a step: what lies so near to a slice is that slice."""
_ROUNDING = 1e-3
"""Of a pixel."""
_LARGEST_GROWTH = 4
"""How many times more slices the grid may have than are given."""
_LARGEST_LEAN = 64
"""How much larger the upright grid may be than the slices that lean in it."""
_FEW = 4


@dataclass(frozen=True, slots=True)
class Blend:
    """How a slice of the grid is made: (1 − weight) × lower + weight × upper, by index of the given slices.

    Indices below 0 are no slices: there is nothing (NOTHING).
    """

    lower: int
    upper: int
    weight: float = 0.0

    @property
    def is_exact(self) -> bool:
        """Whether it is a given slice."""
        return self.weight == 0.0

    @property
    def is_nothing(self) -> bool:
        """Whether no slice lies there."""
        return self.lower < 0


NOTHING = Blend(-1, -1)


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the slices of an upright volume lie along the normal, and what each is made of.

    Attributes:
        first_mm: Of the first slice along the normal.
        spacing_mm: Between slices.
        blends: One for each slice.
        gaps: Where slices are missing.
        is_irregular: Whether slices were moved along the normal.
    """

    first_mm: float
    spacing_mm: float
    blends: tuple[Blend, ...]
    gaps: tuple[Gap, ...] = ()
    is_irregular: bool = False

    @property
    def places_mm(self) -> NDArray[np.float64]:
        """Where its slices lie along the normal."""
        return self.first_mm + self.spacing_mm * np.arange(len(self.blends), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class UprightFrame:
    """The columns and rows of an upright grid that holds all slices, wherever they slide to.

    Attributes:
        left: Column of the reference slice at which it begins, mostly 0.
        top: Row at which it begins.
        is_moved: Whether slices must be moved within their planes.
    """

    columns: int
    rows: int
    left: int = 0
    top: int = 0
    is_moved: bool = False

    def places(self, slides: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
        """Return column and row of the frame at which slices begin; all zeros where nothing is moved."""
        if not self.is_moved:
            return ((0.0, 0.0),) * len(slides)
        return tuple((float(across) - self.left, float(down) - self.top) for across, down in slides)


def positions_of(distances: Sequence[float]) -> list[float]:
    """Return the distinct positions of slices along the normal, ascending; what lies closer than 0.01 mm is one."""
    positions: list[float] = []
    for distance in sorted(distances):
        if not positions or distance - positions[-1] > SAME_POSITION_MM:
            positions.append(distance)
    return positions


def grid_of(positions: Sequence[float], thicknesses: Sequence[float] = ()) -> Grid:
    """Return the regular grid of slices at these positions.

    Args:
        positions: At least two, ascending, distinct.
        thicknesses: Of the slices where they are known: where thicker slices follow each other without a hole, a wide
            step is no gap.

    Raises:
        VolumeError: If by far most of the grid would lie between slices.
    """
    steps = [after - before for before, after in itertools.pairwise(positions)]
    median = statistics.median(steps)
    counts = [_steps_in(step, median, thicknesses, index) for index, step in enumerate(steps)]
    gaps = tuple(
        Gap(index, count - 1, step) for index, (step, count) in enumerate(zip(steps, counts, strict=True)) if count > 1
    )
    reach = positions[-1] - positions[0]
    if reach > _LARGEST_GROWTH * median * (len(positions) + _FEW):
        raise VolumeError(
            _("Most slices between the first and the last are missing: there is no volume of them"),
            advice=_("Read the images one by one"),
        )
    spacing = reach / sum(counts)
    places = np.concatenate([[0], np.cumsum(counts)])
    drift = np.abs(np.array(positions) - positions[0] - places * spacing).max()
    uneven = [abs(step / count - spacing) for step, count in zip(steps, counts, strict=True)]
    tolerance = max(REGULAR_MM, REGULAR_SHARE * median)
    if max(uneven) <= tolerance and drift <= DRIFT_SHARE * spacing:
        return Grid(positions[0], spacing, _regular_blends(places), gaps)
    # The first and the last slice lie on the grid: nothing is cut off, nothing made up.
    count = max(round(reach / median), 1)
    places_mm = np.linspace(positions[0], positions[-1], count + 1)
    return Grid(positions[0], reach / count, blends_at(places_mm, positions), gaps, is_irregular=True)


def _steps_in(step: float, median: float, thicknesses: Sequence[float], index: int) -> int:
    count = round(step / median)
    if count < 2 or abs(step / median - count) > GAP_TOLERANCE or _is_thicker(thicknesses, index, step):
        return 1
    return count


def _is_thicker(thicknesses: Sequence[float], index: int, step: float) -> bool:
    """Return whether a step is wide because slices are thicker there (a head: thin below, thick above)."""
    if len(thicknesses) < index + 2 or min(thicknesses) <= 0:
        return False
    here = (thicknesses[index] + thicknesses[index + 1]) / 2
    return here >= THICKER_FROM * min(thicknesses) and abs(step - here) <= GAP_TOLERANCE * here


def _regular_blends(places: NDArray[np.int64]) -> tuple[Blend, ...]:
    blends = []
    for lower, (start, stop) in enumerate(itertools.pairwise(places.tolist())):
        for place in range(start, stop):
            weight = (place - start) / (stop - start)
            blends.append(Blend(lower, lower + 1 if weight else lower, weight))
    last = len(places) - 1
    return (*blends, Blend(last, last))


def blends_at(
    places_mm: NDArray[np.float64], positions: Sequence[float], reach_mm: float = math.inf
) -> tuple[Blend, ...]:
    """Return what slices at these places are made of, by slices at these positions.

    Beyond them it is the outermost as far as it reaches, then nothing.
    """
    known = np.array(positions)
    blends = []
    for place in places_mm:
        if not known[0] - reach_mm <= place <= known[-1] + reach_mm:
            blends.append(NOTHING)
            continue
        if len(known) == 1:
            blends.append(Blend(0, 0))
            continue
        lower = int(np.clip(np.searchsorted(known, place, side="right") - 1, 0, len(known) - 2))
        step = known[lower + 1] - known[lower]
        weight = float(min(max((place - known[lower]) / step, 0.0), 1.0))
        snapped = max(_SNAP_SHARE * step, SAME_POSITION_MM / 2) / step
        if weight <= snapped:
            blends.append(Blend(lower, lower))
        elif weight >= 1 - snapped:
            blends.append(Blend(lower + 1, lower + 1))
        else:
            blends.append(Blend(lower, lower + 1, weight))
    return tuple(blends)


def slides_of(planes: Sequence[ImagePlane], reference: ImagePlane) -> NDArray[np.float64]:
    """Return how far first pixels lie from the reference's along its columns and rows, in pixels; shape (n, 2)."""
    slides = []
    for plane in planes:
        column, row, _distance = reference.point_image(plane.position)
        slides.append((column, row))
    return np.array(slides, np.float64).reshape(-1, 2)


def upright_frame(slides: NDArray[np.float64], columns: int, rows: int) -> UprightFrame:
    """Return the columns and rows that hold all slices.

    Args:
        slides: Of all slices, as slides_of has it.
        columns: Of one slice.
        rows: Of one slice.

    Raises:
        VolumeError: If the slices lie so far beside each other that most of the volume would be empty.
    """
    if np.abs(slides - slides[0]).max() <= UPRIGHT_PIXELS:
        return UprightFrame(columns, rows)
    low, high = np.floor(slides.min(axis=0) + _ROUNDING), np.ceil(slides.max(axis=0) - _ROUNDING)
    wide, tall = columns + int(high[0] - low[0]), rows + int(high[1] - low[1])
    if wide * tall > _LARGEST_LEAN * columns * rows:
        raise VolumeError(
            _("The slices lie beside each other rather than on each other: there is no volume of them"),
            advice=_("Read the images one by one"),
        )
    return UprightFrame(wide, tall, int(low[0]), int(low[1]), is_moved=True)


def tilt_of(first: ImagePlane, last: ImagePlane) -> float:
    """Return the angle in degrees between a stack's normal and the line through its first pixels."""
    way = subtract(last.position, first.position)
    along = dot(way, first.normal)
    across = math.sqrt(max(dot(way, way) - along * along, 0.0))
    return math.degrees(math.atan2(across, abs(along)))


def wanders(slides: NDArray[np.float64], positions: Sequence[float]) -> bool:
    """Return whether slices slide otherwise than evenly from the first to the last, as a tilted gantry makes them.

    Args:
        slides: Of slices by ascending position, as slides_of has it.
        positions: Of the same slices along the normal.
    """
    share = (np.array(positions) - positions[0]) / (positions[-1] - positions[0])
    even = slides[0] + share[:, None] * (slides[-1] - slides[0])
    return bool(np.abs(slides - even).max() > UPRIGHT_PIXELS)
