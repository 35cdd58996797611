"""Text of a data set written: in the character set that the data set has, or all of it in UTF-8 (PS3.3 C.12.1.1.2)."""

import re
import warnings
from collections.abc import Iterable

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.character_sets import decode_text
from viewer.dicom.element_walk import (
    SEQUENCE_END,
    ElementWalk,
    Encoding,
    Placed,
    delimiter,
    element_bytes,
    group_length,
    item_bytes,
)
from viewer.dicom.sequence_quotas import refuse_deep
from viewer.dicom.tag_names import is_private, tag_name, tag_text

UTF_8 = "ISO_IR 192"
CHARACTER_SET = 0x00080005
_ENCODED_TEXT = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_ESCAPE = re.compile(rb"(\x1b[\x20-\x2f]+[\x30-\x7e])")
_KATAKANA = b"\x1b)I"
_PLAIN_TEXT = frozenset({"AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UR"})


def padded(value: bytes, vr: str) -> bytes:
    """Return a value of even length (PS3.5 6.2)."""
    return value + (b"\0" if vr in {"UI", "OB"} else b" ") if len(value) % 2 else value


def encoded_text(text: str, vr: str, character_set: str) -> bytes | None:
    """Return a text as bytes of even length; None when the character set cannot hold it.

    What comes out is read back before it is believed.
    """
    if text.isascii() and "\x1b" not in text and not (vr in _ENCODED_TEXT and _is_romaji(character_set)):
        return padded(text.encode("ascii"), vr)
    if vr not in _ENCODED_TEXT:
        return None
    raw = text.encode("utf-8") if character_set == UTF_8 else _by_pydicom(text, vr, character_set)
    if raw is None:
        return None
    for written in (_without_needless_escapes(raw, character_set), raw):
        if decode_text(written, character_set, is_person_name=vr == "PN") == text:
            return padded(written, vr)
    return None


def _without_needless_escapes(raw: bytes, character_set: str) -> bytes:
    """Return a text without escapes to what is in force anyway: devices write none, and archives compare bytes."""
    is_romaji = _is_romaji(character_set)
    invoked = b"\x1b(J" if is_romaji else b"\x1b(B"
    parts = []
    for piece in _ESCAPE.split(raw):
        if piece == invoked or (is_romaji and piece == _KATAKANA):
            continue
        if piece.startswith((b"\x1b(", b"\x1b$B", b"\x1b$@", b"\x1b$(")):
            invoked = piece
        parts.append(piece)
    return b"".join(parts)


def _is_romaji(character_set: str) -> bool:
    """Return whether backslash and tilde may be other characters (JIS X 0201)."""
    return " 13" in character_set.partition("\\")[0]


def _by_pydicom(text: str, vr: str, character_set: str) -> bytes | None:
    from viewer.dicom import pydicom_loading  # noqa: F401 - first: two threads may come

    # isort: split
    from pydicom.charset import convert_encodings, encode_string
    from pydicom.valuerep import PersonName

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            encodings = convert_encodings([name.strip() for name in character_set.split("\\")])
            if not all(any(_has(encoding, char) for encoding in encodings) for char in text):
                return None
            return PersonName(text).encode(encodings) if vr == "PN" else encode_string(text, encodings)
    except (UserWarning, UnicodeError, LookupError, ValueError):
        return None


def _has(encoding: str, char: str) -> bool:
    try:
        return bool(char.encode(encoding))
    except UnicodeError:
        return False


