"""Structured reports written byte by byte, so that they can also be wrong: explicit little endian, no pydicom."""

import struct

REPORT_CLASS = "1.2.840.10008.5.1.4.1.1.88.33"
_LONG = frozenset({"OB", "OF", "OW", "SQ", "UC", "UN", "UR", "UT"})
UNDEFINED = 0xFFFFFFFF


def element(tag: int, vr: str, value: bytes | str) -> bytes:
    """Return one element; texts are padded."""
    raw = value.encode("utf-8") if isinstance(value, str) else value
    if len(raw) % 2:
        raw += b"\0" if vr == "UI" else b" "
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode()
    return head + (struct.pack("<HI", 0, len(raw)) if vr in _LONG else struct.pack("<H", len(raw))) + raw


def sequence(tag: int, *items: bytes, is_undefined: bool = False) -> bytes:
    """Return a sequence with its items, of known lengths or of undefined ones."""
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + b"SQ\0\0"
    if not is_undefined:
        value = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item for item in items)
        return head + struct.pack("<I", len(value)) + value
    begin, end = struct.pack("<HHI", 0xFFFE, 0xE000, UNDEFINED), struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
    value = b"".join(begin + item + end for item in items)
    return head + struct.pack("<I", UNDEFINED) + value + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def code(tag: int, value: str, scheme: str, meaning: str) -> bytes:
    """Return a code sequence."""
    parts = element(0x00080100, "SH", value) + element(0x00080102, "SH", scheme) + element(0x00080104, "LO", meaning)
    return sequence(tag, parts)


def content(value_type: str, value: bytes = b"", name: str = "", relationship: str = "CONTAINS") -> bytes:
    """Return the elements of a content item."""
    parts = element(0x0040A010, "CS", relationship) if relationship else b""
    parts += element(0x0040A040, "CS", value_type) if value_type else b""
    parts += code(0x0040A043, name.upper()[:12], "99TEST", name) if name else b""
    return parts + value


def text(words: str, name: str = "Finding", relationship: str = "CONTAINS") -> bytes:
    """Return a TEXT item."""
    return content("TEXT", element(0x0040A160, "UT", words), name, relationship)


def pointer(*position: int, relationship: str = "INFERRED FROM") -> bytes:
    """Return an item by reference."""
    numbers = struct.pack(f"<{len(position)}I", *position)
    return element(0x0040A010, "CS", relationship) + element(0x0040DB73, "UL", numbers)


def children(*items: bytes, is_undefined: bool = False) -> bytes:
    """Return a content sequence."""
    return sequence(0x0040A730, *items, is_undefined=is_undefined)


def report(body: bytes, *, name: str = "홍^길동=洪^吉洞", is_file: bool = True) -> bytes:
    """Return a whole file with a container at the root; body is its content sequence."""
    data = (
        element(0x00080005, "CS", "ISO_IR 192")
        + element(0x00080016, "UI", REPORT_CLASS)
        + element(0x00080018, "UI", "1.2.3.4")
        + element(0x00080060, "CS", "SR")
        + element(0x00100010, "PN", name)
        + element(0x0020000D, "UI", "1.2.3")
        + element(0x0040A040, "CS", "CONTAINER")
        + code(0x0040A043, "11528-7", "LN", "Radiology Report")
        + element(0x0040A050, "CS", "SEPARATE")
        + element(0x0040A491, "CS", "PARTIAL")
        + element(0x0040A493, "CS", "UNVERIFIED")
        + body
    )
    if not is_file:
        return data
    meta = element(0x00020010, "UI", "1.2.840.10008.1.2.1")
    return bytes(128) + b"DICM" + element(0x00020000, "UL", struct.pack("<I", len(meta))) + meta + data
