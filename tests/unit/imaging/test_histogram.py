"""Ranges and automatic windows leave padding out."""

import numpy as np
import pytest

from viewer.imaging.histogram import auto_window, histogram, stored_range, value_range
from viewer.imaging.modality_lut import IDENTITY, Rescale
from viewer.imaging.padding import Padding
from viewer.imaging.voi_lut import VoiFunction, apply_window

PADDING = Padding(-2000, -2000)
VALUES = np.array([[-2000, 0, 10], [20, 30, 40]], np.int16)


def test_ranges_leave_padding_out() -> None:
    assert stored_range(VALUES, PADDING) == (0, 40)
    assert value_range(VALUES, Rescale(-2, 5), PADDING) == (-75, 5)
    assert stored_range(np.full((2, 2), -2000), PADDING) is None
    assert value_range(np.full((2, 2), -2000), IDENTITY, PADDING) == (0.0, 1.0)


def test_a_histogram_counts_every_pixel_once() -> None:
    found = histogram(VALUES, Rescale(2, 0), PADDING, bins=4)
    assert found.counts.tolist() == [1, 1, 1, 2]
    assert found.edges.tolist() == [0, 20, 40, 60, 80]


@pytest.mark.parametrize("slope", [1.0, 0.001, -1.0])
def test_an_automatic_window_is_black_and_white_at_the_ends(slope: float) -> None:
    window = auto_window(VALUES, Rescale(slope, 0), PADDING)
    ends = np.sort(np.array([0 * slope, 40 * slope]))
    assert apply_window(ends, window) == pytest.approx([0, 1])
    assert (window.function is VoiFunction.LINEAR) is (abs(slope) == 1)


def test_outliers_can_be_left_out() -> None:
    values = np.arange(10000, dtype=np.int64)
    values[-1] = 10**6
    assert auto_window(values, IDENTITY, None).high == 10**6
    assert auto_window(values, IDENTITY, None, skip_outliers=True).high < 10000


def test_one_value_and_no_value_still_give_a_window() -> None:
    for values in (np.full(9, 7), np.full(9, -2000), np.full(9, np.nan)):
        assert auto_window(values, IDENTITY, PADDING).width > 0
