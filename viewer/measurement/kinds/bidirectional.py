"""Bidirectional: the longest diameter of a lesion and the greatest one at a right angle to it (RECIST, WHO)."""

import math
from collections.abc import Sequence

from viewer.base.translation import N_, _
from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.plane_angles import angle_deg, direction
from viewer.measurement.reading import Reading
from viewer.measurement.scales import Scale, lengths, measured, proportions

LONG_AXIS = Code("103339001", "SCT", "Long axis")
SHORT_AXIS = Code("103340004", "SCT", "Short axis")
RIGHT_ANGLE_TOLERANCE_DEG = 1.0
_LONG = N_("Long axis")
_SHORT = N_("Short axis")
_FIRST_SHARE = 0.5
"""Of the long axis: how long the other one is when it is first offered."""


class Bidirectional(Kind):
    """The ends of the long axis, then those of the short one."""

    id = "bidirectional"
    title = N_("Bidirectional")
    help = N_("Long axis of a lesion and the short axis at a right angle to it, as RECIST wants them")
    group = KindGroup.LINES
    icon = "bidirectional"
    keys = ("Ctrl+B",)
    most = 4
    code = LONG_AXIS

    def settled(self, points: Sequence[Point], ground: Ground) -> tuple[Point, ...]:
        """Return all four points: a short axis is offered across the middle of the long one where there is none."""
        if len(points) != self.least:
            return tuple(points)
        half = math.dist(*_in_units(points, ground)) * _FIRST_SHARE / 2
        return _with_short_axis(points[0], points[1], (0.5, -half, half), ground)

    def moved(self, annotation: Annotation, handle: int, to: Point, ground: Ground) -> tuple[Point, ...]:
        """Return the axes after one end was taken elsewhere: they stay at a right angle."""
        points = list(annotation.points)
        if len(points) < self.most:
            return super().moved(annotation, handle, to, ground)
        if handle < 2:
            place = _short_axis(points, ground)
            points[handle] = to
            return tuple(points) if place is None else _with_short_axis(points[0], points[1], place, ground)
        place = _short_axis([*points[:2], to, to], ground)
        kept = _short_axis(points, ground)
        if place is None or kept is None:
            return super().moved(annotation, handle, to, ground)
        along, away, _same = place
        ends = (along, away, kept[2]) if handle == 2 else (along, kept[1], away)
        return _with_short_axis(points[0], points[1], ends, ground)

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return both axes."""
        points = annotation.points
        pairs = (points[:2], points[2:4])
        return tuple(GraphicObject(GraphicType.POLYLINE, pair) for pair in pairs if pair)

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return both lengths, the greater one first, and a warning where they are not at a right angle."""
        points = annotation.points
        if len(points) < self.most:
            return ()
        scale = lengths(ground, points)

        def long_axis(on: Scale) -> Reading:
            return on.reading(LONG_AXIS, _LONG, max(_both(on, points)))

        def short_axis(on: Scale) -> Reading:
            return on.reading(SHORT_AXIS, _SHORT, min(_both(on, points)), caution=_warning(points, ground))

        return measured(scale, LONG_AXIS, _LONG, long_axis), measured(scale, SHORT_AXIS, _SHORT, short_axis)


def _both(scale: Scale, points: Sequence[Point]) -> tuple[float, float]:
    return scale.distance(points[0], points[1]), scale.distance(points[2], points[3])


def _warning(points: Sequence[Point], ground: Ground) -> str:
    a, b, c, d = _in_units(points[:4], ground)
    between = angle_deg(direction(a, b), direction(c, d))
    if between is None or abs(between - 90.0) <= RIGHT_ANGLE_TOLERANCE_DEG:
        return ""
    return _("The axes are not at a right angle: {0}°").format(f"{between:.0f}")


def _in_units(points: Sequence[Point], ground: Ground) -> list[Point]:
    across, down = proportions(ground, points)
    return [(x * across, y * down) for x, y in points]


def _short_axis(points: Sequence[Point], ground: Ground) -> tuple[float, float, float] | None:
    """Return where the short axis crosses the long one, as a share of it, and how far its ends are on either side."""
    a, b, c, d = _in_units(points, ground)
    way, length = direction(a, b), math.dist(a, b)
    if length == 0.0:
        return None
    shares, sides = [], []
    for end in (c, d):
        off = direction(a, end)
        shares.append((off[0] * way[0] + off[1] * way[1]) / length**2)
        sides.append((way[0] * off[1] - way[1] * off[0]) / length)
    return (shares[0] + shares[1]) / 2, sides[0], sides[1]


def _with_short_axis(a: Point, b: Point, place: tuple[float, float, float], ground: Ground) -> tuple[Point, ...]:
    across, down = proportions(ground, (a, b))
    start, end = (a[0] * across, a[1] * down), (b[0] * across, b[1] * down)
    way, length = direction(start, end), math.dist(start, end)
    if length == 0.0:
        return a, b, a, a
    share = min(max(place[0], 0.0), 1.0)
    foot = start[0] + share * way[0], start[1] + share * way[1]
    ends = [(foot[0] - way[1] / length * side, foot[1] + way[0] / length * side) for side in place[1:]]
    (cx, cy), (dx, dy) = ends
    return a, b, (cx / across, cy / down), (dx / across, dy / down)
