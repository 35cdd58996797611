"""The calibration wizard: from choosing a monitor to a measured correction. Nothing changes before Apply."""

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QGuiApplication, QPalette, QScreen
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.display.calibration_draft import Way
from viewer.display.measuring_plan import COUNTS, HIGHEST_LEVEL, Measurement, verified_p_values
from viewer.display.meters import FoundMeters, Meter, find_meters
from viewer.ui.buttons import push_button
from viewer.ui.calibration.check_page import CheckPage
from viewer.ui.calibration.desk import CalibrationDesk
from viewer.ui.calibration.full_screen_patch import FullScreenPatch
from viewer.ui.calibration.light_page import LightPage
from viewer.ui.calibration.match_page import MatchPage
from viewer.ui.calibration.match_window import MatchWindow
from viewer.ui.calibration.measuring_page import MeasuringPage
from viewer.ui.calibration.measuring_window import SETTLING_MS, MeasuringWindow, Patch
from viewer.ui.calibration.meter_runner import MeterRunner
from viewer.ui.calibration.monitor_page import MonitorPage
from viewer.ui.calibration.page import WizardPage, caution
from viewer.ui.calibration.patch_pictures import level_picture, p_value_picture
from viewer.ui.calibration.verify_page import VerifyPage
from viewer.ui.hairline import hairline
from viewer.ui.monitors import Monitors

SIZE, LEAST_SIZE = (980, 680), (820, 600)


