"""The lines in which a group's planes cut each other, and what dragging them does. Pure geometry in LPS millimetres."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from viewer.dicom.image_plane import Vector, added, cross, dot, scaled, subtract
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.quaternion import about, after, angle_between
from viewer.workspace.volume_planes import held_inside, view_axes
from viewer.workspace.volume_view import Orientation, VolumeKind, VolumeView

LEAST_ANGLE_SINE = 0.05
"""Planes that lie nearer to each other (3°) have no line that could be read."""
LARGEST_SLAB_MM = 500.0
_NO_SLAB_MM = 0.2
"""Thickness handles let go nearer than this to their line switch the slab off."""


@dataclass(frozen=True, slots=True)
class CrosshairLine:
    """One plane of the group as another one of its views cuts it.

    Attributes:
        orientation: Of the plane the line stands for.
        direction: Along the line, a unit vector in the plane of the view.
        across: At right angles to it in the plane of the view, turned clockwise from it as the reader sees it.
        half_width_mm: From the line to the edge of the slab, in the plane of the view; 0 without a slab.
        sine: Of the angle between the two planes: a slab looks wider by its inverse where they are not at right angles.
    """

    orientation: Orientation
    direction: Vector
    across: Vector
    half_width_mm: float
    sine: float = 1.0


def planes_of(views: Iterable[VolumeView], group: str) -> dict[Orientation, VolumeView]:
    """Return the planes of a group by orientation; of several with the same, the first."""
    found: dict[Orientation, VolumeView] = {}
    for view in views:
        if view.kind is VolumeKind.PLANE and view.group == group:
            found.setdefault(view.orientation, view)
    return found


def crosshair_lines(view: VolumeView, planes: Mapping[Orientation, VolumeView]) -> tuple[CrosshairLine, ...]:
    """Return the lines of the group's other planes on a view; all of them run through its centre."""
    normal = view_axes(view)[2]
    lines = []
    for orientation in Orientation:
        other = planes.get(orientation)
        if other is None or orientation is view.orientation:
            continue
        other_normal = view_axes(other)[2]
        along = cross(normal, other_normal)
        sine = math.hypot(*along)
        if sine < LEAST_ANGLE_SINE:
            continue
        direction = scaled(along, 1 / sine)
        half = view.thickness_mm / 2 / sine
        lines.append(CrosshairLine(orientation, direction, cross(normal, direction), half, sine))
    return tuple(lines)


def moved_to(view: VolumeView, geometry: VolumeGeometry, point_patient: Vector) -> VolumeView:
    """Return the view with another centre, inside the volume."""
    return replace(view, center_mm=held_inside(geometry, point_patient))


def line_moved(view: VolumeView, geometry: VolumeGeometry, line: CrosshairLine, way_mm: Vector) -> VolumeView:
    """Return the view after its line was dragged along a way: the centre follows across the line alone."""
    step = scaled(line.across, dot(way_mm, line.across))
    return moved_to(view, geometry, added(view.center_mm, step))


def turned_by(view: VolumeView, axis: Vector, angle_deg: float) -> VolumeView:
    """Return the view turned about an axis through its centre."""
    return replace(view, turn=after(about(axis, angle_deg), view.turn))


def angle_dragged(view: VolumeView, start: Vector, end: Vector) -> float:
    """Return the angle in degrees about the view's normal from one dragged point to another, round the centre."""
    normal = view_axes(view)[2]
    a, b = (_in_plane(subtract(point, view.center_mm), normal) for point in (start, end))
    if not math.hypot(*a) or not math.hypot(*b):
        return 0.0
    return angle_between(a, b, normal)


def thickness_dragged(view: VolumeView, line: CrosshairLine, point: Vector) -> float:
    """Return how thick the slab is when the handle of its edge lies at a point; 0 where that is on the line."""
    distance = abs(dot(subtract(point, view.center_mm), line.across))
    thickness = 2 * distance * line.sine
    return 0.0 if thickness < _NO_SLAB_MM else min(thickness, LARGEST_SLAB_MM)


def shared_from(source: VolumeView, view: VolumeView) -> VolumeView:
    """Return a view of the same group with what the group shares taken from another one of it, but for turns.

    The points of the centre line are the group's; how it is laid flat is each view's own.

    A projection of the whole volume keeps how it projects: a slab of the planes is something else.
    """
    shared = replace(
        view,
        center_mm=source.center_mm,
        phase=source.phase,
        shows_crosshair=source.shows_crosshair,
        path=replace(view.path, points_mm=source.path.points_mm),
    )
    if _is_whole(view) or _is_whole(source):
        return shared
    return replace(shared, thickness_mm=source.thickness_mm, projection=source.projection)


def _is_whole(view: VolumeView) -> bool:
    return view.kind in {VolumeKind.PROJECTION, VolumeKind.RENDERING}


def _in_plane(vector: Vector, normal: Vector) -> Vector:
    return subtract(vector, scaled(normal, dot(vector, normal)))
