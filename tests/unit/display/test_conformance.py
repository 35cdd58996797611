"""Kappa and the limits: by the published formula in its own words, dcmdspfn's target, and an exhaustive search."""

import math
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.display.curves import gamma_curve, gsdf, inverse
from viewer.base.errors import DisplayError
from viewer.display.calibration_record import DisplayClass
from viewer.display.conformance import (
    TITLES,
    Limits,
    ambient_ratio,
    check,
    conformance,
    limits_of,
    luminance_ratio,
    pixel_pitch,
    predicted_conformance,
    predicted_luminances,
    uniformity,
    uv_prime,
    white_point_match,
)
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration, MoreGreys
from viewer.imaging.display_greys import gray_output

DCMDSPFN = Path("/usr/bin/dcmdspfn")

# The GSDF between 1.0 and 350.06 cd/m² in eighteen steps, as dcmdspfn prints it.
TARGET = (
    *(1.0000, 2.0624, 3.6645, 5.9437, 9.0693, 13.2515, 18.7518, 25.895, 35.084),
    *(46.820, 61.726, 80.573, 104.322, 134.165, 171.582, 218.415, 276.957, 350.06),
)
DIAGNOSTIC = limits_of(DisplayClass.DIAGNOSTIC)


def kappa_by_hand(luminances: list[float]) -> float:
    """AAPM TG18 4.3.4.1."""
    j_1, j_18 = inverse(luminances[0]), inverse(luminances[-1])
    j = [j_1 + (j_18 - j_1) * i / 17 for i in range(18)]
    d = [gsdf(each) for each in j]
    worst = 0.0
    for i in range(1, 18):
        found = 2 * (luminances[i] - luminances[i - 1]) / ((luminances[i] + luminances[i - 1]) * (j[i] - j[i - 1]))
        wanted = 2 * (d[i] - d[i - 1]) / ((d[i] + d[i - 1]) * (j[i] - j[i - 1]))
        worst = max(worst, abs(found - wanted) / wanted)
    return worst


def calibration(curve: NDArray[np.float64], ambient: float, more: MoreGreys = MoreGreys.NONE) -> DisplayCalibration:
    return DisplayCalibration(CalibrationMode.MEASURED, tuple(curve.tolist()), ambient, more)


def nearest_by_search(curve: NDArray[np.float64], ambient: float) -> list[float]:
    """Look through every level for each of the eighteen greys."""
    reached = [float(each) + ambient for each in curve]
    low, high = inverse(reached[0]), inverse(reached[-1])
    wanted = [gsdf(low + (high - low) * i / 17) for i in range(18)]
    wanted[0], wanted[-1] = reached[0], reached[-1]  # the two fits are no exact inverses; black and white are given
    return [min((abs(each - goal), each) for each in reached)[1] for goal in wanted]


def test_the_published_target_has_no_deviation() -> None:
    found = conformance(TARGET)
    assert found.kappa < 1e-4
    assert found.wanted_cd_m2 == pytest.approx(TARGET, rel=2e-4)
    assert (len(found.deltas), len(found.wanted_deltas), len(found.deviations)) == (17, 17, 17)


@pytest.mark.skipif(not DCMDSPFN.exists(), reason="DCMTK is not installed")
@pytest.mark.parametrize(("low", "high", "ambient"), [("0.5", "349.5", "0.5"), ("0.1", "1000", "0"), ("2", "80", "5")])
def test_what_dcmtk_aims_at_has_no_deviation(low: str, high: str, ambient: str, tmp_path: Path) -> None:
    out = tmp_path / "gsdf.txt"
    line = [str(DCMDSPFN), "+Il", low, high, "+Ca", ambient, "+Cd", "18", "+Og", str(out)]
    subprocess.run(line, check=True, capture_output=True)
    rows = [row.split() for row in out.read_text().splitlines() if row[:1].isdigit()]
    assert conformance([float(row[1]) for row in rows]).kappa < 1e-3


@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2, 2.6])
def test_kappa_is_the_formula(gamma: float) -> None:
    measured = (gamma_curve(gamma, 0.5, 350, 18) + 0.5).tolist()
    assert conformance(measured).kappa == pytest.approx(kappa_by_hand(measured), rel=1e-9)


def test_one_grey_that_is_off_is_the_worst_step() -> None:
    off = list(TARGET)
    off[8] *= 1.02
    found = conformance(off)
    assert found.kappa == pytest.approx(kappa_by_hand(off), rel=1e-9)
    assert int(np.argmax(np.abs(found.deviations))) in {7, 8}


@pytest.mark.parametrize("gamma", [1.8, 2.0, 2.2, 2.4, 2.6])
@pytest.mark.parametrize("ambient", [0.0, 0.1, 0.5, 5.0])
def test_the_prediction_is_that_of_the_nearest_levels(gamma: float, ambient: float) -> None:
    curve = gamma_curve(gamma, 0.5, 350)
    best = nearest_by_search(curve, ambient)
    found = predicted_conformance(calibration(curve, ambient))
    assert found.luminances_cd_m2 == pytest.approx(best, rel=1e-12)
    assert found.kappa == pytest.approx(kappa_by_hand(best), rel=1e-9)


