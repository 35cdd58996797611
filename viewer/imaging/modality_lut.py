"""Modality LUT: stored values to modality units such as HU (PS3.3 C.11.1).

Runs after padding has been found and before voi_lut.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.lookup_table import LookupTable

STORED_VALUES = "SV"
SUM = "Σ"
"""Begins the unit of what was added up: the sum of HU is none."""


@dataclass(frozen=True, slots=True)
class Rescale:
    """A linear transform, as (0028,1053) and (0028,1052) or a frame's functional group state it.

    Attributes:
        unit: Rescale Type (0028,1054) as it may be shown: "HU"; STORED_VALUES where values stay as they are stored;
            empty where they are rescaled to what nobody names.
    """

    slope: float = 1.0
    intercept: float = 0.0
    unit: str = STORED_VALUES

    @property
    def is_identity(self) -> bool:
        """Whether stored values come out as they are."""
        return self.slope == 1.0 and self.intercept == 0.0


@dataclass(frozen=True, slots=True)
class ModalityLut:
    """An item of the Modality LUT Sequence (0028,3000)."""

    table: LookupTable
    unit: str = ""

    @property
    def is_identity(self) -> bool:
        """Whether stored values come out as they are: a table is not asked."""
        return False


ModalityTransform = Rescale | ModalityLut

IDENTITY = Rescale()


def apply_modality(values: NDArray[Any], transform: ModalityTransform) -> NDArray[np.float64]:
    """Map stored values onto modality units.

    Args:
        values: Stored values of any integer or float type, any shape.
        transform: A table, or slope and intercept.

    Returns:
        A new float64 array; the input is left alone.
    """
    if isinstance(transform, ModalityLut):
        return transform.table.apply(values).astype(np.float64)
    out = values.astype(np.float64)
    if transform.slope != 1.0:
        out *= transform.slope
    if transform.intercept != 0.0:
        out += transform.intercept
    return out


def output_range(transform: ModalityTransform, low: float, high: float) -> tuple[float, float]:
    """Return the lowest and highest output for stored values from low to high."""
    if isinstance(transform, ModalityLut):
        table = transform.table
        start, stop = (int(min(max(end, table.first), table.last)) - table.first for end in (low, high))
        part = table.entries[start : stop + 1]
        return float(part.min()), float(part.max())
    ends = sorted((low * transform.slope + transform.intercept, high * transform.slope + transform.intercept))
    return ends[0], ends[1]
