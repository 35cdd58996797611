"""An uncompressed data set from explicit to implicit VR or back, both little endian, without touching a value.

For peers that take nothing else. Sequences and items come out with undefined lengths, group lengths are left out; no
value is decoded. A VR that an implicit data set does not tell is that of the dictionary, and UN where it has none.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from viewer.base.errors import NetworkError
from viewer.base.translation import _
from viewer.network.small_data_sets import ALL_VRS, LONG_VRS

_HEADER, _EXPLICIT, _LONG = struct.Struct("<HHI"), struct.Struct("<HH2sH"), struct.Struct("<I")
_UNDEFINED, _LONGEST_SHORT, _DEEPEST, _PIECE = 0xFFFFFFFF, 0xFFFE, 32, 1 << 20
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_ITEM_HEAD, _ITEM_FOOT, _SEQUENCE_FOOT = (
    _HEADER.pack(0xFFFE, 0xE000, _UNDEFINED),
    _HEADER.pack(0xFFFE, 0xE00D, 0),
    _HEADER.pack(0xFFFE, 0xE0DD, 0),
)
_PIXEL_REPRESENTATION, _PIXEL_DATA = 0x00280103, 0x7FE00010


def recoded(stream: BinaryIO, *, to_implicit: bool) -> Iterator[bytes]:
    """Yield a data set in the other encoding, from where the stream stands to its end.

    Raises:
        NetworkError: If it is not well formed, or its pixels are in fragments.
    """
    start = stream.tell()
    end = stream.seek(0, 2)
    stream.seek(start)
    try:
        yield from _Recoder(stream, to_implicit=to_implicit).data_set(end, 0, is_implicit=not to_implicit)
    except struct.error:
        raise _unfit() from None


def _unfit() -> NetworkError:
    return NetworkError(_("The file cannot be written in another transfer syntax"))


class _Recoder:
    def __init__(self, stream: BinaryIO, *, to_implicit: bool) -> None:
        self._stream = stream
        self._to_implicit = to_implicit
        self._is_signed = False

    def data_set(self, end: int, depth: int, *, is_implicit: bool, is_open: bool = False) -> Iterator[bytes]:
        """Yield what stands up to a place, or up to the end of an item that says itself where it ends."""
        while self._stream.tell() < end:
            tag, vr, length = self._header(is_implicit=is_implicit)
            if is_open and tag == _ITEM_END:
                return
            if tag >> 16 == 0xFFFE:
                raise _unfit()
            vr = vr or self._vr(tag, length)
            if vr == b"SQ" or length == _UNDEFINED:
                if tag == _PIXEL_DATA:
                    raise _unfit()
                # UN of undefined length is an implicit sequence whatever the data set is (PS3.5 6.2.2).
                yield from self._sequence(tag, length, end, depth + 1, is_implicit=is_implicit or vr == b"UN")
            elif tag & 0xFFFF:
                yield from self._value(tag, vr, length, end)
            else:
                self._stream.seek(length, 1)
        if is_open or self._stream.tell() != end:
            raise _unfit()

    def _header(self, *, is_implicit: bool) -> tuple[int, bytes, int]:
        raw = self._stream.read(8)
        group, element, length = _HEADER.unpack(raw)
        tag = group << 16 | element
        if is_implicit or group == 0xFFFE:
            return tag, b"", length
        _group, _element, vr, short = _EXPLICIT.unpack(raw)
        if vr not in ALL_VRS:
            raise _unfit()
        if vr in LONG_VRS:
            return tag, vr, _LONG.unpack(self._stream.read(4))[0]
        return tag, vr, short

    def _sequence(self, tag: int, length: int, end: int, depth: int, *, is_implicit: bool) -> Iterator[bytes]:
        start = self._stream.tell()
        until = end if length == _UNDEFINED else start + length
        if depth > _DEEPEST or until > end:
            raise _unfit()
        yield self._written_header(tag, b"SQ", _UNDEFINED)
        while self._stream.tell() < until:
            item, _vr, item_length = self._header(is_implicit=True)
            if item == _SEQUENCE_END and length == _UNDEFINED:
                break
            if item != _ITEM:
                raise _unfit()
            is_open = item_length == _UNDEFINED
            item_end = until if is_open else self._stream.tell() + item_length
            if item_end > until:
                raise _unfit()
            yield _ITEM_HEAD
            yield from self.data_set(item_end, depth, is_implicit=is_implicit, is_open=is_open)
            yield _ITEM_FOOT
        else:
            if length == _UNDEFINED:
                raise _unfit()
        yield _SEQUENCE_FOOT

    def _value(self, tag: int, vr: bytes, length: int, end: int) -> Iterator[bytes]:
        if self._stream.tell() + length > end:
            raise _unfit()
        if vr not in LONG_VRS and length > _LONGEST_SHORT:
            vr = b"UN"  # as PS3.5 6.2.2 has it for values that are too long for their VR
        yield self._written_header(tag, vr, length)
        left = length
        while left:
            piece = self._stream.read(min(left, _PIECE))
            if not piece:
                raise _unfit()
            if tag == _PIXEL_REPRESENTATION:
                self._is_signed = piece[:1] == b"\1"
            left -= len(piece)
            yield piece

    def _written_header(self, tag: int, vr: bytes, length: int) -> bytes:
        if self._to_implicit:
            return _HEADER.pack(tag >> 16, tag & 0xFFFF, length)
        if vr in LONG_VRS:
            return _EXPLICIT.pack(tag >> 16, tag & 0xFFFF, vr, 0) + _LONG.pack(length)
        return _EXPLICIT.pack(tag >> 16, tag & 0xFFFF, vr, length)

    def _vr(self, tag: int, length: int) -> bytes:
        from pydicom.datadict import dictionary_VR

        if tag >> 16 & 1:
            return b"LO" if 0x10 <= tag & 0xFFFF <= 0xFF else b"UN"
        if tag & 0xFFFF == 0:
            return b"UL"
        try:
            vr = dictionary_VR(tag)  # knows the repeating groups of overlays too
        except KeyError:
            return b"UN"
        if vr == "US or SS":
            return b"SS" if self._is_signed else b"US"
        if " or " in vr:  # of bytes or words: words, as implicit data sets have them (PS3.5 A.1)
            return b"US" if length == 2 and vr.startswith("US") else b"OW"
        return vr.encode()
