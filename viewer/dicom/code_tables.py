"""The graphic sets that DICOM text may invoke, by registration number and by escape sequence (PS3.3 C.12.1.1.2)."""

import codecs
import functools
import re
from dataclasses import dataclass

_UNDEFINED = "￾"  # what codecs.charmap_decode takes for "no character here"
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")


@dataclass(frozen=True, slots=True)
class GraphicSet:
    """One registered set of characters.

    Attributes:
        codec: The Python codec whose high half (in its EUC form for double-byte sets) holds the set.
        is_in_g1: Whether its escape invokes it for bytes from 80 up; otherwise for bytes below 80.
        is_double: Whether two bytes make a character.
        prefix: What must stand before each character for the codec to take it for this set.
    """

    name: str
    codec: str
    is_in_g1: bool
    is_double: bool = False
    prefix: bytes = b""


ASCII = GraphicSet("ISO 646", "ascii", is_in_g1=False)
ROMAJI = GraphicSet("JIS X 0201 romaji", "romaji", is_in_g1=False)
_KATAKANA = GraphicSet("JIS X 0201 katakana", "katakana", is_in_g1=True)
_KATAKANA_IN_G0 = GraphicSet("JIS X 0201 katakana", "katakana", is_in_g1=False)
_KANJI = GraphicSet("JIS X 0208", "euc_jp", is_in_g1=False, is_double=True)
_MORE_KANJI = GraphicSet("JIS X 0212", "euc_jp", is_in_g1=False, is_double=True, prefix=b"\x8f")
_HANGUL = GraphicSet("KS X 1001", "cp949", is_in_g1=True, is_double=True)
_HANGUL_IN_G0 = GraphicSet("KS X 1001", "euc_kr", is_in_g1=False, is_double=True)
_HANZI = GraphicSet("GB 2312", "gbk", is_in_g1=True, is_double=True)
_HANZI_IN_G0 = GraphicSet("GB 2312", "gbk", is_in_g1=False, is_double=True)


def _latin(name: str, codec: str) -> GraphicSet:
    return GraphicSet(name, codec, is_in_g1=True)


# By registration number: what is in force before any escape when this is value 1 of (0008,0005), or what high bytes
# mean when their escape was forgotten.
_BY_NUMBER: dict[str, GraphicSet] = {
    "6": ASCII,
    "13": _KATAKANA,
    "14": ROMAJI,
    "58": _HANZI,
    "87": _KANJI,
    "100": _latin("Latin-1", "latin_1"),
    "101": _latin("Latin-2", "iso8859_2"),
    "109": _latin("Latin-3", "iso8859_3"),
    "110": _latin("Latin-4", "iso8859_4"),
    "126": _latin("Greek", "iso8859_7"),
    "127": _latin("Arabic", "iso8859_6"),
    "138": _latin("Hebrew", "iso8859_8"),
    "144": _latin("Cyrillic", "iso8859_5"),
    "148": _latin("Latin-5", "iso8859_9"),
    "149": _HANGUL,
    "159": _MORE_KANJI,
    "166": _latin("Thai", "iso8859_11"),
    "203": _latin("Latin-9", "iso8859_15"),
}

# By the whole escape sequence; the last five are not in the Standard but are what its neighbours write.
GRAPHIC_SETS: dict[bytes, GraphicSet] = {
    b"\x1b(B": ASCII,
    b"\x1b(J": ROMAJI,
    b"\x1b)I": _KATAKANA,
    b"\x1b-A": _BY_NUMBER["100"],
    b"\x1b-B": _BY_NUMBER["101"],
    b"\x1b-C": _BY_NUMBER["109"],
    b"\x1b-D": _BY_NUMBER["110"],
    b"\x1b-F": _BY_NUMBER["126"],
    b"\x1b-G": _BY_NUMBER["127"],
    b"\x1b-H": _BY_NUMBER["138"],
    b"\x1b-L": _BY_NUMBER["144"],
    b"\x1b-M": _BY_NUMBER["148"],
    b"\x1b-T": _BY_NUMBER["166"],
    b"\x1b-b": _BY_NUMBER["203"],
    b"\x1b$B": _KANJI,
    b"\x1b$(D": _MORE_KANJI,
    b"\x1b$)C": _HANGUL,
    b"\x1b$)A": _HANZI,
    b"\x1b(I": _KATAKANA_IN_G0,
    b"\x1b$@": _KANJI,
    b"\x1b$(B": _KANJI,
    b"\x1b$(C": _HANGUL_IN_G0,
    b"\x1b$A": _HANZI_IN_G0,
}

