"""How steps in an image are measured: mm, an ultrasound region's own units, or pixels; or why they are not.

Points are SCOORD: (column, row), 0.0, 0.0 at the top left corner of the first pixel. Regions count from pixel centres.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from viewer.base.translation import _
from viewer.dicom.codes import Code
from viewer.dicom.pixel_spacing import SpacingSource
from viewer.dicom.ultrasound_regions import SpatialFormat, UltrasoundRegion, region_of
from viewer.measurement.ground import Ground
from viewer.measurement.reading import (
    DEGREE,
    MICROMETER,
    MILLIMETER,
    NO_UNIT,
    PIXEL,
    SQUARE_MILLIMETER,
    SQUARE_PIXEL,
    Reading,
    Unit,
)

Point = tuple[float, float]

SQUARE_MICROMETER = Unit("um2", "µm²")
_MM_A_CM = 10.0
_UM_A_MM = 1000.0
_MICROSCOPY = "SM"
_SPECTRA = frozenset({SpatialFormat.M_MODE, SpatialFormat.SPECTRAL, SpatialFormat.WAVEFORM})


@dataclass(frozen=True, slots=True)
class Scale:
    """What a step in the image is; both directions have the same unit.

    Attributes:
        step: Of one column to the right and of one row down, in unit; signed as an ultrasound region states it.
        source: Where it comes from, a SpacingSource's value: English, marked for translation.
    """

    step: Point
    unit: Unit
    square_unit: Unit
    source: str

    def to_units(self, point: Point) -> Point:
        """Return where a point lies, in unit, from the image's corner."""
        return point[0] * self.step[0], point[1] * self.step[1]

    def to_image(self, place: Point) -> Point:
        """Return the image point of a place in unit."""
        return place[0] / self.step[0], place[1] / self.step[1]

    def distance(self, a: Point, b: Point) -> float:
        """Return how far two points are from each other, in unit."""
        return math.hypot((b[0] - a[0]) * self.step[0], (b[1] - a[1]) * self.step[1])

    def path(self, points: Sequence[Point]) -> float:
        """Return the length of a line through points, in unit."""
        return math.fsum(self.distance(a, b) for a, b in itertools.pairwise(points))

    def reading(self, code: Code, title: str, value: float, *, is_area: bool = False, caution: str = "") -> Reading:
        """Return a length or an area on this scale."""
        unit = self.square_unit if is_area else self.unit
        return Reading(code, title, value, unit, self.source, caution=caution)

    def angle_reading(self, code: Code, title: str, degrees: float, *, caution: str = "") -> Reading:
        """Return an angle that rests on this scale's proportions."""
        return Reading(code, title, degrees, DEGREE, self.source, caution=caution)


def refused(code: Code, title: str, reason: str, *, caution: str = "") -> Reading:
    """Return the reading that there is none, and why, translated."""
    return Reading(code, title, None, NO_UNIT, refusal=reason, caution=caution)


def measured(scale: Scale | str, code: Code, title: str, work: Callable[[Scale], Reading | str]) -> Reading:
    """Return what a scale gives, or the refusal that stands in its place.

    Args:
        scale: Of lengths() or angles().
        code: Of the number.
        title: Of it, English, marked with N_().
        work: Makes the reading of a scale, or says why there is none.
    """
    found = scale if isinstance(scale, str) else work(scale)
    return refused(code, title, found) if isinstance(found, str) else found


def lengths(ground: Ground, points: Sequence[Point]) -> Scale | str:
    """Return the scale that holds for all the points, or why they cannot be measured, translated.

    An ultrasound region goes before the image's spacing; where no region is, and no spacing known, pixels are counted.
    """
    refusal = ground.refusal or _out_of_reach(ground, points)
    if refusal:
        return refusal
    if ground.regions:
        found = _of_region(ground.regions, points)
        return _pixels() if found is None else found
    return _of_spacing(ground) or _pixels()


def angles(ground: Ground, points: Sequence[Point]) -> Scale | str:
    """Return a scale whose proportions angles may be taken by, or why none may, translated.

    Without a spacing the shape of a pixel is enough (PS3.3 C.7.6.3.1.7: square where nothing is stated); a spacing that
    is stated wrongly leaves the shape unknown.
    """
    found = lengths(ground, points)
    if isinstance(found, str) or found.unit is not PIXEL:
        return found
    if ground.spacing.problem:
        return _("The shape of a pixel is not known: {reason}").format(reason=ground.spacing.problem)
    return Scale((1.0, ground.aspect), PIXEL, SQUARE_PIXEL, SpacingSource.UNKNOWN.value)


def proportions(ground: Ground, points: Sequence[Point] = ()) -> Point:
    """Return width and height of a pixel in any unit, for shapes: circles, right angles."""
    found = angles(ground, points)
    if isinstance(found, str):
        return 1.0, ground.aspect
    return abs(found.step[0]), abs(found.step[1])


def region_at(ground: Ground, points: Sequence[Point]) -> UltrasoundRegion | str | None:
    """Return the ultrasound region whose scales hold for all the points; None where none of them lies in one.

    Returns:
        The reason, translated, where the points do not lie in one region.
    """
    centred = [(x - 0.5, y - 0.5) for x, y in points]
    calibrated = [region for region in ground.regions if region.is_calibrated]
    apart = _("The points do not lie in the same ultrasound region")
    found = region_of(ground.regions, centred)
    if found is not None:
        above = [region for region in calibrated if found.is_low_priority and not region.is_low_priority]
        others = [region for region in above if any(map(region.contains, centred))]
        return found if all(region.has_the_scale_of(found) for region in others) else apart
    around = [region for region in calibrated if all(map(region.contains, centred))]
    if len(around) > 1:
        return _("Ultrasound regions of different scales lie over each other here")
    is_in_one = any(region.contains(point) for region in calibrated for point in centred)
    return apart if is_in_one and not around else None


def _of_region(regions: tuple[UltrasoundRegion, ...], points: Sequence[Point]) -> Scale | str | None:
    found = region_at(Ground(0, 0, regions=regions), points)
    if found is None or isinstance(found, str):
        return found
    if found.spatial_format in _SPECTRA or (found.is_calibrated and found.unit_x is not found.unit_y):
        x, y = (unit.symbol or "?" for unit in (found.unit_x, found.unit_y))
        return _("No length here: this ultrasound region is in {x} across and {y} up").format(x=x, y=y)
    if not found.is_length:
        return None
    step = (_MM_A_CM * found.delta[0], _MM_A_CM * found.delta[1])
    return Scale(step, MILLIMETER, SQUARE_MILLIMETER, SpacingSource.US_REGION.value)


def _of_spacing(ground: Ground) -> Scale | None:
    spacing = ground.spacing
    if spacing.row_mm is None or spacing.column_mm is None:
        return None
    step, source = (spacing.column_mm, spacing.row_mm), spacing.source.value
    if ground.modality == _MICROSCOPY:
        return Scale((step[0] * _UM_A_MM, step[1] * _UM_A_MM), MICROMETER, SQUARE_MICROMETER, source)
    return Scale(step, MILLIMETER, SQUARE_MILLIMETER, source)


def _pixels() -> Scale:
    return Scale((1.0, 1.0), PIXEL, SQUARE_PIXEL, SpacingSource.UNKNOWN.value)


def _out_of_reach(ground: Ground, points: Sequence[Point]) -> str:
    if not all(math.isfinite(part) for point in points for part in point):
        return _("A point is not a place in the image")
    if ground.missing_rows and any(y > ground.rows - ground.missing_rows for _x, y in points):
        return _("Pixels here never arrived: the image is truncated")
    return ""
