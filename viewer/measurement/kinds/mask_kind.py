"""What regions of single pixels have in common: outlines along pixel edges, area by count, values inside.

A pixel belongs or does not; the area is the number of pixels times that of one. There is no perimeter: that of a
staircase says nothing of the shape.
"""

from typing import TYPE_CHECKING, ClassVar

from viewer.base.errors import RefusedError
from viewer.base.translation import N_, _
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup, Placing
from viewer.measurement.kinds.region_kind import AREA, value_readings
from viewer.measurement.reading import Reading
from viewer.measurement.scales import Scale, lengths, measured, refused

if TYPE_CHECKING:
    from viewer.measurement.region_mask import RegionMask
    from viewer.measurement.regions import RegionPixels

_AREA = N_("Area")


class MaskKind(Kind):
    """A kind whose region is pixels, kept as measurement.region_mask keeps them."""

    group = KindGroup.REGIONS
    code = AREA
    least = 1
    most = None
    placing = Placing.BRUSH
    is_region: ClassVar[bool] = True

    def mask(self, annotation: Annotation) -> "RegionMask":
        """Return its pixels.

        Raises:
            RefusedError: They are damaged.
        """
        from viewer.measurement.region_mask import mask_of

        return mask_of(annotation)

    def pixels(self, annotation: Annotation, ground: Ground) -> "RegionPixels":
        """Return those of its pixels that the image has.

        Raises:
            RefusedError: They are damaged.
        """
        from viewer.measurement.regions import pixels_of

        return pixels_of(self.mask(annotation).over(ground.rows, ground.columns), ground.rows, ground.columns)

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return lines along the edges of its pixels; its points alone where these are damaged."""
        from viewer.measurement.region_mask import outlines

        try:
            lines = outlines(self.mask(annotation))
        except RefusedError:
            return (GraphicObject(GraphicType.POINT, annotation.points[:1]),) if annotation.points else ()
        return tuple(GraphicObject(GraphicType.POLYLINE, line) for line in lines)

    def label_point(self, annotation: Annotation) -> Point:
        """Return the right end of its lowest row."""
        ends = [point for graphic in self.drawing(annotation) for point in graphic.points] or list(annotation.points)
        return max(ends, key=lambda point: (point[1], point[0]))

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return the area, and mean, SD, minimum, maximum, median and number of its pixels."""
        from viewer.measurement.region_mask import is_coarse

        try:
            mask, pixels = self.mask(annotation), self.pixels(annotation, ground)
        except RefusedError as error:
            return (refused(AREA, _AREA, str(error)),)
        if not mask.count:
            return ()
        coarse = _("So ragged that its outline is drawn coarser than it is") if is_coarse(mask) else ""
        height, width = mask.pixels.shape
        corners = ((mask.column, mask.row), (mask.column + width, mask.row + height))

        def area(on: Scale) -> Reading:
            caution = _("Pixels beside the image are left out") if pixels.count < mask.count else coarse
            each = abs(on.step[0] * on.step[1])
            return on.reading(AREA, _AREA, pixels.count * each, is_area=True, caution=caution)

        return (measured(lengths(ground, corners), AREA, _AREA, area), *value_readings(ground, pixels))
