"""A DICOMDIR: the records of a file-set in the order of their links (PS3.10 8, PS3.3 Annex F).

Links are byte offsets and may lie: loops and offsets that meet no record make the reader fall back to the order of the
sequence. Nothing here touches the files that records name; media finds them, and believes them more than the records.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from viewer.base.byte_source import ByteSource
from viewer.base.errors import DicomError, RefusedError
from viewer.base.translation import _
from viewer.dicom.deflated import inflate
from viewer.dicom.directory_items import DirectoryItem, DirectoryWalk
from viewer.dicom.header_framing import Framing, find_framing
from viewer.dicom.header_scan import FIRST_READ

MAX_BYTES = 192 << 20
_FILE_SET_ID, _FIRST_ROOT, _CONSISTENCY = 0x00041130, 0x00041200, 0x00041212
_NEXT, _IN_USE, _LOWER, _TYPE = 0x00041400, 0x00041410, 0x00041420, 0x00041430
_FILE_ID, _SOP_CLASS, _SOP_INSTANCE, _SYNTAX, _MRDR = 0x00041500, 0x00041510, 0x00041511, 0x00041512, 0x00041504
_UPPER_TYPES = {"PATIENT": 0, "STUDY": 1, "SERIES": 2}
_LEAF_LEVEL = 3
_ROOT_TYPES = frozenset({"PATIENT", "HANGING PROTOCOL", "PALETTE", "IMPLANT", "IMPLANT ASSY", "IMPLANT GROUP", "MRDR"})


@dataclass(frozen=True, slots=True)
class DirectoryRecord:
    """One record in use.

    Attributes:
        record_type: (0004,1430): PATIENT, STUDY, SERIES, IMAGE and others.
        referenced_file_id: (0004,1500), its components as written; empty for records that name no file. Names from
            outside: whoever opens one must check it first.
        parent: The index of the record above in FileSet.records; None at the root.
        attributes: Raw values of all its elements but sequences, by tag.
    """

    record_type: str
    referenced_file_id: tuple[str, ...]
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    parent: int | None
    attributes: Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class FileSet:
    """The records of a DICOMDIR, parents before children, and what is wrong with it in plain English."""

    file_set_id: str
    records: tuple[DirectoryRecord, ...]
    problems: tuple[str, ...] = ()


def read_file_set(source: ByteSource) -> FileSet:
    """Return the file-set that a DICOMDIR describes.

    Raises:
        DicomError: If it is no DICOMDIR, or nothing of it can be read.
        RefusedError: If it is larger than any honest directory.
        MediaError: If the medium fails.
    """
    size = source.size()
    if size > MAX_BYTES:
        raise RefusedError(_("The directory is {size} MB long").format(size=size >> 20), subject=source.name)
    framing = find_framing(source, source.read_at(0, FIRST_READ))
    walk = _walked(source, framing, size)
    if not walk.has_records:
        raise DicomError(_("This is not a DICOMDIR: it has no directory records"), subject=source.name)
    problems = list(framing.problems)
    if walk.is_damaged:
        problems.append(_("The directory is cut off or damaged after {count} records").format(count=len(walk.items)))
    if _number(walk.top.get(_CONSISTENCY, b""), framing):
        problems.append(_("The directory says of itself that it may be inconsistent"))
    ordered = _Links(walk.items, framing).ordered(_number(walk.top.get(_FIRST_ROOT, b""), framing), problems)
    return FileSet(_text(walk.top.get(_FILE_SET_ID, b"")), ordered, tuple(problems))


def _walked(source: ByteSource, framing: Framing, size: int) -> DirectoryWalk:
    if framing.is_deflated:  # against PS3.10 8.6, but readable
        data, begin = inflate(source, framing.offset).data, 0
    else:
        data, begin = source.read_at(0, size), framing.offset
    walk = DirectoryWalk(data, is_implicit=framing.is_implicit_vr, is_big_endian=framing.is_big_endian)
    walk.walk(begin)
    return walk


class _Links:
    """The web of offsets between records."""

    def __init__(self, items: list[DirectoryItem], framing: Framing) -> None:
        self._items = items
        self._by_offset = {item.offset: item for item in items}
        self._framing = framing

    def ordered(self, first: int, problems: list[str]) -> tuple[DirectoryRecord, ...]:
        """Return the records in use in the order of their links; in the order of the sequence where links are bad."""
        found, seen, wrong = self._followed(first)
        active = [item for item in self._items if _is_active(item)]
        skipped = len(self._items) - len(active)
        if skipped:
            problems.append(
                _("{skipped} of {count} directory records are marked as not in use").format(
                    skipped=skipped, count=len(self._items)
                )
            )
        lost = sum(item.offset not in seen and _type(item) != "MRDR" for item in active)
        if lost and not wrong:
            wrong = _("{lost} of {count} directory records are linked to nothing").format(
                lost=lost, count=len(self._items)
            )
        if wrong:
            problems.append(_("{wrong}; the records are taken in the order they are written in").format(wrong=wrong))
            return self._in_sequence(active)
        return tuple(self._record(item, parent) for item, parent in found)

    def _followed(self, first: int) -> tuple[list[tuple[DirectoryItem, int | None]], set[int], str]:
        """Follow the links: items in order with the index of the item above, all offsets met, and what is wrong.

        What hangs below a record not in use is not in use either, but it was met.
        """
        found: list[tuple[DirectoryItem, int | None]] = []
        seen: set[int] = set()
        if self._items and not first:
            return found, seen, _("The directory does not say which record is the first")
        waiting: list[tuple[int, int | None, bool]] = [(first, None, True)] if first else []
        while waiting:
            offset, parent, is_used = waiting.pop()
            item = self._by_offset.get(offset)
            if item is None:
                return (
                    found,
                    seen,
                    _("A link of the directory points to byte {offset}, where no record is").format(offset=offset),
                )
            if offset in seen:
                return found, seen, _("The links of the directory run in a circle")
            seen.add(offset)
            following, lower = self._link(item, _NEXT), self._link(item, _LOWER)
            if following:
                waiting.append((following, parent, is_used))
            is_used = is_used and _is_active(item)
            if is_used:
                found.append((item, parent))
            if lower:
                waiting.append((lower, len(found) - 1, is_used))
        return found, seen, ""

    def _in_sequence(self, active: list[DirectoryItem]) -> tuple[DirectoryRecord, ...]:
        """Return records as written, each under the last one of a higher type before it."""
        last: dict[int, int] = {}
        records: list[DirectoryRecord] = []
        for item in active:
            level = _UPPER_TYPES.get(_type(item), _LEAF_LEVEL)
            above = [index for at, index in last.items() if at < level and _type(item) not in _ROOT_TYPES]
            records.append(self._record(item, max(above, default=None)))
            last = {at: index for at, index in last.items() if at < level}
            if level < _LEAF_LEVEL:
                last[level] = len(records) - 1
        return tuple(records)

    def _record(self, item: DirectoryItem, parent: int | None) -> DirectoryRecord:
        elements = item.elements
        named = elements
        if _FILE_ID not in elements and _MRDR in elements:  # retired: the file is named by a shared record
            shared = self._by_offset.get(self._link(item, _MRDR))
            named = shared.elements if shared is not None else elements
        file_id = _text(named.get(_FILE_ID, b""))
        return DirectoryRecord(
            record_type=_type(item),
            referenced_file_id=tuple(part.strip() for part in file_id.split("\\")) if file_id else (),
            sop_class_uid=_text(named.get(_SOP_CLASS, b"")),
            sop_instance_uid=_text(named.get(_SOP_INSTANCE, b"")),
            transfer_syntax_uid=_text(named.get(_SYNTAX, b"")),
            parent=parent,
            attributes=elements,
        )

    def _link(self, item: DirectoryItem, tag: int) -> int:
        return _number(item.elements.get(tag, b""), self._framing)


def _is_active(item: DirectoryItem) -> bool:
    return item.elements.get(_IN_USE) != b"\0\0"


def _number(raw: bytes, framing: Framing) -> int:
    return int.from_bytes(raw, "big" if framing.is_big_endian else "little")


def _text(raw: bytes) -> str:
    return raw.decode("latin-1").strip(" \0")


def _type(item: DirectoryItem) -> str:
    return _text(item.elements.get(_TYPE, b"")).upper()
