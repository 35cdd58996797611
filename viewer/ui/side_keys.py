"""Keys in the side panels: arrows, Space and Tab belong to the tree or field that has the keyboard, not to the images.

Commands have their keys in the whole window; without this, an arrow in the study browser would scroll an image. What a
child leaves alone travels up to its panel, so one filter on the panel serves all that is in it.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

_MOVING = frozenset(
    {
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_PageDown,
        Qt.Key.Key_Space,
        Qt.Key.Key_Return,
        Qt.Key.Key_Enter,
        Qt.Key.Key_Tab,
        Qt.Key.Key_Backtab,
        Qt.Key.Key_Escape,
        Qt.Key.Key_Plus,
        Qt.Key.Key_Minus,
        Qt.Key.Key_Asterisk,
    }
)
_PLAIN = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.KeypadModifier


class SideKeys(QObject):
    """Keeps moving keys inside the panels it guards; Esc empties a field, then leaves the panel.

    Args:
        parent: The window.
        leave: Puts the keyboard back to the images.
    """

    def __init__(self, parent: QObject, leave: Callable[[], None]) -> None:
        super().__init__(parent)
        self._leave = leave

    def guard(self, panel: QWidget) -> None:
        """Keep the moving keys of everything inside a panel."""
        panel.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim moving keys before they become commands, and go back on Esc."""
        if not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.ShortcutOverride and Qt.Key(event.key()) in _MOVING:
            event.setAccepted(event.modifiers() in _PLAIN)
            return event.isAccepted()
        if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            field = QApplication.focusWidget()
            if isinstance(field, QLineEdit) and field.text():
                field.clear()
            else:
                self._leave()
            return True
        return super().eventFilter(watched, event)
