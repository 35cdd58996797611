"""How members of ZIP archives are packed (APPNOTE 4.4.5), and their unpacking, never more than asked at a time."""

import bz2
import lzma
import zlib
from typing import Protocol

from viewer.base.errors import RefusedError
from viewer.base.translation import _

STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
SUPPORTED_METHODS = frozenset({STORED, DEFLATED, BZIP2, LZMA})
UNPACKING_ERRORS = (zlib.error, lzma.LZMAError, OSError, ValueError)
_NAMES = {
    STORED: "Store",
    1: "Shrink",
    6: "Implode",
    DEFLATED: "Deflate",
    9: "Deflate64",
    10: "PKWARE DCL",
    BZIP2: "bzip2",
    LZMA: "LZMA",
    93: "Zstandard",
    95: "XZ",
    96: "JPEG",
    97: "WavPack",
    98: "PPMd",
}
_LZMA_HEADER_BYTES, _LZMA_PROPERTIES_BYTES = 4, 5
_LEAST_DICTIONARY, _LARGEST_DICTIONARY = 4_096, 128 << 20
_MODES, _POSITIONS = 9, 5


def method_name(method: int) -> str:
    """Return what a method is called."""
    return _NAMES.get(method, f"{method}")


class Unpacking(Protocol):
    """Unpacks what it is fed, as bz2 and lzma do."""

    @property
    def eof(self) -> bool:
        """Whether the packed data has come to its own end."""

    @property
    def needs_input(self) -> bool:
        """Whether there is nothing more to be had without more packed data."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return the next unpacked bytes, not more than max_length."""


def unpacking(method: int, length: int) -> Unpacking:
    """Return what unpacks a method.

    Args:
        method: One of SUPPORTED_METHODS but STORED.
        length: Of the unpacked member.
    """
    if method == BZIP2:
        return bz2.BZ2Decompressor()
    return _Lzma(length) if method == LZMA else _Inflate()


def memory_of(unpacking: Unpacking | None) -> int:
    """Return how many bytes it keeps besides what it gave."""
    return unpacking.dictionary_bytes if isinstance(unpacking, _Lzma) else 0


class _Inflate:
    """Deflate with the manners of bz2 and lzma."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def needs_input(self) -> bool:
        return not self._inflate.unconsumed_tail

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)


class _Lzma:
    """LZMA without a container: its properties come first (APPNOTE 5.8.8)."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._start = b""
        self._decompressor: lzma.LZMADecompressor | None = None
        self.dictionary_bytes = 0

    @property
    def eof(self) -> bool:
        return self._decompressor is not None and self._decompressor.eof

    @property
    def needs_input(self) -> bool:
        return self._decompressor is None or self._decompressor.needs_input

    def decompress(self, data: bytes, max_length: int) -> bytes:
        if self._decompressor is None:
            self._start += data
            size = int.from_bytes(self._start[2:4], "little")
            if len(self._start) < _LZMA_HEADER_BYTES + size:
                return b""
            if size != _LZMA_PROPERTIES_BYTES:
                raise ValueError
            self._decompressor = self._started(self._start[_LZMA_HEADER_BYTES : _LZMA_HEADER_BYTES + size])
            data = self._start[_LZMA_HEADER_BYTES + size :]
        return self._decompressor.decompress(data, max_length)

    def _started(self, properties: bytes) -> lzma.LZMADecompressor:
        rest, context_bits = divmod(properties[0], _MODES)
        position_bits, literal_bits = divmod(rest, _POSITIONS)
        # A dictionary larger than the member would never be filled.
        wanted = min(int.from_bytes(properties[1:], "little"), self._length)
        if wanted > _LARGEST_DICTIONARY:
            raise RefusedError(_("It needs more memory to be unpacked than is allowed"))
        self.dictionary_bytes = max(wanted, _LEAST_DICTIONARY)
        settings = {
            "id": lzma.FILTER_LZMA1,
            "dict_size": self.dictionary_bytes,
            "lc": context_bits,
            "lp": literal_bits,
            "pb": position_bits,
        }
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[settings])
