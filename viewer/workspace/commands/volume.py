"""Commands that show a series as a volume: planes, projections, slabs, and how they lie."""

from collections.abc import Callable
from dataclasses import replace

from viewer.base.translation import N_, _
from viewer.volume.reslice_plane import Projection
from viewer.workspace.commands.command import Command, has_images, has_window
from viewer.workspace.commands.file import in_window
from viewer.workspace.multiplanar import enter, leave, refusal_at, show_images, show_view
from viewer.workspace.volume_group import (
    DEFAULT_SLAB_MM,
    align,
    change_group,
    nudge,
    reset,
    set_projection,
    set_slab,
    step_slab,
    tilt,
)
from viewer.workspace.volume_stepping import WHOLE
from viewer.workspace.volume_view import Orientation, VolumeKind, VolumeView
from viewer.workspace.workspace import Workspace

TURN_DEG = 2.0
"""What a key turns planes by."""

ORIENTATION_TITLES = {
    Orientation.AXIAL: N_("Axial plane"),
    Orientation.CORONAL: N_("Coronal plane"),
    Orientation.SAGITTAL: N_("Sagittal plane"),
}
PROJECTION_TITLES = {
    Projection.MAXIMUM: N_("Maximum (MIP)"),
    Projection.MEAN: N_("Mean (AIP)"),
    Projection.MINIMUM: N_("Minimum (MinIP)"),
    Projection.SUM: N_("Sum"),
}


def view_of(workspace: Workspace) -> VolumeView | None:
    """Return how the active viewport looks at a volume; None for images."""
    return workspace.viewport(workspace.active).volume


def has_view(workspace: Workspace) -> bool:
    """Return whether the active viewport looks at a volume."""
    return view_of(workspace) is not None


def has_plane(workspace: Workspace) -> bool:
    """Return whether the active viewport shows a plane of a volume."""
    view = view_of(workspace)
    return view is not None and view.kind not in WHOLE


def _has_geometry(workspace: Workspace) -> bool:
    return workspace.geometry_at(workspace.active) is not None


def if_volume(run: Callable[[Workspace], None]) -> Callable[[Workspace], None]:
    """Return what runs where the active series may be a volume, and says why where it may not."""

    def guarded(workspace: Workspace) -> None:
        refusal = refusal_at(workspace)
        if not refusal:
            run(workspace)
        elif workspace.window is not None:
            workspace.window.show_message(_("No volume: {0}").format(refusal))

    return guarded


def _toggle_planes(workspace: Workspace) -> None:
    if has_view(workspace):
        leave(workspace)
        return
    enter(workspace)
    options = workspace.options
    if workspace.window is not None and options.shows_panels and not options.is_full_screen:
        workspace.window.show_volume()


def _toggle_slab(workspace: Workspace) -> None:
    view = view_of(workspace)
    if view is not None:
        set_slab(workspace, 0.0 if view.thickness_mm else DEFAULT_SLAB_MM)


def _toggle_crosshair(workspace: Workspace) -> None:
    change_group(workspace, N_("Crosshair"), lambda view: replace(view, shows_crosshair=not view.shows_crosshair))


def _plane(orientation: Orientation) -> Command:
    def is_on(workspace: Workspace) -> bool:
        view = view_of(workspace)
        return view is not None and view.kind is VolumeKind.PLANE and view.orientation is orientation

    return Command(
        id=f"volume.{orientation.value}",
        title=ORIENTATION_TITLES[orientation],
        run=if_volume(lambda workspace: show_view(workspace, VolumeKind.PLANE, orientation)),
        menu="volume",
        group="view",
        enabled=has_images,
        checked=is_on,
        is_exclusive=True,
    )


def _projecting(projection: Projection) -> Command:
    def is_on(workspace: Workspace) -> bool:
        view = view_of(workspace)
        return view is not None and view.projection is projection

    return Command(
        id=f"volume.projection_{projection.value}",
        title=PROJECTION_TITLES[projection],
        run=lambda workspace: set_projection(workspace, projection),
        menu="volume/projection",
        group="projection",
        enabled=has_view,
        checked=is_on,
        is_exclusive=True,
    )


def _move(name: str, title: str, key: str, right: int, down: int) -> Command:
    return Command(
        id=f"volume.move_{name}",
        title=title,
        run=lambda workspace: nudge(workspace, right, down),
        keys=(key,),
        menu="volume/move",
        group="move",
        enabled=has_plane,
    )


def _turn(name: str, title: str, key: str, angles: tuple[float, float, float]) -> Command:
    return Command(
        id=f"volume.turn_{name}",
        title=title,
        run=lambda workspace: tilt(workspace, *angles),
        keys=(key,),
        menu="volume/move",
        group="turn",
        enabled=has_view,
    )


