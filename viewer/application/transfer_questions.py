"""Asking for what lets us into an archive, in the window; the answer goes where it was asked for, and nowhere else."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QInputDialog, QLabel, QLineEdit, QWidget

from viewer.base.translation import _

if TYPE_CHECKING:
    from viewer.ui.archives.sign_in_dialog import SignInDialog


class SignIns:
    """The dialogs that say where to sign in (OpenID Connect), one for each archive."""

    def __init__(self) -> None:
        self._shown: dict[str, SignInDialog] = {}

    def show(self, parent: QWidget, archive: str, page: tuple[str, str], cancel: Callable[[], None]) -> None:
        """Show where to sign in.

        Args:
            parent: The window.
            archive: Its name.
            page: Its URL, and the code to give there.
            cancel: Called when the reader gives up.
        """
        from viewer.ui.archives.sign_in_dialog import SignInDialog

        dialog = self._shown.get(archive)
        if dialog is None:
            dialog = self._shown[archive] = SignInDialog(parent, archive, cancel)
            dialog.finished.connect(partial(self._forget, archive))
            dialog.open()
        dialog.prompt(*page)

    def signed_in(self, archive: str) -> None:
        """Something came from an archive: whoever had to sign in has done so."""
        if (dialog := self._shown.get(archive)) is not None:
            dialog.signed_in()

    def _forget(self, archive: str, _result: int) -> None:
        self._shown.pop(archive, None)


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
