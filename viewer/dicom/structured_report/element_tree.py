"""A data set as nested items of raw values, read as far as it goes: what reports are made of.

Unlike pydicom it takes any depth without recursion, and after damage goes on behind the innermost item whose end is
known, so that one broken content item does not hide the others.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from viewer.base.byte_source import ByteSource
from viewer.base.errors import RefusedError
from viewer.base.translation import _
from viewer.dicom.character_sets import decode_text
from viewer.dicom.deflated import inflate
from viewer.dicom.element_walk import ITEM, ITEM_END, SEQUENCE_END
from viewer.dicom.header_framing import Framing, find_framing
from viewer.dicom.header_walk import ALL_VRS, LONG_VRS
from viewer.dicom.instance_header import UNDEFINED_LENGTH
from viewer.dicom.quotas import MAX_PROBLEMS
from viewer.dicom.tag_names import tag_text

_CHARACTER_SET = 0x00080005
_FIRST_READ = 4096
_MAX_BYTES = 192 << 20
_MAX_ELEMENTS = 600_000
_MAX_ITEMS = 120_000


@dataclass(slots=True)
class Item:
    """A data set, or an item of a sequence.

    Attributes:
        values: Bytes of the file by tag, for elements that are no sequences.
        sequences: Items by tag.
        is_broken: Whether something of it is missing, for the file is damaged there.
    """

    values: dict[int, bytes] = field(default_factory=dict)
    sequences: "dict[int, list[Item]]" = field(default_factory=dict)
    inherited_character_set: str = ""
    is_big_endian: bool = False
    is_broken: bool = False

    @property
    def character_set(self) -> str:
        """Specific Character Set (0008,0005): its own, or that of what it is in (PS3.3 C.12.1.1.2)."""
        raw = self.values.get(_CHARACTER_SET)
        return self.inherited_character_set if raw is None else raw.decode("ascii", "replace").strip(" \0")

    def text(self, tag: int, *, is_person_name: bool = False) -> str:
        """Return a value as text without its padding; empty when it is absent."""
        raw = self.values.get(tag, b"")
        return decode_text(raw, self.character_set, is_person_name=is_person_name).rstrip(" \0")

    def plain(self, tag: int) -> str:
        """Return a value of the default repertoire (CS, DA, DS, DT, IS, TM, UI) without its padding."""
        return self.values.get(tag, b"").decode("latin-1").strip(" \0")

    def plains(self, tag: int) -> tuple[str, ...]:
        """Return the several values of such an element; none when it is absent or empty."""
        text = self.plain(tag)
        return tuple(part.strip(" \0") for part in text.split("\\")) if text else ()

    def numbers(self, tag: int, code: str) -> tuple[float, ...]:
        """Return binary numbers, code being struct's; none when the bytes do not hold such."""
        raw = self.values.get(tag, b"")
        size = struct.calcsize(code)
        if len(raw) % size:
            return ()
        return struct.unpack(f"{'>' if self.is_big_endian else '<'}{len(raw) // size}{code}", raw)

    def items(self, tag: int) -> "list[Item]":
        """Return the items of a sequence; none when it is absent."""
        return self.sequences.get(tag, [])

    def first(self, tag: int) -> "Item | None":
        """Return the first item of a sequence; None when there is none."""
        found = self.items(tag)
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class ElementTree:
    """What was read of a file.

    Attributes:
        problems: What is damaged or odd, translated.
    """

    root: Item
    problems: tuple[str, ...]


def read_element_tree(source: ByteSource, character_set: str = "") -> ElementTree:
    """Return a file as nested items.

    Args:
        source: The file.
        character_set: In place of every (0008,0005) of the file; empty for the file's own.

    Raises:
        DicomError: If it is not DICOM.
        RefusedError: If it is larger than any honest report.
        MediaError: If the medium fails.
    """
    framing = find_framing(source, source.read_at(0, _FIRST_READ))
    data, begin = source, framing.offset
    if framing.is_deflated:
        data, begin = inflate(source, framing.offset), 0
    size = data.size()
    if size - begin > _MAX_BYTES:
        raise RefusedError(_("The report is larger than {size} MB").format(size=_MAX_BYTES >> 20), subject=source.name)
    reading = _Reading(data.read_at(begin, size - begin), framing)
    reading.read()
    if character_set:
        _set_character_set(reading.root, character_set)
    return ElementTree(reading.root, (*framing.problems, *reading.problems))


def _set_character_set(root: Item, character_set: str) -> None:
    for item in every_item(root):
        item.values[_CHARACTER_SET] = character_set.encode("ascii", "replace")


def every_item(root: Item) -> Iterator[Item]:
    """Yield an item and all that are in it."""
    waiting = [root]
    while waiting:
        item = waiting.pop()
        yield item
        for nested in item.sequences.values():
            waiting += nested


