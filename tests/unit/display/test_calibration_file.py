"""calibration.json: what was written is read again, and what is none is refused."""

import json
import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from viewer.base.errors import DisplayError, ViewerError
from viewer.display.calibration_file import from_json, read_calibration, to_json, write_calibration
from viewer.display.calibration_record import AmbientSource, CalibrationRecord, DisplayClass, Method, Reading
from viewer.imaging.display_calibration import (
    CalibrationMode,
    DisplayCalibration,
    DisplayColor,
    MoreGreys,
    RenderingIntent,
)

MEASURED = CalibrationRecord(
    DisplayCalibration(
        CalibrationMode.MEASURED,
        tuple(0.1 + level / 3 for level in range(1024)),
        ambient_cd_m2=1.25,
        more_greys=MoreGreys.TEN_BITS,
        is_dithered=True,
        max_chroma=1.5,
        color=DisplayColor(b"\0\1profile\xff", RenderingIntent.RELATIVE),
    ),
    DisplayClass.MAMMOGRAPHY,
    Method.TELESCOPIC,
    date(2026, 11, 23),
    'meter "7" 한국',
    (Reading(0, 0.1), Reading(1023, 341.1, (0.3127, 0.329))),
    ("1 dip levelled",),
    AmbientSource.ILLUMINANCE,
)


@pytest.mark.parametrize("record", [CalibrationRecord(), MEASURED])
def test_a_calibration_comes_back_as_it_was(record: CalibrationRecord, tmp_path: Path) -> None:
    assert from_json(json.loads(json.dumps(to_json(record)))) == record
    path = tmp_path / "calibration.json"
    write_calibration(record, path)
    assert read_calibration(path) == record
    assert [each.name for each in tmp_path.iterdir()] == ["calibration.json"]


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text("\ufeff" + json.dumps(to_json(MEASURED)), "utf-8")
    assert read_calibration(path) == MEASURED


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", "another"),
        ("version", 2),
        ("mode", "guessed"),
        ("mode", None),
        ("method", 4),
        ("display_class", "tv"),
        ("measured_on", "yesterday"),
        ("measured_on", 3),
        ("meter", 3),
        ("ambient_cd_m2", -1),
        ("ambient_cd_m2", "1"),
        ("ambient_cd_m2", True),
        ("ambient_cd_m2", 1e6),
        ("ambient_source", "moon"),
        ("is_dithered", 1),
        ("max_chroma", 10**400),
        ("color", []),
        ("color", {"profile": "?"}),
        ("color", {"intent": "saturation"}),
        ("notes", "x"),
        ("luminances_cd_m2", []),
        ("luminances_cd_m2", [1.0] * 256),
        ("luminances_cd_m2", [float(256 - level) for level in range(256)]),
        ("luminances_cd_m2", ["1"] * 256),
        ("luminances_cd_m2", [float(level) for level in range(300)]),
        ("readings", [1]),
        ("readings", [{"driving_level": 1.5, "luminance_cd_m2": 1}]),
        ("readings", [{"driving_level": True, "luminance_cd_m2": 1}]),
        ("readings", [{"driving_level": 1}]),
        ("readings", [{"driving_level": 1, "luminance_cd_m2": 1, "chromaticity": [0.3]}]),
    ],
)
def test_what_cannot_be_right_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ViewerError):
        from_json({**to_json(MEASURED), name: value})


def test_an_ambient_light_that_is_missing_is_no_measured_one() -> None:
    values = to_json(MEASURED)
    del values["ambient_cd_m2"]
    assert from_json(values).ambient_source is AmbientSource.ASSUMED


@pytest.mark.parametrize("content", ["", "[]", "null", "{", '{"format": NaN}', "\xff", "[" * 100_000])
def test_a_file_that_is_none_is_told_with_its_name(content: str, tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    path.write_text(content, "latin-1")
    with pytest.raises(DisplayError) as told:
        read_calibration(path)
    assert told.value.subject == str(path)


def test_places_that_do_not_exist_are_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(DisplayError):
            read_calibration(path)
    for path in (tmp_path / "none" / "a.json", tmp_path, Path()):
        with pytest.raises(DisplayError):
            write_calibration(MEASURED, path)
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_old_calibration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    write_calibration(MEASURED, path)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DisplayError):
        write_calibration(replace(MEASURED, meter="other"), path)
    assert read_calibration(path) == MEASURED
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


def test_a_device_stays_what_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(DisplayError):
        write_calibration(MEASURED, pipe)
    assert pipe.is_fifo()


def test_a_link_stays_and_what_it_names_is_written(tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "real.json")
    write_calibration(MEASURED, link)
    assert link.is_symlink()
    assert read_calibration(tmp_path / "real.json") == MEASURED


def test_bytes_that_are_no_text_are_kept(tmp_path: Path) -> None:
    odd = replace(MEASURED, meter=os.fsdecode(b"X \xff"))
    write_calibration(odd, tmp_path / "a.json")
    assert read_calibration(tmp_path / "a.json") == odd
