"""Conversions of dose units, said beside the value as it is coded, never in its place (digest 10.4)."""

from collections.abc import Mapping
from typing import Final

from viewer.dicom.structured_report.values import NumericValue

CONVERSIONS: Final[Mapping[str, tuple[str, float]]] = {
    "Gy.m2": ("mGy·cm²", 1e7),
    "dGy.cm2": ("mGy·cm²", 1e2),
    "cGy.cm2": ("mGy·cm²", 1e1),
    "uGy.m2": ("mGy·cm²", 1e1),
    "mGy.m2": ("mGy·cm²", 1e4),
    "Gy.cm2": ("mGy·cm²", 1e3),
    "Gy": ("mGy", 1e3),
    "Bq": ("MBq", 1e-6),
    "MBq": ("mCi", 1 / 37),
}
"""By the unit's UCUM code: what it is converted to, and by which factor."""
_DIGITS = 6


def converted_text(value: NumericValue) -> str:
    """Return a value in the unit that readers compare, with that unit; empty where there is no conversion."""
    conversion = CONVERSIONS.get(value.unit.value) if value.unit is not None else None
    if conversion is None or value.value is None:
        return ""
    unit, factor = conversion
    return f"= {value.value * factor:.{_DIGITS}g} {unit}"
