"""Commands for the studies in archives: asking, fetching, opening."""

from collections.abc import Callable

from viewer.base.translation import N_
from viewer.workspace.archive_actions import ArchiveActions
from viewer.workspace.commands.acting import Acting
from viewer.workspace.commands.command import Command
from viewer.workspace.workspace import Workspace

MENU = "archive"


def actions_of(workspace: Workspace) -> ArchiveActions | None:
    """Return the list of archives of the window; None without a window."""
    return workspace.window.archives if workspace.window is not None else None


_acting = Acting(actions_of)


def _command(
    name: str,
    title: str,
    act: Callable[[ArchiveActions], None],
    *,
    group: str,
    help_text: str,
    icon: str = "",
    keys: tuple[str, ...] = (),
    enabled: Callable[[ArchiveActions], bool] = lambda actions: actions.has_archives,
) -> Command:
    return Command(
        id=f"archive.{name}",
        title=title,
        run=_acting.run(act),
        keys=keys,
        menu=MENU,
        group=group,
        enabled=_acting.when(enabled),
        icon=icon,
        help=help_text,
    )


COMMANDS = (
    _command(
        "show",
        N_("Archives"),
        lambda actions: actions.show(),
        group="show",
        icon="archives",
        keys=("Shift+F5",),
        enabled=lambda _actions: True,
        help_text=N_("Find studies in archives (PACS), fetch and open them"),
    ),
    _command(
        "search",
        N_("Search the archives"),
        lambda actions: actions.search(),
        group="search",
        icon="search",
        keys=("F3",),
        help_text=N_("Ask what the fields of the list say (Enter in a field)"),
    ),
    _command(
        "stop",
        N_("Stop asking"),
        lambda actions: actions.stop(),
        group="search",
        icon="stop",
        keys=("Shift+F3",),
        enabled=lambda actions: actions.is_asking,
        help_text=N_("Ask no further; what was found stays in the list"),
    ),
    _command(
        "my_day",
        N_("My day"),
        lambda actions: actions.my_day(),
        group="search",
        icon="calendar",
        keys=("Ctrl+F5",),
        help_text=N_("Today's studies, of the modalities and archives that were chosen for it"),
    ),
    _command(
        "define_my_day",
        N_("Use the choice for my day"),
        lambda actions: actions.define_my_day(),
        group="search",
        help_text=N_("Let “My day” be of the modalities and archives that are chosen in the list now"),
    ),
    _command(
        "save_search",
        N_("Save this search…"),
        lambda actions: actions.save_search(),
        group="search",
        icon="bookmark",
        help_text=N_("Keep what is asked of archives under a name"),
    ),
    _command(
        "open",
        N_("Fetch and open"),
        lambda actions: actions.open_chosen(),
        group="fetch",
        icon="folder-open",
        enabled=lambda actions: actions.has_chosen,
        help_text=N_("Keep what is chosen on this computer, and show it while it comes (Enter in the list)"),
    ),
    _command(
        "view",
        N_("Open without keeping"),
        lambda actions: actions.view_chosen(),
        group="fetch",
        icon="scan-eye",
        enabled=lambda actions: actions.has_chosen,
        help_text=N_("Show what is chosen while it comes, and keep nothing of it (Shift+Enter in the list)"),
    ),
    _command(
        "fetch",
        N_("Fetch without opening"),
        lambda actions: actions.fetch_chosen(),
        group="fetch",
        icon="download",
        enabled=lambda actions: actions.has_chosen,
        help_text=N_("Keep what is chosen on this computer, for later (Ctrl+Enter in the list)"),
    ),
    _command(
        "priors",
        N_("Fetch earlier studies"),
        lambda actions: actions.fetch_priors(),
        group="fetch",
        enabled=lambda actions: actions.has_archives and (actions.has_chosen or actions.has_open),
        help_text=N_("Fetch earlier studies of the patient that are like the one chosen in the list, or the one shown"),
    ),
    _command(
        "patient",
        N_("All studies of the patient"),
        lambda actions: actions.find_patient(),
        group="patient",
        enabled=lambda actions: actions.has_chosen,
        help_text=N_("Ask the archives for everything under the Patient ID of what is chosen"),
    ),
    _command(
        "copy_uid",
        N_("Copy the UID"),
        lambda actions: actions.copy_uid(),
        group="patient",
        icon="copy",
        enabled=lambda actions: actions.has_chosen,
        help_text=N_("Put the UID of what is chosen on the clipboard (Ctrl+C in the list)"),
    ),
    _command(
        "find_local",
        N_("Find archives on this computer"),
        lambda actions: actions.find_archives(),
        group="peers",
        enabled=lambda _actions: True,
        help_text=N_("Look for archives that run on this computer, and put them into the list of archives"),
    ),
)
