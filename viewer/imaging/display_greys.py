"""The greys a display can show, and which of them each P-value gets: the nearest in luminance to the GSDF (PS3.14).

With 256 levels of one channel neighbouring P-values share a grey. GrayOutput holds what more there is: surfaces of ten
bits, greys made of unequal channels, greys mixed of neighbouring pixels.
"""

import functools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.display_calibration import (
    ASSUMED_BLACK_CD_M2,
    ASSUMED_WHITE_CD_M2,
    LEVEL_COUNTS,
    CalibrationMode,
    DisplayCalibration,
    MoreGreys,
)
from viewer.imaging.grayscale_display_function import LUMINANCE_MAX, LUMINANCE_MIN, jnd_index, luminance
from viewer.imaging.ordered_dither import mixed_codes, mixing_steps, with_thresholds
from viewer.imaging.presentation_lut import P_MAX
from viewer.imaging.stolen_greys import Greys, neutral_greys, stolen_greys

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
    return native_luminances(calibration, OCTET_LEVELS) - calibration.ambient_cd_m2


def native_luminances(calibration: DisplayCalibration, count: int) -> NDArray[np.float64]:
    """Return the luminance, with ambient light, of count levels of a display that follows the GSDF by itself."""
    known = calibration.luminances_cd_m2
    low, high = (known[0], known[-1]) if known else (ASSUMED_BLACK_CD_M2, ASSUMED_WHITE_CD_M2)
    ambient = calibration.ambient_cd_m2
    return luminance(np.linspace(jnd_index(low + ambient), jnd_index(high + ambient), count))


def curve_at(calibration: DisplayCalibration, count: int) -> NDArray[np.float64]:
    """Return the luminance, with ambient light, of each of another number of driving levels than the curve may have."""
    if calibration.mode is CalibrationMode.NATIVE_GSDF:
        return native_luminances(calibration, count)
    if calibration.mode is CalibrationMode.SRGB_ESTIMATE:
        return srgb_luminances(count) + calibration.ambient_cd_m2
    return resampled_curve(display_curve(calibration), count) + calibration.ambient_cd_m2


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
    return gsdf_driving_levels(curve_at(calibration, levels), count)


@functools.lru_cache(maxsize=16)
def driving_level_table(calibration: DisplayCalibration) -> NDArray[np.uint8]:
    """Return the driving level, of 256, of each of the 65536 P-values; read-only, the last few are remembered."""
    table: NDArray[np.uint8] = driving_levels(calibration, OCTET_LEVELS).astype(np.uint8)
    table.flags.writeable = False
    return table


def wanted_luminances(lowest: float, highest: float, count: int = P_MAX + 1) -> NDArray[np.float64]:
    """Return the luminance that the GSDF asks of each of count P-values between two luminances, all with ambient."""
    low, high = jnd_index(lowest), jnd_index(highest)
    wanted = luminance(low + np.arange(count) / (count - 1) * (high - low))
    # L(j(L)) misses L by up to a tenth of a JND; the ends are the display's own wherever the function knows them.
    if lowest >= LUMINANCE_MIN:
        wanted[0] = lowest
    if highest <= LUMINANCE_MAX:
        wanted[-1] = highest
    return wanted


def gsdf_driving_levels(luminances_cd_m2: NDArray[np.float64], count: int = P_MAX + 1) -> NDArray[np.uint16]:
    """Return the driving level nearest in luminance to the GSDF for each of count P-values.

    Args:
        luminances_cd_m2: Of each driving level, with ambient light; dips are taken for noise and levelled.
        count: P-values from 0 to count - 1.
    """
    greys = neutral_greys(luminances_cd_m2)
    known = greys.luminances_cd_m2
    wanted = wanted_luminances(float(known[0]), float(known[-1]), count)
    driving: NDArray[np.uint16] = greys.levels[_nearest(known, wanted), 0].astype(np.uint16)
    return driving


