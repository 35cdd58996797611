"""What the views of one group share and how it is changed: centre, turn, slab, phase; in one step of undo each."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from viewer.base.translation import N_
from viewer.dicom.image_plane import Vector, added, scaled
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.imaging.viewport_image import Interpolation
from viewer.volume.reslice_plane import Projection
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.crosshair import turned_by
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.volume_planes import (
    acquisition_turn,
    held_inside,
    kept_in_place,
    placed,
    reslice_plane_of,
    spacing_along,
    start_center,
    view_axes,
)
from viewer.workspace.volume_stepping import WHOLE, group_cells, with_group
from viewer.workspace.volume_view import NO_TURN, Orientation, RenderingView, VolumeKind, VolumeView
from viewer.workspace.workspace import Workspace

TURN_TITLE = N_("Turn the planes")
DEFAULT_SLAB_MM = 10.0
SLAB_STEPS_MM = (1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 70.0, 100.0, 150.0, 200.0)
"""What a key makes a slab thicker or thinner by."""


def change_group(
    workspace: Workspace, title: str, how: Callable[[VolumeView], VolumeView], cell: int | None = None, drag: int = 0
) -> None:
    """Change a cell's view (that of the active one by default), and what the group shares in the others'."""
    chosen = workspace.active if cell is None else cell
    states, geometry = workspace.volume_states(), workspace.geometry_at(chosen)
    view = states[chosen].volume if chosen in states else None
    if view is None:
        return
    if geometry is not None:
        view = placed(view, geometry)
    workspace.change_together(with_group(states, chosen, how(view)), title, drag=drag)


def move_center(
    workspace: Workspace, point_patient: Vector, cell: int | None = None, drag: int = 0, title: str = N_("Crosshair")
) -> None:
    """Let the planes of a cell's group cross at another place, in the volume."""
    geometry = workspace.geometry_at(workspace.active if cell is None else cell)
    if geometry is not None:
        center = held_inside(geometry, point_patient)
        change_group(workspace, title, lambda view: replace(view, center_mm=center), cell, drag)


def turn_group(workspace: Workspace, axis: Vector, angle_deg: float, cell: int | None = None, drag: int = 0) -> None:
    """Turn all planes of a cell's group about an axis through their centre."""
    turn_planes(workspace, lambda view: turned_by(view, axis, angle_deg), TURN_TITLE, cell, drag)


def turn_lines(
    workspace: Workspace,
    cell: int,
    start: Mapping[int, ViewportState],
    angle_deg: float,
    only: Orientation | None = None,
    drag: int = 0,
) -> None:
    """Turn the lines of a cell's crosshair from where they were at the start: its own picture stays as it is.

    Args:
        workspace: Of the window.
        cell: In which the lines are dragged.
        start: The states of the group's cells when the drag began.
        angle_deg: Since then, clockwise as the reader sees it.
        drag: As for Workspace.change.
        only: Turns the line of one plane alone: then the planes are no longer at right angles (double oblique).
    """
    geometry, own = workspace.geometry_at(cell), workspace.viewport(cell).volume
    if geometry is None or own is None:
        return
    normal = view_axes(own)[2]
    changed = {}
    for each, state in start.items():
        view = state.volume
        if view is None or view.kind is not VolumeKind.PLANE or view.orientation is own.orientation:
            continue
        angle = angle_deg if only in {None, view.orientation} else 0.0
        changed[each] = _turned(state, view, partial(turned_by, axis=normal, angle_deg=angle), geometry)
    workspace.change_together(changed, TURN_TITLE, drag=drag)


