"""Third page where there is no meter: fields matched by eye."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QTableWidget, QTableWidgetItem, QWidget

from viewer.base.errors import ViewerError
from viewer.base.translation import N_, _
from viewer.display.visual_match import HALF_TONES, LARGEST_DISAGREEMENT, TIMES, Match
from viewer.ui.buttons import push_button
from viewer.ui.calibration.desk import CalibrationDesk
from viewer.ui.calibration.page import WizardPage, caution, paragraph

_COLUMNS = (N_("White pixels"), N_("First match"), N_("Second match"), N_("Gamma"))


class MatchPage(WizardPage):
    """Lists the matches.

    Signals:
        match_asked: The fields shall be shown.
    """

    title = N_("Match by eye")
    match_asked = Signal()

    def __init__(self, desk: CalibrationDesk) -> None:
        super().__init__(desk)
        self._table = QTableWidget(len(HALF_TONES), len(_COLUMNS))
        self._count = QLabel()
        self._warning = caution()
        self._begin = push_button(_("Show the fields"), self.match_asked.emit, "expand")
        self._lay_out()
        desk.changed.connect(self._show)

    def enter(self) -> None:
        """Show what was matched so far."""
        self._show()

    def leave(self) -> None:
        """Refuse matches that no display can have; raises DisplayError."""
        self.desk.calibrated()

    def first_widget(self) -> QWidget:
        """Return the button that shows the fields."""
        return self._begin

    @property
    def is_ready(self) -> bool:
        """Whether every field was matched as often as asked."""
        return all(match.is_complete for match in self.desk.draft.matches)

    def take(self, matches: tuple[Match, ...]) -> None:
        """Take matches over from the fields."""
        self.told.emit("")
        self.desk.change(matches=matches)
        if self.is_ready:
            try:
                self.desk.calibrated()
            except ViewerError as error:
                self.told.emit(error.one_line())

    def _lay_out(self) -> None:
        self.column.addWidget(
            paragraph(
                _(
                    "The whole screen shows a pattern of black and white pixels and a grey square in its middle. Step "
                    "back until the pattern melts into grey, and make the square as bright as it with the arrow keys. "
                    "Each pattern comes twice."
                )
            )
        )
        self.column.addWidget(
            paragraph(
                _("The monitor must show its own number of pixels, unscaled; look at it straight on."), is_quiet=True
            )
        )
        buttons = QHBoxLayout()
        buttons.addWidget(self._begin)
        buttons.addWidget(push_button(_("Clear"), self._clear, "x"))
        buttons.addWidget(self._count)
        buttons.addStretch(1)
        self.column.addLayout(buttons)
        table = self._table
        table.setHorizontalHeaderLabels([_(title) for title in _COLUMNS])
        table.setAccessibleName(_("Matches"))
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(26)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.column.addWidget(table, 1)
        self.column.addWidget(self._warning)

    def _show(self) -> None:
        matches = self.desk.draft.matches
        for row, match in enumerate(matches):
            texts = [match.half_tone.title]
            for time in range(TIMES):
                found = match.driving_levels
                texts.append(str(found[time]) if time < len(found) else "–")
            texts.append(f"{match.gamma:.2f}" if match.is_complete else "–")
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                self._table.setItem(row, column, item)
        done = sum(len(match.driving_levels) for match in matches)
        self._count.setText(_("{0} of {1} matches made").format(done, TIMES * len(matches)))
        apart = [match.half_tone.title for match in matches if match.disagreement > LARGEST_DISAGREEMENT]
        told = _("Caution: the two matches of {0} are far apart; match them again for a better estimate.")
        self._warning.setText(told.format(", ".join(apart)) if apart else "")

    def _clear(self) -> None:
        self.told.emit("")
        self.desk.change(matches=tuple(Match(half_tone) for half_tone in HALF_TONES))
