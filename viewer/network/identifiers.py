"""Identifiers of queries: from the bytes of a message to text by keyword, and back (PS3.4 C.4.1.1.3, PS3.7 9.3.2).

Queries come in the character set that they name; answers go out in ASCII, or in UTF-8 where that is not enough.
"""

import functools
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from viewer.dicom.character_sets import decode_text
from viewer.network.ports import TOO_MANY_ANSWERS, UNFIT_QUERY, QueryLevel, QueryRefused
from viewer.network.small_data_sets import MalformedDataSetError, Value, read_data_set, text_of, write_data_set

_CHARACTER_SET, _LEVEL = 0x00080005, 0x00080052
_UTF_8 = b"ISO_IR 192"
_TEXT_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_LONGEST_VALUE = 0xFFFE
_LARGEST, _MOST_ELEMENTS, _MOST_KEYS, _MOST_VALUES = 1 << 20, 5000, 1000, 30_000
"""Of what is asked: room for 16,000 of the longest UIDs, and no more memory than that needs."""
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Identifier:
    """What a query asks.

    Attributes:
        keys: Text by keyword of the data dictionary, decoded, several values with backslashes between.
        unknown_count: How many keys it has beside these: sequences, private ones, what the dictionary does not know.
    """

    level: QueryLevel
    keys: Mapping[str, str]
    unknown_count: int = 0


def read_identifier(raw: bytes, *, is_implicit: bool) -> Identifier:
    """Return what an identifier asks.

    Raises:
        QueryRefused: If it is none.
    """
    if len(raw) > _LARGEST or raw.count(b"\\") > _MOST_VALUES:
        raise QueryRefused(TOO_MANY_ANSWERS, "more values than can be looked for at once")
    try:
        elements = read_data_set(raw, is_implicit=is_implicit, most_elements=_MOST_ELEMENTS)
        level = QueryLevel(text_of(elements, _LEVEL))
    except (MalformedDataSetError, ValueError):
        raise QueryRefused(UNFIT_QUERY, "not an identifier of a query") from None
    if len(elements) > _MOST_KEYS:
        raise QueryRefused(UNFIT_QUERY, "too many keys")
    character_set = text_of(elements, _CHARACTER_SET)
    keys: dict[str, str] = {}
    unknown = 0
    for tag, value in elements.items():
        if tag in {_CHARACTER_SET, _LEVEL}:
            continue
        keyword, vr = _known(tag)
        if keyword and isinstance(value, bytes):
            keys[keyword] = _read_value(value, vr, character_set)
        else:
            unknown += 1
    return Identifier(level, keys, unknown)


def write_identifier(values: Mapping[str, str], *, is_implicit: bool) -> bytes:
    """Return the identifier of an answer, its character set said where it is needed."""
    elements: dict[int, Value] = {}
    for keyword, text in values.items():
        tag, vr = _of_keyword(keyword)
        elements[tag] = _written_value(text, vr)
    if not all(text.isascii() for text in values.values()):
        elements[_CHARACTER_SET] = _UTF_8
    return write_data_set(elements, is_implicit=is_implicit)


def _read_value(raw: bytes, vr: str, character_set: str) -> str:
    if vr == "US":
        return str(int.from_bytes(raw[:2], "little")) if len(raw) >= 2 else ""
    text = decode_text(raw, character_set if vr in _TEXT_VRS else "", is_person_name=vr == "PN")
    return text.strip(" \0")


def _written_value(text: str, vr: str) -> bytes:
    if vr == "US":
        return struct.pack("<H", int(text)) if text.isdigit() and int(text) <= 0xFFFF else b""
    plain = _CONTROLS.sub(" ", text)
    raw = plain.encode("utf-8", "replace") if vr in _TEXT_VRS else plain.encode("ascii", "replace")
    if len(raw) > _LONGEST_VALUE:
        raw = raw[:_LONGEST_VALUE].decode("utf-8", "ignore").encode()
    return raw + (b"\0" if vr == "UI" else b" ") * (len(raw) % 2)


@functools.lru_cache(maxsize=1024)
def _known(tag: int) -> tuple[str, str]:
    from pydicom.datadict import dictionary_VR, keyword_for_tag

    keyword = keyword_for_tag(tag)
    return (keyword, dictionary_VR(tag)) if keyword else ("", "")


@functools.lru_cache(maxsize=1024)
def _of_keyword(keyword: str) -> tuple[int, str]:
    from pydicom.datadict import dictionary_VR, tag_for_keyword

    tag = tag_for_keyword(keyword)
    if tag is None:
        raise ValueError(f"{keyword} is no keyword")
    return tag, dictionary_VR(tag)
