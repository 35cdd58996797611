"""Commands that put presentation states onto the active viewport, and take them off."""

from viewer.base.translation import N_, _
from viewer.workspace.commands.command import Command
from viewer.workspace.presenting.applying import NATIVE, apply, choices_at, next_choice
from viewer.workspace.workspace import Workspace


def _has_choices(workspace: Workspace) -> bool:
    return bool(choices_at(workspace, workspace.active)) or _is_under_one(workspace)


def _is_under_one(workspace: Workspace) -> bool:
    return bool(workspace.viewport(workspace.active).presentation)


def _has_mask(workspace: Workspace) -> bool:
    displayed = workspace.displayed(workspace.active)
    return displayed is not None and bool(displayed.rendered.state.masks)


def put(workspace: Workspace, uid: str) -> None:
    """Put a state ("" and NATIVE for none) onto the active viewport, and say what of it cannot be."""
    reason = apply(workspace, workspace.active, uid)
    if reason and workspace.window is not None:
        workspace.window.show_message(reason)


def _next(workspace: Workspace) -> None:
    uid = next_choice(workspace, workspace.active)
    if uid is not None:
        put(workspace, uid)
    elif workspace.window is not None:
        workspace.window.show_message(_("No presentation state can be applied to this image"))


def _choose(workspace: Workspace) -> None:
    if workspace.window is not None and workspace.window.states is not None:
        workspace.window.states.choose()


def _show_list(workspace: Workspace) -> None:
    if workspace.window is not None and workspace.window.states is not None:
        workspace.window.states.show_list()


def save(workspace: Workspace) -> None:
    """Ask how what the active viewport shows is to be saved as a state, and save it."""
    if workspace.window is not None and workspace.window.states is not None:
        workspace.window.states.save()


def _can_save(workspace: Workspace) -> bool:
    return _has_states_window(workspace) and workspace.displayed(workspace.active) is not None


def _has_states_window(workspace: Workspace) -> bool:
    return workspace.window is not None and workspace.window.states is not None


COMMANDS = (
    Command(
        id="presentation.choose",
        title=N_("Presentation state…"),
        run=_choose,
        keys=("Alt+Shift+I",),
        menu="image",
        group="state",
        enabled=lambda workspace: _has_states_window(workspace) and _has_choices(workspace),
        icon="presentation",
        help=N_("Show the image as somebody saved it: window, turn, area, shutters and what was drawn"),
    ),
    Command(
        id="presentation.next",
        title=N_("Next presentation state"),
        run=_next,
        keys=("Alt+I",),
        menu="image",
        group="state",
        enabled=_has_choices,
        help=N_("One after the other, then the image as it was acquired"),
    ),
    Command(
        id="presentation.none",
        title=N_("As acquired"),
        run=lambda workspace: put(workspace, ""),
        menu="image",
        group="state",
        enabled=_is_under_one,
        help=N_("Without a presentation state"),
    ),
    Command(
        id="presentation.native",
        title=N_("Without subtraction"),
        run=lambda workspace: put(workspace, "" if workspace.viewport(workspace.active).presentation else NATIVE),
        menu="image",
        group="state",
        enabled=_has_mask,
        checked=lambda workspace: workspace.viewport(workspace.active).presentation == NATIVE,
        help=N_("The image itself, where it asks to be shown less its mask"),
    ),
    Command(
        id="presentation.save",
        title=N_("Save presentation state…"),
        run=save,
        keys=("Ctrl+S",),
        menu="image",
        group="state",
        enabled=_can_save,
        icon="save",
        help=N_("Save how the image is shown and what is drawn on it, so that every other system shows it so"),
    ),
    Command(
        id="panel.states",
        title=N_("Presentation states"),
        run=_show_list,
        menu="view",
        group="go",
        enabled=_has_states_window,
        help=N_("Who saved how the images of the active viewport are to be shown"),
    ),
)
