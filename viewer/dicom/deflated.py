"""Deflated data sets: everything after group 0002 as one raw DEFLATE stream (PS3.5 A.5), inflated within bounds."""

import functools
import io
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from viewer.base.byte_source import ByteSource
from viewer.base.errors import DicomError, RefusedError
from viewer.base.translation import _

MAX_INFLATED = 160 << 20
"""One MB of DEFLATE can become one GB; real deflated data sets are single images and reports."""
_CHUNK = 1 << 20
_STAMPED = 4096


@dataclass(frozen=True, slots=True)
class InflatedBytes:
    """An inflated data set as a source.

    Attributes:
        is_complete: False when the stream broke off; data are then what came before.
    """

    name: str
    data: bytes
    is_complete: bool = True

    def size(self) -> int:
        """Return how many bytes came out."""
        return len(self.data)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to length bytes from offset."""
        return self.data[offset : offset + length]

    def open(self) -> BinaryIO:
        """Return a stream over the bytes."""
        return io.BytesIO(self.data)


def inflate(source: ByteSource, offset: int) -> InflatedBytes:
    """Return the data set deflated in a source from an offset on; the last one is kept.

    Raises:
        DicomError: If nothing can be inflated.
        RefusedError: If more comes out than any honest data set holds.
    """
    size = source.size()
    ends = source.read_at(0, _STAMPED) + source.read_at(max(0, size - _STAMPED), _STAMPED)
    return _inflate(_Key(source, size, zlib.crc32(ends)), offset)


@dataclass(frozen=True, slots=True)
class _Key:
    """A source as a cache key, with a stamp of its content: another disc may have a file of the same name."""

    source: ByteSource
    size: int
    stamp: int


@functools.lru_cache(maxsize=1)
def _inflate(key: _Key, offset: int) -> InflatedBytes:
    source = key.source
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    whole = bytearray()
    is_complete = True
    while not inflater.eof:
        deflated = inflater.unconsumed_tail or source.read_at(offset, _CHUNK)
        if not inflater.unconsumed_tail:
            offset += len(deflated)
        try:
            part = inflater.decompress(deflated, _CHUNK)
        except zlib.error:
            part, is_complete = b"", False
        whole += part
        if len(whole) > MAX_INFLATED:
            raise RefusedError(_("The deflated data set grows beyond {size} MB").format(size=MAX_INFLATED >> 20))
        if not is_complete or (not deflated and not part):
            is_complete = False
            break
    if not whole:
        raise DicomError(_("The deflated data set is damaged from its first byte on"))
    return InflatedBytes(source.name, bytes(whole), is_complete)
