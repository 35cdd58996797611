"""What the tab of archives says while it lists nothing: none known, not asked yet, being asked, nothing found."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from viewer.ui.buttons import push_button
from viewer.ui.labels import plain_label


class ArchiveNotice(QWidget):
    """A sentence or two, and what helps."""

    def __init__(self) -> None:
        super().__init__()
        self.text = plain_label()
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._buttons = QVBoxLayout()
        self._buttons.setSpacing(8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addStretch(2)
        layout.addWidget(self.text)
        layout.addLayout(self._buttons)
        layout.addStretch(3)

    def say(self, text: str, *actions: tuple[str, Callable[[], object]]) -> None:
        """Say something, with a button for each thing that can be done."""
        self.text.setText(text)
        while (item := self._buttons.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for title, call in actions:
            button = push_button(title, call)
            self._buttons.addWidget(button, 0, Qt.AlignmentFlag.AlignCenter)
