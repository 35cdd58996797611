"""Text of a data set: bytes to characters by Specific Character Set (PS3.3 C.12.1.1.2, PS3.5 6.1 and Annexes H to K).

An ISO 2022 decoder of our own, because names on real discs break the rules in ways that general decoders answer with an
exception or with nothing. What cannot be decoded becomes U+FFFD; nothing is guessed that the file did not declare.
"""

import functools
import re
from dataclasses import dataclass

from viewer.base.translation import N_
from viewer.dicom.code_tables import (
    ASCII,
    GRAPHIC_SETS,
    ROMAJI,
    STAND_ALONE,
    GraphicSet,
    decode_double,
    decode_single,
    initial_set_of,
)

# (value of (0008,0005), English title): what the reader may choose when the file's own value is wrong.
CHARACTER_SETS: tuple[tuple[str, str], ...] = (
    ("ISO_IR 192", N_("Unicode (UTF-8)")),
    ("ISO 2022 IR 149", N_("Korean (KS X 1001)")),
    ("ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159", N_("Japanese (JIS X 0201, 0208, 0212)")),
    ("SHIFT_JIS", N_("Japanese (Shift JIS)")),
    ("EUC-JP", N_("Japanese (EUC)")),
    ("GB18030", N_("Chinese (GB 18030)")),
    ("GBK", N_("Chinese (GBK)")),
    ("ISO 2022 IR 58", N_("Chinese (GB 2312)")),
    ("BIG5", N_("Chinese, traditional (Big5)")),
    ("ISO_IR 100", N_("Western European (Latin-1)")),
    ("ISO_IR 203", N_("Western European with euro (Latin-9)")),
    ("WINDOWS-1252", N_("Western European (Windows 1252)")),
    ("ISO_IR 101", N_("Central European (Latin-2)")),
    ("WINDOWS-1250", N_("Central European (Windows 1250)")),
    ("ISO_IR 109", N_("South European (Latin-3)")),
    ("ISO_IR 110", N_("North European (Latin-4)")),
    ("ISO_IR 148", N_("Turkish (Latin-5)")),
    ("ISO_IR 126", N_("Greek")),
    ("ISO_IR 144", N_("Cyrillic")),
    ("WINDOWS-1251", N_("Cyrillic (Windows 1251)")),
    ("ISO_IR 127", N_("Arabic")),
    ("ISO_IR 138", N_("Hebrew")),
    ("ISO_IR 166", N_("Thai")),
    ("ISO_IR 6", N_("ASCII only")),
)

_ESCAPE = re.compile(rb"(\x1b[\x20-\x2f]*[\x30-\x7e]?)")
_CONTROL = re.compile(rb"[\t\n\f\r]")
_NAME_DELIMITER = re.compile(rb"[\\^=\t\n\f\r]")
_TEXT_DELIMITER = re.compile(rb"[\\\t\n\f\r]")


@dataclass(frozen=True, slots=True)
class _Repertoire:
    """What a value of (0008,0005) says.

    Attributes:
        stand_alone: The Python codec of a set that allows no escapes; empty for ISO 2022.
        g0: The set of bytes below 80 before any escape and after each delimiter.
        g1: The set of bytes from 80 up, likewise; None when nothing is invoked there.
        unescaped: What high bytes mean where g1 is None, though the Standard asks for an escape first: the first
            declared set that lives there. Many Korean and Chinese devices leave the escape out.
    """

    stand_alone: str
    g0: GraphicSet
    g1: GraphicSet | None
    unescaped: GraphicSet | None


def decode_text(raw: bytes, specific_character_set: str, *, is_person_name: bool = True) -> str:
    """Decode a text value; never raises.

    Args:
        raw: The value as in the file, all its values with their backslashes.
        specific_character_set: (0008,0005) as in the file, values joined by backslashes; empty for the default.
        is_person_name: Whether ^ and = end the reach of an escape, as they do in names. Elsewhere it matters only to
            texts that mix two sets of high bytes; the harmless default serves callers that do not know.

    Returns:
        The text with delimiters and padding in place, U+FFFD for each byte that has no meaning in the declared sets.
    """
    repertoire = _repertoire(specific_character_set)
    if raw.isascii() and b"\x1b" not in raw and repertoire.g0 is ASCII:
        return raw.decode("ascii")
    return _decode(raw, repertoire, is_person_name)


def is_known_character_set(specific_character_set: str) -> bool:
    """Return whether every value of (0008,0005) is one we can decode."""
    return all(
        not value or value in STAND_ALONE or initial_set_of(value) is not None
        for value in map(_normalised, specific_character_set.split("\\"))
    )


