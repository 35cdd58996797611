"""Shows what a check of the way to the monitor found, with what to do about it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.display.ramp_report import RampReport, ReportLine
from viewer.ui.buttons import push_button
from viewer.ui.icons import icon
from viewer.ui.labels import plain_label
from viewer.ui.theme import colours

PADDING_PX, SPACING_PX, ICON_PX = 16, 8, 18
SIZE = (560, 420)


class RampReportDialog(QDialog):
    """The report of one check; Esc closes it.

    Args:
        report: What was found.
        title: Of the monitor.
        parent: The window that asked.
    """

    def __init__(self, report: RampReport, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("What reaches the monitor"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PADDING_PX, PADDING_PX, PADDING_PX, PADDING_PX)
        layout.setSpacing(SPACING_PX)
        layout.addWidget(_label(title, colours().secondary))
        headline = _label(report.headline)
        font = headline.font()
        font.setPixelSize(round(font.pixelSize() * 1.2))
        headline.setFont(font)
        layout.addWidget(headline)
        body = QWidget()
        lines = QVBoxLayout(body)
        lines.setContentsMargins(0, SPACING_PX, 0, 0)
        lines.setSpacing(2 * SPACING_PX)
        for line in report.lines:
            lines.addLayout(_line(line))
        lines.addWidget(_label(report.caveat, colours().secondary))
        lines.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setAccessibleName(report.headline)
        area.setWidget(body)
        layout.addWidget(area, 1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        self.close_button = push_button(_("Close"), self.accept)
        self.close_button.setDefault(True)
        foot.addWidget(self.close_button)
        layout.addLayout(foot)
        self.close_button.setFocus()
        self.resize(*SIZE)


def _line(line: ReportLine) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(SPACING_PX)
    mark = QLabel()
    name, colour, meaning = "warning", colours().caution, _("to look at")
    if line.is_good:
        name, colour, meaning = "monitor-check", colours().good, _("good")
    elif line.is_note:
        name, colour, meaning = "help-circle", colours().secondary, _("good to know")
    mark.setPixmap(icon(name, colour).pixmap(ICON_PX, ICON_PX))
    mark.setAccessibleName(meaning)
    row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
    words = QVBoxLayout()
    words.setSpacing(2)
    words.addWidget(_label(line.text))
    if line.advice:
        words.addWidget(_label(line.advice, colours().secondary))
    row.addLayout(words, 1)
    return row


def _label(text: str, colour: str = "") -> QLabel:
    label = plain_label(text)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if colour:
        label.setStyleSheet(f"color: {colour}")
    return label
