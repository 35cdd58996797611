"""Commands for the phases of a volume: going from one to the next, playing them, and following values through them."""

from viewer.base.translation import N_
from viewer.workspace.commands.command import Command, has_images, has_window
from viewer.workspace.commands.file import in_window
from viewer.workspace.curve_placing import curves_at, place_at_center, remove_all, remove_last
from viewer.workspace.tools.tool import Tool
from viewer.workspace.volume_group import set_phase
from viewer.workspace.volume_phases import phase_count, set_played, step_phase, toggle_phase_cine
from viewer.workspace.workspace import Workspace


def has_phases(workspace: Workspace) -> bool:
    """Return whether the active viewport looks at a volume of several phases."""
    return phase_count(workspace) > 1


def _runs_through(workspace: Workspace, *, phases: bool) -> bool:
    return workspace.viewport(workspace.active).cine.is_through_phases == phases


def _is_playing(workspace: Workspace) -> bool:
    cine = workspace.viewport(workspace.active).cine
    return cine.is_playing and cine.is_through_phases


def _has_regions(workspace: Workspace) -> bool:
    return bool(curves_at(workspace))


def _follow_center(workspace: Workspace) -> None:
    refusal = place_at_center(workspace)
    if workspace.window is not None:
        if refusal:
            workspace.window.show_message(refusal)
        else:
            workspace.window.show_curves()


COMMANDS = (
    Command(
        id="phase.next",
        title=N_("Next phase"),
        run=lambda workspace: step_phase(workspace, 1),
        keys=("Shift+Right",),
        menu="volume/phases",
        group="step",
        enabled=has_phases,
        help=N_("In all views of the volume; after the last phase comes the first"),
    ),
    Command(
        id="phase.previous",
        title=N_("Previous phase"),
        run=lambda workspace: step_phase(workspace, -1),
        keys=("Shift+Left",),
        menu="volume/phases",
        group="step",
        enabled=has_phases,
    ),
    Command(
        id="phase.first",
        title=N_("First phase"),
        run=lambda workspace: set_phase(workspace, 0),
        keys=("Shift+Home",),
        menu="volume/phases",
        group="step",
        enabled=has_phases,
    ),
    Command(
        id="phase.last",
        title=N_("Last phase"),
        run=lambda workspace: set_phase(workspace, phase_count(workspace) - 1),
        keys=("Shift+End",),
        menu="volume/phases",
        group="step",
        enabled=has_phases,
    ),
    Command(
        id="phase.play",
        title=N_("Play the phases"),
        run=toggle_phase_cine,
        keys=("Shift+M",),
        menu="volume/phases",
        group="play",
        enabled=has_phases,
        checked=_is_playing,
        help=N_("Planes, projections and renderings through all phases, as fast as they were taken if the data say"),
    ),
    Command(
        id="phase.cine_phases",
        title=N_("Cine through phases"),
        run=lambda workspace: set_played(workspace, phases=True),
        menu="volume/phases",
        group="cine",
        enabled=has_phases,
        checked=lambda workspace: _runs_through(workspace, phases=True),
        is_exclusive=True,
        help=N_("What Play runs through in this viewport"),
    ),
    Command(
        id="phase.cine_places",
        title=N_("Cine through places"),
        run=lambda workspace: set_played(workspace, phases=False),
        menu="volume/phases",
        group="cine",
        enabled=has_phases,
        checked=lambda workspace: _runs_through(workspace, phases=False),
        is_exclusive=True,
        help=N_("Plane by plane, or round the patient, in one phase"),
    ),
    Command(
        id="tool.phase_region",
        title=N_("Curve of a point or region"),
        run=lambda workspace: workspace.set_tool(Tool.PHASE_REGION),
        keys=("Shift+G",),
        menu="volume/phases",
        group="curves",
        enabled=has_images,
        checked=lambda workspace: workspace.tool is Tool.PHASE_REGION,
        icon="chart-spline",
        help=N_("Click for a point, drag for a region: its values over phases or time, on planes and on cines"),
    ),
    Command(
        id="phase.follow_center",
        title=N_("Curve of the centre"),
        run=_follow_center,
        keys=("Ctrl+G",),
        menu="volume/phases",
        group="curves",
        enabled=has_images,
        help=N_("Of the point where the planes cross, or the middle of the image"),
    ),
    Command(
        id="phase.curves",
        title=N_("Show the curves"),
        run=in_window(lambda window: window.show_curves()),
        keys=("Ctrl+Shift+G",),
        menu="volume/phases",
        group="curves",
        enabled=lambda workspace: has_window(workspace) and has_images(workspace),
    ),
    Command(
        id="phase.remove_region",
        title=N_("Take the last region away"),
        run=remove_last,
        menu="volume/phases",
        group="remove",
        enabled=_has_regions,
    ),
    Command(
        id="phase.remove_regions",
        title=N_("Take all regions away"),
        run=remove_all,
        menu="volume/phases",
        group="remove",
        enabled=_has_regions,
    ),
)
