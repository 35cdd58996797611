"""Real-world values: what an image says its stored values are, in UCUM units (PS3.3 C.7.6.16.2.11).

They count from stored values, whatever the display does with them; outside a mapping's range there is no value.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.codes import Code
from viewer.dicom.data_elements import element_items, element_number, element_numbers, element_text
from viewer.dicom.functional_groups import FunctionalGroups
from viewer.measurement.reading import Unit
from viewer.measurement.suv_mapping import MAPPINGS

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_UNITS, _LABEL, _EXPLANATION = 0x004008EA, 0x00409210, 0x00283003
_SLOPE, _INTERCEPT, _TABLE = 0x00409225, 0x00409224, 0x00409212
_FIRST, _LAST = 0x00409216, 0x00409211
_FIRST_FLOAT, _LAST_FLOAT = 0x00409214, 0x00409213
_QUANTITY, _CONCEPT, _VALUE = 0x00409220, 0x0040A043, 0x0040A168
_QUANTITY_CODE = ("246205007", "G-C1C6")
"""Quantity (SCT), as it is written now and was in SRT."""
_PIXEL_REPRESENTATION = 0x00280103


@dataclass(frozen=True, slots=True, eq=False)
class RealWorldMapping:
    """One way of an image to real-world values.

    Attributes:
        label: LUT Label (0040,9210), else its explanation.
        quantity: What is measured; None when not said.
        first: Lowest stored value that is mapped.
        last: Highest.
        table: Of stored values from first on; None for slope and intercept.
    """

    label: str
    unit: Unit
    first: float
    last: float
    slope: float = 1.0
    intercept: float = 0.0
    table: NDArray[np.float64] | None = None
    quantity: Code | None = None

    def apply(self, stored: NDArray[Any]) -> NDArray[np.float64]:
        """Return the values of stored ones; NaN outside the range."""
        values = stored.astype(np.float64)
        is_mapped = (values >= self.first) & (values <= self.last)
        if self.table is None:
            return np.where(is_mapped, values * self.slope + self.intercept, np.nan)
        places = np.clip(np.where(is_mapped, values - self.first, 0), 0, self.table.size - 1).astype(np.int64)
        return np.where(is_mapped & (values - self.first < self.table.size), self.table[places], np.nan)


def real_world_mappings(data_set: "Dataset", frame_number: int) -> tuple[RealWorldMapping, ...]:
    """Return the sound mappings that hold for a frame counted from 1, in the order of the file."""
    groups = FunctionalGroups(data_set)
    if not 1 <= frame_number <= groups.frame_count:
        return ()
    is_signed = element_number(data_set, _PIXEL_REPRESENTATION) == 1
    found = (_mapping(item, is_signed=is_signed) for item in groups.frame(frame_number - 1).items(MAPPINGS))
    return tuple(each for each in found if each is not None)


def _mapping(item: "Dataset", *, is_signed: bool) -> RealWorldMapping | None:
    ends = _ends(item, is_signed=is_signed)
    units = element_items(item, _UNITS)
    if ends is None or not units:
        return None
    first, last = ends
    code = element_text(units[0], 0x00080100)
    unit = Unit(code, _symbol(code))
    label = element_text(item, _LABEL) or element_text(item, _EXPLANATION)
    quantity = _quantity(item)
    table = np.array(element_numbers(item, _TABLE), np.float64)
    if table.size:
        is_whole = table.size == last - first + 1
        return RealWorldMapping(label, unit, first, last, table=table, quantity=quantity) if is_whole else None
    slope, intercept = element_number(item, _SLOPE), element_number(item, _INTERCEPT)
    if slope is None or intercept is None:
        return None
    return RealWorldMapping(label, unit, first, last, slope, intercept, quantity=quantity)


def _ends(item: "Dataset", *, is_signed: bool) -> tuple[float, float] | None:
    first, last = element_number(item, _FIRST), element_number(item, _LAST)
    if first is not None and last is not None:
        # US or SS by the sign of the pixels, whatever a reader guessed for a VR.
        first, last = (end - 65536 if is_signed and end > 32767 else end for end in (first, last))
    else:
        first, last = element_number(item, _FIRST_FLOAT), element_number(item, _LAST_FLOAT)
    if first is None or last is None or math.isnan(first) or first > last:
        return None
    return first, last


def _symbol(code: str) -> str:
    """Return a UCUM code as readers write it: without what braces say, where there is more than that."""
    before, _brace, _rest = code.partition("{")
    known = {"1": "", "[hnsf'U]": "HU"}
    return known.get(code, before or code.strip("{}"))


def _quantity(item: "Dataset") -> Code | None:
    for part in element_items(item, _QUANTITY):
        names, values = element_items(part, _CONCEPT), element_items(part, _VALUE)
        if names and values and element_text(names[0], 0x00080100) in _QUANTITY_CODE:
            code, scheme, meaning = (element_text(values[0], tag) for tag in (0x00080100, 0x00080102, 0x00080104))
            return Code(code, scheme, meaning)
    return None
