"""Values of a full data set, whatever it holds: what cannot be read is absent, and numbers are finite or nothing.

Tags are plain integers, so that callers need no pydicom of their own.
"""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


def element_value(data_set: "Dataset", tag: int) -> Any:  # noqa: ANN401 - elements hold anything
    """Return the value of an element; None when it is absent, empty or unreadable."""
    try:
        if tag not in data_set:
            return None
        value = data_set[tag].value
        return None if value is None or (hasattr(value, "__len__") and len(value) == 0) else value
    except Exception:  # noqa: BLE001 - turning broken bytes into a value, pydicom raises errors without a common base
        return None


def element_items(data_set: "Dataset", tag: int) -> "tuple[Dataset, ...]":
    """Return the items of a sequence; none when it is absent, empty or no sequence."""
    from pydicom.dataset import Dataset

    value = element_value(data_set, tag)
    if value is None or isinstance(value, str | bytes) or not isinstance(value, Iterable):
        return ()
    return tuple(item for item in value if isinstance(item, Dataset))


def element_numbers(data_set: "Dataset", tag: int) -> tuple[float, ...]:
    """Return the numbers of an element; none when it is absent or any of them is not a finite number."""
    value = element_value(data_set, tag)
    if isinstance(value, str | bytes):
        text = value.decode("ascii", "replace") if isinstance(value, bytes) else value
        value = text.strip(" \0").split("\\")
    parts = value if isinstance(value, Iterable) else () if value is None else (value,)
    try:
        numbers = tuple(float(part) for part in parts)
    except (ValueError, TypeError):
        return ()
    return numbers if all(map(math.isfinite, numbers)) else ()


def element_number(data_set: "Dataset", tag: int) -> float | None:
    """Return the first number of an element; None when there is none."""
    numbers = element_numbers(data_set, tag)
    return numbers[0] if numbers else None


def element_texts(data_set: "Dataset", tag: int) -> tuple[str, ...]:
    """Return the values of an element as texts; none when it is absent."""
    value = element_value(data_set, tag)
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    if isinstance(value, str):
        value = value.split("\\")
    elif not isinstance(value, Iterable) or hasattr(value, "family_name"):
        value = () if value is None else (value,)
    return tuple(str(part).strip(" \0") for part in value)


def element_text(data_set: "Dataset", tag: int) -> str:
    """Return an element as text, several values joined by backslashes; empty when it is absent."""
    return "\\".join(element_texts(data_set, tag))
