"""Polygon: an outline of straight lines."""

from typing import TYPE_CHECKING

from viewer.base.translation import N_
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.region_kind import RegionKind

if TYPE_CHECKING:
    from viewer.measurement.regions import Polygon as PolygonOutline


class Polygon(RegionKind):
    """Corners in order; the last one leads back to the first."""

    id = "polygon"
    title = N_("Polygon")
    help = N_("Area and values inside straight lines from point to point")
    icon = "polygon"
    least = 3
    most = None

    def outline(self, annotation: Annotation) -> "PolygonOutline":
        """Return its corners."""
        from viewer.measurement.regions import Polygon as PolygonOutline

        return PolygonOutline(annotation.points)

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return its sides; open while there are two points."""
        points = annotation.points
        closed = (*points, points[0]) if len(points) >= self.least and points[0] != points[-1] else points
        return (GraphicObject(GraphicType.POLYLINE, closed),)
