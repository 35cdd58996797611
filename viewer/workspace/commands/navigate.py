"""Commands that scroll images and go from series to series."""

from viewer.base.translation import N_
from viewer.workspace.commands.command import Command, has_images
from viewer.workspace.navigation import step_series, step_study, step_viewport
from viewer.workspace.workspace import Workspace

LEAP = 10


def _has_files(workspace: Workspace) -> bool:
    return workspace.tree.counts.files > 0


def _scroll(name: str, title: str, keys: tuple[str, ...], steps: int) -> Command:
    return Command(
        id=f"scroll.{name}",
        title=title,
        run=lambda workspace: workspace.scroll(steps),
        keys=keys,
        menu="go",
        group="image",
        enabled=has_images,
    )


def _to_end(workspace: Workspace) -> None:
    _index, count = workspace.place_at(workspace.active)
    if count:
        workspace.set_index(count - 1)


COMMANDS = (
    _scroll("next", N_("Next image"), ("Down", "PgDown"), 1),
    _scroll("previous", N_("Previous image"), ("Up", "PgUp"), -1),
    _scroll("leap_forward", N_("Ten images on"), ("Shift+Down", "Shift+PgDown"), LEAP),
    _scroll("leap_back", N_("Ten images back"), ("Shift+Up", "Shift+PgUp"), -LEAP),
    Command(
        id="scroll.first",
        title=N_("First image"),
        run=lambda workspace: workspace.set_index(0),
        keys=("Home",),
        menu="go",
        group="image",
        enabled=has_images,
    ),
    Command(
        id="scroll.last",
        title=N_("Last image"),
        run=_to_end,
        keys=("End",),
        menu="go",
        group="image",
        enabled=has_images,
    ),
    Command(
        id="series.next",
        title=N_("Next series"),
        run=lambda workspace: step_series(workspace, 1),
        keys=("Right",),
        menu="go",
        group="series",
        enabled=_has_files,
        help=N_("Show the study's next display set in the active viewport"),
    ),
    Command(
        id="series.previous",
        title=N_("Previous series"),
        run=lambda workspace: step_series(workspace, -1),
        keys=("Left",),
        menu="go",
        group="series",
        enabled=_has_files,
        help=N_("Show the study's previous display set in the active viewport"),
    ),
    Command(
        id="study.next",
        title=N_("Next study"),
        run=lambda workspace: step_study(workspace, 1),
        keys=("Ctrl+Right",),
        menu="go",
        group="study",
        enabled=_has_files,
    ),
    Command(
        id="study.previous",
        title=N_("Previous study"),
        run=lambda workspace: step_study(workspace, -1),
        keys=("Ctrl+Left",),
        menu="go",
        group="study",
        enabled=_has_files,
    ),
    Command(
        id="viewport.next",
        title=N_("Next viewport"),
        run=lambda workspace: step_viewport(workspace, 1),
        keys=("Tab",),
        menu="go",
        group="viewport",
    ),
    Command(
        id="viewport.previous",
        title=N_("Previous viewport"),
        run=lambda workspace: step_viewport(workspace, -1),
        keys=("Shift+Tab",),
        menu="go",
        group="viewport",
    ),
)
