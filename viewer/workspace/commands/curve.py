"""Commands for planes along a picked centre line."""

from viewer.base.translation import N_
from viewer.workspace.commands.command import Command
from viewer.workspace.commands.volume import has_plane, has_view, if_volume, view_of
from viewer.workspace.curve_path import (
    add_point,
    change_curve,
    clear,
    flat_cell,
    points_at,
    remove_point,
    show_curved,
)
from viewer.workspace.tools.tool import Tool
from viewer.workspace.volume_planes import placed
from viewer.workspace.volume_view import CurvedKind, VolumeKind
from viewer.workspace.workspace import Workspace

CURVED_TITLES = {
    CurvedKind.STRAIGHTENED: N_("Straightened"),
    CurvedKind.STRETCHED: N_("Stretched"),
    CurvedKind.CROSS_SECTION: N_("Cross-section"),
}


def _has_points(workspace: Workspace) -> bool:
    return bool(points_at(workspace))


def _is_curved(workspace: Workspace) -> bool:
    view = view_of(workspace)
    return view is not None and view.kind is VolumeKind.CURVED


def _add_where_planes_cross(workspace: Workspace) -> None:
    view, geometry = view_of(workspace), workspace.geometry_at(workspace.active)
    if view is not None and geometry is not None:
        add_point(workspace, placed(view, geometry).center_mm)


def _laid(kind: CurvedKind) -> Command:
    return Command(
        id=f"curve.{kind.name.lower()}",
        title=CURVED_TITLES[kind],
        run=lambda workspace: change_curve(workspace, kind=kind),
        menu="volume/curve",
        group="kind",
        enabled=lambda workspace: flat_cell(workspace) is not None,
        checked=lambda workspace: _kind_at(workspace) is kind,
        is_exclusive=True,
    )


def _kind_at(workspace: Workspace) -> CurvedKind | None:
    cell = flat_cell(workspace)
    view = workspace.viewport(cell).volume if cell is not None else None
    return view.path.kind if view is not None else None


COMMANDS = (
    Command(
        id="tool.curve",
        title=N_("Pick a centre line"),
        run=lambda workspace: workspace.set_tool(Tool.CURVE),
        keys=("Shift+P",),
        menu="volume/curve",
        group="pick",
        enabled=has_view,
        checked=lambda workspace: workspace.tool is Tool.CURVE,
        icon="spline",
        help=N_("Press on planes to add points, drag them, double-click to take one away"),
    ),
    Command(
        id="volume.curved",
        title=N_("Plane along the centre line"),
        run=if_volume(show_curved),
        keys=("Ctrl+Shift+C",),
        menu="volume/curve",
        group="pick",
        enabled=has_view,
        checked=_is_curved,
        help=N_("The volume laid flat along the picked line, in the fourth viewport; the wheel turns it"),
    ),
    *map(_laid, CURVED_TITLES),
    Command(
        id="curve.add_point",
        title=N_("Point where the planes cross"),
        run=_add_where_planes_cross,
        keys=("Ins",),
        menu="volume/curve",
        group="pick",
        enabled=lambda workspace: has_plane(workspace) and workspace.geometry_at(workspace.active) is not None,
        help=N_("Add a point of the centre line at the crosshair"),
    ),
    Command(
        id="curve.remove_point",
        title=N_("Take the last point away"),
        run=remove_point,
        keys=("Backspace",),
        menu="volume/curve",
        group="remove",
        enabled=_has_points,
    ),
    Command(
        id="curve.clear",
        title=N_("Take the centre line away"),
        run=clear,
        keys=("Shift+Backspace",),
        menu="volume/curve",
        group="remove",
        enabled=_has_points,
    ),
)
