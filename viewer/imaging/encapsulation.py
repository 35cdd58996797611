"""Fragments of encapsulated pixel data, put together into frames (PS3.5 A.4).

Runs before frame_decoding. Offset tables are used where they prove right and forgotten where they do not; without
one, the fragments are walked once, header by header, without reading what is in them.
"""

import itertools
import struct
import threading
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from viewer.base.byte_source import ByteSource
from viewer.base.errors import DecodingError
from viewer.base.translation import _
from viewer.dicom.transfer_syntaxes import Codec
from viewer.imaging.codestreams import START_BYTES, is_codestream_start

_ITEM = 0xE000FFFE
_ITEM_HEADER = 8
_WINDOW = 4096
_STREAM_CHUNK = 1 << 20
MAXIMUM_FRAGMENTS = 1_000_000
"""More than any real object has; a file of empty items is refused here."""


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """The bytes of one frame's codestream, and whether the file ends before they do."""

    data: bytes
    is_cut: bool


@dataclass(frozen=True, slots=True)
class _Frame:
    first: int
    last: int


class EncapsulatedFrames:
    """The frames of one encapsulated pixel element.

    Args:
        source: Where the element lies.
        offset: Of the Basic Offset Table item.
        frame_count: As the data set states it.
        codec: Of the transfer syntax; says what a frame starts with.
        extended_offsets: Value of the Extended Offset Table (7FE0,0001); empty when there is none.
    """

    def __init__(
        self, source: ByteSource, offset: int, frame_count: int, codec: Codec, extended_offsets: bytes = b""
    ) -> None:
        self._source = source
        self._size = source.size()
        self._frame_count = frame_count
        self._codec = codec
        self._lock = threading.Lock()
        self._starts = array("Q")  # of fragment values
        self._lengths = array("Q")  # as delivered
        self._is_cut = False
        self._is_walked = False
        self._frames: list[_Frame] | None = None
        table, self._first_item = self._offset_table(offset)
        self._offsets = self._usable_offsets(extended_offsets, "Q") or self._usable_offsets(table, "I")

    def frame(self, index: int) -> EncodedFrame:
        """Return the codestream of the frame with this 0-based index.

        Raises:
            DecodingError: If the pixel data end before the frame.
        """
        if self._offsets is not None:
            frame = self._by_table(self._offsets, index)
            if frame is not None:
                return frame
            self._offsets = None  # the table is wrong somewhere: trust none of it
        return self._by_walk(index)

    def stream(self) -> Iterator[bytes]:
        """Yield the bytes of all fragments one after another, as the single stream of a video is stored."""
        with self._lock:
            self._walk()
        for start, length in zip(self._starts, self._lengths, strict=True):
            for done in range(0, length, _STREAM_CHUNK):
                yield self._source.read_at(start + done, min(_STREAM_CHUNK, length - done))

    @property
    def is_cut(self) -> bool:
        """Whether the file ends inside the fragments."""
        with self._lock:
            self._walk()
        return self._is_cut

    def _offset_table(self, offset: int) -> tuple[bytes, int]:
        header = self._source.read_at(offset, _ITEM_HEADER)
        tag, length = struct.unpack("<II", header) if len(header) == _ITEM_HEADER else (0, 0)
        if tag != _ITEM:
            raise DecodingError(_("The encapsulated pixel data do not start with an item"), subject=self._source.name)
        after = offset + _ITEM_HEADER + length
        if after > self._size:
            raise DecodingError(_("The file ends before its pixel data"), subject=self._source.name)
        # A table of other than four bytes a frame is of no use: do not read what could be anything.
        is_table = length == 4 * self._frame_count
        return (self._source.read_at(offset + _ITEM_HEADER, length) if is_table else b""), after

    def _usable_offsets(self, table: bytes, kind: str) -> tuple[int, ...] | None:
        width = struct.calcsize(f"<{kind}")
        if self._frame_count < 2 or len(table) // width != self._frame_count:
            return None
        offsets = struct.unpack_from(f"<{self._frame_count}{kind}", table)
        if offsets[0] != 0 or any(after <= before for before, after in itertools.pairwise(offsets)):
            return None
        return offsets

    def _by_table(self, offsets: tuple[int, ...], index: int) -> EncodedFrame | None:
        if index + 1 == len(offsets):
            return self._last_by_table(self._first_item + offsets[index])
        start, end = self._first_item + offsets[index], self._first_item + offsets[index + 1]
        if end > self._size:
            return None
        run = memoryview(self._source.read_at(start, end - start))
        parts = []
        position = 0
        while position + _ITEM_HEADER <= len(run):
            tag, length = struct.unpack_from("<II", run, position)
            position += _ITEM_HEADER
            if tag != _ITEM or position + length > len(run):
                return None
            parts.append(run[position : position + length])
            position += length
        if position != len(run) or not self._is_one_frame([bytes(part[:START_BYTES]) for part in parts]):
            return None
        return EncodedFrame(bytes(parts[0]) if len(parts) == 1 else b"".join(parts), is_cut=False)

    def _last_by_table(self, start: int) -> EncodedFrame | None:
        starts, lengths, is_cut = self._fragments_from(start)
        heads = [self._source.read_at(begin, START_BYTES) for begin in starts]
        if not self._is_one_frame(heads):
            return None
        return self._joined(starts, lengths, is_cut=is_cut)

    def _is_one_frame(self, heads: list[bytes]) -> bool:
        """Whether a codestream starts in the first of these fragments and in no other."""
        if not heads:
            return False
        told = [is_codestream_start(head, self._codec) for head in heads]
        if told[0] is None:
            return True
        return bool(told[0]) and not any(told[1:])

    def _by_walk(self, index: int) -> EncodedFrame:
        with self._lock:
            self._walk()
            if self._frames is None:
                self._frames = self._grouped()
        if index >= len(self._frames):
            raise DecodingError(
                _("Frame {number} of {count} is missing: the pixel data hold {found}").format(
                    number=index + 1, count=self._frame_count, found=len(self._frames)
                ),
                subject=self._source.name,
            )
        frame = self._frames[index]
        is_cut = self._is_cut and frame.last == len(self._starts)
        return self._joined(
            self._starts[frame.first : frame.last], self._lengths[frame.first : frame.last], is_cut=is_cut
        )

    def _grouped(self) -> list[_Frame]:
        count = len(self._starts)
        if self._frame_count == 1:
            return [_Frame(0, count)] if count else []
        one_each = [_Frame(number, number + 1) for number in range(min(count, self._frame_count))]
        if count <= self._frame_count:
            return one_each
        told = [is_codestream_start(self._source.read_at(start, START_BYTES), self._codec) for start in self._starts]
        if None in told:
            raise DecodingError(
                _("{found} fragments cannot be told apart into {count} frames without an offset table").format(
                    found=count, count=self._frame_count
                ),
                subject=self._source.name,
            )
        begins = [number for number, is_start in enumerate(told) if is_start]
        if not begins:
            return one_each
        return [_Frame(first, last) for first, last in zip(begins, [*begins[1:], count], strict=True)]

    def _walk(self) -> None:
        if not self._is_walked:
            self._starts, self._lengths, self._is_cut = self._fragments_from(self._first_item)
            self._is_walked = True

    def _fragments_from(self, position: int) -> "tuple[array[int], array[int], bool]":
        """Return starts and lengths of the fragments from an item on, and whether the file ends among them."""
        starts, lengths = array("Q"), array("Q")
        window, window_start = b"", position
        while True:
            inside = position - window_start
            if inside + _ITEM_HEADER > len(window):
                window, window_start, inside = self._source.read_at(position, _WINDOW), position, 0
            if len(window) - inside < _ITEM_HEADER:
                return starts, lengths, False  # no delimiter; the last codestream itself tells whether it is whole
            tag, length = struct.unpack_from("<II", window, inside)
            if tag != _ITEM:
                return starts, lengths, False
            if len(starts) >= MAXIMUM_FRAGMENTS:
                raise DecodingError(_("The pixel data are in more fragments than any real image has"))
            position += _ITEM_HEADER
            starts.append(position)
            lengths.append(min(length, self._size - position))
            if length > self._size - position:
                return starts, lengths, True
            position += length

    def _joined(self, starts: "array[int]", lengths: "array[int]", *, is_cut: bool) -> EncodedFrame:
        parts = [self._source.read_at(start, length) for start, length in zip(starts, lengths, strict=True)]
        return EncodedFrame(parts[0] if len(parts) == 1 else b"".join(parts), is_cut)
