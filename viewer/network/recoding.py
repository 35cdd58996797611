"""An uncompressed data set in explicit or implicit VR little endian, from whatever it is in, without touching a value.

For peers that take nothing else. Sequences and items come out with undefined lengths, group lengths are left out; no
value is decoded. A VR that an implicit data set does not tell is that of the dictionary, and UN where it has none.
"""

import struct
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from viewer.base.errors import NetworkError
from viewer.base.translation import _
from viewer.network.small_data_sets import ALL_VRS, LONG_VRS

_HEADER, _EXPLICIT, _LONG = struct.Struct("<HHI"), struct.Struct("<HH2sH"), struct.Struct("<I")
_BIG_HEADER, _BIG_EXPLICIT, _BIG_LONG = struct.Struct(">HHI"), struct.Struct(">HH2sH"), struct.Struct(">I")
_UNDEFINED, _LONGEST_SHORT, _DEEPEST, _PIECE = 0xFFFFFFFF, 0xFFFE, 32, 1 << 20
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_ITEM_HEAD, _ITEM_FOOT, _SEQUENCE_FOOT = (
    _HEADER.pack(0xFFFE, 0xE000, _UNDEFINED),
    _HEADER.pack(0xFFFE, 0xE00D, 0),
    _HEADER.pack(0xFFFE, 0xE0DD, 0),
)
_PIXEL_REPRESENTATION, _PIXEL_DATA = 0x00280103, 0x7FE00010
_WORDS = {
    **dict.fromkeys((b"AT", b"OW", b"SS", b"US"), "H"),
    **dict.fromkeys((b"FL", b"OF", b"OL", b"SL", b"UL"), "I"),
    **dict.fromkeys((b"FD", b"OD", b"OV", b"SV", b"UV"), "Q"),
}
"""What the bytes of a value are swapped by (PS3.5 7.3), as codes of array."""

Changes = Mapping[int, tuple[bytes, bytes] | None]
"""VR and value by tag, to stand there instead; None to leave an element out."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a data set is encoded."""

    is_implicit: bool
    is_big_endian: bool = False


def recoded(
    stream: BinaryIO,
    *,
    to_implicit: bool,
    form: Form | None = None,
    changes: Changes | None = None,
    end: int | None = None,
) -> Iterator[bytes]:
    """Yield a data set in another encoding, from where the stream stands to its end.

    Args:
        stream: Can be sought in.
        to_implicit: Whether it is to be implicit VR little endian, else explicit.
        form: What it is in; None for the other one of the two.
        changes: Of elements outside sequences.
        end: Where it ends in the stream; None for the stream's end.

    Raises:
        NetworkError: If it is not well formed, or its pixels are in fragments.
    """
    start = stream.tell()
    whole = stream.seek(0, 2)
    stream.seek(start)
    recoder = _Recoder(stream, changes or {}, to_implicit=to_implicit)
    try:
        yield from recoder.data_set(whole if end is None else end, 0, form or Form(is_implicit=not to_implicit))
    except struct.error:
        raise _unfit() from None


def element_header(tag: int, vr: bytes, length: int, *, is_implicit: bool) -> bytes:
    """Return the header of an element, little endian."""
    if is_implicit:
        return _HEADER.pack(tag >> 16, tag & 0xFFFF, length)
    if vr in LONG_VRS:
        return _EXPLICIT.pack(tag >> 16, tag & 0xFFFF, vr, 0) + _LONG.pack(length)
    return _EXPLICIT.pack(tag >> 16, tag & 0xFFFF, vr, length)


def _unfit() -> NetworkError:
    return NetworkError(_("The file cannot be written in another transfer syntax"))


