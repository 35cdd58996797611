"""Searches in archives that are going on: in which, how far, and a way to stop them."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.ui.browser.archive_asking import ArchiveAsking
from viewer.ui.hairline import hairline
from viewer.ui.icons import icon
from viewer.workspace.archive_states import summary


class QueryLine(QWidget):
    """Hidden while the window's list of archives asks nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._asking: ArchiveAsking | None = None
        self.text = QLabel()
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.button = QToolButton()
        self.button.setIcon(icon("stop"))
        self.button.setToolTip(_("Stop asking"))
        self.button.setAccessibleName(_("Stop asking"))
        self.button.clicked.connect(self._stop)
        mark = QLabel()
        mark.setPixmap(icon("search").pixmap(14, 14))
        line = QHBoxLayout()
        line.setContentsMargins(8, 4, 6, 4)
        line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.text, 1)
        line.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(hairline())
        self.hide()

    def follow(self, asking: ArchiveAsking) -> None:
        """Follow the searches of a window's list of archives."""
        self._asking = asking
        asking.changed.connect(self.show_state)
        self.show_state()

    def show_state(self) -> None:
        """Show whether archives are being asked."""
        asking = self._asking
        is_asking = asking is not None and asking.is_asking
        self.setVisible(is_asking)
        if asking is not None and is_asking:
            self.text.setText(summary(asking.archives) or _("Asking the archives…"))

    def _stop(self) -> None:
        if self._asking is not None:
            self._asking.stop()