COMMANDS = (
    Command(
        id="volume.multiplanar",
        title=N_("Multiplanar view"),
        run=if_volume(_toggle_planes),
        keys=("Q",),
        menu="volume",
        group="enter",
        enabled=has_images,
        checked=has_view,
        icon="axis-3d",
        help=N_("The series by three planes at right angles beside the whole volume; again for its images"),
        is_in_toolbar=True,
    ),
    *map(_plane, Orientation),
    Command(
        id="volume.whole",
        title=N_("Projection of the whole volume"),
        run=if_volume(lambda workspace: show_view(workspace, VolumeKind.PROJECTION)),
        keys=("Alt+Q",),
        menu="volume",
        group="view",
        enabled=has_images,
        checked=lambda workspace: _is_kind(workspace, VolumeKind.PROJECTION),
        is_exclusive=True,
        icon="orbit",
        help=N_("All depths at once, from any side; the wheel and the cine turn it round the patient"),
    ),
    Command(
        id="volume.images",
        title=N_("Images as acquired"),
        run=show_images,
        menu="volume",
        group="view",
        enabled=has_images,
        checked=lambda workspace: not has_view(workspace),
        is_exclusive=True,
        help=N_("The images of the series in this viewport, at the place of the plane"),
    ),
    Command(
        id="volume.crosshair",
        title=N_("Crosshair"),
        run=_toggle_crosshair,
        keys=("H",),
        menu="volume",
        group="crosshair",
        enabled=has_plane,
        checked=lambda workspace: (view := view_of(workspace)) is not None and view.shows_crosshair,
        icon="crosshair",
        help=N_("The lines of the other planes: drag them to move, their ends to turn, their squares for the slab"),
    ),
    Command(
        id="volume.slab",
        title=N_("Thick slab"),
        run=_toggle_slab,
        keys=("F",),
        menu="volume",
        group="slab",
        enabled=has_plane,
        checked=lambda workspace: (view := view_of(workspace)) is not None and view.thickness_mm > 0,
        icon="square-stack",
        help=N_("Planes show a depth of their volume instead of one layer; it stays on while scrolling"),
    ),
    Command(
        id="volume.thicker",
        title=N_("Thicker slab"),
        run=lambda workspace: step_slab(workspace, 1),
        keys=("Ctrl+Up",),
        menu="volume",
        group="slab",
        enabled=has_plane,
    ),
    Command(
        id="volume.thinner",
        title=N_("Thinner slab"),
        run=lambda workspace: step_slab(workspace, -1),
        keys=("Ctrl+Down",),
        menu="volume",
        group="slab",
        enabled=has_plane,
    ),
    *map(_projecting, PROJECTION_TITLES),
    _move("left", N_("Crosshair to the left"), "Alt+Left", -1, 0),
    _move("right", N_("Crosshair to the right"), "Alt+Right", 1, 0),
    _move("up", N_("Crosshair up"), "Alt+Up", 0, -1),
    _move("down", N_("Crosshair down"), "Alt+Down", 0, 1),
    _turn("left", N_("Turn to the left"), "Alt+Shift+Left", (-TURN_DEG, 0.0, 0.0)),
    _turn("right", N_("Turn to the right"), "Alt+Shift+Right", (TURN_DEG, 0.0, 0.0)),
    _turn("up", N_("Tilt up"), "Alt+Shift+Up", (0.0, TURN_DEG, 0.0)),
    _turn("down", N_("Tilt down"), "Alt+Shift+Down", (0.0, -TURN_DEG, 0.0)),
    _turn("clockwise", N_("Turn in the plane, clockwise"), "Alt+PgDown", (0.0, 0.0, TURN_DEG)),
    _turn("counter_clockwise", N_("Turn in the plane, counter-clockwise"), "Alt+PgUp", (0.0, 0.0, -TURN_DEG)),
    Command(
        id="volume.align_patient",
        title=N_("Planes along the patient's axes"),
        run=lambda workspace: align(workspace, with_patient=True),
        menu="volume",
        group="align",
        enabled=_has_geometry,
    ),
    Command(
        id="volume.align_acquisition",
        title=N_("Planes as acquired"),
        run=lambda workspace: align(workspace, with_patient=False),
        menu="volume",
        group="align",
        enabled=_has_geometry,
    ),
    Command(
        id="volume.panel",
        title=N_("Volume page"),
        run=in_window(lambda window: window.show_volume()),
        keys=("Ctrl+Shift+V",),
        menu="volume",
        group="panel",
        enabled=has_window,
        help=N_("What steers planes, slabs and projections, at the right"),
    ),
    Command(
        id="volume.save_turn",
        title=N_("Save the turn…"),
        run=in_window(lambda window: window.save_turn()),
        menu="volume",
        group="save",
        enabled=lambda workspace: has_window(workspace) and _is_whole(workspace),
        help=N_("A projection or rendering as it turns round the patient, as a video or pictures"),
    ),
    Command(
        id="volume.reset",
        title=N_("Reset the planes"),
        run=reset,
        keys=("Ctrl+Home",),
        menu="volume",
        group="align",
        enabled=_has_geometry,
        help=N_("Through the middle of the volume, as acquired, without a slab, fitted"),
    ),
)


def _is_whole(workspace: Workspace) -> bool:
    view = view_of(workspace)
    return view is not None and view.kind in WHOLE and _has_geometry(workspace)


def _is_kind(workspace: Workspace, kind: VolumeKind) -> bool:
    view = view_of(workspace)
    return view is not None and view.kind is kind
