"""Labels of plain text: what comes from files, systems and meters is never taken for markup."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel


def plain_label(text: str = "", name: str = "") -> QLabel:
    """Return a label that wraps and never takes a text for markup; its object name chooses how it looks."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setObjectName(name)
    return label
