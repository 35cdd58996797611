"""The window's side of the commands for monitors: what each opens, and on which screen."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget
from shiboken6 import isValid

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.display.ramp_report import RampReport
from viewer.ui.dialogs.choice_popup import Choice, ChoicePopup
from viewer.ui.monitors import Monitors
from viewer.ui.quality.quality_actions import QualityActions
from viewer.ui.quality.quality_panel import QualityPanel
from viewer.ui.viewports.grid import ViewportGrid
from viewer.workspace.workspace import Workspace

REPORT_NAME, CALIBRATION_NAME, DICOM_NAME = "monitor.pdf", "calibration.json", "display_system.dcm"


class DisplayCommands:
    """Acts on the monitor under a viewport of one window: the active one, unless a cell is named."""

    def __init__(self, workspace: Workspace, monitors: Monitors, viewports: ViewportGrid) -> None:
        self._workspace = workspace
        self._monitors = monitors
        self._viewports = viewports
        self._popup: ChoicePopup | None = None
        self._panel: QualityPanel | None = None

    def make_panel(self) -> QualityPanel:
        """Return the page that tells of the monitor under the active viewport, wherever that is."""
        panel = QualityPanel(
            self._monitors,
            QualityActions(
                calibrate=self.calibrate,
                test=self.start_test,
                check_ramp=self.check,
                history=self.show_history,
                report=self.report,
                import_calibration=self.import_calibration,
                export_calibration=self.export_calibration,
                export_dicom=self.export_dicom,
                screen_size=self.measure_screen,
                tell=self._tell,
            ),
        )

        def follow() -> None:
            panel.show_monitor_of(self._viewport())

        disconnect = self._workspace.active_changed.connect(lambda _cell: follow())
        panel.destroyed.connect(disconnect)
        self._viewports.monitors_changed.connect(follow)
        follow()
        self._panel = panel
        return panel

    def focus_panel(self) -> None:
        """Put the keyboard into the panel; Esc brings it back to the images."""
        if self._panel is not None:
            self._panel.take_keyboard()

    # Sizes

    def pixels_per_mm(self, cell: int | None = None) -> float | None:
        """Return the device pixels per millimetre of a viewport's monitor; None when nobody knows."""
        return self._monitors.pixels_per_mm(self.screen(cell))

    def is_measured(self, cell: int | None = None) -> bool:
        """Return whether the size of a viewport's monitor was measured on its glass."""
        return self._monitors.record(self.screen(cell)).pixel_pitch_mm is not None

    def screen(self, cell: int | None = None) -> QScreen:
        """Return the monitor under the middle of a viewport."""
        return self._monitors.screen_at(self._viewport(cell))

    def measure_screen(self) -> None:
        """Measure how large a pixel is."""
        from viewer.ui.calibration.screen_size import ScreenSizeDialog

        _open(ScreenSizeDialog(self._monitors, self.screen(), self._window))

    # Calibration and tests

    def calibrate(self) -> None:
        """Open the calibration wizard, or come back to it."""
        from viewer.ui.calibration.wizard import CalibrationWizard

        opened = self._window.findChild(CalibrationWizard)
        if isinstance(opened, CalibrationWizard) and opened.isVisible():  # two would write over each other's draft
            opened.activateWindow()
        else:
            _open(CalibrationWizard(self._monitors, self.screen(), self._window))

    def test(self) -> None:
        """Offer the constancy tests, those that are due first."""
        from viewer.display.constancy_schedule import due_tests
        from viewer.display.constancy_tests import TESTS

        due = {each.test.id for each in due_tests(self._monitors.record(self.screen()), self._monitors.day)}
        tests = sorted(TESTS.values(), key=lambda test: test.id not in due)
        choices = [Choice(test.id, _(test.title), _("due") if test.id in due else "") for test in tests]
        self._popup = self._popup or ChoicePopup(self._window)
        self._popup.offer(_("Test the monitor"), choices, self.start_test)

    def start_test(self, test_id: str) -> None:
        """Open one constancy test on the whole screen."""
        from viewer.ui.quality.constancy_window import ConstancyWindow

        ConstancyWindow(self._monitors, self.screen(), test_id, self._window).start()

    def check(self) -> None:
        """Draw a ramp and read it back."""
        from viewer.ui.calibration.ramp_window import check_ramp

        screen = self.screen()
        title = self._monitors.identity(screen).title
        check_ramp(screen, self._monitors.calibration(screen), lambda report: self._show_report(report, title))

    def show_history(self) -> None:
        """Show the earlier tests."""
        from viewer.ui.quality.history import HistoryWindow

        _open(HistoryWindow(self._monitors, self.screen(), self._window))

    def _show_report(self, report: RampReport, title: str) -> None:
        from viewer.ui.calibration.ramp_report import RampReportDialog

        if not isValid(self._viewports):  # the window was closed while the ramp was looked at
            return
        _open(RampReportDialog(report, title, self._window))

    # Files

    def report(self) -> None:
        """Ask for a file and write the quality report into it."""
        from viewer.ui.quality.report import write_report

        record = self._monitors.record(self.screen())
        self._save(_("Quality report"), REPORT_NAME, lambda path: write_report(record, path, self._monitors.day))

    def export_calibration(self) -> None:
        """Ask for a file and write the calibration into it."""
        from viewer.display.calibration_file import write_calibration

        calibrated = self._monitors.record(self.screen()).calibrated
        self._save(_("Export the calibration"), CALIBRATION_NAME, lambda path: write_calibration(calibrated, path))

    def export_dicom(self) -> None:
        """Ask for a file and write the Display System attributes into it."""
        from viewer.display.display_system import write_display_system

        record = self._monitors.record(self.screen())
        self._save(_("Export as DICOM"), DICOM_NAME, lambda path: write_display_system(record, path))

    def import_calibration(self) -> None:
        """Ask for a calibration file and put it into force."""
        dialog = QFileDialog(self._window, _("Import a calibration"), filter="*.json")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        screen = self.screen()
        _ask(dialog, lambda path: self._try(lambda: self._take(screen, path)))

    def _take(self, screen: QScreen, path: Path) -> None:
        from dataclasses import replace

        from viewer.display.calibration_file import read_calibration

        record = self._monitors.record(screen)
        self._monitors.store.keep(replace(record, calibrated=read_calibration(path), due_on=None))
        self._tell(_("{0} is in force on {1}").format(path.name, record.identity.title))

    def _save(self, title: str, name: str, write: Callable[[Path], None]) -> None:
        dialog = QFileDialog(self._window, title)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(Path(name).suffix)
        dialog.selectFile(name)

        def chosen(path: Path) -> None:
            write(path)
            self._tell(_("Written: {0}").format(str(path)))

        _ask(dialog, lambda path: self._try(lambda: chosen(path)))

    def _viewport(self, cell: int | None = None) -> QWidget:
        """Return the viewport of a cell, the active one by default, or where viewports would be."""
        viewport = self._viewports.viewport_of(self._workspace.active if cell is None else cell)
        return viewport or self._viewports

    @property
    def _window(self) -> QWidget:
        return self._viewports.window()

    def _tell(self, text: str) -> None:
        if self._workspace.window is not None:
            self._workspace.window.show_message(text)

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except ViewerError as error:
            self._tell(error.one_line())


def _open(dialog: QDialog) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.show()


def _ask(dialog: QFileDialog, chosen: Callable[[Path], None]) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dialog.open()
