"""`negatoscope calibrate` and `negatoscope calibration`: options, refusals, and what they print."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from tests.unit.cli.no_faces import run
from tests.unit.display.curves import csv, gamma_curve, inverse, nearest_levels, oled_curve
from viewer.display.calibration_file import read_calibration, write_calibration
from viewer.display.calibration_record import AmbientSource, CalibrationRecord, DisplayClass, Method
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration, MoreGreys

CURVE = gamma_curve(2.2)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "readings.csv"
    path.write_text(csv(CURVE, 256))
    return path


def calibrated(folder: Path, table: Path, *options: object) -> CalibrationRecord:
    out = folder / "calibration.json"
    assert run(folder, ["calibrate", "--luminance", table, *options, "--out", out]) == 0
    return read_calibration(out)


def told(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert run(folder, ["calibration", folder / "calibration.json", "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    return found


def test_without_a_place_it_is_printed(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, ["calibrate", "--luminance", table, "--ambient", "0.5"]) == 0
    printed = capsys.readouterr()
    assert not printed.err
    (tmp_path / "printed.json").write_text(printed.out)
    assert read_calibration(tmp_path / "printed.json") == calibrated(tmp_path, table, "--ambient", "0.5")


def test_options_stand_in_the_record(table: Path, tmp_path: Path) -> None:
    record = calibrated(
        tmp_path,
        table,
        *("--lux", "40", "--reflection", "0.01", "--display-class", "other", "--meter", "X 1"),
        *("--more-greys", "bit-stealing", "--dithering", "--telescopic"),
    )
    assert record.calibration.ambient_cd_m2 == pytest.approx(0.4)
    assert record.calibration.luminances_cd_m2 == pytest.approx((CURVE - 0.4).tolist())
    assert (record.calibration.more_greys, record.calibration.is_dithered) == (MoreGreys.BIT_STEALING, True)
    assert (record.method, record.ambient_source) == (Method.TELESCOPIC, AmbientSource.ILLUMINANCE)
    assert (record.display_class, record.meter) == (DisplayClass.OTHER, "X 1")
    assert record.measured_on is not None


def test_surfaces(table: Path, tmp_path: Path) -> None:
    deep = tmp_path / "deep.csv"
    deep.write_text(csv(gamma_curve(2.2, count=1024), 52))
    for source, options, levels, more in (
        (table, (), 256, MoreGreys.NONE),
        (table, ("--levels", "1024"), 1024, MoreGreys.TEN_BITS),
        (table, ("--more-greys", "ten-bits"), 1024, MoreGreys.TEN_BITS),
        (table, ("--more-greys", "bit-stealing"), 256, MoreGreys.BIT_STEALING),
        (deep, (), 1024, MoreGreys.TEN_BITS),
        (deep, ("--levels", "256"), 256, MoreGreys.NONE),
        (deep, ("--more-greys", "none"), 1024, MoreGreys.NONE),
        (deep, ("--more-greys", "bit-stealing"), 256, MoreGreys.BIT_STEALING),
    ):
        calibration = calibrated(tmp_path, source, *options).calibration
        assert (len(calibration.luminances_cd_m2), calibration.more_greys) == (levels, more), options


def test_forgotten_ambient_light_is_said(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = calibrated(tmp_path, table)
    assert "Ambient light was not given" in capsys.readouterr().err
    assert (record.calibration.ambient_cd_m2, record.ambient_source) == (0.0, AmbientSource.ASSUMED)
    found = told(tmp_path, capsys)
    assert (found["ambient"], found["ambient_is_given"]) == (0.0, False)
    assert "Ambient light was not given" in found["notes"][0]
    assert "ambient_ratio" not in [check["subject"] for check in found["checks"]]


@pytest.mark.parametrize(
    "options",
    [
        ("--ambient", "1", "--lux", "5", "--reflection", "0.1"),
        ("--ambient", "1", "--reflection", "0.1"),
        ("--lux", "5"),
        ("--reflection", "0.1"),
        ("--ambient", "-1"),
        ("--ambient", "nan"),
        ("--ambient", "inf"),
        ("--ambient", "abc"),
        ("--lux", "-5", "--reflection", "0.1"),
        ("--levels", "512"),
        ("--levels", "256", "--more-greys", "ten-bits"),
        ("--levels", "1024", "--more-greys", "bit-stealing"),
        ("--display-class", "tv"),
    ],
)
def test_wrong_usage(options: tuple[str, ...], table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "calibration.json"
    assert run(tmp_path, ["calibrate", "--luminance", table, "--out", out, *options]) == 2
    assert capsys.readouterr().err
    assert not out.exists()


def test_the_readings_are_not_overwritten(table: Path, tmp_path: Path) -> None:
    before = table.read_text()
    assert run(tmp_path, ["calibrate", "--luminance", table, "--ambient", "0", "--out", table]) == 2
    assert table.read_text() == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("ddl,luminance\n0,0.5\n128,70\n255,350\n", "Line 4: here ends the table after 3 readings"),
        (csv(CURVE, 52).replace("\n50,", "\n50,x"), "Line 12"),
        (csv(CURVE, 52).replace("\n50,", "\n50,-"), "Line 12"),
        (csv(CURVE[::-1].copy(), 52), "Line 4: the luminance falls"),
        ("nothing to see", "Line 1: "),
        ("ddl,luminance\n\n", "Line 1: 'ddl' is no number"),
        ("", "no reading"),
    ],
)
def test_a_wrong_table(content: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "readings.csv"
    path.write_text(content)
    assert run(tmp_path, ["calibrate", "--luminance", path, "--ambient", "0"]) == 1
    captured = capsys.readouterr()
    assert not captured.out
    (line,) = captured.err.splitlines()
    assert line.startswith(f"negatoscope: {path}: ")
    assert words in line


def test_what_stands_in_a_table_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "readings.csv"
    path.write_text("ddl,luminance\n0,\x1b[2J" + "9x" * 10_000 + "\n")
    assert run(tmp_path, ["calibrate", "--luminance", path, "--ambient", "0"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "Line 2" in line
    assert line.isprintable()
    assert len(line) < len(str(path)) + 150


def test_a_table_in_other_encodings(tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "utf-16", "latin-1"):
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes(("# cd/m²\n" + csv(CURVE, 52)).encode(encoding))
        assert len(calibrated(tmp_path, path, "--ambient", "0").readings) == 52


def test_files_that_are_none(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        assert run(tmp_path, ["calibrate", "--luminance", path]) == 1
        assert run(tmp_path, ["calibration", path]) == 1
    big = tmp_path / "big.csv"
    big.write_bytes(b"0,1\n" * 2**19)
    assert run(tmp_path, ["calibrate", "--luminance", big]) == 1


def test_figures_of_a_calibration(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calibrated(tmp_path, table, "--ambient", "0.25")
    found = told(tmp_path, capsys)
    assert (found["mode"], found["method"], found["levels"]) == ("measured", "contact", 256)
    assert (found["l_min"], found["l_max"]) == pytest.approx((0.75, 350.25))
    assert (found["l_min_without_ambient"], found["l_max_without_ambient"]) == pytest.approx((0.5, 350))
    assert found["ambient"] == 0.25
    assert found["jnd_range"] == pytest.approx([inverse(0.75), inverse(350.25)])
    assert np.abs(np.array(found["lut"]) - nearest_levels(CURVE + 0.25, 1024)).max() <= 1
    assert 0.04 < found["kappa"] < 0.07
    assert found["passes"] is True
    assert 200 < found["distinct_levels"] <= 256
    assert found["max_jnd_step"] > 1
    assert found["limits"]["kappa"] == {"least": None, "most": 0.1, "target": None, "source": "AAPM TG18"}
    checks = {check["subject"]: (check["value"], check["passes"]) for check in found["checks"]}
    assert checks["luminance_ratio"] == (pytest.approx(350.25 / 0.75), False)
    assert checks["ambient_ratio"] == (0.5, False)
    assert checks["l_max"] == (350.25, True)
    assert checks["l_min"] == (0.75, False)


def test_more_greys_are_nearer(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calibrated(tmp_path, table, "--ambient", "0")
    plain = told(tmp_path, capsys)
    for options in (("--levels", "1024"), ("--more-greys", "bit-stealing"), ("--dithering",)):
        calibrated(tmp_path, table, "--ambient", "0", *options)
        found = told(tmp_path, capsys)
        assert found["kappa"] <= 0.03
        assert found["distinct_levels"] > plain["distinct_levels"]
        assert found["max_jnd_step"] < plain["max_jnd_step"]


def test_ten_bits_have_a_table_of_1024_levels(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calibrated(tmp_path, table, "--ambient", "0.5", "--levels", "1024")
    found = told(tmp_path, capsys)
    assert (found["levels"], found["lut"][0], found["lut"][-1]) == (1024, 0, 1023)


def test_a_black_of_nothing_is_told_without_infinity(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "oled.csv"
    path.write_text(csv(oled_curve(), 52))
    calibrated(tmp_path, path, "--ambient", "0")
    checks = {check["subject"]: check for check in told(tmp_path, capsys)["checks"]}
    assert (checks["luminance_ratio"]["value"], checks["luminance_ratio"]["passes"]) == (None, False)
    assert run(tmp_path, ["calibration", tmp_path / "calibration.json"]) == 0


@pytest.mark.parametrize("mode", [CalibrationMode.SRGB_ESTIMATE, CalibrationMode.NATIVE_GSDF])
def test_nothing_is_known_of_what_nobody_measured(
    mode: CalibrationMode, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = CalibrationRecord(DisplayCalibration(mode), DisplayClass.OTHER, Method.NONE)
    write_calibration(record, tmp_path / "calibration.json")
    found = told(tmp_path, capsys)
    assert (found["mode"], found["kappa"], found["passes"], found["checks"]) == (mode.value, None, None, [])
    assert run(tmp_path, ["calibration", tmp_path / "calibration.json"]) == 0
    assert "not known" in capsys.readouterr().out


@pytest.mark.parametrize(("points", "are_few"), [(18, True), (51, True), (52, False), (256, False)])
def test_a_kappa_predicted_from_few_readings_is_told_as_such(
    points: int, are_few: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "readings.csv"
    path.write_text(csv(CURVE, points))
    calibrated(tmp_path, path, "--ambient", "0.5")
    assert any("few readings" in note for note in told(tmp_path, capsys)["notes"]) is are_few


def test_many_readings_with_a_gap_are_few_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "readings.csv"
    path.write_text("".join(f"{level},{CURVE[level]:.9g}\n" for level in (0, *range(200, 256))))
    calibrated(tmp_path, path, "--ambient", "0.5")
    assert "few readings" in told(tmp_path, capsys)["notes"][0]


def test_what_eyes_matched_passes_no_limit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    visual = DisplayCalibration(CalibrationMode.VISUAL_ESTIMATE, tuple(CURVE.tolist()), 0.5)
    write_calibration(CalibrationRecord(visual, method=Method.VISUAL), tmp_path / "calibration.json")
    found = told(tmp_path, capsys)
    assert (found["passes"], found["checks"]) == (None, [])
    assert 0 < found["kappa"] < 0.1
    assert run(tmp_path, ["calibration", tmp_path / "calibration.json"]) == 0
    printed = capsys.readouterr().out
    assert f"{found['kappa']:.2%} (visual estimate" in printed
    assert "passes" not in printed
    assert "fails" not in printed


def test_as_a_table(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calibrated(tmp_path, table, "--ambient", "0.5", "--meter", "X\x1b[31m 1")
    capsys.readouterr()
    assert run(tmp_path, ["calibration", tmp_path / "calibration.json"]) == 0
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "measured" in printed
    assert "fails" in printed
    assert "passes" in printed


def test_as_dicom(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calibrated(tmp_path, table, "--ambient", "0.5")
    out = tmp_path / "display.dcm"
    capsys.readouterr()
    assert run(tmp_path, ["calibration", tmp_path / "calibration.json", "--dicom", out, "--json"]) == 0
    json.loads(capsys.readouterr().out)
    assert pydicom.dcmread(out).SOPClassUID == "1.2.840.10008.5.1.1.40"
    kept = (tmp_path / "calibration.json").read_bytes()
    assert run(tmp_path, ["calibration", tmp_path / "calibration.json", "--dicom", tmp_path / "calibration.json"]) == 2
    assert (tmp_path / "calibration.json").read_bytes() == kept
    absent = tmp_path / "absent" / "display.dcm"
    assert run(tmp_path, ["calibration", tmp_path / "calibration.json", "--dicom", absent]) == 1
