"""The pictures of a measurement: a square on a surround, in the very driving levels or through the display's LUT."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from viewer.display.measuring_plan import SQUARE_SHARE, SURROUND_LEVEL, SURROUND_P_VALUE
from viewer.display.visual_match import HalfTone
from viewer.imaging.display_calibration import DisplayCalibration, MoreGreys
from viewer.imaging.display_greys import gray_output
from viewer.imaging.presentation_lut import P_MAX
from viewer.ui.viewports.finished_pixels import picture_of_pixels

Picture = Callable[[int, int], QImage]
"""Makes a picture of so many device pixels, width and height."""

MATCHED_SHARE = 1 / 3
"""The matched square's side as a part of the screen's height."""


def image_of(pixels: NDArray[np.uint8] | NDArray[np.uint32], *, is_ten_bits: bool = False) -> QImage:
    """Return pixels (height, width) as a picture of its own: levels of grey, or words as GrayOutput has them."""
    more = MoreGreys.TEN_BITS if is_ten_bits else MoreGreys.NONE
    solid = pixels if pixels.flags.c_contiguous else pixels.copy()
    return picture_of_pixels(solid, more).copy()


def level_picture(level: int, surround: int = SURROUND_LEVEL) -> Picture:
    """Return a square of one driving level on a surround of another, past every correction."""

    def make(width: int, height: int) -> QImage:
        pixels = np.full((height, width), surround, np.uint8)
        pixels[_square(width, height, math.sqrt(SQUARE_SHARE * width * height))] = level
        return image_of(pixels)

    return make


def p_value_picture(p_value: float, calibration: DisplayCalibration) -> Picture:
    """Return a square of one P-value, from 0 to 1, on the surround, drawn as images are on this display."""
    output = gray_output(calibration)

    def make(width: int, height: int) -> QImage:
        looked_up = np.full((height, width), output.table[round(SURROUND_P_VALUE * P_MAX)])
        square = _square(width, height, math.sqrt(SQUARE_SHARE * width * height))
        looked_up[square] = output.table[round(p_value * P_MAX)]
        return image_of(output.finish(looked_up), is_ten_bits=output.is_ten_bits)

    return make


def match_picture(half_tone: HalfTone, level: int) -> Picture:
    """Return a half-tone all over the screen, with a square of one driving level in its middle."""

    def make(width: int, height: int) -> QImage:
        pixels = half_tone.pixels(width, height).copy()
        pixels[_square(width, height, height * MATCHED_SHARE)] = level
        return image_of(pixels)

    return make


def _square(width: int, height: int, side: float) -> tuple[slice, slice]:
    length = min(round(side), width, height)
    left, top = (width - length) // 2, (height - length) // 2
    return slice(top, top + length), slice(left, left + length)
