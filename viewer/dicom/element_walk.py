"""Where each element of a data set lies, byte by byte, and elements written: for changing a few and copying the rest.

Unlike header_walk it passes over nothing that is odd: who writes a file anew must have understood all of it.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from viewer.base.byte_source import ByteSource
from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.instance_header import UNDEFINED_LENGTH
from viewer.dicom.sequence_quotas import refuse_deep
from viewer.dicom.tag_names import tag_text

ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_SHORT_VRS = frozenset(re.findall("..", "AEASATCSDADSDTFDFLISLOLTPNSHSLSSSTTMUIULUS"))
_LONG_VRS = frozenset(re.findall("..", "OBODOFOLOVOWSQSVUCUNURUTUV"))
_LONGEST_SHORT = 0xFFFE
_WINDOW, _PIECE = 1 << 16, 1 << 20


@dataclass(frozen=True, slots=True)
class Encoding:
    """How elements are written (PS3.5 7.1, 7.3)."""

    is_implicit_vr: bool
    is_big_endian: bool = False

    @property
    def order(self) -> str:
        """The byte order, as struct writes it."""
        return ">" if self.is_big_endian else "<"


IMPLICIT = Encoding(is_implicit_vr=True)


@dataclass(frozen=True, slots=True)
class Placed:
    """An element, or an item, as it lies in the bytes.

    Attributes:
        vr: As written; empty where none is.
        start: Of its tag.
        value: Where its value begins.
        value_end: Where its value ends; before the delimiter of an undefined length.
        end: Where the next one begins.
        encoding: Of itself.
        inner: Of the elements inside, for a sequence and its items.
    """

    tag: int
    vr: str
    start: int
    value: int
    value_end: int
    end: int
    encoding: Encoding
    inner: Encoding

    @property
    def is_undefined(self) -> bool:
        """Whether its length is undefined: a delimiter ends it."""
        return self.end != self.value_end

    @property
    def is_sequence(self) -> bool:
        """Whether its value is made of items of elements, and no pixels."""
        return self.vr == "SQ" or (self.is_undefined and self.vr in {"", "UN"} and self.tag >> 16 != 0x7FE0)


class ElementWalk:
    """A walk over the bytes of a data set."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._size = source.size()
        self._base = 0
        self._window = b""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self._size

    def cut(self, start: int, end: int) -> bytes:
        """Return the bytes between two places.

        Raises:
            DicomError: If they are not all there.
        """
        if not self._base <= start <= end <= self._base + len(self._window):
            length = end - start
            if length > _WINDOW:
                found = self._source.read_at(start, length)
                if len(found) != length:
                    raise self._damaged(start)
                return found
            self._base, self._window = start, self._source.read_at(start, _WINDOW)
            if len(self._window) < length:
                raise self._damaged(start)
        return self._window[start - self._base : end - self._base]

    def pieces(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes between two places, whatever their number."""
        for position in range(start, end, _PIECE):
            yield self.cut(position, min(end, position + _PIECE))

    def elements(self, position: int, end: int | None, encoding: Encoding, depth: int = 0) -> Iterator[Placed]:
        """Yield the elements from a position to an end, or to the delimiter of the item they are in.

        Raises:
            DicomError: At anything that is not understood.
            RefusedError: If sequences are nested too deep.
        """
        while end is None or position < end:
            if end is None and self._tag(position, encoding) == ITEM_END:
                return
            placed = self._element(position, encoding, depth)
            if end is not None and placed.end > end:
                raise self._damaged(position)
            yield placed
            position = placed.end

    def items(self, sequence: Placed, depth: int = 0) -> Iterator[Placed]:
        """Yield the items of a sequence, or the fragments of an encapsulated value."""
        position = sequence.value
        while position < sequence.value_end:
            item = self._item(position, sequence.inner, depth)
            if item.end > sequence.value_end:
                raise self._damaged(position)
            yield item
            position = item.end

    def _element(self, position: int, encoding: Encoding, depth: int) -> Placed:
        tag = self._tag(position, encoding)
        vr = ""
        value = position + 8
        if tag >> 16 == 0xFFFE:
            raise self._damaged(position)
        if encoding.is_implicit_vr:
            (length,) = self._unpacked("I", position + 4, encoding)
        else:
            vr = self.cut(position + 4, position + 6).decode("latin-1")
            if vr in _LONG_VRS:
                value = position + 12
                (length,) = self._unpacked("I", position + 8, encoding)
            elif vr in _SHORT_VRS:
                (length,) = self._unpacked("H", position + 6, encoding)
            else:
                raise self._damaged(position)
        # UN of undefined length is an implicit little endian sequence whatever the syntax (PS3.5 6.2.2).
        inner = IMPLICIT if vr == "UN" and length == UNDEFINED_LENGTH else encoding
        if length != UNDEFINED_LENGTH:
            end = value + length
            if end > self._size:
                raise self._damaged(position)
            return Placed(tag, vr, position, value, end, end, encoding, inner)
        value_end = self._sequence_end(value, inner, depth + 1)
        return Placed(tag, vr, position, value, value_end, value_end + 8, encoding, inner)

    def _sequence_end(self, position: int, encoding: Encoding, depth: int) -> int:
        """Return where the delimiter of a sequence of undefined length stands."""
        refuse_deep(depth)
        while self._tag(position, encoding) != SEQUENCE_END:
            position = self._item(position, encoding, depth).end
        return position

    def _item(self, position: int, encoding: Encoding, depth: int) -> Placed:
        if self._tag(position, encoding) != ITEM:
            raise self._damaged(position)
        (length,) = self._unpacked("I", position + 4, encoding)
        value = position + 8
        if length != UNDEFINED_LENGTH:
            if value + length > self._size:
                raise self._damaged(position)
            return Placed(ITEM, "", position, value, value + length, value + length, encoding, encoding)
        value_end = value
        for element in self.elements(value, None, encoding, depth):
            value_end = element.end
        return Placed(ITEM, "", position, value, value_end, value_end + 8, encoding, encoding)

    def _tag(self, position: int, encoding: Encoding) -> int:
        group, element = self._unpacked("HH", position, encoding)
        return group << 16 | element

    def _unpacked(self, form: str, position: int, encoding: Encoding) -> tuple[int, ...]:
        form = encoding.order + form
        return struct.unpack(form, self.cut(position, position + struct.calcsize(form)))

    def _damaged(self, position: int) -> DicomError:
        return DicomError(
            _("The data set is damaged at byte {offset}: it cannot be written anew").format(offset=position),
            subject=self._source.name,
        )


def element_bytes(tag: int, vr: str, value: bytes, encoding: Encoding, *, is_undefined: bool = False) -> bytes:
    """Return an element as it is written; its value has an even length.

    Raises:
        DicomError: If the value is longer than its VR allows.
    """
    length = UNDEFINED_LENGTH if is_undefined else len(value)
    head = struct.pack(f"{encoding.order}HH", tag >> 16, tag & 0xFFFF)
    if encoding.is_implicit_vr:
        head += struct.pack(f"{encoding.order}I", length)
    elif vr in _LONG_VRS:
        head += vr.encode("ascii") + b"\0\0" + struct.pack(f"{encoding.order}I", length)
    elif length <= _LONGEST_SHORT:
        head += vr.encode("ascii") + struct.pack(f"{encoding.order}H", length)
    else:
        raise DicomError(_("The value of {tag} is too long to be written").format(tag=tag_text(tag)))
    return head + value + (delimiter(SEQUENCE_END, encoding) if is_undefined else b"")


def item_bytes(value: bytes, encoding: Encoding, *, is_undefined: bool = False) -> bytes:
    """Return an item of a sequence as it is written."""
    length = UNDEFINED_LENGTH if is_undefined else len(value)
    head = struct.pack(f"{encoding.order}HHI", ITEM >> 16, ITEM & 0xFFFF, length)
    return head + value + (delimiter(ITEM_END, encoding) if is_undefined else b"")


def delimiter(tag: int, encoding: Encoding) -> bytes:
    """Return the end of an item or a sequence of undefined length."""
    return struct.pack(f"{encoding.order}HHI", tag >> 16, tag & 0xFFFF, 0)


def group_length(tag: int, length: int, encoding: Encoding) -> bytes:
    """Return a group length element (gggg,0000), which old files still have."""
    return element_bytes(tag, "UL", struct.pack(f"{encoding.order}I", length), encoding)
