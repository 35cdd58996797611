"""Commands for segmentations and structure sets."""

from viewer.base.translation import N_
from viewer.workspace.commands.command import Command, has_images, has_window
from viewer.workspace.segmenting.showing import held_at, toggle_all
from viewer.workspace.workspace import Workspace


def _told(workspace: Workspace, refusal: str) -> None:
    if refusal and workspace.window is not None:
        workspace.window.show_message(refusal)


def _is_shown(workspace: Workspace) -> bool:
    return any(each.is_shown for each in held_at(workspace))


def _show_page(workspace: Workspace) -> None:
    if workspace.window is not None:
        workspace.window.show_segments()


COMMANDS = (
    Command(
        id="segment.toggle",
        title=N_("Segmentations"),
        run=lambda workspace: _told(workspace, toggle_all(workspace)),
        keys=("Shift+T",),
        menu="segments",
        group="show",
        enabled=has_images,
        checked=_is_shown,
        icon="lasso",
        help=N_("Show or hide the segmentations and structure sets of the patient over images and planes"),
    ),
    Command(
        id="segment.page",
        title=N_("List of segments"),
        run=_show_page,
        keys=("Ctrl+Alt+E",),
        menu="segments",
        group="show",
        enabled=has_window,
        help=N_("What is seen of each segmentation, in which colour, and the way to it"),
    ),
)
