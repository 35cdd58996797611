"""`negatoscope monitors` as its users run it: what is kept of monitors, told and written without a screen."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pydicom
import pytest

from tests.flows.command_line import run
from viewer.display.calibration_file import read_calibration, write_calibration
from viewer.display.calibration_record import CalibrationRecord, Method
from viewer.display.monitor import MonitorIdentity
from viewer.display.monitor_json import with_profile
from viewer.display.monitor_record import Answer, MonitorRecord, ProfileSource, TestResult
from viewer.display.monitor_store import MonitorStore
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration

LEFT = MonitorIdentity("EIZO", "RX360", "L-1", "DP-1", (1536, 2048))
RIGHT = MonitorIdentity("EIZO", "RX360 오른쪽", "R-2", "DP-2", (1536, 2048))
LONG_AGO = date(2020, 1, 15)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    curve = tuple(0.8 + 399.2 * (level / 255) ** 2.2 for level in range(256))
    calibrated = CalibrationRecord(
        DisplayCalibration(CalibrationMode.MEASURED, curve, 0.1), method=Method.CONTACT, measured_on=LONG_AGO
    )
    failed = TestResult("response", LONG_AGO + timedelta(days=1), (Answer("kappa", 0.31, passes=False),))
    store = MonitorStore(tmp_path / "config")
    store.keep(MonitorRecord(LEFT, calibrated))
    store.keep(MonitorRecord(RIGHT, calibrated, tests=(failed,)))
    return tmp_path


def test_every_monitor_is_listed_with_its_state(folder: Path) -> None:
    done = run(folder, "monitors", "--json")
    assert done.code == 0
    listed = {each["title"]: each for each in json.loads(done.output)}
    assert listed["EIZO RX360 L-1"]["state"] == "overdue"
    assert listed["EIZO RX360 오른쪽 R-2"]["state"] == "failed"
    assert listed["EIZO RX360 오른쪽 R-2"]["kappa"] == 0.31


def test_a_report_is_a_pdf_and_an_export_is_the_calibration(folder: Path) -> None:
    done = run(
        folder,
        "monitors",
        LEFT.key,
        *("--report", str(folder / "a.pdf"), "--export", str(folder / "a.json"), "--dicom", str(folder / "a.dcm")),
    )
    assert (done.code, done.errors) == (0, "")
    assert (folder / "a.pdf").read_bytes().startswith(b"%PDF-")
    assert read_calibration(folder / "a.json").measured_on == LONG_AGO
    assert pydicom.dcmread(folder / "a.dcm").SOPInstanceUID == "1.2.840.10008.5.1.1.40.1"


def test_a_calibration_is_put_into_force_and_tests_stay(folder: Path) -> None:
    store = MonitorStore(folder / "config")
    right = store.record(RIGHT)
    calibrated = with_profile(right.calibrated, b"profile")
    store.keep(replace(right, calibrated=calibrated, profile_source=ProfileSource.FILE, profile_path="p.icc"))
    kept = store.record(RIGHT)
    native = replace(kept.calibrated, calibration=DisplayCalibration(CalibrationMode.NATIVE_GSDF))
    exported = folder / "native.json"
    write_calibration(native, exported)
    done = run(folder, "monitors", RIGHT.key[:6], "--use", str(exported))
    assert done.code == 0
    now = MonitorStore(folder / "config").record(RIGHT)
    assert now.calibrated.calibration.mode is CalibrationMode.NATIVE_GSDF
    assert now.tests == kept.tests
    assert now.calibrated.calibration.color.profile == b"profile"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--report", "x.pdf"], 2, "there are 2"),
        (["ffffffffffffffffffff"], 1, "Nothing is kept"),
        ([LEFT.key, "--use", "absent.json"], 1, "absent.json"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(folder: Path, arguments: list[str], code: int, words: str) -> None:
    done = run(folder, "monitors", *arguments)
    assert done.code == code
    assert words in done.errors
    assert len(done.errors.splitlines()) == 1


def test_a_damaged_record_is_set_aside_and_told(folder: Path) -> None:
    (folder / "config" / "monitors" / f"{LEFT.key}.json").write_text("{")
    done = run(folder, "monitors")
    assert done.code == 1
    assert "could not be read" in done.errors
    assert len(done.errors.splitlines()) == 1
    assert RIGHT.key in done.output
    assert (folder / "config" / "monitors" / f"{LEFT.key}.bad").exists() or list(
        (folder / "config" / "monitors").glob("*bad*")
    )


def test_where_nothing_is_kept_that_is_said(tmp_path: Path) -> None:
    done = run(tmp_path, "monitors")
    assert (done.code, done.output.strip()) == (0, "Nothing is kept of any monitor")
    assert run(tmp_path, "monitors", "--json").json() == []
