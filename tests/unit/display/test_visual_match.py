"""A simulated observer before a simulated monitor: what is matched by eye gives the monitor's response back."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from viewer.base.errors import DisplayError
from viewer.display.calibration_record import Method
from viewer.display.visual_match import HALF_TONES, HalfTone, Match, response, visual_calibration
from viewer.imaging.display_calibration import CalibrationMode

BLACK, WHITE = 0.3, 300.0
TODAY = date(2026, 11, 23)


def _power(gamma: float) -> NDArray[np.float64]:
    return BLACK + (WHITE - BLACK) * (np.arange(256) / 255) ** gamma


def _srgb() -> NDArray[np.float64]:
    level = np.arange(256) / 255
    return BLACK + (WHITE - BLACK) * np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)


def _observer(monitor: NDArray[np.float64], weber: float, seed: int = 1) -> tuple[Match, ...]:
    """Somebody who sees the mean luminance of a field's pixels and is off by a Weber fraction, either way."""
    noise = np.random.default_rng(seed)

    def matched(half_tone: HalfTone) -> Match:
        seen = monitor[half_tone.pixels(64, 64)].mean()
        found = [int(np.argmin(np.abs(monitor - seen * (1 + noise.uniform(-weber, weber))))) for _time in range(2)]
        return Match(half_tone, tuple(found))

    return tuple(matched(half_tone) for half_tone in HALF_TONES)


def test_the_white_share_of_every_half_tone_is_what_it_says() -> None:
    for half_tone in HALF_TONES:
        pixels = half_tone.pixels(64, 128)
        assert pixels.shape == (128, 64)
        assert set(np.unique(pixels)) == {0, 255}
        assert pixels.mean() / 255 == half_tone.fraction
    assert [half_tone.title for half_tone in HALF_TONES] == ["1/2", "1/4", "3/4", "1/8", "1/16", "1/32"]


@pytest.mark.parametrize("gamma", [1.8, 2.0, 2.2, 2.4, 2.6])
def test_a_power_law_comes_back_within_three_percent(gamma: float) -> None:
    monitor = _power(gamma)
    found = response(_observer(monitor, weber=0.01), BLACK, WHITE)
    relative = np.abs(found - monitor) / monitor
    assert relative[60:].max() < 0.03
    assert relative.max() < 0.10  # below the darkest field its slope is all there is


def test_the_srgb_curve_comes_back_too() -> None:
    monitor = _srgb()
    found = response(_observer(monitor, weber=0.01), BLACK, WHITE)
    relative = np.abs(found - monitor) / monitor
    assert relative[60:].max() < 0.03
    assert np.abs(found - monitor)[:60].max() < 0.004 * WHITE


def test_the_response_never_falls_and_ends_where_it_was_told() -> None:
    found = response(_observer(_power(2.2), weber=0.02), BLACK, WHITE)
    assert found.shape == (256,)
    assert np.all(np.diff(found) > 0)
    assert found[0] == pytest.approx(BLACK)
    assert found[-1] == pytest.approx(WHITE)


@pytest.mark.parametrize("power", [1.0, 3.6])
def test_a_gamma_of_no_display_is_refused(power: float) -> None:
    matches = _observer(_power(power), weber=0.0)
    with pytest.raises(DisplayError, match="cannot be right"):
        response(matches, BLACK, WHITE)


def test_fields_in_the_wrong_order_are_refused() -> None:
    quarter, half = HALF_TONES[1], HALF_TONES[0]
    matches = (Match(quarter, (165, 165)), Match(half, (160, 160)))
    with pytest.raises(DisplayError, match="no brighter than"):
        response(matches, BLACK, WHITE)


@pytest.mark.parametrize(("black", "white"), [(300.0, 0.3), (-1.0, 300.0), (0.3, float("inf")), (float("nan"), 300.0)])
def test_impossible_ends_are_refused(black: float, white: float) -> None:
    with pytest.raises(DisplayError):
        response(_observer(_power(2.2), weber=0.0), black, white)


def test_a_single_match_is_not_enough_and_half_done_ones_do_not_count() -> None:
    matches = (Match(HALF_TONES[0], (186, 186)), Match(HALF_TONES[1], (136,)))
    with pytest.raises(DisplayError, match="at least two"):
        response(matches, BLACK, WHITE)


def test_the_record_says_what_it_rests_on() -> None:
    matches = (Match(HALF_TONES[0], (180, 190)), *_observer(_power(2.2), weber=0.0)[1:])
    record = visual_calibration(matches, ambient_cd_m2=0.4, today=TODAY)
    assert record.calibration.mode is CalibrationMode.VISUAL_ESTIMATE
    assert not record.calibration.is_calibrated
    assert record.method is Method.VISUAL
    assert record.measured_on == TODAY
    assert record.calibration.ambient_cd_m2 == 0.4
    assert any("assumed" in note for note in record.notes)
    assert any("1/2" in note and "10 levels apart" in note for note in record.notes)


def test_a_typed_black_and_white_leave_nothing_assumed() -> None:
    matches = _observer(_power(2.2), weber=0.0)
    record = visual_calibration(matches, ambient_cd_m2=0.4, black_cd_m2=BLACK, white_cd_m2=WHITE, today=TODAY)
    assert not any("assumed" in note for note in record.notes)
    assert record.calibration.luminances_cd_m2[-1] == pytest.approx(WHITE)


@pytest.mark.parametrize("start", [True, False])
def test_a_match_begins_beyond_every_possible_answer(start: bool) -> None:
    beside: Callable[[int, int], bool] = int.__gt__ if start else int.__lt__
    for half_tone in HALF_TONES:
        for gamma in (1.8, 2.2, 2.6):
            answer = round(255 * half_tone.fraction ** (1 / gamma))
            assert beside(half_tone.start(start), answer)
