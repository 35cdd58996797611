"""A field and a list over the window: the command palette (Ctrl+K) and every other choice of one thing out of many."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QAction, QColor, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from viewer.ui.theme import colours

WIDTH_PX = 520
ROWS_SHOWN = 14
PADDING_PX = 6
_MOVES = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: ROWS_SHOWN, Qt.Key.Key_PageUp: -ROWS_SHOWN}
_KEY_ROLE = Qt.ItemDataRole.UserRole
_DETAIL_ROLE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True, slots=True)
class Choice:
    """One line: what it stands for, what it says, and a quiet word at its right end."""

    key: str
    title: str
    detail: str = ""


class ChoicePopup(QFrame):
    """Typing narrows the list, Enter or a click chooses, Esc closes and changes nothing."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFixedWidth(WIDTH_PX)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._choices: tuple[Choice, ...] = ()
        self._chosen: Callable[[str], None] = lambda _key: None
        self._field = QLineEdit()
        self._field.textChanged.connect(self._filter)
        self._field.installEventFilter(self)
        self._list = QListWidget()
        self._list.setItemDelegate(_ChoiceDelegate(self))
        self._list.setUniformItemSizes(True)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.itemClicked.connect(self._choose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self._field)
        layout.addWidget(self._list)

    def offer(
        self, prompt: str, choices: Sequence[Choice], chosen: Callable[[str], None], *, current: str = ""
    ) -> None:
        """Show the choices over the window.

        Args:
            prompt: What is asked, in the empty field.
            choices: In order.
            chosen: Called with the key of the line that was chosen.
            current: Key of the line that is in force, marked at first.
        """
        self._choices = tuple(choices)
        self._chosen = chosen
        self._field.setPlaceholderText(prompt)
        self._field.setAccessibleName(prompt)
        self._field.clear()
        self._filter("", current)
        parent = self.parentWidget()
        if parent is not None:
            corner = parent.mapToGlobal(parent.rect().topLeft())
            self.move(corner.x() + (parent.width() - self.width()) // 2, corner.y() + parent.height() // 8)
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

    def _filter(self, text: str, current: str = "") -> None:
        words = text.casefold().split()
        self._list.clear()
        for choice in self._choices:
            haystack = f"{choice.title} {choice.detail} {choice.key}".casefold()
            if all(word in haystack for word in words):
                item = QListWidgetItem(choice.title)
                item.setData(_KEY_ROLE, choice.key)
                item.setData(_DETAIL_ROLE, choice.detail)
                self._list.addItem(item)
                if choice.key == current:
                    self._list.setCurrentItem(item)
        if self._list.currentRow() < 0:
            self._list.setCurrentRow(0)
        height = max(self._list.sizeHintForRow(0), 1) * max(1, min(self._list.count(), ROWS_SHOWN))
        self._list.setFixedHeight(height + 4)
        self.adjustSize()

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        self.close()
        self._chosen(str(item.data(_KEY_ROLE)))


class _ChoiceDelegate(QStyledItemDelegate):
    """Title left, detail right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return room for one line."""
        del index
        return QSize(WIDTH_PX // 2, option.fontMetrics.height() + PADDING_PX)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one line."""
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        if selected:
            painter.fillRect(option.rect, QColor(colours().accent))
        area = option.rect.adjusted(8, 0, -8, 0)
        detail = str(index.data(_DETAIL_ROLE) or "")
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(colours().window if selected else colours().secondary))
        painter.drawText(area, middle | Qt.AlignmentFlag.AlignRight, detail)
        room = area.width() - option.fontMetrics.horizontalAdvance(detail) - 12
        title = option.fontMetrics.elidedText(str(index.data()), Qt.TextElideMode.ElideMiddle, room)
        painter.setPen(QColor(colours().window if selected else colours().text))
        painter.drawText(area, middle | Qt.AlignmentFlag.AlignLeft, title)
        painter.restore()


def command_choices(actions: Sequence[QAction]) -> list[Choice]:
    """Return the enabled actions as choices, with their first key."""
    return [
        Choice(
            action.objectName(),
            action.text().replace("&", ""),
            action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
        )
        for action in actions
        if action.isEnabled()
    ]
