"""The walk over the elements of a well-formed little endian data set, as fast as Python goes.

Used by header_scan. It keeps the wanted values, jumps over the rest, and ends at the pixel element; whatever is odd
raises OddError.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from viewer.base.byte_source import ByteSource
from viewer.base.errors import RefusedError
from viewer.base.translation import _
from viewer.dicom.header_checks import MAX_SKIPPED_ELEMENTS
from viewer.dicom.instance_header import UNDEFINED_LENGTH, PixelDataLocation
from viewer.dicom.sequence_quotas import MAX_DEPTH, SequenceQuota, refuse_deep
from viewer.dicom.wanted_tags import MAX_KEPT_VALUE, SEQUENCES_OF_MORE, SIGNS_OF_MORE, WANTED_TAGS

_NEXT_READ = 65536
_LARGEST_READ = 1 << 20
MAX_WALKED = 16 << 20
"""Bytes of the top level read one window after the other: 2 million empty elements; jumps cost one window each."""

explicit_header = struct.Struct("<IHH").unpack_from  # tag (halves swapped), VR, short length
_implicit_header = struct.Struct("<II").unpack_from  # tag (halves swapped), length
long_length = struct.Struct("<I").unpack_from


def _swapped(tag: int) -> int:
    return (tag & 0xFFFF) << 16 | tag >> 16


def _vrs(names: str) -> frozenset[int]:
    return frozenset(int.from_bytes(name.encode(), "little") for name in names.split())


# Keys are tags as a little-endian 32-bit read sees them, so that the walk needs no arithmetic on tags.
KEPT: Final = {_swapped(tag): tag for tag in WANTED_TAGS | SIGNS_OF_MORE}
_MORE: Final = frozenset(map(_swapped, SEQUENCES_OF_MORE | SIGNS_OF_MORE))
_PIXELS: Final = {_swapped(tag): tag for tag in (0x7FE00010, 0x7FE00008, 0x7FE00009)}
_ITEM, _SEQUENCE_END = map(_swapped, (0xFFFEE000, 0xFFFEE0DD))
_ITEM_BYTES = b"\xfe\xff\x00\xe0"
SHORT_VRS: Final = _vrs("AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US")
LONG_VRS: Final = _vrs("OB OD OF OL OV OW SQ SV UC UN UR UT UV")
ALL_VRS: Final = SHORT_VRS | LONG_VRS
(_SQ,) = _vrs("SQ")
(_UN,) = _vrs("UN")
_SPECIAL: Final = _MORE | _PIXELS.keys()
_END = -1


class OddError(Exception):
    """The file is not well formed in some way; the judge must look at it."""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive elements as bytes, and what a walk over them keeps."""

    raw: bytes
    elements: dict[int, bytes]
    needs_more: bool


