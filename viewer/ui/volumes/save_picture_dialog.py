"""Where the picture of a viewport is saved as DICOM, and what is burned into it."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.ui.pieces import caution, danger, form, paragraph
from viewer.ui.volumes.save_place import SavePlace, name_field

WIDTH = 460
PREVIEW = QSize(436, 300)

Save = Callable[[str, Path | None], None]


class SavePictureDialog(QDialog):
    """Shows the picture, and asks for its name and place.

    Args:
        parent: The reading window.
        picture: As it will be saved.
        name: Of the series, to begin with.
        has_library: Whether there is a library to save into.
        save: Called with the name, and the folder or None for the library.
    """

    def __init__(self, parent: QWidget, picture: QImage, name: str, *, has_library: bool, save: Save) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Save picture as secondary capture"))
        self.setMinimumWidth(WIDTH)
        self._save = save
        self.name = name_field(name)
        self.place = SavePlace(has_library=has_library)
        self._trouble = danger()
        self.start = QPushButton(_("Save"))
        self.start.setDefault(True)
        shown = QLabel()
        ratio = self.devicePixelRatioF()
        small = picture.scaled(
            PREVIEW * ratio, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        small.setDevicePixelRatio(ratio)
        shown.setPixmap(QPixmap.fromImage(small))
        shown.setAlignment(Qt.AlignmentFlag.AlignCenter)
        shown.setAccessibleName(_("The picture"))
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        layout.addWidget(shown)
        layout.addWidget(paragraph(f"{picture.width()} × {picture.height()}", is_quiet=True))
        words = _("The patient's name and all texts are part of the picture; nothing can be measured on it.")
        layout.addWidget(caution("⚠  " + words))
        fields = form()
        fields.setFieldGrowthPolicy(fields.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        fields.addRow(_("Name of the series"), self.name)
        layout.addLayout(fields)
        layout.addWidget(self.place)
        layout.addWidget(self._trouble)
        cancel = QPushButton(_("Cancel"))
        buttons = QDialogButtonBox()
        buttons.addButton(self.start, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(cancel, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self.name.textChanged.connect(lambda _text: self._follow())
        self.place.changed.connect(self._follow)
        self._follow()

    def accept(self) -> None:
        """Save."""
        if self.start.isEnabled():
            self._save(self.name.text().strip(), self.place.folder)
            super().accept()

    def _follow(self) -> None:
        trouble = ""
        if not self.name.text().strip():
            trouble = _("The series needs a name")
        elif not self.place.is_complete:
            trouble = _("Choose a folder")
        self._trouble.setText(trouble)
        self._trouble.setVisible(bool(trouble))
        self.start.setEnabled(not trouble)