def turn_planes(
    workspace: Workspace, how: Callable[[VolumeView], VolumeView], title: str, cell: int | None = None, drag: int = 0
) -> None:
    """Change how the planes of a cell's group lie; on screen they keep their scale, and the centre its place."""
    chosen = workspace.active if cell is None else cell
    states, geometry = workspace.volume_states(), workspace.geometry_at(chosen)
    if geometry is None:
        return
    changed = {}
    for each in group_cells(states, chosen):
        view = states[each].volume
        if view is not None and view.kind is VolumeKind.PLANE:
            changed[each] = _turned(states[each], placed(view, geometry), how, geometry)
    workspace.change_together(changed, title, drag=drag)


def align(workspace: Workspace, *, with_patient: bool) -> None:
    """Lay the planes along the patient's axes, or as the slices were acquired."""
    geometry = workspace.geometry_at(workspace.active)
    if geometry is not None:
        turn = NO_TURN if with_patient else acquisition_turn(geometry)
        turn_planes(workspace, lambda view: replace(view, turn=turn), N_("Align the planes"))


def reset(workspace: Workspace) -> None:
    """Let the group's planes lie as they did at the start: through the middle, as acquired, without a slab, fitted."""
    states, geometry = workspace.volume_states(), workspace.geometry_at(workspace.active)
    if geometry is None:
        return
    center, turn = start_center(geometry), acquisition_turn(geometry)
    changed = {}
    for each in group_cells(states, workspace.active):
        state, view = states[each], states[each].volume
        if view is not None:
            plain = replace(view, center_mm=center, turn=turn, rendering=_level(view.rendering))
            if view.kind not in WHOLE:
                plain = replace(plain, thickness_mm=0.0, projection=Projection.MEAN)
            changed[each] = replace(state, volume=plain, transform=SpatialTransform(), is_true_size=False)
    workspace.change_together(changed, N_("Reset the planes"))


def set_slab(workspace: Workspace, thickness_mm: float, cell: int | None = None, drag: int = 0) -> None:
    """Give the planes of a cell's group a slab; 0 takes it away."""
    change_group(workspace, N_("Slab"), lambda view: replace(view, thickness_mm=thickness_mm), cell, drag)


def step_slab(workspace: Workspace, steps: int) -> None:
    """Make the slab of the active group thicker, or thinner; thinner than the thinnest is none."""
    view = workspace.viewport(workspace.active).volume
    if view is None:
        return
    sizes = (0.0, *SLAB_STEPS_MM)
    if steps > 0:
        thickness = next((size for size in sizes if size > view.thickness_mm + 1e-6), view.thickness_mm)
    else:
        thickness = next((size for size in reversed(sizes) if size < view.thickness_mm - 1e-6), 0.0)
    set_slab(workspace, thickness)


def set_projection(workspace: Workspace, projection: Projection) -> None:
    """Let the active view project in another way: a whole projection itself, planes all of their group."""
    change_group(workspace, N_("Projection"), lambda view: replace(view, projection=projection))


def set_phase(workspace: Workspace, phase: int, cell: int | None = None, drag: int = 0) -> None:
    """Show another phase in all views of a cell's group."""
    change_group(workspace, N_("Phase"), lambda view: replace(view, phase=phase), cell, drag)


def set_interpolation(workspace: Workspace, interpolation: Interpolation) -> None:
    """Interpolate otherwise in all views of the active group."""
    states = workspace.volume_states()
    cells = group_cells(states, workspace.active)
    workspace.change_together(
        {cell: replace(states[cell], interpolation=interpolation) for cell in cells}, N_("Interpolation")
    )


def nudge(workspace: Workspace, right: int, down: int) -> None:
    """Move the centre by voxels in the plane of the active view."""
    state, geometry = workspace.viewport(workspace.active), workspace.geometry_at(workspace.active)
    if state.volume is None or geometry is None or state.volume.kind in WHOLE:
        return
    view = placed(state.volume, geometry)
    across, along = _on_screen(state.transform, view)
    way = added(
        scaled(across, right * spacing_along(geometry, across)), scaled(along, down * spacing_along(geometry, along))
    )
    move_center(workspace, added(view.center_mm, way))


