"""What the window shows while nothing is open: one sentence, and the ways to begin."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.ui.actions import Actions

OFFERED = (("file.open_folder", "file.open_files", "file.open_disc"), ("file.open_sample", "archive.show"))
"""In two lines: five buttons beside each other are wider than the images of a small window."""


class EmptyState(QWidget):
    """The sentence and the buttons; files dropped anywhere on the window are opened too."""

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self.setAutoFillBackground(True)
        # Its buttons must not decide how narrow the images may become.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        sentence = QLabel(_("Drop a folder, a disc image or files here, or open them:"))
        sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._buttons: dict[str, QPushButton] = {}
        lines = [self._line(actions, ids) for ids in OFFERED]
        layout = QVBoxLayout(self)
        layout.setSpacing(16)
        layout.addStretch(2)
        layout.addWidget(sentence)
        for line in lines:
            layout.addLayout(line)
        layout.addStretch(3)
        self.show_has_archives(has_archives=False)

    def show_has_archives(self, *, has_archives: bool) -> None:
        """Offer to connect an archive, or to search those there are."""
        text = _("Search the archives") if has_archives else _("Connect an archive")
        self._buttons["archive.show"].setText(text)

    def _line(self, actions: Actions, command_ids: Sequence[str]) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addStretch(1)
        for command_id in command_ids:
            action = actions[command_id]
            button = QPushButton(action.icon(), action.text().removesuffix("…"))
            button.setToolTip(action.toolTip())
            button.setMinimumHeight(32)
            button.clicked.connect(action.trigger)
            line.addWidget(button)
            self._buttons[command_id] = button
        line.addStretch(1)
        return line
