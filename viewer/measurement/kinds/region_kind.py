"""What regions have in common: area, perimeter, and what the values inside come to."""

from typing import TYPE_CHECKING, ClassVar

from viewer.base.translation import N_, _
from viewer.dicom.codes import Code
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.reading import NO_UNIT, Reading
from viewer.measurement.scales import Scale, lengths, measured, refused

if TYPE_CHECKING:
    from viewer.measurement.regions import Outline, RegionPixels

AREA = Code("42798000", "SCT", "Area")
PERIMETER = Code("131191004", "SCT", "Perimeter")
MEAN = Code("373098007", "SCT", "Mean")
STANDARD_DEVIATION = Code("386136009", "SCT", "Standard Deviation")
MINIMUM = Code("255605001", "SCT", "Minimum")
MAXIMUM = Code("56851009", "SCT", "Maximum")
MEDIAN = Code("373099004", "SCT", "Median")
PIXEL_COUNT = Code("pixel-count", "99NEGATOSCOPE", "Number of pixels")

_FAR = 1e6
"""Pixels: beyond any image, where a region's frame is not looked through."""

_AREA = N_("Area")
_PERIMETER = N_("Perimeter")
_MEAN = N_("Mean")
_COUNT = N_("Pixels")
_STATISTICS = (
    (_MEAN, MEAN, "mean"),
    (N_("SD"), STANDARD_DEVIATION, "sd"),
    (N_("Min"), MINIMUM, "minimum"),
    (N_("Max"), MAXIMUM, "maximum"),
    (N_("Median"), MEDIAN, "median"),
)


class RegionKind(Kind):
    """A kind that encloses pixels."""

    group = KindGroup.REGIONS
    code = AREA
    is_region: ClassVar[bool] = True

    def outline(self, annotation: Annotation) -> "Outline":
        """Return what it encloses."""
        raise NotImplementedError

    def extent(self, annotation: Annotation) -> tuple[Point, ...]:
        """Return points that all lie where a scale holds only if the whole region does."""
        return annotation.points

    def shape_readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return area, perimeter, and what else its shape gives."""
        outline, scale = self.outline(annotation), lengths(ground, self.extent(annotation))
        told = _("The outline crosses itself: what it goes round twice is outside") if outline.crosses_itself else ""

        def area(on: Scale) -> Reading:
            return on.reading(AREA, _AREA, outline.area(on), is_area=True, caution=told)

        def perimeter(on: Scale) -> Reading:
            return on.reading(PERIMETER, _PERIMETER, outline.perimeter(on))

        return measured(scale, AREA, _AREA, area), measured(scale, PERIMETER, _PERIMETER, perimeter)

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return area, perimeter, and mean, SD, minimum, maximum, median and number of the pixels inside."""
        if len(annotation.points) < self.least:
            return ()
        from viewer.measurement.regions import pixels_of

        shape = self.shape_readings(annotation, ground)
        if any(not abs(part) < _FAR for point in annotation.points for part in point):
            return shape
        return (*shape, *value_readings(ground, pixels_of(self.outline(annotation), ground.rows, ground.columns)))


def value_readings(ground: Ground, pixels: "RegionPixels") -> tuple[Reading, ...]:
    """Return what the values of a region's pixels come to; one refusal where they may not be told."""
    from viewer.measurement.roi_statistics import statistics_of
    from viewer.measurement.value_units import value_concept

    if ground.read_values is None and not (ground.refusal or ground.value_refusal):
        return ()
    found = statistics_of(ground, pixels)
    if isinstance(found, str):
        return (refused(MEAN, _MEAN, found),)
    concept = found.concept or value_concept(found.unit, ground.modality)
    told = []
    for title, derivation, name in _STATISTICS:
        value = getattr(found, name)
        refusal = "" if value is not None else _("One pixel has no standard deviation")
        told.append(Reading(concept, title, value, found.unit, found.source, derivation, refusal))
    return (*told, Reading(PIXEL_COUNT, _COUNT, float(found.count), NO_UNIT))
