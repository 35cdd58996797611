"""A constancy test on the whole screen: the pattern in the screen's own pixels, the questions beside it.

Nothing is kept before the last page; Esc goes one step back, at the first step it closes.
"""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent, QScreen
from PySide6.QtWidgets import QDialog, QFrame, QStackedWidget, QVBoxLayout, QWidget

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.display.ambient_light import can_follow, with_ambient
from viewer.display.calibration_record import AmbientSource
from viewer.display.constancy_judgement import is_contact_by_habit, judge
from viewer.display.constancy_schedule import with_result
from viewer.display.constancy_session import ConstancySession
from viewer.display.constancy_test import Measurement
from viewer.display.constancy_tests import AMBIENT, RATIO, RESPONSE, TESTS, UNIFORMITY, WHITE_POINT
from viewer.display.meters import Meter, MeterReading
from viewer.display.monitor_record import MonitorRecord, TestResult
from viewer.ui.labels import plain_label
from viewer.ui.monitors import Monitors
from viewer.ui.quality.pattern_view import PatternView
from viewer.ui.quality.result_page import ResultPage
from viewer.ui.quality.step_meter import StepMeter
from viewer.ui.quality.step_page import StepPage, key_call
from viewer.ui.theme import DARK, RADIUS_PX

PANEL_PX = 320
MARGIN_PX = 16
_NEEDS_METER_PLACE = frozenset({RESPONSE.id, RATIO.id, UNIFORMITY.id})
# Dark in both themes: a light panel would drown what is to be seen beside it.
_PANEL_STYLE = f"""
    QFrame#side {{ background: {DARK.panel}; border: 1px solid {DARK.hairline}; }}
    QFrame#side QWidget {{ background: {DARK.panel}; color: {DARK.text}; }}
    QFrame#side QLabel#question {{ font-size: 16px; }}
    QFrame#side QLabel#quiet {{ color: {DARK.secondary}; }}
    QFrame#side QLabel#problem {{ color: {DARK.caution}; }}
    QFrame#side QPushButton, QFrame#side QLineEdit, QFrame#side QComboBox {{
        background: {DARK.raised}; border: 1px solid {DARK.hairline}; border-radius: {RADIUS_PX}px; }}
    QFrame#side QPushButton:focus, QFrame#side QLineEdit:focus, QFrame#side QComboBox:focus,
    QFrame#side QPushButton:checked {{ border-color: {DARK.accent}; }}
"""


