"""A display's response found by eye: uniform fields matched with half-tones of black and white pixels.

Seen from far enough away a half-tone is as bright as the mean of its pixels, so a uniform field that looks the same has
a known luminance between black and white. No meter is needed for the shape of the response; its ends are assumed, or
typed. Light on the screen adds to both fields alike and changes no match.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DisplayError
from viewer.base.translation import _
from viewer.display.calibration_record import CalibrationRecord, DisplayClass, Method
from viewer.imaging.display_calibration import (
    ASSUMED_BLACK_CD_M2,
    ASSUMED_WHITE_CD_M2,
    CalibrationMode,
    DisplayCalibration,
)

LEVELS = 256
WHITE = LEVELS - 1
LOWEST_GAMMA, HIGHEST_GAMMA = 1.2, 3.2
"""No display is outside; a match that says so went wrong."""
TIMES = 2
"""Each match is made from a darker and from a brighter start."""
LARGEST_DISAGREEMENT = 8
"""Driving levels between two matches of the same field, above which the reader is advised to match again."""

_ROWS = (
    (1 / 2, ("1", "0")),  # lines: across the screen's lines no pixel changes, so no cable blurs them
    (1 / 4, ("10", "00")),
    (3 / 4, ("01", "11")),
    (1 / 8, ("1000", "0000", "0010", "0000")),
    (1 / 16, ("1000", "0000", "0000", "0000")),
    (1 / 32, ("10000000", "00000000", "00000000", "00000000", "00001000", "00000000", "00000000", "00000000")),
)


@dataclass(frozen=True, slots=True)
class HalfTone:
    """A pattern of black and white device pixels.

    Attributes:
        fraction: Of the white pixels.
    """

    fraction: float
    rows: tuple[str, ...]

    @property
    def title(self) -> str:
        """The fraction as a person writes it: 1/8."""
        white, count = sum(row.count("1") for row in self.rows), sum(map(len, self.rows))
        divisor = int(np.gcd(white, count))
        return f"{white // divisor}/{count // divisor}"

    def pixels(self, width: int, height: int) -> NDArray[np.uint8]:
        """Return a field of device pixels, height by width, each 0 or 255."""
        tile = np.array([[WHITE * int(pixel) for pixel in row] for row in self.rows], np.uint8)
        repeats = -(-height // tile.shape[0]), -(-width // tile.shape[1])
        return np.tile(tile, repeats)[:height, :width]

    def start(self, is_from_above: bool) -> int:
        """Return a driving level plainly brighter or darker than any match can be."""
        gamma = HIGHEST_GAMMA if is_from_above else LOWEST_GAMMA
        return int(np.rint(WHITE * self.fraction ** (1 / gamma)))


HALF_TONES = tuple(HalfTone(fraction, rows) for fraction, rows in _ROWS)


@dataclass(frozen=True, slots=True)
class Match:
    """A half-tone and the driving levels that looked like it, in the order they were found."""

    half_tone: HalfTone
    driving_levels: tuple[int, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether it was matched as often as asked."""
        return len(self.driving_levels) >= TIMES

    @property
    def level(self) -> float:
        """The mean of what was found."""
        return sum(self.driving_levels) / len(self.driving_levels)

    @property
    def disagreement(self) -> int:
        """How far apart the matches are, in driving levels."""
        return max(self.driving_levels) - min(self.driving_levels) if self.driving_levels else 0

    @property
    def gamma(self) -> float:
        """The exponent of the power law through black, this match and white."""
        level = min(max(self.level, 0.5), WHITE - 0.5)
        return float(np.log(self.half_tone.fraction) / np.log(level / WHITE))


def doubtful(matches: Sequence[Match]) -> tuple[int, ...]:
    """Return the places of complete matches that cannot be right, or that are too far apart to be relied on."""
    return tuple(
        place
        for place, match in enumerate(matches)
        if match.is_complete
        and (match.disagreement > LARGEST_DISAGREEMENT or not LOWEST_GAMMA <= match.gamma <= HIGHEST_GAMMA)
    )


