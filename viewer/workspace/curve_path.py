"""The centre line that curved planes follow: picked on any plane of a group, shared by all of its views."""

from dataclasses import replace

from viewer.base.translation import N_
from viewer.dicom.image_plane import Vector
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.curve_line import line_through
from viewer.workspace.multiplanar import FOURTH_CELL, LAYOUT, PLANES, show_view
from viewer.workspace.volume_group import change_group
from viewer.workspace.volume_planes import held_inside
from viewer.workspace.volume_stepping import group_cells
from viewer.workspace.volume_view import CurvedKind, CurvedPath, Orientation, VolumeKind, VolumeView
from viewer.workspace.workspace import Workspace

TITLE = N_("Centre line")


def points_at(workspace: Workspace, cell: int | None = None) -> tuple[Vector, ...]:
    """Return the points picked in the group of a cell, the active one by default."""
    view = workspace.viewport(workspace.active if cell is None else cell).volume
    return view.path.points_mm if view is not None else ()


def flat_cell(workspace: Workspace, cell: int | None = None) -> int | None:
    """Return which cell of a group is laid flat along the line: the one asked for, else the first; None for none."""
    chosen = workspace.active if cell is None else cell
    states = workspace.volume_states()
    views = {each: states[each].volume for each in (chosen, *group_cells(states, chosen)) if each in states}
    flat = (each for each, view in views.items() if view is not None and view.kind is VolumeKind.CURVED)
    return next(flat, None)


def length_mm(points_mm: tuple[Vector, ...]) -> float:
    """Return how long the line through points is; 0 for no line."""
    line = line_through(points_mm)
    return line.length_mm if line is not None else 0.0


def add_point(
    workspace: Workspace, point_patient: Vector, cell: int | None = None, *, before: int | None = None, drag: int = 0
) -> int:
    """Add a point at the end, or before another one, and return its number."""
    points = points_at(workspace, cell)
    number = len(points) if before is None else before
    _put(workspace, (*points[:number], _held(workspace, point_patient, cell), *points[number:]), cell, drag)
    return number


def move_point(
    workspace: Workspace, number: int, point_patient: Vector, cell: int | None = None, *, drag: int = 0
) -> None:
    """Put a point elsewhere, in the volume."""
    points = points_at(workspace, cell)
    if 0 <= number < len(points):
        held = _held(workspace, point_patient, cell)
        _put(workspace, (*points[:number], held, *points[number + 1 :]), cell, drag)


def remove_point(workspace: Workspace, number: int = -1, cell: int | None = None) -> None:
    """Take a point away, the last one by default."""
    points = list(points_at(workspace, cell))
    if -len(points) <= number < len(points):
        points.pop(number)
        _put(workspace, tuple(points), cell)


def clear(workspace: Workspace) -> None:
    """Take the whole line away."""
    if points_at(workspace):
        _put(workspace, (), None)


def show_curved(workspace: Workspace) -> None:
    """Show the plane along the centre line: in the fourth cell of the multiplanar view, else in the active one."""
    cells = group_cells(workspace.volume_states(), workspace.active)
    is_laid_out = workspace.layout == LAYOUT and FOURTH_CELL in cells and len(cells) > len(PLANES)
    cell = FOURTH_CELL if is_laid_out else workspace.active
    seen, view = workspace.viewport(workspace.active).volume, workspace.viewport(cell).volume
    if view is None or view.kind is not VolumeKind.CURVED:
        # It is stretched along the normal of the plane that the reader picked on.
        orientation = seen.orientation if seen is not None else Orientation.AXIAL
        show_view(workspace, VolumeKind.CURVED, orientation, cell)


def change_curve(
    workspace: Workspace,
    *,
    kind: CurvedKind | None = None,
    angle_deg: float | None = None,
    position_mm: float | None = None,
    cell: int | None = None,
    drag: int = 0,
) -> None:
    """Lay a curved plane flat in another way, turn it about the line, or go along the line.

    It is that of the cell, the active one by default; where that shows a plane, the one of its group.
    """

    def how(view: VolumeView) -> VolumeView:
        path = view.path
        changed = CurvedPath(
            path.points_mm,
            path.kind if kind is None else kind,
            path.angle_deg if angle_deg is None else angle_deg % 360.0,
            path.position_mm if position_mm is None else min(max(position_mm, 0.0), length_mm(path.points_mm)),
        )
        return replace(view, path=changed)

    flat = flat_cell(workspace, cell)
    change_group(workspace, N_("Curved plane"), how, cell if flat is None else flat, drag)


def nearest_place(points_mm: tuple[Vector, ...], point_patient: Vector) -> float:
    """Return how far along the line its place nearest to a point is."""
    import numpy as np

    line = line_through(points_mm)
    if line is None:
        return 0.0
    away = np.linalg.norm(line.places - np.array(point_patient), axis=1)
    return float(line.distances[int(np.argmin(away))])


def _held(workspace: Workspace, point_patient: Vector, cell: int | None) -> Vector:
    geometry: VolumeGeometry | None = workspace.geometry_at(workspace.active if cell is None else cell)
    return point_patient if geometry is None else held_inside(geometry, point_patient)


def _put(workspace: Workspace, points: tuple[Vector, ...], cell: int | None, drag: int = 0) -> None:
    longest = length_mm(points)

    def how(view: VolumeView) -> VolumeView:
        path = replace(view.path, points_mm=points, position_mm=min(view.path.position_mm, longest))
        return replace(view, path=path)

    change_group(workspace, TITLE, how, cell, drag)