class Cursor:
    """A window of the file that moves on with the walk, and what was found so far."""

    __slots__ = (
        *("base", "data", "elements", "in_runs", "kept_long", "left", "needs_more"),
        *("pixel_data", "room", "size", "source", "step"),
    )

    def __init__(self, source: ByteSource, data: bytes, size: int, elements: dict[int, bytes]) -> None:
        self.source = source
        self.data = data
        self.base = 0
        self.size = size
        self.elements = elements
        self.pixel_data: PixelDataLocation | None = None
        self.needs_more = False
        self.kept_long = 0
        self.in_runs = 0
        self.left = MAX_SKIPPED_ELEMENTS
        self.step = _NEXT_READ >> 1
        self.room = MAX_WALKED

    def move(self, position: int, *, is_in_sequence: bool = False) -> int:
        """Read on from a position of the window; return the position in the new window, or _END."""
        absolute = self.base + position
        if absolute == self.size:
            return _END
        is_all_seen = position < len(self.data) and self.base + len(self.data) >= self.size
        if absolute + 8 > self.size or is_all_seen:
            raise OddError  # the file ends in the middle of an element
        is_jump = position > len(self.data)
        self.step = _NEXT_READ if is_jump else min(self.step * 2, _LARGEST_READ)
        if not is_in_sequence:  # there elements are counted
            self.room -= self.step
        if self.room < 0:
            raise RefusedError(_("The header has more elements than any honest object"))
        self.data = self.source.read_at(absolute, self.step)
        self.base = absolute
        if len(self.data) < 8:
            raise OddError
        return 0

    def value(self, start: int, end: int) -> bytes:
        """Return the bytes between two positions, wherever the window ends."""
        if end <= len(self.data):
            return self.data[start:end]
        if self.base + end > self.size:
            raise OddError
        return self.source.read_at(self.base + start, end - start)

    def keep_long(self, tag: int, start: int, length: int) -> None:
        """Keep the value of an element with a 32-bit length, unless it is too long to keep."""
        if length > MAX_KEPT_VALUE:
            self.needs_more = True
            return
        if tag in self.elements:
            raise OddError
        self.elements[tag] = self.value(start, start + length)
        self.kept_long += 1

    def passed(self, run: Run, position: int) -> int:
        """Take over what a run says besides its values; return where it ends."""
        self.needs_more |= run.needs_more
        self.in_runs += len(run.raw)
        return position + len(run.raw)

    def found_pixels(self, key: int, start: int, length: int) -> int:
        """Note where the pixels lie and end the walk."""
        self.pixel_data = PixelDataLocation(_PIXELS[key], self.base + start, length)
        return _END


_NO_RUNS: Mapping[int, tuple[Run, ...]] = {}


def walk_explicit(cursor: Cursor, position: int, runs: Mapping[int, tuple[Run, ...]] = _NO_RUNS) -> None:
    """Walk an explicit VR data set from a position of the window to its pixel element or its end.

    Args:
        cursor: The window; filled with what is found.
        position: Of the first element.
        runs: Runs known from other files by the key of their first element. Equal bytes from one element's beginning
            on give equal elements, so a run that is met again is passed in one step.
    """
    kept, short_vrs, header = KEPT, SHORT_VRS, explicit_header
    elements = cursor.elements
    count = len(elements)
    data = cursor.data
    start, key = position, 0
    while position >= 0:
        try:
            while True:
                key, vr, length = header(data, position)
                if key in runs and (run := _matching(runs[key], data, position)):
                    elements.update(run.elements)
                    count += len(run.elements)
                    position = cursor.passed(run, position)
                elif vr in short_vrs:
                    start = position + 8
                    position = start + length
                    if key in kept:
                        elements[kept[key]] = data[start:position]
                        count += 1
                else:
                    position = pass_long(cursor, position, key, vr)
                    key = 0
                    if position < 0:
                        break
                    data = cursor.data
        except struct.error:
            if position > len(data) and key in kept:
                elements[kept[key]] = cursor.value(start, position)
            position = cursor.move(position)
            data = cursor.data
            key = 0
    if count + cursor.kept_long != len(elements):
        raise OddError  # an element came twice


def _matching(runs: tuple[Run, ...], data: bytes, position: int) -> Run | None:
    for run in runs:
        if data.startswith(run.raw, position):
            return run
    return None


def pass_long(cursor: Cursor, position: int, key: int, vr: int) -> int:
    """Keep, find or jump over an element with a 32-bit length; return where the next one begins."""
    if vr not in LONG_VRS:
        raise OddError
    start = position + 12
    length: int = long_length(cursor.data, position + 8)[0]
    if key in _PIXELS:
        return cursor.found_pixels(key, start, length)
    if key in _MORE:
        cursor.needs_more = True
    if length == UNDEFINED_LENGTH:
        if vr not in (_SQ, _UN):
            raise OddError
        # UN of undefined length is an implicit little endian sequence whatever the syntax (PS3.5 6.2.2).
        return _pass_sequence(cursor, start, is_implicit=vr == _UN)
    if vr == _SQ:
        _check_depth(cursor.data, start, length)
    elif key in KEPT and key not in _MORE:
        cursor.keep_long(KEPT[key], start, length)
    return start + length


