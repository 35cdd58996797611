"""A rendering's look as values of the workspace, and as the ray caster is asked for it; and how hands change it."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace

from viewer.base.errors import VolumeError
from viewer.base.translation import N_
from viewer.volume.rendering_camera import RenderingCamera, fitted, pose_of
from viewer.volume.rendering_presets import (
    RenderingPreset,
    first_preset,
    functions_from_text,
    functions_text,
    preset_named,
    presets_for,
)
from viewer.volume.rendering_request import MOST_CUTS, ClipBox, ClipPlane, Cut, RenderingRequest
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.transfer_functions import TransferFunctions
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.tools.tool import Tool
from viewer.workspace.volume_planes import orientation_axes, placed
from viewer.workspace.volume_view import Orientation, RenderingView, VolumeKind, VolumeView
from viewer.workspace.workspace import Workspace

Size = tuple[int, int]

_OF_LEFT = frozenset({Tool.PAN, Tool.ZOOM, Tool.CUT, Tool.KEEP})

TRACKBALL_DEG = 180.0
"""A drag over the shorter side of a viewport turns by so much."""


# As the ray caster is asked


@functools.lru_cache(32)  # asked for with every step of a hand
def _fitted_zoom(geometry: VolumeGeometry, size: Size) -> float:
    return fitted(RenderingCamera(), geometry, size).zoom


def camera_of(rendering: RenderingView, geometry: VolumeGeometry, size: Size) -> RenderingCamera:
    """Return the camera of a look: at zoom 1 the volume just fits as it is seen from the front."""
    standing = RenderingCamera(
        rendering.azimuth_deg,
        rendering.elevation_deg,
        rendering.roll_deg,
        _fitted_zoom(geometry, size),
        rendering.pan_mm,
        rendering.is_perspective,
    )
    return standing.zoomed(rendering.zoom)


def with_camera(
    rendering: RenderingView, camera: RenderingCamera, geometry: VolumeGeometry, size: Size
) -> RenderingView:
    """Return a look with what another camera says."""
    return replace(
        rendering,
        azimuth_deg=camera.azimuth_deg % 360.0,
        elevation_deg=camera.elevation_deg,
        roll_deg=camera.roll_deg,
        zoom=camera.zoom / _fitted_zoom(geometry, size),
        pan_mm=camera.pan_mm,
        is_perspective=camera.is_perspective,
    )


def preset_of(rendering: RenderingView, modality: str, own: Sequence[RenderingPreset] = ()) -> RenderingPreset:
    """Return the preset of a look; that which fits the modality when its own is there no longer."""
    try:
        return preset_named(rendering.preset, own) if rendering.preset else first_preset(modality)
    except VolumeError:
        return first_preset(modality)


def functions_of(rendering: RenderingView, modality: str, own: Sequence[RenderingPreset] = ()) -> TransferFunctions:
    """Return the transfer functions in force: the reader's own, else the preset's; lit as the reader wants."""
    functions = functions_from_text(rendering.functions) if rendering.functions else None
    if functions is None:
        functions = preset_of(rendering, modality, own).functions
    if rendering.is_shaded is None:
        return functions
    return replace(functions, shading=replace(functions.shading, is_on=rendering.is_shaded))


def request_of(
    volume: SeriesVolume,
    view: VolumeView,
    size: Size,
    own: Sequence[RenderingPreset] = (),
    cube: tuple[int, int, int] | None = None,
) -> RenderingRequest:
    """Return what the ray caster is asked for.

    Args:
        volume: To be rendered.
        view: Of it.
        size: Of the viewport in device pixels.
        own: The reader's presets.
        cube: Where the orientation cube stands.

    Raises:
        VolumeError: If the look cannot be meant for the volume.
    """
    rendering = view.rendering
    return RenderingRequest(
        volume,
        functions_of(rendering, volume.state.modality, own),
        camera_of(rendering, volume.geometry, size),
        size,
        view.phase,
        clip_box=held_box(rendering.clip_box, volume.geometry),
        clip_planes=tuple(ClipPlane(point, normal) for point, normal in rendering.clip_planes),
        cuts=tuple(Cut(outline, matrix, keeps) for outline, matrix, keeps in rendering.cuts),
        cube=cube,
    )


def held_box(box: ClipBox | None, geometry: VolumeGeometry) -> ClipBox | None:
    """Return a box within the voxels there are; None for none, and for one that holds them all."""
    if box is None:
        return None
    ends: list[int] = []
    for axis, count in enumerate(geometry.dimensions):
        low = min(max(box[2 * axis], 0), count - 1)
        ends += [low, min(max(box[2 * axis + 1], low), count - 1)]
    i0, i1, j0, j1, k0, k1 = ends
    return None if (i0, i1, j0, j1, k0, k1) == whole_box(geometry) else (i0, i1, j0, j1, k0, k1)


def whole_box(geometry: VolumeGeometry) -> ClipBox:
    """Return the box of all voxels."""
    columns, rows, slices = geometry.dimensions
    return 0, columns - 1, 0, rows - 1, 0, slices - 1


# Under a hand


def rendering_tool(tool: Tool, gesture: str) -> Tool:
    """Return which tool a gesture holds over a rendering: the left button turns with all that mean nothing here."""
    return tool if gesture != "left" or tool in _OF_LEFT else Tool.ROTATE


def turned_by_drag(start: RenderingView, geometry: VolumeGeometry, size: Size, dx: float, dy: float) -> RenderingView:
    """Return a look after a drag by device pixels rolled the volume like a ball."""
    degrees = TRACKBALL_DEG / min(size)
    camera = camera_of(start, geometry, size).turned(dx * degrees, dy * degrees)
    return with_camera(start, camera, geometry, size)


def rolled_by_drag(start: RenderingView, clockwise_deg: float) -> RenderingView:
    """Return a look turned clockwise in the picture."""
    return replace(start, roll_deg=(start.roll_deg - clockwise_deg) % 360.0)


def panned_by_drag(start: RenderingView, geometry: VolumeGeometry, size: Size, dx: float, dy: float) -> RenderingView:
    """Return a look after a drag by device pixels moved the picture."""
    camera = camera_of(start, geometry, size)
    mm = 2 * pose_of(camera, geometry, size).half_height_mm / size[1]
    return with_camera(start, camera.panned(dx * mm, dy * mm), geometry, size)


def zoomed_at(
    start: RenderingView, geometry: VolumeGeometry, size: Size, factor: float, at: tuple[float, float]
) -> RenderingView:
    """Return a look larger by a factor, with what is under a device pixel staying there."""
    camera = camera_of(start, geometry, size)
    zoomed = camera.zoomed(factor)
    mm = 2 * pose_of(camera, geometry, size).half_height_mm / size[1]
    share = 1 - camera.zoom / zoomed.zoom
    dx, dy = at[0] - size[0] / 2, at[1] - size[1] / 2
    return with_camera(start, zoomed.panned(-dx * mm * share, -dy * mm * share), geometry, size)


def windowed(functions: TransferFunctions, dx: float, dy: float) -> TransferFunctions:
    """Return functions stretched by a drag to the right, and moved to lower values by one upwards, as a window is."""
    low, high = functions.span
    middle, factor = (low + high) / 2, 2.0 ** (dx / 200.0)
    slope_offset = middle * (1 - factor) + dy * (high - low) / 600.0
    return functions.stretched(factor, slope_offset)


def with_cut(
    rendering: RenderingView,
    geometry: VolumeGeometry,
    size: Size,
    outline: Sequence[tuple[float, float]],
    *,
    keeps_inside: bool,
) -> RenderingView:
    """Return a look with what lies under an outline (in device pixels) cut away, or all but that.

    With as many cuts as a rendering may have, it stays as it is.
    """
    if len(rendering.cuts) >= MOST_CUTS:
        return rendering
    matrix = pose_of(camera_of(rendering, geometry, size), geometry, size).matrix
    points = tuple((x / size[0], y / size[1]) for x, y in outline)
    cut = (points, tuple(float(value) for value in matrix.ravel()), keeps_inside)
    return replace(rendering, cuts=(*rendering.cuts, cut))


# In the workspace


def rendering_at(workspace: Workspace, cell: int | None = None) -> RenderingView | None:
    """Return how a cell (the active one by default) renders; None where it does not."""
    view = workspace.viewport(workspace.active if cell is None else cell).volume
    return view.rendering if view is not None and view.kind is VolumeKind.RENDERING else None


def change_rendering(
    workspace: Workspace,
    title: str,
    how: Callable[[RenderingView], RenderingView],
    cell: int | None = None,
    drag: int = 0,
) -> None:
    """Change how a cell (the active one by default) renders, as one step of undo."""
    chosen = workspace.active if cell is None else cell
    state = workspace.viewport(chosen)
    if state.volume is None or state.volume.kind is not VolumeKind.RENDERING:
        return
    changed = replace(state.volume, rendering=how(state.volume.rendering))
    workspace.change(replace(state, volume=changed), title, cell=chosen, drag=drag)


def set_functions(workspace: Workspace, functions: TransferFunctions, cell: int | None = None, drag: int = 0) -> None:
    """Give a cell's rendering transfer functions of the reader's own."""
    text = functions_text(functions)
    change_rendering(
        workspace, N_("Colours and opacities"), lambda look: replace(look, functions=text, is_shaded=None), cell, drag
    )


def set_preset(workspace: Workspace, preset_id: str) -> None:
    """Give the active rendering a preset; the reader's own changes to the one before are gone (undo has them)."""
    change_rendering(
        workspace, N_("Rendering preset"), lambda look: replace(look, preset=preset_id, functions="", is_shaded=None)
    )


