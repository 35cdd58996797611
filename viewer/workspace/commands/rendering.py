"""Commands of volume renderings: showing one, how it is lit and seen, and what is cut away."""

from collections.abc import Callable
from dataclasses import replace

from viewer.base.translation import N_
from viewer.dicom.image_plane import dot
from viewer.workspace.commands.command import Command, has_images
from viewer.workspace.commands.volume import if_volume, view_of
from viewer.workspace.multiplanar import show_view
from viewer.workspace.rendering_view import (
    box_to_begin_with,
    change_rendering,
    clip_at_plane,
    is_shaded,
    rendering_at,
    step_preset,
    zoom_to_fit,
)
from viewer.workspace.tools.tool import Tool
from viewer.workspace.volume_group import look_from
from viewer.workspace.volume_planes import orientation_axes
from viewer.workspace.volume_stepping import WHOLE
from viewer.workspace.volume_view import Orientation, VolumeKind
from viewer.workspace.workspace import Workspace

_PARALLEL = 1 - 1e-6


def has_rendering(workspace: Workspace) -> bool:
    """Return whether the active viewport shows a rendering."""
    return rendering_at(workspace) is not None


def _has_camera(workspace: Workspace) -> bool:
    view = view_of(workspace)
    return view is not None and view.kind in WHOLE


def _has_cuts(workspace: Workspace) -> bool:
    look = rendering_at(workspace)
    return look is not None and bool(look.cuts or look.clip_box or look.clip_planes)


def _show(workspace: Workspace) -> None:
    show_view(workspace, VolumeKind.RENDERING)


def _toggle_perspective(workspace: Workspace) -> None:
    change_rendering(workspace, N_("Perspective"), lambda look: replace(look, is_perspective=not look.is_perspective))


def _toggle_shading(workspace: Workspace) -> None:
    shaded = is_shaded(workspace)
    change_rendering(workspace, N_("Shading"), lambda look: replace(look, is_shaded=not shaded))


def _toggle_box(workspace: Workspace) -> None:
    geometry = workspace.geometry_at(workspace.active)
    if geometry is not None:
        box = box_to_begin_with(geometry)
        change_rendering(
            workspace,
            N_("Clipping box"),
            lambda look: replace(look, clip_box=None if look.clip_box is not None else box),
        )


def _restore(workspace: Workspace) -> None:
    change_rendering(
        workspace, N_("Show everything again"), lambda look: replace(look, cuts=(), clip_box=None, clip_planes=())
    )


def _undo_cut(workspace: Workspace) -> None:
    change_rendering(workspace, N_("Take the last cut back"), lambda look: replace(look, cuts=look.cuts[:-1]))


def _side(name: str, title: str, key: str, azimuth_deg: float, elevation_deg: float) -> Command:
    return Command(
        id=f"rendering.from_{name}",
        title=title,
        run=lambda workspace: look_from(workspace, azimuth_deg, elevation_deg),
        keys=(key,),
        menu="volume/rendering",
        group="side",
        enabled=_has_camera,
    )


def _tool(tool: Tool, title: str, key: str, icon: str, help_text: str) -> Command:
    return Command(
        id=f"tool.{tool.value}",
        title=title,
        run=lambda workspace: workspace.set_tool(tool),
        keys=(key,),
        menu="volume/rendering",
        group="cut",
        enabled=has_rendering,
        checked=lambda workspace: workspace.tool is tool,
        is_exclusive=True,
        icon=icon,
        help=help_text,
    )


def _plane(orientation: Orientation, title: str) -> Command:
    def is_on(workspace: Workspace) -> bool:
        look, view = rendering_at(workspace), view_of(workspace)
        if look is None or view is None:
            return False
        normal = orientation_axes(orientation, view.turn)[2]
        return any(abs(dot(normal, each)) > _PARALLEL for _point, each in look.clip_planes)

    return Command(
        id=f"rendering.clip_{orientation.value}",
        title=title,
        run=lambda workspace: clip_at_plane(workspace, orientation),
        menu="volume/rendering",
        group="plane",
        enabled=has_rendering,
        checked=is_on,
        help=N_("One side of the plane through the crosshair is cut away; again for the other side, then for none"),
    )


