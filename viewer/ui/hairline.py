"""The quiet line between two parts of a page."""

from PySide6.QtWidgets import QFrame

from viewer.ui.theme import colours


def hairline() -> QFrame:
    """Return a line as wide as there is room."""
    line = QFrame()
    line.setFixedHeight(1)
    line.setStyleSheet(f"background: {colours().hairline};")
    return line
