"""One QAction a command: menus, toolbar, shortcuts and tooltips follow from the command table."""

from collections.abc import Iterable, Mapping
from functools import partial

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QToolBar

from viewer.base.translation import _
from viewer.ui.icons import icon
from viewer.workspace.commands.command import Command
from viewer.workspace.workspace import Workspace

SOON_MS = 60
"""Images are scrolled faster than anybody reads a menu."""


class Actions(QObject):
    """The actions of one window, kept in step with what can be done now."""

    def __init__(self, parent: QObject, workspace: Workspace, commands: Iterable[Command]) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._commands = {command.id: command for command in commands}
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self.refresh)
        self._groups: dict[str, QActionGroup] = {}
        self._actions = {command.id: self._action(command) for command in self._commands.values()}

    def __getitem__(self, command_id: str) -> QAction:
        return self._actions[command_id]

    @property
    def commands(self) -> tuple[Command, ...]:
        """Every command, in the order of the table."""
        return tuple(self._commands.values())

    def all_actions(self) -> list[QAction]:
        """Return every action, for a window that owns the shortcuts."""
        return list(self._actions.values())

    def run(self, command_id: str) -> None:
        """Run a command if it is enabled, and bring the actions up to date."""
        command = self._commands[command_id]
        if command.enabled(self._workspace):
            command.run(self._workspace)
        self.refresh()

    def refresh_soon(self) -> None:
        """Bring the marks up to date when what is changing now, many times a second, leaves time for it."""
        if not self._soon.isActive():
            self._soon.start()

    def refresh(self) -> None:
        """Bring enabled and checked marks up to date with the workspace."""
        self._soon.stop()
        for command in self._commands.values():
            action = self._actions[command.id]
            action.setEnabled(command.enabled(self._workspace))
            if command.checked is not None:
                action.setChecked(command.checked(self._workspace))

    def set_keys(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        """Give every command its keys, and its tooltip the first of them."""
        for command in self._commands.values():
            sequences = [QKeySequence(key) for key in keys.get(command.id, command.keys)]
            action = self._actions[command.id]
            action.setShortcuts(sequences)
            action.setToolTip(_tooltip(command, sequences))

    def _action(self, command: Command) -> QAction:
        action = QAction(icon(command.icon), command.text, self)
        action.setObjectName(command.id)
        action.setCheckable(command.is_checkable)
        action.setStatusTip(_(command.help))
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(partial(self.run, command.id))
        if command.is_exclusive:
            group = self._groups.setdefault(f"{command.menu}/{command.group}", QActionGroup(self))
            group.addAction(action)
        return action


def fill_menu_bar(bar: QMenuBar, actions: Actions, titles: Mapping[str, str]) -> dict[str, QMenu]:
    """Build the menus from the commands' menu paths.

    Args:
        bar: Where the menus go.
        actions: The window's actions.
        titles: Title of each menu path, in the order the menus stand; a path with a slash is a sub-menu.

    Returns:
        The menus by path.
    """
    menus: dict[str, QMenu] = {}
    for path, title in titles.items():
        parent, _separator, _leaf = path.rpartition("/")
        menus[path] = menus[parent].addMenu(_(title)) if parent else bar.addMenu(_(title))
    last_group: dict[str, str] = {}
    for command in actions.commands:
        menu = menus.get(command.menu)
        if menu is None:
            continue
        if last_group.get(command.menu, command.group) != command.group:
            menu.addSeparator()
        last_group[command.menu] = command.group
        menu.addAction(actions[command.id])
    return menus


def fill_toolbar(bar: QToolBar, actions: Actions) -> None:
    """Put the commands that ask for a button on the toolbar, a line between menu groups."""
    last = ""
    for command in actions.commands:
        if not command.is_in_toolbar:
            continue
        place = f"{command.menu}/{command.group}"
        if last and place != last:
            bar.addSeparator()
        last = place
        bar.addAction(actions[command.id])


def _tooltip(command: Command, keys: list[QKeySequence]) -> str:
    """Return title, first key and help as plain text: titles never carry markup."""
    title = command.text.replace("&", "").removesuffix("…")
    shown = f"{title}  ({keys[0].toString(QKeySequence.SequenceFormat.NativeText)})" if keys else title
    return f"{shown}\n{_(command.help)}" if command.help else shown
