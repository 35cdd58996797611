"""Asking for an archive's password: a worker thread waits while the window asks; the password is kept nowhere."""

from collections.abc import Callable
from concurrent.futures import Future

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QInputDialog, QLabel, QLineEdit

from viewer.base.translation import _


class PasswordQuestion:
    """Asks in the active window.

    Args:
        deliver: Calls something on the GUI thread.
    """

    def __init__(self, deliver: Callable[[Callable[[], None]], None]) -> None:
        self._deliver = deliver
        self._waiting: set[Future[str | None]] = set()

    def ask(self, archive: str, was_wrong: bool) -> str | None:
        """Return the password of an archive; None when the reader gives up. Blocks: never call it on the GUI thread."""
        answer: Future[str | None] = Future()
        self._waiting.add(answer)
        self._deliver(lambda: self._show(archive, answer, was_wrong=was_wrong))
        try:
            return answer.result()
        finally:
            self._waiting.discard(answer)

    def close(self) -> None:
        """Give up every question that still waits: the program ends."""
        for answer in tuple(self._waiting):
            _answer(answer, None)

    def _show(self, archive: str, answer: "Future[str | None]", *, was_wrong: bool) -> None:
        dialog = QInputDialog(QApplication.activeWindow())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(_("Password"))
        text = _("The password was wrong. Password of {0}:") if was_wrong else _("Password of {0}:")
        dialog.setLabelText(text.format(archive))
        dialog.setTextEchoMode(QLineEdit.EchoMode.Password)
        dialog.setOkButtonText(_("Open"))
        dialog.setCancelButtonText(_("Skip"))
        dialog.finished.connect(lambda result: _answer(answer, dialog.textValue() if result else None))
        dialog.open()
        for label in dialog.findChildren(QLabel):
            label.setTextFormat(Qt.TextFormat.PlainText)  # the archive's name is not ours: no markup


def _answer(answer: "Future[str | None]", password: str | None) -> None:
    if not answer.done():
        answer.set_result(password)
