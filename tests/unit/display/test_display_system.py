"""The Display System object: its modules as PS3.3 C.32 has them, read back by pydicom and by DCMTK."""

import re
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pydicom
import pytest

from tests.unit.display.curves import csv, gamma_curve
from viewer.base.errors import DisplayError
from viewer.display.ambient_light import with_ambient
from viewer.display.calibration_record import AmbientSource, CalibrationRecord, Method
from viewer.display.display_system import display_system_data_set, write_display_system
from viewer.display.luminance_readings import parse_readings
from viewer.display.monitor import MonitorIdentity
from viewer.display.monitor_record import Answer, MonitorRecord, TestResult
from viewer.display.response import measured_calibration
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration, MoreGreys

DCMDUMP = Path("/usr/bin/dcmdump")
DAY, LATER = date(2026, 11, 23), date(2026, 12, 1)
CURVE = gamma_curve(2.2)
IDENTITY = MonitorIdentity("EIZO", "RX250 \\ 한국", "S-17", "DP-1")


def calibrated(ambient: float | None = 1.2, method: Method = Method.CONTACT, levels: int = 256) -> CalibrationRecord:
    curve = gamma_curve(2.2, count=levels)
    readings = parse_readings(csv(curve + (1.2 if method is Method.TELESCOPIC else 0.0), 52)).readings
    return measured_calibration(readings, method, ambient, levels, measured_on=DAY)


def read_back(record: MonitorRecord | CalibrationRecord, folder: Path, today: date = LATER) -> pydicom.Dataset:
    path = folder / "display.dcm"
    write_display_system(record, path, today)
    return pydicom.dcmread(path)


def results(data_set: pydicom.Dataset) -> pydicom.Dataset:
    (subsystem,) = data_set.QAResultsSequence
    (of_configuration,) = subsystem.DisplaySubsystemQAResultsSequence
    assert of_configuration.ConfigurationID == data_set.DisplaySubsystemSequence[0].CurrentConfigurationID
    found: list[pydicom.Dataset] = list(of_configuration.ConfigurationQAResultsSequence)
    assert len(found) == 1
    return found[0]


def test_it_is_the_one_instance_there_is(tmp_path: Path) -> None:
    found = read_back(calibrated(), tmp_path)
    assert found.SOPClassUID == found.file_meta.MediaStorageSOPClassUID == "1.2.840.10008.5.1.1.40"
    assert found.SOPInstanceUID == found.file_meta.MediaStorageSOPInstanceUID == "1.2.840.10008.5.1.1.40.1"
    assert found.NumberOfDisplaySubsystems == len(found.DisplaySubsystemSequence) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["display.dcm"]


def test_references_lead_somewhere(tmp_path: Path) -> None:
    found = read_back(calibrated(), tmp_path)
    (target,) = found.TargetLuminanceCharacteristicsSequence
    (subsystem,) = found.DisplaySubsystemSequence
    (configuration,) = subsystem.DisplaySubsystemConfigurationSequence
    assert configuration.ReferencedTargetLuminanceCharacteristicsID == target.LuminanceCharacteristicsID
    assert found.QAResultsSequence[0].DisplaySubsystemID == subsystem.DisplaySubsystemID
    (calibration,) = results(found).DisplayCalibrationResultSequence
    assert calibration.LuminanceCharacteristicsID == target.LuminanceCharacteristicsID
    assert calibration.PerformedProcedureStepStartDateTime == "20261123"
    assert target.DisplayFunctionType == "GSDF"
    assert (target.TargetMinimumLuminance, target.TargetMaximumLuminance) == pytest.approx((1.7, 351.2))
    assert (target.ReflectedAmbientLight, target.AmbientLightValueSource) == (1, "MEASURED")
    assert "1.2 cd/m2" in configuration.ConfigurationDescription


@pytest.mark.parametrize("method", [Method.CONTACT, Method.TELESCOPIC])
def test_the_response_includes_ambient_light(method: Method, tmp_path: Path) -> None:
    (response,) = results(read_back(calibrated(method=method), tmp_path)).LuminanceResultSequence
    points = response.LuminanceResponseSequence
    assert response.NumberOfLuminancePoints == len(points) == 52
    assert [point.DDLValue for point in points] == list(range(0, 256, 5))
    assert [point.LuminanceValue for point in points] == pytest.approx((CURVE[::5] + 1.2).tolist(), rel=1e-6)


