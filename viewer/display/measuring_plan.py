"""Which driving levels are measured, in which order, and what was read so far."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from viewer.base.errors import DisplayError
from viewer.base.translation import _
from viewer.display.calibration_record import Reading
from viewer.display.luminance_readings import HIGHEST_CD_M2

HIGHEST_LEVEL = 255
COUNTS = (18, 52, 256)
"""18 levels 15 apart as AAPM TG18 measures them; 52 levels 5 apart; every level."""
RECOMMENDED_COUNT = 52
"""Between 18 levels the dark greys of a monitor of gamma 1.8 are guessed so far off that κ comes out at 25 % instead of
11 %; 52 do as well as all 256."""

SQUARE_SHARE = 0.1
"""The measured square's part of the screen's area (AAPM TG18-LN)."""
SURROUND_LEVEL = 153
"""Of what is around the square: 60 % of the driving range, about 20 % of the highest luminance (TG18-LN)."""
SURROUND_P_VALUE = 0.6
"""The same where patches are shown through the display's LUT, from 0 to 1."""
VERIFIED_COUNT = 18


def measured_levels(count: int) -> tuple[int, ...]:
    """Return so many driving levels from 0 to 255, evenly spaced, darkest first."""
    if count not in COUNTS:
        raise DisplayError(_("A measurement has 18, 52 or 256 levels, not {0}").format(count))
    return tuple(int(level) for level in np.rint(np.linspace(0, HIGHEST_LEVEL, count)))


def verified_p_values() -> tuple[float, ...]:
    """Return the P-values that a response test shows, from 0 to 1 (AAPM TG18: 18 of them)."""
    return tuple(float(each) for each in np.linspace(0.0, 1.0, VERIFIED_COUNT))


def luminance_of(text: str) -> float:
    """Return a luminance as a person types one, with a dot or a comma; raises DisplayError."""
    typed = text.strip().replace(",", ".")
    try:
        luminance = float(typed)
    except ValueError:
        raise DisplayError(_("'{0}' is not a luminance").format(text.strip())) from None
    if not 0 <= luminance <= HIGHEST_CD_M2:
        raise DisplayError(_("{0} cd/m² is impossible").format(text.strip()))
    return luminance


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measurement under way: steps in order, and what was read at some of them.

    Attributes:
        levels: The driving level of each step; for a test through the LUT the number of the step.
        readings: By level.
    """

    levels: tuple[int, ...] = field(default_factory=lambda: measured_levels(COUNTS[0]))
    readings: Mapping[int, Reading] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Reading | None]:
        return (self.readings.get(level) for level in self.levels)

    def __len__(self) -> int:
        return len(self.levels)

    @property
    def taken(self) -> tuple[Reading, ...]:
        """The readings at the levels of this plan, in order."""
        return tuple(reading for reading in self if reading is not None)

    @property
    def is_complete(self) -> bool:
        """Whether every level was read."""
        return len(self.taken) == len(self)

    @property
    def first_missing(self) -> int:
        """The step to go on at: the first without a reading, or the first of all."""
        return next((step for step, reading in enumerate(self) if reading is None), 0)

    def with_reading(
        self, level: int, luminance: float, chromaticity: tuple[float, float] | None = None
    ) -> "Measurement":
        """Return this measurement with a reading; it takes the place of an older one."""
        return replace(self, readings={**self.readings, level: Reading(level, luminance, chromaticity)})

    def without(self, level: int) -> "Measurement":
        """Return this measurement without the reading of a level."""
        return replace(self, readings={key: reading for key, reading in self.readings.items() if key != level})

    def at_levels(self, count: int) -> "Measurement":
        """Return this measurement with another plan; readings at levels of both stay."""
        return replace(self, levels=measured_levels(count))

    def with_column(self, text: str) -> "Measurement | None":
        """Return this measurement with a pasted column of as many luminances as there are levels; None for other text.

        A comma could part a level from its luminance as well as mark decimals: with one it is no mere column.
        """
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if len(lines) != len(self) or "," in text:
            return None
        filled = self
        try:
            for level, line in zip(self.levels, lines, strict=True):
                filled = filled.with_reading(level, luminance_of(line))
        except DisplayError:
            return None
        return filled
