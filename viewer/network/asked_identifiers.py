"""Identifiers of queries that we ask, and of what is answered to us (PS3.4 C.4.1.1.3): text by keyword and bytes.

Keys are keywords of the data dictionary, or eight hexadecimal digits where it has none; inside of a sequence they
follow its keyword and a dot. Answers are read with patience: whatever of one can be read is of use.
"""

import functools
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from viewer.dicom.character_sets import decode_text, is_known_character_set
from viewer.dicom.tag_names import tag_name
from viewer.dicom.text_encoding import UTF_8, encoded_text
from viewer.network.small_data_sets import (
    ALL_VRS,
    Elements,
    MalformedDataSetError,
    Value,
    read_data_set,
    text_of,
    write_data_set,
)

CHARACTER_SET, LEVEL = 0x00080005, 0x00080052
_TEXT_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_ONE_VALUE_VRS = frozenset({"LT", "ST", "UT", "UR"})
_NUMBERS: Mapping[str, tuple[str, type[int] | type[float]]] = {
    "US": ("H", int), "SS": ("h", int), "UL": ("I", int), "SL": ("i", int), "UV": ("Q", int), "SV": ("q", int),
    "FL": ("f", float), "FD": ("d", float),
}  # fmt: skip
_BYTES = frozenset({"OB", "OD", "OF", "OL", "OV", "OW"})
_MOST_ELEMENTS = 20_000
_LONGEST_VALUE = 0xFFFE
_OF_LETTERS = ("ISO_IR 100", "ISO_IR 101", "ISO_IR 144")
_OF_CHARACTERS = ("\\ISO 2022 IR 149", "\\ISO 2022 IR 87", "ISO 2022 IR 13\\ISO 2022 IR 87")
_OF_OTHERS = ("GB18030",)
"""Of Western and Central Europe and Cyrillic; of Korea and Japan (twice: with half-width kana characters end in another
escape); of China, with all letters."""
_HEX = re.compile(r"[0-9A-Fa-f]{8}")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f]")


class UnknownKeyError(ValueError):
    """A key that is neither a keyword nor a tag."""


def tag_of(keyword: str) -> int:
    """Return the tag of a key.

    Raises:
        UnknownKeyError: If it has none.
    """
    tag = _tag_of(keyword)
    if tag is None:
        raise UnknownKeyError(keyword)
    return tag


def keyword_of(tag: int) -> str:
    """Return the key of a tag."""
    return tag_name(tag).keyword or f"{tag:08X}"


def written_query(
    keys: Mapping[str, str], *, is_implicit: bool, character_set: str = "", names_it: bool = True
) -> bytes:
    """Return the identifier of a query.

    Args:
        keys: Text by key, the level among them; empty for what is only wanted back.
        is_implicit: Whether it is written in implicit VR.
        character_set: In which the keys are written, as far as it has their letters; else they are in UTF-8. Empty for
            UTF-8.
        names_it: Whether the character set is named where ASCII would do: archives answer in what they are asked in.

    Raises:
        UnknownKeyError: If a key is none.
    """
    chosen = character_set or UTF_8
    if not all(_is_held(key, text, chosen) for key, text in keys.items()):
        chosen = UTF_8
    elements: dict[int, Value] = {}
    for key, text in keys.items():
        _put(elements, key.split("."), text, chosen)
    if names_it or not all(text.isascii() for text in keys.values()):
        elements[CHARACTER_SET] = encoded_text(chosen, "CS", "") or b""
    return write_data_set(elements, is_implicit=is_implicit)


def read_answer(raw: bytes, *, is_implicit: bool, character_set: str = "") -> dict[str, str]:
    """Return what an answer says: text by key, several values with backslashes; of a sequence its first item.

    Args:
        raw: Its bytes.
        is_implicit: Whether it should be in implicit VR; some archives write the other.
        character_set: Of an answer that names none, or one that is unknown.

    Raises:
        MalformedDataSetError: If it is no data set.
    """
    try:
        elements = read_data_set(raw, is_implicit=is_implicit, most_elements=_MOST_ELEMENTS)
    except MalformedDataSetError:
        if is_implicit is not (raw[4:6] in ALL_VRS):
            raise
        elements = read_data_set(raw, is_implicit=not is_implicit, most_elements=_MOST_ELEMENTS)
    named = text_of(elements, CHARACTER_SET)
    is_assumed = not named.strip("\\ ") or not is_known_character_set(named)
    if character_set and is_assumed:
        named = character_set
    answer: dict[str, str] = {}
    _read_into(answer, elements, _Named(named, is_assumed=is_assumed), "")
    return answer


