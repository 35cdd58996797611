"""The descriptors of UDF as bytes: tags with their check sums, extents, file entries, names (ECMA-167 3 and 4).

Pure functions on blocks that somebody else has read; nothing here believes a length without comparing it.
"""

import binascii
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, IntFlag

_TAG_BYTES = 16
_IDENTIFIER_BYTES = 38
_EXTENT_LENGTH = 0x3FFFFFFF
_SHORT, _LONG, _EXTENDED = 0, 1, 2
_FORM_BYTES = {_SHORT: 8, _LONG: 16, _EXTENDED: 20}
_ATTRIBUTES_AT = {261: 168, 266: 208}
"""Where the lengths of attributes and allocation descriptors stand in file entries (ECMA-167 4/14.9, 14.17)."""


class TagId(IntEnum):
    """What a descriptor is (ECMA-167 3/7.2.1, 4/7.2.1)."""

    DAMAGED = 0
    ANCHOR = 2
    VOLUME_POINTER = 3
    PARTITION = 5
    LOGICAL_VOLUME = 6
    TERMINATING = 8
    FILE_SET = 256
    FILE_IDENTIFIER = 257
    ALLOCATION_EXTENT = 258
    INDIRECT_ENTRY = 259
    FILE_ENTRY = 261
    EXTENDED_FILE_ENTRY = 266


class FileType(IntEnum):
    """What a file entry stands for (ECMA-167 4/14.6.6, UDF 2.2.4 and 2.3.5.2)."""

    UNSPECIFIED = 0
    DIRECTORY = 4
    FILE = 5
    LINK = 12
    VIRTUAL_TABLE = 248
    REAL_TIME_FILE = 249


class Characteristic(IntFlag):
    """What a directory says of a name (ECMA-167 4/14.4.3)."""

    HIDDEN = 1
    DIRECTORY = 2
    DELETED = 4
    PARENT = 8


class ExtentKind(IntEnum):
    """Whether an extent holds anything (ECMA-167 4/14.14.1.1)."""

    RECORDED = 0
    ALLOCATED = 1
    EMPTY = 2
    MORE_DESCRIPTORS = 3


