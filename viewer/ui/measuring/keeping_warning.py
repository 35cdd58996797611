"""The button at a window's foot that stays as long as marks are not kept on the disk: why, and trying again."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from viewer.base.translation import _
from viewer.ui.icons import icon
from viewer.ui.theme import colours


class KeepingWarning(QToolButton):
    """Hidden while everything is kept.

    Args:
        retry: Tries again to keep what is in memory alone.
    """

    def __init__(self, retry: Callable[[], None]) -> None:
        super().__init__()
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setText(_("Marks are not kept"))
        self.clicked.connect(retry)
        self.hide()

    def show_problem(self, problem: str) -> None:
        """Show why marks are not kept, translated; nothing where they are."""
        self.setVisible(bool(problem))
        self.setToolTip(problem)
        self.setAccessibleName(problem)
        if problem:
            self.setStyleSheet(f"QToolButton {{ color: {colours().caution} }}")
            self.setIcon(icon("alert-triangle", colours().caution))
