"""How finely a display shows grey: the steps of 1024 P-values on it, in number and in just-noticeable differences.

PS3.14 asks for equal steps; a display of few levels shares some P-values' greys and jumps at others.
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.display_calibration import DisplayCalibration
from viewer.imaging.display_greys import GrayOutput, gray_output
from viewer.imaging.grayscale_display_function import JND_MAX, JND_MIN, luminance
from viewer.imaging.presentation_lut import P_MAX

P_VALUES = 1024
"""Ten bits of P-values: what lies closer together than these no display shows apart."""

_JND_GRID = 65536


@dataclass(frozen=True, slots=True)
class DisplaySteps:
    """How finely a display shows grey.

    Attributes:
        distinct_levels: Different luminances among those of 1024 evenly spaced P-values.
        max_jnd_step: The largest step from one P-value to the next, in JND, with ambient light.
    """

    distinct_levels: int
    max_jnd_step: float


@functools.lru_cache(maxsize=32)
def display_steps(calibration: DisplayCalibration) -> DisplaySteps:
    """Return how finely a display shows grey, in all the greys its calibration lets it use.

    Stolen greys and those of ten bits count as they are. A dithered grey counts as the mean luminance of its pattern of
    8 x 8 pixels: what an area shows to an eye that does not see single pixels; a single pixel has no more greys than
    without dithering.
    """
    shown = shown_luminances(gray_output(calibration), P_VALUES)
    steps = np.diff(_exact_jnd_indices(shown))
    return DisplaySteps(int(np.unique(shown).size), float(steps.max()))


def shown_luminances(output: GrayOutput, count: int) -> NDArray[np.float64]:
    """Return the luminance, with ambient light, that each of count evenly spaced P-values has on the display.

    Args:
        output: Of the display.
        count: P-values from black to white; 18 for a constancy test.
    """
    entries = output.table[np.rint(np.linspace(0, P_MAX, count)).astype(np.int64)]
    if output.is_dithered:
        places = entries / output.steps
        return np.interp(places, np.arange(output.greys.size), output.luminances_cd_m2)
    order = np.argsort(output.greys, kind="stable")  # words of unequal channels do not rise with their luminance
    return output.luminances_cd_m2[order][np.searchsorted(output.greys, entries, sorter=order)]


def _exact_jnd_indices(luminances_cd_m2: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return JND indices as the inverse of L(j) itself: the published j(L) misses it by up to 0.09."""
    grid = np.linspace(JND_MIN, JND_MAX, _JND_GRID)
    return np.interp(luminances_cd_m2, luminance(grid), grid)
