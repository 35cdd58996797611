"""Last page: the calibration is in force; eighteen greys measured through it say whether it arrives, and once."""

from datetime import date

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from viewer.base.errors import ViewerError
from viewer.base.translation import N_, _
from viewer.display.calibration_draft import Way
from viewer.display.calibration_record import DisplayClass
from viewer.display.constancy_judgement import Given, judge
from viewer.display.constancy_tests import RESPONSE
from viewer.display.measuring_plan import luminance_of, verified_p_values
from viewer.display.monitor_record import MonitorRecord, TestResult
from viewer.display.state_texts import sentence
from viewer.display.verification import Finding, finding, sentence_of
from viewer.imaging.display_calibration import DisplayCalibration
from viewer.ui.buttons import push_button
from viewer.ui.calibration.checks_view import ChecksView
from viewer.ui.calibration.desk import CalibrationDesk
from viewer.ui.calibration.page import WizardPage, caution, heading, paragraph
from viewer.ui.calibration.readings_table import ReadingsTable

TABLE_PX = 260


class VerifyPage(WizardPage):
    """Offers the measurement, and judges it.

    Signals:
        measure_asked: The patches through the LUT shall be shown.
    """

    title = N_("Verification")
    measure_asked = Signal()

    def __init__(self, desk: CalibrationDesk) -> None:
        super().__init__(desk)
        self._state = paragraph()
        self._table = ReadingsTable(_("P-value"))
        self._begin = push_button(_("Measure through the correction"), self.measure_asked.emit, "expand")
        self._count = QLabel()
        self._checks = ChecksView()
        self._finding, self._warning = paragraph(), caution()
        self._measuring = QWidget()
        self._result: TestResult | None = None
        self._lay_out()
        desk.changed.connect(self._show)

    def enter(self) -> None:
        """Say what is in force; offer to measure where a meter measured."""
        self._state.setText(sentence(self.desk.monitors.state(self.desk.screen)))
        self.title = VerifyPage.title if self._can_measure else N_("In force")
        self._measuring.setVisible(self._can_measure)
        self._show()

    def first_widget(self) -> QWidget:
        """Return the button that begins, where there is something to measure."""
        return self._begin if self._can_measure else self

    @property
    def next_title(self) -> str:
        """What going on does here."""
        return _("Record") if self._result is not None else _("Close")

    def leave(self) -> None:
        """Keep the result, where there is one."""
        if self._result is not None:
            self.desk.keep_test(self._result)
            self._result = None

    def take(self, step: int, luminance: float, chromaticity: tuple[float, float] | None) -> None:
        """Take a reading over from the patches."""
        self.desk.verify(self.desk.verification.with_reading(step, luminance, chromaticity))

    @property
    def _can_measure(self) -> bool:
        return self.desk.draft.way in {Way.MEASURED, Way.NATIVE}

    def _lay_out(self) -> None:
        self.column.addWidget(heading(_("In force now")))
        self.column.addWidget(self._state)
        self.column.addSpacing(8)
        outer = QVBoxLayout(self._measuring)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(heading(_("Measure once more, through the correction")))
        outer.addWidget(
            paragraph(
                _(
                    "Eighteen greys, drawn as images are. This finds a second correction in the way: of the monitor, "
                    "the graphics card or the system."
                ),
                is_quiet=True,
            )
        )
        line = QHBoxLayout()
        line.addWidget(self._begin)
        line.addWidget(self._count)
        line.addStretch(1)
        outer.addLayout(line)
        middle = QHBoxLayout()
        middle.setSpacing(24)
        self._table.setFixedWidth(TABLE_PX)
        self._table.typed.connect(self._typed)
        middle.addWidget(self._table)
        right = QVBoxLayout()
        for widget in (self._checks, self._finding, self._warning):
            right.addWidget(widget)
        right.addStretch(1)
        middle.addLayout(right, 1)
        outer.addLayout(middle, 1)
        self.column.addWidget(self._measuring, 1)
        self.column.addStretch(0)

    def _show(self) -> None:
        measurement = self.desk.verification
        self._table.show_measurement(measurement, [f"{100 * p:.1f} %" for p in verified_p_values()])
        self._count.setText(_("{0} of {1} levels measured").format(len(measurement.taken), len(measurement)))
        self._result = None
        self._checks.show_answers((), DisplayClass.OTHER)
        self._finding.setText("")
        self._warning.setText("")
        if measurement.is_complete and self._can_measure:
            self._judge([reading.luminance_cd_m2 for reading in measurement.taken])

    def _judge(self, luminances: list[float]) -> None:
        record = self.desk.record
        calibration = self.desk.monitors.calibration(self.desk.screen)
        try:
            self._result = response_result(record, luminances, self.desk.today(), self.desk.draft.is_telescopic)
        except ViewerError as error:
            self._warning.setText(_("Caution: {0}").format(error.one_line()))
            return
        self._checks.show_answers(self._result.answers, record.calibrated.display_class)
        self._show_finding(finding(self._result.luminances_cd_m2, calibration), calibration)

    def _show_finding(self, found: Finding, calibration: DisplayCalibration) -> None:
        text = sentence_of(found, calibration)
        if found is Finding.ONCE:
            self._finding.setText(text)
        else:
            self._warning.setText(_("Caution: {0}").format(text))

    def _typed(self, step: int, text: str) -> None:
        self.told.emit("")
        measurement = self.desk.verification
        try:
            changed = measurement.with_reading(step, luminance_of(text)) if text else measurement.without(step)
        except ViewerError as error:
            self.told.emit(error.one_line())
            self._show()
            return
        self.desk.verify(changed)


def response_result(record: MonitorRecord, luminances: list[float], today: date, is_telescopic: bool) -> TestResult:
    """Return the result of the response test; raises DisplayError."""
    readings = {step.id: luminance for step, luminance in zip(RESPONSE.measurements, luminances, strict=True)}
    return judge(RESPONSE, Given(readings=readings, is_contact=not is_telescopic), record, today)
