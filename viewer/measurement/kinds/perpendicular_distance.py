"""Perpendicular distance: of a point from a line."""

from collections.abc import Sequence

from viewer.base.translation import N_, _
from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import GraphicObject, GraphicStyle, GraphicType
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.plane_angles import direction
from viewer.measurement.reading import Reading
from viewer.measurement.scales import Scale, lengths, measured, proportions

DISTANCE = Code("121206", "DCM", "Distance")
_TITLE = N_("Perpendicular distance")
_DASHED = GraphicStyle(is_dashed=True)


class PerpendicularDistance(Kind):
    """Two points of the line and the point beside it; then its foot on the line, which need not lie between them."""

    id = "perpendicular_distance"
    title = _TITLE
    help = N_("How far a point is from a line, at a right angle to it")
    group = KindGroup.LINES
    icon = "perpendicular"
    least = 3
    most = 3
    code = DISTANCE

    def settled(self, points: Sequence[Point], ground: Ground) -> tuple[Point, ...]:
        """Return the points with the foot."""
        own = tuple(points[:3])
        if len(own) < self.least:
            return own
        across, down = proportions(ground, own)
        a, b, p = ((x * across, y * down) for x, y in own)
        foot = _foot(a, b, p)
        return own if foot is None else (*own, (foot[0] / across, foot[1] / down))

    def moved(self, annotation: Annotation, handle: int, to: Point, ground: Ground) -> tuple[Point, ...]:
        """Return the points after one was taken elsewhere; the foot follows."""
        own = list(annotation.points[:3])
        if handle < len(own):
            own[handle] = to
        return self.settled(own, ground)

    def handles(self, annotation: Annotation) -> tuple[int, ...]:
        """Return the reader's own points."""
        return tuple(range(min(len(annotation.points), 3)))

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return the line and the perpendicular; the line is dashed on to a foot that lies beyond its ends."""
        points = annotation.points
        lines = [GraphicObject(GraphicType.POLYLINE, points[:2])]
        if len(points) > 3:
            a, b, p, foot = points[:4]
            lines.append(GraphicObject(GraphicType.POLYLINE, (p, foot)))
            nearest = min((a, b), key=lambda end: (end[0] - foot[0]) ** 2 + (end[1] - foot[1]) ** 2)
            if (foot[0] - a[0]) * (foot[0] - b[0]) + (foot[1] - a[1]) * (foot[1] - b[1]) > 0:
                lines.append(GraphicObject(GraphicType.POLYLINE, (nearest, foot), style=_DASHED))
        return tuple(lines)

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return the distance from the line, thought of as without ends."""
        own = annotation.points[:3]
        if len(own) < self.least:
            return ()

        def work(scale: Scale) -> Reading | str:
            a, b, p = map(scale.to_units, own)
            way, off = direction(a, b), direction(a, p)
            length = scale.distance(own[0], own[1])
            if length == 0.0:
                return _("The line has no length")
            return scale.reading(DISTANCE, _TITLE, abs(way[0] * off[1] - way[1] * off[0]) / length)

        return (measured(lengths(ground, own), DISTANCE, _TITLE, work),)


def _foot(a: Point, b: Point, p: Point) -> Point | None:
    way, off = direction(a, b), direction(a, p)
    square = way[0] ** 2 + way[1] ** 2
    if square == 0.0:
        return None
    share = (way[0] * off[0] + way[1] * off[1]) / square
    return a[0] + share * way[0], a[1] + share * way[1]
