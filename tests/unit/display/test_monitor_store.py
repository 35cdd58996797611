"""What is known of a monitor is kept whole, found again, never given to another, and set aside when it is broken."""

import json
import stat
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from viewer.base.errors import DisplayError
from viewer.display.calibration_record import CalibrationRecord, DisplayClass, Method, Reading
from viewer.display.monitor import MonitorIdentity
from viewer.display.monitor_json import record_from_json, record_to_json
from viewer.display.monitor_record import Answer, MonitorRecord, ProfileSource, TestResult
from viewer.display.monitor_store import MonitorStore
from viewer.imaging.display_calibration import (
    CalibrationMode,
    DisplayCalibration,
    DisplayColor,
    MoreGreys,
    RenderingIntent,
)

KNOWN = MonitorIdentity("EIZO", "RX360", "28174085", "DP-1", (1536, 2048), (0, 0), (324.0, 433.2))
NAMELESS = MonitorIdentity("", "Generic", "", "HDMI-1", (1920, 1080), (1536, 0), (527.0, 296.0))
CURVE = tuple(0.3 + 300 * (level / 255) ** 2.2 for level in range(256))


def full_record(identity: MonitorIdentity = KNOWN) -> MonitorRecord:
    """Return a record in which nothing is as it is by default."""
    calibration = DisplayCalibration(
        CalibrationMode.MEASURED,
        CURVE,
        1.25,
        MoreGreys.BIT_STEALING,
        is_dithered=True,
        max_chroma=1.5,
        color=DisplayColor(b"\0profile\xff", RenderingIntent.RELATIVE),
    )
    calibrated = CalibrationRecord(
        calibration,
        DisplayClass.MAMMOGRAPHY,
        Method.TELESCOPIC,
        date(2026, 11, 2),
        "i1 Display 색도계",
        (Reading(0, 0.3, (0.31, 0.33)), Reading(255, 300.3)),
        ("one step was levelled",),
    )
    tests = (
        TestResult("visual", date(2026, 11, 2), (Answer("qc.steps", 16.0, True), Answer("qc.clean", None, False))),
        TestResult("response", date(2026, 11, 3), (Answer("kappa", 0.043),), CURVE[:18], "잘 보임"),
    )
    return MonitorRecord(
        identity, calibrated, (0.2115, 0.2116), ProfileSource.FILE, "/home/x/monitor.icc", tests, 30, date(2026, 12, 3)
    )


ODD_BYTES = MonitorRecord(KNOWN, CalibrationRecord(meter="X \udcff"))  # as a command line gives what is no text


@pytest.mark.parametrize("record", [full_record(), full_record(NAMELESS), MonitorRecord(KNOWN), ODD_BYTES])
def test_a_record_is_read_back_as_it_was_kept(tmp_path: Path, record: MonitorRecord) -> None:
    MonitorStore(tmp_path).keep(record)
    assert MonitorStore(tmp_path).record(record.identity) == record
    assert MonitorStore(tmp_path).all() == (record,)


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    MonitorStore(tmp_path / "settings").keep(full_record())
    (path,) = (tmp_path / "settings" / "monitors").iterdir()
    assert path.name == f"{KNOWN.key}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_of_an_unknown_monitor_nothing_is_known(tmp_path: Path) -> None:
    store = MonitorStore(tmp_path)
    assert store.record(KNOWN) == MonitorRecord(KNOWN)
    assert store.kept(KNOWN.key) is None
    assert store.all() == ()
    assert store.problems == []
    assert not list(tmp_path.iterdir())


def test_a_monitor_with_a_serial_number_is_known_in_another_place_at_another_size(tmp_path: Path) -> None:
    MonitorStore(tmp_path).keep(full_record())
    moved = replace(KNOWN, name="DP-2", position=(1920, 0))
    assert MonitorStore(tmp_path).record(moved) == replace(full_record(), identity=moved)
    fewer = replace(KNOWN, size_px=(1024, 1280))
    found = MonitorStore(tmp_path).record(fewer)
    assert found.calibrated == full_record().calibrated
    assert found.pixel_pitch_mm is None, "a pitch measured at another number of pixels"


@pytest.mark.parametrize(
    "other",
    [
        replace(NAMELESS, position=(0, 0)),
        replace(NAMELESS, name="HDMI-2"),
        replace(NAMELESS, size_px=(1280, 720)),
        replace(NAMELESS, model="Other"),
        replace(NAMELESS, serial_number="1"),
    ],
)
def test_a_monitor_without_serial_number_is_known_in_its_place_alone(tmp_path: Path, other: MonitorIdentity) -> None:
    MonitorStore(tmp_path).keep(full_record(NAMELESS))
    assert MonitorStore(tmp_path).record(other) == MonitorRecord(other)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"format": "negatoscope-monitor", "version": 99}',
        b'{"format": "negatoscope-monitor", "version": 1}',
    ],
)
def test_an_unreadable_file_is_set_aside_and_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "monitors" / f"{KNOWN.key}.json"
    path.parent.mkdir()
    path.write_bytes(content)
    store = MonitorStore(tmp_path)
    assert store.record(KNOWN) == MonitorRecord(KNOWN)
    assert not path.exists()
    assert path.with_suffix(".bad").read_bytes() == content
    (problem,) = store.problems
    assert "not calibrated" in problem.one_line()
    assert ".bad" in problem.one_line()
    store.keep(full_record())
    assert MonitorStore(tmp_path).record(KNOWN) == full_record()


