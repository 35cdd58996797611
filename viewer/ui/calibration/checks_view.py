"""Quantities with their limits, one a line: what was found, what it may be, and whether that is so."""

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from viewer.display.calibration_record import DisplayClass
from viewer.display.constancy_texts import limit_text, number_text, subject_title, verdict_text
from viewer.display.monitor_record import Answer
from viewer.ui.theme import colours


class ChecksView(QWidget):
    """Rows of answers of a test."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)

    def show_answers(self, answers: Iterable[Answer], display_class: DisplayClass) -> None:
        """Show other quantities."""
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        theme = colours()
        for row, answer in enumerate(each for each in answers if each.value is not None):
            value = number_text(answer.subject, answer.value or 0.0)
            verdict = verdict_text(answer.passes)
            limit = limit_text(answer.subject, display_class)
            ink = {True: theme.good, False: theme.danger, None: theme.secondary}[answer.passes]
            for column, (text, colour) in enumerate(
                (
                    (subject_title(answer.subject), theme.text),
                    (value, theme.text),
                    (verdict, ink),
                    (limit, theme.secondary),
                )
            ):
                self._put(row, column, text, colour)

    def _put(self, row: int, column: int, text: str, ink: str) -> None:
        label = QLabel(text)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setStyleSheet(f"color: {ink};")
        label.setWordWrap(column == 0)
        side = Qt.AlignmentFlag.AlignRight if column == 1 else Qt.AlignmentFlag.AlignLeft
        self._grid.addWidget(label, row, column, Qt.AlignmentFlag.AlignVCenter if column == 0 else side)
