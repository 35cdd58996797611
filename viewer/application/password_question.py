"""Asking for passwords: a worker thread waits while the window asks; what is answered is kept nowhere here."""

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QInputDialog, QLabel, QLineEdit

from viewer.application.transfer_questions import ask_secret
from viewer.base.translation import _

Answer = Callable[[str | None], None]


class _Questions:
    """Questions that worker threads wait for.

    Args:
        deliver: Calls something on the GUI thread.
    """

    def __init__(self, deliver: Callable[[Callable[[], None]], None]) -> None:
        self._deliver = deliver
        self._waiting: set[Future[str | None]] = set()

    def put(self, show: Callable[[Answer], None]) -> str | None:
        """Have a question shown on the GUI thread, and return its answer; None when the reader gives up."""
        answer: Future[str | None] = Future()
        self._waiting.add(answer)
        self._deliver(lambda: show(partial(_answer, answer)))
        try:
            return answer.result()
        finally:
            self._waiting.discard(answer)

    def close(self) -> None:
        """Give up every question that still waits: the program ends."""
        for answer in tuple(self._waiting):
            _answer(answer, None)


class PasswordQuestion(_Questions):
    """Asks in the active window for the password of an archive file."""

    def ask(self, archive: str, was_wrong: bool) -> str | None:
        """Return the password of an archive; None when the reader gives up. Blocks: never call it on the GUI thread."""
        return self.put(partial(_show, archive, was_wrong=was_wrong))


class SecretQuestion(_Questions):
    """Asks in the active window for what lets us into an archive of the network."""

    def ask(self, archive: str, kind: str) -> str | None:
        """Return a secret (archives.secrets.SecretKind); None when the reader gives up. Blocks likewise."""
        return self.put(partial(ask_secret, archive, kind))


def _show(archive: str, answer: Answer, *, was_wrong: bool) -> None:
    dialog = QInputDialog(QApplication.activeWindow())
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(_("Password"))
    text = _("The password was wrong. Password of {0}:") if was_wrong else _("Password of {0}:")
    dialog.setLabelText(text.format(archive))
    dialog.setTextEchoMode(QLineEdit.EchoMode.Password)
    dialog.setOkButtonText(_("Open"))
    dialog.setCancelButtonText(_("Skip"))
    dialog.finished.connect(lambda result: answer(dialog.textValue() if result else None))
    dialog.open()
    for label in dialog.findChildren(QLabel):
        label.setTextFormat(Qt.TextFormat.PlainText)  # the archive's name is not ours: no markup


def _answer(answer: "Future[str | None]", password: str | None) -> None:
    if not answer.done():
        answer.set_result(password)
