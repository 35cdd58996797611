"""Commands for key images: marking, going from one to the next, saving; and for what was rejected."""

from viewer.base.translation import N_
from viewer.workspace.commands.acting import Acting
from viewer.workspace.commands.command import Command
from viewer.workspace.presenting.key_actions import KeyActions
from viewer.workspace.presenting.key_deeds import clear, is_marked_here, markable, marks_of_study, step, toggle
from viewer.workspace.workspace import Workspace

MENU = "image/keys"


def _actions(workspace: Workspace) -> KeyActions | None:
    return workspace.window.keys if workspace.window is not None else None


_acting = Acting(_actions)


def _has_study(workspace: Workspace) -> bool:
    return _actions(workspace) is not None and workspace.series_at(workspace.active) is not None


def _has_marks(workspace: Workspace) -> bool:
    return bool(marks_of_study(workspace))


def _can_mark(workspace: Workspace) -> bool:
    return markable(workspace) is not None


def _show_only(workspace: Workspace) -> None:
    keys = workspace.shared.keys
    keys.show_only_keys(is_so=not keys.is_only_keys)


def _list_first(workspace: Workspace) -> None:
    keys = workspace.shared.keys
    keys.list_keys_first(is_so=not keys.is_keys_first)


def _show_rejected(workspace: Workspace) -> None:
    keys = workspace.shared.keys
    keys.show_rejected(is_so=not keys.shows_rejected)


COMMANDS = (
    Command(
        id="key.toggle",
        title=N_("Key image"),
        run=toggle,
        keys=("K",),
        menu=MENU,
        group="mark",
        enabled=_can_mark,
        checked=is_marked_here,
        icon="star",
        help=N_("Mark the image or frame in the active viewport as key, or take the mark away; kept until it is saved"),
        is_in_toolbar=True,
    ),
    Command(
        id="key.title",
        title=N_("Mark for…"),
        run=_acting.run(lambda actions: actions.choose_title()),
        menu=MENU,
        group="mark",
        enabled=_has_study,
        help=N_("What K selects images for: several selections can be made beside each other"),
    ),
    Command(
        id="key.clear",
        title=N_("Remove the key marks of the study"),
        run=clear,
        menu=MENU,
        group="mark",
        enabled=_has_marks,
        help=N_("Take away what you marked and have not saved; undo brings it back"),
    ),
    Command(
        id="key.next",
        title=N_("Next key image"),
        run=lambda workspace: step(workspace, 1),
        keys=("Ctrl+Shift+PgDown",),
        menu=MENU,
        group="go",
        enabled=_can_mark,
    ),
    Command(
        id="key.previous",
        title=N_("Previous key image"),
        run=lambda workspace: step(workspace, -1),
        keys=("Ctrl+Shift+PgUp",),
        menu=MENU,
        group="go",
        enabled=_can_mark,
    ),
    Command(
        id="key.only",
        title=N_("Key images only"),
        run=_show_only,
        keys=("Alt+Shift+K",),
        menu=MENU,
        group="show",
        checked=lambda workspace: workspace.shared.keys.is_only_keys,
        help=N_("List only series with key images, and scroll through those images alone"),
    ),
    Command(
        id="key.first",
        title=N_("Series with key images first"),
        run=_list_first,
        menu=MENU,
        group="show",
        checked=lambda workspace: workspace.shared.keys.is_keys_first,
    ),
    Command(
        id="key.list",
        title=N_("Key objects of the study…"),
        run=_acting.run(lambda actions: actions.show_list()),
        menu=MENU,
        group="show",
        enabled=_has_study,
        help=N_("What was selected, what for, by whom; also notes that reject images"),
    ),
    Command(
        id="key.save",
        title=N_("Save key images…"),
        run=_acting.run(lambda actions: actions.save()),
        keys=("Ctrl+Alt+K",),
        menu=MENU,
        group="save",
        enabled=_has_study,
        help=N_("Save what you marked as a Key Object Selection, and send it to an archive if you like"),
    ),
    Command(
        id="key.reject",
        title=N_("Reject images…"),
        run=_acting.run(lambda actions: actions.reject()),
        menu=MENU,
        group="reject",
        enabled=_has_study,
        help=N_("Take images out of use with a note that gives the reason; their files stay as they are"),
    ),
    Command(
        id="key.rejected",
        title=N_("Show images rejected for quality"),
        run=_show_rejected,
        menu=MENU,
        group="reject",
        enabled=lambda workspace: workspace.shared.keys.has_rejected,
        checked=lambda workspace: workspace.shared.keys.shows_rejected,
        help=N_("What was rejected for other reasons stays hidden"),
    ),
)
