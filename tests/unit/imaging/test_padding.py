"""Padding is found on stored values, with the sign of the pixels."""

import numpy as np
import pytest

from viewer.imaging.padding import Padding, background_mask, float_padding, integer_padding
from viewer.imaging.stored_frame import PixelDescription


def pixels(*, is_signed: bool = False, bits_stored: int = 16) -> PixelDescription:
    return PixelDescription(2, 2, bits_stored=bits_stored, high_bit=bits_stored - 1, is_signed=is_signed)


@pytest.mark.parametrize("stated", [-2000, 63536])
def test_both_readings_of_a_value_match_signed_pixels(stated: int) -> None:
    assert integer_padding(stated, None, pixels(is_signed=True)) == Padding(-2000, -2000)


def test_a_value_that_pixels_cannot_hold_just_does_not_match() -> None:
    found = integer_padding(-2000, None, pixels(bits_stored=12))
    assert found == Padding(63536, 63536)
    assert found.mask(np.array([0, 4095], np.uint16)) is None


def test_a_cell_written_instead_of_its_number() -> None:
    assert integer_padding(0x0830, None, pixels(is_signed=True, bits_stored=12)) == Padding(-2000, -2000)


@pytest.mark.parametrize(("value", "limit"), [(5, 9), (9, 5)])
def test_a_range_is_inclusive_in_either_order(value: int, limit: int) -> None:
    found = integer_padding(value, limit, pixels())
    assert found is not None
    mask = found.mask(np.array([4, 5, 7, 9, 10], np.uint16))
    assert mask is not None
    assert mask.tolist() == [False, True, True, True, False]


def test_nothing_stated_is_nothing_masked() -> None:
    assert integer_padding(None, 5, pixels()) is None
    assert float_padding(float("nan"), None) is None
    assert background_mask(np.array([1, 2], np.uint8), None) is None


def test_undefined_floats_are_background() -> None:
    values = np.array([1.0, np.nan, np.inf, -1e9], np.float32)
    mask = background_mask(values, float_padding(-1e9, None))
    assert mask is not None
    assert mask.tolist() == [False, True, True, True]
