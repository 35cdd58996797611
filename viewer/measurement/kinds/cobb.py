"""Cobb angle: between the end plates of the end vertebrae of a curve of the spine."""

import math
from collections.abc import Sequence

from viewer.base.translation import N_, _
from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import GraphicObject, GraphicStyle, GraphicType
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.plane_angles import angle_deg, direction
from viewer.measurement.reading import Reading
from viewer.measurement.scales import Scale, angles, measured, proportions

COBB_ANGLE = Code("285285000", "SCT", "Cobb angle")
_TITLE = N_("Cobb angle")
_DASHED = GraphicStyle(is_dashed=True)
_LONGEST = 1.5
"""Of the way between the lines' middles: farther out the crossing of the perpendiculars is not drawn to."""
_PARALLEL = 1e-9


class Cobb(Kind):
    """The ends of both lines; then the ends of the perpendiculars from their middles, where they meet."""

    id = "cobb"
    title = _TITLE
    help = N_("The angle of a curve of the spine: a line along the upper and one along the lower end plate")
    group = KindGroup.ANGLES
    icon = "cobb"
    least = 4
    most = 4
    code = COBB_ANGLE

    def settled(self, points: Sequence[Point], ground: Ground) -> tuple[Point, ...]:
        """Return the lines with the ends of their perpendiculars."""
        own = tuple(points[:4])
        return own if len(own) < self.least else (*own, *_perpendiculars(own, ground))

    def moved(self, annotation: Annotation, handle: int, to: Point, ground: Ground) -> tuple[Point, ...]:
        """Return the points after the end of a line was taken elsewhere; the perpendiculars follow."""
        own = list(annotation.points[:4])
        if handle < len(own):
            own[handle] = to
        return self.settled(own, ground)

    def handles(self, annotation: Annotation) -> tuple[int, ...]:
        """Return the ends of the lines."""
        return tuple(range(min(len(annotation.points), 4)))

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return both lines, and the perpendiculars dashed."""
        points = annotation.points
        lines = [GraphicObject(GraphicType.POLYLINE, pair) for pair in (points[:2], points[2:4]) if pair]
        for pair, end in zip((points[:2], points[2:4]), points[4:6], strict=False):
            lines.append(GraphicObject(GraphicType.POLYLINE, (_middle(*pair), end), style=_DASHED))
        return tuple(lines)

    def label_point(self, annotation: Annotation) -> Point:
        """Return the point farthest right of the reader's own."""
        return max(annotation.points[:4])

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return the angle, 0 to 180: both lines looked along to the same side of the spine, however drawn."""
        if len(annotation.points) < self.least:
            return ()

        def work(scale: Scale) -> Reading | str:
            found = _cobb_deg([scale.to_units(point) for point in annotation.points[:4]])
            return _("A line has no length") if found is None else scale.angle_reading(COBB_ANGLE, _TITLE, found)

        return (measured(angles(ground, annotation.points[:4]), COBB_ANGLE, _TITLE, work),)


def _cobb_deg(points: Sequence[Point]) -> float | None:
    """Return the angle of two lines that are both followed to the same side of the way from one to the other."""
    a, b, c, d = points
    spine = direction(_middle(a, b), _middle(c, d))
    first, second = direction(a, b), direction(c, d)
    sides = [spine[0] * way[1] - spine[1] * way[0] for way in (first, second)]
    is_opposite = sides[0] * sides[1] < 0
    if sides[0] * sides[1] == 0:  # a line along the spine has no side: the smaller angle is meant
        is_opposite = first[0] * second[0] + first[1] * second[1] < 0
    return angle_deg(first, (-second[0], -second[1]) if is_opposite else second)


def _perpendiculars(points: tuple[Point, ...], ground: Ground) -> tuple[Point, ...]:
    """Return where the perpendiculars from the lines' middles end: where they meet, unless that is far out."""
    across, down = proportions(ground, points)
    a, b, c, d = ((x * across, y * down) for x, y in points)
    (mx, my), (nx, ny) = starts = _middle(a, b), _middle(c, d)
    ways = [(-way[1], way[0]) for way in (direction(a, b), direction(c, d))]
    (px, py), (qx, qy) = ways
    cross = px * qy - py * qx
    if abs(cross) <= _PARALLEL * math.hypot(px, py) * math.hypot(qx, qy):
        return ()
    reach = math.dist(*starts) * _LONGEST
    steps = ((nx - mx) * qy - (ny - my) * qx) / cross, ((nx - mx) * py - (ny - my) * px) / cross
    ends = []
    for start, way, step in zip(starts, ways, steps, strict=True):
        length = abs(step) * math.hypot(*way)
        share = step if length <= reach else step * reach / length
        ends.append(((start[0] + share * way[0]) / across, (start[1] + share * way[1]) / down))
    return tuple(ends)


def _middle(a: Point, b: Point) -> Point:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
