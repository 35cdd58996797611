"""What the library's list asks the reader: notes, a name for a search, the ID of a patient who is to be erased."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QInputDialog, QLineEdit, QPushButton, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.ui.labels import plain_label
from viewer.ui.pieces import caution

WIDTH = 420


def ask_notes(parent: QWidget, notes: str, kept: Callable[[str], None]) -> None:
    """Let the reader write notes upon a study."""
    dialog = _input(parent, _("Notes"), _("The study is found by the words of its notes."), notes)
    dialog.setOption(QInputDialog.InputDialogOption.UsePlainTextEditForTextInput)
    dialog.textValueSelected.connect(kept)
    dialog.open()


def ask_name(parent: QWidget, title: str, name: str, kept: Callable[[str], None]) -> None:
    """Ask for the name of a saved search."""
    dialog = _input(parent, title, _("Name"), name)
    dialog.textValueSelected.connect(lambda text: kept(text.strip()) if text.strip() else None)
    dialog.open()


def _input(parent: QWidget, title: str, label: str, text: str) -> QInputDialog:
    dialog = QInputDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    dialog.setLabelText(label)
    dialog.setTextValue(text)
    dialog.setOkButtonText(_("Keep"))
    dialog.setCancelButtonText(_("Cancel"))
    dialog.resize(WIDTH, dialog.sizeHint().height())
    return dialog


class SureDialog(QDialog):
    """Asks before something that cannot be taken back; what is at stake may have to be typed.

    Args:
        text: What will happen.
        action: What the button does.
        typed: What must be typed before; empty for nothing.
        done: Called when the reader is sure.
    """

    def __init__(
        self, parent: QWidget, title: str, text: str, action: str, done: Callable[[], None], typed: str = ""
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setMinimumWidth(WIDTH)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(plain_label(text))
        self._more = caution()
        self._more.hide()
        layout.addWidget(self._more)
        self._wanted = typed
        self.field = QLineEdit()
        self.button = QPushButton(action)
        self.button.setAutoDefault(False)
        cancel = QPushButton(_("Cancel"))
        cancel.setDefault(True)
        if typed:
            layout.addWidget(plain_label(_("Type the patient's ID to go on: {0}").format(typed)))
            self.field.setAccessibleName(_("Patient ID"))
            self.field.textChanged.connect(self._check)
            layout.addWidget(self.field)
            self.field.setFocus()
            self._check()
        buttons = QDialogButtonBox()
        buttons.addButton(self.button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(cancel, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.accepted.connect(done)
        layout.addWidget(buttons)

    def say_more(self, text: str) -> None:
        """Say something more of what is at stake; empty for nothing."""
        self._more.setText(text)
        self._more.setVisible(bool(text))

    def accept(self) -> None:
        """Go on, if what had to be typed was typed."""
        if not self._wanted or self.field.text().strip() == self._wanted:
            super().accept()

    def _check(self) -> None:
        self.button.setEnabled(self.field.text().strip() == self._wanted)
