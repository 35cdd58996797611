"""Descriptors of UDF as bytes: tags with their check sums, names, extents (ECMA-167 3 and 4)."""

import binascii
import struct

FILE_ENTRY, EXTENDED_FILE_ENTRY, FILE_SET, PARTITION, LOGICAL_VOLUME = 261, 266, 256, 5, 6
IN_ENTRY, SHORT, LONG = 3, 0, 1
DIRECTORY, FILE, LINK, OLD_TABLE, NEW_TABLE, METADATA, METADATA_MIRROR = 4, 5, 12, 0, 248, 250, 251
HIDDEN, IS_DIRECTORY, DELETED, PARENT = 1, 2, 4, 8
TIME = struct.pack("<HHBBBBBBBB", 0x1000, 2026, 11, 3, 9, 30, 0, 0, 0, 0)


def tagged(identifier: int, location: int, body: bytes, version: int = 2) -> bytes:
    """Return a descriptor: its tag with check sums, and what follows the tag."""
    head = struct.pack("<HHBBHHHI", identifier, version, 0, 0, 1, binascii.crc_hqx(body, 0), len(body), location)
    return head[:4] + bytes([sum(head) & 0xFF]) + head[5:] + body


def retagged(block: bytes) -> bytes:
    """Return a changed descriptor with its check sums right again."""
    identifier, version, length, location = struct.unpack_from("<HH6xHI", block)
    return tagged(identifier, location, block[16 : 16 + length], version) + block[16 + length :]


def compressed(name: str) -> bytes:
    """Return a name in OSTA compressed Unicode."""
    return b"\x08" + name.encode("latin-1") if name.isascii() else b"\x10" + name.encode("utf-16-be")


def long_extent(length: int, block: int, partition: int) -> bytes:
    """Return a long allocation descriptor."""
    return struct.pack("<IIH6x", length, block, partition)
