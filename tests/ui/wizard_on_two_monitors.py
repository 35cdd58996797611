"""The calibration wizard with two monitors of unlike densities; run by test_calibration_monitors in its own process."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.ui.calibration_scene import patches, pixels_of, power, type_readings, wizard_on
from viewer.display.measuring_plan import Measurement
from viewer.display.visual_match import HALF_TONES
from viewer.imaging.display_calibration import CalibrationMode
from viewer.ui.calibration.full_screen_patch import FullScreenPatch
from viewer.ui.calibration.patch_pictures import level_picture, match_picture
from viewer.ui.calibration.wizard import CalibrationWizard

Key = Qt.Key


@pytest.fixture
def wizard(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[CalibrationWizard]:
    with wizard_on(qtbot, qapp, tmp_path) as made:
        yield made


def _choose_second(wizard: CalibrationWizard) -> None:
    QTest.keyClick(wizard.page.first_widget(), Key.Key_Down)


def _measure(wizard: CalibrationWizard, gamma: float) -> None:
    QTest.keyClick(wizard, Key.Key_Return)
    QTest.keyClick(wizard, Key.Key_Return)
    wizard.desk.change(measurement=Measurement())
    QTest.keyClick(wizard.page.first_widget(), Key.Key_Space)
    assert patches(wizard).geometry() == wizard.desk.screen.geometry()
    assert patches(wizard).screen() is wizard.desk.screen
    assert type_readings(wizard, power(gamma)) == 18
    QTest.keyClick(wizard, Key.Key_Return)
    QTest.keyClick(wizard, Key.Key_Return)


def test_patches_cover_the_chosen_monitor_and_each_keeps_its_own(wizard: CalibrationWizard) -> None:
    left, right = QGuiApplication.screens()
    assert wizard.desk.screen is left
    _choose_second(wizard)
    assert wizard.desk.screen is right
    _measure(wizard, 2.6)
    monitors = wizard.desk.monitors
    assert monitors.calibration(right).mode is CalibrationMode.MEASURED
    assert monitors.calibration(left).mode is CalibrationMode.SRGB_ESTIMATE
    wizard.desk.choose_screen(left)
    wizard._show_page(wizard._monitor)
    _measure(wizard, 1.8)
    curves = [np.array(monitors.calibration(screen).luminances_cd_m2) for screen in (left, right)]
    assert curves[0][128] == pytest.approx(power(1.8)(128), rel=0.02)
    assert curves[1][128] == pytest.approx(power(2.6)(128), rel=0.02)


def test_what_was_entered_for_one_monitor_waits_while_the_other_is_chosen(wizard: CalibrationWizard) -> None:
    left, right = QGuiApplication.screens()
    wizard.desk.change(lux=99.0)
    wizard.desk.choose_screen(right)
    assert wizard.desk.draft.lux != 99.0
    wizard.desk.choose_screen(left)
    assert wizard.desk.draft.lux == 99.0


def test_pixels_are_exact_on_both_densities(qtbot: QtBot) -> None:
    for screen in QGuiApplication.screens():
        window = FullScreenPatch(screen)
        window.open()
        qtbot.waitUntil(window.isVisible)
        ratio = screen.devicePixelRatio()
        area = screen.geometry()
        height, width = math.ceil(area.height() * ratio), math.ceil(area.width() * ratio)
        window.show_picture(level_picture(77, 153))
        pixels = pixels_of(window)
        assert pixels.shape == (height, width, 3)
        assert set(np.unique(pixels)) == {77, 153}
        for half_tone in HALF_TONES:
            window.show_picture(match_picture(half_tone, 100))
            shown = pixels_of(window)
            corner = half_tone.pixels(64, 64)
            assert np.array_equal(shown[:64, :64, 0], corner)
            assert np.array_equal(shown[-64:, -64:, 1], half_tone.pixels(width, height)[-64:, -64:])
        window.close()
