"""A ramp that was drawn beside what came back: what stands between our pixels and the monitor, told by its shape.

A surface that is untouched gives every level back as it was drawn. What others do to it has a signature: video levels
scale, a loader of gammas bends, night light takes blue away, a second calibration bends as ours does.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.translation import _
from viewer.imaging.display_calibration import UNCALIBRATED, CalibrationMode, DisplayCalibration
from viewer.imaging.display_greys import driving_levels

CHANNELS = 3
GOOD_FIT_SHARE = 2.5 / 255
"""A shape is the one that was fitted when no level is farther from it than this share of white."""
CAST_SHARE = 2.5 / 255
"""Channels of a grey that are farther apart than this have a colour."""
COARSEST_STEP_SHARE = 17 / 255
"""Of a surface of four bits a channel; what scatters more is no dithering."""
MOST_STOLEN = 512
"""Greys of unequal channels that are drawn: enough of the thousands there are."""
_ROUNDING = 1.0
_FEWEST_LEVELS = 8


class RampKind(enum.Enum):
    """What was found."""

    EXACT = "exact"
    ROUNDED = "rounded"
    SCALED = "scaled"
    GAMMA = "gamma"
    CAST = "cast"
    NIGHT_LIGHT = "night light"
    QUANTISED = "quantised"
    DOUBLE = "double calibration"
    DITHERED = "dithered"
    MIXED = "mixed colours"
    CHANGED = "changed"
    COVERED = "covered"
    REFUSED = "refused"
    """The system lets nobody read the screen."""


@dataclass(frozen=True, slots=True)
class RampFinding:
    """What a ramp that was read back tells.

    Attributes:
        sentence: What was found, translated.
        advice: What to do about it, translated; empty where there is nothing to do.
        max_difference: Largest difference of a channel, in levels of the surface.
    """

    kind: RampKind
    sentence: str
    advice: str = ""
    max_difference: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether pixels arrive as they were drawn."""
        return self.kind is RampKind.EXACT


def ramp_levels(calibration: DisplayCalibration, levels: int = 256) -> NDArray[np.uint16]:
    """Return what is drawn: (fields, 3) levels of grey, red, green and blue, then the greys of unequal channels.

    Args:
        calibration: Of the display; its stolen greys are drawn too, since a rounding would undo them.
        levels: Driving levels of the surface.
    """
    ramp = np.arange(levels, dtype=np.uint16)
    grey = np.repeat(ramp[:, None], CHANNELS, axis=1)
    channels = [grey * (np.arange(CHANNELS) == channel).astype(np.uint16) for channel in range(CHANNELS)]
    return np.concatenate([grey, *channels, *_stolen(calibration)])


def judge_ramp(
    drawn: NDArray[Any], grabbed: NDArray[Any], calibration: DisplayCalibration, *, levels: int = 256
) -> RampFinding:
    """Return what happened to a ramp.

    Args:
        drawn: (fields, 3) levels of red, green and blue that were drawn.
        grabbed: (fields, pixels, 3) what came back of several pixels of each field.
        calibration: The one that our own pixels go through: applied once more, it is recognised.
        levels: Driving levels of the surface.
    """
    judge = _Judge(drawn.astype(np.float64), grabbed.astype(np.float64), calibration, levels)
    largest = float(np.abs(grabbed.astype(np.float64) - drawn[:, None, :]).max(initial=0.0))
    kind, sentence, advice = judge.found(largest)
    return RampFinding(kind, sentence, advice, largest)


_Told = tuple[RampKind, str, str]


