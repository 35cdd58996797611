"""`negatoscope suv`: all inputs with their tags, the factors, exit 1 with the reason where there are none."""

import json
from pathlib import Path
from unittest.mock import Mock

import pytest
from pydicom.uid import ExplicitVRLittleEndian

from tests.builders.pet_headers import pet_data_set
from viewer.cli.main import main


def written(folder: Path, number: int = 1, **changes: object) -> Path:
    data_set = pet_data_set(SOPInstanceUID=f"1.2.3.{number}", **changes)
    data_set.Rows = data_set.Columns = 2
    data_set.BitsAllocated = data_set.BitsStored = 16
    data_set.HighBit, data_set.PixelRepresentation, data_set.SamplesPerPixel = 15, 0, 1
    data_set.PhotometricInterpretation = "MONOCHROME2"
    data_set.add_new(0x7FE00010, "OW", bytes(8))
    data_set.ensure_file_meta()
    data_set.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path = folder / f"{number}.dcm"
    data_set.save_as(path, enforce_file_format=True)
    return path


def test_factors_and_inputs_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path)
    assert main(["suv", str(path), "--json"], Mock()) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["available"] is True
    assert told["factors"]["bw"]["factor"] * 10_000 == pytest.approx(2.76337, abs=5e-6)
    assert list(told["factors"]) == ["bw", "lbm", "lbm-james128", "lbm-janma", "bsa", "ibw"]
    weight = next(each for each in told["inputs"] if each["name"] == "patient_weight")
    assert (weight["tag"], weight["value"], weight["unit"]) == ("(0010,1030)", 70.0, "kg")
    assert told["decayed_dose_bq"] == pytest.approx(370e6 * 2 ** (-3600 / 6586.2))
    assert told["scan_datetime"] == "2026-03-05T11:00:00"


def test_the_other_images_of_the_folder_say_when_the_scan_began(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    late = {"SeriesTime": "150000", "NumberOfSlices": 2}
    path = written(tmp_path, 1, AcquisitionTime="110400", **late)
    written(tmp_path, 2, AcquisitionTime="110000", **late)
    written(tmp_path, 3, AcquisitionTime="090000", SeriesInstanceUID="1.2.4")
    assert main(["suv", str(path), "--json"], Mock()) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["images"], told["decay_time_s"]) == (2, 3600.0)


def test_what_is_missing_is_said_on_both_ways_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, PatientWeight=None, RadionuclideTotalDose=370)
    assert main(["suv", str(path), "--json"], Mock()) == 1
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told["available"] is False
    assert len(told["reasons"]) == 2
    assert err.count("\n") == 1
    assert "(0010,1030)" in err
    assert "MBq" in err
    assert main(["suv", str(written(tmp_path, RadionuclideTotalDose=370)), "--dose-in-mbq"], Mock()) == 0
    assert "SUVbw [g/ml] = × " in capsys.readouterr().out
