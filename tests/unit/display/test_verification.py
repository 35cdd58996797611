"""Readings through the LUT tell one correction from two and from none, for displays of several kinds."""

import numpy as np
import pytest
from numpy.typing import NDArray

from viewer.display.conformance import conformance
from viewer.display.verification import Finding, finding, sentence_of
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration
from viewer.imaging.grayscale_display_function import jnd_index, luminance

AMBIENT = 0.3
EIGHTEEN = np.arange(18) * 15


def _power(gamma: float, black: float = 0.7, white: float = 400.0) -> NDArray[np.float64]:
    return black + (white - black) * (np.arange(256) / 255) ** gamma


def _gsdf(low: float, high: float, count: int = 256) -> NDArray[np.float64]:
    return luminance(np.linspace(jnd_index(low), jnd_index(high), count))


def _measured(curve: NDArray[np.float64]) -> DisplayCalibration:
    return DisplayCalibration(CalibrationMode.MEASURED, tuple(curve), AMBIENT)


def _table(curve: NDArray[np.float64]) -> NDArray[np.int64]:
    """The driving level of each of 256 P-values by an exhaustive search."""
    seen = curve + AMBIENT
    wanted = _gsdf(float(seen[0]), float(seen[-1]))
    return np.asarray(np.abs(seen[None, :] - wanted[:, None]).argmin(axis=1), np.int64)


def _noisy(luminances: NDArray[np.float64]) -> list[float]:
    return list(luminances * (1 + np.random.default_rng(7).uniform(-0.01, 0.01, luminances.size)))


@pytest.mark.parametrize("gamma", [1.8, 2.2, 2.6])
def test_a_correction_that_arrives_once_is_found(gamma: float) -> None:
    curve = _power(gamma)
    assert finding(_noisy((curve + AMBIENT)[_table(curve)][EIGHTEEN]), _measured(curve)) is Finding.ONCE


@pytest.mark.parametrize("gamma", [1.8, 2.2, 2.6])
def test_a_monitor_that_corrects_as_well_is_found(gamma: float) -> None:
    curve = _power(gamma)
    native = _gsdf(float(curve[0]) + AMBIENT, float(curve[-1]) + AMBIENT)
    read = _noisy(native[_table(curve)][EIGHTEEN])
    assert finding(read, _measured(curve)) is Finding.TWICE
    assert "twice" in sentence_of(Finding.TWICE, _measured(curve))
    assert conformance(read).kappa > 0.10


@pytest.mark.parametrize("gamma", [1.8, 2.2, 2.6])
def test_a_correction_that_never_arrives_is_found(gamma: float) -> None:
    curve = _power(gamma)
    assert finding(_noisy((curve + AMBIENT)[EIGHTEEN]), _measured(curve)) is Finding.NEVER


def test_a_brighter_lamp_changes_nothing() -> None:
    curve = _power(2.2)
    native = _gsdf(1.3 * float(curve[0]) + AMBIENT, 1.3 * float(curve[-1]) + AMBIENT)
    assert finding(_noisy(native[_table(curve)][EIGHTEEN]), _measured(curve)) is Finding.TWICE


def test_a_native_monitor_is_judged_too() -> None:
    native = DisplayCalibration(CalibrationMode.NATIVE_GSDF, (0.7, 400.0), AMBIENT)
    own = _gsdf(1.0, 400.3)
    assert finding(_noisy(own[EIGHTEEN]), native) is Finding.ONCE
    assert finding(_noisy((_power(2.2) + AMBIENT)[EIGHTEEN]), native) is Finding.NEVER
    assert finding(_noisy(own[_table(_power(2.2))][EIGHTEEN]), native) is Finding.TWICE
    assert "measure it" in sentence_of(Finding.NEVER, native)


def test_greys_that_agree_with_nothing_are_not_said_to_be_corrected_once() -> None:
    curve = _power(2.2)
    calibration = _measured(curve)
    read = _noisy((curve + AMBIENT)[_table(curve)][EIGHTEEN])
    mistyped = [*read[:9], 10 * read[9], *read[10:]]
    dimmed = list(_gsdf(1.0, 200.0)[EIGHTEEN])
    assert finding(mistyped, calibration) is Finding.UNLIKE
    assert finding(dimmed, calibration) is Finding.UNLIKE
    assert finding([value / 600 for value in read], calibration) is not Finding.ONCE  # of a meter in another unit