class _Recoder:
    def __init__(self, stream: BinaryIO, changes: Changes, *, to_implicit: bool) -> None:
        self._stream = stream
        self._to_implicit = to_implicit
        self._is_signed = False
        self._changes = dict(sorted(changes.items()))

    def data_set(self, end: int, depth: int, form: Form, *, is_open: bool = False) -> Iterator[bytes]:
        """Yield what stands up to a place, or up to the end of an item that says itself where it ends."""
        while self._stream.tell() < end:
            tag, vr, length = self._header(form)
            if is_open and tag == _ITEM_END:
                return
            if tag >> 16 == 0xFFFE:
                raise _unfit()
            vr = vr or self._vr(tag, length)
            if depth == 0 and self._changes:
                is_changed = tag in self._changes
                yield from self._changed(tag)
                if is_changed:
                    self._pass_over(vr, length, end)
                    continue
            yield from self._element(tag, vr, length, end, depth, form)
        if is_open or self._stream.tell() != end:
            raise _unfit()
        if depth == 0:
            yield from self._changed(_UNDEFINED)

    def _element(self, tag: int, vr: bytes, length: int, end: int, depth: int, form: Form) -> Iterator[bytes]:
        if vr == b"SQ" or length == _UNDEFINED:
            if tag == _PIXEL_DATA:
                raise _unfit()
            # UN of undefined length is an implicit sequence whatever the data set is (PS3.5 6.2.2).
            yield from self._sequence(tag, length, end, depth + 1, Form(is_implicit=True) if vr == b"UN" else form)
        elif tag & 0xFFFF:
            yield from self._value(tag, vr, length, end, form)
        else:
            self._stream.seek(length, 1)

    def _changed(self, until: int) -> Iterator[bytes]:
        """Yield the changes up to a tag, that one too."""
        while self._changes and (tag := next(iter(self._changes))) <= until:
            change = self._changes.pop(tag)
            if change is not None:
                vr, value = change
                value += b"\0" * (len(value) % 2)
                yield element_header(tag, vr, len(value), is_implicit=self._to_implicit) + value

    def _pass_over(self, vr: bytes, length: int, end: int) -> None:
        if vr == b"SQ" or length == _UNDEFINED or self._stream.tell() + length > end:
            raise _unfit()
        self._stream.seek(length, 1)

    def _header(self, form: Form) -> tuple[int, bytes, int]:
        raw = self._stream.read(8)
        group, element, length = (_BIG_HEADER if form.is_big_endian else _HEADER).unpack(raw)
        tag = group << 16 | element
        if form.is_implicit or group == 0xFFFE:
            return tag, b"", length
        _group, _element, vr, short = (_BIG_EXPLICIT if form.is_big_endian else _EXPLICIT).unpack(raw)
        if vr not in ALL_VRS:
            raise _unfit()
        if vr in LONG_VRS:
            return tag, vr, (_BIG_LONG if form.is_big_endian else _LONG).unpack(self._stream.read(4))[0]
        return tag, vr, short

    def _sequence(self, tag: int, length: int, end: int, depth: int, form: Form) -> Iterator[bytes]:
        start = self._stream.tell()
        until = end if length == _UNDEFINED else start + length
        if depth > _DEEPEST or until > end:
            raise _unfit()
        yield element_header(tag, b"SQ", _UNDEFINED, is_implicit=self._to_implicit)
        while self._stream.tell() < until:
            item, _vr, item_length = self._header(Form(is_implicit=True, is_big_endian=form.is_big_endian))
            if item == _SEQUENCE_END and length == _UNDEFINED:
                break
            if item != _ITEM:
                raise _unfit()
            is_open = item_length == _UNDEFINED
            item_end = until if is_open else self._stream.tell() + item_length
            if item_end > until:
                raise _unfit()
            yield _ITEM_HEAD
            is_signed = self._is_signed  # an item's own pixels, of an icon say, are nobody else's
            yield from self.data_set(item_end, depth, form, is_open=is_open)
            self._is_signed = is_signed
            yield _ITEM_FOOT
        else:
            if length == _UNDEFINED:
                raise _unfit()
        yield _SEQUENCE_FOOT

    def _value(self, tag: int, vr: bytes, length: int, end: int, form: Form) -> Iterator[bytes]:
        if self._stream.tell() + length > end:
            raise _unfit()
        if vr not in LONG_VRS and length > _LONGEST_SHORT:
            vr = b"UN"  # as PS3.5 6.2.2 has it for values that are too long for their VR
        yield element_header(tag, vr, length, is_implicit=self._to_implicit)
        left = length
        while left:
            piece = self._stream.read(min(left, _PIECE))
            if not piece:
                raise _unfit()
            if form.is_big_endian and vr in _WORDS:
                piece = _swapped(piece, _WORDS[vr])
            if tag == _PIXEL_REPRESENTATION:
                self._is_signed = piece[:1] == b"\1"
            left -= len(piece)
            yield piece

    def _vr(self, tag: int, length: int) -> bytes:
        from viewer.dicom import pydicom_loading  # noqa: F401 - first: two threads may come

        # isort: split
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


def _swapped(piece: bytes, word: str) -> bytes:
    words = array(word)
    if len(piece) % words.itemsize:
        raise _unfit()
    words.frombytes(piece)
    words.byteswap()
    return words.tobytes()
