"""Where something made is to be saved: into the library, or into a new folder; and how the series is called."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFileDialog, QHBoxLayout, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.ui.buttons import push_button

LONGEST_NAME = 64
"""Of a Series Description (0008,103E): LO."""


class SavePlace(QWidget):
    """Two radio buttons, and the folder's path.

    Args:
        has_library: Whether there is a library to save into.
    """

    changed = Signal()

    def __init__(self, *, has_library: bool) -> None:
        super().__init__()
        self.library = QRadioButton(_("On this computer, in the study"))
        self.elsewhere = QRadioButton(_("In a new or an empty folder"))
        self.field = QLineEdit()
        self.field.setAccessibleName(_("Folder"))
        self.choose = push_button(_("Choose…"), self._choose)
        self.choose.setAccessibleName(_("Choose a folder"))
        group = QButtonGroup(self)
        group.addButton(self.library)
        group.addButton(self.elsewhere)
        self.library.setEnabled(has_library)
        (self.library if has_library else self.elsewhere).setChecked(True)
        line = QHBoxLayout()
        line.setContentsMargins(24, 0, 0, 0)
        line.addWidget(self.field, 1)
        line.addWidget(self.choose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.library)
        layout.addWidget(self.elsewhere)
        layout.addLayout(line)
        group.buttonToggled.connect(lambda _button, _on: self._follow())
        self.field.textChanged.connect(lambda _text: self.changed.emit())
        self._follow()

    @property
    def folder(self) -> Path | None:
        """The folder; None for the library."""
        return None if self.library.isChecked() else Path(self.field.text().strip())

    @property
    def is_complete(self) -> bool:
        """Whether a place is named."""
        return self.library.isChecked() or bool(self.field.text().strip())

    def _follow(self) -> None:
        is_elsewhere = self.elsewhere.isChecked()
        self.field.setEnabled(is_elsewhere)
        self.choose.setEnabled(is_elsewhere)
        self.changed.emit()

    def _choose(self) -> None:
        dialog = QFileDialog(self, _("Save into a new or an empty folder"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.field.setText)
        dialog.open()


def name_field(name: str) -> QLineEdit:
    """Return a field for the name of a series."""
    field = QLineEdit(name[:LONGEST_NAME])
    field.setMaxLength(LONGEST_NAME)
    field.setAccessibleName(_("Name of the series"))
    return field
