"""Instance headers around bytes in memory, for tests of the pixel element alone."""

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from viewer.dicom.instance_header import UNDEFINED_LENGTH, InstanceHeader, PixelDataLocation

PIXEL_DATA = 0x7FE00010
_US = {
    "samples_per_pixel": 0x00280002,
    "planar_configuration": 0x00280006,
    "rows": 0x00280010,
    "columns": 0x00280011,
    "bits_allocated": 0x00280100,
    "bits_stored": 0x00280101,
    "high_bit": 0x00280102,
    "pixel_representation": 0x00280103,
}


@dataclass(frozen=True, slots=True)
class MemoryBytes:
    """A byte source over bytes, which counts nothing and keeps nothing open."""

    data: bytes
    name: str = "memory"

    def size(self) -> int:
        return len(self.data)

    def read_at(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]

    def open(self) -> BinaryIO:
        return io.BytesIO(self.data)


def pixel_header(
    data: bytes,
    transfer_syntax_uid: Any = "1.2.840.10008.1.2.1",
    *,
    tag: Any = PIXEL_DATA,
    length: Any = None,
    prefix: Any = b"",
    frames: Any = 1,
    photometric_interpretation: Any = "MONOCHROME2",
    extended_offsets: Any = b"",
    **image: Any,
) -> InstanceHeader:
    """Return a header whose pixel element's value is data, after a prefix; length None means all of it."""
    elements = {_US[name]: struct.pack("<H", value) for name, value in image.items()}
    elements[0x00280004] = photometric_interpretation.encode()
    if frames != 1:
        elements[0x00280008] = str(frames).encode()
    if extended_offsets:
        elements[0x7FE00001] = extended_offsets
    location = PixelDataLocation(tag, len(prefix), len(data) if length is None else length)
    return InstanceHeader(MemoryBytes(prefix + data), transfer_syntax_uid, elements, location)


def encapsulated(fragments: Sequence[bytes], offsets: Sequence[int] | None = (), *, is_closed: bool = True) -> bytes:
    """Return the value of an encapsulated pixel element (PS3.5 A.4); offsets None computes one a fragment."""
    padded = [fragment + b"\0" * (len(fragment) % 2) for fragment in fragments]
    if offsets is None:
        offsets = [sum(len(before) + 8 for before in padded[:number]) for number in range(len(padded))]
    table = struct.pack(f"<{len(offsets)}I", *offsets)
    items = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(value)) + value for value in [table, *padded])
    return items + (struct.pack("<HHI", 0xFFFE, 0xE0DD, 0) if is_closed else b"")


def encapsulated_header(
    fragments: Sequence[bytes], transfer_syntax_uid: str, offsets: Any = (), **image: Any
) -> InstanceHeader:
    """Return a header whose pixel element holds these fragments."""
    data = encapsulated(fragments, offsets)
    return pixel_header(data, transfer_syntax_uid, length=UNDEFINED_LENGTH, **image)
