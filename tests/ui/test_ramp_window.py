"""A ramp that is drawn comes back as it was drawn; what somebody does to it on the way is found."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from tests.builders.x_server import x_server
from viewer.base.paths import icons_path
from viewer.display.ramp_readback import RampFinding, RampKind
from viewer.display.ramp_report import RampReport
from viewer.display.system_sign import Severity, Sign
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration, MoreGreys
from viewer.ui.calibration.ramp_report import RampReportDialog
from viewer.ui.calibration.ramp_window import RampCheck, RampWindow, check_ramp, desktop_at
from viewer.ui.viewports.finished_pixels import Surface

NATIVE = DisplayCalibration(CalibrationMode.NATIVE_GSDF)
CURVE = tuple(0.4 + 399.6 * (level / 255) ** 2.4 for level in range(256))
MEASURED = DisplayCalibration(CalibrationMode.MEASURED, CURVE, 0.2)
STOLEN = DisplayCalibration(CalibrationMode.MEASURED, CURVE, 0.2, MoreGreys.BIT_STEALING)
DEEP = DisplayCalibration(CalibrationMode.MEASURED, CURVE, 0.2, MoreGreys.TEN_BITS)
EXACT = RampFinding(RampKind.EXACT, "exact")

ELSEWHERE = """
import json, sys, time
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration, MoreGreys
from viewer.ui.calibration.ramp_window import RampCheck, check_ramp
application = QApplication(sys.argv)
curve = tuple(0.4 + 399.6 * (level / 255) ** 2.4 for level in range(256))
calibration = DisplayCalibration(CalibrationMode.MEASURED, curve, 0.2, MoreGreys(sys.argv[1]))
reports = []
check = check_ramp(application.primaryScreen(), calibration, reports.append)
cover = QWidget(None, Qt.WindowType.FramelessWindowHint | Qt.WindowType.X11BypassWindowManagerHint)
if "covered" in sys.argv:
    area = check.window.geometry()
    cover.setGeometry(area.adjusted(area.width() // 3, 3, -area.width() // 3, -3))
    cover.show()
    cover.raise_()
end = time.monotonic() + 30
while not reports and time.monotonic() < end:
    application.processEvents()
    time.sleep(0.01)
(report,) = reports
print(json.dumps({
    "painted": report.painted.kind.value, "composed": report.composed.kind.value,
    "sentence": report.composed.sentence, "headline": report.headline,
    "signs": [sign.sentence for sign in report.signs]}))
"""


@pytest.fixture(autouse=True)
def no_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in the way on the machine of the tests is not what they are about."""
    monkeypatch.setattr("viewer.display.system_signs.system_signs", tuple)


def _reported(start: Callable[[Callable[[RampReport], None]], RampCheck]) -> RampReport:
    reports: list[RampReport] = []
    check = start(reports.append)
    end = time.monotonic() + 20
    while not reports:
        QApplication.processEvents()
        assert time.monotonic() < end, "the check did not end"
        time.sleep(0.005)
    QApplication.processEvents()
    assert len(reports) == 1
    assert check not in RampCheck._running
    return reports[0]


@pytest.mark.parametrize("calibration", [DisplayCalibration(), NATIVE, MEASURED, STOLEN, DEEP])
def test_an_untouched_desktop_gives_every_field_back(qapp: QApplication, calibration: DisplayCalibration) -> None:
    before = len(qapp.topLevelWidgets())
    report = _reported(lambda done: check_ramp(qapp.primaryScreen(), calibration, done))
    assert (report.painted.kind, report.composed.kind) == (RampKind.EXACT, RampKind.EXACT)
    assert report.is_good
    assert report.headline == "Pixels reach the desktop exactly as they are drawn"
    assert "only a measurement tells" in report.caveat
    qapp.sendPostedEvents(None, 52)  # what is to be deleted
    assert len(qapp.topLevelWidgets()) <= before


def test_the_ramp_is_painted_by_the_surface_of_the_viewports(qapp: QApplication) -> None:
    window = RampWindow(qapp.primaryScreen(), STOLEN)
    pictures = [surface.pixels.shown.image for surface in window.findChildren(Surface)]
    forms = [picture.format() for picture in pictures if picture is not None]
    assert forms == [QImage.Format.Format_Grayscale8, QImage.Format.Format_RGB888, QImage.Format.Format_RGB32]
    assert window.width() <= 512
    assert window.height() <= 256  # a strip
    window.deleteLater()


def _bent(bend: Callable[[np.ndarray], np.ndarray]) -> Callable[[RampWindow], QImage]:
    """Return a look at a desktop that does something to every pixel."""

    def grab(window: RampWindow) -> QImage:
        image = desktop_at(window).convertToFormat(QImage.Format.Format_RGBX8888)
        octets = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).copy()
        octets[:, :, :3] = np.rint(np.clip(bend(octets[:, :, :3] / 255), 0, 1) * 255)
        return QImage(octets.data, image.width(), image.height(), QImage.Format.Format_RGBX8888).copy()

    return grab


@pytest.mark.parametrize(
    ("bend", "kind"),
    [
        (lambda x: x**1.3, RampKind.GAMMA),
        (lambda x: x * 219 / 255 + 16 / 255, RampKind.SCALED),
        (lambda x: x * np.array([1.0, 0.85, 0.6]), RampKind.NIGHT_LIGHT),
        (lambda x: MEASURED.display_lut()[np.rint(x * 65535).astype(int)] / 255, RampKind.DOUBLE),
    ],
)
def test_a_desktop_that_changes_pixels_is_found_out(
    qapp: QApplication,
    bend: Callable[[np.ndarray], np.ndarray],
    kind: RampKind,
) -> None:
    screen = qapp.primaryScreen()

    def start(done: Callable[[RampReport], None]) -> RampCheck:
        check = RampCheck(screen, MEASURED, done, grab=_bent(bend))
        check.start()
        return check

    report = _reported(start)
    assert report.composed.kind is kind
    assert report.composed.advice
    assert report.painted.is_good
    assert report.headline == "Pixels do not arrive as they are drawn"


class _Film(QWidget):
    """A film of colour over a window, as accessibility tools lay it."""

    def __init__(self, window: QWidget, colour: QColor) -> None:
        super().__init__(window)
        self._colour = colour
        self.setGeometry(window.rect())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._colour)
        painter.end()


