"""Pixel Padding: stored values that stand for "no pixel here" (PS3.3 C.7.5.1.1.2).

Compared with stored values before any transform; shown as background, kept out of every statistic.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.stored_frame import PixelDescription


@dataclass(frozen=True, slots=True)
class Padding:
    """An inclusive range of stored values."""

    low: float
    high: float

    def mask(self, values: NDArray[Any]) -> NDArray[np.bool_] | None:
        """Return where values are padding; None where none is."""
        found = (values == self.low) if self.low == self.high else (values >= self.low) & (values <= self.high)
        return found if found.any() else None


def integer_padding(value: int | None, limit: int | None, pixels: PixelDescription) -> Padding | None:
    """Return the padding of integer pixels.

    Args:
        value: Pixel Padding Value (0028,0120), in either reading of its sign.
        limit: Pixel Padding Range Limit (0028,0121), or None.
        pixels: Their sign decides how both are read, whatever the file's VR says.
    """
    if value is None:
        return None
    ends = [_as_pixel(end, pixels) for end in (value, value if limit is None else limit)]
    return Padding(min(ends), max(ends))


def float_padding(value: float | None, limit: float | None) -> Padding | None:
    """Return the padding of float pixels from (0028,0122) or (0028,0123) and their limit."""
    if value is None or not math.isfinite(value):
        return None
    other = value if limit is None or not math.isfinite(limit) else limit
    return Padding(min(value, other), max(value, other))


def background_mask(values: NDArray[Any], padding: Padding | None) -> NDArray[np.bool_] | None:
    """Return where pixels are no pixels: padding, and NaN or infinity in float pixels; None where all are."""
    mask = padding.mask(values) if padding is not None else None
    if values.dtype.kind == "f":
        undefined = ~np.isfinite(values)
        if undefined.any():
            mask = undefined if mask is None else mask | undefined
    return mask


def _as_pixel(value: int, pixels: PixelDescription) -> int:
    word = value & 0xFFFF
    if not pixels.is_signed:
        return word
    if word & 0x8000:
        return word - 0x10000
    sign = 1 << (pixels.bits_stored - 1)
    # 0x0830 in 12-bit signed pixels was written as the cell, not as the number it holds.
    return word - (sign << 1) if pixels.bits_stored < 16 and sign <= word < sign << 1 else word
