"""The display LUT: every P-value gets the driving level whose luminance is nearest to the GSDF."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.builders.displays import CURVES
from viewer.base.errors import ViewerError
from viewer.imaging.display_calibration import (
    UNCALIBRATED,
    CalibrationMode,
    DisplayCalibration,
)
from viewer.imaging.display_greys import driving_levels, gsdf_driving_levels, srgb_luminances
from viewer.imaging.grayscale_display_function import jnd_index, luminance

CURVE = tuple((0.5 + srgb_luminances()).tolist())


def nearest_by_search(curve: np.ndarray, p_values: list[int], count: int) -> list[float]:
    low, high = jnd_index(curve[0]), jnd_index(curve[-1])
    return [abs(curve - luminance(np.array([low + p / (count - 1) * (high - low)]))[0]).min() for p in p_values]


def test_every_level_is_the_nearest_in_luminance() -> None:
    curve = srgb_luminances() + 0.5
    lut = gsdf_driving_levels(curve)
    p_values = list(range(0, 65536, 997))
    low, high = jnd_index(curve[0]), jnd_index(curve[-1])
    wanted = luminance(low + np.array(p_values) / 65535 * (high - low))
    distances = np.abs(curve[lut[p_values]] - wanted)
    assert distances == pytest.approx(nearest_by_search(curve, p_values, 65536), abs=1e-9)


def test_the_table_rises_from_black_to_white() -> None:
    lut = UNCALIBRATED.display_lut()
    assert (int(lut[0]), int(lut[-1]), lut.size) == (0, 255, 65536)
    assert lut.dtype == np.uint8
    assert (np.diff(lut.astype(int)) >= 0).all()
    assert not UNCALIBRATED.is_calibrated
    assert not lut.flags.writeable


def test_a_display_that_follows_the_gsdf_is_not_corrected_twice() -> None:
    lut = DisplayCalibration(CalibrationMode.NATIVE_GSDF).display_lut()
    assert (lut == np.rint(np.arange(65536) / 257)).all()


def test_a_display_that_is_the_gsdf_gets_a_straight_line() -> None:
    curve = luminance(jnd_index(1.0) + np.arange(256) / 255 * (jnd_index(350.0) - jnd_index(1.0)))
    lut = DisplayCalibration(CalibrationMode.MEASURED, tuple(curve), ambient_cd_m2=0.0).display_lut()
    assert np.abs(lut.astype(int) - np.rint(np.arange(65536) / 257)).max() <= 1


def test_dips_of_a_measured_curve_are_levelled_and_plateaus_keep_their_first_level() -> None:
    curve = np.linspace(1, 300, 256)
    curve[100] = curve[98]
    curve[10:20] = curve[10]
    lut = gsdf_driving_levels(curve)
    assert not set(range(11, 20)) & set(lut.tolist())
    assert 100 not in lut


def test_a_curve_of_another_length_is_refused() -> None:
    with pytest.raises(ViewerError):
        DisplayCalibration(CalibrationMode.MEASURED, (1.0, 2.0))


@pytest.mark.parametrize("mode", CalibrationMode)
@pytest.mark.parametrize("ambient", [-1.0, 4000.0, 1e5, float("nan"), float("inf")])
def test_ambient_light_that_leaves_no_grey_is_refused(mode: CalibrationMode, ambient: float) -> None:
    with pytest.raises(ViewerError):
        DisplayCalibration(mode, CURVE, ambient)


@pytest.mark.parametrize("ends", [(0.0, 0.04), (4100.0, 5000.0)])
def test_luminances_that_the_gsdf_does_not_reach_are_refused(ends: tuple[float, float]) -> None:
    for mode in (CalibrationMode.MEASURED, CalibrationMode.NATIVE_GSDF):
        with pytest.raises(ViewerError):
            DisplayCalibration(mode, tuple(np.linspace(*ends, 256).tolist()), 0.0)


@pytest.mark.skipif(not Path("/usr/bin/dcm2pnm").exists(), reason="DCMTK is not installed")
def test_levels_reach_the_luminances_dcmtk_aims_at(tmp_path: Path) -> None:
    curve = srgb_luminances()
    out = tmp_path / "gsdf.txt"
    low, high = f"{curve[0]:.6f}", f"{curve[-1]:.6f}"
    line = ["/usr/bin/dcmdspfn", "+Il", low, high, "+Ca", "0.5", "+Cd", "256", "+Og", str(out)]
    subprocess.run(line, check=True, capture_output=True)
    target = np.array([float(row.split()[1]) for row in out.read_text().splitlines() if row[:1].isdigit()])
    ours = curve[gsdf_driving_levels(curve + 0.5, 256)] + 0.5
    steps = np.gradient(curve)[gsdf_driving_levels(curve + 0.5, 256)]
    assert (np.abs(ours - target) <= steps * 0.75 + 1e-3).all()


@pytest.mark.skipif(not Path("/usr/bin/dcmdspfn").exists(), reason="DCMTK is not installed")
@pytest.mark.parametrize("ambient", [0.1, 5.0])
@pytest.mark.parametrize("name", CURVES)
def test_driving_levels_are_those_of_dcmtk(name: str, ambient: float, tmp_path: Path) -> None:
    curve = CURVES[name]
    monitor, out = tmp_path / "monitor.txt", tmp_path / "gsdf.txt"
    # DCMTK takes no curve that begins below 0.05 cd/m²; the light around lifts all of them above that.
    seen = enumerate(curve + ambient)
    monitor.write_text("max 255\n" + "".join(f"{level} {value:.6f}\n" for level, value in seen))
    line = ["/usr/bin/dcmdspfn", "+Im", str(monitor), "+Ca", "0", "+Og", str(out)]
    subprocess.run(line, check=True, capture_output=True)
    rows = [row.split() for row in out.read_text().splitlines() if row[:1].isdigit()]
    response, reached = (np.array([float(row[column]) for row in rows]) for column in (1, 3))
    theirs = np.abs(response[None, :] - reached[:, None]).argmin(axis=1)
    ours = driving_levels(DisplayCalibration(CalibrationMode.MEASURED, tuple(curve), ambient), 256, 256)
    assert np.abs(ours.astype(int) - theirs).max() <= 1