@functools.lru_cache(maxsize=8192)
def _decode(raw: bytes, repertoire: _Repertoire, is_person_name: bool) -> str:
    if repertoire.stand_alone:
        return raw.decode(repertoire.stand_alone, "replace")
    return _Iso2022Decoder(repertoire, is_person_name=is_person_name).decode(raw)


class _Iso2022Decoder:
    """Walks a value from escape to escape, with what is invoked in G0 and G1."""

    def __init__(self, repertoire: _Repertoire, *, is_person_name: bool) -> None:
        self._repertoire = repertoire
        self._delimiter = _NAME_DELIMITER if is_person_name else _TEXT_DELIMITER
        self._g0 = repertoire.g0
        self._g1 = repertoire.g1
        self._unescaped = repertoire.unescaped

    def decode(self, raw: bytes) -> str:
        parts: list[str] = []
        for piece in _ESCAPE.split(raw):
            if piece.startswith(b"\x1b"):
                parts.append(self._invoke(piece))
            elif piece:
                parts.append(self._text(piece))
        return "".join(parts)

    def _invoke(self, escape: bytes) -> str:
        """Take an escape sequence; return what is shown for it: nothing, or U+FFFD for one that is unknown."""
        found = GRAPHIC_SETS.get(escape)
        if found is None:
            # What follows the ESC may be text: an unknown sequence hides nothing.
            return "�" + escape[1:].decode("ascii")
        if found.is_in_g1:
            self._g1 = self._unescaped = found
        else:
            self._g0 = found
        return ""

    def _text(self, piece: bytes) -> str:
        """Decode a stretch without escapes, resetting at the first delimiter (PS3.5 6.1.2.5.3)."""
        # While G0 holds a double-byte set, ^ = and \ are halves of characters; only controls end it.
        delimiter = (_CONTROL if self._g0.is_double else self._delimiter).search(piece)
        if delimiter is None:
            return self._run(piece)
        head = self._run(piece[: delimiter.start()])
        self._reset()
        return head + self._run(piece[delimiter.start() :])

    def _reset(self) -> None:
        self._g0, self._g1 = self._repertoire.g0, self._repertoire.g1

    def _run(self, run: bytes) -> str:
        if self._g0.is_double:
            text, rest = decode_double(run, self._g0)
            if rest:  # a delimiter where the way back to ASCII was forgotten
                self._reset()
                text += self._run(rest)
            return text
        return decode_single(run, self._g0, self._g1 or self._unescaped)


@functools.lru_cache(maxsize=256)
def _repertoire(specific_character_set: str) -> _Repertoire:
    values = [_normalised(value) for value in specific_character_set.split("\\")]
    first, others = values[0], [value for value in values[1:] if value]
    if first in {"", "6"} and len(others) == 1 and others[0] in STAND_ALONE:
        first = others[0]  # "\ISO_IR 192": forbidden, but it can mean only one thing
    if first in STAND_ALONE:
        return _Repertoire(STAND_ALONE[first], ASCII, None, None)
    initial = initial_set_of(first)
    g1 = initial if initial is not None and initial.is_in_g1 else None
    declared = [found for found in map(initial_set_of, others) if found is not None and found.is_in_g1]
    g0 = ROMAJI if first in {"13", "14"} else ASCII
    return _Repertoire("", g0, g1, declared[0] if declared and g1 is None else None)


_DEFINED_TERM = re.compile(r"^(?:ISO)?[ _-]*(?:2022)?[ _-]*IR[ _-]*(\d+)$")
_SPELLINGS = {
    "UTF-8": "192",
    "UTF8": "192",
    "GB2312": "58",
    "EUC-KR": "149",
    "KS_C_5601-1987": "149",
    "SHIFT-JIS": "SHIFT_JIS",
    "SJIS": "SHIFT_JIS",
}
_ISO_8859 = {1: "100", 2: "101", 3: "109", 4: "110", 5: "144", 6: "127", 7: "126", 8: "138", 9: "148", 11: "166"}
_ISO_8859_NAME = re.compile(r"^ISO[ _-]*8859[ _-]*(\d+)$")


def _normalised(value: str) -> str:
    """Reduce a defined term, however it is spelled, to its registration number: "ISO_IR 100", "iso-ir 100" to "100"."""
    text = value.strip(" \0").upper()
    match = _DEFINED_TERM.match(text)
    if match:
        return match[1]
    match = _ISO_8859_NAME.match(text)
    if match:
        return "203" if match[1] == "15" else _ISO_8859.get(int(match[1]), text)
    return _SPELLINGS.get(text, text)
