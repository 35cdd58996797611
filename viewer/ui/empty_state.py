"""What the window shows while nothing is open: one sentence, and the ways to begin."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.ui.actions import Actions

OFFERED = ("file.open_folder", "file.open_files", "file.open_disc", "file.open_sample")


class EmptyState(QWidget):
    """The sentence and the buttons; files dropped anywhere on the window are opened too."""

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self.setAutoFillBackground(True)
        # Its buttons must not decide how narrow the images may become.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        sentence = QLabel(_("Drop a folder, a disc image or files here, or open them:"))
        sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        for command_id in OFFERED:
            action = actions[command_id]
            button = QPushButton(action.icon(), action.text().removesuffix("…"))
            button.setToolTip(action.toolTip())
            button.setMinimumHeight(32)
            button.clicked.connect(action.trigger)
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setSpacing(16)
        layout.addStretch(2)
        layout.addWidget(sentence)
        layout.addLayout(buttons)
        layout.addStretch(3)