def _look(
    name: str, title: str, key: str, run: Callable[[Workspace], None], help_text: str = "", icon: str = ""
) -> Command:
    return Command(
        id=f"rendering.{name}",
        title=title,
        run=run,
        keys=(key,) if key else (),
        menu="volume/rendering",
        group="look",
        enabled=has_rendering,
        icon=icon,
        help=help_text,
    )


COMMANDS = (
    Command(
        id="rendering.show",
        title=N_("Volume rendering"),
        run=if_volume(_show),
        keys=("E",),
        menu="volume",
        group="view",
        enabled=has_images,
        checked=has_rendering,
        is_exclusive=True,
        icon="box",
        help=N_("The series in three dimensions: drag to turn it, the wheel turns it round the patient"),
        is_in_toolbar=True,
    ),
    _tool(
        Tool.CUT,
        N_("Scalpel: cut away"),
        "Shift+X",
        "scissors",
        N_("Draw an outline on a rendering: what lies under it is cut away through the whole depth"),
    ),
    _tool(
        Tool.KEEP,
        N_("Scalpel: keep only"),
        "Shift+K",
        "lasso",
        N_("Draw an outline on a rendering: all but what lies under it is cut away"),
    ),
    Command(
        id="rendering.undo_cut",
        title=N_("Take the last cut back"),
        run=_undo_cut,
        menu="volume/rendering",
        group="cut",
        enabled=lambda workspace: bool((look := rendering_at(workspace)) and look.cuts),
    ),
    Command(
        id="rendering.box",
        title=N_("Clipping box"),
        run=_toggle_box,
        keys=("Shift+B",),
        menu="volume/rendering",
        group="cut",
        enabled=has_rendering,
        checked=lambda workspace: bool((look := rendering_at(workspace)) and look.clip_box),
        icon="crop",
        help=N_("Only what lies in a box is shown; drag the middles of its sides"),
    ),
    Command(
        id="rendering.restore",
        title=N_("Show everything again"),
        run=_restore,
        menu="volume/rendering",
        group="cut",
        enabled=_has_cuts,
        help=N_("Cuts, clipping planes and the clipping box are taken back"),
    ),
    _plane(Orientation.AXIAL, N_("Clip at the axial plane")),
    _plane(Orientation.CORONAL, N_("Clip at the coronal plane")),
    _plane(Orientation.SAGITTAL, N_("Clip at the sagittal plane")),
    _look("next_preset", N_("Next preset"), "J", lambda workspace: step_preset(workspace, 1)),
    _look("previous_preset", N_("Previous preset"), "Shift+J", lambda workspace: step_preset(workspace, -1)),
    replace(
        _look("shading", N_("Shading"), "Shift+D", _toggle_shading, N_("Surfaces are lit by a lamp at the camera")),
        checked=is_shaded,
    ),
    replace(
        _look(
            "perspective",
            N_("Perspective"),
            "Shift+E",
            _toggle_perspective,
            N_("Near parts are larger than far ones; nothing can be measured then"),
        ),
        checked=lambda workspace: bool((look := rendering_at(workspace)) and look.is_perspective),
    ),
    _look("fit", N_("Fit the volume"), "", zoom_to_fit),
    _side("front", N_("From the front"), "Ctrl+Alt+1", 0.0, 0.0),
    _side("back", N_("From the back"), "Ctrl+Alt+2", 180.0, 0.0),
    _side("left", N_("From the left"), "Ctrl+Alt+3", 90.0, 0.0),
    _side("right", N_("From the right"), "Ctrl+Alt+4", 270.0, 0.0),
    _side("head", N_("From the head"), "Ctrl+Alt+5", 0.0, 90.0),
    _side("feet", N_("From the feet"), "Ctrl+Alt+6", 0.0, -90.0),
)
