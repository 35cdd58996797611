"""Buttons of dialogs and pages."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from viewer.ui.icons import icon


def push_button(title: str, call: Callable[[], object], icon_name: str = "") -> QPushButton:
    """Return a button that calls when it is pressed; Return pressed elsewhere in its dialog does not press it."""
    button = QPushButton(icon(icon_name), title)
    button.setAutoDefault(False)
    button.clicked.connect(lambda _checked: call())
    return button


def focus_first_button(page: QWidget) -> None:
    """Put the keyboard on the first button of a page that can be pressed."""
    buttons = page.findChildren(QPushButton)
    first = next((button for button in buttons if button.isVisibleTo(page) and button.isEnabled()), None)
    if first is not None:
        first.setFocus(Qt.FocusReason.ShortcutFocusReason)