def walk_implicit(cursor: Cursor, position: int) -> None:
    """Walk an implicit VR data set from a position of the window to its pixel element or its end."""
    kept, special, header = KEPT, _SPECIAL, _implicit_header
    elements = cursor.elements
    count = len(elements)
    data = cursor.data
    start, key = position, 0
    while position >= 0:
        try:
            while True:
                key, length = header(data, position)
                if length <= MAX_KEPT_VALUE and key not in special:
                    start = position + 8
                    position = start + length
                    if key in kept:
                        elements[kept[key]] = data[start:position]
                        count += 1
                else:
                    position = _pass_long_implicit(cursor, position, key, length)
                    key = 0
                    if position < 0:
                        break
                    data = cursor.data
        except struct.error:
            if position > len(data) and key in kept:
                elements[kept[key]] = cursor.value(start, position)
            position = cursor.move(position)
            data = cursor.data
            key = 0
    if count != len(elements):
        raise OddError


def _pass_long_implicit(cursor: Cursor, position: int, key: int, length: int) -> int:
    start = position + 8
    if key in _PIXELS:
        return cursor.found_pixels(key, start, length)
    if length > MAX_KEPT_VALUE and length & 0xFFFF in ALL_VRS:
        raise OddError  # two letters where a length should be: explicit after all
    if key in _MORE or key in KEPT:
        cursor.needs_more = True  # a sequence or a table for display, or a value too long to keep
    return _pass_sequence(cursor, start, is_implicit=True) if length == UNDEFINED_LENGTH else start + length


def _pass_sequence(cursor: Cursor, position: int, *, is_implicit: bool) -> int:
    """Walk over a sequence of undefined length; return where the element after it begins."""
    depth = 1
    while True:
        try:
            depth, position = _pass_items(cursor, depth, position, is_implicit=is_implicit)
        except _WindowEndError as window:
            depth, position = window.depth, cursor.move(window.position, is_in_sequence=True)
            if position < 0:
                raise OddError from None
        else:
            return position


class _WindowEndError(Exception):
    """The window ends here; the walk goes on in the next one."""

    def __init__(self, depth: int, position: int) -> None:
        super().__init__()
        self.depth = depth
        self.position = position


def _pass_items(cursor: Cursor, depth: int, position: int, *, is_implicit: bool) -> tuple[int, int]:
    data, left = cursor.data, cursor.left
    try:
        while depth:
            key, length = _implicit_header(data, position)
            left -= 1
            if key & 0xFFFF == 0xFFFE:  # items: tag and 32-bit length in every syntax
                position += 8
                if key == _ITEM and length != UNDEFINED_LENGTH:
                    position += length
                elif key == _SEQUENCE_END:
                    depth -= 1
                continue
            start, length = (position + 8, length) if is_implicit else _explicit_value(data, position)
            if length != UNDEFINED_LENGTH:
                position = start + length
            elif not is_implicit and data[position + 4 : position + 6] == b"UN":
                cursor.left = left
                position = _pass_sequence(cursor, start, is_implicit=True)
                data, left = cursor.data, cursor.left
            else:
                depth, position = depth + 1, start
                refuse_deep(depth)
    except struct.error:
        if left < 0:
            raise RefusedError(_("Sequences hold more elements than any honest object")) from None
        raise _WindowEndError(depth, position) from None
    finally:
        cursor.left = left
    return depth, position


def _explicit_value(data: bytes, position: int) -> tuple[int, int]:
    """Return where the value of a nested explicit element begins, and its length."""
    _key, vr, length = explicit_header(data, position)
    if vr in SHORT_VRS:
        return position + 8, length
    if vr not in LONG_VRS:
        raise OddError
    return position + 12, long_length(data, position + 8)[0]


def _check_depth(data: bytes, start: int, length: int) -> None:
    """Refuse a sequence of known length that nests too deep within the window; a full reading sees the rest."""
    if length > MAX_DEPTH * 20 and data.count(_ITEM_BYTES, start, start + length) > MAX_DEPTH:
        SequenceQuota().check(data[start : start + length], is_implicit=False)