def test_a_file_that_could_not_be_set_aside_is_not_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "monitors" / f"{KNOWN.key}.json"
    path.parent.mkdir()
    path.write_bytes(b"not json")
    path.with_suffix(".bad").mkdir()  # a file cannot take the place of a folder
    store = MonitorStore(tmp_path)
    store.record(KNOWN)
    (problem,) = store.problems
    assert ".bad" not in problem.one_line()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("interval_days", 0),
        ("interval_days", True),
        ("pixel_pitch_mm", [0.2, -0.2]),
        ("pixel_pitch_mm", [0.2]),
        ("pixel_pitch_mm", "0.2"),
        ("due_on", "tomorrow"),
        ("profile_source", "elsewhere"),
        ("tests", [{"test": "visual"}]),
        ("tests", 5),
        ("identity", {}),
        ("identity", None),
        ("calibration", {}),
        ("calibration", None),
    ],
)
def test_a_record_that_cannot_be_is_refused(name: str, value: object) -> None:
    values = {**json.loads(json.dumps(record_to_json(full_record()))), name: value}
    with pytest.raises(DisplayError):
        record_from_json(values)


def test_a_file_copied_from_another_monitor_is_refused(tmp_path: Path) -> None:
    MonitorStore(tmp_path).keep(full_record())
    folder = tmp_path / "monitors"
    (folder / f"{KNOWN.key}.json").rename(folder / f"{NAMELESS.key}.json")
    store = MonitorStore(tmp_path)
    assert store.record(NAMELESS) == MonitorRecord(NAMELESS)
    assert "another monitor" in store.problems[0].one_line()


def test_a_profile_of_the_system_is_not_kept(tmp_path: Path) -> None:
    record = replace(full_record(), profile_source=ProfileSource.SYSTEM, profile_path="")
    MonitorStore(tmp_path).keep(record)
    color = MonitorStore(tmp_path).record(KNOWN).calibrated.calibration.color
    assert color == DisplayColor(b"", RenderingIntent.RELATIVE)


def test_everyone_is_told_of_a_change(tmp_path: Path) -> None:
    store = MonitorStore(tmp_path)
    told: list[str] = []
    store.changed.connect(told.append)
    store.keep(full_record())
    store.keep(full_record(NAMELESS))
    store.forget(KNOWN.key)
    assert told == [KNOWN.key, NAMELESS.key, KNOWN.key]
    assert store.all() == (full_record(NAMELESS),)
    assert MonitorStore(tmp_path).all() == (full_record(NAMELESS),)


def test_what_another_process_has_kept_is_read_when_it_is_looked_again(tmp_path: Path) -> None:
    here, there = MonitorStore(tmp_path), MonitorStore(tmp_path)
    assert here.record(KNOWN) == MonitorRecord(KNOWN)
    told: list[str] = []
    here.changed.connect(told.append)
    here.look_again()
    assert told == []
    there.keep(full_record())
    here.look_again()
    assert told == [KNOWN.key]
    assert here.record(KNOWN) == full_record()
    here.look_again()
    assert told == [KNOWN.key]
    there.forget(KNOWN.key)
    here.look_again()
    assert here.record(KNOWN) == MonitorRecord(KNOWN)
    here.keep(full_record())
    here.look_again()
    assert here.record(KNOWN) == full_record()


def test_what_cannot_be_written_is_in_force_and_told(tmp_path: Path) -> None:
    (tmp_path / "monitors").write_text("a file where the folder should be")
    store = MonitorStore(tmp_path)
    told: list[str] = []
    store.changed.connect(told.append)
    with pytest.raises(DisplayError, match="could not be kept"):
        store.keep(full_record())
    assert store.record(KNOWN) == full_record()
    assert told == [KNOWN.key]


def test_a_run_that_is_not_the_readers_own_writes_nothing(tmp_path: Path) -> None:
    store = MonitorStore(tmp_path, is_kept=False)
    store.keep(full_record())
    store.forget(KNOWN.key)
    store.keep(full_record(NAMELESS))
    assert store.all() == (full_record(NAMELESS),)
    assert not list(tmp_path.iterdir())
    folder = tmp_path / "monitors"
    folder.mkdir()
    broken = folder / f"{KNOWN.key}.json"
    broken.write_text("{")
    assert MonitorStore(tmp_path, is_kept=False).record(KNOWN) == MonitorRecord(KNOWN)
    assert broken.exists()


def test_a_writing_that_fails_half_way_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = MonitorStore(tmp_path)
    store.keep(full_record())

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DisplayError, match="No space left"):
        store.keep(MonitorRecord(KNOWN))
    assert [path.name for path in (tmp_path / "monitors").iterdir()] == [f"{KNOWN.key}.json"]
    assert MonitorStore(tmp_path).record(KNOWN) == full_record()
