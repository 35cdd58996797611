"""Where the centre line of a group is on one of its planes on screen, in logical pixels; nothing is drawn here."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF

from viewer.dicom.image_plane import ImagePlane, Vector
from viewer.imaging.spatial_transform import ImagePlacement
from viewer.workspace.curve_line import line_through

REACH_PX = 7.0
"""So near to a point or to the line it is taken hold of."""
_STEPS = 240
"""Pieces a line is drawn by."""


@dataclass(frozen=True, slots=True, eq=False)
class CurveShape:
    """A centre line as a plane sees it.

    Attributes:
        points: Where the picked points are seen.
        are_near: Of each, whether the plane, or its slab, shows the place itself.
        line: Places along the line; empty for fewer than two points.
        is_line_near: Of each of them.
        along_mm: Of each of them, from the line's begin.
        picked_mm: Of each picked point.
        section: Where a cross-section cuts the line, and the direction across it on screen; None for none.
    """

    points: tuple[QPointF, ...]
    are_near: tuple[bool, ...]
    line: tuple[QPointF, ...] = ()
    is_line_near: tuple[bool, ...] = ()
    along_mm: tuple[float, ...] = ()
    picked_mm: tuple[float, ...] = ()
    section: tuple[QPointF, QPointF] | None = None


def curve_shape(
    points_mm: tuple[Vector, ...],
    section_mm: float | None,
    shown: tuple[ImagePlane, ImagePlacement],
    near_mm: float,
    ratio: float,
) -> CurveShape | None:
    """Return where a centre line is seen; None where none is picked.

    Args:
        points_mm: That were picked.
        section_mm: How far along the line a cross-section is shown; None for none.
        shown: Where the picture on screen lies in the patient, and on the screen.
        near_mm: How far from the plane a place may be to be in it.
        ratio: Device pixels per logical pixel.
    """
    if not points_mm:
        return None
    import numpy as np

    plane, placement = shown

    def seen(point: Sequence[float]) -> tuple[QPointF, bool]:
        column, row, distance = plane.point_image((point[0], point[1], point[2]))
        x, y = placement.to_viewport((column + 0.5, row + 0.5))
        return QPointF(x / ratio, y / ratio), abs(distance) <= near_mm

    picked = [seen(point) for point in points_mm]
    points, near = tuple(place for place, _near in picked), tuple(is_near for _place, is_near in picked)
    line = line_through(points_mm)
    if line is None:
        return CurveShape(points, near)
    along = np.linspace(0.0, line.length_mm, _STEPS)
    places = [seen(place) for place in line.at(along)]
    away = [np.linalg.norm(line.places - np.array(point), axis=1) for point in points_mm]
    return CurveShape(
        points,
        near,
        tuple(place for place, _near in places),
        tuple(is_near for _place, is_near in places),
        tuple(float(each) for each in along),
        tuple(float(line.distances[int(np.argmin(each))]) for each in away),
        _section(lambda where: seen(line.at(np.array([where]))[0])[0], section_mm),
    )


def point_at(shape: CurveShape, at: QPointF) -> int | None:
    """Return the picked point under the pointer: one that the plane shows before others; None for none."""
    near = [
        (not shape.are_near[number], _distance(at, point), number)
        for number, point in enumerate(shape.points)
        if _distance(at, point) <= REACH_PX
    ]
    return min(near)[2] if near else None


def gap_at(shape: CurveShape, at: QPointF) -> int | None:
    """Return before which point a new one on the line under the pointer comes; None off the line."""
    found = [
        (_distance(at, place), along)
        for place, along, is_near in zip(shape.line, shape.along_mm, shape.is_line_near, strict=True)
        if is_near
    ]
    if not found or min(found)[0] > REACH_PX:
        return None
    along = min(found)[1]
    return sum(each < along for each in shape.picked_mm)


def _section(seen: Callable[[float], QPointF], section_mm: float | None) -> tuple[QPointF, QPointF] | None:
    if section_mm is None:
        return None
    at, on = seen(section_mm), seen(section_mm + 0.5) - seen(section_mm - 0.5)
    length = math.hypot(on.x(), on.y())
    return (at, QPointF(-on.y() / length, on.x() / length)) if length > 0 else None


def _distance(one: QPointF, other: QPointF) -> float:
    return math.hypot(one.x() - other.x(), one.y() - other.y())
