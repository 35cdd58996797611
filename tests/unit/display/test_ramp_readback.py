"""Every distortion that stands between drawing and seeing is made here, and each is called by its name."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from viewer.display.ramp_readback import RampFinding, RampKind, judge_ramp, ramp_levels
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration, MoreGreys
from viewer.imaging.display_greys import gray_output

PIXELS = 4
NATIVE = DisplayCalibration(CalibrationMode.NATIVE_GSDF)
GAMMA_24 = DisplayCalibration(
    CalibrationMode.MEASURED, tuple(0.4 + 399.6 * (level / 255) ** 2.4 for level in range(256)), ambient_cd_m2=0.2
)
STOLEN = DisplayCalibration(CalibrationMode.MEASURED, GAMMA_24.luminances_cd_m2, 0.2, MoreGreys.BIT_STEALING)
CALIBRATIONS = (DisplayCalibration(), NATIVE, GAMMA_24, STOLEN)
Bend = Callable[[NDArray[np.float64]], NDArray[Any]]


def _judged(bend: Bend, calibration: DisplayCalibration = GAMMA_24, levels: int = 256) -> RampFinding:
    """Draw a ramp, bend what came back (0..1 in and out), and let it be judged."""
    drawn = ramp_levels(calibration, levels)
    came = np.rint(np.clip(bend(drawn / (levels - 1)), 0, 1) * (levels - 1))
    return judge_ramp(drawn, np.repeat(came[:, None, :], PIXELS, axis=1), calibration, levels=levels)


@pytest.mark.parametrize("calibration", CALIBRATIONS)
@pytest.mark.parametrize("levels", [256, 1024])
def test_an_untouched_ramp_is_exact(calibration: DisplayCalibration, levels: int) -> None:
    finding = _judged(lambda x: x, calibration, levels)
    assert (finding.kind, finding.max_difference, finding.advice) == (RampKind.EXACT, 0, "")
    assert finding.is_good


def test_what_is_drawn_holds_every_level_of_every_channel_and_the_stolen_greys() -> None:
    drawn = ramp_levels(GAMMA_24)
    assert drawn.shape == (1024, 3)
    for start, channels in ((0, (0, 1, 2)), (256, (0,)), (512, (1,)), (768, (2,))):
        part = drawn[start : start + 256]
        for channel in range(3):
            wanted = list(range(256)) if channel in channels else [0] * 256
            assert part[:, channel].tolist() == wanted
    words = gray_output(STOLEN).greys
    assert len(words) > 1024
    words = words[:: -(-len(words) // 512)]
    stolen = ramp_levels(STOLEN)[1024:]
    assert [0xFF000000 | r << 16 | g << 8 | b for r, g, b in stolen.tolist()] == words.tolist()


@pytest.mark.parametrize("calibration", CALIBRATIONS)
@pytest.mark.parametrize("gamma", [0.45, 0.7, 0.9, 1.1, 1.3, 1.8, 2.2])
def test_a_gamma_is_recognised_with_its_exponent(calibration: DisplayCalibration, gamma: float) -> None:
    finding = _judged(lambda x: x**gamma, calibration)
    assert finding.kind is RampKind.GAMMA
    assert float(finding.sentence.rsplit(" ", 1)[1]) == pytest.approx(gamma, abs=0.02)


@pytest.mark.parametrize("calibration", CALIBRATIONS)
@pytest.mark.parametrize(
    ("slope", "offset", "ends"),
    [(219 / 255, 16 / 255, "16 and 235"), (0.8, 0.0, "0 and 204"), (0.8, 0.2, "51 and 255"), (0.5, 0.1, "26 and 153")],
)
def test_scaled_levels_are_recognised_with_their_ends(
    calibration: DisplayCalibration, slope: float, offset: float, ends: str
) -> None:
    finding = _judged(lambda x: slope * x + offset, calibration)
    assert finding.kind is RampKind.SCALED
    assert f"come back as {ends} of 255" in finding.sentence


def test_raised_contrast_is_recognised_by_the_levels_that_fall_together() -> None:
    finding = _judged(lambda x: (x * 255 - 16) / 219)
    assert finding.kind is RampKind.SCALED
    assert "darkest or brightest levels come back equal (0 to 255 of 255)" in finding.sentence


@pytest.mark.parametrize("kelvin", [(1.0, 0.91, 0.77), (1.0, 0.85, 0.62), (1.0, 0.98, 0.95), (0.9, 0.8, 0.3)])
def test_night_light_takes_blue_away(kelvin: tuple[float, float, float]) -> None:
    for calibration in CALIBRATIONS:
        finding = _judged(lambda x: x * np.array(kelvin), calibration)
        assert finding.kind is RampKind.NIGHT_LIGHT
        assert f"{round(100 * kelvin[2] / kelvin[0])} % blue" in finding.sentence


@pytest.mark.parametrize("gains", [(0.8, 1.0, 1.0), (1.0, 0.9, 1.0), (0.9, 0.95, 1.0)])
def test_other_casts_are_called_casts(gains: tuple[float, float, float]) -> None:
    assert _judged(lambda x: x * np.array(gains)).kind is RampKind.CAST


def test_a_gamma_of_one_channel_is_a_cast_though_black_and_white_are_right() -> None:
    assert _judged(lambda x: x ** np.array([1.0, 1.0, 1.3])).kind is RampKind.NIGHT_LIGHT
    assert _judged(lambda x: x ** np.array([1.2, 1.0, 1.0])).kind is RampKind.CAST


@pytest.mark.parametrize("bits", [4, 5, 6, 7])
def test_fewer_levels_are_counted(bits: int) -> None:
    most = 2**bits - 1
    for bend in (
        lambda x: np.rint(x * most) / most,  # rounded
        lambda x: np.floor(np.rint(x * 255) / 2 ** (8 - bits)) / most,  # cut off, then spread
    ):
        finding = _judged(bend)
        assert finding.kind is RampKind.QUANTISED
        assert finding.sentence == f"Only {2**bits} of 256 levels come back"


def test_a_screen_of_sixteen_bits_is_no_cast() -> None:
    most = np.array([31, 63, 31])
    finding = _judged(lambda x: np.floor(x * most + 0.5) / most)
    assert finding.kind is RampKind.QUANTISED
    assert finding.sentence == "Only 32 of 256 levels come back"


def _gsdf(calibration: DisplayCalibration) -> Bend:
    """Return the table of a calibration, worked out from its luminances by PS3.14's formula alone."""
    # The coefficients of PS3.14 B.1 (luminance to JND index), and the index of each level of the curve.
    inverse = (
        *(71.498068, 94.593053, 41.912053, 9.8247004, 0.28175407),
        *(-1.1878455, -0.18014349, 0.14710899, -0.017046845),
    )
    luminances = np.log10(np.array(calibration.luminances_cd_m2) + calibration.ambient_cd_m2)
    index = np.polyval(inverse[::-1], luminances)
    wanted = np.linspace(index[0], index[-1], 256)
    table = np.array([np.abs(index - each).argmin() for each in wanted]) / 255
    return lambda x: table[np.rint(x * 255).astype(int)]


