"""One file looked at: a header, another thing that holds files, or why it is neither; and its cheap form for a pipe.

A header crosses from a worker process as plain tuples through marshal, which costs a fifth of pickling it. Equal values
(names, UIDs) are made one object first: marshal then writes them once a batch, and the window keeps them once.
"""

import logging
import marshal
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from viewer.base.byte_source import ByteSource
from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.dicom.instance_header import InstanceHeader, PixelDataLocation
from viewer.media.problems import ProblemKind, kind_of

logger = logging.getLogger(__name__)

_ISO_MARKS = (b"CD001", b"BEA01", b"NSR02", b"NSR03")
_ISO_MARK_AT = 32_769
_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08PK")
_INTERNED_VALUES = 50_000


class Container(StrEnum):
    """A file that holds files."""

    ZIP = "zip"
    DISC_IMAGE = "disc-image"
    DICOMDIR = "dicomdir"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a file gave no header.

    Attributes:
        is_final: Trying again would only make the reader wait.
    """

    kind: ProblemKind
    error: str
    is_final: bool = False


ScanResult = InstanceHeader | Container | Failure
_Packed = tuple[Any, ...]


def scan_source(source: ByteSource) -> ScanResult:
    """Look at one file; nothing it holds makes this raise."""
    from viewer.dicom.header_scan import is_dicomdir, scan_header

    try:
        header = scan_header(source)
        if header.problems and _is_archive(source):
            return Container.ZIP
        return Container.DICOMDIR if is_dicomdir(header) else header
    except ViewerError as error:
        return _other_than_dicom(source, error)
    except Exception as error:  # noqa: BLE001 - one file's surprise must not hide all others
        logger.warning("A header could not be read: %s", type(error).__name__)
        return Failure(
            ProblemKind.DAMAGED, _("The file cannot be understood ({kind})").format(kind=type(error).__name__)
        )


def failure_of(error: ViewerError) -> Failure:
    """Return what an error says, with the kind it belongs to."""
    return Failure(kind_of(error), str(error))


def pack_results(results: Sequence[ScanResult]) -> bytes:
    """Return results as bytes for a pipe; the sources stay with whoever asked."""
    return marshal.dumps([_pack(result) for result in results])


def unpack_results(data: bytes, sources: Sequence[ByteSource]) -> list[ScanResult]:
    """Return the results of pack_results, each with its source again."""
    packed: list[_Packed] = marshal.loads(data)  # noqa: S302 - written by our own worker, not by a medium
    return [_unpack(each, source) for each, source in zip(packed, sources, strict=True)]


def _is_archive(source: ByteSource) -> bool:
    """Return whether what was taken for an odd DICOM file is an archive whose first member is one."""
    start = source.read_at(0, 132)
    return start.startswith(_ZIP_MARKS) and start[128:] != b"DICM"


def _other_than_dicom(source: ByteSource, error: ViewerError) -> ScanResult:
    try:
        start = source.read_at(0, 132)
        if start.startswith(_ZIP_MARKS):
            return Container.ZIP
        if source.read_at(_ISO_MARK_AT, 5) in _ISO_MARKS:
            return Container.DISC_IMAGE
    except ViewerError as second:
        return failure_of(second)
    failure = failure_of(error)
    if failure.kind is ProblemKind.DAMAGED and start[128:132] != b"DICM" and not start.startswith(b"DICM"):
        return Failure(ProblemKind.NOT_DICOM, failure.error)
    return failure


_interned: dict[bytes, bytes] = {}
_interned_tags: dict[tuple[int, ...], tuple[int, ...]] = {}


def _pack(result: ScanResult) -> _Packed:
    if isinstance(result, Failure):
        return (str(result.kind), result.error)
    if isinstance(result, Container):
        return (str(result),)
    if len(_interned) > _INTERNED_VALUES:
        _interned.clear()
        _interned_tags.clear()
    same = _interned.setdefault
    tags = tuple(result.elements)
    tags = _interned_tags.setdefault(tags, tags)
    values = [same(value, value) for value in result.elements.values()]
    pixels = result.pixel_data
    location = None if pixels is None else (pixels.tag, pixels.offset, pixels.length)
    return (result.transfer_syntax_uid, tags, values, location, result.is_whole, result.problems)


def _unpack(packed: _Packed, source: ByteSource) -> ScanResult:
    if len(packed) == 6:
        syntax, tags, values, location, is_whole, problems = packed
        pixels = None if location is None else PixelDataLocation(*location)
        return InstanceHeader(source, syntax, dict(zip(tags, values, strict=True)), pixels, is_whole, problems)
    if len(packed) == 1:
        return Container(packed[0])
    return Failure(ProblemKind(packed[0]), packed[1])
