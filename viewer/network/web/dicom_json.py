"""The DICOM JSON model (PS3.18 F) as text by keyword, as queries over DIMSE give it (identifiers.py).

Read with the patience that servers need: numbers as text and text as numbers, one value without its list, names as
plain text, tags in small letters, a VR that is missing.
"""

import functools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from viewer.network.web.problems import breaks_rules

_MOST_ATTRIBUTES = 2000
_LONGEST_TEXT = 0xFFFE
_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_NO_TEXT = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "UN"})
_WHOLE_NUMBERS = frozenset({"IS", "SL", "SS", "SV", "UL", "US", "UV"})
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_GAP = re.compile(r"[\s,]*")


def each_object(data: bytes, charset: str = "", subject: str = "") -> Iterator[Mapping[str, Any]]:
    """Yield the objects of an array one by one, so that a long answer never holds up other threads.

    Args:
        data: The body: an array of objects, or one object alone. Nothing at all is an empty array.
        charset: That the answer claims; UTF-8 always is right, and is used where it fits.
        subject: Who sent it, for errors.

    Raises:
        WebError: If it is neither; what came before has been yielded.
    """
    text = _decoded(data, charset).strip()
    if not text:
        return
    is_array = text[0] == "["
    at = 1 if is_array else 0
    decoder = json.JSONDecoder()
    while True:
        gap = _GAP.match(text, at)
        at = gap.end() if gap else at
        if at >= len(text):
            if is_array:
                raise breaks_rules(subject)
            return
        if is_array and text[at] == "]":
            return
        try:
            found, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            raise breaks_rules(subject) from None  # its text may tell of patients
        if not isinstance(found, dict):
            raise breaks_rules(subject)
        yield found


def texts_of(found: Mapping[str, Any]) -> dict[str, str]:
    """Return what an object says as text by keyword, several values with backslashes between.

    Sequences, bulk data, private attributes and what the dictionary does not know are left out.
    """
    texts: dict[str, str] = {}
    for tag, attribute in found.items():
        if len(texts) >= _MOST_ATTRIBUTES:
            break
        if not isinstance(attribute, dict) or not _TAG.fullmatch(tag):
            continue
        keyword, known_vr = _known(tag.upper())
        vr = attribute.get("vr") or known_vr
        if keyword and vr not in _NO_TEXT:
            texts[keyword] = _text(attribute.get("Value"), vr)
    return texts


def items_of(found: Mapping[str, Any], tag: str) -> list[Mapping[str, Any]]:
    """Return the items of a sequence; none where there is no such sequence."""
    attribute = found.get(tag) or found.get(tag.lower())
    values = attribute.get("Value") if isinstance(attribute, dict) else None
    if isinstance(values, dict):
        values = [values]
    return [item for item in values if isinstance(item, dict)] if isinstance(values, list) else []


def _decoded(data: bytes, charset: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode(charset or "latin-1", "replace")
    except LookupError:
        return data.decode("latin-1")


def _text(values: object, vr: str) -> str:
    each = values if isinstance(values, list) else [values]
    joined = "\\".join(_one(value, vr) for value in each)
    plain = _CONTROLS.sub(" ", joined) if joined and not joined.isprintable() else joined
    return plain[:_LONGEST_TEXT].strip()


def _one(value: object, vr: str) -> str:
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, str):
        return value.strip(" \0")
    if isinstance(value, float) and value.is_integer() and (vr in _WHOLE_NUMBERS or abs(value) < 1e15):
        return str(int(value))
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, dict):
        groups = [value.get(name) for name in _GROUPS]
        return "=".join(each if isinstance(each, str) else "" for each in groups).rstrip("=")
    return ""


@functools.lru_cache(maxsize=2048)
def _known(tag: str) -> tuple[str, str]:
    from pydicom.datadict import dictionary_VR, keyword_for_tag

    number = int(tag, 16)
    keyword = keyword_for_tag(number)
    return (keyword, dictionary_VR(number)) if keyword else ("", "")


def wants_objects(media_type: str) -> bool:
    """Whether a body of this media type may hold such objects; many servers say plain JSON, or nothing."""
    return media_type in {"", "application/dicom+json", "application/json", "text/plain", "text/json"}
