"""From P-values to driving levels of a display, so that equal steps look equal (PS3.14).

Runs last, on grey only: colour never goes through it.
"""

import enum
import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.imaging.grayscale_display_function import jnd_index, luminance
from viewer.imaging.presentation_lut import P_MAX

DRIVING_LEVELS = 256

# An ordinary office monitor in a dim room; nobody measured this one, and the screen says so.
ASSUMED_WHITE_CD_M2 = 250.0
ASSUMED_BLACK_CD_M2 = 0.25
ASSUMED_AMBIENT_CD_M2 = 0.5


class CalibrationMode(enum.Enum):
    """How the display's response is known."""

    NATIVE_GSDF = "native"
    """The display follows the GSDF by itself: P-values pass straight, or they would be corrected twice."""
    MEASURED = "measured"
    SRGB_ESTIMATE = "estimate"
    """Taken for an sRGB monitor: not calibrated, not for diagnosis."""


@dataclass(frozen=True, slots=True)
class DisplayCalibration:
    """What is known of one display.

    Attributes:
        mode: How the response is known.
        luminances_cd_m2: For MEASURED: the luminance of each of 256 driving levels, without ambient light.
        ambient_cd_m2: Light the screen reflects, at the reader's place.
    """

    mode: CalibrationMode = CalibrationMode.SRGB_ESTIMATE
    luminances_cd_m2: tuple[float, ...] = ()
    ambient_cd_m2: float = ASSUMED_AMBIENT_CD_M2

    def __post_init__(self) -> None:
        if self.mode is CalibrationMode.MEASURED and len(self.luminances_cd_m2) != DRIVING_LEVELS:
            raise ViewerError(
                _("A measured display needs {count} luminances, not {found}").format(
                    count=DRIVING_LEVELS, found=len(self.luminances_cd_m2)
                )
            )

    @property
    def is_calibrated(self) -> bool:
        """Whether grey may be shown without "display not calibrated" beside it."""
        return self.mode is not CalibrationMode.SRGB_ESTIMATE

    def display_lut(self) -> NDArray[np.uint8]:
        """Return the driving level of each of the 65536 P-values; read-only, computed once."""
        return _display_lut(self)


UNCALIBRATED = DisplayCalibration()


def srgb_luminances() -> NDArray[np.float64]:
    """Return the assumed luminance of each driving level of an sRGB monitor (IEC 61966-2-1), without ambient."""
    level = np.arange(DRIVING_LEVELS) / (DRIVING_LEVELS - 1)
    linear = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    return ASSUMED_BLACK_CD_M2 + (ASSUMED_WHITE_CD_M2 - ASSUMED_BLACK_CD_M2) * linear


@functools.lru_cache(maxsize=16)
def _display_lut(calibration: DisplayCalibration) -> NDArray[np.uint8]:
    p_values = np.arange(P_MAX + 1)
    if calibration.mode is CalibrationMode.NATIVE_GSDF:
        lut = np.rint(p_values * ((DRIVING_LEVELS - 1) / P_MAX)).astype(np.uint8)
    else:
        measured = calibration.mode is CalibrationMode.MEASURED
        curve = np.asarray(calibration.luminances_cd_m2) if measured else srgb_luminances()
        lut = gsdf_driving_levels(curve + calibration.ambient_cd_m2)
    table: NDArray[np.uint8] = lut
    table.flags.writeable = False
    return table


def gsdf_driving_levels(luminances_cd_m2: NDArray[np.float64], count: int = P_MAX + 1) -> NDArray[np.uint8]:
    """Return the driving level nearest in luminance to the GSDF for each of count P-values.

    Args:
        luminances_cd_m2: Of each driving level, with ambient light; dips are taken for noise and levelled.
        count: P-values from 0 to count - 1.
    """
    curve = np.maximum.accumulate(luminances_cd_m2)
    levels, first_driving_level = np.unique(curve, return_index=True)  # the first level of each plateau
    low, high = jnd_index(float(levels[0])), jnd_index(float(levels[-1]))
    wanted = luminance(low + np.arange(count) / (count - 1) * (high - low))
    nearest = np.searchsorted((levels[1:] + levels[:-1]) / 2, wanted)
    driving: NDArray[np.uint8] = np.asarray(first_driving_level, np.uint8)[nearest]
    return driving