@pytest.mark.parametrize("method", [Method.CONTACT, Method.TELESCOPIC])
def test_the_response_includes_the_ambient_light_there_is_now(method: Method, tmp_path: Path) -> None:
    lit = with_ambient(MonitorRecord(IDENTITY, calibrated(method=method)), 4.0, AmbientSource.LUMINANCE)
    (response,) = results(read_back(lit, tmp_path)).LuminanceResultSequence
    values = [point.LuminanceValue for point in response.LuminanceResponseSequence]
    assert response.ReflectedAmbientLight == 4
    assert values == pytest.approx((CURVE[::5] + 4.0).tolist(), rel=1e-6)


def test_where_ambient_light_comes_from(tmp_path: Path) -> None:
    for record, source in (
        (calibrated(None), "DEFAULT"),
        (replace(calibrated(), ambient_source=AmbientSource.ILLUMINANCE), "PROVIDED"),
    ):
        (target,) = read_back(record, tmp_path).TargetLuminanceCharacteristicsSequence
        assert target.AmbientLightValueSource == source


def test_nothing_is_claimed_that_was_not_tested(tmp_path: Path) -> None:
    found = read_back(CalibrationRecord(), tmp_path)
    (quality,) = found.QAResultsSequence
    assert len(quality.DisplaySubsystemQAResultsSequence) == 0
    assert found.DisplaySubsystemSequence[0].SystemStatus == "WARNING"
    unreadable = results(read_back(replace(calibrated(), method=Method.VISUAL), tmp_path))
    assert len(unreadable.LuminanceResultSequence) == 0
    for name in ("VisualEvaluationResultSequence", "LuminanceUniformityResultSequence"):
        assert len(unreadable[name].value) == 0


def monitor(*tests: TestResult) -> MonitorRecord:
    return MonitorRecord(IDENTITY, calibrated(), tests=tests)


def test_the_monitor_is_named(tmp_path: Path) -> None:
    (subsystem,) = read_back(monitor(), tmp_path).DisplaySubsystemSequence
    assert (subsystem.Manufacturer, subsystem.DeviceSerialNumber) == ("EIZO", "S-17")
    assert subsystem.ManufacturerModelName == "RX250 한국"
    assert subsystem.DisplaySubsystemName == "DP-1"
    assert subsystem.SystemStatus == "NORMAL"
    assert read_back(monitor(), tmp_path, date(2027, 11, 1)).DisplaySubsystemSequence[0].SystemStatus == "WARNING"
    failed = monitor(TestResult("response", LATER, (Answer("kappa", 0.3, passes=False),)))
    assert read_back(failed, tmp_path).DisplaySubsystemSequence[0].SystemStatus == "FAILURE"


def test_a_response_test_stands_at_the_levels_it_was_shown_with(tmp_path: Path) -> None:
    lut = calibrated().calibration.display_lut()
    levels = [int(lut[3855 * field]) for field in range(18)]
    measured = tuple((CURVE[levels] + 1.2).tolist())
    test = TestResult("response", LATER, (Answer("kappa", 0.05, passes=True),), measured)
    (response,) = results(read_back(monitor(test), tmp_path)).LuminanceResultSequence
    assert [point.DDLValue for point in response.LuminanceResponseSequence] == levels
    assert [point.LuminanceValue for point in response.LuminanceResponseSequence] == pytest.approx(measured, rel=1e-6)
    assert response.PerformedProcedureStepStartDateTime == "20261201"


def test_ten_bits_have_their_own_levels(tmp_path: Path) -> None:
    record = calibrated(levels=1024)
    deep = replace(record, calibration=replace(record.calibration, more_greys=MoreGreys.TEN_BITS))
    test = TestResult("response", LATER, luminances_cd_m2=tuple(float(value) for value in range(1, 19)))
    found = read_back(MonitorRecord(IDENTITY, deep, tests=(test,)), tmp_path)
    (response,) = results(found).LuminanceResultSequence
    assert response.LuminanceResponseSequence[-1].DDLValue == 1023


