"""Values of JSON tables that are taken for what they should be, or refused with TypeError or ValueError."""

import math
from typing import Any

Table = dict[str, Any]


def plain(value: float) -> float | str:
    """Return a number as JSON has it; what is none there is written as a word."""
    return float(value) if math.isfinite(value) else repr(float(value))


def number(value: object) -> float:
    """Return a number that plain() wrote."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError("No number")
    if isinstance(value, str) and value not in {"nan", "inf", "-inf"}:
        raise ValueError("No number")
    return float(value)


def count(value: object) -> int:
    """Return a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("No whole number")
    return value


def text(value: object) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise TypeError("No text")
    return value


def flag(value: object) -> bool:
    """Return what is true or false."""
    if not isinstance(value, bool):
        raise TypeError("Neither true nor false")
    return value
