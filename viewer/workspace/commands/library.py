"""Commands for the studies on this computer: importing, opening, marking, taking away."""

from collections.abc import Callable
from functools import partial

from viewer.base.translation import N_
from viewer.workspace.commands.acting import Acting
from viewer.workspace.commands.command import Command
from viewer.workspace.library_actions import LibraryActions
from viewer.workspace.workspace import Workspace

RATINGS = (
    N_("No rating"),
    N_("Rate 1 of 5"),
    N_("Rate 2 of 5"),
    N_("Rate 3 of 5"),
    N_("Rate 4 of 5"),
    N_("Rate 5 of 5"),
)


def _actions(workspace: Workspace) -> LibraryActions | None:
    return workspace.window.library if workspace.window is not None else None


_acting = Acting(_actions)


def _is_there(workspace: Workspace) -> bool:
    actions = _actions(workspace)
    return actions is not None and actions.is_there


def _has_window(workspace: Workspace) -> bool:
    return _actions(workspace) is not None


def _has_study(workspace: Workspace) -> bool:
    actions = _actions(workspace)
    return actions is not None and actions.is_there and actions.has_study


def _can_trash(workspace: Workspace) -> bool:
    actions = _actions(workspace)
    return _has_study(workspace) and actions is not None and not actions.is_in_trash


def _can_restore(workspace: Workspace) -> bool:
    actions = _actions(workspace)
    return _has_study(workspace) and actions is not None and actions.is_in_trash


def _has_unkept(workspace: Workspace) -> bool:
    actions = _actions(workspace)
    return actions is not None and actions.is_there and actions.has_unkept


def _command(
    name: str,
    title: str,
    act: Callable[[LibraryActions], None],
    *,
    group: str,
    help_text: str,
    icon: str = "",
    keys: tuple[str, ...] = (),
    enabled: Callable[[Workspace], bool] = _has_study,
    menu: str = "library",
) -> Command:
    return Command(
        id=f"library.{name}",
        title=title,
        run=_acting.run(act),
        keys=keys,
        menu=menu,
        group=group,
        enabled=enabled,
        icon=icon,
        help=help_text,
    )


COMMANDS = (
    _command(
        "show",
        N_("This computer"),
        lambda actions: actions.show(),
        group="show",
        icon="library",
        keys=("F5",),
        enabled=_has_window,
        help_text=N_("The studies that are kept on this computer; type to search"),
    ),
    _command(
        "open",
        N_("Open the chosen studies"),
        lambda actions: actions.open_chosen(),
        group="show",
        icon="folder-open",
        help_text=N_("Show the studies that are chosen in the list (Enter)"),
    ),
    _command(
        "import_files",
        N_("Import files…"),
        lambda actions: actions.import_files(),
        group="import",
        icon="import",
        keys=("Ctrl+M",),
        enabled=_is_there,
        help_text=N_("Copy DICOM files, ZIP or ISO images into the library, and check every copy"),
    ),
    _command(
        "import_folder",
        N_("Import a folder…"),
        lambda actions: actions.import_folder(),
        group="import",
        enabled=_is_there,
        help_text=N_("Copy everything in a folder and below it into the library"),
    ),
    _command(
        "import_disc",
        N_("Import a disc…"),
        lambda actions: actions.import_disc(),
        group="import",
        icon="disc",
        enabled=_is_there,
        help_text=N_("Copy an inserted CD, DVD or USB drive into the library"),
    ),
    _command(
        "import_opened",
        N_("Import what is open"),
        lambda actions: actions.import_opened(),
        group="import",
        enabled=_has_unkept,
        help_text=N_("Copy what was opened from a disc or folder into the library"),
    ),
    _command(
        "index_folder",
        N_("Index a folder in place…"),
        lambda actions: actions.import_folder(is_in_place=True),
        group="import",
        enabled=_is_there,
        help_text=N_("List a folder's studies without copying them: they are there as long as the folder is"),
    ),
    *(
        _command(
            f"rate_{rating}",
            title,
            partial(lambda actions, stars: actions.rate(stars), stars=rating),
            group="rating",
            icon="star" if rating == len(RATINGS) - 1 else "",
            menu="library/rating",
            help_text=N_("How much a study is worth finding again (0 to 5 in the list)"),
        )
        for rating, title in enumerate(RATINGS)
    ),
    _command(
        "flag",
        N_("Flag"),
        lambda actions: actions.toggle_flag(),
        group="mark",
        icon="flag",
        help_text=N_("Put the chosen studies among the flagged ones, or take them out (F in the list)"),
    ),
    _command(
        "protect",
        N_("Protect from the rules"),
        lambda actions: actions.toggle_protection(),
        group="mark",
        help_text=N_(
            "The chosen studies stay, whatever the rules of how long studies are kept say; again takes it off"
        ),
    ),
    _command(
        "notes",
        N_("Notes…"),
        lambda actions: actions.edit_notes(),
        group="mark",
        icon="notes",
        help_text=N_("Write notes upon the chosen study; it is found by their words (F2 in the list)"),
    ),
    _command(
        "save_search",
        N_("Save this search…"),
        lambda actions: actions.save_search(),
        group="search",
        icon="bookmark",
        enabled=_is_there,
        help_text=N_("Keep what was typed and the chosen list under a name"),
    ),
    _command(
        "decide",
        N_("Inbox and quarantine…"),
        lambda actions: actions.show_decisions(),
        group="search",
        icon="inbox",
        keys=("Shift+F4",),
        enabled=_is_there,
        help_text=N_("What unknown senders sent, altered duplicates, and names that do not fit: look and decide"),
    ),
    _command(
        "check",
        N_("Is everything there?"),
        lambda actions: actions.show_integrity(),
        group="search",
        enabled=_is_there,
        help_text=N_("What reading every file again has found, and reading them again now"),
    ),
    _command(
        "export",
        N_("Export the study…"),
        lambda actions: actions.export_chosen(),
        group="away",
        icon="export",
        enabled=_can_trash,
        help_text=N_("Write the chosen study as a folder of files, bit for bit"),
    ),
    _command(
        "trash",
        N_("Move to the trash"),
        lambda actions: actions.trash_chosen(),
        group="away",
        icon="trash",
        enabled=_can_trash,
        help_text=N_("Take the chosen studies out of all lists; they can be restored (Del in the list)"),
    ),
    _command(
        "restore",
        N_("Restore from the trash"),
        lambda actions: actions.restore_chosen(),
        group="away",
        icon="undo",
        enabled=_can_restore,
        help_text=N_("Take the chosen studies out of the trash"),
    ),
    _command(
        "retention",
        N_("How long studies are kept…"),
        lambda actions: actions.show_retention(),
        group="away",
        enabled=_is_there,
        help_text=N_("Rules of age and size: which studies they would put into the trash, and doing it"),
    ),
    _command(
        "empty_trash",
        N_("Empty the trash…"),
        lambda actions: actions.empty_trash(),
        group="away",
        enabled=_is_there,
        help_text=N_("Remove for good what is in the trash"),
    ),
    _command(
        "erase",
        N_("Erase the patient…"),
        lambda actions: actions.erase_chosen(),
        group="away",
        icon="eraser",
        help_text=N_("Remove everything of the chosen patient for good, from every list, copy and cache"),
    ),
)
