"""Compound graphics in simple ones (C.10.5.1.3), for states that leave their simple graphics out against the rule."""

import math

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.graphic_objects import GraphicObject, GraphicStyle, GraphicType, Point
from viewer.dicom.presentation_state.values import CompoundGraphic

_FAR = 1e5
"""An infinite line is drawn so long, in its own units."""
_WITH_GAP = 0.5
"""What is left out of a cut line, of its length."""
_CROSS = 20.0
"""Half the length of a crosshair's arms, in its own units."""

_NEEDED = {"MULTILINE": 2, "CROSSHAIR": 1, "ELLIPSE": 4}


def simple_graphics(compound: CompoundGraphic) -> list[GraphicObject]:
    """Return a compound graphic in simple ones.

    Raises:
        DicomError: If its type is not known or it has too few points.
    """
    points = compound.points
    if len(points) < _NEEDED.get(compound.type, 2):
        raise DicomError(_("A compound graphic of the presentation state has too few points"))
    lines = _lines(compound.type, points)
    if lines is not None:
        style = GraphicStyle(has_arrow=compound.type in {"ARROW", "RANGELINE"})
        return [GraphicObject(GraphicType.POLYLINE, line, units=compound.units, style=style) for line in lines]
    if compound.type == "ELLIPSE":
        return [GraphicObject(GraphicType.ELLIPSE, points[:4], units=compound.units)]
    raise DicomError(_("The presentation state has a compound graphic of a type that is not known"))


def _lines(kind: str, points: tuple[Point, ...]) -> list[tuple[Point, ...]] | None:
    first, last = points[0], points[-1]
    if kind in {"ARROW", "RULER", "AXIS"}:
        return [(first, points[1])]
    if kind == "RANGELINE":  # an arrow's head at either end
        return [(first, points[1]), (points[1], first)]
    if kind == "MULTILINE":
        return [points[at : at + 2] for at in range(0, len(points) - 1, 2)]
    if kind == "INFINITELINE":
        return [_through(first, points[1])]
    if kind == "CUTLINE":
        return _with_gap(first, points[1])
    if kind == "RECTANGLE":
        return [(first, (last[0], first[1]), last, (first[0], last[1]), first)]
    if kind == "CROSSHAIR":
        x, y = first
        return [((x - _CROSS, y), (x + _CROSS, y)), ((x, y - _CROSS), (x, y + _CROSS))]
    return None


def _through(first: Point, second: Point) -> tuple[Point, ...]:
    length = math.dist(first, second) or 1.0
    across, down = (second[0] - first[0]) / length * _FAR, (second[1] - first[1]) / length * _FAR
    return (first[0] - across, first[1] - down), (first[0] + across, first[1] + down)


def _with_gap(first: Point, second: Point) -> list[tuple[Point, ...]]:
    part = (1 - _WITH_GAP) / 2
    across, down = (second[0] - first[0]) * part, (second[1] - first[1]) * part
    return [
        (first, (first[0] + across, first[1] + down)),
        ((second[0] - across, second[1] - down), second),
    ]
