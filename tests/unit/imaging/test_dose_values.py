"""Dose of RTDOSE grids: the stored value times Dose Grid Scaling, as pydicom and numpy work it out."""

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from tests.builders.gray_images import data_set, read, write
from tests.unit.cli.no_faces import NoFaces
from viewer.cli.main import main
from viewer.imaging.frame_state import FrameState
from viewer.imaging.grayscale_pipeline import Stage, View, automatic_window, render_stage
from viewer.imaging.modality_lut import IDENTITY
from viewer.imaging.stored_frame import StoredFrame

GRID = np.array([[0, 1000], [40000, 65535]], np.uint16)
RT_DOSE = "1.2.840.10008.5.1.4.1.1.481.2"


def dose(tmp_path: Path, values: NDArray[Any] = GRID, **elements: Any) -> tuple[StoredFrame, FrameState]:
    stated = {"Modality": "RTDOSE", "SOPClassUID": RT_DOSE, "DoseUnits": "GY", "DoseGridScaling": "1e-3", **elements}
    return read(write(tmp_path / "dose.dcm", data_set(values, **stated)))


@pytest.mark.real_data
def test_doses_of_real_grids_are_those_of_pydicom(shared_data: Path, tmp_path: Path) -> None:
    paths = [shared_data / "radiotherapy" / "dose.dcm", *sorted((shared_data / "radiotherapy").glob("RD*.dcm"))]
    assert len(paths) == 5
    for path in paths:
        theirs = pydicom.dcmread(path)
        expected = theirs.pixel_array.astype(np.float64) * float(theirs.DoseGridScaling)
        for index in (0, len(expected) // 2):
            stored, state = read(path, index)
            assert state.unit == "Gy"
            assert render_stage(stored, state, View(), Stage.MODALITY) == pytest.approx(expected[index], rel=1e-12)
            window = automatic_window(stored.values, state)
            assert (window.low, window.high) == pytest.approx((expected[index].min(), expected[index].max()), abs=1)
        out = tmp_path / "dose.npy"
        line = ["render", str(path), "-o", str(out), "--config", str(tmp_path), "--stage", "modality", "--frame", "2"]
        assert main(line, NoFaces()) == 0
        assert np.load(out) == pytest.approx(expected[1], rel=1e-6)


@pytest.mark.parametrize(("units", "unit"), [("GY", "Gy"), ("RELATIVE", "relative"), ("", ""), ("RAD", "")])
def test_the_unit_is_the_one_stated(tmp_path: Path, units: str, unit: str) -> None:
    stored, state = dose(tmp_path, DoseUnits=units)
    assert (state.unit, state.warnings) == (unit, ())
    assert render_stage(stored, state, View(), Stage.MODALITY) == pytest.approx(GRID * 1e-3)


def test_an_automatic_window_covers_doses_of_less_than_one(tmp_path: Path) -> None:
    stored, state = dose(tmp_path, DoseGridScaling="1e-6")
    window = automatic_window(stored.values, state)
    assert (window.low, window.high) == pytest.approx((0.0, 0.065535))
    shown = render_stage(stored, state, View(), Stage.VOI)
    assert shown == pytest.approx(GRID / 65535)


def test_doses_of_32_bits_keep_their_precision(tmp_path: Path) -> None:
    grid = np.array([[0, 1], [3_000_000_001, 4_294_967_295]], np.uint32)
    stored, state = dose(tmp_path, grid, DoseGridScaling="2e-8")
    found = render_stage(stored, state, View(), Stage.MODALITY).astype(np.float64)
    assert found == pytest.approx(grid * 2e-8, rel=1e-7)


@pytest.mark.parametrize("scaling", [None, "", "0", "-1e-3"])
def test_without_a_scaling_there_is_no_dose(tmp_path: Path, scaling: str | None) -> None:
    stored, state = dose(tmp_path, DoseGridScaling=scaling)
    assert state.modality_transform == IDENTITY
    assert state.unit == "SV"
    assert state.warnings == ("Dose Grid Scaling is missing or not above zero: stored values are shown",)
    assert (render_stage(stored, state, View(), Stage.MODALITY) == GRID).all()


def test_a_scaling_counts_in_dose_grids_only(tmp_path: Path) -> None:
    assert dose(tmp_path, Modality="OT", SOPClassUID="1.2.840.10008.5.1.4.1.1.7")[1].modality_transform == IDENTITY
