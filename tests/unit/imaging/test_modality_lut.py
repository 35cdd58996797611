"""Modality transforms in 64 bits."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from viewer.imaging.lookup_table import LookupTable
from viewer.imaging.modality_lut import ModalityLut, Rescale, apply_modality, output_range


@given(st.integers(-32768, 32767), st.floats(-100, 100), st.floats(-5000, 5000))
def test_rescale_is_slope_times_value_plus_intercept(value: int, slope: float, intercept: float) -> None:
    found = apply_modality(np.array([value], np.int16), Rescale(slope, intercept))
    assert found.dtype == np.float64
    assert found[0] == value * slope + intercept


def test_large_integers_keep_their_last_digit() -> None:
    assert apply_modality(np.array([2**31 + 1], np.uint32), Rescale())[0] == 2**31 + 1


def test_a_table_starts_below_zero() -> None:
    lut = ModalityLut(LookupTable(-2, np.array([0, 40000, 65535]), 16), "OD")
    assert apply_modality(np.array([-9, -1, 9], np.int16), lut).tolist() == [0, 40000, 65535]
    assert output_range(lut, -1, 9) == (40000, 65535)


def test_a_negative_slope_swaps_the_range() -> None:
    assert output_range(Rescale(-2, 10), 0, 100) == (-190, 10)