@dataclass(slots=True)
class _Frame:
    """An item, or the items of a sequence, that is being read; no end where a delimiter ends it."""

    end: int | None
    item: Item
    into: list[Item] | None = None
    is_implicit: bool = False
    is_big: bool = False


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands before a value."""

    tag: int
    vr: bytes
    length: int
    value: int


class _DamageError(Exception):
    """Bytes that make no sense; never leaves this module."""


class _Reading:
    """One pass over the bytes of a data set."""

    def __init__(self, data: bytes, framing: Framing) -> None:
        self.root = Item(is_big_endian=framing.is_big_endian)
        self.problems: list[str] = []
        self._data = data
        self._begin = framing.offset
        self._position = 0
        self._stack = [_Frame(len(data), self.root, is_implicit=framing.is_implicit_vr, is_big=framing.is_big_endian)]
        self._elements = self._items = 0

    def read(self) -> None:
        """Read to the end; what is damaged is said and passed over where that is possible."""
        while self._stack:
            frame = self._stack[-1]
            if frame.end is not None and self._position >= frame.end:
                self._stack.pop()
                continue
            try:
                if frame.into is None:
                    self._read_element(frame)
                else:
                    self._read_item(frame, frame.into)
            except _DamageError:
                self._recover()
        if self._elements > _MAX_ELEMENTS or self._items > _MAX_ITEMS:
            self._say(_("The report has more elements or items than any honest object; the rest is left out"))

    def _recover(self) -> None:
        """Go on behind the innermost of what is open whose end is known and lies in the file."""
        self._say(_("The data set is damaged at byte {offset}").format(offset=self._begin + self._position))
        while self._stack:
            frame = self._stack.pop()
            frame.item.is_broken = True
            if frame.end is not None and self._position < frame.end < len(self._data):
                self._position = frame.end
                return

    def _say(self, problem: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)

    def _read_item(self, frame: _Frame, into: list[Item]) -> None:
        head = self._head(frame)
        if head.tag == SEQUENCE_END and frame.end is None:
            self._position = head.value
            self._stack.pop()
            return
        if head.tag != ITEM:
            raise _DamageError
        self._items += 1
        if self._items > _MAX_ITEMS:
            self._stack.clear()
            return
        item = Item(inherited_character_set=frame.item.character_set, is_big_endian=frame.is_big)
        into.append(item)
        end = self._end(head, frame, item)
        self._position = head.value
        self._stack.append(_Frame(end, item, None, frame.is_implicit, frame.is_big))

    def _read_element(self, frame: _Frame) -> None:
        head = self._head(frame)
        if head.tag == ITEM_END and frame.end is None:
            self._position = head.value
            self._stack.pop()
            return
        if head.tag >> 16 == 0xFFFE:
            raise _DamageError
        self._elements += 1
        if self._elements > _MAX_ELEMENTS:
            self._stack.clear()
            return
        mark = b"\xff\xfe\xe0\x00" if frame.is_big else b"\xfe\xff\x00\xe0"
        if head.vr == b"SQ" or head.length == UNDEFINED_LENGTH or self._data.startswith(mark, head.value):
            self._begin_sequence(frame, head)
            return
        end = head.value + head.length
        if end > (len(self._data) if frame.end is None else frame.end):
            raise _DamageError
        if head.tag in frame.item.values:
            self._say(_("Element {tag} is there twice; the first is used").format(tag=tag_text(head.tag)))
        frame.item.values.setdefault(head.tag, self._data[head.value : end])
        self._position = end

    def _begin_sequence(self, frame: _Frame, head: _Head) -> None:
        if head.tag >> 16 == 0x7FE0:
            raise _DamageError  # pixels: no report has them
        into: list[Item] = []
        if head.tag in frame.item.sequences:
            self._say(_("Element {tag} is there twice; the first is used").format(tag=tag_text(head.tag)))
        frame.item.sequences.setdefault(head.tag, into)
        end = self._end(head, frame, frame.item)
        self._position = head.value
        # UN of undefined length is an implicit little endian sequence whatever the syntax (PS3.5 6.2.2).
        is_unknown = head.vr == b"UN" and head.length == UNDEFINED_LENGTH
        self._stack.append(
            _Frame(end, frame.item, into, frame.is_implicit or is_unknown, frame.is_big and not is_unknown)
        )

    def _end(self, head: _Head, frame: _Frame, item: Item) -> int | None:
        """Return where a sequence or item ends; one that claims more than there is gets what there is."""
        if head.length == UNDEFINED_LENGTH:
            return None
        end = head.value + head.length
        most = len(self._data) if frame.end is None else frame.end
        if end > most:
            item.is_broken = True
            self._say(_("What begins at byte {offset} is cut off").format(offset=self._begin + head.value))
        return min(end, most)

    def _head(self, frame: _Frame) -> _Head:
        data, position = self._data, self._position
        order = ">" if frame.is_big else "<"
        if position + 8 > len(data):
            raise _DamageError
        group, element, length = struct.unpack_from(f"{order}HHI", data, position)
        tag = group << 16 | element
        if frame.is_implicit or group == 0xFFFE:
            return _Head(tag, b"", length, position + 8)
        vr = data[position + 4 : position + 6]
        if int.from_bytes(vr, "little") not in ALL_VRS:
            raise _DamageError
        if int.from_bytes(vr, "little") not in LONG_VRS:
            return _Head(tag, vr, struct.unpack_from(f"{order}H", data, position + 6)[0], position + 8)
        if position + 12 > len(data):
            raise _DamageError
        return _Head(tag, vr, struct.unpack_from(f"{order}I", data, position + 8)[0], position + 12)
