"""Where the data set of an odd file begins and how it is encoded: the tolerant reading of PS3.10 7.1.

Used by header_judge for files without preamble or mark, with the mark in an odd place, with damaged meta information,
and for bare data sets (ACR-NEMA 2.0 among them).
"""

from dataclasses import dataclass

from viewer.base.byte_source import ByteSource
from viewer.base.errors import DicomError
from viewer.base.translation import N_, _
from viewer.dicom.header_walk import ALL_VRS, LONG_VRS
from viewer.dicom.transfer_syntaxes import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    transfer_syntax,
)

_LOOK = 4096
_MARK_SEARCH = 1024
_META_GROUP = b"\x02\x00"
_META_FIRST = (b"\x02\x00\x00\x00UL\x04\x00", b"\x02\x00\x01\x00OB\x00\x00")
_SYNTAX_TAG = b"\x02\x00\x10\x00"
_LARGEST_FIRST_GROUP = 0x0088
_LONGEST_UID = 64

_OTHER_KINDS = (
    (b"\xff\xd8\xff", N_("a JPEG picture")),
    (b"\x89PNG", N_("a PNG picture")),
    (b"GIF8", N_("a GIF picture")),
    (b"BM", N_("a bitmap picture")),
    (b"II*\0", N_("a TIFF picture")),
    (b"MM\0*", N_("a TIFF picture")),
    (b"%PDF", N_("a PDF document")),
    (b"PK\x03\x04", N_("a ZIP archive")),
    (b"MZ", N_("a Windows program")),
    (b"\x7fELF", N_("a Linux program")),
    (b"SIMPLE  =", N_("a FITS picture")),
    (b"\x1f\x8b", N_("a gzip archive")),
    (b"{", N_("a text file")),
    (b"<", N_("a web page or an XML file")),
    (b"#!", N_("a script")),
)


@dataclass(frozen=True, slots=True)
class Framing:
    """How to read the data set of a file.

    Attributes:
        offset: Of its first byte.
        transfer_syntax_uid: As the meta information says, or as guessed.
        meta: Raw values of the meta elements that could be read.
        problems: What is odd, in plain English.
        is_implicit_vr: As its first element shows, whatever the syntax says.
    """

    offset: int
    transfer_syntax_uid: str
    meta: dict[int, bytes]
    problems: tuple[str, ...]
    is_implicit_vr: bool = False
    is_big_endian: bool = False
    is_deflated: bool = False


def find_framing(source: ByteSource, data: bytes) -> Framing:
    """Return how to read the data set of a file.

    Args:
        source: The file.
        data: Its first bytes.

    Raises:
        DicomError: If nothing in it looks like DICOM.
    """
    if not data:
        raise DicomError(_("The file is empty"))
    begin, problems = _find_meta(data)
    meta: dict[int, bytes] = {}
    offset = begin
    if data[begin : begin + 2] == _META_GROUP:
        offset, more = _read_meta(source.read_at(begin, _LOOK), meta)
        offset += begin
        problems += more
    declared = meta.get(0x00020010, b"").strip(b" \0").decode("ascii", "replace")
    if not declared:
        problems += (_("The file does not say how it is encoded; its transfer syntax is guessed"),)
    elif transfer_syntax(declared).is_deflated:
        return Framing(offset, declared, meta, problems, is_deflated=True)
    head = source.read_at(offset, 8)
    if len(head) < 8:
        if not meta and not data.startswith(b"DICM", 128):
            raise DicomError(_not_dicom(data))
        raise DicomError(_("The file ends before its data set begins"))
    if not meta and not _looks_like_data_set(head):
        raise DicomError(_not_dicom(data))
    return _encoding(head, offset, declared, meta, problems)


def _find_meta(data: bytes) -> tuple[int, tuple[str, ...]]:
    """Return where the meta information begins (or the data set, without one), and what is odd about that."""
    mark = data.find(b"DICM", 0, _MARK_SEARCH)
    if mark == 128:
        return 132, ()
    if data[mark + 4 : mark + 6] == _META_GROUP and mark >= 0:
        return mark + 4, (_("The DICM mark stands at byte {mark}, not at byte 128").format(mark=mark),)
    begins = [place for first in _META_FIRST if (place := data.find(first, 0, _MARK_SEARCH)) >= 0]
    if begins:
        return min(begins), (_("The DICM mark is missing before the meta information"),)
    return 0, (_("The file has no preamble and no DICM mark"),)


