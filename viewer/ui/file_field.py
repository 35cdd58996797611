"""A field for the path of a file, with a button that lets it be chosen."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from viewer.base.translation import _
from viewer.ui.buttons import push_button

FIELD_PX = 330


class FileField(QWidget):
    """A path that is typed or chosen.

    Args:
        title: What the file is.
        name: Object name of the field.
    """

    changed = Signal(str)

    def __init__(self, title: str, name: str = "") -> None:
        super().__init__()
        self._title = title
        self.field = QLineEdit()
        self.field.setAccessibleName(title)
        self.field.setObjectName(name)
        self.field.setMinimumWidth(FIELD_PX)
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(lambda text: self.changed.emit(text.strip()))
        choose = push_button(_("Choose…"), self._choose)
        choose.setAccessibleName(_("Choose a file: {0}").format(title))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.field)
        line.addWidget(choose)

    @property
    def path(self) -> str:
        """The path; empty for none."""
        return self.field.text().strip()

    def show_path(self, path: str) -> None:
        """Show a path; what is being typed stays when it says the same."""
        if self.path != path:
            self.field.setText(path)

    def _choose(self) -> None:
        dialog = QFileDialog(self, self._title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.field.setText)
        dialog.open()