def _nearest(known: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return which of the rising known luminances is nearest to each wanted one."""
    return np.asarray(np.searchsorted((known[1:] + known[:-1]) / 2, wanted), np.intp)


@dataclass(frozen=True, slots=True, eq=False)
class GrayOutput:
    """How P-values become pixels of one display.

    Attributes:
        greys: The pixels of every grey there is, darkest first: uint8 levels, or uint32 words (0xffRRGGBB, or
            0b11 and three times ten bits, as is_ten_bits says).
        luminances_cd_m2: Of each grey, with ambient light.
        table: 65536 entries: the pixel of each P-value; where is_dithered, what finish() makes pixels of.
        steps: Where is_dithered: into how many the way from one grey to the next is divided.
        mixed: Where is_dithered: the pixel of every sum of a table's entry and a threshold; else empty.
    """

    greys: NDArray[np.uint8] | NDArray[np.uint32]
    luminances_cd_m2: NDArray[np.float64]
    table: NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.uint32]
    is_dithered: bool = False
    is_ten_bits: bool = False
    steps: int = 1
    mixed: NDArray[np.uint8] | NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint8))

    def finish(
        self, looked_up: NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.uint32], left: int = 0, top: int = 0
    ) -> NDArray[np.uint8] | NDArray[np.uint32]:
        """Return the pixels of entries of the table; where nothing is dithered they are pixels already.

        Args:
            looked_up: (height, width) entries of the table.
            left: Of the part in its viewport, on whose device pixels the pattern of dithering stands still.
            top: Of the part in its viewport.
        """
        if not self.is_dithered or not looked_up.size:
            finished: NDArray[Any] = looked_up.astype(self.greys.dtype, copy=False)
            return finished
        return looked_up_pixels(
            with_thresholds(looked_up.astype(np.uint16, copy=False), left, top, self.steps), self.mixed
        )

    def pixel(self, p_value: int) -> int:
        """Return the pixel of the single grey nearest to a P-value: for areas that are drawn, not looked up."""
        entry = int(self.table[p_value])
        return int(self.mixed[entry + self.steps // 2]) if self.is_dithered else entry

    @property
    def black(self) -> int:
        """The darkest pixel there is: background."""
        return int(self.greys[0])

    @property
    def white(self) -> int:
        """The brightest pixel there is: overlays."""
        return int(self.greys[-1])


def looked_up_pixels(indices: NDArray[Any], table: NDArray[Any]) -> NDArray[Any]:
    """Return the entries of a table of 256 or 65536 numbers of 8, 16 or 32 bits at uint8 or uint16 indices.

    OpenCV's look-up took 0.9 ms on 1.6 Mpixel with 32-bit entries where numpy.take took 2.0 ms.
    """
    import cv2

    if table.dtype == np.uint32:  # a type OpenCV's tables do not have; the bits are the same
        return np.asarray(cv2.LUT(indices, table.view(np.int32))).view(np.uint32)
    return np.asarray(cv2.LUT(indices, table))


@functools.lru_cache(maxsize=16)
def gray_output(calibration: DisplayCalibration) -> GrayOutput:
    """Return how P-values become pixels of a display; the last few are remembered.

    A display that follows the GSDF gets P-values as a straight line onto its own levels; only greys between its levels
    are placed by the luminances it is trusted to have.
    """
    is_ten_bits = calibration.more_greys is MoreGreys.TEN_BITS
    is_native = calibration.mode is CalibrationMode.NATIVE_GSDF
    greys = _greys(calibration)
    pixels = _pixels(greys.levels, calibration.more_greys)
    known = greys.luminances_cd_m2
    wanted = (
        native_luminances(calibration, P_MAX + 1) if is_native else wanted_luminances(float(known[0]), float(known[-1]))
    )
    if calibration.is_dithered:
        steps = mixing_steps(known.size)
        mixed = pixels[np.minimum(np.arange(P_MAX + 1) // steps, known.size - 1)]
        table = mixed_codes(wanted, known, steps)
        return GrayOutput(
            pixels, known, _frozen(table), is_dithered=True, is_ten_bits=is_ten_bits, steps=steps, mixed=_frozen(mixed)
        )
    if is_native and calibration.more_greys is not MoreGreys.BIT_STEALING:
        nearest = np.rint(np.arange(P_MAX + 1) * ((known.size - 1) / P_MAX)).astype(np.intp)
    else:
        nearest = _nearest(known, wanted)
    return GrayOutput(pixels, known, _frozen(pixels[nearest]), is_ten_bits=is_ten_bits)


def _greys(calibration: DisplayCalibration) -> Greys:
    count = TEN_BIT_LEVELS if calibration.more_greys is MoreGreys.TEN_BITS else OCTET_LEVELS
    curve = curve_at(calibration, count)
    if calibration.more_greys is MoreGreys.BIT_STEALING:
        return stolen_greys(curve, calibration.max_chroma)
    return neutral_greys(curve)


def _pixels(levels: NDArray[np.int64], more_greys: MoreGreys) -> NDArray[np.uint8] | NDArray[np.uint32]:
    """Return levels of three channels as the surface holds them."""
    if more_greys is MoreGreys.NONE:
        return _frozen(levels[:, 0].astype(np.uint8))
    bits, opaque = (10, 0b11 << 30) if more_greys is MoreGreys.TEN_BITS else (8, 0xFF << 24)
    words = opaque | levels[:, 0] << 2 * bits | levels[:, 1] << bits | levels[:, 2]
    return _frozen(words.astype(np.uint32))


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
