"""Ellipse, also turned: four points, the ends of one axis and then those of the other, as in SCOORD (C.18.6.1.2)."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from viewer.base.translation import N_
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.region_kind import RegionKind
from viewer.measurement.scales import proportions

if TYPE_CHECKING:
    from viewer.measurement.regions import Ellipse as EllipseOutline


class Ellipse(RegionKind):
    """Drawn by two corners of the frame around it; then both axes can be taken by their ends, and turned."""

    id = "ellipse"
    title = N_("Ellipse")
    help = N_("Area and values of an ellipse")
    icon = "ellipse"

    def settled(self, points: Sequence[Point], ground: Ground) -> tuple[Point, ...]:
        """Return the ends of the axes of the ellipse in a frame given by two corners."""
        del ground
        return axis_ends(tuple(points))

    def moved(self, annotation: Annotation, handle: int, to: Point, ground: Ground) -> tuple[Point, ...]:
        """Return the axes after the end of one was taken elsewhere: its other end stays, the other axis turns along."""
        points = axis_ends(annotation.points)
        if len(points) < 4:
            return super().moved(annotation, handle, to, ground)
        across, down = proportions(ground, points)
        ends = [(x * across, y * down) for x, y in (*points, to)]
        own, other = (ends[0], ends[1]), (ends[2], ends[3])
        if handle > 1:
            own, other = other, own
        fixed, moving = own[1 - handle % 2], ends[4]
        half = math.dist(*other) / 2
        center = (fixed[0] + moving[0]) / 2, (fixed[1] + moving[1]) / 2
        way = moving[0] - fixed[0], moving[1] - fixed[1]
        length = math.hypot(*way)
        if length == 0.0:
            return points
        # The other axis keeps the side its first end is on.
        side = (-way[1] / length * half, way[0] / length * half)
        before = other[0][0] - other[1][0], other[0][1] - other[1][1]
        sign = 1.0 if side[0] * before[0] + side[1] * before[1] >= 0 else -1.0
        turned = [(center[0] + s * side[0], center[1] + s * side[1]) for s in (sign, -sign)]
        kept = [moving, fixed] if handle % 2 == 0 else [fixed, moving]
        order = [*kept, *turned] if handle < 2 else [*turned, *kept]
        return tuple((x / across, y / down) for x, y in order)

    def outline(self, annotation: Annotation) -> "EllipseOutline":
        """Return its centre and half axes."""
        from viewer.measurement.regions import Ellipse as EllipseOutline

        a, b, c, d = axis_ends(annotation.points)
        center = (a[0] + b[0] + c[0] + d[0]) / 4, (a[1] + b[1] + c[1] + d[1]) / 4
        return EllipseOutline(center, _half(b, a), _half(d, c))

    def extent(self, annotation: Annotation) -> tuple[Point, ...]:
        """Return the corners of the frame around it, and its own points."""
        left, top, right, bottom = self.outline(annotation).ends
        return (left, top), (right, top), (right, bottom), (left, bottom), *annotation.points

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return the ellipse."""
        if len(annotation.points) < self.least:
            return (GraphicObject(GraphicType.POINT, annotation.points),)
        return (GraphicObject(GraphicType.ELLIPSE, principal_ends(self.outline(annotation))),)

    def label_point(self, annotation: Annotation) -> Point:
        """Return the point of its frame at the lower right."""
        if len(annotation.points) < self.least:
            return annotation.points[0]
        _left, _top, right, bottom = self.outline(annotation).ends
        return right, bottom


def axis_ends(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Return the ends of both axes of an ellipse given by these, or by two corners of its frame."""
    if len(points) != 2:
        return points
    (x, y), (u, v) = points
    middle = (x + u) / 2, (y + v) / 2
    across = (min(x, u), middle[1]), (max(x, u), middle[1])
    down = (middle[0], min(y, v)), (middle[0], max(y, v))
    return (*across, *down)


def principal_ends(outline: "EllipseOutline") -> tuple[Point, Point, Point, Point]:
    """Return the ends of the greatest and the least diameter as the image's pixels have them."""
    (x, y), (a, b), (c, d) = outline.center, outline.first, outline.second
    # The direction of the greatest half diameter: first·cos t + second·sin t at the t where its length is greatest.
    turn = math.atan2(2 * (a * c + b * d), a * a + b * b - c * c - d * d) / 2
    cosine, sine = math.cos(turn), math.sin(turn)
    p, q = a * cosine + c * sine, b * cosine + d * sine
    r, s = c * cosine - a * sine, d * cosine - b * sine
    return (x - p, y - q), (x + p, y + q), (x - r, y - s), (x + r, y + s)


def _half(start: Point, end: Point) -> Point:
    return (end[0] - start[0]) / 2, (end[1] - start[1]) / 2
