"""Ordered dithering: areas have the wanted mean luminance, of two neighbouring greys only, wherever they begin."""

import numpy as np
import pytest

from viewer.imaging.ordered_dither import mixed_codes, mixing_steps, thresholds, with_thresholds


def test_thresholds_are_each_once_and_spread() -> None:
    pattern = thresholds()
    assert sorted(pattern.ravel().tolist()) == list(range(64))
    # Every half of the pattern's pixels is spread evenly: each 2 x 2 block has one of each quarter.
    blocks = pattern.reshape(4, 2, 4, 2).transpose(0, 2, 1, 3).reshape(16, 4)
    assert (np.sort(blocks // 16, axis=1) == [0, 1, 2, 3]).all()


@pytest.mark.parametrize(("count", "steps"), [(2, 64), (256, 64), (1024, 64), (1025, 32), (1786, 32)])
def test_as_many_steps_as_sixteen_bits_hold(count: int, steps: int) -> None:
    assert mixing_steps(count) == steps


@pytest.mark.parametrize("steps", [64, 32])
@pytest.mark.parametrize(("left", "top"), [(0, 0), (3, 5), (17, 8), (-2, -9)])
def test_an_area_has_the_wanted_mean(steps: int, left: int, top: int) -> None:
    greys = np.array([1.0, 2.0, 4.0, 8.0, 9.0])
    for wanted in (1.0, 1.25, 3.0, 7.5, 8.0, 8.4, 9.0, 0.5, 12.0):
        code = mixed_codes(np.array([wanted]), greys, steps)[0]
        area = np.full((16, 24), code, np.uint16)
        chosen = greys[with_thresholds(area, left, top, steps) // steps]
        held = min(max(wanted, 1.0), 9.0)
        assert chosen.mean() == pytest.approx(held, abs=np.diff(greys).max() / steps / 2)
        below, above = greys[greys <= held].max(), greys[greys >= held].min()
        assert set(np.unique(chosen)) <= {below, above}


def test_the_pattern_stands_still_on_the_display() -> None:
    whole = with_thresholds(np.full((700, 900), 1000, np.uint16), 0, 0, 64)
    part = with_thresholds(np.full((50, 60), 1000, np.uint16), 403, 299, 64)
    assert (part == whole[299:349, 403:463]).all()
