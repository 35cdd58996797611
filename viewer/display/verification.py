"""Whether the correction arrives on the glass once: greys measured through the LUT, held against what they would be.

If a second GSDF lies in the way (the monitor's own, the graphics card's, the system's colour management) the greys bend
the other way; if ours never arrives they follow the display's own response. Both are told apart by distance in JND.
Greys that are far from all three, or between other ends, are said to agree with nothing.
"""

import enum
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from viewer.base.translation import N_, _
from viewer.display.measuring_plan import VERIFIED_COUNT, verified_p_values
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration
from viewer.imaging.display_greys import (
    display_curve,
    driving_level_table,
    gsdf_driving_levels,
    resampled_curve,
    srgb_luminances,
)
from viewer.imaging.grayscale_display_function import jnd_index
from viewer.imaging.presentation_lut import P_MAX

_LEVELS = 256
_CLOSER = 0.5
"""Another explanation counts where the readings are this much nearer to it than to the GSDF, …"""
_PLAIN_JNDS = 4.0
"""… and this far from the GSDF: less than that is the measurement's own noise."""
_LARGEST_DRIFT = 0.2
"""White may have drifted by this part of what it was calibrated at: with age, with warmth, between two meters."""


class Finding(enum.Enum):
    """What greys measured through the LUT say."""

    ONCE = "once"
    """They follow the GSDF more than anything else that can be thought of."""
    TWICE = "twice"
    NEVER = "never"
    UNLIKE = "unlike"
    """They agree with none of these: nothing can be said of corrections."""


_SENTENCES = {
    Finding.ONCE: N_("The correction arrives once."),
    Finding.TWICE: N_(
        "The greys look as if the GSDF were applied twice: switch off the GSDF of the monitor, of the graphics card or "
        "of the system's colour management, or choose that the monitor follows the GSDF by itself."
    ),
    Finding.NEVER: N_(
        "The greys look as if the correction never arrived: the monitor has changed since it was measured, or the "
        "system replaces what the program draws."
    ),
    Finding.UNLIKE: N_(
        "The greys are not where the calibration puts them: a reading is mistaken, or the monitor has changed since it "
        "was measured."
    ),
}
_SENTENCES_NATIVE = {
    **_SENTENCES,
    Finding.TWICE: N_(
        "The greys look as if the GSDF were applied twice: a second one works in the graphics card or in the system's "
        "colour management; switch it off."
    ),
    Finding.NEVER: N_("The monitor does not follow the GSDF by itself: measure it, and let the program correct it."),
}


def finding(luminances_cd_m2: Sequence[float], calibration: DisplayCalibration) -> Finding:
    """Return which explanation the eighteen greys of a response test are nearest to.

    Args:
        luminances_cd_m2: With ambient light, from black to white.
        calibration: They were shown through.
    """
    read = np.asarray(luminances_cd_m2, np.float64)
    jnds = np.array([jnd_index(each) for each in read])
    straight = np.linspace(jnds[0], jnds[-1], VERIFIED_COUNT)
    distance = {Finding.ONCE: _distance(jnds, straight)}
    for other, levels in _other_levels(calibration, float(read[0]), float(read[-1])).items():
        distance[other] = _distance(jnds, levels)
    nearest = min(distance, key=distance.__getitem__)
    from_gsdf = distance[Finding.ONCE]
    if from_gsdf > _PLAIN_JNDS and distance[nearest] < _CLOSER * from_gsdf:
        return nearest
    return Finding.UNLIKE if from_gsdf > _PLAIN_JNDS or _has_drifted(float(read[-1]), calibration) else Finding.ONCE


def sentence_of(found: Finding, calibration: DisplayCalibration) -> str:
    """Return what a finding means for a display, and what to do; translated."""
    is_native = calibration.mode is CalibrationMode.NATIVE_GSDF
    return _((_SENTENCES_NATIVE if is_native else _SENTENCES)[found])


def _has_drifted(white: float, calibration: DisplayCalibration) -> bool:
    """Whether white is another one than the display was calibrated with; False where nobody measured that."""
    if not calibration.luminances_cd_m2:
        return False
    expected = calibration.luminances_cd_m2[-1] + calibration.ambient_cd_m2
    return abs(white - expected) > _LARGEST_DRIFT * expected


def _distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean((first - second) ** 2)))


def _other_levels(calibration: DisplayCalibration, low: float, high: float) -> dict[Finding, NDArray[np.float64]]:
    """Return the greys' JND indices, between the same ends, if the correction came twice or never."""
    at = np.rint(np.array(verified_p_values()) * P_MAX).astype(int)
    ambient = calibration.ambient_cd_m2
    if calibration.mode is CalibrationMode.NATIVE_GSDF:
        # What a second GSDF was made for is not known; nearly every display is made like sRGB.
        curve = low + (high - low) * _share(srgb_luminances())
        once_more = gsdf_driving_levels(curve)[at]
    else:
        curve = resampled_curve(display_curve(calibration), _LEVELS) + ambient
        once_more = driving_level_table(calibration)[at].astype(np.uint16)
    raw = low + (high - low) * _share(curve)[np.rint(at / P_MAX * (_LEVELS - 1)).astype(int)]
    native = np.linspace(jnd_index(low), jnd_index(high), _LEVELS)
    return {
        Finding.TWICE: native[once_more],
        Finding.NEVER: np.array([jnd_index(float(each)) for each in raw]),
    }


def _share(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((curve - curve[0]) / (curve[-1] - curve[0]), np.float64)