def test_uniformity_goes_from_left_to_right_and_downwards(tmp_path: Path) -> None:
    middle, upper_left, upper_right, lower_right, lower_left = 200.0, 190.0, 185.0, 180.0, 195.0
    dark = (9.0, 9.0, 9.0, 9.0, 9.0)
    light = (middle, upper_left, upper_right, lower_right, lower_left)
    test = TestResult("uniformity", LATER, (), dark + light)
    (found,) = results(read_back(monitor(test), tmp_path)).LuminanceUniformityResultSequence
    values = [point.LuminanceValue for point in found.LuminanceResponseSequence]
    assert values == [upper_left, upper_right, middle, lower_left, lower_right]
    assert found.MeasurementPatternCodeSequence[0].CodeValue == "109844"
    assert found.DDLValue == int(calibrated().calibration.display_lut()[52428])
    assert (found.NumberOfLuminancePoints, found.WhitePointFlag) == (5, "NO")


def test_what_was_seen(tmp_path: Path) -> None:
    answers = (
        Answer("qc.squares", passes=True),
        Answer("qc.letters_dark", 9.0, passes=False),
        Answer("qc.unheard_of", passes=False),
    )
    older = TestResult("geometry", DAY, (Answer("geometry.border", passes=True),))
    newer = TestResult("visual", LATER, answers)
    low_contrast = TestResult("dark_room", LATER, (Answer("ct.corners", passes=True),))
    (found,) = results(read_back(monitor(older, newer, low_contrast), tmp_path)).VisualEvaluationResultSequence
    seen = {
        item.TestPatternCodeSequence[0].CodeValue: (item.TestResult, item.TestResultComment)
        for item in found.VisualEvaluationTestSequence
    }
    assert seen == {"109801": ("FAIL", "Failed: qc.letters_dark"), "109804": ("PASS", "")}
    assert found.VisualEvaluationMethodCodeSequence[0].CodeValue == "109701"


@pytest.mark.skipif(not DCMDUMP.exists(), reason="DCMTK is not installed")
def test_dcmtk_reads_the_same(tmp_path: Path) -> None:
    test = TestResult("visual", LATER, (Answer("qc.squares", passes=True),))
    write_display_system(monitor(test), tmp_path / "display.dcm", LATER)
    line = [str(DCMDUMP), "-q", "+L", str(tmp_path / "display.dcm")]
    told = subprocess.run(line, check=True, capture_output=True)
    assert not told.stderr
    text = told.stdout.decode("utf-8")
    assert "=DisplaySystemSOPClass" in text
    assert "Unknown" not in text
    levels = [int(value) for value in re.findall(r"US (\d+) .*DDLValue", text)]
    assert levels == list(range(0, 256, 5))
    luminances = [float(value) for value in re.findall(r"FL ([\d.]+) .*LuminanceValue", text)]
    assert luminances == pytest.approx((CURVE[::5] + 1.2).tolist(), rel=1e-4)
    assert "[GSDF]" in text
    assert "[PASS]" in text


def test_a_native_display_without_known_ends(tmp_path: Path) -> None:
    native = CalibrationRecord(DisplayCalibration(CalibrationMode.NATIVE_GSDF), measured_on=DAY)
    found = read_back(native, tmp_path)
    assert found.DisplaySubsystemSequence[0].SystemStatus == "NORMAL"
    assert len(results(found).LuminanceResultSequence) == 0


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(DisplayError):
        write_display_system(calibrated(), tmp_path / "absent" / "a.dcm", LATER)


def test_the_values_are_fit_for_their_representations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pydicom.config.settings, "writing_validation_mode", pydicom.config.RAISE)
    long = MonitorIdentity("M" * 200, "\n\tmodel\x07" * 30, "S" * 200, "N" * 80)
    found = display_system_data_set(MonitorRecord(long, calibrated()), LATER)
    (subsystem,) = found.DisplaySubsystemSequence
    assert len(subsystem.Manufacturer) == 64
    assert len(subsystem.DisplaySubsystemName) == 16
