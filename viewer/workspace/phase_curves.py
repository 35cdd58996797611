"""Values of a point or a region over phases: which pixels count, and what is said of them. Nothing is read here.

Pixels belong to a region by the rule of measurement.regions; a point is the pixel it lies in. Padding, and what is no
number, is left out.
"""

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import VolumeError
from viewer.base.translation import N_, _
from viewer.dicom.image_plane import ImagePlane
from viewer.imaging.spatial_transform import Point
from viewer.measurement.regions import Ellipse, Polygon, RegionPixels, pixels_of
from viewer.volume.reslice_plane import ReslicePlane
from viewer.workspace.phase_times import PhaseTimes

OUTLINE_POINTS = 72


class RegionShape(enum.StrEnum):
    """What a region is."""

    POINT = "point"
    ELLIPSE = "ellipse"
    RECTANGLE = "rectangle"


class Statistic(enum.StrEnum):
    """What a curve shows of the pixels of its region."""

    MEAN = "mean"
    SD = "sd"
    MINIMUM = "min"
    MAXIMUM = "max"


@dataclass(frozen=True, slots=True)
class Region:
    """A region of an image.

    Attributes:
        start: A corner of its frame in image points, (0, 0) being the corner of the first pixel; of a point the place.
        end: The corner across; of a point the same.
    """

    shape: RegionShape
    start: Point
    end: Point

    @property
    def ends(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        (x, y), (u, v) = self.start, self.end
        return min(x, u), min(y, v), max(x, u), max(y, v)

    @property
    def middle(self) -> Point:
        """The middle of its frame."""
        return (self.start[0] + self.end[0]) / 2, (self.start[1] + self.end[1]) / 2

    @property
    def outline(self) -> tuple[Point, ...]:
        """Points along its edge, the first one again at the end; the place alone for a point."""
        left, top, right, bottom = self.ends
        if self.shape is RegionShape.POINT:
            return (self.start,)
        if self.shape is RegionShape.RECTANGLE:
            return (left, top), (right, top), (right, bottom), (left, bottom), (left, top)
        (x, y), a, b = self.middle, (right - left) / 2, (bottom - top) / 2
        angles = (2 * math.pi * step / OUTLINE_POINTS for step in range(OUTLINE_POINTS + 1))
        return tuple((x + a * math.cos(angle), y + b * math.sin(angle)) for angle in angles)


@dataclass(frozen=True, slots=True)
class RegionValues:
    """What the pixels of a region come to in one phase, in modality units.

    Attributes:
        count: Pixels that counted.
        mean: NaN where none counted.
        sd: Standard deviation of a sample (n − 1); NaN for fewer than two pixels.
        minimum: NaN where none counted.
        maximum: NaN where none counted.
    """

    count: int
    mean: float
    sd: float
    minimum: float
    maximum: float

    def of(self, statistic: Statistic) -> float:
        """Return one of the numbers."""
        return {
            Statistic.MEAN: self.mean,
            Statistic.SD: self.sd,
            Statistic.MINIMUM: self.minimum,
            Statistic.MAXIMUM: self.maximum,
        }[statistic]

    def mapped(self, factor: float, offset: float) -> "RegionValues":
        """Return what they come to when every pixel is value × factor + offset."""
        low, high = sorted((self.minimum * factor + offset, self.maximum * factor + offset))
        return RegionValues(self.count, self.mean * factor + offset, self.sd * abs(factor), low, high)


NOTHING_COUNTS = RegionValues(0, math.nan, math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class PhaseCurve:
    """A region over phases.

    Attributes:
        phases: The number of each, from 0: a phase that lacks the slice is left out.
        values: Of each phase.
        times: When they were taken; None where the data do not say: then the curve is over the phases' numbers.
        names: Of each phase, as a reader tells them apart.
        unit: Of the values; empty when the data name none.
        notes: What the reader must be told, translated.
    """

    phases: tuple[int, ...]
    values: tuple[RegionValues, ...]
    times: PhaseTimes | None = None
    names: tuple[str, ...] = ()
    unit: str = ""
    notes: tuple[str, ...] = ()

    def places(self, *, by_time: bool) -> tuple[float, ...]:
        """Return where the phases stand along the axis: in seconds, or by their numbers from 1."""
        if by_time and self.times is not None:
            return self.times.seconds
        return tuple(float(phase + 1) for phase in self.phases)

    def mapped(self, factor: float, offset: float, unit: str) -> "PhaseCurve":
        """Return the curve in another unit."""
        return replace(self, values=tuple(each.mapped(factor, offset) for each in self.values), unit=unit)


STATISTIC_TITLES = {
    Statistic.MEAN: N_("Mean"),
    Statistic.SD: N_("Standard deviation"),
    Statistic.MINIMUM: N_("Minimum"),
    Statistic.MAXIMUM: N_("Maximum"),
}


def region_pixels(region: Region, rows: int, columns: int) -> RegionPixels:
    """Return the pixels of an image that belong to a region."""
    left, top, right, bottom = region.ends
    if region.shape is RegionShape.POINT:
        column, row = math.floor(left), math.floor(top)
        is_inside = 0 <= column < columns and 0 <= row < rows
        return RegionPixels(max(column, 0), max(row, 0), np.full((1, 1), is_inside))
    if region.shape is RegionShape.RECTANGLE:
        return pixels_of(Polygon(region.outline[:-1]), rows, columns)
    return pixels_of(Ellipse(region.middle, ((right - left) / 2, 0.0), (0.0, (bottom - top) / 2)), rows, columns)


def values_of(values: NDArray[Any]) -> RegionValues:
    """Return what values come to; those that are no finite numbers do not count."""
    found = np.asarray(values, np.float64).ravel()
    found = found[np.isfinite(found)]
    if not found.size:
        return NOTHING_COUNTS
    sd = float(found.std(ddof=1)) if found.size > 1 else math.nan
    return RegionValues(int(found.size), float(found.mean()), sd, float(found.min()), float(found.max()))


def region_plane(plane: ReslicePlane, region: Region) -> tuple[ReslicePlane, NDArray[np.bool_]]:
    """Return the part of a plane that holds a region, and which of its samples count.

    A point is one sample at the very place; samples of a region are those of the plane's own grid.

    Raises:
        VolumeError: If none of them lies in the region.
    """
    place = plane.plane
    if region.shape is RegionShape.POINT:
        at = place.point_patient(region.start[0] - 0.5, region.start[1] - 0.5)
        return replace(plane, plane=place.moved_to(at), columns=1, rows=1), np.ones((1, 1), np.bool_)
    pixels = region_pixels(region, plane.rows, plane.columns)
    if not pixels.count:
        raise VolumeError(_("No pixel has its centre in the region"), advice=_("Draw a larger one"))
    rows, columns = pixels.mask.shape
    part = place.moved_to(place.point_patient(pixels.left, pixels.top))
    return replace(plane, plane=part, columns=columns, rows=rows), pixels.mask


def seen_from(region: Region, plane: ImagePlane, other: ImagePlane) -> tuple[tuple[Point, ...], float]:
    """Return where the outline of a region of one plane is on another, and how far from it at most, in mm."""
    seen = [other.point_image(plane.point_patient(x - 0.5, y - 0.5)) for x, y in region.outline]
    return tuple((column + 0.5, row + 0.5) for column, row, _away in seen), max(abs(away) for _x, _y, away in seen)


def table_of(curves: Sequence[tuple[str, PhaseCurve]]) -> list[tuple[str, ...]]:
    """Return curves as lines of a table, the first one its head: numbers with a point, and as many digits as needed."""
    head = ("region", "phase", "phase name", "time (s)", "mean", "sd (n-1)", "min", "max", "n", "unit")
    lines: list[tuple[str, ...]] = [head]
    for title, curve in curves:
        for at, (phase, values) in enumerate(zip(curve.phases, curve.values, strict=True)):
            time = "" if curve.times is None else _number(curve.times.seconds[at])
            numbers = (values.mean, values.sd, values.minimum, values.maximum)
            name = curve.names[at] if at < len(curve.names) else ""
            lines.append((title, str(phase + 1), name, time, *map(_number, numbers), str(values.count), curve.unit))
    return lines


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.10g}"
