"""Presentation LUT: values of interest to P-values of 16 bits (PS3.3 C.11.4, C.11.6; PS3.14).

Runs after voi_lut and before the display LUT. Polarity is applied here, once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.lookup_table import LookupTable

P_MAX = 65535
"""P-values are carried in 16 bits; 0 is the darkest."""

_HAIR = 1e-9
"""What floating point may lack of a whole number."""

BACKGROUND = 0
"""What padding and everything outside the image becomes, whatever the polarity."""


@dataclass(frozen=True, slots=True)
class Presentation:
    """How values of interest become P-values.

    Attributes:
        is_inverse: Low values are bright: MONOCHROME1, which Presentation LUT Shape INVERSE only repeats.
        table: A Presentation LUT, input scaled over its entries; None for a straight line.
        steps: How many whole values of interest there are, for the scaling onto the table; 0 where a window makes them.
    """

    is_inverse: bool = False
    table: LookupTable | None = None
    steps: int = 0


def image_presentation(photometric_interpretation: str, shape: str = "") -> tuple[Presentation, str]:
    """Return an image's own presentation, and a warning when its two statements of polarity disagree.

    Args:
        photometric_interpretation: (0028,0004).
        shape: Presentation LUT Shape (2050,0020) of the image, which only says the same again (C.11.6.1.2).
    """
    is_inverse = photometric_interpretation == "MONOCHROME1"
    agrees = shape not in {"INVERSE", "IDENTITY"} or (shape == "INVERSE") == is_inverse
    warning = "" if agrees else f"Presentation LUT Shape {shape} contradicts {photometric_interpretation}"
    return Presentation(is_inverse), warning


def apply_presentation(
    values: NDArray[np.float64], presentation: Presentation, *, is_inverted: bool = False
) -> NDArray[np.uint16]:
    """Map values of interest (0..1) onto P-values.

    Args:
        values: Output of the VOI LUT, 0..1.
        presentation: The image's own.
        is_inverted: The reader's wish, once more after the image's own polarity.
    """
    if presentation.table is not None:
        table = presentation.table
        index = _entry(values, table.entries.size, presentation.steps)
        scaled = np.clip(table.entries[index] / table.maximum, 0.0, 1.0)
    else:
        scaled = values
    p_values = np.rint(scaled * P_MAX).astype(np.uint16)
    if presentation.is_inverse != is_inverted:
        np.subtract(P_MAX, p_values, out=p_values, casting="unsafe")
    return p_values


def _entry(values: NDArray[np.float64], entries: int, steps: int) -> NDArray[np.int64]:
    """Return the entries that values of interest meet, as DCMTK scales them.

    Whole numbers lose or gain low bits (floor of k * entries / steps); what a window yields is spread from the first
    entry to the last.
    """
    if steps:
        return np.rint(values * (steps - 1)).astype(np.int64) * entries // steps
    return np.floor(values * (entries - 1) + _HAIR).astype(np.int64)
