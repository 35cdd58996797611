"""VOI functions against the formulas of PS3.3 C.11.2.1 and the digest's vectors."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.base.errors import DicomError
from viewer.imaging.lookup_table import LookupTable
from viewer.imaging.voi_lut import (
    VoiFunction,
    VoiLut,
    Window,
    apply_voi,
    apply_window,
    exact_window_between,
    window_between,
)


def truth(x: float, c: float, w: float, function: VoiFunction) -> float:
    """The Standard's words, one value at a time."""
    if function is VoiFunction.SIGMOID:
        return 1 / (1 + math.exp(min(700.0, max(-700.0, -4 * (x - c) / w))))
    if function is VoiFunction.LINEAR_EXACT:
        if x <= c - w / 2:
            return 0.0
        return 1.0 if x > c + w / 2 else (x - c) / w + 0.5
    if x <= c - 0.5 - (w - 1) / 2:
        return 0.0
    return 1.0 if x > c - 0.5 + (w - 1) / 2 else (x - (c - 0.5)) / (w - 1) + 0.5


@pytest.mark.parametrize(
    ("center", "width", "x", "expected"),
    [(2048, 4096, 0, 0), (2048, 4096, 4095, 255), (0, 100, -50, 0), (0, 100, 49, 255), (0, 1, 0, 255), (0, 1, -1, 0)],
)
def test_the_standards_examples(center: float, width: float, x: float, expected: int) -> None:
    assert apply_window(np.array([x]), Window(center, width))[0] * 255 == expected


@given(
    st.integers(-70000, 70000),
    st.floats(-5000, 5000, allow_nan=False),
    st.floats(1, 9000, allow_nan=False),
    st.sampled_from(VoiFunction),
)
def test_windows_equal_the_formulas(x: int, center: float, width: float, function: VoiFunction) -> None:
    found = apply_window(np.array([x], np.int32), Window(center, width, function))[0]
    expected = truth(x, center, width, function)
    near_an_edge = width < 1.0001 and abs(x - center + 0.5) < 1e-3
    assert near_an_edge or found == pytest.approx(expected, abs=1e-9)


@given(st.floats(0.001, 5000), st.floats(-100, 100))
def test_windows_never_fall(width: float, center: float) -> None:
    x = np.linspace(-200, 200, 401)
    for function in (VoiFunction.LINEAR_EXACT, VoiFunction.SIGMOID):
        assert (np.diff(apply_window(x, Window(center, width, function))) >= 0).all()


def test_linear_exact_narrower_than_one() -> None:
    assert apply_window(np.array([0.2, 0.3, 0.4]), Window(0.3, 0.2, VoiFunction.LINEAR_EXACT)).tolist() == [
        pytest.approx(0.0),
        pytest.approx(0.5),
        pytest.approx(1.0),
    ]


def test_undefined_values_are_black_and_the_input_is_left_alone() -> None:
    values = np.array([np.nan, 1.0])
    assert apply_window(values, Window(0, 2, VoiFunction.LINEAR_EXACT)).tolist() == [0.0, 1.0]
    assert np.isnan(values[0])


@pytest.mark.parametrize(
    ("center", "width", "function"),
    [
        (0, 0.5, VoiFunction.LINEAR),
        (0, 0, VoiFunction.SIGMOID),
        (0, -1, VoiFunction.LINEAR_EXACT),
        (math.nan, 1, VoiFunction.LINEAR),
        (0, math.inf, VoiFunction.LINEAR),
    ],
)
def test_impossible_windows_are_refused(center: float, width: float, function: VoiFunction) -> None:
    with pytest.raises(DicomError):
        Window(center, width, function)


def test_the_window_of_a_range_covers_just_that() -> None:
    window = window_between(-1024, 3071)
    assert (window.center, window.width) == (1024, 4096)
    assert apply_window(np.array([-1024, 3071]), window).tolist() == [0.0, 1.0]
    assert (window.low, window.high) == (-1024, 3071)
    exact = exact_window_between(0.25, 0.75)
    assert apply_window(np.array([0.25, 0.5, 0.75]), exact).tolist() == [0.0, 0.5, 1.0]


def test_a_table_is_scaled_over_its_declared_bits() -> None:
    table = LookupTable(100, np.array([0, 2047, 4095]), 12)
    assert apply_voi(np.array([0, 101, 102, 500.0]), VoiLut(table)).tolist() == [0.0, 2047 / 4095, 1.0, 1.0]