class CalibrationWizard(QDialog):
    """Leads through one calibration; open it with show().

    Args:
        monitors: The program's monitors, with what is kept of them.
        screen: The monitor to begin with.
        parent: The window it belongs to.
        found: The meters there are; None looks for them.
        today: Tells the day; None for the day that the monitors go by.
        settling_ms: How long a patch is shown before a meter reads it.
    """

    def __init__(
        self,
        monitors: Monitors,
        screen: QScreen,
        parent: QWidget | None = None,
        *,
        found: FoundMeters | None = None,
        today: Callable[[], date] | None = None,
        settling_ms: int = SETTLING_MS,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Calibrate a monitor"))
        self.setMinimumSize(*LEAST_SIZE)
        self.resize(*SIZE)
        self.desk = CalibrationDesk(monitors, screen, self, today or (lambda: monitors.day))
        self.patches: FullScreenPatch | None = None
        self._settling_ms = settling_ms
        self._is_closed = False
        self._runner: MeterRunner | None = None
        self._monitor, self._light = MonitorPage(self.desk), LightPage(self.desk)
        self._measuring = MeasuringPage(self.desk, find_meters() if found is None else found)
        self._match, self._check, self._verify = MatchPage(self.desk), CheckPage(self.desk), VerifyPage(self.desk)
        self._stack, self._message = QStackedWidget(), caution()
        self._title, self._step = QLabel(), QLabel()
        self._lay_out()
        self._connect()
        self._show_page(self._monitor)

    @property
    def page(self) -> WizardPage:
        """The page in front."""
        page = self._stack.currentWidget()
        assert isinstance(page, WizardPage)  # noqa: S101 - nothing else is ever put on the stack
        return page

    @property
    def pages(self) -> tuple[WizardPage, ...]:
        """The pages of the way that was chosen, in order."""
        way = self.desk.draft.way
        if way is Way.FORGET:
            return (self._monitor, self._check, self._verify)
        asked: dict[Way, tuple[WizardPage, ...]] = {Way.MEASURED: (self._measuring,), Way.VISUAL: (self._match,)}
        return (self._monitor, self._light, *asked.get(way, ()), self._check, self._verify)

    def go_on(self) -> None:
        """Take the page over and show the next; after the last one close."""
        if not self.page.is_ready:
            return
        try:
            self.page.leave()
        except ViewerError as error:
            self._message.setText(error.one_line())
            return
        place = self.pages.index(self.page) + 1
        if place < len(self.pages):
            self._show_page(self.pages[place])
        else:
            self.close()

    def go_back(self) -> None:
        """Show the page before; from the first one close. What was entered stays."""
        self.page.put_by()
        place = self.pages.index(self.page)
        if place == 0:
            self.close()
        else:
            self._show_page(self.pages[place - 1])

    def reject(self) -> None:
        """Esc goes one step back."""
        self.go_back()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Take the patches down and let go of the meter; QDialog's own would ask reject(), which goes one step back."""
        event.accept()
        if self._is_closed:
            return
        self._is_closed = True
        self.page.put_by()
        self._application.screenRemoved.disconnect(self._screen_gone)
        self.desk.monitors.changed.disconnect(self._monitors_changed)
        if self.patches is not None:
            self.patches.close()
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    # Building

    def _lay_out(self) -> None:
        font = self._title.font()
        font.setPixelSize(17)
        self._title.setFont(font)
        self._step.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._step)
        for page in (self._monitor, self._light, self._measuring, self._match, self._check, self._verify):
            self._stack.addWidget(page)
            page.told.connect(self._message.setText)
        self._back = push_button(_("Back"), self.go_back)
        self._next = push_button(_("Next"), self.go_on)
        self._next.setDefault(True)
        foot = QHBoxLayout()
        self._cancel = push_button(_("Cancel"), self.close)
        foot.addWidget(self._cancel)
        foot.addStretch(1)
        foot.addWidget(self._back)
        foot.addWidget(self._next)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(head)
        layout.addWidget(hairline())
        layout.addWidget(self._stack, 1)
        layout.addWidget(self._message)
        layout.addWidget(hairline())
        layout.addLayout(foot)

    def _connect(self) -> None:
        self.desk.changed.connect(self._refresh)
        self._measuring.measure_asked.connect(self._measure)
        self._match.match_asked.connect(self._show_fields)
        self._verify.measure_asked.connect(self._measure_again)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)  # noqa: S101 - there are no widgets without it
        self._application = application
        application.screenRemoved.connect(self._screen_gone)
        self.desk.monitors.changed.connect(self._monitors_changed)

    # Showing

    def _show_page(self, page: WizardPage) -> None:
        self._message.setText("")
        self._stack.setCurrentWidget(page)
        page.enter()
        self._refresh()
        first = page.first_widget()
        (first if first.isVisibleTo(self) else self._back).setFocus()

    def _refresh(self) -> None:
        page = self.page
        self._title.setText(
            f"{_(page.title)} · {self.desk.identity.title}" if page is not self._monitor else _(page.title)
        )
        pages = self.pages
        self._step.setText(_("Step {0} of {1}").format(pages.index(page) + 1, len(pages)))
        self._back.setEnabled(page is not pages[0])
        self._next.setText(page.next_title or _("Next"))
        self._cancel.setVisible(page is not self._verify)  # the calibration is in force: there is nothing to cancel
        self._next.setEnabled(page.is_ready)

    def _screen_gone(self, screen: QScreen) -> None:
        """Go on with another monitor where the chosen one was taken away; what was entered for it stays."""
        if screen is self.desk.screen:
            if self.patches is not None:
                self.patches.close()
            self._stack.setCurrentWidget(self._monitor)  # the other monitor's way may lack the page in front
            self.desk.choose_screen(self._application.primaryScreen())
            self._show_page(self._monitor)
            self._message.setText(_("The monitor is no longer connected; what was entered for it is kept."))

    def _monitors_changed(self) -> None:
        if self.page is self._monitor:
            self._monitor.enter()

    # Patches on the whole screen

    def _measure(self, meter: Meter | None) -> None:
        measurement = self.desk.draft.measurement
        if max(measurement.levels) > HIGHEST_LEVEL:  # of a table of ten bits: patches have eight
            measurement = Measurement().at_levels(COUNTS[0])
            self.desk.change(measurement=measurement)
        patches = [Patch(level, _("level {0}").format(level), level_picture(level)) for level in measurement.levels]
        self._open_measuring(patches, measurement, meter, self._measuring.take)

    def _measure_again(self) -> None:
        calibration = self.desk.monitors.calibration(self.desk.screen)
        patches = [
            Patch(step, _("P-value {0:.1f} %").format(100 * p_value), p_value_picture(p_value, calibration))
            for step, p_value in enumerate(verified_p_values())
        ]
        self._open_measuring(patches, self.desk.verification, self._measuring.meter, self._verify.take)

    def _open_measuring(
        self,
        patches: list[Patch],
        measurement: Measurement,
        meter: Meter | None,
        take: Callable[[int, float, tuple[float, float] | None], None],
    ) -> None:
        window = MeasuringWindow(
            self.desk.screen, patches, measurement, self._runner_of(meter), self, settling_ms=self._settling_ms
        )
        window.taken.connect(take)
        self._open(window)

    def _show_fields(self) -> None:
        window = MatchWindow(self.desk.screen, self.desk.draft.matches, self)
        window.matched.connect(self._match.take)
        self._open(window)

    def _runner_of(self, meter: Meter | None) -> MeterRunner | None:
        is_telescopic = self.desk.draft.is_telescopic
        if self._runner is not None and (
            self._runner.meter is not meter or self._runner.is_telescopic != is_telescopic
        ):
            self._runner.close()
            self._runner = None
        if self._runner is None and meter is not None:
            self._runner = MeterRunner(meter, is_telescopic=is_telescopic, window=self)
        return self._runner

    def _open(self, window: FullScreenPatch) -> None:
        if self.patches is not None:
            self.patches.close()
        self.patches = window
        window.left.connect(self._patches_left)
        window.open()

    def _patches_left(self) -> None:
        self.patches = None
        self._refresh()
        self.activateWindow()
        (self._next if self.page.is_ready else self.page.first_widget()).setFocus()
