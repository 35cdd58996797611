"""Greys of unequal channels: every one there can be, by search; none with more colour than allowed."""

import itertools

import numpy as np
import pytest

from viewer.imaging.stolen_greys import neutral_greys, stolen_greys

GAMMA_22 = 0.5 + 349.5 * (np.arange(256) / 255) ** 2.2


def by_hand(curve: np.ndarray, red: int, green: int, blue: int) -> tuple[float, float]:
    """Return luminance and CIELAB C*ab of one pixel, from IEC 61966-2-1 and CIE 15, the white being full drive."""
    lights = [float(curve[level]) for level in (red, green, blue)]
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    xyz = [sum(weight * light for weight, light in zip(row, lights, strict=True)) for row in rows]
    white = [sum(row) * float(curve[-1]) for row in rows]

    def bent(ratio: float) -> float:
        return ratio ** (1 / 3) if ratio > 216 / 24389 else (24389 / 27 * ratio + 16) / 116

    x, y, z = (bent(value / full) for value, full in zip(xyz, white, strict=True))
    return xyz[1], ((500 * (x - y)) ** 2 + (200 * (y - z)) ** 2) ** 0.5


def test_six_greys_lie_between_any_two_levels() -> None:
    greys = stolen_greys(GAMMA_22, 100.0)
    assert greys.levels.shape == (255 * 7 + 1, 3)
    expected = {(255, 255, 255)}
    for level in range(255):
        raised = itertools.product((0, 1), repeat=3)
        expected |= {(level + r, level + g, level + b) for r, g, b in raised if (r, g, b) != (1, 1, 1)}
    assert set(map(tuple, greys.levels.tolist())) == expected
    assert (np.diff(greys.luminances_cd_m2) > 0).all()


def test_their_luminance_is_the_weighted_sum_of_the_channels() -> None:
    greys = stolen_greys(GAMMA_22, 100.0)
    for index in range(0, 1786, 37):
        expected, _chroma = by_hand(GAMMA_22, *greys.levels[index].tolist())
        assert greys.luminances_cd_m2[index] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("max_chroma", [0.0, 0.3, 0.5, 0.8])
def test_greys_with_more_colour_than_allowed_are_left_out(max_chroma: float) -> None:
    every = stolen_greys(GAMMA_22, 100.0).levels.tolist()
    expected = {
        tuple(levels) for levels in every if len(set(levels)) == 1 or by_hand(GAMMA_22, *levels)[1] <= max_chroma
    }
    found = set(map(tuple, stolen_greys(GAMMA_22, max_chroma).levels.tolist()))
    assert found == expected
    assert {(level, level, level) for level in range(256)} <= found


@pytest.mark.parametrize("gamma", [1.8, 2.2, 2.6])
def test_the_default_bound_keeps_all_greys_of_ordinary_displays(gamma: float) -> None:
    from viewer.imaging.display_calibration import DEFAULT_MAX_CHROMA

    curve = 0.5 + 349.5 * (np.arange(256) / 255) ** gamma
    assert len(stolen_greys(curve, DEFAULT_MAX_CHROMA).levels) == 1786


def test_plateaus_and_dips_make_no_greys() -> None:
    curve = GAMMA_22.copy()
    curve[100:110] = curve[100]
    curve[200] = curve[198]
    for greys in (stolen_greys(curve, 100.0), neutral_greys(curve)):
        assert (np.diff(greys.luminances_cd_m2) > 0).all()
        assert not set(range(101, 110)) & {low for low, *_ in greys.levels.tolist() if low == max(_)}
    between = stolen_greys(curve, 100.0)
    on_plateau = between.levels[between.luminances_cd_m2 == curve[100]]
    assert on_plateau.tolist() == [[100, 100, 100]]
