"""A constancy test on the screen, by keyboard alone: pixels one to one, nothing kept before it is wanted."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QScreen
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QLineEdit, QPushButton, QTableWidget, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from tests.ui.program_window import open_window, running, write_series
from viewer.display.calibration_record import CalibrationRecord, Method
from viewer.display.meters import Meter, MeterError, MeterReading
from viewer.display.monitor_record import MonitorRecord
from viewer.display.monitor_store import MonitorStore
from viewer.display.patterns import draw_pattern
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration
from viewer.ui.monitors import Monitors
from viewer.ui.quality.constancy_window import ConstancyWindow
from viewer.ui.quality.history import HistoryWindow
from viewer.ui.quality.pattern_view import PatternView
from viewer.ui.quality.quality_panel import QualityPanel
from viewer.ui.theme import apply_theme

GAMMA = tuple(0.5 + 349.5 * (level / 255) ** 2.2 for level in range(256))
MEASURED = DisplayCalibration(CalibrationMode.MEASURED, GAMMA, 0.5)


@pytest.fixture
def screen(qapp: QApplication) -> QScreen:
    apply_theme(qapp, "dark")
    return qapp.primaryScreen()


@pytest.fixture
def monitors(qapp: QApplication, screen: QScreen, tmp_path: Path) -> Iterator[Monitors]:
    del qapp
    made = Monitors(MonitorStore(tmp_path))
    record = MonitorRecord(
        made.identity(screen), CalibrationRecord(MEASURED, method=Method.CONTACT, measured_on=date(2026, 1, 1))
    )
    made.store.keep(record)
    yield made
    made.close()


def _open(monitors: Monitors, screen: QScreen, test: str, qtbot: QtBot, meter: Meter | None = None) -> ConstancyWindow:
    window = ConstancyWindow(monitors, screen, test, meter=meter)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isVisible() and window.size() == screen.size())
    return window


def _press(window: QWidget, *keys: Qt.Key | str) -> None:
    for key in keys:
        target = window.focusWidget() or window
        if isinstance(key, str):
            QTest.keyClicks(target, key)
        else:
            QTest.keyClick(target, key)


def _texts(window: QWidget) -> list[str]:
    return [label.text() for label in window.findChildren(QLabel) if label.isVisible()]


def _kept(monitors: Monitors, screen: QScreen) -> MonitorRecord:
    return MonitorStore(monitors.store.folder.parent).record(monitors.identity(screen))


def _grey(image: QImage) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    lines = np.frombuffer(grey.constBits(), np.uint8).reshape(grey.height(), grey.bytesPerLine())
    return lines[:, : grey.width()].copy()


def test_the_quick_look_is_answered_with_y_and_n(monitors: Monitors, screen: QScreen, qtbot: QtBot) -> None:
    window = _open(monitors, screen, "daily", qtbot)
    assert any("1 of 3" in text for text in _texts(window))
    _press(window, "Y", "N", "Y")
    assert "The monitor failed this test" in _texts(window)
    assert _kept(monitors, screen).tests == ()
    _press(window, "dust", Qt.Key.Key_Return)
    (result,) = _kept(monitors, screen).tests
    assert (result.test, result.remark, result.done_on) == ("daily", "dust", date.today())  # noqa: DTZ011 - the tester's own day
    assert [answer.passes for answer in result.answers] == [True, False, True]
    assert not window.isVisible()


def test_esc_goes_back_and_an_answer_is_still_there(monitors: Monitors, screen: QScreen, qtbot: QtBot) -> None:
    window = _open(monitors, screen, "daily", qtbot)
    _press(window, "Y", "Y", Qt.Key.Key_Escape)
    assert any("2 of 3" in text for text in _texts(window))
    _press(window, Qt.Key.Key_Return)
    assert any("3 of 3" in text for text in _texts(window))
    _press(window, Qt.Key.Key_Escape, Qt.Key.Key_Escape, Qt.Key.Key_Escape)
    assert window.isVisible()
    assert any("not kept" in text for text in _texts(window))
    _press(window, Qt.Key.Key_Escape)
    assert not window.isVisible()
    assert _kept(monitors, screen).tests == ()


def test_a_reading_is_typed_with_point_or_comma(monitors: Monitors, screen: QScreen, qtbot: QtBot) -> None:
    window = _open(monitors, screen, "ratio", qtbot)
    _press(window, "0,5", Qt.Key.Key_Return, "349.5", Qt.Key.Key_Return)
    assert "The monitor passed this test" in _texts(window)
    _press(window, Qt.Key.Key_Return)
    (result,) = _kept(monitors, screen).tests
    assert result.value("luminance_ratio") == pytest.approx(350.0)
    assert result.luminances_cd_m2 == (1.0, 350.0)


def test_readings_that_cannot_be_lead_back(monitors: Monitors, screen: QScreen, qtbot: QtBot) -> None:
    window = _open(monitors, screen, "ratio", qtbot)
    _press(window, "50", Qt.Key.Key_Return, Qt.Key.Key_Return)
    assert "Enter a number" in _texts(window)
    _press(window, "20", Qt.Key.Key_Return)
    assert any("White must be brighter than black" in text for text in _texts(window))
    assert any("2 of 2" in text for text in _texts(window))
    _press(window, "99999999", Qt.Key.Key_Return)
    assert any("from 0 to 20000" in text for text in _texts(window))


def test_letters_are_counted_and_h_hides_the_panel(monitors: Monitors, screen: QScreen, qtbot: QtBot) -> None:
    window = _open(monitors, screen, "visual", qtbot)
    _press(window, "Y", "16", Qt.Key.Key_Return)
    field = window.focusWidget()
    assert isinstance(field, QLineEdit)
    _press(window, "h")
    assert not field.isVisible()
    _press(window, Qt.Key.Key_Escape)
    assert field.isVisible()
    _press(window, "15", Qt.Key.Key_Return)
    assert any("from 0 to 14" in text for text in _texts(window))
    _press(window, "m")
    assert field.mapTo(window, field.rect().topLeft()).x() < window.width() // 2


def test_the_pattern_is_shown_pixel_by_pixel_through_the_display_lut(
    monitors: Monitors, screen: QScreen, qtbot: QtBot
) -> None:
    window = _open(monitors, screen, "uniformity", qtbot)
    _press(window, "h")
    view = window.findChildren(PatternView)[0]
    size = (screen.size().width(), screen.size().height())
    p_values = draw_pattern("TG18-UNL10", size, 16)
    assert np.array_equal(_grey(window.grab().toImage()), MEASURED.display_lut()[p_values])
    assert view.picture() is not None


@pytest.mark.parametrize(("test", "greys"), [("dark_room", 2), ("uniformity", 1), ("geometry", 1)])
def test_images_greys_are_tested_and_flat_fields_have_true_ones(
    monitors: Monitors, screen: QScreen, qtbot: QtBot, test: str, greys: int
) -> None:
    record = _kept(monitors, screen)
    dithered = replace(record.calibrated, calibration=replace(MEASURED, is_dithered=True))
    monitors.store.keep(replace(record, calibrated=dithered))
    window = _open(monitors, screen, test, qtbot)
    _press(window, "h")
    assert np.unique(_grey(window.grab().toImage())[306:310, 306:310]).size == greys


def test_a_test_passed_in_time_moves_the_day(monitors: Monitors, screen: QScreen, qtbot: QtBot) -> None:
    window = _open(monitors, screen, "ambient", qtbot)
    _press(window, "0.1", Qt.Key.Key_Return, Qt.Key.Key_Return)
    assert _kept(monitors, screen).due_on == date(2026, 4, 1)  # the response is still due 90 days after calibrating
    assert not window.isVisible()


class SimulatedMeter:
    """Reads what it is told to, one after the other."""

    title = "Simulated meter"

    def __init__(self, *readings: MeterReading) -> None:
        self._readings = list(readings)
        self.opened: list[bool] = []
        self.is_closed = False

    def is_available(self) -> bool:
        return True

    def open(self, *, is_telescopic: bool = False) -> None:
        self.opened.append(is_telescopic)

    def read(self) -> MeterReading:
        if not self._readings:
            raise MeterError("The meter is silent")
        return self._readings.pop(0)

    def close(self) -> None:
        self.is_closed = True


def test_a_meter_reads_for_the_tester(monitors: Monitors, screen: QScreen, qtbot: QtBot) -> None:
    meter = SimulatedMeter(MeterReading(0.5))
    window = _open(monitors, screen, "ratio", qtbot, meter)
    _press(window, "r")
    qtbot.waitUntil(lambda: any("2 of 2" in text for text in _texts(window)))
    _press(window, "r")
    qtbot.waitUntil(lambda: any("silent" in text for text in _texts(window)))
    _press(window, "349.5", Qt.Key.Key_Return, Qt.Key.Key_Return)
    assert _kept(monitors, screen).tests[0].luminances_cd_m2 == (1.0, 350.0)
    qtbot.waitUntil(lambda: meter.is_closed)
    assert meter.opened[0] is False


def test_the_meter_is_let_go_with_the_window(monitors: Monitors, screen: QScreen, qtbot: QtBot) -> None:
    meter, owner = SimulatedMeter(MeterReading(0.5)), QWidget()
    window = ConstancyWindow(monitors, screen, "ratio", owner, meter)
    window.show()
    _press(window, "r")
    qtbot.waitUntil(lambda: any("2 of 2" in text for text in _texts(window)))
    delete(owner)
    qtbot.waitUntil(lambda: meter.is_closed)


def test_a_colour_answers_both_coordinates(monitors: Monitors, screen: QScreen, qtbot: QtBot) -> None:
    meter = SimulatedMeter(MeterReading(200.0, (0.3127, 0.329)))
    window = _open(monitors, screen, "white_point", qtbot, meter)
    _press(window, "r")
    qtbot.waitUntil(lambda: any("nothing to compare it with" in text for text in _texts(window)))
    _press(window, Qt.Key.Key_Return)
    (result,) = _kept(monitors, screen).tests
    assert (result.value("white.x"), result.value("white.y")) == (0.3127, 0.329)


def test_measured_ambient_light_corrects_images_if_wanted(monitors: Monitors, screen: QScreen, qtbot: QtBot) -> None:
    window = _open(monitors, screen, "ambient", qtbot)
    _press(window, "1.5", Qt.Key.Key_Return, Qt.Key.Key_Return)
    assert _kept(monitors, screen).calibrated.calibration.ambient_cd_m2 == 1.5
    window = _open(monitors, screen, "ambient", qtbot)
    _press(window, "2.5", Qt.Key.Key_Return)
    window.findChildren(QCheckBox)[0].setChecked(False)
    _press(window, Qt.Key.Key_Return)
    assert _kept(monitors, screen).calibrated.calibration.ambient_cd_m2 == 1.5
    assert len(_kept(monitors, screen).tests) == 2


def test_light_inside_the_readings_is_left_alone(monitors: Monitors, screen: QScreen, qtbot: QtBot) -> None:
    record = _kept(monitors, screen)
    monitors.store.keep(replace(record, calibrated=replace(record.calibrated, method=Method.TELESCOPIC)))
    window = _open(monitors, screen, "ambient", qtbot)
    _press(window, "1.5", Qt.Key.Key_Return, Qt.Key.Key_Return)
    kept = _kept(monitors, screen)
    assert kept.calibrated.calibration.ambient_cd_m2 == 0.5
    assert kept.tests[0].value("ambient_ratio") is None


def test_from_the_panel_of_a_window_to_a_kept_result(qapp: QApplication, tmp_path: Path, qtbot: QtBot) -> None:
    with running(qapp, tmp_path) as programme:
        window = open_window(programme, write_series(tmp_path / "series"))
        state = window.workspace.viewport(0)
        window.actions_table.run("display.panel")
        panel = window.findChildren(QualityPanel)[0]
        menu = next(button.menu() for button in panel.findChildren(QPushButton) if button.menu() is not None)
        menu.aboutToShow.emit()
        next(entry for entry in menu.actions() if entry.text() == "Quick look").trigger()
        test = window.findChildren(ConstancyWindow)[0]
        qtbot.waitUntil(test.isActiveWindow)
        _press(test, "Y", "N", "Y", "dust 5", Qt.Key.Key_Return)
        (result,) = programme.monitors.record(qapp.primaryScreen()).tests
        assert (result.remark, result.passes) == ("dust 5", False)
        assert window.workspace.viewport(0) == state  # the keys were the test's, not the images'
        window.actions_table.run("display.history")
        history = window.findChildren(HistoryWindow)[0]
        assert history.findChildren(QTableWidget)[0].rowCount() == 1
        history.close()


def test_a_result_that_could_not_be_written_is_kept_once_when_tried_again(
    monitors: Monitors, screen: QScreen, qtbot: QtBot
) -> None:
    window = _open(monitors, screen, "ratio", qtbot)
    _press(window, "0.5", Qt.Key.Key_Return, "350", Qt.Key.Key_Return)
    folder = monitors.store.folder
    folder.mkdir(exist_ok=True)
    folder.rename(folder.with_suffix(".away"))
    folder.write_text("no folder")
    _press(window, Qt.Key.Key_Return)
    assert any("could not be kept" in text for text in _texts(window))
    folder.unlink()
    _press(window, "again", Qt.Key.Key_Return)
    (result,) = _kept(monitors, screen).tests
    assert result.remark == "again"
    (kept,) = MonitorStore(folder.parent).all()
    assert kept.tests == (result,)


@pytest.mark.parametrize("scale", ["1.25", "1.5", "2"])
def test_a_pixel_of_the_pattern_is_one_of_the_screen_at_any_scale(scale: str, tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
application = QApplication(["test", "-platform", "offscreen"])
from viewer.display.monitor_store import MonitorStore
from viewer.display.patterns import draw_pattern
from viewer.ui.monitors import Monitors
from viewer.ui.quality.constancy_window import ConstancyWindow
from viewer.ui.quality.pattern_view import PatternView
monitors, screen = Monitors(MonitorStore(Path(sys.argv[1]))), application.primaryScreen()
window = ConstancyWindow(monitors, screen, "geometry")
window.show()
for _time in range(5):
    application.processEvents()
view, ratio = window.findChildren(PatternView)[0], window.devicePixelRatioF()
image = QImage(round(view.width() * ratio), round(view.height() * ratio), QImage.Format.Format_RGB32)
image.setDevicePixelRatio(ratio)
view.render(image)
grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
shown = np.frombuffer(grey.constBits(), np.uint8).reshape(grey.height(), grey.bytesPerLine())[:, : grey.width()]
wanted = monitors.calibration(screen).display_lut()[draw_pattern("GEOMETRY", (grey.width(), grey.height()), 16)]
assert ratio == float(sys.argv[2]), ratio
assert np.array_equal(shown, wanted), (shown != wanted).sum()
window.reject()
monitors.close()
"""
    environment = {**os.environ, "QT_SCALE_FACTOR": scale}
    command = [sys.executable, "-c", program, str(tmp_path), scale]
    subprocess.run(command, check=True, timeout=60, env=environment, cwd=Path(__file__).parents[2])
