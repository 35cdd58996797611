"""Values of a data set as plain numbers and texts, whatever VR they came with; what cannot be read is absent.

Sequences of functional groups are looked up frame first, then shared (PS3.3 C.7.6.16).
"""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_PLAIN_VRS = frozenset({"AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI"})

PER_FRAME_GROUPS = 0x52009230
SHARED_GROUPS = 0x52009229


def value(data_set: "Dataset", tag: int) -> Any:  # noqa: ANN401 - elements hold anything
    """Return an element's value; None when absent, empty or unreadable."""
    try:
        found = data_set[tag].value if tag in data_set else None
    except (ValueError, TypeError, KeyError, OverflowError, NotImplementedError, AttributeError, EOFError):
        return None
    return None if found is None or (hasattr(found, "__len__") and len(found) == 0) else found


def _plain(data_set: "Dataset", tag: int) -> str | None:
    """Return an element of the default repertoire that is still as it lay in the file; None for all others.

    Quicker than converting it, and a UID or number that breaks its VR's rules is still what the file says.
    """
    element = data_set.get_item(tag) if tag in data_set else None
    raw = None if element is None else element.value
    if element is None or not isinstance(raw, bytes):
        return None
    from pydicom.datadict import dictionary_VR

    try:
        vr = element.VR or dictionary_VR(tag)
    except KeyError:
        return None
    return raw.decode("ascii", "replace").strip(" \0") if vr in _PLAIN_VRS else None


def text(data_set: "Dataset", tag: int) -> str:
    """Return an element as text, several values joined by backslashes; empty when absent."""
    plain = _plain(data_set, tag)
    if plain is not None:
        return plain
    found = value(data_set, tag)
    if found is None:
        return ""
    if isinstance(found, bytes):
        return found.decode("ascii", "replace").strip(" \0")
    if isinstance(found, Iterable) and not isinstance(found, str) and not hasattr(found, "family_name"):
        return "\\".join(str(part).strip(" \0") for part in found)
    return str(found).strip(" \0")


def texts(data_set: "Dataset", tag: int) -> tuple[str, ...]:
    """Return an element's values as texts; empty when absent."""
    joined = text(data_set, tag)
    return tuple(part.strip() for part in joined.split("\\")) if joined else ()


def numbers(data_set: "Dataset", tag: int) -> tuple[float, ...]:
    """Return an element's values as finite numbers; empty when absent or when any is none."""
    plain = _plain(data_set, tag)
    found = plain.split("\\") if plain else value(data_set, tag)
    if found is None:
        return ()
    parts = texts(data_set, tag) if isinstance(found, str | bytes) or not isinstance(found, Iterable) else found
    try:
        out = tuple(float(part) for part in parts)
    except (TypeError, ValueError):
        return ()
    return out if all(math.isfinite(part) for part in out) else ()


def number(data_set: "Dataset", tag: int) -> float | None:
    """Return an element's first number; None when absent."""
    found = numbers(data_set, tag)
    return found[0] if found else None


def integer(data_set: "Dataset", tag: int) -> int | None:
    """Return an element's first number as an integer; None when absent."""
    found = None if _plain(data_set, tag) is not None else value(data_set, tag)
    if isinstance(found, bytes):  # a short the reader had no VR for
        return int.from_bytes(found[:2], "little") if len(found) >= 2 else None
    first = number(data_set, tag)
    return None if first is None else int(first)


def items(data_set: "Dataset", tag: int) -> "tuple[Dataset, ...]":
    """Return a sequence's items; empty when absent or no sequence."""
    found = value(data_set, tag)
    if found is None or isinstance(found, str | bytes) or not isinstance(found, Iterable):
        return ()
    return tuple(item for item in found if hasattr(item, "group_dataset"))


def macro(data_set: "Dataset", index: int, tag: int) -> "Dataset | None":
    """Return the functional group of a frame counted from 0: its own, else the shared one, else None."""
    frames = value(data_set, PER_FRAME_GROUPS)
    if frames is not None and not isinstance(frames, str | bytes) and index < len(frames):
        own = items(frames[index], tag)
        if own:
            return own[0]
    for shared in items(data_set, SHARED_GROUPS)[:1]:
        found = items(shared, tag)
        if found:
            return found[0]
    return None