def test_our_own_calibration_applied_once_more_is_recognised() -> None:
    for calibration in (GAMMA_24, STOLEN):
        finding = _judged(_gsdf(calibration), calibration)
        assert finding.kind is RampKind.DOUBLE


def test_a_calibration_of_an_ordinary_monitor_to_the_gsdf_is_recognised_on_a_native_one() -> None:
    srgb = [level / 255 for level in range(256)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in srgb]
    ordinary = DisplayCalibration(CalibrationMode.MEASURED, tuple(0.25 + 249.75 * x for x in linear), 0.5)
    for calibration in (NATIVE, GAMMA_24):
        assert _judged(_gsdf(ordinary), calibration).kind is RampKind.DOUBLE


def test_a_colour_matrix_is_seen_in_pure_colours_where_greys_stay() -> None:
    matrix = np.array([[0.82, 0.18, 0.0], [0.03, 0.97, 0.0], [0.02, 0.07, 0.91]])  # a wide gamut; rows sum to 1
    finding = _judged(lambda x: x @ matrix.T)
    assert finding.kind is RampKind.MIXED
    assert f"by up to {round(0.18 * 255)} levels" in finding.sentence


def test_a_level_off_here_and_there_is_rounding() -> None:
    for calibration in CALIBRATIONS:
        drawn = ramp_levels(calibration)
        came = drawn.astype(int)
        came[5:200:7, 1] += 1
        came[300, 0] -= 1
        finding = judge_ramp(drawn, np.repeat(came[:, None, :], PIXELS, axis=1), calibration)
        assert (finding.kind, finding.max_difference) == (RampKind.ROUNDED, 1)


@pytest.mark.parametrize("bits", [5, 6, 7])
def test_dithering_is_seen_within_even_fields(bits: int) -> None:
    drawn = ramp_levels(NATIVE)
    most = 2**bits - 1
    thresholds = (np.arange(16) + 0.5) / 16
    came = np.floor(drawn[:, None, :] / 255 * most + thresholds[None, :, None]) / most * 255
    finding = judge_ramp(drawn, np.rint(came), NATIVE)
    assert finding.kind is RampKind.DITHERED


def test_something_over_the_ramp_is_not_taken_for_a_distortion() -> None:
    drawn = ramp_levels(NATIVE)
    came = np.repeat(drawn[:, None, :], PIXELS, axis=1).copy()
    came[40:60, 2] = 200
    assert judge_ramp(drawn, came, NATIVE).kind is RampKind.COVERED


def test_a_shape_that_nobody_knows_is_told_with_its_size() -> None:
    finding = _judged(lambda x: x + 0.1 * np.sin(x * 40))
    assert finding.kind is RampKind.CHANGED
    assert "of 255" in finding.sentence
    assert 20 < finding.max_difference < 30
    inverted = _judged(lambda x: 1 - x)
    assert inverted.kind not in {RampKind.EXACT, RampKind.ROUNDED}
    black = _judged(lambda x: x * 0)
    assert black.kind is RampKind.CHANGED


def test_every_finding_but_the_good_ones_says_what_to_do() -> None:
    for finding in (_judged(lambda x: x**1.2), _judged(lambda x: 0.9 * x), _judged(lambda x: 1 - x)):
        assert finding.advice
        assert not finding.is_good