def national_sets(keys: Mapping[str, str]) -> tuple[str, ...]:
    """Return the character sets beside UTF-8 in which archives are likely to hold what is asked for."""
    texts = {key: text for key, text in keys.items() if not text.isascii()}

    def fitting(sets: Sequence[str]) -> tuple[str, ...]:
        return tuple(each for each in sets if all(_is_held(key, text, each) for key, text in texts.items()))

    if not texts:
        return ()
    return fitting(_OF_LETTERS)[:1] or fitting(_OF_CHARACTERS) or fitting(_OF_OTHERS)[:1]


@dataclass(frozen=True, slots=True)
class _Named:
    """The character set of an answer.

    Attributes:
        is_assumed: Whether the answer names none: then escapes in a text say better what it is in (PS3.5 6.1.2.5.3).
    """

    character_set: str
    is_assumed: bool

    def text(self, raw: bytes, vr: str) -> str:
        is_text = vr in _TEXT_VRS or vr == "UN"
        text = decode_text(raw, self.character_set if is_text else "", is_person_name=vr == "PN")
        if is_text and self.is_assumed and "\x1b" in text:
            return decode_text(raw, "", is_person_name=vr == "PN")
        return text


def _read_into(answer: dict[str, str], elements: Elements, named: _Named, prefix: str) -> None:
    for tag, value in elements.items():
        key = prefix + keyword_of(tag)
        if isinstance(value, bytes):
            if tag != CHARACTER_SET and (tag & 0xFFFF):
                answer[key] = _read_value(value, _vr(tag), named)
        elif value:
            own = text_of(value[0], CHARACTER_SET)
            _read_into(answer, value[0], _Named(own, is_assumed=False) if own else named, f"{key}.")


def _read_value(raw: bytes, vr: str, named: _Named) -> str:
    if vr in _NUMBERS:
        code, _kind = _NUMBERS[vr]
        size = struct.calcsize(code)
        return "\\".join(f"{number:g}" if code in "fd" else str(number) for (number,) in struct.iter_unpack(
            f"<{code}", raw[: len(raw) // size * size]))  # fmt: skip
    if vr in _BYTES:
        return ""
    if vr == "AT":
        pairs = struct.iter_unpack("<HH", raw[: len(raw) // 4 * 4])
        return "\\".join(f"{group:04X}{element:04X}" for group, element in pairs)
    text = _CONTROLS.sub("", named.text(raw, vr))
    if vr in _ONE_VALUE_VRS:
        return text.rstrip(" ")
    return "\\".join(value.strip(" ") for value in text.split("\\"))


def _is_held(key: str, text: str, character_set: str) -> bool:
    return encoded_text(text, _vr(tag_of(key.rpartition(".")[2])), character_set) is not None


def _put(elements: dict[int, Value], path: list[str], text: str, character_set: str) -> None:
    tag = tag_of(path[0])
    if len(path) == 1:
        elements[tag] = _written_value(text, _vr(tag), character_set)
        return
    value = elements.get(tag)
    item = dict(value[0]) if value and not isinstance(value, bytes) else {}
    _put(item, path[1:], text, character_set)
    elements[tag] = [item]


def _written_value(text: str, vr: str, character_set: str) -> bytes | list[Elements]:
    if vr == "SQ":
        return [{}]  # an empty item asks for all that is in it (PS3.4 C.2.2.2.6)
    if vr in _NUMBERS:
        return _written_numbers(text, *_NUMBERS[vr])
    if vr == "AT":
        tags = (int(part, 16) for part in text.split("\\") if _HEX.fullmatch(part))
        return b"".join(struct.pack("<HH", tag >> 16, tag & 0xFFFF) for tag in tags)
    plain = _CONTROLS.sub(" ", text)
    raw = encoded_text(plain, "LO" if vr == "UN" else vr, character_set)
    if raw is None:
        raw = plain.encode("utf-8" if vr in _TEXT_VRS else "ascii", "replace")
        raw += b" " * (len(raw) % 2)
    if len(raw) > _LONGEST_VALUE:
        raw = raw[: raw.rfind(b"\\", 0, _LONGEST_VALUE)]
        raw += b" " * (len(raw) % 2)
    return raw


def _written_numbers(text: str, code: str, kind: Callable[[str], int | float]) -> bytes:
    try:
        return b"".join(struct.pack(f"<{code}", kind(part)) for part in text.split("\\") if part.strip())
    except (ValueError, struct.error):
        return b""


@functools.lru_cache(maxsize=4096)
def _vr(tag: int) -> str:
    return tag_name(tag).vr.partition(" ")[0]


@functools.lru_cache(maxsize=4096)
def _tag_of(keyword: str) -> int | None:
    if _HEX.fullmatch(keyword):
        return int(keyword, 16)
    from viewer.dicom import pydicom_loading  # noqa: F401 - first: two threads may come

    # isort: split
    from pydicom.datadict import tag_for_keyword

    return tag_for_keyword(keyword)