def _read_meta(data: bytes, meta: dict[int, bytes]) -> tuple[int, tuple[str, ...]]:
    """Keep the elements of group 2; return how many bytes they take, and what is wrong with them."""
    position, end = 0, 0
    while data[position : position + 2] == _META_GROUP and len(data) - position >= 8:
        start, length = _meta_value(data, position)
        element = int.from_bytes(data[position + 2 : position + 4], "little")
        value = data[start : start + length]
        if element == 0 and length == 4:
            end = start + 4 + int.from_bytes(value, "little")
        elif start + length > len(data) or element == 0xFFFF:
            break
        meta.setdefault(0x00020000 | element, value)
        position = start + length
    if 0x00020010 in meta and data[position : position + 2] != _META_GROUP:
        wrong = (_("The length of the meta information is wrong"),) if end and end != position else ()
        return position, wrong
    return _repair_meta(data, meta, end)


def _meta_value(data: bytes, position: int) -> tuple[int, int]:
    vr = int.from_bytes(data[position + 4 : position + 6], "little")
    if vr in LONG_VRS:
        return position + 12, int.from_bytes(data[position + 8 : position + 12], "little")
    if vr in ALL_VRS or data[position + 4 : position + 6].isalpha():
        return position + 8, int.from_bytes(data[position + 6 : position + 8], "little")
    return position + 8, int.from_bytes(data[position + 4 : position + 8], "little")  # implicit, against PS3.10 7.1


def _repair_meta(data: bytes, meta: dict[int, bytes], end: int) -> tuple[int, tuple[str, ...]]:
    """Find the transfer syntax by its tag and walk on from there, the elements before it being damaged."""
    problem = (_("The meta information is damaged"),)
    found = data.find(_SYNTAX_TAG)
    if found >= 0:
        start, length = _meta_value(data, found)
        if length <= _LONGEST_UID + 1:
            meta[0x00020010] = data[start : start + length]
            position = start + length
            while data[position : position + 2] == _META_GROUP and position + 8 <= len(data):
                start, length = _meta_value(data, position)
                position = start + length
            return position, problem
    if 0 < end <= len(data):
        return end, problem
    raise DicomError(_("The meta information of the file is damaged beyond repair"))


def _looks_like_data_set(head: bytes) -> bool:
    """Return whether 8 bytes can be the first element of a bare data set."""
    little = int.from_bytes(head[:2], "little")
    big = int.from_bytes(head[:2], "big")
    if int.from_bytes(head[4:6], "little") in ALL_VRS:
        return 0 < min(little, big) <= _LARGEST_FIRST_GROUP
    return 0 < little <= _LARGEST_FIRST_GROUP and little % 2 == 0 and int.from_bytes(head[4:8], "little") < 1 << 16


def _encoding(head: bytes, offset: int, declared: str, meta: dict[int, bytes], problems: tuple[str, ...]) -> Framing:
    syntax = transfer_syntax(declared or IMPLICIT_VR_LITTLE_ENDIAN)
    is_implicit = int.from_bytes(head[4:6], "little") not in ALL_VRS
    little, big = int.from_bytes(head[:2], "little"), int.from_bytes(head[:2], "big")
    is_big = big <= _LARGEST_FIRST_GROUP < little and (not is_implicit or syntax.is_big_endian)
    uid = declared
    if not declared:
        uid = _guess(is_implicit=is_implicit, is_big=is_big)
    elif is_big != syntax.is_big_endian:
        uid = EXPLICIT_VR_BIG_ENDIAN if is_big else EXPLICIT_VR_LITTLE_ENDIAN
        problems += (_("The data set is not in the byte order that the file declares"),)
    if declared and is_implicit != syntax.is_implicit_vr and syntax.uid == declared and syntax.is_supported:
        found, said = ("implicit", "explicit") if is_implicit else ("explicit", "implicit")
        problems += (
            _("The file declares {said} value representations, but has {found} ones").format(said=said, found=found),
        )
    return Framing(offset, uid, meta, problems, is_implicit_vr=is_implicit, is_big_endian=is_big)


def _guess(*, is_implicit: bool, is_big: bool) -> str:
    if is_implicit:
        return IMPLICIT_VR_LITTLE_ENDIAN
    return EXPLICIT_VR_BIG_ENDIAN if is_big else EXPLICIT_VR_LITTLE_ENDIAN


def _not_dicom(data: bytes) -> str:
    if data[128:132] == b"DICM":
        return _("The file bears the mark of DICOM, but what follows is not a data set")
    for magic, kind in _OTHER_KINDS:
        if data.startswith(magic):
            return _("This is not a DICOM file but {kind}").format(kind=_(kind))
    return _("This is not a DICOM file")
