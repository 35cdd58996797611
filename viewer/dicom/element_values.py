"""Values of elements in words, decoded from the bytes of the file by VR and character set (PS3.5 6.2)."""

import struct
from collections.abc import Mapping

VALUE_LIMIT = 2048
"""Characters of a value that are put into words; the bytes are there for the rest."""
BYTES_SHOWN = 64
"""Bytes of a binary value that are put into words."""

_ENCODED_TEXT = frozenset(["LO", "LT", "PN", "SH", "ST", "UC", "UT"])
_PLAIN_TEXT = frozenset(["AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI", "UR"])
_NUMBERS: Mapping[str, str] = {
    "US": "H", "SS": "h", "UL": "I", "SL": "i", "UV": "Q", "SV": "q", "FL": "f", "FD": "d",
    "OW": "H", "OL": "I", "OV": "Q", "OF": "f", "OD": "d",
}  # fmt: skip


def value_text(raw: bytes, vr: str, character_set: str = "", is_big_endian: bool = False) -> str:
    """Return a value in words: text decoded, numbers written out, other bytes as hexadecimal digits."""
    if vr in _ENCODED_TEXT:
        from viewer.dicom.character_sets import decode_text

        text = decode_text(raw[: 8 * VALUE_LIMIT], character_set, is_person_name=vr == "PN")
        return _cut(text.rstrip(" \0"))
    if vr in _PLAIN_TEXT:
        text = raw[: 2 * VALUE_LIMIT].decode("latin-1").rstrip(" \0")
        return _cut(_named_uids(text) if vr == "UI" else text)
    if vr == "AT":
        parts = struct.unpack_from(f"{_order(is_big_endian)}{len(raw) // 2}H", raw)
        return _cut(
            "\\".join(f"({group:04X},{element:04X})" for group, element in zip(parts[::2], parts[1::2], strict=False))
        )
    code = _NUMBERS.get(vr)
    if code is not None and len(raw) % struct.calcsize(code) == 0:
        return _numbers(raw, code, is_big_endian=is_big_endian)
    return _hexadecimal(raw)


def _numbers(raw: bytes, code: str, *, is_big_endian: bool) -> str:
    size = struct.calcsize(code)
    count = min(len(raw) // size, VALUE_LIMIT // 2)
    numbers = struct.unpack_from(f"{_order(is_big_endian)}{count}{code}", raw)
    # A float has some seven significant digits, a double seventeen.
    texts = (f"{number:.7g}" if code == "f" else repr(number) for number in numbers)
    return _cut("\\".join(texts) + ("\\…" if count * size < len(raw) else ""))


def _hexadecimal(raw: bytes) -> str:
    return raw[:BYTES_SHOWN].hex(" ") + (" …" if len(raw) > BYTES_SHOWN else "")


def _order(is_big_endian: bool) -> str:
    return ">" if is_big_endian else "<"


def _named_uids(text: str) -> str:
    from pydicom.uid import UID

    named = (f"{uid} ({name})" if (name := UID(uid).name) != uid else uid for uid in text.split("\\"))
    return "\\".join(named)


def _cut(text: str) -> str:
    return text if len(text) < VALUE_LIMIT else text[: VALUE_LIMIT - 1] + "…"


def is_binary(vr: str) -> bool:
    """Return whether values of a VR are bytes without words of their own."""
    return vr not in _ENCODED_TEXT and vr not in _PLAIN_TEXT and vr not in _NUMBERS and vr != "AT"
