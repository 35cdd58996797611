"""Ordered dithering: a grey between two others as a fixed pattern of both, mixed in luminance.

The pattern stands still on the device pixels of a viewport: an image moves under it and does not carry it along.
"""

import functools

import numpy as np
from numpy.typing import NDArray

SIDE = 8
"""Of the pattern in pixels."""

FINEST = SIDE * SIDE
_WORD_MAX = 65535


def mixing_steps(grey_count: int) -> int:
    """Return into how many steps the way from one grey to the next is divided: as many as 16 bits hold, up to 64."""
    steps = FINEST
    while (grey_count - 1) * steps + steps - 1 > _WORD_MAX:
        steps //= 2
    return steps


def mixed_codes(wanted: NDArray[np.float64], luminances: NDArray[np.float64], steps: int) -> NDArray[np.uint16]:
    """Return what to add thresholds to: the index of the grey below times the steps, and the share of the grey above.

    Args:
        wanted: Luminances to reach.
        luminances: Of the greys there are, rising.
        steps: Of mixing_steps.
    """
    if luminances.size == 1:
        return np.zeros(wanted.shape, np.uint16)
    below = np.clip(np.searchsorted(luminances, wanted, side="right") - 1, 0, luminances.size - 2)
    share = (wanted - luminances[below]) / (luminances[below + 1] - luminances[below])
    codes: NDArray[np.uint16] = (below * steps + np.rint(np.clip(share, 0.0, 1.0) * steps)).astype(np.uint16)
    return codes


def with_thresholds(codes: NDArray[np.uint16], left: int, top: int, steps: int) -> NDArray[np.uint16]:
    """Return codes with each pixel's threshold added; a whole division by the steps gives the grey's index.

    Args:
        codes: (height, width) of mixed_codes.
        left: Of the part in its viewport.
        top: Of the part in its viewport.
        steps: Of mixing_steps.
    """
    import cv2

    height, width = codes.shape
    column, row = left % SIDE, top % SIDE
    pattern = _pattern(_rounded(height + row), _rounded(width + column), steps)
    return np.asarray(cv2.add(codes, pattern[row : row + height, column : column + width]), np.uint16)


def _rounded(length: int) -> int:
    return -(-length // 256) * 256


@functools.lru_cache(maxsize=8)
def _pattern(height: int, width: int, steps: int) -> NDArray[np.uint16]:
    small = (thresholds().astype(np.int64) * steps // FINEST).astype(np.uint16)
    pattern = np.tile(small, (height // SIDE, width // SIDE))
    pattern.flags.writeable = False
    return pattern


@functools.cache
def thresholds() -> NDArray[np.uint16]:
    """Return the pattern, 0 to 63 once each, neighbours as far apart as can be (Bayer 1973)."""
    pattern = np.zeros((1, 1), np.uint16)
    while pattern.shape[0] < SIDE:
        pattern = np.block([[4 * pattern, 4 * pattern + 2], [4 * pattern + 3, 4 * pattern + 1]]).astype(np.uint16)
    pattern.flags.writeable = False
    return pattern
