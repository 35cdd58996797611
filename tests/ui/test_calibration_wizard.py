"""The calibration wizard driven by keys before simulated monitors."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from tests.ui.calibration_scene import (
    BLACK,
    TODAY,
    WHITE,
    choose,
    go_on,
    middle_pixel,
    patches,
    pixels_of,
    power,
    show_patches,
    taken,
    texts_of,
    type_readings,
    wizard_on,
)
from tests.ui.program_window import open_window, running
from viewer.base.translation import set_language
from viewer.display.calibration_draft import Way
from viewer.display.calibration_record import DisplayClass, Method
from viewer.display.meters import FoundMeters
from viewer.display.monitor_record import StateKind
from viewer.display.visual_match import HALF_TONES, Match
from viewer.imaging.display_calibration import CalibrationMode, MoreGreys
from viewer.imaging.display_greys import gray_output
from viewer.imaging.grayscale_display_function import jnd_index, luminance
from viewer.ui.calibration.check_page import CheckPage
from viewer.ui.calibration.light_page import LightPage
from viewer.ui.calibration.match_page import MatchPage
from viewer.ui.calibration.match_window import MatchWindow
from viewer.ui.calibration.measuring_page import MeasuringPage
from viewer.ui.calibration.monitor_page import MonitorPage
from viewer.ui.calibration.verify_page import VerifyPage
from viewer.ui.calibration.wizard import CalibrationWizard

Key = Qt.Key


@pytest.fixture
def wizard(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[CalibrationWizard]:
    with wizard_on(qtbot, qapp, tmp_path) as made:
        yield made


def _mode(wizard: CalibrationWizard) -> CalibrationMode:
    return wizard.desk.record.calibrated.calibration.mode


def _light(wizard: CalibrationWizard) -> tuple[str, float]:
    light = wizard.desk.draft.light_cd_m2
    return wizard.desk.draft.ambient.value, -1.0 if light is None else round(light, 9)


def _measured(wizard: CalibrationWizard, gamma: float = 2.2) -> None:
    """Go as far as the check, all by keys."""
    go_on(wizard)
    go_on(wizard)
    show_patches(wizard)
    assert type_readings(wizard, power(gamma)) == 52
    go_on(wizard)
    assert isinstance(wizard.page, CheckPage)


def test_a_monitor_is_measured_applied_and_verified_by_keys_alone(
    wizard: CalibrationWizard, qapp: QApplication
) -> None:
    desk = wizard.desk
    assert isinstance(wizard.page, MonitorPage)
    assert desk.monitors.state(desk.screen).kind is StateKind.NOT_CALIBRATED
    _measured(wizard)
    assert _mode(wizard) is CalibrationMode.SRGB_ESTIMATE  # nothing before Apply
    assert "Ambient light was not given" in texts_of(wizard)
    go_on(wizard)
    assert isinstance(wizard.page, VerifyPage)
    kept = desk.monitors.store.record(desk.identity)
    assert kept.calibrated.calibration.mode is CalibrationMode.MEASURED
    assert kept.calibrated.method is Method.CONTACT
    assert kept.calibrated.measured_on == TODAY
    assert [reading.driving_level for reading in kept.calibrated.readings] == list(range(0, 256, 5))
    curve = np.array(kept.calibrated.calibration.luminances_cd_m2)
    truth = np.array([power()(level) for level in range(256)])
    assert np.abs(curve / truth - 1)[30:].max() < 0.02
    assert desk.monitors.state(desk.screen).kind is StateKind.CALIBRATED
    show_patches(wizard)
    assert type_readings(wizard, power()) == 18
    assert "The correction arrives once." in texts_of(wizard)
    go_on(wizard)
    qapp.processEvents()
    result = desk.record.newest("response")
    assert result is not None
    kappa = result.value("kappa")
    assert kappa is not None
    assert kappa < 0.10
    assert result.done_on == TODAY


def test_a_verification_that_could_not_be_written_is_kept_once_when_tried_again(
    wizard: CalibrationWizard, tmp_path: Path
) -> None:
    desk = wizard.desk
    _measured(wizard)
    go_on(wizard)
    show_patches(wizard)
    type_readings(wizard, power())
    folder = tmp_path / "monitors"
    folder.rename(tmp_path / "away")
    folder.write_text("no folder")
    go_on(wizard)
    assert "could not be kept" in texts_of(wizard)
    folder.unlink()
    go_on(wizard)
    assert len(desk.record.tests) == 1
    assert list(folder.iterdir())


def test_a_second_correction_in_the_monitor_is_found(wizard: CalibrationWizard) -> None:
    _measured(wizard)
    go_on(wizard)

    def native(level: int) -> float:  # somebody switched the monitor to its own GSDF meanwhile
        ends = jnd_index(BLACK), jnd_index(WHITE)
        return float(luminance(np.array([ends[0] + (ends[1] - ends[0]) * level / 255]))[0])

    show_patches(wizard)
    type_readings(wizard, native)
    told = texts_of(wizard)
    assert "applied twice" in told
    assert "failed" in told
    go_on(wizard)
    desk = wizard.desk
    assert desk.monitors.state(desk.screen).kind is StateKind.FAILED


def test_a_correction_that_does_not_arrive_is_found(wizard: CalibrationWizard) -> None:
    _measured(wizard, gamma=1.8)
    go_on(wizard)
    for step in range(18):
        wizard.desk.verify(wizard.desk.verification.with_reading(step, power(1.8)(15 * step)))
    assert "never arrived" in texts_of(wizard)


def test_leaving_half_way_loses_nothing(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    with wizard_on(qtbot, qapp, tmp_path) as wizard:
        go_on(wizard)
        go_on(wizard)
        show_patches(wizard)
        window = patches(wizard)
        for text in ("0.9", "1.5", "3"):
            QTest.keyClicks(window, text)
            QTest.keyClick(window, Key.Key_Space)
        QTest.keyClick(window, Key.Key_Escape)
        for page in (MeasuringPage, LightPage, MonitorPage):
            assert isinstance(wizard.page, page)
            QTest.keyClick(wizard, Key.Key_Escape)  # one step back each, then the wizard closes
        assert not wizard.isVisible()
        again = CalibrationWizard(wizard.desk.monitors, qapp.primaryScreen(), found=FoundMeters())
        assert len(again.desk.draft.measurement.taken) == 3
        assert again.desk.record.calibrated.measured_on is None
        again.show()
        go_on(again)
        go_on(again)
        show_patches(again)
        assert middle_pixel(patches(again)) == (15, 15, 15)  # goes on where it was left
        again.close()


def test_light_is_given_as_luminance_or_lux_or_not_at_all(wizard: CalibrationWizard) -> None:
    go_on(wizard)
    assert isinstance(wizard.page, LightPage)
    assert _light(wizard) == ("assumed", -1.0)
    page = wizard.page
    page._lux.setValue(40.0)  # what is typed chooses its way
    page._reflection.setValue(0.01)
    assert _light(wizard) == ("illuminance", 0.4)
    assert "= 0.4 cd/m²" in texts_of(page)
    page._ambient.setValue(0.7)
    assert _light(wizard) == ("luminance", 0.7)
    choose(wizard, "Not known")
    assert _light(wizard) == ("assumed", -1.0)
    choose(wizard, "At the reader's place")
    assert wizard.desk.draft.is_telescopic


def test_a_native_monitor_is_warned_of_and_kept_as_such(wizard: CalibrationWizard) -> None:
    assert "corrected twice" in texts_of(wizard)
    choose(wizard, "The monitor follows")
    go_on(wizard)
    assert isinstance(wizard.page, LightPage)
    wizard.page._black.setText("0,6")
    go_on(wizard)
    assert "both black and white" in texts_of(wizard)
    wizard.page._white.setText("450")
    go_on(wizard)
    assert isinstance(wizard.page, CheckPage)
    go_on(wizard)
    calibration = wizard.desk.record.calibrated.calibration
    assert calibration.mode is CalibrationMode.NATIVE_GSDF
    assert calibration.luminances_cd_m2 == (0.6, 450.0)
    assert np.array_equal(calibration.display_lut()[::257], np.arange(256))


def test_forgetting_takes_two_steps_and_the_tests_stay(wizard: CalibrationWizard) -> None:
    _measured(wizard)
    go_on(wizard)
    for _step in range(4):
        QTest.keyClick(wizard, Key.Key_Escape)
    choose(wizard, "Forget")
    go_on(wizard)
    assert any(button.text() == "Forget" for button in wizard.findChildren(QPushButton))
    assert _mode(wizard) is CalibrationMode.MEASURED
    go_on(wizard)
    assert _mode(wizard) is CalibrationMode.SRGB_ESTIMATE


@pytest.mark.parametrize("gamma", [1.8, 2.2, 2.6])
def test_a_monitor_is_matched_by_eye_with_the_arrow_keys(wizard: CalibrationWizard, gamma: float) -> None:
    choose(wizard, "Match it by eye")
    go_on(wizard)
    go_on(wizard)
    assert isinstance(wizard.page, MatchPage)
    show_patches(wizard)
    monitor, count = power(gamma), 0
    table = np.array([monitor(level) for level in range(256)])
    while isinstance(wizard.patches, MatchWindow):
        window = wizard.patches
        corner = pixels_of(window)[:64, :64, 0]
        answer = int(np.argmin(np.abs(table - table[corner].mean())))
        while window.level != answer:
            is_far = abs(answer - window.level) >= 8
            up, down = (Key.Key_PageUp, Key.Key_PageDown) if is_far else (Key.Key_Up, Key.Key_Down)
            QTest.keyClick(window, up if answer > window.level else down)
        assert middle_pixel(window) == (answer,) * 3
        QTest.keyClick(window, Key.Key_Return)
        count += 1
    assert count == 12
    go_on(wizard)
    go_on(wizard)
    kept = wizard.desk.record.calibrated
    assert kept.calibration.mode is CalibrationMode.VISUAL_ESTIMATE
    assert kept.display_class is DisplayClass.DIAGNOSTIC
    assert wizard.desk.monitors.state(wizard.desk.screen).kind is StateKind.VISUAL_ESTIMATE
    found = np.array(kept.calibration.luminances_cd_m2)
    share = (found - found[0]) / (found[-1] - found[0])
    truth = (np.arange(256) / 255) ** gamma
    assert np.abs(share / np.maximum(truth, 1e-9) - 1)[54:].max() < 0.03


def test_only_the_doubtful_field_is_matched_again(wizard: CalibrationWizard) -> None:
    choose(wizard, "Match it by eye")
    go_on(wizard)
    go_on(wizard)
    levels = [round(255 * each.fraction ** (1 / 2.2)) for each in HALF_TONES]
    matches = [Match(each, (level, level)) for each, level in zip(HALF_TONES, levels, strict=True)]
    matches[1] = replace(matches[1], driving_levels=(levels[1], levels[1] + 20))
    wizard.desk.change(matches=tuple(matches))
    assert "1/4 are far apart" in texts_of(wizard)
    show_patches(wizard)
    asked = []
    while isinstance(wizard.patches, MatchWindow):
        asked.append(wizard.patches.match.half_tone.title)
        for _step in range(abs(levels[1] - wizard.patches.level)):
            QTest.keyClick(wizard.patches, Key.Key_Up if levels[1] > wizard.patches.level else Key.Key_Down)
        QTest.keyClick(wizard.patches, Key.Key_Return)
    assert asked == ["1/4", "1/4"]
    assert wizard.page.is_ready
    assert "far apart" not in texts_of(wizard)


def test_what_could_not_be_written_is_in_force_and_said_so(wizard: CalibrationWizard, tmp_path: Path) -> None:
    (tmp_path / "monitors").write_text("no folder")
    choose(wizard, "The monitor follows")
    for _page in range(3):
        go_on(wizard)
    assert isinstance(wizard.page, CheckPage)
    assert "in force until the program ends" in texts_of(wizard)
    assert _mode(wizard) is CalibrationMode.NATIVE_GSDF
    (tmp_path / "monitors").unlink()
    go_on(wizard)
    assert isinstance(wizard.page, VerifyPage)


def test_readings_through_the_correction_stay_on_a_step_back(wizard: CalibrationWizard) -> None:
    choose(wizard, "The monitor follows")
    for _page in range(3):
        go_on(wizard)
    assert isinstance(wizard.page, VerifyPage)
    wizard.page.take(0, 0.5, None)
    assert "Cancel" not in [button.text() for button in wizard.findChildren(QPushButton) if button.isVisible()]
    QTest.keyClick(wizard, Key.Key_Escape)
    assert isinstance(wizard.page, CheckPage)
    go_on(wizard)
    assert wizard.desk.verification.taken


def test_more_greys_are_chosen_live_and_kept(wizard: CalibrationWizard) -> None:
    _measured(wizard)
    before = texts_of(wizard)
    assert "distinct steps" in before
    combo = next(each for each in wizard.page.findChildren(QComboBox) if each.findData(MoreGreys.BIT_STEALING) >= 0)
    assert combo.findData(MoreGreys.TEN_BITS) < 0  # this surface has eight
    combo.setFocus()
    QTest.keyClick(combo, Key.Key_Down)
    assert wizard.desk.draft.more_greys is MoreGreys.BIT_STEALING
    assert texts_of(wizard) != before
    go_on(wizard)
    assert wizard.desk.record.calibrated.calibration.more_greys is MoreGreys.BIT_STEALING


def test_no_text_is_cut_off_in_either_language(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    for language in ("en", "ko"):
        set_language(language)
        try:
            with wizard_on(qtbot, qapp, tmp_path / language) as wizard:
                for way in Way:
                    wizard.desk.change(way=way)
                    for page in wizard.pages:
                        wizard._show_page(page)
                        qapp.processEvents()
                        for label in page.findChildren(QLabel):
                            if label.isVisible() and not label.wordWrap():
                                assert label.sizeHint().width() <= label.width() + 1, label.text()
                        for button in page.findChildren(QPushButton):
                            if button.isVisible():
                                assert button.minimumSizeHint().width() <= button.width() + 1, button.text()
        finally:
            set_language("en")


def test_what_was_entered_stays_when_going_back(wizard: CalibrationWizard) -> None:
    choose(wizard, "The monitor follows")
    go_on(wizard)
    assert isinstance(wizard.page, LightPage)
    wizard.page._black.setText("0.6")
    wizard.page._white.setText("450")
    QTest.keyClick(wizard, Key.Key_Escape)
    assert (wizard.desk.draft.black_cd_m2, wizard.desk.draft.white_cd_m2) == (0.6, 450.0)


def test_a_monitor_taken_away_leads_back_to_the_first_page(wizard: CalibrationWizard, qapp: QApplication) -> None:
    go_on(wizard)
    go_on(wizard)
    show_patches(wizard)
    QTest.keyClicks(patches(wizard), "0.9")
    QTest.keyClick(patches(wizard), Key.Key_Space)
    qapp.screenRemoved.emit(wizard.desk.screen)
    assert wizard.patches is None
    assert isinstance(wizard.page, MonitorPage)
    assert "no longer connected" in texts_of(wizard)
    assert taken(wizard) == 1


@pytest.mark.parametrize("more", [MoreGreys.NONE, MoreGreys.BIT_STEALING])
def test_verification_shows_what_images_show(wizard: CalibrationWizard, more: MoreGreys) -> None:
    _measured(wizard)
    wizard.desk.change(more_greys=more)
    go_on(wizard)
    calibration = wizard.desk.record.calibrated.calibration
    assert calibration.more_greys is more
    show_patches(wizard)
    for step in range(18):
        p_value = np.full((4, 4), step * 65535 // 17, np.uint16)
        drawn = gray_output(calibration).table[p_value][0, 0]
        word = int(drawn) * 0x010101 if more is MoreGreys.NONE else int(drawn) & 0xFFFFFF
        assert middle_pixel(patches(wizard)) == (word >> 16, word >> 8 & 255, word & 255)
        QTest.keyClick(patches(wizard), Key.Key_Space) if step < 17 else None


def test_the_window_has_one_wizard_and_takes_it_and_its_patches_along(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    with running(qapp, tmp_path) as programme:
        window = open_window(programme)
        window.actions_table.run("display.calibrate")
        opened = window.findChildren(CalibrationWizard)[0]
        qtbot.waitUntil(opened.isVisible)
        opened.activateWindow()
        go_on(opened)
        go_on(opened)
        show_patches(opened)
        assert patches(opened).isVisible()
        window.actions_table.run("display.calibrate")
        assert window.findChildren(CalibrationWizard) == [opened]
        window.close()
        qapp.processEvents()
        assert not [each for each in qapp.topLevelWidgets() if each.isVisible()]
