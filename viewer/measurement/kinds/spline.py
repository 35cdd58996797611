"""Spline: a smooth outline through points."""

from typing import TYPE_CHECKING

from viewer.base.translation import N_
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.region_kind import RegionKind
from viewer.measurement.smooth_outline import smooth_outline

if TYPE_CHECKING:
    from viewer.measurement.regions import Polygon


class Spline(RegionKind):
    """Points of the outline in order; the last one leads back to the first."""

    id = "spline"
    title = N_("Spline")
    help = N_("Area and values inside a smooth line through points")
    icon = "spline"
    least = 3
    most = None

    def outline(self, annotation: Annotation) -> "Polygon":
        """Return the curve as it is drawn."""
        from viewer.measurement.regions import Polygon

        return Polygon(smooth_outline(annotation.points))

    def extent(self, annotation: Annotation) -> tuple[Point, ...]:
        """Return the corners of the frame around the curve, and its own points."""
        left, top, right, bottom = self.outline(annotation).ends
        return (left, top), (right, top), (right, bottom), (left, bottom), *annotation.points

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return the curve, in the very lines it is measured by."""
        points = annotation.points
        if len(points) < self.least:
            return (GraphicObject(GraphicType.POLYLINE, points),)
        curve = smooth_outline(points)
        return (GraphicObject(GraphicType.POLYLINE, (*curve, curve[0])),)