def step_preset(workspace: Workspace, steps: int) -> None:
    """Give the active rendering another of the presets for its modality."""
    look, modality = rendering_at(workspace), modality_at(workspace)
    if look is None:
        return
    own = workspace.shared.renderings.presets
    presets = [preset.id for preset in presets_for(modality, own)]
    current = preset_of(look, modality, own).id
    place = presets.index(current) if current in presets else -1
    set_preset(workspace, presets[(place + steps) % len(presets)])


def modality_at(workspace: Workspace, cell: int | None = None) -> str:
    """Return the modality of what a cell (the active one by default) shows."""
    display_set = workspace.display_set_at(workspace.active if cell is None else cell)
    return display_set.images[0].header.modality if display_set is not None and display_set.images else ""


def is_shaded(workspace: Workspace) -> bool:
    """Return whether the active rendering is lit."""
    look = rendering_at(workspace)
    if look is None:
        return False
    return functions_of(look, modality_at(workspace), workspace.shared.renderings.presets).is_shaded


def zoom_to_fit(workspace: Workspace) -> None:
    """Show the whole volume, in the middle."""
    change_rendering(workspace, N_("Fit"), lambda look: replace(look, zoom=1.0, pan_mm=RenderingView().pan_mm))


def box_to_begin_with(geometry: VolumeGeometry) -> ClipBox:
    """Return the box that is shown first: a little within the volume, so that its sides can be seen and held."""
    ends: list[int] = []
    for count in geometry.dimensions:
        inset = count // 10
        ends += [inset, count - 1 - inset]
    i0, i1, j0, j1, k0, k1 = ends
    return i0, i1, j0, j1, k0, k1


def clip_at_plane(workspace: Workspace, orientation: Orientation) -> None:
    """Show only what lies on one side of a plane of the group; again for the other side, and once more for both."""
    view, geometry = workspace.viewport(workspace.active).volume, workspace.geometry_at(workspace.active)
    if view is None or geometry is None:
        return
    center = placed(view, geometry).center_mm
    x, y, z = orientation_axes(orientation, view.turn)[2]
    ahead = (center, (x, y, z))
    behind = (center, (-x, -y, -z))

    def changed(look: RenderingView) -> RenderingView:
        others = tuple(plane for plane in look.clip_planes if plane not in {ahead, behind})
        if ahead in look.clip_planes:
            return replace(look, clip_planes=(*others, behind))
        return replace(look, clip_planes=others if behind in look.clip_planes else (*others, ahead))

    change_rendering(workspace, N_("Clip at a plane"), changed)
