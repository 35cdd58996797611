"""The page before anything is kept: what the calibration would be, how good, and in which greys it is shown."""

from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from viewer.base.errors import DisplayError, ViewerError
from viewer.base.translation import N_, _
from viewer.display.calibration_draft import WAY_EXPLANATIONS, Way
from viewer.display.calibration_record import CalibrationRecord, DisplayClass
from viewer.display.conformance import Check, check, limits_of, predicted_conformance
from viewer.display.constancy_judgement import checks_of_calibration, knows_ambient, was_measured
from viewer.display.measuring_plan import HIGHEST_LEVEL, RECOMMENDED_COUNT
from viewer.display.monitor_record import Answer
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration, MoreGreys
from viewer.imaging.display_steps import display_steps
from viewer.ui.calibration.checks_view import ChecksView
from viewer.ui.calibration.desk import CalibrationDesk
from viewer.ui.calibration.page import WizardPage, caution, heading, paragraph
from viewer.ui.calibration.response_plot import readings_plot, response_plot
from viewer.ui.quality.plots import PlotView

MORE_TITLES = {
    MoreGreys.NONE: N_("256 greys, exact"),
    MoreGreys.BIT_STEALING: N_("More greys by bit stealing: a breath of colour"),
    MoreGreys.TEN_BITS: N_("1024 greys: ten bits a channel"),
}
PLOT_PX = 340


class CheckPage(WizardPage):
    """Shows what Apply would keep; until then nothing is changed."""

    title = N_("Check")

    def __init__(self, desk: CalibrationDesk) -> None:
        super().__init__(desk)
        self._plot = PlotView(240)
        self._checks = ChecksView()
        self._predicted = paragraph(is_quiet=True)
        self._notes, self._problem = paragraph(), caution()
        self._more, self._dither = QComboBox(), QCheckBox(_("Dithering: greys in between mixed of neighbouring pixels"))
        self._steps = QLabel()
        self._greys = QWidget()
        self._is_ready = False
        self._lay_out()

    def enter(self) -> None:
        """Work the calibration out and show it."""
        draft = self.desk.draft
        self._more.blockSignals(True)
        self._more.clear()
        for kind, title in MORE_TITLES.items():
            if kind is not MoreGreys.TEN_BITS or self.desk.has_ten_bits:
                self._more.addItem(_(title), kind)
        self._more.setCurrentIndex(max(self._more.findData(draft.more_greys), 0))
        self._more.blockSignals(False)
        self._dither.setChecked(draft.is_dithered)
        if self._more.currentData() is not draft.more_greys:  # ten bits, on a surface that has eight
            self.desk.change(more_greys=self._more.currentData())
        self._show()

    def first_widget(self) -> QWidget:
        """Return the choice of greys."""
        return self._more

    @property
    def is_ready(self) -> bool:
        """Whether there is something to apply."""
        return self._is_ready

    @property
    def next_title(self) -> str:
        """What going on does here."""
        return _("Forget") if self.desk.draft.way is Way.FORGET else _("Apply")

    def leave(self) -> None:
        """Keep the calibration: it is in force from now on."""
        try:
            self.desk.apply()
        except DisplayError as error:  # the file was not written; the store holds it all the same
            advice = _("It is in force until the program ends; Apply tries again.")
            raise DisplayError(str(error), subject=error.subject, advice=advice) from error

    def _lay_out(self) -> None:
        self.column.addWidget(self._problem)
        middle = QHBoxLayout()
        middle.setSpacing(24)
        self._plot.setMinimumWidth(PLOT_PX)
        middle.addWidget(self._plot, 4)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(heading(_("What it promises")))
        right.addWidget(self._checks)
        right.addWidget(self._predicted)
        right.addWidget(self._notes)
        right.addStretch(1)
        middle.addLayout(right, 7)
        self.column.addLayout(middle, 1)
        greys = QVBoxLayout(self._greys)
        greys.setContentsMargins(0, 0, 0, 0)
        greys.addWidget(heading(_("Greys")))
        line = QHBoxLayout()
        line.setSpacing(16)
        self._more.setAccessibleName(_("More greys"))
        self._more.activated.connect(lambda row: self._set(more_greys=self._more.itemData(row)))
        self._dither.toggled.connect(lambda is_on: self._set(is_dithered=is_on))
        line.addWidget(self._more)
        line.addWidget(self._dither)
        line.addStretch(1)
        greys.addLayout(line)
        greys.addWidget(self._steps)
        self.column.addWidget(self._greys)

    def _set(self, **fields: object) -> None:
        self.desk.change(**fields)
        self._show()

    def _show(self) -> None:
        try:
            record = self.desk.calibrated()
            answers = _answers(record)
        except ViewerError as error:
            self._show_problem(error.one_line())
            return
        self._is_ready = True
        is_forgotten = self.desk.draft.way is Way.FORGET
        self._problem.setText("")
        self._problem.hide()
        self._plot.show_plot(response_plot(record.calibration))
        self._checks.show_answers(answers, record.display_class)
        self._predicted.setText(_(WAY_EXPLANATIONS[Way.FORGET]) if is_forgotten else _prediction(record))
        self._notes.setText("\n".join(f"• {note}" for note in record.notes))
        self._greys.setVisible(not is_forgotten)
        if not is_forgotten:
            self._show_steps(record.calibration)

    def _show_problem(self, text: str) -> None:
        self._is_ready = False
        self._problem.setText(_("Caution: {0}").format(text))
        self._problem.show()
        self._greys.hide()
        measurement = self.desk.draft.measurement
        self._plot.show_plot(readings_plot(measurement.taken, max(*measurement.levels, HIGHEST_LEVEL)))
        self._checks.show_answers((), DisplayClass.OTHER)
        self._predicted.setText(_("Nothing yet: go back and correct what is wrong."))
        self._notes.setText("")

    def _show_steps(self, calibration: DisplayCalibration) -> None:
        steps = display_steps(calibration)
        told = _("{count} distinct steps of 1024; the largest is {jnd:.1f} JND")
        self._steps.setText(told.format(count=steps.distinct_levels, jnd=steps.max_jnd_step))


def _answers(record: CalibrationRecord) -> tuple[Answer, ...]:
    """Return what the calibration promises, κ first where there is a response to predict it from.

    Limits are not held against what was only assumed: the ends of the response, or the light of the room.
    """
    calibration = record.calibration
    if calibration.mode is CalibrationMode.SRGB_ESTIMATE:
        return ()
    limits = limits_of(record.display_class)
    checks: list[Check] = []
    if calibration.has_curve:
        checks.append(check("kappa", predicted_conformance(calibration).kappa, limits))
    if was_measured(calibration):
        checks += checks_of_calibration(calibration, record.display_class)
    known = [each for each in checks if each.subject != "ambient_ratio" or knows_ambient(record)]
    is_measured = was_measured(calibration)
    return tuple(Answer(each.subject, each.value, each.passes if is_measured else None) for each in known)


def _prediction(record: CalibrationRecord) -> str:
    if not record.calibration.has_curve:
        return _("The monitor's own correction is trusted, not checked: measure it after applying.")
    if not record.calibration.is_calibrated:
        return _("Matched by eye: shown as a visual estimate, never as calibrated.")
    if len(record.readings) < RECOMMENDED_COUNT:
        return _("κ is predicted from few readings and may be worse: measure through the correction, or more levels.")
    return _("κ is predicted from the readings; measuring through the correction confirms it.")
