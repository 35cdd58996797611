"""What a constancy test found: every value with its limit and whether it passed, and room for a remark."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from viewer.base.translation import N_, _
from viewer.display.calibration_record import DisplayClass
from viewer.display.constancy_texts import limit_text, subject_title, value_text, verdict_of, verdict_text
from viewer.display.monitor_record import TestResult
from viewer.ui.buttons import push_button
from viewer.ui.icons import icon
from viewer.ui.labels import plain_label
from viewer.ui.theme import DARK

ICON_PX = 16
GOOD_ICON, BAD_ICON = "check", "x"
LONGEST_REMARK = 1000
_VERDICTS = {
    True: N_("The monitor passed this test"),
    False: N_("The monitor failed this test"),
    None: N_("Noted; there is nothing to compare it with yet"),
}


def verdict_sign(passes: bool | None) -> QLabel:
    """Return the sign of a verdict on the dark panel; empty where there is none. The word stands beside it."""
    sign = QLabel()
    if passes is not None:
        colour = DARK.good if passes else DARK.danger
        sign.setPixmap(icon(GOOD_ICON if passes else BAD_ICON, colour).pixmap(ICON_PX, ICON_PX))
    return sign


class ResultPage(QWidget):
    """Shows a result that is not kept yet.

    Signals:
        keep_wanted: With the remark.
    """

    keep_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._verdict = plain_label(name="question")
        self._rows = QWidget()
        self._grid = QGridLayout(self._rows)
        self._grid.setContentsMargins(0, 0, 8, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self._rows)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._remark = QLineEdit()
        self._remark.setPlaceholderText(_("Remark: who tested, what was done"))
        self._remark.setAccessibleName(_("Remark"))
        self._remark.setMaxLength(LONGEST_REMARK)
        self._offer = QCheckBox()
        self._problem = plain_label(name="problem")
        self._keep = push_button(_("Keep the result (Enter)"), self.keep)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self._verdict)
        layout.addWidget(self._scroll, 1)
        for widget in (self._offer, self._remark, self._keep, self._problem):
            layout.addWidget(widget)

    def show_result(self, result: TestResult, display_class: DisplayClass) -> None:
        """Show what was found; the remark stays."""
        self._verdict.setText(_(_VERDICTS[verdict_of(result)]))
        self._problem.clear()
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for at, answer in enumerate(result.answers):
            words = [value_text(answer), verdict_text(answer.passes)]
            limit = limit_text(answer.subject, display_class)
            words += [_("limit {0}").format(limit)] if limit else []
            self._grid.addWidget(verdict_sign(answer.passes), 3 * at, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(plain_label(subject_title(answer.subject), "quiet"), 3 * at, 1)
            text = plain_label(" · ".join(word for word in words if word))
            text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
            self._grid.addWidget(text, 3 * at + 1, 1)
            self._grid.setRowMinimumHeight(3 * at + 2, 8)
        self._grid.setRowStretch(3 * len(result.answers), 1)
        self._remark.setFocus()

    def show_offer(self, text: str) -> None:
        """Offer something that keeping the result can do as well; nothing for an empty text."""
        self._offer.setText(text)
        self._offer.setVisible(bool(text))
        self._offer.setChecked(bool(text))

    def takes_offer(self) -> bool:
        """Return whether the tester wants what was offered."""
        return self._offer.isChecked()

    def show_problem(self, text: str) -> None:
        """Say why it could not be kept."""
        self._problem.setText(text)

    def keep(self) -> None:
        """Ask for the result to be kept."""
        self.keep_wanted.emit(self._remark.text().strip())