@dataclass(frozen=True, slots=True)
class Allocation:
    """A run of blocks: its length in bytes, and where it begins in which partition of the volume."""

    length: int
    kind: ExtentKind
    block: int
    partition: int


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file or folder.

    Attributes:
        file_type: A FileType, or a number that none of these is.
        form: Of its allocation descriptors; IN_ENTRY where the file itself is in their place.
        length: Of the file in bytes.
        area: Offset in the entry and length of the allocation descriptors.
        descriptors: Their bytes.
        strategy: How entries follow each other (ECMA-167 4/14.6.2).
    """

    file_type: int
    form: int
    length: int
    area: tuple[int, int]
    descriptors: bytes
    strategy: int


IN_ENTRY = 3
"""The form of an entry that holds the file itself (ECMA-167 4/14.6.8)."""


@dataclass(frozen=True, slots=True)
class FileIdentifier:
    """A name in a directory and the entry it means."""

    name: str
    characteristics: Characteristic
    entry: Allocation


def tag_of(data: bytes, location: int | None = None) -> int:
    """Return a descriptor's identifier; DAMAGED if its check sums are wrong or it belongs elsewhere.

    Args:
        data: The descriptor from its first byte.
        location: The block it should say it is in; None where that is not known.
    """
    if len(data) < _TAG_BYTES:
        return TagId.DAMAGED
    identifier, _version, check_sum, _serial, crc, crc_length, said = struct.unpack_from("<HHBxHHHI", data)
    if (sum(data[:_TAG_BYTES]) - check_sum) & 0xFF != check_sum:
        return TagId.DAMAGED
    body = data[_TAG_BYTES : _TAG_BYTES + crc_length]
    if len(body) != crc_length or binascii.crc_hqx(body, 0) != crc:
        return TagId.DAMAGED
    return int(identifier) if location is None or said == location else TagId.DAMAGED


def long_allocation(data: bytes, offset: int) -> Allocation:
    """Return the long allocation descriptor at an offset (ECMA-167 4/14.14.2)."""
    length, block, partition = struct.unpack_from("<IIH", data, offset)
    return Allocation(length & _EXTENT_LENGTH, ExtentKind(length >> 30), block, partition)


def allocations(data: bytes, form: int, partition: int) -> Iterator[Allocation]:
    """Yield allocation descriptors up to the one that ends them.

    Args:
        data: The descriptors' bytes.
        form: Short, long or extended.
        partition: In which short ones count their blocks.
    """
    size = _FORM_BYTES[form]
    for offset in range(0, len(data) - size + 1, size):
        if form == _SHORT:
            length, block = struct.unpack_from("<II", data, offset)
            found = Allocation(length & _EXTENT_LENGTH, ExtentKind(length >> 30), block, partition)
        elif form == _LONG:
            found = long_allocation(data, offset)
        else:
            found = _extended_allocation(data, offset)
        if not found.length:
            return
        yield found


def _extended_allocation(data: bytes, offset: int) -> Allocation:
    length, recorded, information, block, partition = struct.unpack_from("<IIIIH", data, offset)
    # Packed extents are allowed by ECMA-167 but not by UDF; nobody can read them.
    kind = ExtentKind(length >> 30) if recorded == information else ExtentKind.EMPTY
    return Allocation(information & _EXTENT_LENGTH, kind, block, partition)


def file_entry(data: bytes) -> FileEntry | None:
    """Return a block as a file entry; None if it is damaged or none. Its tag has been checked."""
    at = _ATTRIBUTES_AT.get(int.from_bytes(data[:2], "little"))
    if at is None or len(data) < at + 8:
        return None
    (strategy,) = struct.unpack_from("<H", data, 20)
    (flags,) = struct.unpack_from("<H", data, 34)
    (length,) = struct.unpack_from("<Q", data, 56)
    attributes, described = struct.unpack_from("<II", data, at)
    start = at + 8 + attributes
    form = flags & 7
    if start + described > len(data) or form > IN_ENTRY or (form == IN_ENTRY and length > described):
        return None
    return FileEntry(data[27], form, length, (start, described), data[start : start + described], strategy)


def file_identifiers(data: bytes) -> Iterator[FileIdentifier | None]:
    """Yield the names in a directory; None stands for a damaged stretch, behind which the next sound one is found."""
    offset, is_lost = 0, False
    while offset + _IDENTIFIER_BYTES <= len(data):
        size = _identifier_size(data, offset)
        if not size:
            if not is_lost:
                yield None
            is_lost = True
            offset += 4
            continue
        is_lost = False
        yield _file_identifier(data[offset : offset + size])
        offset += size
    if any(data[offset:]) and not is_lost:
        yield None


def _identifier_size(data: bytes, offset: int) -> int:
    """Return how long the file identifier at an offset is; 0 if there is no sound one."""
    if data[offset : offset + 2] != b"\x01\x01":
        return 0
    name_length, (used,) = data[offset + 19], struct.unpack_from("<H", data, offset + 36)
    size: int = -(-(_IDENTIFIER_BYTES + used + name_length) // 4) * 4
    if offset + size > len(data) or tag_of(data[offset : offset + size]) != TagId.FILE_IDENTIFIER:
        return 0
    return size


def _file_identifier(data: bytes) -> FileIdentifier | None:
    (used,) = struct.unpack_from("<H", data, 36)
    start = _IDENTIFIER_BYTES + used
    characteristics = Characteristic(data[18] & 0xF)
    name = compressed_unicode(data[start : start + data[19]])
    if name is None:
        # A deleted entry may have lost its name.
        name = ""
        if not characteristics & (Characteristic.DELETED | Characteristic.PARENT):
            return None
    return FileIdentifier(name, characteristics, long_allocation(data, 20))


def compressed_unicode(data: bytes) -> str | None:
    """Return OSTA compressed Unicode as text (UDF 2.1.1); None if it is none."""
    if data[:1] == b"\x08":
        return data[1:].decode("latin-1")
    if data[:1] == b"\x10" and len(data) % 2:
        return data[1:].decode("utf-16-be", "replace")
    return None


def entity_name(data: bytes, offset: int) -> bytes:
    """Return the name in an entity identifier (ECMA-167 1/7.4)."""
    return data[offset + 1 : offset + 24].rstrip(b"\0")
