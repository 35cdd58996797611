"""Commands that open and close studies, windows and the program."""

from collections.abc import Callable

from viewer.base.translation import N_
from viewer.workspace.commands.command import Command, has_window
from viewer.workspace.window_actions import WindowActions
from viewer.workspace.workspace import Workspace


def in_window(act: Callable[[WindowActions], None]) -> Callable[[Workspace], None]:
    """Return what runs a window's action, and does nothing without a window."""

    def run(workspace: Workspace) -> None:
        if workspace.window is not None:
            act(workspace.window)

    return run


def _has_study(workspace: Workspace) -> bool:
    return workspace.series_at(workspace.active) is not None


def _has_studies(workspace: Workspace) -> bool:
    return workspace.tree.counts.files > 0 or bool(workspace.tree.problems)


def _close_study(workspace: Workspace) -> None:
    series = workspace.series_at(workspace.active)
    if series is not None:
        workspace.tree.remove_study(series.study.key)


COMMANDS = (
    Command(
        id="file.open_files",
        title=N_("Open files…"),
        run=in_window(lambda window: window.choose_files()),
        keys=("Ctrl+O",),
        menu="file",
        group="open",
        enabled=has_window,
        icon="file",
        help=N_("Open DICOM files, DICOMDIR, ZIP or ISO images; the ending of the name does not matter"),
    ),
    Command(
        id="file.open_folder",
        title=N_("Open a folder…"),
        run=in_window(lambda window: window.choose_folder()),
        keys=("Ctrl+Shift+O",),
        menu="file",
        group="open",
        enabled=has_window,
        icon="folder-open",
        help=N_("Open everything in a folder and the folders below it"),
        is_in_toolbar=True,
    ),
    Command(
        id="file.open_disc",
        title=N_("Open a disc…"),
        run=in_window(lambda window: window.choose_disc()),
        keys=("Ctrl+D",),
        menu="file",
        group="open",
        enabled=has_window,
        icon="disc",
        help=N_("Open an inserted CD, DVD or USB drive; nothing on it is run"),
        is_in_toolbar=True,
    ),
    Command(
        id="file.open_recent",
        title=N_("Open recent…"),
        run=in_window(lambda window: window.choose_recent()),
        keys=("Ctrl+Shift+R",),
        menu="file",
        group="open",
        enabled=has_window,
        icon="history",
        help=N_("Open one of the places opened lately"),
    ),
    Command(
        id="file.open_sample",
        title=N_("Open the sample"),
        run=in_window(lambda window: window.open_sample()),
        menu="file",
        group="open",
        enabled=has_window,
        icon="flask",
        help=N_("Open the bundled sample disc; its images are computed, nobody's"),
    ),
    Command(
        id="file.close_study",
        title=N_("Close the study"),
        run=_close_study,
        keys=("Ctrl+W",),
        menu="file",
        group="close",
        enabled=_has_study,
        icon="x",
        help=N_("Close the study of the active viewport; the files stay where they are"),
    ),
    Command(
        id="file.close_all",
        title=N_("Close all studies"),
        run=lambda workspace: workspace.tree.clear(),
        keys=("Ctrl+Shift+W",),
        menu="file",
        group="close",
        enabled=_has_studies,
        help=N_("Close everything that is open; the files stay where they are"),
    ),
    Command(
        id="window.new",
        title=N_("New window"),
        run=in_window(lambda window: window.new_window()),
        keys=("Ctrl+N",),
        menu="file",
        group="window",
        enabled=has_window,
        icon="app-window",
        help=N_("Open another window on the same studies, for another monitor"),
    ),
    Command(
        id="window.close",
        title=N_("Close the window"),
        run=in_window(lambda window: window.close_window()),
        keys=("Alt+F4",),
        menu="file",
        group="window",
        enabled=has_window,
        help=N_("Close this window; the program ends with the last one"),
    ),
    Command(
        id="application.preferences",
        title=N_("Preferences…"),
        run=in_window(lambda window: window.show_preferences()),
        keys=("Ctrl+,",),
        menu="file",
        group="preferences",
        enabled=has_window,
        icon="settings",
        help=N_("Keys and mouse, presets, texts, language and theme"),
    ),
    Command(
        id="application.quit",
        title=N_("Quit"),
        run=in_window(lambda window: window.quit()),
        keys=("Ctrl+Q",),
        menu="file",
        group="quit",
        enabled=has_window,
        help=N_("End the program"),
    ),
)
