"""When tests are due: by their interval, from the calibration on."""

from dataclasses import replace
from datetime import date, timedelta

from viewer.display.calibration_record import CalibrationRecord
from viewer.display.constancy_schedule import (
    due_tests,
    holds_until,
    overdue_notice,
    schedule,
    with_interval,
    with_result,
)
from viewer.display.monitor import MonitorIdentity
from viewer.display.monitor_record import MonitorRecord, StateKind, TestResult, state_of
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration

CALIBRATED = date(2026, 1, 1)
MEASURED = DisplayCalibration(CalibrationMode.MEASURED, tuple(float(level) + 1 for level in range(256)))


def _calibrated() -> MonitorRecord:
    return MonitorRecord(MonitorIdentity("EIZO"), CalibrationRecord(MEASURED, measured_on=CALIBRATED))


def _after(days: int) -> date:
    return CALIBRATED + timedelta(days=days)


def _due(record: MonitorRecord, day: date) -> set[str]:
    return {each.test.id for each in due_tests(record, day)}


def test_nothing_is_due_on_a_monitor_that_nobody_calibrated() -> None:
    record = MonitorRecord(MonitorIdentity("EIZO"))
    assert schedule(record) == ()
    assert overdue_notice(record, CALIBRATED) == ""
    assert holds_until(record) is None


def test_measured_tests_come_a_quarter_after_calibrating() -> None:
    assert _due(_calibrated(), _after(89)) == set()
    assert _due(_calibrated(), _after(90)) == {"response", "ratio", "ambient", "dark_room"}
    assert overdue_notice(_calibrated(), _after(90)) == ""
    assert overdue_notice(_calibrated(), _after(92)).startswith("Overdue for 2 days: ")
    assert "uniformity" in _due(_calibrated(), _after(365))


def test_a_quick_look_every_day_does_not_put_off_the_quarter() -> None:
    record = _calibrated()
    for day in range(1, 90):
        record = with_result(record, TestResult("daily", _after(day)))
    assert record.next_due == _after(90)
    assert state_of(record, _after(90)).kind is StateKind.CALIBRATED
    assert state_of(record, _after(91)).kind is StateKind.OVERDUE
    assert _due(record, _after(90)) >= {"daily", "response"}


def test_the_response_measures_black_and_white_too() -> None:
    record = with_result(_calibrated(), TestResult("response", _after(80)))
    assert _due(record, _after(120)) == {"ambient", "dark_room"}
    assert record.due_on == _after(90)
    for name in ("ambient", "dark_room"):
        record = with_result(record, TestResult(name, _after(85)))
    assert record.due_on == _after(80 + 90)


def test_calibrating_anew_begins_anew() -> None:
    record = with_result(_calibrated(), TestResult("response", _after(80)))
    again = replace(record, calibrated=replace(record.calibrated, measured_on=_after(200)))
    assert _due(again, _after(289)) == set()
    assert "response" in _due(again, _after(290))


def test_the_interval_is_the_monitors_own() -> None:
    record = with_interval(_calibrated(), 30)
    assert record.next_due == _after(30)
    assert "response" in _due(record, _after(30))
