"""Looking at a series as a volume: the 3+1 layout, single planes and projections, and the way back to its images.

Works on the workspace alone. What is done here is one step of undo each.
"""

from dataclasses import replace

from viewer.base.translation import N_, _
from viewer.dicom.image_plane import dot
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.volume.reslice_plane import Projection
from viewer.workspace.arrangement import Arrangement
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.layout import Layout
from viewer.workspace.viewport_state import CineState, ViewportState
from viewer.workspace.volume_planes import UNPLACED, placed
from viewer.workspace.volume_sources import phases_of, volume_refusal
from viewer.workspace.volume_stepping import WHOLE, group_cells
from viewer.workspace.volume_view import CurvedPath, Orientation, VolumeKind, VolumeView
from viewer.workspace.workspace import Workspace

LAYOUT = Layout(2, 2)
PLANES = (Orientation.AXIAL, Orientation.CORONAL, Orientation.SAGITTAL)
FOURTH_CELL = 3


# Entering and leaving


def refusal_at(workspace: Workspace, cell: int | None = None) -> str:
    """Return why what a cell (the active one by default) shows cannot be a volume, translated; empty where it may."""
    display_set = workspace.display_set_at(workspace.active if cell is None else cell)
    return _("No series is shown here") if display_set is None else volume_refusal(display_set)


def fourth_of(display_set: DisplaySet) -> VolumeKind:
    """Return what stands beside three planes: of CT, whose projections are bone alone, a rendering."""
    is_ct = display_set.images[0].header.modality == "CT"
    return VolumeKind.RENDERING if is_ct else VolumeKind.PROJECTION


def enter(workspace: Workspace, fourth: VolumeKind | None = None) -> None:
    """Show the active series by three planes and a fourth view, by default that which suits it (fourth_of)."""
    display_set = workspace.display_set_at(workspace.active)
    if display_set is None or volume_refusal(display_set):
        return
    source = workspace.viewport(workspace.active)
    _remember(workspace)
    start = _start(workspace, source, display_set)
    views = [replace(start, orientation=each) for each in PLANES]
    states = {cell: _looking(source, display_set, view) for cell, view in enumerate(views)}
    whole = _whole(workspace, display_set, start, fourth or fourth_of(display_set))
    states[FOURTH_CELL] = _looking(source, display_set, whole)
    workspace.change_together(states, N_("Multiplanar view"), layout=LAYOUT)
    workspace.activate(0)


def leave(workspace: Workspace) -> None:
    """Show images again, in the layout there was before, where the planes are now."""
    cell = workspace.active
    view = workspace.viewport(cell).volume
    if view is None:
        return
    states = workspace.volume_states()
    cells = group_cells(states, cell)
    before = workspace.before_volumes
    if before is None or workspace.layout != LAYOUT or len(cells) < len(PLANES):
        changed = {each: _images_of(workspace, states[each]) for each in cells}
        workspace.change_together(changed, N_("Leave the multiplanar view"))
        return
    workspace.before_volumes = None
    key = states[cell].display_set_key
    restored = {
        each: _scrolled_along(workspace, state, states[cell]) if state.display_set_key == key else state
        for each, state in before.states.items()
    }
    workspace.change_together(restored, N_("Leave the multiplanar view"), layout=before.layout)
    workspace.activate(before.active)


def show_view(
    workspace: Workspace, kind: VolumeKind, orientation: Orientation = Orientation.AXIAL, cell: int | None = None
) -> None:
    """Show the series of a cell (the active one by default) by one view, which joins the group there is of it."""
    chosen = workspace.active if cell is None else cell
    display_set, source = workspace.display_set_at(chosen), workspace.viewport(chosen)
    if display_set is None or volume_refusal(display_set):
        return
    start = replace(_start(workspace, source, display_set), orientation=orientation)
    view = start if kind is VolumeKind.PLANE else _whole(workspace, display_set, start, kind)
    workspace.change(_looking(source, display_set, view), N_("View of the volume"), cell=chosen)


def show_images(workspace: Workspace, cell: int | None = None) -> None:
    """Show the images themselves in a cell (the active one by default), at the place of its view."""
    chosen = workspace.active if cell is None else cell
    state = workspace.viewport(chosen)
    if state.volume is not None:
        workspace.change(_images_of(workspace, state), N_("Images"), cell=chosen)


# Parts


def _start(workspace: Workspace, source: ViewportState, display_set: DisplaySet) -> VolumeView:
    """Return a plane in the group of a display set: with its centre and turn where it is on screen, else unplaced."""
    phases = phases_of(display_set, workspace.catalogue)
    group = phases[0].key  # runs of one series are one volume
    alike = (state.volume for state in workspace.volume_states().values())
    joined = next((view for view in alike if view is not None and view.group == group), None)
    if joined is None:
        view = VolumeView(group=group, center_mm=UNPLACED, phase=phases.index(display_set))
    else:
        is_whole = joined.kind in WHOLE
        view = VolumeView(
            group=group,
            center_mm=joined.center_mm,
            turn=joined.turn,
            thickness_mm=0.0 if is_whole else joined.thickness_mm,
            projection=Projection.MEAN if is_whole else joined.projection,
            phase=joined.phase,
            shows_crosshair=joined.shows_crosshair,
            path=CurvedPath(joined.path.points_mm),
        )
    geometry = workspace.geometry_of(replace(source, volume=view))
    return view if geometry is None else placed(view, geometry)


def _whole(workspace: Workspace, display_set: DisplaySet, start: VolumeView, kind: VolumeKind) -> VolumeView:
    if kind is VolumeKind.PROJECTION:
        return replace(start, kind=kind, thickness_mm=0.0, projection=Projection.MAXIMUM)
    if kind is VolumeKind.RENDERING and display_set.images:
        header = display_set.images[0].header
        look = workspace.shared.renderings.look(header.study_instance_uid, header.series_instance_uid)
        start = start if look is None else replace(start, rendering=look)  # as it was last looked at
    return replace(start, kind=kind)


def _looking(source: ViewportState, display_set: DisplaySet, view: VolumeView) -> ViewportState:
    """Return the state of a view with the grey-scale choices of another; its image is the one in the middle."""
    return ViewportState(
        source.display_set_key,
        len(display_set.images) // 2,
        view=source.view,
        interpolation=source.interpolation,
        cine=CineState(),
        preset=source.preset,
        volume=view,
        fusion=source.fusion,
    )


def _remember(workspace: Workspace) -> None:
    layout, active = workspace.layout, workspace.active
    if workspace.viewport(active).volume is not None and layout == LAYOUT:
        return
    cells = range(max(LAYOUT.cell_count, 0 if layout.is_tiled else layout.cell_count))
    workspace.before_volumes = Arrangement(layout, {cell: workspace.state_of(cell) for cell in cells}, active)


def _images_of(workspace: Workspace, state: ViewportState) -> ViewportState:
    plain = replace(state, volume=None, transform=SpatialTransform(), cine=CineState(), is_true_size=False)
    return _scrolled_along(workspace, plain, state)


def _scrolled_along(workspace: Workspace, state: ViewportState, looking: ViewportState) -> ViewportState:
    """Return a state of images scrolled to the one nearest to the centre of a view of the same display set."""
    display_set, view = workspace.catalogue.find(state.display_set_key), looking.volume
    if display_set is None or display_set.geometry is None or view is None or view.center_mm == UNPLACED:
        return state
    stack = display_set.geometry
    at = dot(view.center_mm, stack.normal)
    index = min(range(len(stack.positions_mm)), key=lambda each: abs(stack.positions_mm[each] - at))
    return replace(state, index=index)
