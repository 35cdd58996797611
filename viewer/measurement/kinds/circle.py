"""Circle: round in the patient, also where pixels are not square."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from viewer.base.translation import N_
from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.ellipse import principal_ends
from viewer.measurement.kinds.region_kind import RegionKind
from viewer.measurement.reading import Reading
from viewer.measurement.scales import Scale, lengths, measured, proportions

if TYPE_CHECKING:
    from viewer.measurement.regions import Ellipse as EllipseOutline

DIAMETER = Code("81827009", "SCT", "Diameter")
_DIAMETER = N_("Diameter")
_ROUND = 1e-9


class Circle(RegionKind):
    """The centre and a point of the edge; then the point a quarter turn further, which says how round pixels are."""

    id = "circle"
    title = N_("Circle")
    help = N_("Area, diameter and values of a circle, from its centre outwards")
    icon = "circle"

    def settled(self, points: Sequence[Point], ground: Ground) -> tuple[Point, ...]:
        """Return the points with the one a quarter turn further."""
        own = tuple(points[:2])
        if len(own) < self.least:
            return own
        across, down = proportions(ground, own)
        (x, y), (u, v) = own
        return (*own, (x - (v - y) * down / across, y + (u - x) * across / down))

    def moved(self, annotation: Annotation, handle: int, to: Point, ground: Ground) -> tuple[Point, ...]:
        """Return the points after one was taken elsewhere: the whole by its centre, or another size by its edge."""
        if handle == 0:
            dx, dy = to[0] - annotation.points[0][0], to[1] - annotation.points[0][1]
            return tuple((x + dx, y + dy) for x, y in annotation.points)
        return self.settled((annotation.points[0], to), ground)

    def handles(self, annotation: Annotation) -> tuple[int, ...]:
        """Return the centre and the point of the edge."""
        return tuple(range(min(len(annotation.points), 2)))

    def outline(self, annotation: Annotation) -> "EllipseOutline":
        """Return the circle as the image's pixels have it."""
        from viewer.measurement.regions import Ellipse as EllipseOutline

        (x, y), (u, v) = annotation.points[:2]
        first = u - x, v - y
        if len(annotation.points) < 3:
            return EllipseOutline((x, y), first, (-first[1], first[0]))
        s, t = annotation.points[2]
        return EllipseOutline((x, y), first, (s - x, t - y))

    def extent(self, annotation: Annotation) -> tuple[Point, ...]:
        """Return the corners of the frame around it, and its own points."""
        left, top, right, bottom = self.outline(annotation).ends
        return (left, top), (right, top), (right, bottom), (left, bottom), *annotation.points

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return it: an ellipse where pixels are not square."""
        if len(annotation.points) < self.least:
            return (GraphicObject(GraphicType.POINT, annotation.points),)
        outline = self.outline(annotation)
        (a, b), (c, d) = outline.first, outline.second
        size = math.hypot(a, b)
        if abs(math.hypot(c, d) - size) <= _ROUND * size and abs(a * c + b * d) <= _ROUND * size * size:
            return (GraphicObject(GraphicType.CIRCLE, annotation.points[:2]),)
        return (GraphicObject(GraphicType.ELLIPSE, principal_ends(outline)),)

    def label_point(self, annotation: Annotation) -> Point:
        """Return the point of its frame at the lower right."""
        if len(annotation.points) < self.least:
            return annotation.points[0]
        _left, _top, right, bottom = self.outline(annotation).ends
        return right, bottom

    def shape_readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return area, circumference and diameter."""
        scale = lengths(ground, self.extent(annotation))

        def diameter(on: Scale) -> Reading:
            a, b = self.outline(annotation).semi_axes(on)
            return on.reading(DIAMETER, _DIAMETER, 2 * math.sqrt(a * b))

        return (*super().shape_readings(annotation, ground), measured(scale, DIAMETER, _DIAMETER, diameter))