@dataclass(frozen=True, slots=True)
class _Judge:
    """One ramp: what its questions share."""

    drawn: NDArray[np.float64]
    grabbed: NDArray[np.float64]
    calibration: DisplayCalibration
    levels: int

    def found(self, largest: float) -> _Told:
        if largest == 0:
            return RampKind.EXACT, _("All {0} fields come back exactly as they were drawn").format(len(self.drawn)), ""
        uneven = self._uneven()
        if uneven is not None:
            return uneven
        for question in (self._quantised, self._rounded, self._cast, self._mixed, self._curve):
            told = question()
            if told is not None:
                return told
        return (
            RampKind.CHANGED,
            _("Levels come back changed, by up to {0} of {1}").format(f"{largest:.0f}", self.levels - 1),
            _("Look for colour management, filters and contrast settings of the desktop and the graphics card"),
        )

    # What is seen within a field

    def _uneven(self) -> _Told | None:
        spread = (self.grabbed.max(axis=1) - self.grabbed.min(axis=1)).max()
        if spread == 0:
            return None
        off = np.abs(self._means - self.drawn).max()
        if spread <= self._white * COARSEST_STEP_SHARE and off <= 1.5 * _ROUNDING:
            return (
                RampKind.DITHERED,
                _("Even fields come back with neighbouring pixels up to {0} levels apart").format(f"{spread:.0f}"),
                _("Somebody dithers: the surface has fewer levels than we draw. Look at its depth of colour"),
            )
        return (
            RampKind.COVERED,
            _("Even fields come back uneven: something lies over the ramp, or the screen was scaled"),
            _("Let nothing cover the strip, set the desktop's scaling to a whole number, and check again"),
        )

    def _rounded(self) -> _Told | None:
        if np.abs(self._means - self.drawn).max() > _ROUNDING:
            return None
        return (
            RampKind.ROUNDED,
            _("Some levels come back one off: somebody calculates with our pixels and rounds"),
            _("Switch colour management of the desktop off for this monitor"),
        )

    # What is seen between channels

    def _cast(self) -> _Told | None:
        came = self._means[self._is_grey]
        if (came.max(axis=1) - came.min(axis=1)).max() <= self._white * CAST_SHARE:
            return None
        tops = [float(top) for top in came[-1]]
        percents = [f"{100 * top / max(*tops, 1.0):.0f}" for top in tops]
        sentence = _("Greys come back coloured: white has {0} % red, {1} % green, {2} % blue").format(*percents)
        red, green, blue = came.mean(axis=0)
        if blue < green <= red * (1 + CAST_SHARE):
            return RampKind.NIGHT_LIGHT, sentence, _("Blue is taken away: switch night light off")
        return RampKind.CAST, sentence, _("Switch colour filters and colour management of the desktop off")

    def _mixed(self) -> _Told | None:
        alone = self._is_alone
        strangers = np.where(self.drawn[alone] == 0, self._means[alone], 0.0)
        largest = float(strangers.max(initial=0.0))
        dark = float(self._means[self._is_grey].min())  # what black itself became is no mixture
        if largest - dark <= self._white * CAST_SHARE:
            return None
        sentence = _("Pure colours come back mixed with others, by up to {0} levels").format(f"{largest:.0f}")
        return (
            RampKind.MIXED,
            sentence,
            _("A colour profile or a filter is applied to the whole desktop: switch it off"),
        )

    # What is seen along the grey ramp

    def _quantised(self) -> _Told | None:
        """Judge channel by channel: a screen of 16 bits has 32 reds and blues, and 64 greens."""
        came, drawn = self._means[self._is_grey], self.drawn[self._is_grey]
        counts = [np.unique(came[:, channel]).size for channel in range(CHANNELS)]
        steps = self._white / np.maximum(np.array(counts) - 1, 1)
        is_fine = max(counts) > 0.9 * np.unique(drawn).size
        if is_fine or min(counts) < _FEWEST_LEVELS or (np.abs(came - drawn).max(axis=0) > steps + _ROUNDING).any():
            return None
        sentence = _("Only {0} of {1} levels come back").format(min(counts), np.unique(drawn).size)
        return RampKind.QUANTISED, sentence, _("The desktop runs with fewer colours: set it to 24 bits or more")

    def _curve(self) -> _Told | None:
        came, drawn = self._curve_of_greys
        fits = sorted(self._fits(drawn / self._white), key=lambda fit: float(np.abs(fit[0] * self._white - came).max()))
        best = fits[0]
        if np.abs(best[0] * self._white - came).max() > self._white * GOOD_FIT_SHARE:
            return None
        return best[1]

    def _fits(self, x: NDArray[np.float64]) -> Iterator[tuple[NDArray[np.float64], _Told]]:
        """Yield the shapes that are known, fitted to what came back, with what each would mean."""
        y = self._curve_of_greys[0] / self._white
        for table in self._second_tables():
            yield (
                table,
                (
                    RampKind.DOUBLE,
                    _("Greys come back bent by the curve of a calibration that is not ours"),
                    _("Calibrated twice: switch the other calibration off, or choose native GSDF for this monitor"),
                ),
            )
        slope, offset = _line(x, y)
        if slope > 0:
            low, high = min(max(offset, 0.0), 1.0) * self._white, min(max(slope + offset, 0.0), 1.0) * self._white
            sentence = _("Black and white come back as {0} and {1} of {2}")
            if offset < 0 or slope + offset > 1:
                sentence = _("Contrast is raised: darkest or brightest levels come back equal ({0} to {1} of {2})")
            yield (
                np.clip(slope * x + offset, 0.0, 1.0),
                (
                    RampKind.SCALED,
                    sentence.format(f"{low:.0f}", f"{high:.0f}", self.levels - 1),
                    _("Set the graphics card to the full range (0-255), and contrast and brightness to neutral"),
                ),
            )
        gamma = _exponent(x, y)
        if gamma is not None:
            yield (
                x**gamma,
                (
                    RampKind.GAMMA,
                    _("Greys come back bent by a gamma of {0}").format(f"{gamma:.2f}"),
                    _("Set the gamma of desktop and graphics card to 1.0"),
                ),
            )

    def _second_tables(self) -> Iterator[NDArray[np.float64]]:
        """Yield the curves of calibrations: our own, and that of an ordinary monitor brought to the GSDF."""
        for calibration in dict.fromkeys((self.calibration, UNCALIBRATED)):
            if calibration.mode is not CalibrationMode.NATIVE_GSDF:
                yield driving_levels(calibration, self.levels, self.levels) / self._white

    # The ramp

    @property
    def _white(self) -> float:
        return self.levels - 1.0

    @property
    def _means(self) -> NDArray[np.float64]:
        means: NDArray[np.float64] = self.grabbed.mean(axis=1)
        return means

    @property
    def _is_grey(self) -> NDArray[np.bool_]:
        """The grey ramp: the first fields of equal channels, one of each level."""
        grey: NDArray[np.bool_] = (self.drawn == self.drawn[:, :1]).all(axis=1)
        return grey & (np.arange(len(grey)) < self.levels)

    @property
    def _is_alone(self) -> NDArray[np.bool_]:
        """Fields of one channel only."""
        alone: NDArray[np.bool_] = (self.drawn > 0).sum(axis=1) == 1
        return alone

    @property
    def _curve_of_greys(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What came back of the grey ramp, and what was drawn; channels are as good as equal here."""
        grey = self._is_grey
        return self._means[grey].mean(axis=1), self.drawn[grey].mean(axis=1)


def _stolen(calibration: DisplayCalibration) -> Iterator[NDArray[np.uint16]]:
    """Yield the channels of greys that are made of unequal channels, where the calibration has some."""
    from viewer.imaging.display_greys import gray_output

    output = gray_output(calibration)
    if output.greys.dtype == np.uint32 and not output.is_ten_bits:
        words = np.asarray(output.greys, np.uint32)[:: -(-len(output.greys) // MOST_STOLEN)]
        yield np.stack([(words >> shift & 0xFF).astype(np.uint16) for shift in (16, 8, 0)], axis=1)


def _line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Return slope and offset of the levels that are not clipped."""
    free = (y > y.min()) & (y < y.max())
    if free.sum() < 2:
        return 0.0, 0.0
    slope, offset = np.polyfit(x[free], y[free], 1)
    return float(slope), float(offset)


def _exponent(x: NDArray[np.float64], y: NDArray[np.float64]) -> float | None:
    """Return the exponent that bends x to y; None where too little is between black and white."""
    free = (x > 0.1) & (x < 1) & (y > 0) & (y < 1)
    if free.sum() < 2:
        return None
    logarithms = np.log(x[free])
    return float((np.log(y[free]) * logarithms).sum() / (logarithms**2).sum())