class ConstancyWindow(QDialog):
    """One test of one monitor, on that monitor.

    Args:
        monitors: Keeps the result.
        screen: Of the monitor.
        test_id: Which test (constancy_tests.TESTS).
        parent: The window it was asked for in.
        meter: What reads; None takes one that is installed, if there is one.
    """

    def __init__(
        self,
        monitors: Monitors,
        screen: QScreen,
        test_id: str,
        parent: QWidget | None = None,
        meter: Meter | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window | Qt.WindowType.FramelessWindowHint)
        self._monitors = monitors
        self._identity = monitors.identity(screen)
        self._test = TESTS[test_id]
        record = self._record()
        self._session = ConstancySession(self._test, is_contact=is_contact_by_habit(record))
        self._result: TestResult | None = None
        self._unwritten: TestResult | None = None
        self._is_left = False
        self._is_warned = False
        self._pattern = PatternView(self, monitors.calibration(screen))
        self._step, self._results = StepPage(), ResultPage()
        self._meter = StepMeter(meter, self) if self._test.measurements else None
        self._make_panel()
        if self._meter is not None:
            self._meter.read.connect(self._meter_read)
            self._meter.failed.connect(lambda error: self._step.show_problem(error.one_line()))
        self._step.read_wanted.connect(self._read)
        self._step.answered.connect(self._answered)
        self._step.meter_chosen.connect(self._meter_chosen)
        self._results.keep_wanted.connect(self._keep)
        self.setWindowTitle(_(self._test.title))
        self.setAccessibleDescription(_(self._test.purpose))
        self.setScreen(screen)
        self.setGeometry(screen.geometry())
        self.setWindowState(Qt.WindowState.WindowFullScreen)
        self._show_page()

    def start(self) -> None:
        """Show it on its screen; it is gone when it is closed."""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.show()
        self.activateWindow()

    # Qt's events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Answer, or move the panel; Esc one step back."""
        calls = {
            Qt.Key.Key_Escape: self._back,
            Qt.Key.Key_Return: self._enter,
            Qt.Key.Key_Enter: self._enter,
            Qt.Key.Key_H: self._toggle_panel,
            Qt.Key.Key_M: self._move_panel,
            Qt.Key.Key_R: self._read,
        }
        if self._session.step is not None and self._step.takes_yes_or_no():
            calls[Qt.Key.Key_Y] = lambda: self._answered(True)
            calls[Qt.Key.Key_N] = lambda: self._answered(False)
        if not key_call(event, calls):
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fill the screen with the pattern, one side with the panel."""
        super().resizeEvent(event)
        self._place()

    def done(self, result: int) -> None:
        """Let go of the meter."""
        if self._meter is not None:
            self._meter.close()
        super().done(result)

    # Steps

    def _answered(self, said: object) -> None:
        self._is_warned = False
        try:
            self._session.answer(said if isinstance(said, bool | float) else False)
        except ViewerError as error:
            self._step.show_problem(error.one_line())
            return
        self._show_page()

    def _meter_chosen(self, is_contact: bool) -> None:
        self._session.is_contact = is_contact

    def _can_read(self) -> bool:
        """Whether the meter can read what is asked: it sees the screen, and the screen is on."""
        step = self._session.step
        has_meter = self._meter is not None and bool(self._meter.title)
        return has_meter and isinstance(step, Measurement) and bool(step.pattern)

    def _read(self) -> None:
        if self._meter is not None and self._can_read():
            self._step.show_problem(_("The meter reads…"))
            self._meter.measure(is_contact=self._session.is_contact)

    def _meter_read(self, reading: MeterReading) -> None:
        """Take a reading for the step on the screen; a colour answers both its coordinates."""
        if not self._can_read():
            return
        if self._test is not WHITE_POINT:
            self._answered(reading.luminance_cd_m2)
        elif reading.chromaticity is None:
            self._step.show_problem(_("The meter tells no colour"))
        else:
            self._session.index = 0
            for coordinate in reading.chromaticity:
                self._answered(coordinate)

    def _enter(self) -> None:
        if self._session.step is None:
            self._results.keep()
        elif not self._step.enter() and self._session.forward():
            self._show_page()

    def _back(self) -> None:
        if self._side.isHidden():
            self._toggle_panel()
        elif self._session.back():
            self._show_page()
        elif self._session.has_answers and not self._is_warned:
            self._is_warned = True
            self._step.show_problem(_("Esc again closes the test; its answers are not kept"))
        else:
            self.reject()

    def _show_page(self) -> None:
        step, count = self._session.step, len(self._test.steps)
        title = _(self._test.title)
        if step is None:
            self._head.setText(title)
            self._show_result()
            return
        self._head.setText(_("{0} · {1} of {2}").format(title, self._session.index + 1, count))
        self._pattern.show_pattern(step.pattern)
        self._pages.setCurrentWidget(self._step)
        needs_place = self._test.id in _NEEDS_METER_PLACE
        self._step.show_meter(self._session.is_contact if needs_place else None)
        self._step.show_reader(self._meter.title if self._meter is not None and self._can_read() else "")
        self._step.show_step(step, self._session.given_here())

    def _show_result(self) -> None:
        """Show what the answers amount to; readings that cannot be lead back to the last of them."""
        record = self._record()
        try:
            self._result = self._judged("")
        except ViewerError as error:
            self._session.back()
            self._show_page()
            self._step.show_problem(error.one_line())
            return
        self._pattern.show_pattern("")
        self._pages.setCurrentWidget(self._results)
        self._side.show()
        self._results.show_result(self._result, record.calibrated.display_class)
        follows = self._test is AMBIENT and can_follow(record.calibrated)
        self._results.show_offer(_("Correct images for this light") if follows else "")

    def _judged(self, remark: str) -> TestResult:
        others = [
            self._monitors.store.record(self._monitors.identity(screen))
            for screen in self._monitors.screens
            if self._monitors.identity(screen).key != self._identity.key
        ]
        return judge(self._test, self._session.given, self._record(), self._monitors.day, remark, others)

    def _keep(self, remark: str) -> None:
        try:
            result = self._judged(remark)
            record = with_result(_without(self._record(), self._unwritten), result)
            self._unwritten = result
            if self._results.takes_offer():
                record = with_ambient(record, result.luminances_cd_m2[0], AmbientSource.LUMINANCE)
            self._monitors.store.keep(record)
        except ViewerError as error:
            self._results.show_problem(error.one_line())
            return
        self.accept()

    def _record(self) -> MonitorRecord:
        return self._monitors.store.record(self._identity)

    # The panel

    def _make_panel(self) -> None:
        self._side = QFrame(self)
        self._side.setObjectName("side")
        self._side.setStyleSheet(_PANEL_STYLE)
        self._head = plain_label(name="quiet")
        self._pages = QStackedWidget()
        for page in (self._step, self._results):
            self._pages.addWidget(page)
        keys = plain_label(_("H hides this panel, M moves it to the other side. Esc goes one step back."), "quiet")
        layout = QVBoxLayout(self._side)
        layout.setContentsMargins(MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX)
        layout.setSpacing(12)
        layout.addWidget(self._head)
        layout.addWidget(self._pages, 1)
        layout.addWidget(keys)

    def _toggle_panel(self) -> None:
        """Hide the panel while something is looked at; the keys go on working."""
        self._side.setVisible(self._side.isHidden())
        if self._side.isHidden():
            self.setFocus()
        elif self._session.step is not None:
            self._step.show_step(self._session.step, self._session.given_here())

    def _move_panel(self) -> None:
        self._is_left = not self._is_left
        self._place()

    def _place(self) -> None:
        self._pattern.setGeometry(self.rect())
        width = min(PANEL_PX, self.width())
        left = 0 if self._is_left else self.width() - width
        self._side.setGeometry(left, 0, width, self.height())


def _without(record: MonitorRecord, unwritten: TestResult | None) -> MonitorRecord:
    """Return a record without a result that is in force though its file could not be written: it comes once more."""
    return replace(record, tests=tuple(each for each in record.tests if each is not unwritten))