def test_256_levels_of_gamma_2_2_deviate_by_some_six_percent_and_1024_by_less_than_three() -> None:
    curve = gamma_curve(2.2, 0.5, 350)
    plain = predicted_conformance(calibration(curve, 0.0)).kappa
    assert 0.05 < plain < 0.07
    for more in (MoreGreys.TEN_BITS, MoreGreys.BIT_STEALING):
        assert predicted_conformance(calibration(curve, 0.0, more)).kappa <= 0.03, more


def test_a_dithered_grey_counts_as_the_mean_of_its_pixels() -> None:
    known = replace(calibration(gamma_curve(2.2), 0.5), is_dithered=True)
    output = gray_output(known)
    for field, found in enumerate(predicted_luminances(known)):
        pixels = output.finish(np.full((64, 64), output.table[3855 * field]))
        assert found == pytest.approx((gamma_curve(2.2)[pixels] + 0.5).mean(), rel=1e-9)


@pytest.mark.parametrize("more", MoreGreys)
@pytest.mark.parametrize("gamma", [1.8, 2.2, 2.6])
def test_the_mean_of_a_dithered_grey_is_nearer_to_the_gsdf(gamma: float, more: MoreGreys) -> None:
    plain = calibration(gamma_curve(gamma), 0.5, more)
    assert predicted_conformance(replace(plain, is_dithered=True)).kappa <= min(
        predicted_conformance(plain).kappa, 0.03
    )


def test_a_measurement_of_the_display_gives_the_prediction() -> None:
    """A simulated monitor is given what our table says; a meter reads it."""
    curve = gamma_curve(2.2, 0.4, 300)
    known = calibration(curve, 0.7)
    shown = known.display_lut()[[3855 * i for i in range(18)]]
    assert predicted_luminances(known) == pytest.approx(curve[shown] + 0.7)


def test_a_native_display_conforms() -> None:
    assert predicted_conformance(DisplayCalibration(CalibrationMode.NATIVE_GSDF)).kappa < 1e-3


def test_white_no_brighter_than_black_is_refused() -> None:
    for wrong in ([3.0] * 18, TARGET[::-1], [1.0, 2.0], [-1.0, 2.0, 3.0], [1.0, math.nan, 3.0]):
        with pytest.raises(DisplayError):
            conformance(wrong)


def test_black_that_gives_no_light_is_measured_all_the_same() -> None:
    assert math.isfinite(conformance([0.0, 0.0, *TARGET[2:]]).kappa)


def test_limits_of_the_classes() -> None:
    rows = {
        kind: (limits.kappa.most, limits.l_max.least, limits.l_min.least, limits.luminance_ratio.least)
        for kind, limits in ((kind, limits_of(kind)) for kind in DisplayClass)
    }
    assert rows == {
        DisplayClass.DIAGNOSTIC: (0.10, 350, 1.0, 250),
        DisplayClass.MAMMOGRAPHY: (0.10, 420, 1.2, 250),
        DisplayClass.OTHER: (0.20, 250, 0.8, 100),
    }
    assert set(TITLES) == set(Limits.__dataclass_fields__)


def test_a_limit_includes_its_ends() -> None:
    for subject, good, bad in (
        ("kappa", (0.0, 0.10), (0.1001, math.nan)),
        ("luminance_ratio", (250, 350, 450), (249.9, 450.1, math.inf)),
        ("ambient_ratio", (0, 0.25), (0.26,)),
        ("l_max", (350, 1000), (349,)),
        ("uniformity", (0.30,), (0.31,)),
        ("white_point", (0.01,), (0.0101,)),
        ("pixel_pitch", (0.21,), (0.22,)),
    ):
        assert all(check(subject, value, DIAGNOSTIC).passes for value in good), subject
        assert not any(check(subject, value, DIAGNOSTIC).passes for value in bad), subject


def test_ratios() -> None:
    assert luminance_ratio(1.0, 350.0, DIAGNOSTIC).value == 350
    assert luminance_ratio(0.0, 350.0, DIAGNOSTIC).value == math.inf
    assert ambient_ratio(0.5, 2.0, DIAGNOSTIC).value == 0.25
    assert ambient_ratio(0.0, 0.0, DIAGNOSTIC).passes
    assert uniformity([100, 80, 90, 95, 85], DIAGNOSTIC).value == pytest.approx(200 * 20 / 180 / 100)
    assert uniformity([0.0, 0.0], DIAGNOSTIC).value == 0
    assert not pixel_pitch(0.27, DIAGNOSTIC).passes
    assert pixel_pitch(0.27, limits_of(DisplayClass.OTHER)).passes


def test_white_points_in_u_and_v() -> None:
    assert uv_prime((0.3127, 0.3290)) == pytest.approx((0.1978, 0.4683), abs=1e-4)  # D65
    assert uv_prime((0.4476, 0.4074)) == pytest.approx((0.2560, 0.5243), abs=1e-4)  # illuminant A
    found = white_point_match((0.3127, 0.3290), (0.3457, 0.3585), DIAGNOSTIC)  # D65 beside D50
    assert found.value == pytest.approx(math.hypot(0.2092 - 0.1978, 0.4881 - 0.4683), abs=2e-4)
    assert not found.passes
    for wrong in ((0.3, 0.0), (-0.1, 0.3), (1.1, 0.3)):
        with pytest.raises(DisplayError):
            uv_prime(wrong)