def response(matches: Iterable[Match], black_cd_m2: float, white_cd_m2: float) -> NDArray[np.float64]:
    """Return the luminance of each of 256 driving levels.

    Between the matches runs a monotone cubic through the logarithms of driving level and of luminance above black: a
    power law, which displays nearly have, stays exactly what it is. Below the darkest match its slope goes on.

    Raises:
        DisplayError: The matches are too few, out of order, or no display's.
    """
    from scipy.interpolate import PchipInterpolator

    if not 0 <= black_cd_m2 < white_cd_m2 < float("inf"):
        raise DisplayError(_("Black must be darker than white: {0:g} and {1:g} cd/m²").format(black_cd_m2, white_cd_m2))
    done = sorted((match for match in matches if match.is_complete), key=lambda match: match.half_tone.fraction)
    _check(done)
    at = np.log(np.array([*(match.level for match in done), WHITE]) / WHITE)
    shares = np.log([*(match.half_tone.fraction for match in done), 1.0])
    curve = PchipInterpolator(at, shares)
    levels = np.log(np.arange(1, LEVELS) / WHITE)
    lowest = min(max((shares[1] - shares[0]) / (at[1] - at[0]), LOWEST_GAMMA), HIGHEST_GAMMA)
    below = shares[0] + lowest * (levels - at[0])
    share = np.exp(np.where(levels < at[0], below, curve(np.maximum(levels, at[0]))))
    return black_cd_m2 + (white_cd_m2 - black_cd_m2) * np.concatenate(([0.0], share))


def _check(done: Sequence[Match]) -> None:
    if len(done) < 2:
        raise DisplayError(_("Too few fields were matched: at least two are needed"))
    for match in done:
        if not LOWEST_GAMMA <= match.gamma <= HIGHEST_GAMMA:
            raise DisplayError(
                _("The match of the field {field} cannot be right: level {level:.0f} is a gamma of {gamma:.1f}").format(
                    field=match.half_tone.title, level=match.level, gamma=match.gamma
                ),
                advice=_("Match it again from farther away; the fields must lie on the screen's own pixels."),
            )
    for darker, brighter in itertools.pairwise(done):
        if brighter.level <= darker.level:
            raise DisplayError(
                _("The field {0} was matched no brighter than the field {1}").format(
                    brighter.half_tone.title, darker.half_tone.title
                ),
                advice=_("Match both again."),
            )


def visual_calibration(
    matches: Sequence[Match],
    *,
    ambient_cd_m2: float,
    black_cd_m2: float | None = None,
    white_cd_m2: float | None = None,
    display_class: DisplayClass = DisplayClass.OTHER,
    today: date,
) -> CalibrationRecord:
    """Return a visual estimate; what was assumed and how well the matches agree stands in its notes.

    Args:
        matches: Each made TIMES times.
        ambient_cd_m2: Light the screen reflects.
        black_cd_m2: Of driving level 0; None assumes an ordinary monitor's.
        white_cd_m2: Of driving level 255; None assumes an ordinary monitor's.
        display_class: What the display is used for.
        today: The day.
    """
    white = ASSUMED_WHITE_CD_M2 if white_cd_m2 is None else white_cd_m2
    black = white * (ASSUMED_BLACK_CD_M2 / ASSUMED_WHITE_CD_M2) if black_cd_m2 is None else black_cd_m2
    curve = response(matches, black, white)
    calibration = DisplayCalibration(
        CalibrationMode.VISUAL_ESTIMATE, tuple(float(each) for each in curve), ambient_cd_m2
    )
    notes = tuple(_notes(matches, black_cd_m2, white_cd_m2))
    return CalibrationRecord(calibration, display_class, Method.VISUAL, today, notes=notes)


def _notes(matches: Sequence[Match], black_cd_m2: float | None, white_cd_m2: float | None) -> list[str]:
    notes = []
    if black_cd_m2 is None or white_cd_m2 is None:
        notes.append(_("The luminance of black or white is assumed, not measured"))
    done = [match for match in matches if match.is_complete]
    told = ", ".join(f"{match.half_tone.title}: {'/'.join(map(str, match.driving_levels))}" for match in done)
    notes.append(_("Matched by eye at driving levels {0}").format(told))
    notes += [
        _("The matches of the field {field} are {count} levels apart").format(
            field=match.half_tone.title, count=match.disagreement
        )
        for match in done
        if match.disagreement > LARGEST_DISAGREEMENT
    ]
    return notes
