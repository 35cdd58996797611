"""Asks where objects that were made here are to be saved."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.ui.dialogs.destination_choice import DestinationChoice, DestinationHost
from viewer.ui.pieces import heading
from viewer.workspace.object_saving import Destination

WIDTH = 440


class SaveObjectsDialog(QDialog):
    """What is called by its title, and where it goes.

    Args:
        parent: The reading window.
        host: The program's side.
        title: What is saved.
        save: Called with where.
    """

    def __init__(
        self, parent: QWidget, host: DestinationHost, title: str, save: Callable[[tuple[Destination, ...]], None]
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Save"))
        self.setMinimumWidth(WIDTH)
        self._save = save
        self.place = DestinationChoice(host)
        self.start = QPushButton(_("Save"))
        self.start.setDefault(True)
        buttons = QDialogButtonBox()
        buttons.addButton(self.start, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QPushButton(_("Cancel")), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addWidget(heading(title))
        layout.addWidget(self.place)
        layout.addWidget(buttons)
        self.place.changed.connect(self._follow)
        self._follow()
        self.start.setFocus()

    def accept(self) -> None:
        """Save."""
        destinations = self.place.destinations
        if destinations:
            self.place.remember()
            self._save(destinations)
            super().accept()

    def _follow(self) -> None:
        self.start.setEnabled(bool(self.place.destinations))
