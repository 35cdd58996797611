"""Readings for the calibration wizard: patches on the whole screen, tables, meters."""

import math
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QPushButton, QTableWidget, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from tests.builders.spotread_stand_in import write_stand_in
from tests.ui.calibration_scene import (
    TODAY,
    go_on,
    middle_pixel,
    patches,
    pixels_of,
    plan_18,
    power,
    show_patches,
    taken,
    texts_of,
    wizard_on,
)
from viewer.display.meters import FoundMeters, MeterError, MeterReading, find_meters
from viewer.display.monitor_store import MonitorStore
from viewer.ui.calibration.check_page import CheckPage
from viewer.ui.calibration.measuring_page import MeasuringPage
from viewer.ui.calibration.measuring_window import MeasuringWindow
from viewer.ui.calibration.patch_pictures import level_picture
from viewer.ui.calibration.wizard import CalibrationWizard
from viewer.ui.monitors import Monitors

Key = Qt.Key


@pytest.fixture
def wizard(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[CalibrationWizard]:
    with wizard_on(qtbot, qapp, tmp_path) as made:
        yield made


@pytest.mark.parametrize("level", [0, 15, 128, 240, 255])
def test_patches_are_the_very_levels_and_cover_the_monitor(wizard: CalibrationWizard, level: int) -> None:
    go_on(wizard)
    go_on(wizard)
    show_patches(wizard)
    window = patches(wizard)
    assert window.geometry() == wizard.desk.screen.geometry()
    assert window.isFullScreen()
    window.show_picture(level_picture(level, 153))
    window.toggle_caption()
    pixels = pixels_of(window)
    height, width = pixels.shape[:2]
    ratio = window.devicePixelRatio()
    assert (width, height) == (round(window.width() * ratio), round(window.height() * ratio))
    side = round(math.sqrt(0.1 * width * height))
    wanted = np.full((height, width, 3), 153, np.uint8)
    left, top = (width - side) // 2, (height - side) // 2
    wanted[top : top + side, left : left + side] = level
    assert np.array_equal(pixels, wanted)


def test_the_words_stay_out_of_the_square_and_can_be_hidden(wizard: CalibrationWizard) -> None:
    go_on(wizard)
    go_on(wizard)
    show_patches(wizard)
    window = patches(wizard)
    QTest.keyClicks(window, "12.5")
    with_words = pixels_of(window)
    above = round((window.height() - window.caption_height) * window.devicePixelRatio())
    QTest.keyClick(window, Key.Key_H)
    without = pixels_of(window)
    assert np.array_equal(with_words[:above], without[:above])
    assert not np.array_equal(with_words[above:], without[above:])
    assert np.all(without[above:] == 153)


def test_keys_go_forth_and_back_and_correct_what_was_typed(wizard: CalibrationWizard) -> None:
    go_on(wizard)
    go_on(wizard)
    show_patches(wizard)
    window = patches(wizard)
    assert isinstance(window, MeasuringWindow)
    QTest.keyClicks(window, "0,99")
    QTest.keyClick(window, Key.Key_Backspace)
    QTest.keyClick(window, Key.Key_Space)
    assert window.step == 1
    assert middle_pixel(window) == (5, 5, 5)
    QTest.keyClicks(window, "1.2.3")
    QTest.keyClick(window, Key.Key_Right)
    assert window.step == 1
    assert "not a luminance" in window.caption.message
    QTest.keyClick(window, Key.Key_Delete)
    QTest.keyClick(window, Key.Key_Left)
    assert window.step == 0
    assert "0.9" in window.caption.middle
    QTest.keyClicks(window, "0.75")
    QTest.keyClick(window, Key.Key_Escape)  # what stands there is kept
    assert wizard.patches is None
    readings = wizard.desk.draft.measurement.readings
    assert {level: reading.luminance_cd_m2 for level, reading in readings.items()} == {0: 0.75}


def test_readings_are_pasted_typed_and_taken_away_in_the_table(wizard: CalibrationWizard) -> None:
    go_on(wizard)
    go_on(wizard)
    table = wizard.page.findChildren(QTableWidget)[0]
    QGuiApplication.clipboard().setText("ddl\tcd/m2\n" + "\n".join(f"{d}\t{power()(d):.3f}" for d in range(0, 256, 5)))
    QTest.keyClick(table, Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert taken(wizard) == 52
    table.setCurrentCell(3, 1)
    QTest.keyClick(table, Key.Key_Delete)
    assert taken(wizard) == 51
    assert not wizard.page.is_ready
    item = table.item(3, 1)
    assert item is not None
    item.setText("bright")
    assert "not a luminance" in texts_of(wizard)
    item = table.item(3, 1)
    assert item is not None
    item.setText("2,5")
    assert wizard.desk.draft.measurement.readings[15].luminance_cd_m2 == 2.5


def test_a_wrong_table_is_refused_with_its_line(wizard: CalibrationWizard, tmp_path: Path) -> None:
    go_on(wizard)
    go_on(wizard)
    assert isinstance(wizard.page, MeasuringPage)
    path = tmp_path / "readings.csv"
    path.write_text("ddl,luminance\n0,0.5\n15,dark\n", "utf-8")
    wizard.page.open_table(path)
    assert "readings.csv: Line 3" in texts_of(wizard)
    wizard.page.open_table(tmp_path / "gone.csv")
    assert "gone.csv: No such file" in texts_of(wizard)
    assert wizard.desk.draft.measurement.taken == ()


def test_a_table_of_a_spreadsheet_in_two_octets_a_letter_is_read(wizard: CalibrationWizard, tmp_path: Path) -> None:
    go_on(wizard)
    go_on(wizard)
    assert isinstance(wizard.page, MeasuringPage)
    path = tmp_path / "readings.txt"
    path.write_text("\n".join(f"{level}\t{power()(level):.4f}" for level in range(0, 256, 15)), "utf-16")
    button = next(each for each in wizard.findChildren(QPushButton) if each.text().startswith("Open CSV"))
    button.click()
    (dialog,) = wizard.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(path))
    dialog.close()
    assert taken(wizard) == 18


def test_reversed_steps_are_told_and_a_falling_response_is_refused(wizard: CalibrationWizard) -> None:
    go_on(wizard)
    go_on(wizard)
    plan_18(wizard)
    noisy = {level: power()(level) for level in range(0, 256, 15)}
    noisy[30] = noisy[15] - 0.05
    for level, value in noisy.items():
        wizard.desk.change(measurement=wizard.desk.draft.measurement.with_reading(level, value))
    go_on(wizard)
    assert "levelled" in texts_of(wizard)
    QTest.keyClick(wizard, Key.Key_Escape)
    wizard.desk.change(measurement=wizard.desk.draft.measurement.with_reading(240, 20.0))
    go_on(wizard)
    assert "Line 17" in texts_of(wizard)
    assert not wizard.page.is_ready
    go_on(wizard)
    assert isinstance(wizard.page, CheckPage)


class StandInMeter:
    """Reads a simulated monitor whose patches come in order; a stand-in for hardware that cannot be here."""

    title = "Stand-in"

    def __init__(self) -> None:
        self.count = 0
        self.is_open = False
        self.telescopic: list[bool] = []
        self.fault: Exception | None = None

    def is_available(self) -> bool:
        return True

    def open(self, *, is_telescopic: bool = False) -> None:
        self.is_open = True
        self.telescopic.append(is_telescopic)

    def read(self) -> MeterReading:
        if self.fault is not None and self.count == 3:
            fault, self.fault = self.fault, None
            raise fault
        self.count += 1
        return MeterReading(power()(15 * (self.count - 1)), (0.31, 0.33))

    def close(self) -> None:
        self.is_open = False


@pytest.mark.parametrize(
    "fault", [None, MeterError("It fell off", advice="Put it back"), RuntimeError("a bug in a plug-in")]
)
def test_a_meter_reads_all_patches_by_itself(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, fault: Exception | None
) -> None:
    meter = StandInMeter()
    meter.fault = fault
    with wizard_on(qtbot, qapp, tmp_path, FoundMeters((meter,))) as wizard:
        go_on(wizard)
        go_on(wizard)
        plan_18(wizard)
        combo = next(each for each in wizard.page.findChildren(QComboBox) if each.findText("Stand-in") >= 0)
        combo.setFocus()
        QTest.keyClick(combo, Key.Key_Down)
        show_patches(wizard)
        window = patches(wizard)
        QTest.keyClick(window, Key.Key_Space)
        if fault is not None:
            qtbot.waitUntil(lambda: window.caption.message != "")
            assert "Stand-in" in window.caption.message
            assert meter.count == 3
            QTest.keyClick(window, Key.Key_Space)
        qtbot.waitUntil(lambda: wizard.patches is None)
        found = wizard.desk.draft.measurement.taken
        assert [round(reading.luminance_cd_m2, 9) for reading in found] == [
            round(power()(level), 9) for level in range(0, 256, 15)
        ]
        assert found[0].chromaticity == (0.31, 0.33)
    qtbot.waitUntil(lambda: not meter.is_open)
    assert set(meter.telescopic) == {False}


def _choose_meter(wizard: CalibrationWizard, title: str) -> None:
    combo = next(each for each in wizard.page.findChildren(QComboBox) if each.findText(title) >= 0)
    combo.setFocus()
    QTest.keyClick(combo, Key.Key_Down)


def test_the_meter_is_let_go_when_the_window_behind_the_wizard_is_gone(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    meter, window, monitors = StandInMeter(), QWidget(), Monitors(MonitorStore(tmp_path))
    window.show()
    wizard = CalibrationWizard(
        monitors, qapp.primaryScreen(), window, found=FoundMeters((meter,)), settling_ms=0, today=lambda: TODAY
    )
    wizard.show()
    go_on(wizard)
    go_on(wizard)
    _choose_meter(wizard, "Stand-in")
    show_patches(wizard)
    QTest.keyClick(patches(wizard), Key.Key_Space)
    qtbot.waitUntil(lambda: meter.count > 2)
    del wizard
    delete(window)
    qtbot.waitUntil(lambda: not meter.is_open)
    monitors.close()


class SlowMeter(StandInMeter):
    """Reads what was on the screen when it began, and takes its time."""

    title = "Slow"

    def __init__(self) -> None:
        super().__init__()
        self.window: MeasuringWindow | None = None
        self.may_answer = threading.Semaphore(0)
        self.has_begun = threading.Semaphore(0)

    def read(self) -> MeterReading:
        assert self.window is not None
        step = self.window.step
        self.has_begun.release()
        assert self.may_answer.acquire(timeout=20)
        return MeterReading(power()(15 * step))


def test_a_reading_of_a_patch_that_was_left_is_not_taken_for_the_next(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    meter = SlowMeter()
    with wizard_on(qtbot, qapp, tmp_path, FoundMeters((meter,))) as wizard:
        go_on(wizard)
        go_on(wizard)
        plan_18(wizard)
        _choose_meter(wizard, "Slow")
        show_patches(wizard)
        window = patches(wizard)
        assert isinstance(window, MeasuringWindow)
        meter.window = window
        QTest.keyClick(window, Key.Key_Space)
        qtbot.waitUntil(lambda: meter.has_begun.acquire(blocking=False))
        QTest.keyClick(window, Key.Key_Right)
        QTest.keyClick(window, Key.Key_Right)
        QTest.keyClick(window, Key.Key_Left)
        assert window.step == 1
        meter.may_answer.release()  # of step 0: nobody waits for it any more
        qtbot.waitUntil(lambda: meter.has_begun.acquire(blocking=False))
        assert taken(wizard) == 0
        meter.may_answer.release()
        qtbot.waitUntil(lambda: meter.has_begun.acquire(blocking=False))
        readings = wizard.desk.draft.measurement.readings
        assert {level: reading.luminance_cd_m2 for level, reading in readings.items()} == {15: power()(15)}
        meter.may_answer.release()
        QTest.keyClick(window, Key.Key_Escape)


def test_spotread_reads_the_patches_and_what_it_asks_for_is_shown(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_stand_in(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("STAND_IN", "calibration")
    found = find_meters([], is_safe=True)
    with wizard_on(qtbot, qapp, tmp_path / "config", found) as wizard:
        go_on(wizard)
        go_on(wizard)
        plan_18(wizard)
        _choose_meter(wizard, found.meters[0].title)
        show_patches(wizard)
        window = patches(wizard)
        QTest.keyClick(window, Key.Key_Space)
        qtbot.waitUntil(lambda: "calibrate its zero" in window.caption.message, timeout=20_000)
        assert "cap" in window.caption.message
        QTest.keyClick(window, Key.Key_Space)
        qtbot.waitUntil(lambda: wizard.patches is None, timeout=20_000)
        readings = wizard.desk.draft.measurement.taken
        assert [reading.luminance_cd_m2 for reading in readings] == [100.0 * count + 0.25 for count in range(1, 19)]
        go_on(wizard)
        assert wizard.desk.calibrated().meter == found.meters[0].title


def test_a_meter_that_is_not_installed_cannot_be_chosen(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with wizard_on(qtbot, qapp, tmp_path, find_meters([], is_safe=True)) as wizard:
        go_on(wizard)
        go_on(wizard)
        _choose_meter(wizard, "Readings are typed")
        assert isinstance(wizard.page, MeasuringPage)
        assert wizard.page.meter is None
