"""What is known of one transfer: how it stands, what is missing, and what happened, without patient data."""

import datetime as dt
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from viewer.archives.transfer_values import TransferKind, TransferState
from viewer.base.translation import _
from viewer.ui.archives.transfer_model import colour_of, missing_text
from viewer.ui.buttons import push_button
from viewer.ui.pieces import coloured, heading, paragraph
from viewer.ui.theme import colours
from viewer.workspace.transfers import TransferRow

MARGIN_PX = 8


class TransferDetails(QWidget):
    """Of the transfer that is chosen.

    Args:
        again: Called when the reader asks for what is missing.
    """

    def __init__(self, again: Callable[[], None]) -> None:
        super().__init__()
        self._title, self._state, self._reason = heading(""), paragraph(), paragraph()
        self._numbers = paragraph(is_quiet=True)
        self.again = push_button(_("Ask again"), again, "refresh")
        self._copy = push_button(_("Copy"), self._copy_log, "copy")
        self._copy.setToolTip(_("What happened, as text; it names no patient"))
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setAccessibleName(_("What happened"))
        self.log.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.log.setTabChangesFocus(True)
        buttons = QHBoxLayout()
        buttons.addWidget(self.again)
        buttons.addStretch(1)
        buttons.addWidget(self._copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX)
        column.setSpacing(4)
        for label in (self._title, self._state, self._numbers, self._reason):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(label)
        column.addLayout(buttons)
        column.addWidget(self.log, 1)
        self._rest = QWidget()
        column.addWidget(self._rest, 1)

    def show_row(self, row: TransferRow) -> None:
        """Show a transfer."""
        ink = colours()
        self._title.setText(row.title)
        self._state.setText(f"{row.place}: {row.state}")
        numbers = "  ·  ".join(filter(None, (row.counted, row.rate, row.left)))
        failed = row.status.failed
        if failed:
            numbers = "  ·  ".join(filter(None, (numbers, _("{0} failed").format(failed))))
        self._show(self._numbers, numbers)
        self._show(self._reason, "\n".join(dict.fromkeys(filter(None, (missing_text(row), row.reason)))))
        coloured(self._reason, colour_of(row, ink))
        self.again.setText(_again_text(row))
        self.again.setVisible(row.can_resume)
        self._show_log(row)

    def _show_log(self, row: TransferRow) -> None:
        text = "\n".join(f"{_clock(line.at)}  {line.text}" for line in row.log)
        if text != self.log.toPlainText():
            bar = self.log.verticalScrollBar()
            is_at_end = bar.value() >= bar.maximum()
            place = bar.value()
            self.log.setPlainText(text)
            bar.setValue(bar.maximum() if is_at_end else place)
        self.log.setVisible(bool(text))
        self._rest.setVisible(not text)
        self._copy.setVisible(bool(text))

    def _copy_log(self) -> None:
        lines = [self._state.text(), self._numbers.text(), self._reason.text(), self.log.toPlainText()]
        QGuiApplication.clipboard().setText("\n".join(filter(None, lines)) + "\n")

    @staticmethod
    def _show(label: QWidget, text: str) -> None:
        label.setText(text)  # type: ignore[attr-defined] # a label
        label.setVisible(bool(text))


def _again_text(row: TransferRow) -> str:
    if row.status.state is TransferState.PAUSED:
        return _("Go on")
    if row.status.state is TransferState.INCOMPLETE and row.status.request.kind is TransferKind.RETRIEVE:
        return _("Ask again")
    return _("Try again")


def _clock(at: float) -> str:
    return f"{dt.datetime.fromtimestamp(at).astimezone():%H:%M:%S}"
