"""Rectangle, along the image's rows and columns."""

from typing import TYPE_CHECKING

from viewer.base.translation import N_
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.region_kind import RegionKind

if TYPE_CHECKING:
    from viewer.measurement.regions import Polygon


class Rectangle(RegionKind):
    """Two corners across from each other."""

    id = "rectangle"
    title = N_("Rectangle")
    help = N_("Area and values of a rectangle")
    icon = "rectangle"

    def outline(self, annotation: Annotation) -> "Polygon":
        """Return its corners, the top left first, clockwise in the image."""
        from viewer.measurement.regions import Polygon

        return Polygon(_corners(annotation.points))

    def extent(self, annotation: Annotation) -> tuple[Point, ...]:
        """Return all four corners."""
        return _corners(annotation.points)

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return its sides."""
        if len(annotation.points) < self.least:
            return (GraphicObject(GraphicType.POINT, annotation.points),)
        corners = _corners(annotation.points)
        return (GraphicObject(GraphicType.POLYLINE, (*corners, corners[0])),)

    def label_point(self, annotation: Annotation) -> Point:
        """Return the corner at the lower right."""
        return max(x for x, _y in annotation.points), max(y for _x, y in annotation.points)


def _corners(points: tuple[Point, ...]) -> tuple[Point, Point, Point, Point]:
    (x, y), (u, v) = points[:2]
    left, right, top, bottom = min(x, u), max(x, u), min(y, v), max(y, v)
    return (left, top), (right, top), (right, bottom), (left, bottom)