@pytest.mark.parametrize(
    ("film", "kind"), [((0, 0, 0, 51), RampKind.SCALED), ((255, 120, 0, 60), RampKind.NIGHT_LIGHT)]
)
def test_a_film_over_our_own_window_is_found_in_both_looks(
    qapp: QApplication, film: tuple[int, int, int, int], kind: RampKind
) -> None:
    window = RampWindow(qapp.primaryScreen(), NATIVE)
    _Film(window, QColor(*film)).show()

    def start(done: Callable[[RampReport], None]) -> RampCheck:
        check = RampCheck(qapp.primaryScreen(), NATIVE, done, window=window)
        check.start()
        return check

    report = _reported(start)
    assert report.painted.kind is kind
    assert report.composed.kind is kind


def test_a_desktop_that_shows_itself_to_nobody_is_told(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QGuiApplication, "platformName", staticmethod(lambda: "wayland"))

    def start(done: Callable[[RampReport], None]) -> RampCheck:
        check = RampCheck(qapp.primaryScreen(), NATIVE, done, grab=lambda _window: QImage())
        check.start()
        return check

    report = _reported(start)
    assert report.composed.kind is RampKind.REFUSED
    assert report.painted.is_good
    assert not report.is_good
    assert report.headline == "The ramp could not be read back: Wayland lets no program look at the desktop"


def test_signs_of_the_system_stand_in_the_report(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    for severity, is_good, words in (
        (Severity.CERTAIN, False, "on their way to the monitor they are changed"),
        (Severity.POSSIBLE, False, "something else may change them"),
        (Severity.NOTE, True, "exactly as they are drawn"),
    ):
        sign = Sign(severity, "Night light warms the screens now", "Switch it off")
        monkeypatch.setattr("viewer.display.system_signs.system_signs", lambda found=sign: (found,))
        report = _reported(lambda done: check_ramp(qapp.primaryScreen(), NATIVE, done))
        assert report.signs == (sign,)
        assert report.is_good is is_good
        assert words in report.headline


def test_the_report_is_read_without_a_mouse_and_as_plain_text(qapp: QApplication) -> None:
    assert qapp
    signs = (Sign(Severity.POSSIBLE, "<b>Redshift</b> is running", "End it"),)
    report = RampReport(EXACT, RampFinding(RampKind.GAMMA, "bent", "set it straight", 20.0), signs)
    dialog = RampReportDialog(report, "Dell <i>U2412M</i>")
    dialog.show()
    QApplication.processEvents()
    labels = dialog.findChildren(QLabel)
    texts = [label.text() for label in labels]
    for wanted in (report.headline, "On the desktop: bent", "set it straight", "<b>Redshift</b> is running", "End it"):
        assert wanted in texts
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels if label.text())
    assert dialog.focusWidget() is dialog.close_button
    assert icons_path("monitor-check.svg").is_file()
    dialog.close()
    dialog.deleteLater()


def _elsewhere(*arguments: str, environment: dict[str, str]) -> dict[str, object]:
    """Check the ramp in a process of its own, on an X server."""
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, *arguments],
        env={**os.environ, "QT_QPA_PLATFORM": "xcb", **environment},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


needs_xvfb = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")


@needs_xvfb
@pytest.mark.parametrize(
    ("depth", "scale", "more", "kind"),
    [
        (24, "1", "none", "exact"),
        (24, "1", "bit-stealing", "exact"),
        (24, "2", "bit-stealing", "exact"),
        (24, "1.5", "none", "exact"),
        (30, "1", "ten-bits", "exact"),
        (16, "1", "none", "quantised"),
    ],
)
def test_an_x_server_gives_back_what_its_depth_holds(depth: int, scale: str, more: str, kind: str) -> None:
    with x_server("-screen", "0", f"1280x1024x{depth}") as display:
        found = _elsewhere(more, environment={"DISPLAY": display, "QT_SCALE_FACTOR": scale})
    assert found["composed"] == kind, found
    assert found["painted"] == kind


@needs_xvfb
def test_a_window_over_the_ramp_is_not_taken_for_the_desktops_doing() -> None:
    with x_server("-screen", "0", "1280x1024x24") as display:
        found = _elsewhere("none", "covered", environment={"DISPLAY": display})
    assert found["composed"] != "exact"
    assert found["painted"] == "exact"
