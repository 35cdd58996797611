"""Buttons of dialogs and pages."""

from collections.abc import Callable

from PySide6.QtWidgets import QPushButton

from viewer.ui.icons import icon


def push_button(title: str, call: Callable[[], object], icon_name: str = "") -> QPushButton:
    """Return a button that calls when it is pressed; Return pressed elsewhere in its dialog does not press it."""
    button = QPushButton(icon(icon_name), title)
    button.setAutoDefault(False)
    button.clicked.connect(lambda _checked: call())
    return button