# Codecs without escapes. The first three are the Standard's; the others are what wrongly labelled files hold.
STAND_ALONE: dict[str, str] = {
    "192": "utf_8",
    "GB18030": "gb18030",
    "GBK": "gbk",
    "BIG5": "big5hkscs",
    "SHIFT_JIS": "cp932",
    "EUC-JP": "euc_jp",
    "WINDOWS-1250": "cp1250",
    "WINDOWS-1251": "cp1251",
    "WINDOWS-1252": "cp1252",
}


def initial_set_of(number: str) -> GraphicSet | None:
    """Return the set of a registration number; ASCII for an empty one, None for one that is not in the Standard."""
    return _BY_NUMBER.get(number) if number else ASCII


def decode_single(run: bytes, g0: GraphicSet, g1: GraphicSet | None) -> str:
    """Decode a run whose low bytes stand for one character each; U+FFFD for what is in neither set."""
    if g1 is None or not g1.is_double:
        return codecs.charmap_decode(run, "replace", _table(g0.codec, g1.codec if g1 else ""))[0]
    if g1 is _HANGUL:
        # Windows fills gaps of KS X 1001 with the rarer syllables, the second byte sometimes a letter; those byte pairs
        # mean nothing else, and never contain a delimiter.
        return run.decode(_HANGUL.codec, "replace")
    low = _table(g0.codec, "")
    parts: list[str] = []
    position = 0
    for match in _HIGH_RUN.finditer(run):
        parts.append(codecs.charmap_decode(run[position : match.start()], "replace", low)[0])
        parts.append(match[0].decode(g1.codec, "replace"))
        position = match.end()
    parts.append(codecs.charmap_decode(run[position:], "replace", low)[0])
    return "".join(parts)


def decode_double(run: bytes, g0: GraphicSet) -> tuple[str, bytes]:
    """Decode a run of seven-bit double bytes.

    Returns:
        The text, and what is left from a delimiter on that cannot be half of a character.
    """
    parts: list[str] = []
    position = 0
    while position < len(run):
        pair = run[position : position + 2]
        if len(pair) == 2 and all(0x21 <= byte <= 0x7E for byte in pair):
            parts.append((g0.prefix + bytes(byte | 0x80 for byte in pair)).decode(g0.codec, "replace"))
            position += 2
        elif pair[0] in b"\\^=":
            return "".join(parts), run[position:]
        else:
            parts.append(chr(pair[0]) if pair[0] <= 0x20 else "�")
            position += 1
    return "".join(parts), b""


@functools.lru_cache(maxsize=64)
def _table(low: str, high: str) -> str:
    """Return 256 characters: the low set's for bytes below 80, the high set's above A0, controls as they are."""
    return _low_half(low) + _UNDEFINED * 32 + _high_half(high)


def _low_half(name: str) -> str:
    controls = "".join(map(chr, range(0x20)))
    ascii_half = "".join(map(chr, range(0x80)))
    if name == "romaji":
        # 7E is an overline; 5C is a yen sign, yet DICOM's delimiter all the same, so it stays a backslash.
        return ascii_half.replace("~", "‾")
    if name == "katakana":
        return controls + " " + _katakana()[: 0x7F - 0x21] + "\x7f"
    return ascii_half


def _high_half(name: str) -> str:
    if not name:
        return _UNDEFINED * 96
    if name == "katakana":
        return _UNDEFINED + _katakana() + _UNDEFINED
    return bytes(range(0xA0, 0x100)).decode(name, "replace").replace("�", _UNDEFINED)


def _katakana() -> str:
    """Return JIS X 0201's 94 cells, 63 of them half-width katakana."""
    return "".join(map(chr, range(0xFF61, 0xFFA0))) + _UNDEFINED * (94 - 63)