class Widening:
    """All text of a data set in UTF-8, whatever it was in; what cannot be read cannot be written.

    Args:
        walk: Over the data set.
        character_set: What (0008,0005) of the data set says; items that have their own keep it.
    """

    def __init__(self, walk: ElementWalk, character_set: str) -> None:
        self._walk = walk
        self._character_set = character_set

    def widened(self, element: Placed, vr: str, depth: int = 0) -> bytes | None:
        """Return an element with its text in UTF-8; None when its bytes stay as they are.

        Args:
            element: Of the data set, or of an item of it.
            vr: As written, or of the dictionary.
            depth: In how many items it is.

        Raises:
            DicomError: If a text is not in the character set that the file declares.
        """
        if vr in _ENCODED_TEXT:
            return self._text(element, vr)
        if vr == "SQ" or element.is_sequence:
            return self._sequence(element, depth)
        return None

    def _text(self, element: Placed, vr: str) -> bytes | None:
        raw = self._walk.cut(element.value, element.value_end)
        text = decode_text(raw, self._character_set, is_person_name=vr == "PN")
        if "\ufffd" in text:
            raise DicomError(
                _("The text of {tag} is not in the character set that the file declares").format(
                    tag=tag_text(element.tag)
                )
            )
        value = text.encode("utf-8")
        if len(value) % 2 and value.endswith(b" "):
            value = value[:-1]  # it was there to make the length even
        return None if value == raw else element_bytes(element.tag, element.vr, padded(value, vr), element.encoding)

    def _sequence(self, sequence: Placed, depth: int) -> bytes | None:
        refuse_deep(depth + 1)
        items = []
        is_changed = False
        for item in self._walk.items(sequence, depth + 1):
            new = self._item(item, depth + 1)
            is_changed |= new is not None
            items.append(self._walk.cut(item.start, item.end) if new is None else new)
        if not is_changed:
            return None
        value = b"".join(items)
        if sequence.is_undefined and sequence.inner != sequence.encoding:  # its delimiter is written as its items are
            value += delimiter(SEQUENCE_END, sequence.inner)
            return self._walk.cut(sequence.start, sequence.value) + value
        return element_bytes(sequence.tag, sequence.vr, value, sequence.encoding, is_undefined=sequence.is_undefined)

    def _item(self, item: Placed, depth: int) -> bytes | None:
        elements = tuple(self._walk.elements(item.value, item.value_end, item.inner, depth))
        if any(each.tag == CHARACTER_SET and each.value != each.value_end for each in elements):
            return None
        vrs = value_representations(self._walk, elements)
        new = [self.widened(each, vr, depth) for each, vr in zip(elements, vrs, strict=True)]
        if not any(each is not None for each in new):
            return None
        parts = [
            (each.tag, self._walk.cut(each.start, each.end) if made is None else made)
            for each, made in zip(elements, new, strict=True)
        ]
        value = b"".join(part for _tag, part in with_group_lengths(parts, item.encoding))
        return item_bytes(value, item.encoding, is_undefined=item.is_undefined)


def value_representations(walk: ElementWalk, elements: Iterable[Placed]) -> list[str]:
    """Return the VR of each element of a data set: as written, else of the dictionaries."""
    creators: dict[int, str] = {}
    found = []
    for element in elements:
        if is_private(element.tag) and 0x10 <= element.tag & 0xFFFF < 0x100:
            raw = walk.cut(element.value, element.value_end)
            creators[element.tag >> 16 << 8 | element.tag & 0xFF] = raw.decode("latin-1").strip(" \0")
        if element.vr not in {"", "UN"}:
            found.append(element.vr)
            continue
        block = element.tag >> 16 << 8 | element.tag >> 8 & 0xFF
        creator = creators.get(block, "") if is_private(element.tag) else ""
        known = tag_name(element.tag, creator).vr
        # What is behind UN may be encoded otherwise than the file: only text is safe to be taken for what it is.
        found.append(known if element.vr == "" or known in _ENCODED_TEXT | _PLAIN_TEXT else element.vr)
    return found


def with_group_lengths(parts: list[tuple[int, bytes]], encoding: Encoding) -> list[tuple[int, bytes]]:
    """Return elements with their group lengths, where they have such, made true."""
    if not any(tag & 0xFFFF == 0 for tag, _part in parts):
        return parts
    lengths: dict[int, int] = {}
    for tag, part in parts:
        if tag & 0xFFFF:
            lengths[tag >> 16] = lengths.get(tag >> 16, 0) + len(part)
    return [
        (tag, part if tag & 0xFFFF else group_length(tag, lengths.get(tag >> 16, 0), encoding)) for tag, part in parts
    ]