def tilt(workspace: Workspace, right: float, up: float, clockwise: float = 0.0) -> None:
    """Turn the group by degrees as the active view sees it: its right edge away, its upper edge away, clockwise.

    A projection is turned by its camera.
    """
    state, geometry = workspace.viewport(workspace.active), workspace.geometry_at(workspace.active)
    if state.volume is None or geometry is None:
        return
    view = placed(state.volume, geometry)
    if view.kind in WHOLE:
        turn_camera(workspace, azimuth_deg=-right, elevation_deg=-up, roll_deg=-clockwise)
        return
    across, along = _on_screen(state.transform, view)
    normal = view_axes(view)[2]
    for axis, angle in ((along, -right), (across, -up), (normal, clockwise)):
        if angle:
            turn_group(workspace, axis, angle)


def turn_camera(
    workspace: Workspace,
    *,
    azimuth_deg: float = 0.0,
    elevation_deg: float = 0.0,
    roll_deg: float = 0.0,
    cell: int | None = None,
    drag: int = 0,
) -> None:
    """Turn the camera of a projection or rendering."""
    state = workspace.viewport(workspace.active if cell is None else cell)
    if state.volume is None:
        return
    camera = state.volume.rendering
    turned = replace(
        camera,
        azimuth_deg=(camera.azimuth_deg + azimuth_deg) % 360.0,
        elevation_deg=min(max(camera.elevation_deg + elevation_deg, -90.0), 90.0),
        roll_deg=(camera.roll_deg + roll_deg) % 360.0,
    )
    put_camera(workspace, turned, cell, drag)


def look_from(workspace: Workspace, azimuth_deg: float, elevation_deg: float) -> None:
    """Let the camera of the active view stand somewhere, upright."""
    state = workspace.viewport(workspace.active)
    if state.volume is not None:
        camera = state.volume.rendering
        put_camera(workspace, replace(camera, azimuth_deg=azimuth_deg, elevation_deg=elevation_deg, roll_deg=0.0))


def put_camera(workspace: Workspace, camera: RenderingView, cell: int | None = None, drag: int = 0) -> None:
    """Give a projection or rendering another camera; what it shows keeps its scale."""
    chosen = workspace.active if cell is None else cell
    state = workspace.viewport(chosen)
    if state.volume is None or state.volume.kind not in WHOLE:
        return
    view = replace(state.volume, rendering=camera)
    transform = state.transform
    geometry = workspace.geometry_at(chosen)
    if geometry is not None and view.kind is VolumeKind.PROJECTION:
        before, after = reslice_plane_of(state.volume, geometry), reslice_plane_of(view, geometry)
        transform = kept_in_place(transform, before, after, geometry.center_mm)
    changed = replace(state, volume=view, transform=transform)
    workspace.change(changed, N_("Turn the view"), cell=chosen, drag=drag)


def _turned(
    state: ViewportState, view: VolumeView, how: Callable[[VolumeView], VolumeView], geometry: VolumeGeometry
) -> ViewportState:
    turned = how(view)
    before, after = reslice_plane_of(view, geometry), reslice_plane_of(turned, geometry)
    transform = kept_in_place(state.transform, before, after, view.center_mm)
    return replace(state, volume=turned, transform=transform)


def _level(rendering: RenderingView) -> RenderingView:
    return replace(rendering, azimuth_deg=0.0, elevation_deg=0.0, roll_deg=0.0, zoom=1.0, pan_mm=RenderingView().pan_mm)


def _on_screen(transform: SpatialTransform, view: VolumeView) -> tuple[Vector, Vector]:
    """Return the directions in the patient that point to the right and down on screen."""
    right, down, _normal = view_axes(view)
    (a, b), (c, d) = transform.display_matrix  # a turn, or a turn and a flip: its inverse is its transpose
    return added(scaled(right, a), scaled(down, b)), added(scaled(right, c), scaled(down, d))
