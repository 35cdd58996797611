"""Values of a data set as plain numbers and texts, whatever VR they came with; what cannot be read is absent.

Sequences of functional groups are looked up frame first, then shared (PS3.3 C.7.6.16).
"""

import math
from collections.abc import Iterable
from typing import Any, Protocol

_PLAIN_VRS = frozenset({"AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI"})

PER_FRAME_GROUPS = 0x52009230
SHARED_GROUPS = 0x52009229


class DataSet(Protocol):
    """What is asked of a data set: pydicom's, or a whole header's (dicom.header_data_set)."""

    def __contains__(self, tag: Any, /) -> bool: ...  # noqa: ANN401 - pydicom takes keywords and tags
    def __getitem__(self, tag: Any, /) -> Any: ...  # noqa: ANN401 - elements hold anything

    def get_item(self, tag: Any, /) -> Any:  # noqa: ANN401 - elements hold anything
        """Return an element with its value as it lay in the file."""


def value(data_set: DataSet, tag: int) -> Any:  # noqa: ANN401 - elements hold anything
    """Return an element's value; None when absent, empty or unreadable."""
    try:
        found = data_set[tag].value if tag in data_set else None
    except (ValueError, TypeError, KeyError, OverflowError, NotImplementedError, AttributeError, EOFError):
        return None
    return None if found is None or (hasattr(found, "__len__") and len(found) == 0) else found


def _plain(data_set: DataSet, tag: int) -> str | None:
    """Return an element of the default repertoire that is still as it lay in the file; None for all others.

    Quicker than converting it, and a UID or number that breaks its VR's rules is still what the file says.
    """
    element = data_set.get_item(tag) if tag in data_set else None
    raw = None if element is None else element.value
    if element is None or not isinstance(raw, bytes):
        return None
    return raw.decode("ascii", "replace").strip(" \0") if (element.VR or _dictionary_vr(tag)) in _PLAIN_VRS else None


def _dictionary_vr(tag: int) -> str:
    from pydicom.datadict import dictionary_VR

    try:
        return dictionary_VR(tag)
    except KeyError:
        return ""


def text(data_set: DataSet, tag: int) -> str:
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


def texts(data_set: DataSet, tag: int) -> tuple[str, ...]:
    """Return an element's values as texts; empty when absent."""
    joined = text(data_set, tag)
    return tuple(part.strip() for part in joined.split("\\")) if joined else ()


def numbers(data_set: DataSet, tag: int) -> tuple[float, ...]:
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


def number(data_set: DataSet, tag: int) -> float | None:
    """Return an element's first number; None when absent."""
    found = numbers(data_set, tag)
    return found[0] if found else None


def integer(data_set: DataSet, tag: int) -> int | None:
    """Return an element's first number as an integer; None when absent."""
    found = None if _plain(data_set, tag) is not None else value(data_set, tag)
    if isinstance(found, bytes):  # a short the reader had no VR for
        return int.from_bytes(found[:2], "little") if len(found) >= 2 else None
    first = number(data_set, tag)
    return None if first is None else int(first)


def items(data_set: DataSet, tag: int) -> tuple[DataSet, ...]:
    """Return a sequence's items; empty when absent or no sequence."""
    found = value(data_set, tag)
    if found is None or isinstance(found, str | bytes) or not isinstance(found, Iterable):
        return ()
    return tuple(item for item in found if hasattr(item, "group_dataset"))


def macro(data_set: DataSet, index: int, tag: int) -> DataSet | None:
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


def has_groups_if_others_have(data_set: DataSet, index: int) -> bool:
    """Return whether a frame counted from 0 has functional groups of its own, or no frame of the object has."""
    frames = value(data_set, PER_FRAME_GROUPS)
    return frames is None or isinstance(frames, str | bytes) or index < len(frames)
