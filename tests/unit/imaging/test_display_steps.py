"""How finely grey is shown: against counts and a contrast response worked out from the pixels' channels."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders.displays import CURVES, l_of_j, luminances_of, measured
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration, MoreGreys
from viewer.imaging.display_greys import gray_output
from viewer.imaging.display_steps import display_steps, shown_luminances

GRID = np.linspace(1, 1023, 500_000)
L_GRID = l_of_j(GRID)
PHYSICISTS = DisplayCalibration(
    CalibrationMode.MEASURED, tuple((0.5 + 349.5 * (np.arange(256) / 255) ** 2.2).tolist()), ambient_cd_m2=0.0
)


def jnd(luminance: np.ndarray) -> NDArray[np.float64]:
    return np.asarray(np.interp(luminance, L_GRID, GRID), np.float64)


def shown_by_pixels(calibration: DisplayCalibration, count: int) -> np.ndarray:
    """Return what the pixels of evenly spaced P-values shine; of dithered ones an area's mean."""
    output = gray_output(calibration)
    curve = np.array(calibration.luminances_cd_m2)
    shown = []
    for p_value in np.rint(np.linspace(0, 65535, count)).astype(int):
        area = output.finish(np.full((8, 8), output.table[p_value], output.table.dtype))
        lights = luminances_of(area, curve, calibration.ambient_cd_m2, is_ten_bits=output.is_ten_bits)
        shown.append(float(lights.mean()))
    return np.array(shown)


def kappa(shown: np.ndarray) -> float:
    """Return the largest deviation of the contrast response of 18 fields from the GSDF's (AAPM TG18, digest 4.3)."""
    found, steps = jnd(shown), shown.size - 1
    wanted_jnd = found[0] + (found[-1] - found[0]) * np.arange(shown.size) / steps
    wanted = np.interp(wanted_jnd, GRID, L_GRID)
    worst = 0.0
    for i in range(1, shown.size):
        width = wanted_jnd[i] - wanted_jnd[i - 1]
        response = 2 * (shown[i] - shown[i - 1]) / ((shown[i] + shown[i - 1]) * width)
        ideal = 2 * (wanted[i] - wanted[i - 1]) / ((wanted[i] + wanted[i - 1]) * width)
        worst = max(worst, abs(response - ideal) / ideal)
    return worst


def test_the_contrast_response_of_256_levels_is_that_of_an_exhaustive_search() -> None:
    curve = np.array(PHYSICISTS.luminances_cd_m2)
    low, high = jnd(curve[[0, -1]])
    wanted = np.interp(np.linspace(low, high, 18), GRID, L_GRID)
    by_search = np.array([curve[np.abs(curve - each).argmin()] for each in wanted])
    found = kappa(shown_by_pixels(PHYSICISTS, 18))
    assert found == pytest.approx(kappa(by_search), abs=1e-6)
    assert found == pytest.approx(0.065, abs=0.005)


@pytest.mark.parametrize(
    ("more_greys", "is_dithered", "limit"),
    [
        (MoreGreys.BIT_STEALING, False, 0.03),
        (MoreGreys.TEN_BITS, False, 0.03),
        (MoreGreys.NONE, True, 0.01),
        (MoreGreys.BIT_STEALING, True, 0.01),
        (MoreGreys.TEN_BITS, True, 0.01),
    ],
)
def test_more_greys_follow_the_gsdf_more_closely(more_greys: MoreGreys, is_dithered: bool, limit: float) -> None:
    calibration = replace(PHYSICISTS, more_greys=more_greys, is_dithered=is_dithered)
    assert kappa(shown_by_pixels(calibration, 18)) <= limit


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("ambient", [0.1, 5.0])
def test_every_response_and_any_light_is_followed(name: str, ambient: float) -> None:
    for more_greys in (MoreGreys.BIT_STEALING, MoreGreys.TEN_BITS):
        shown = shown_by_pixels(measured(name, more_greys=more_greys, ambient_cd_m2=ambient), 18)
        assert kappa(shown) <= 0.05
    # The greys of one light are wrong in another: in a lit room it is the dark ones that lose their contrast.
    dark = measured(name, ambient_cd_m2=0.1)
    assert kappa(shown_by_pixels(dark, 18) - 0.1 + 5.0) > 0.10


@pytest.mark.parametrize("more_greys", MoreGreys)
@pytest.mark.parametrize("is_dithered", [False, True])
@pytest.mark.parametrize("name", ["gamma 2.2", "lcd"])
def test_steps_are_counted_and_the_largest_is_found(name: str, more_greys: MoreGreys, is_dithered: bool) -> None:
    calibration = measured(name, more_greys=more_greys, is_dithered=is_dithered)
    shown = shown_by_pixels(calibration, 1024)
    found = display_steps(calibration)
    assert found.distinct_levels == len(np.unique(shown.round(9)))
    assert found.max_jnd_step == pytest.approx(float(np.diff(jnd(shown)).max()), abs=0.01)
    assert shown_luminances(gray_output(calibration), 1024) == pytest.approx(shown, rel=1e-6)


def test_more_greys_make_smaller_steps() -> None:
    plain = display_steps(PHYSICISTS)
    stolen = display_steps(replace(PHYSICISTS, more_greys=MoreGreys.BIT_STEALING))
    deep = display_steps(replace(PHYSICISTS, more_greys=MoreGreys.TEN_BITS))
    dithered = display_steps(replace(PHYSICISTS, is_dithered=True))
    assert plain.distinct_levels <= 256 < 800 < min(stolen.distinct_levels, deep.distinct_levels)
    assert dithered.distinct_levels == 1024
    assert max(stolen.max_jnd_step, deep.max_jnd_step) < plain.max_jnd_step / 2
    assert dithered.max_jnd_step < 1


def test_a_display_of_the_gsdf_has_even_steps() -> None:
    native = DisplayCalibration(CalibrationMode.NATIVE_GSDF, ambient_cd_m2=0.0)
    found = display_steps(native)
    assert found.distinct_levels == 256
    low, high = jnd(np.array([0.25, 250.0]))
    assert found.max_jnd_step == pytest.approx((high - low) / 255, rel=0.01)
    assert math.isfinite(found.max_jnd_step)
