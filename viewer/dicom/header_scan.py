"""Headers of well-formed files, read lean; header_judge decides everything else.

A well-formed file is Part 10 with an explicit or implicit little endian data set whose lengths add up. Of it the first
8 KiB are read and walked element by element; long values and sequences of known length are jumped over, and the walk
ends at the pixel element. At the first oddity the lean scanner gives the file to the judge.
"""

import functools

from viewer.base.byte_source import ByteSource
from viewer.dicom.deflated import inflate
from viewer.dicom.header_checks import pixel_problems, preamble_problems, text_problems
from viewer.dicom.header_runs import RunMemory
from viewer.dicom.header_walk import (
    ALL_VRS,
    KEPT,
    LONG_VRS,
    SHORT_VRS,
    Cursor,
    OddError,
    explicit_header,
    long_length,
    walk_explicit,
    walk_implicit,
)
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.transfer_syntaxes import TRANSFER_SYNTAXES, TransferSyntax
from viewer.dicom.wanted_tags import SIGNS_OF_MORE, WANTED_TAGS

__all__ = ["WANTED_TAGS", "is_dicomdir", "scan_header"]

FIRST_READ = 8192
MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"

_NO_PREAMBLE = bytes(128)
_META_BEGIN = b"DICM\x02\x00\x00\x00UL\x04\x00"
_META_FIRST = 144  # of the first element after the group length
_SYNTAX, _SOP_CLASS, _MEDIA_CLASS, _IMAGE_TYPE = 0x00020010, 0x00080016, 0x00020002, 0x00080008
_CHARACTER_SET = 0x00080005

_memory = RunMemory()


def scan_header(source: ByteSource) -> InstanceHeader:
    """Return the header of one instance.

    Raises:
        DicomError: If the source is not DICOM, or damaged beyond use.
        RefusedError: If it claims more than any honest object does.
        MediaError: If the medium fails.
    """
    data = source.read_at(0, FIRST_READ)
    try:
        return _scan_well_formed(source, data)
    except OddError:
        from viewer.dicom.header_judge import judge_header

        return judge_header(source, data)


def is_dicomdir(header: InstanceHeader) -> bool:
    """Return whether the header is that of a DICOMDIR (PS3.10 8.6)."""
    return MEDIA_STORAGE_DIRECTORY in (header.ascii(_MEDIA_CLASS), header.sop_class_uid)


def _scan_well_formed(source: ByteSource, data: bytes) -> InstanceHeader:
    elements: dict[int, bytes] = {}
    position = _read_meta(data, elements)
    syntax = _known_syntax(elements.get(_SYNTAX, b""))
    size = source.size()
    if syntax.is_deflated:
        inflated = inflate(source, position)
        size = inflated.size()
        cursor = Cursor(inflated, inflated.read_at(0, FIRST_READ), size, elements)
        position = 0
        if not inflated.is_complete:
            raise OddError
    else:
        cursor = Cursor(source, data, size, elements)
    if syntax.is_implicit_vr:
        if int.from_bytes(cursor.data[position + 4 : position + 6], "little") in ALL_VRS:
            raise OddError  # explicit, whatever it says
        walk_implicit(cursor, position)
    else:
        walk_explicit(cursor, position, _memory.runs)
        _memory.note(cursor, position)
    if _SOP_CLASS not in elements and elements.get(_MEDIA_CLASS, b"").rstrip(b"\0") != MEDIA_STORAGE_DIRECTORY.encode():
        raise OddError
    if not SIGNS_OF_MORE.isdisjoint(elements):
        cursor.needs_more = True
        for tag in SIGNS_OF_MORE.intersection(elements):
            del elements[tag]
    is_whole = not cursor.needs_more and b"MOSAIC" not in elements.get(_IMAGE_TYPE, b"")
    problems = pixel_problems(elements, cursor.pixel_data, size)
    if (character_set := elements.get(_CHARACTER_SET)) is not None:
        problems += text_problems(character_set)
    if data[:128] != _NO_PREAMBLE:
        problems += preamble_problems(data)
    return InstanceHeader(source, syntax.uid, elements, cursor.pixel_data, is_whole, problems)


def _read_meta(data: bytes, elements: dict[int, bytes]) -> int:
    """Keep the File Meta Information (PS3.10 7.1); return where the data set begins."""
    if data[128:140] != _META_BEGIN or len(data) < _META_FIRST:
        raise OddError
    position = _META_FIRST
    end = position + long_length(data, 140)[0]
    if end + 8 > len(data):
        raise OddError
    while position < end:
        key, vr, length = explicit_header(data, position)
        if key & 0xFFFF != 2:
            raise OddError
        start = position + 8
        if vr not in SHORT_VRS:
            if vr not in LONG_VRS:
                raise OddError
            length = long_length(data, start)[0]
            start += 4
        position = start + length
        if key in KEPT:
            elements[KEPT[key]] = data[start:position]
    if position != end or data[end : end + 2] == b"\x02\x00":
        raise OddError
    return position


@functools.lru_cache(maxsize=64)
def _known_syntax(raw: bytes) -> TransferSyntax:
    syntax = TRANSFER_SYNTAXES.get(raw.rstrip(b" \0").decode("ascii", "replace"))
    if syntax is None or syntax.is_big_endian:
        raise OddError
    return syntax
