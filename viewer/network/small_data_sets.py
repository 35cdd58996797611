"""Data sets that messages carry beside instances: identifiers of queries, references of commitments, command sets.

Little endian, implicit or explicit. Read strictly and with a bound on everything, for they may be anything; written
from raw values. Values of a sequence are lists of items, all others bytes.
"""

import functools
import struct
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from viewer.base.errors import NetworkError

Value: TypeAlias = "bytes | Sequence[Elements]"
Elements: TypeAlias = Mapping[int, Value]

LARGEST = 32 << 20
"""Of what is read at all: a commitment for 100,000 instances has 15 MB."""
_MOST_ELEMENTS, _DEEPEST = 1_000_000, 16
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_IMPLICIT, _EXPLICIT, _LONG = struct.Struct("<HHI"), struct.Struct("<HH2sH"), struct.Struct("<I")
LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
ALL_VRS = LONG_VRS | frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())


class MalformedDataSetError(NetworkError):
    """Bytes that are no data set, or claim more than one may have."""

    def __init__(self) -> None:
        super().__init__("a message's data set cannot be read")


def read_data_set(raw: bytes, *, is_implicit: bool, most_elements: int = _MOST_ELEMENTS) -> dict[int, Value]:
    """Return the elements by tag; group lengths are left out.

    Args:
        raw: The whole data set.
        is_implicit: Whether it is in implicit VR.
        most_elements: How many elements and items it may have: read, each costs many times its bytes.

    Raises:
        MalformedDataSetError: If the lengths do not add up, tags repeat, or it is too large or deep.
    """
    if len(raw) > LARGEST:
        raise MalformedDataSetError
    return _Reader(raw, is_implicit=is_implicit, most_elements=most_elements).elements()


class _Reader:
    def __init__(self, raw: bytes, *, is_implicit: bool, most_elements: int) -> None:
        self._raw = raw
        self._is_implicit = is_implicit
        self._left = most_elements

    def elements(self) -> dict[int, Value]:
        try:
            return self._data_set(0, len(self._raw), 0, is_item=False)[0]
        except (struct.error, IndexError):
            raise MalformedDataSetError from None

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise MalformedDataSetError

    def _data_set(self, at: int, end: int, depth: int, *, is_item: bool) -> tuple[dict[int, Value], int]:
        """Return the elements from a place on, and where they end; an item of undefined length ends itself."""
        found: dict[int, Value] = {}
        while at < end:
            self._count()
            tag, vr, length, start = self._header(at)
            if is_item and tag == _ITEM_END:
                return found, start
            if tag in found or tag >> 16 == 0xFFFE:
                raise MalformedDataSetError
            is_sequence = vr == b"SQ" or length == _UNDEFINED or (not vr and self._is_sequence(start, length))
            if is_sequence:
                found[tag], at = self._sequence(start, end, length, depth + 1)
                continue
            at = start + length
            if at > end:
                raise MalformedDataSetError
            if tag & 0xFFFF:
                found[tag] = self._raw[start:at]
        if is_item:
            raise MalformedDataSetError
        return found, at

    def _header(self, at: int) -> tuple[int, bytes, int, int]:
        group, element, length = _IMPLICIT.unpack_from(self._raw, at)
        tag = group << 16 | element
        if self._is_implicit or group == 0xFFFE:
            return tag, b"", length, at + 8
        _group, _element, vr, short = _EXPLICIT.unpack_from(self._raw, at)
        if vr not in ALL_VRS:
            raise MalformedDataSetError
        if vr in LONG_VRS:
            return tag, vr, _LONG.unpack_from(self._raw, at + 8)[0], at + 12
        return tag, vr, short, at + 8

    def _is_sequence(self, start: int, length: int) -> bool:
        """Whether a value of defined length in an implicit data set begins with an item."""
        if length < 8:
            return False
        group, element, item_length = _IMPLICIT.unpack_from(self._raw, start)
        is_item = group << 16 | element == _ITEM
        return bool(is_item and (item_length == _UNDEFINED or item_length <= length - 8))

    def _sequence(self, at: int, end: int, length: int, depth: int) -> tuple[list[dict[int, Value]], int]:
        if depth > _DEEPEST or (length != _UNDEFINED and at + length > end):
            raise MalformedDataSetError
        until = end if length == _UNDEFINED else at + length
        items: list[dict[int, Value]] = []
        while at < until:
            self._count()
            group, element, item_length = _IMPLICIT.unpack_from(self._raw, at)
            tag = group << 16 | element
            at += 8
            if tag == _SEQUENCE_END and length == _UNDEFINED:
                return items, at
            if tag != _ITEM:
                raise MalformedDataSetError
            item_end = until if item_length == _UNDEFINED else at + item_length
            if item_end > until:
                raise MalformedDataSetError
            item, at = self._data_set(at, item_end, depth, is_item=item_length == _UNDEFINED)
            items.append(item)
        if length == _UNDEFINED:
            raise MalformedDataSetError
        return items, at


def write_data_set(elements: Elements, *, is_implicit: bool) -> bytes:
    """Return the elements encoded, in the order of their tags; values of odd length get a zero byte."""
    parts: list[bytes] = []
    for tag in sorted(elements):
        value = elements[tag]
        if isinstance(value, bytes):
            vr = b"" if is_implicit else _vr(tag)
            padded = value + b"\0" * (len(value) % 2)
        else:
            vr = b"" if is_implicit else b"SQ"
            items = (write_data_set(item, is_implicit=is_implicit) for item in value)
            padded = b"".join(_IMPLICIT.pack(0xFFFE, 0xE000, len(item)) + item for item in items)
        parts += (_written_header(tag, vr, len(padded)), padded)
    return b"".join(parts)


def _written_header(tag: int, vr: bytes, length: int) -> bytes:
    if not vr:
        return _IMPLICIT.pack(tag >> 16, tag & 0xFFFF, length)
    if vr in LONG_VRS:
        return _EXPLICIT.pack(tag >> 16, tag & 0xFFFF, vr, 0) + _LONG.pack(length)
    return _EXPLICIT.pack(tag >> 16, tag & 0xFFFF, vr, length)


@functools.lru_cache(maxsize=4096)
def _vr(tag: int) -> bytes:
    from pydicom.datadict import dictionary_has_tag, dictionary_VR

    if not dictionary_has_tag(tag):
        return b"LO"
    return dictionary_VR(tag)[:2].encode()  # the first of several


def text_of(elements: Elements, tag: int) -> str:
    """Return a value of the default repertoire, without its padding; empty when it is absent or a sequence."""
    value = elements.get(tag, b"")
    return value.decode("ascii", "replace").strip(" \0") if isinstance(value, bytes) else ""


def items_of(elements: Elements, tag: int) -> Sequence[Elements]:
    """Return the items of a sequence; none when it is absent or no sequence."""
    value = elements.get(tag, b"")
    return () if isinstance(value, bytes) else value
