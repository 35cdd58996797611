"""A monitor's state on a day, and the words it has for it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.builders.icc_profiles import adobe_rgb_like
from viewer.display.calibration_record import AmbientSource, CalibrationRecord, DisplayClass
from viewer.display.monitor import MonitorIdentity
from viewer.display.monitor_place import MonitorPlace
from viewer.display.monitor_record import Answer, MonitorRecord, MonitorState, StateKind, TestResult, state_of
from viewer.display.state_texts import chip_text, color_sentence, is_quiet, sentence, short_text, status_text
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration, DisplayColor, RenderingIntent

DAY = date(2026, 11, 2)
CURVE = tuple(0.3 + level for level in range(256))


def record(mode: CalibrationMode, *tests: TestResult) -> MonitorRecord:
    curve = CURVE if mode in {CalibrationMode.MEASURED, CalibrationMode.VISUAL_ESTIMATE} else ()
    is_estimate = mode is CalibrationMode.SRGB_ESTIMATE
    calibrated = CalibrationRecord(DisplayCalibration(mode, curve), measured_on=None if is_estimate else DAY)
    return MonitorRecord(MonitorIdentity(name="DP-1"), calibrated, tests=tests)


@pytest.mark.parametrize(
    ("mode", "kind", "chip", "status"),
    [
        (CalibrationMode.MEASURED, StateKind.CALIBRATED, "GSDF 2026-11-02 κ 4.3 %", "Display calibrated, κ 4.3 %"),
        (CalibrationMode.NATIVE_GSDF, StateKind.NATIVE, "NATIVE GSDF", "Display follows the GSDF by itself, κ 4.3 %"),
        (
            CalibrationMode.VISUAL_ESTIMATE,
            StateKind.VISUAL_ESTIMATE,
            "VISUAL ESTIMATE",
            "Display matched by eye, κ 4.3 %",
        ),
        (CalibrationMode.SRGB_ESTIMATE, StateKind.NOT_CALIBRATED, "NOT CALIBRATED", "Display not calibrated"),
    ],
)
def test_how_the_response_is_known_is_said(mode: CalibrationMode, kind: StateKind, chip: str, status: str) -> None:
    state = state_of(record(mode), DAY, predicted_kappa=0.0431)
    assert state.kind is kind
    assert (chip_text(state), status_text(state)) == (chip, status)
    assert is_quiet(state) is (kind in {StateKind.CALIBRATED, StateKind.NATIVE})


def test_a_calibration_holds_until_the_day_of_the_next_test() -> None:
    last = DAY + timedelta(days=90)
    calibrated = record(CalibrationMode.MEASURED)
    assert state_of(calibrated, last).kind is StateKind.CALIBRATED
    state = state_of(calibrated, last + timedelta(days=1))
    assert chip_text(state) == "QA OVERDUE"
    assert f"was due on {last.isoformat()}" in sentence(state)
    assert not is_quiet(state)


def test_a_failed_test_counts_before_one_that_is_overdue() -> None:
    failed = TestResult("visual", DAY, (Answer("qc.steps", 12.0, passes=False),))
    state = state_of(record(CalibrationMode.MEASURED, failed), DAY + timedelta(days=900))
    assert chip_text(state) == short_text(state) == "QA FAILED"
    assert "failed" in sentence(state)
    passed = replace(failed, done_on=DAY + timedelta(days=1), answers=(Answer("qc.steps", 16.0, passes=True),))
    assert state_of(record(CalibrationMode.MEASURED, failed, passed), DAY).kind is StateKind.CALIBRATED


def test_what_was_measured_counts_before_what_was_foretold() -> None:
    measured = TestResult("response", DAY, (Answer("kappa", 0.081, passes=True),))
    state = state_of(record(CalibrationMode.MEASURED, measured), DAY, predicted_kappa=0.02)
    assert chip_text(state).endswith("κ 8.1 %")


def test_a_calibration_that_reaches_no_better_than_its_class_allows_is_no_reason_for_rest() -> None:
    calibrated = record(CalibrationMode.MEASURED)
    assert is_quiet(state_of(calibrated, DAY, predicted_kappa=0.1))
    state = state_of(calibrated, DAY, predicted_kappa=0.101)
    assert not is_quiet(state)
    assert "κ 10.1 %, more than the 10 %" in sentence(state)
    other = replace(calibrated, calibrated=replace(calibrated.calibrated, display_class=DisplayClass.OTHER))
    assert is_quiet(state_of(other, DAY, predicted_kappa=0.101))


def test_a_day_set_before_the_monitor_was_calibrated_anew_holds_no_more() -> None:
    old = replace(record(CalibrationMode.MEASURED), due_on=DAY - timedelta(days=30))
    assert old.next_due == DAY + timedelta(days=90)
    assert replace(old, due_on=DAY + timedelta(days=7)).next_due == DAY + timedelta(days=7)


def test_a_light_of_the_room_that_nobody_measured_is_told_with_the_state() -> None:
    assumed = record(CalibrationMode.MEASURED)
    known = replace(assumed, calibrated=replace(assumed.calibrated, ambient_source=AmbientSource.ILLUMINANCE))
    assert "light of the room is assumed" in sentence(state_of(assumed, DAY))
    assert "light of the room" not in sentence(state_of(known, DAY))
    assert "light of the room" not in sentence(state_of(record(CalibrationMode.SRGB_ESTIMATE), DAY))


def test_a_calibration_without_a_date_or_kappa_says_neither() -> None:
    assert chip_text(MonitorState(StateKind.CALIBRATED)) == "GSDF"


def test_colours_say_what_they_are_brought_to() -> None:
    assert "sRGB" in color_sentence(DisplayColor())
    assert "(relative colorimetric)" in color_sentence(DisplayColor(adobe_rgb_like(), RenderingIntent.RELATIVE))
    assert "cannot be used" in color_sentence(DisplayColor(b"nonsense"))


def test_a_monitor_recognised_by_its_place_says_so_once_something_rests_on_it() -> None:
    calibrated = state_of(record(CalibrationMode.MEASURED), DAY)
    assert MonitorPlace("DP-1", state=calibrated, is_certain=True).name_sentence() == ""
    assert "DP-1" in MonitorPlace("DP-1", state=calibrated, is_certain=False).name_sentence()
    assert MonitorPlace("DP-1", is_certain=False).name_sentence() == ""
    assert "LEFT, RIGHT" in MonitorPlace("DP-1", others=("LEFT", "RIGHT")).others_sentence()
