"""The strip of how it stands with each archive of a search: how much it found, or why it did not answer."""

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from viewer.base.translation import _
from viewer.ui.icons import icon
from viewer.ui.labels import plain_label
from viewer.ui.theme import colours
from viewer.workspace.archive_states import AskedArchive, advice_text, problem_text, summary

ICON_PX = 14
MOST_PROBLEMS = 3
_FILLED = Qt.AlignmentFlag(0)


class ArchiveStates(QWidget):
    """One line for all archives, one for each that failed, and an offer where one has more."""

    again_wanted = Signal()
    more_wanted = Signal()
    doctor_wanted = Signal(str)
    """The name of an archive that did not answer."""

    def __init__(self) -> None:
        super().__init__()
        self.has_doctor = False
        """Whether somebody hears doctor_wanted."""
        self.summary = plain_label()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(8, 4, 6, 2)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(self.summary, 0, 0, 1, 2)
        self._lines: list[QWidget] = []
        self.hide()

    @property
    def problems(self) -> tuple[str, ...]:
        """What is said of the archives that failed."""
        return tuple(line.text() for line in self._lines if isinstance(line, QLabel) and line.text())

    def show_archives(self, archives: Sequence[AskedArchive]) -> None:
        """Show how it stands."""
        self.summary.setText(summary(archives))
        self.summary.setVisible(bool(self.summary.text()))
        notes = [note for each in archives if each.problem is None for note in each.notes]
        self.summary.setToolTip(_plain("\n".join(notes)) if notes else "")
        is_over = not any(each.is_asking for each in archives)
        failed = [each for each in archives if each.problem is not None]
        for line in self._lines:
            line.hide()
            line.deleteLater()
        self._lines.clear()
        for place, each in enumerate(failed[:MOST_PROBLEMS], 1):
            self._add_problem(place, each)
        has_more = any(each.is_cut_off for each in archives)
        if is_over and (failed or has_more):
            self._add_actions(len(failed[:MOST_PROBLEMS]) + 1, failed, has_more=has_more)
        self.setVisible(bool(archives))

    def _add_problem(self, place: int, archive: AskedArchive) -> None:
        mark = QLabel()
        mark.setPixmap(icon("warning", colours().caution).pixmap(ICON_PX, ICON_PX))
        mark.setAccessibleName(_("Warning"))
        text = plain_label(problem_text(archive))
        text.setToolTip(_plain(advice_text(archive)))
        text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._put(mark, place, 0, Qt.AlignmentFlag.AlignTop)
        self._put(text, place, 1)

    def _add_actions(self, place: int, failed: Sequence[AskedArchive], *, has_more: bool) -> None:
        """Offer to ask again, for more, and to find out what is wrong."""
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        if has_more:
            more = _link(_("Ask for more"), _("Ask again for twice as many; or narrow the search"))
            more.clicked.connect(self.more_wanted)
            row.addWidget(more)
        if failed:
            again = _link(_("Try again"), _("Ask the same again"))
            again.clicked.connect(self.again_wanted)
            row.addWidget(again)
        if failed and self.has_doctor:
            name = failed[0].name
            doctor = _link(_("Doctor…"), _("Find out where {0} goes wrong, step by step").format(name))
            doctor.clicked.connect(lambda: self.doctor_wanted.emit(name))
            row.addWidget(doctor)
        row.addStretch(1)
        self._put(line, place, 0, across=2)

    def _put(
        self, widget: QWidget, row: int, column: int, where: Qt.AlignmentFlag = _FILLED, *, across: int = 1
    ) -> None:
        self._grid.addWidget(widget, row, column, 1, across, where)
        self._lines.append(widget)


def _link(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(_plain(tip))
    button.setStyleSheet(f"QToolButton {{ color: {colours().accent}; padding: 2px 4px; }}")
    return button


def _plain(text: str) -> str:
    """Return a text for a tooltip: what archives are called and say is not ours, and no markup."""
    return "<p style='white-space:pre-wrap'>" + escape(text) + "</p>"
