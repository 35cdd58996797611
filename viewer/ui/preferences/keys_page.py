"""The preference page of keys: a profile, every command with its keys, other keys by pressing them, clashes shown."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from viewer.base.translation import _
from viewer.ui.buttons import push_button
from viewer.ui.theme import colours
from viewer.workspace.commands.command import Command, without_mnemonic
from viewer.workspace.commands.table import MENU_TITLES
from viewer.workspace.keys import KeySettings, KeyTable, normalized, profiles, resolve, with_keys

COLUMN_TITLE, COLUMN_KEYS, COLUMN_ID = range(3)


class KeysPage(QWidget):
    """The table of commands and a line to press keys in.

    Args:
        commands: The command table.
        settings: What is kept now.
        changed: Called with the changed settings.
    """

    def __init__(
        self, commands: Sequence[Command], settings: KeySettings, changed: Callable[[KeySettings], None]
    ) -> None:
        super().__init__()
        self._commands = {command.id: command for command in commands}
        self._settings = settings
        self._changed = changed
        self._profile = QComboBox()
        self._search = QLineEdit()
        self._table = QTreeWidget()
        self._press = QKeySequenceEdit()
        self._message = QLabel()
        self._make_table()
        self._lay_out()
        self._fill()

    @property
    def settings(self) -> KeySettings:
        """What is kept now."""
        return self._settings

    def take(self, settings: KeySettings) -> None:
        """Show settings that were changed elsewhere: the mouse page keeps its lines in the same section."""
        self._settings = settings
        self._fill()

    def choose(self, command_id: str) -> None:
        """Make a command the one whose keys are changed."""
        for row in range(self._table.topLevelItemCount()):
            item = self._table.topLevelItem(row)
            if item is not None and item.data(0, Qt.ItemDataRole.UserRole) == command_id:
                self._table.setCurrentItem(item)

    # Building

    def _make_table(self) -> None:
        table = self._table
        table.setHeaderLabels([_("Command"), _("Keys"), ""])
        table.setRootIsDecorated(False)
        table.setUniformRowHeights(True)
        table.setAccessibleName(_("Commands and keys"))
        table.header().setStretchLastSection(False)
        table.header().setSectionResizeMode(COLUMN_TITLE, QHeaderView.ResizeMode.Stretch)
        table.header().setSectionResizeMode(COLUMN_KEYS, QHeaderView.ResizeMode.ResizeToContents)
        table.setColumnHidden(COLUMN_ID, True)
        table.currentItemChanged.connect(lambda *_items: self._chosen_changed())

    def _lay_out(self) -> None:
        for profile in profiles().values():
            self._profile.addItem(profile.title, profile.id)
        self._profile.setAccessibleName(_("Keys and mouse like"))
        self._profile.activated.connect(self._set_profile)
        self._search.setPlaceholderText(_("Search a command or a key"))
        self._search.setAccessibleName(_("Search a command or a key"))
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(lambda _text: self._filter())
        self._press.setAccessibleName(_("New key"))
        self._press.setMaximumSequenceLength(1)
        self._press.editingFinished.connect(self._pressed)
        self._press.keySequenceChanged.connect(lambda _sequence: self._warn())
        self._message.setTextFormat(Qt.TextFormat.PlainText)
        self._message.setWordWrap(True)
        top = QHBoxLayout()
        top.addWidget(QLabel(_("Keys and mouse like")))
        top.addWidget(self._profile)
        top.addStretch(1)
        top.addWidget(self._search, 1)
        foot = QHBoxLayout()
        foot.addWidget(QLabel(_("New key")))
        foot.addWidget(self._press, 1)
        self._set = push_button(_("Replace"), lambda: self._take_key(is_added=False))
        self._add = push_button(_("Add"), lambda: self._take_key(is_added=True))
        self._clear = push_button(_("No key"), self._take_away)
        self._restore = push_button(_("Restore"), self._restore_one)
        for button in (self._set, self._add, self._clear, self._restore):
            foot.addWidget(button)
        self._restore_all = push_button(_("Restore all keys"), self._restore_every)
        last = QHBoxLayout()
        last.addWidget(self._message, 1)
        last.addWidget(self._restore_all)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self._table, 1)
        layout.addLayout(foot)
        layout.addLayout(last)

    # Showing

    def _resolved(self) -> KeyTable:
        return resolve(self._commands.values(), self._settings)

    def _fill(self) -> None:
        chosen = self._chosen()
        table = self._resolved()
        self._profile.setCurrentIndex(max(0, self._profile.findData(table.profile)))
        own = {line.partition("=")[0] for line in self._settings.keys}
        clashes = {command_id for conflict in table.conflicts for command_id in conflict.command_ids[1:]}
        self._table.blockSignals(True)
        self._table.clear()
        for command in self._commands.values():
            keys = "   ".join(map(shown_key, table.keys[command.id]))
            item = QTreeWidgetItem(self._table, [_full_title(command), keys, command.id])
            item.setData(0, Qt.ItemDataRole.UserRole, command.id)
            if command.id in own:
                item.setForeground(COLUMN_KEYS, QColor(colours().accent))
            if command.id in clashes:
                item.setForeground(COLUMN_KEYS, QColor(colours().caution))
                item.setText(COLUMN_KEYS, f"{keys}  ⚠".strip())
        self._table.blockSignals(False)
        self._say_conflicts(table)
        self._restore_all.setEnabled(bool(self._settings.keys))
        self.choose(chosen or next(iter(self._commands)))
        self._filter()

    def _say_conflicts(self, table: KeyTable) -> None:
        lines = []
        for conflict in table.conflicts[:3]:
            winner, *losers = (self._title(command_id) for command_id in conflict.command_ids)
            lines.append(_("{0} is “{1}”, not “{2}”").format(shown_key(conflict.key), winner, "”, “".join(losers)))
        self._message.setText("\n".join(lines))

    def _filter(self) -> None:
        words = self._search.text().casefold().split()
        for row in range(self._table.topLevelItemCount()):
            item = self._table.topLevelItem(row)
            if item is not None:
                text = " ".join(item.text(column) for column in range(3)).casefold()
                item.setHidden(not all(word in text for word in words))

    def _chosen(self) -> str:
        item = self._table.currentItem()
        return str(item.data(0, Qt.ItemDataRole.UserRole)) if item is not None else ""

    def _title(self, command_id: str) -> str:
        return plain_title(self._commands[command_id])

    def _chosen_changed(self) -> None:
        self._empty_press()
        self._restore.setEnabled(self._chosen() in {line.partition("=")[0] for line in self._settings.keys})
        self._warn()

    def _empty_press(self) -> None:
        self._press.clear()
        for field in self._press.findChildren(QLineEdit):
            # Qt's own is English in every language, and comes back at every clearing.
            field.setPlaceholderText(_("Click here, then press the key"))

    def _pressed_key(self) -> str:
        text = self._press.keySequence().toString(QKeySequence.SequenceFormat.PortableText)
        return normalized(text) if text else ""

    def _warn(self) -> None:
        key = self._pressed_key()
        self._set.setEnabled(bool(key))
        self._add.setEnabled(bool(key))
        if not key:
            return
        holder = self._resolved().command_of(key)
        if holder is not None and holder != self._chosen():
            self._message.setText(
                _("{0} is “{1}” now; it would lose the key").format(shown_key(key), self._title(holder))
            )
        else:
            self._message.clear()

    # Changing

    def _pressed(self) -> None:
        self._warn()
        if self._pressed_key():
            self._set.setFocus()

    def _take_key(self, *, is_added: bool) -> None:
        key, chosen = self._pressed_key(), self._chosen()
        if not key or not chosen:
            return
        table = self._resolved()
        settings, holder = self._settings, table.command_of(key)
        if holder is not None and holder != chosen:
            settings = with_keys(settings, holder, tuple(each for each in table.keys[holder] if each != key))
        kept = table.keys[chosen] if is_added else ()
        self._keep(with_keys(settings, chosen, tuple(dict.fromkeys((*kept, key)))))

    def _take_away(self) -> None:
        if chosen := self._chosen():
            self._keep(with_keys(self._settings, chosen, ()))

    def _restore_one(self) -> None:
        chosen = self._chosen()
        lines = tuple(line for line in self._settings.keys if line.partition("=")[0] != chosen)
        self._keep(replace(self._settings, keys=lines))

    def _restore_every(self) -> None:
        self._keep(replace(self._settings, keys=()))

    def _set_profile(self, row: int) -> None:
        self._keep(replace(self._settings, profile=str(self._profile.itemData(row))))

    def _keep(self, settings: KeySettings) -> None:
        self._settings = settings
        self._empty_press()
        self._fill()
        self._chosen_changed()
        self._changed(settings)


def shown_key(key: str) -> str:
    """Return a key as the system writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def plain_title(command: Command) -> str:
    """Return a command's title without its ellipsis."""
    return without_mnemonic(command.text)


def _full_title(command: Command) -> str:
    place = [without_mnemonic(_(MENU_TITLES[path])) for path in _paths(command.menu) if path in MENU_TITLES]
    return " › ".join((*place, plain_title(command)))


def _paths(menu: str) -> list[str]:
    parts = menu.split("/") if menu else []
    return ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
