"""Asking for an archive's password or token in the window; the answer goes where it was asked for, and nowhere else."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QInputDialog, QLabel, QLineEdit

from viewer.base.translation import _


def ask_secret(archive: str, kind: str, answer: Callable[[str | None], None]) -> None:
    """Ask in the active window; answer is called with None when the reader gives up. Returns at once."""
    dialog = QInputDialog(QApplication.activeWindow())
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(archive)
    text = _("Password for {0}:") if kind == "password" else _("Token for {0}:")
    dialog.setLabelText(text.format(archive))
    dialog.setTextEchoMode(QLineEdit.EchoMode.Password)
    dialog.setOkButtonText(_("Log in"))
    dialog.setCancelButtonText(_("Cancel"))
    dialog.finished.connect(lambda result: answer(dialog.textValue() if result else None))
    dialog.open()
    for label in dialog.findChildren(QLabel):
        label.setTextFormat(Qt.TextFormat.PlainText)
