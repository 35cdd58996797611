"""Signing in with OpenID Connect: where to go, and the code to give there, while the program waits."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.ui.buttons import push_button
from viewer.ui.pieces import coloured, paragraph
from viewer.ui.theme import colours

WIDTH = 480
CODE_PX = 26


class SignInDialog(QDialog):
    """Open until somebody has signed in, or gives up.

    Args:
        cancel: Called when the reader gives up.
        open_url: Opens a page in the system's browser; for tests another.
    """

    def __init__(
        self,
        parent: QWidget,
        name: str,
        cancel: Callable[[], None],
        open_url: Callable[[QUrl], object] = QDesktopServices.openUrl,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Sign in to {0}").format(name) if name else _("Sign in"))
        self.setMinimumWidth(WIDTH)
        self._open_url = open_url
        self.url, self.code = _selectable(), _selectable()
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(CODE_PX)
        self.code.setFont(font)
        self._state = paragraph(_("Asking the provider…"))
        self._open = push_button(_("Open in the browser"), self._open_page)
        self._copy_url = push_button(_("Copy the address"), lambda: _copy(self.url.text()), "copy")
        self._copy_code = push_button(_("Copy the code"), lambda: _copy(self.code.text()), "copy")
        self.give_up = push_button(_("Cancel"), self.reject)
        self._first = paragraph(_("1. Open this page, on this or any other device:"))
        self._second = paragraph(_("2. Give this code there, and sign in:"))
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        for part in (
            self._first,
            self.url,
            _line(self._open, self._copy_url),
            self._second,
            self.code,
            _line(self._copy_code),
            self._state,
            _line(None, self.give_up),
        ):
            if isinstance(part, QWidget):
                layout.addWidget(part)
            else:
                layout.addLayout(part)
        self._parts = (self._first, self.url, self._open, self._copy_url, self._second, self.code, self._copy_code)
        for widget in self._parts:
            widget.hide()
        self.rejected.connect(cancel)

    def prompt(self, url: str, code: str) -> None:
        """Show where to sign in, and the code; the program waits meanwhile."""
        self.url.setText(url)
        self.code.setText(code)
        for widget in self._parts:
            widget.show()
        self._state.setText(_("Waiting until you have signed in…"))
        self._open.setEnabled(QUrl(url).scheme() in {"https", "http"})
        self._open.setFocus()
        self.adjustSize()

    def signed_in(self) -> None:
        """It is done."""
        self.done(QDialog.DialogCode.Accepted)

    def failed(self, words: str) -> None:
        """Say why it did not work."""
        self._state.setText(words)
        coloured(self._state, colours().danger)
        self.give_up.setText(_("Close"))

    def _open_page(self) -> None:
        self._open_url(QUrl(self.url.text()))


def _selectable() -> QLabel:
    label = paragraph()
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    label.setContentsMargins(16, 0, 0, 0)
    return label


def _line(*widgets: QWidget | None) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setContentsMargins(16, 0, 0, 0)
    for widget in widgets:
        if widget is None:
            line.addStretch(1)
        else:
            line.addWidget(widget)
    if None not in widgets:
        line.addStretch(1)
    return line


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
