"""The greys a display can show, and which of them each P-value gets: the nearest in luminance to the GSDF (PS3.14).

With 256 levels of one channel neighbouring P-values share a grey. GrayOutput holds what more there is: surfaces of ten
bits, greys made of unequal channels, greys mixed of neighbouring pixels.
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.display_calibration import (
    ASSUMED_BLACK_CD_M2,
    ASSUMED_WHITE_CD_M2,
    LEVEL_COUNTS,
    CalibrationMode,
    DisplayCalibration,
)
from viewer.imaging.grayscale_display_function import jnd_index, luminance
from viewer.imaging.presentation_lut import P_MAX

OCTET_LEVELS, TEN_BIT_LEVELS = LEVEL_COUNTS


def srgb_luminances(count: int = OCTET_LEVELS) -> NDArray[np.float64]:
    """Return the assumed luminance of each driving level of an sRGB monitor (IEC 61966-2-1), without ambient."""
    level = np.arange(count) / (count - 1)
    linear = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    return ASSUMED_BLACK_CD_M2 + (ASSUMED_WHITE_CD_M2 - ASSUMED_BLACK_CD_M2) * linear


def display_curve(calibration: DisplayCalibration) -> NDArray[np.float64]:
    """Return the luminance of each of a display's driving levels without ambient light (DisplayCalibration.curve)."""
    known = np.asarray(calibration.luminances_cd_m2, np.float64)
    if calibration.has_curve:
        return known
    if calibration.mode is CalibrationMode.SRGB_ESTIMATE:
        return srgb_luminances()
    low, high = (known[0], known[-1]) if known.size else (ASSUMED_BLACK_CD_M2, ASSUMED_WHITE_CD_M2)
    ambient = calibration.ambient_cd_m2
    ends = jnd_index(float(low) + ambient), jnd_index(float(high) + ambient)
    return luminance(np.linspace(*ends, OCTET_LEVELS)) - ambient


def resampled_curve(luminances_cd_m2: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return a curve at another number of driving levels; between two levels log luminance is taken for straight."""
    if luminances_cd_m2.size == count:
        return luminances_cd_m2
    at = np.linspace(0.0, luminances_cd_m2.size - 1.0, count)
    floor = max(float(luminances_cd_m2.max()) * 1e-9, 1e-12)
    logarithms = np.log(np.maximum(luminances_cd_m2, floor))
    return np.exp(np.interp(at, np.arange(luminances_cd_m2.size), logarithms))


def driving_levels(calibration: DisplayCalibration, levels: int, count: int = P_MAX + 1) -> NDArray[np.uint16]:
    """Return the driving level, of a surface of so many levels, of each of count P-values.

    Args:
        calibration: Of the display.
        levels: 256, 1024 or 65536.
        count: P-values from 0 to count - 1.
    """
    if calibration.mode is CalibrationMode.NATIVE_GSDF:
        straight: NDArray[np.uint16] = np.rint(np.arange(count) * ((levels - 1) / (count - 1))).astype(np.uint16)
        return straight
    curve = resampled_curve(display_curve(calibration), levels)
    return gsdf_driving_levels(curve + calibration.ambient_cd_m2, count)


@functools.lru_cache(maxsize=16)
def driving_level_table(calibration: DisplayCalibration) -> NDArray[np.uint8]:
    """Return the driving level, of 256, of each of the 65536 P-values; read-only, the last few are remembered."""
    table: NDArray[np.uint8] = driving_levels(calibration, OCTET_LEVELS).astype(np.uint8)
    table.flags.writeable = False
    return table


def wanted_luminances(lowest: float, highest: float, count: int = P_MAX + 1) -> NDArray[np.float64]:
    """Return the luminance that the GSDF asks of each of count P-values between two luminances, all with ambient."""
    low, high = jnd_index(lowest), jnd_index(highest)
    return luminance(low + np.arange(count) / (count - 1) * (high - low))


def gsdf_driving_levels(luminances_cd_m2: NDArray[np.float64], count: int = P_MAX + 1) -> NDArray[np.uint16]:
    """Return the driving level nearest in luminance to the GSDF for each of count P-values.

    Args:
        luminances_cd_m2: Of each driving level, with ambient light; dips are taken for noise and levelled.
        count: P-values from 0 to count - 1.
    """
    curve = np.maximum.accumulate(luminances_cd_m2)
    levels, first_driving_level = np.unique(curve, return_index=True)  # the first level of each plateau
    wanted = wanted_luminances(float(levels[0]), float(levels[-1]), count)
    nearest = np.searchsorted((levels[1:] + levels[:-1]) / 2, wanted)
    driving: NDArray[np.uint16] = np.asarray(first_driving_level, np.uint16)[nearest]
    return driving


@dataclass(frozen=True, slots=True, eq=False)
class GrayOutput:
    """How P-values become pixels of one display.

    Attributes:
        greys: The pixels of every grey there is, darkest first: uint8 levels, or uint32 words (0xffRRGGBB, or
            0b11 and three times ten bits, as is_ten_bits says).
        luminances_cd_m2: Of each grey, with ambient light.
        table: 65536 entries: the pixel of each P-value; where is_dithered, what finish() makes pixels of.
    """

    greys: NDArray[np.uint8] | NDArray[np.uint32]
    luminances_cd_m2: NDArray[np.float64]
    table: NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.uint32]
    is_dithered: bool = False
    is_ten_bits: bool = False
