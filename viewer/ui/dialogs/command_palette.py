"""Every command by typing part of its name: Ctrl+K."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from viewer.base.translation import _

WIDTH_PX = 520
ROWS_SHOWN = 12
_MOVES = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: ROWS_SHOWN, Qt.Key.Key_PageUp: -ROWS_SHOWN}


class CommandPalette(QFrame):
    """A field and a list over the window; Enter runs, Esc closes."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFixedWidth(WIDTH_PX)
        self._entries: list[tuple[str, str, str]] = []
        self._field = QLineEdit()
        self._field.setPlaceholderText(_("Type a command"))
        self._field.setAccessibleName(_("Command"))
        self._field.textChanged.connect(self._filter)
        self._field.installEventFilter(self)
        self._list = QListWidget()
        self._list.setUniformItemSizes(True)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.itemClicked.connect(self._choose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self._field)
        layout.addWidget(self._list)

    def open_with(self, actions: Sequence[QAction]) -> None:
        """Show the enabled actions, named as their menu and title."""
        self._entries = [
            (action.objectName(), _plain(action.text()), _key_text(action)) for action in actions if action.isEnabled()
        ]
        self._field.clear()
        self._filter("")
        parent = self.parentWidget()
        if parent is not None:
            corner = parent.mapToGlobal(parent.rect().topLeft())
            self.move(corner.x() + (parent.width() - self.width()) // 2, corner.y() + parent.height() // 6)
        self.show()
        self._field.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move in the list and choose from it while the field keeps the focus."""
        if watched is self._field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = Qt.Key(event.key())
            if key in _MOVES:
                row = min(max(self._list.currentRow() + _MOVES[key], 0), self._list.count() - 1)
                self._list.setCurrentRow(row)
                return True
            if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
                self._choose(self._list.currentItem())
                return True
        return super().eventFilter(watched, event)

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        self._list.clear()
        for command_id, title, keys in self._entries:
            haystack = f"{title} {command_id}".casefold()
            if all(word in haystack for word in words):
                item = QListWidgetItem(f"{title}\t{keys}" if keys else title)
                item.setData(Qt.ItemDataRole.UserRole, command_id)
                self._list.addItem(item)
        self._list.setCurrentRow(0)
        row_height = max(self._list.sizeHintForRow(0), 1)
        self._list.setFixedHeight(row_height * max(1, min(self._list.count(), ROWS_SHOWN)) + 4)
        self.adjustSize()

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        self.close()
        self.chosen.emit(str(item.data(Qt.ItemDataRole.UserRole)))


def _plain(title: str) -> str:
    return title.replace("&", "")


def _key_text(action: QAction) -> str:
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
