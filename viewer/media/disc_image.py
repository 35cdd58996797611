"""The files of a disc image (ISO 9660 level 1 and up, Joliet, Rock Ridge, UDF beside them), read where they lie.

The image is never mounted. pycdlib reads its directories through a stream that counts, so that a hostile image cannot
keep it reading for ever.
"""

import io
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from viewer.base.byte_source import ByteSource
from viewer.base.errors import Cancelled, RefusedError, ViewerError
from viewer.base.translation import _
from viewer.media.container_bytes import JoinedBytes, slice_of, with_random_access
from viewer.media.folder_tree import FoundFile
from viewer.media.member_tree import MemberTree
from viewer.media.problems import DamagedError, Problem, ProblemKind, kind_of
from viewer.media.safety import DEFAULT_QUOTAS, Quotas, checked_components, printable

_VERSION = re.compile(r"\.?;\d*$")
_LISTING_ERRORS = (ValueError, IndexError, KeyError, OverflowError)
_FAR_AWAY = 1 << 50
_RECOGNITION_AT, _RECOGNITION_BYTES = 32_768, 64 * 2_048
_EXTENT_LENGTH = 0x3FFFFFFF
Components = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _ImageFile:
    """A file of the image: its name, and its runs of bytes as offset and length; a text where it is none."""

    components: Components
    extents: tuple[tuple[int, int], ...]
    refusal: str = ""


def open_disc_image(
    source: ByteSource, quotas: Quotas = DEFAULT_QUOTAS, moved: Callable[[], None] = lambda: None
) -> MemberTree:
    """Return the files of a disc image.

    Args:
        source: The image.
        quotas: Limits against hostile images.
        moved: Called whenever the medium has answered.

    Raises:
        DamagedError: If the image cannot be understood.
        RefusedError: If its directories are larger than the quota.
    """
    import pycdlib

    image = with_random_access(source, quotas, moved)
    iso = pycdlib.PyCdlib()
    stream = _CountedStream(image.open(), _end_for_parsing(image), quotas, moved)
    try:
        _parse(iso, stream)
        listed = list(_listed_files(iso, quotas))
    except ViewerError as error:
        error.about(source.name)
        raise
    except (*_LISTING_ERRORS, pycdlib.pycdlibexception.PyCdlibException) as error:
        raise _damaged(source.name) from error
    finally:
        stream.close()
    problems: list[Problem] = []
    files = list(_sources(image, listed, quotas, problems))
    return MemberTree(source.name, files, problems)


def _end_for_parsing(image: ByteSource) -> int:
    """Return where pycdlib shall think the image ends.

    It shortens ISO 9660 files beyond the end without a word, so it is told of an end far away; not where there is UDF,
    whose anchors it looks for at the end, and whose files it leaves as long as they say.
    """
    recognition = image.read_at(_RECOGNITION_AT, _RECOGNITION_BYTES)
    return image.size() if b"NSR02" in recognition or b"NSR03" in recognition else _FAR_AWAY


def _parse(iso: Any, stream: "_CountedStream") -> None:  # noqa: ANN401 - pycdlib has no types
    try:
        iso.open_fp(stream)
    except (ViewerError, Cancelled):
        raise
    except Exception as error:  # a damaged image makes pycdlib raise anything
        raise _damaged("") from error


def _damaged(name: str) -> DamagedError:
    text = _("The disc image is incomplete or damaged")
    return DamagedError(text, subject=name, advice=_("Copy the disc again"))


class _CountedStream(io.RawIOBase):
    """A read-only stream that refuses to give more than a quota."""

    def __init__(self, stream: BinaryIO, end: int, quotas: Quotas, moved: Callable[[], None]) -> None:
        super().__init__()
        self._end = end
        self._stream = stream
        self._left = quotas.image_bytes_read
        self._position = 0
        self._moved = moved

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._end}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, size: int = -1) -> bytes:
        self._moved()
        # Also a read of nothing costs something, or a loop of them would never end.
        self._stream.seek(min(self._position, _FAR_AWAY))
        data = self._stream.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._position += len(data)
        self._left -= max(len(data), 64)
        if self._left < 0:
            raise RefusedError(_("The disc image's directories claim to be larger than is allowed"))
        return data

    def close(self) -> None:
        self._stream.close()
        super().close()


def _listed_files(iso: Any, quotas: Quotas) -> Sequence[_ImageFile]:  # noqa: ANN401 - pycdlib has no types
    views: list[list[_ImageFile]] = []
    # Some discs hold only a note in the ISO 9660 part and their files in the UDF part; the first of equals is taken.
    if iso.has_udf():
        views.append(list(_udf_entries(iso, quotas)))
    root = iso.get_record(iso_path="/")
    if iso.has_rock_ridge():
        views.append(list(_directory_records(iso, root, _rock_ridge_name, quotas)))
    elif iso.has_joliet():
        views.append(list(_directory_records(iso, iso.get_record(joliet_path="/"), _joliet_name, quotas)))
    else:
        views.append(list(_directory_records(iso, root, _plain_name, quotas)))
    return max(views, key=len)


def _directory_records(
    iso: Any,  # noqa: ANN401 - pycdlib has no types
    root: Any,  # noqa: ANN401 - as above
    name_of: Callable[[Any], str],
    quotas: Quotas,
) -> Iterator[_ImageFile]:
    block = iso.logical_block_size
    folders: list[tuple[Any, Components]] = [(root, ())]
    seen: set[int] = {id(root)}
    while folders:
        folder, path = folders.pop()
        continued: set[int] = set()
        for record in folder.children:
            if record.is_dot() or record.is_dotdot() or id(record) in continued:
                continue
            components = (*path, name_of(record))
            if record.is_dir():
                if id(record) not in seen and len(components) <= quotas.depth:
                    seen.add(id(record))
                    folders.append((record, components))
                continue
            yield _ImageFile(components, _record_extents(record, block, continued), _refusal(record))


def _record_extents(record: Any, block: int, continued: set[int]) -> tuple[tuple[int, int], ...]:  # noqa: ANN401 - as above
    extents: list[tuple[int, int]] = []
    part = record
    while part is not None:
        if part.data_length:
            extents.append((part.extent_location() * block, part.data_length))
        part = part.data_continuation
        if part is None or id(part) in continued:
            break
        continued.add(id(part))
    return tuple(extents)


def _refusal(record: Any) -> str:  # noqa: ANN401 - as above
    if record.is_symlink():
        return _("A link inside a disc image is not followed")
    rock_ridge = record.rock_ridge
    for entries in (rock_ridge.dr_entries, rock_ridge.ce_entries) if rock_ridge is not None else ():
        attributes = None if entries is None else entries.px_record
        mode = attributes.posix_file_mode if attributes is not None else 0
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            return _("A device, pipe or socket is not opened")
    return ""


def _rock_ridge_name(record: Any) -> str:  # noqa: ANN401 - as above
    raw = record.rock_ridge.name() if record.rock_ridge is not None else b""
    return _decoded(raw) if raw else _plain_name(record)


def _joliet_name(record: Any) -> str:  # noqa: ANN401 - as above
    return _without_version(record.file_identifier().decode("utf-16-be", "replace"))


def _plain_name(record: Any) -> str:  # noqa: ANN401 - as above
    return _without_version(_decoded(record.file_identifier()))


def _without_version(name: str) -> str:
    return _VERSION.sub("", name) or name


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _udf_entries(iso: Any, quotas: Quotas) -> Iterator[_ImageFile]:  # noqa: ANN401 - as above
    block = iso.logical_block_size
    start = iso.udf_main_descs.partitions[0].part_start_location
    folders: list[tuple[Any, Components]] = [(iso.get_record(udf_path="/"), ())]
    while folders:
        folder, path = folders.pop()
        for identifier in folder.fi_descs.values():
            entry = identifier.file_entry
            if identifier.is_parent() or entry is None:
                continue
            name = identifier.fi.decode(identifier.encoding or "latin-1", "replace")
            components = (*path, name)
            if entry.is_dir():
                if len(components) <= quotas.depth:
                    folders.append((entry, components))
                continue
            refusal = _("A link inside a disc image is not followed") if entry.is_symlink() else ""
            yield _ImageFile(components, _udf_extents(entry, start, block), refusal)


def _udf_extents(entry: Any, start: int, block: int) -> tuple[tuple[int, int], ...]:  # noqa: ANN401 - as above
    left = entry.get_data_length()
    extents = []
    for descriptor in entry.alloc_descs:
        length = min(descriptor.extent_length & _EXTENT_LENGTH, left)
        if length:
            extents.append(((start + descriptor.log_block_num) * block + descriptor.offset, length))
        left -= length
    return tuple(extents)


def _sources(
    image: ByteSource, listed: Sequence[_ImageFile], quotas: Quotas, problems: list[Problem]
) -> Iterator[FoundFile]:
    size = image.size()
    for file in listed:
        member = "/".join(file.components)
        name = f"{image.name}!/{printable(member)}"
        if file.refusal:
            problems.append(Problem(name, file.refusal, ProblemKind.REFUSED))
            continue
        try:
            checked_components(file.components, quotas)
        except ViewerError as error:
            problems.append(Problem(name, str(error), kind_of(error)))
            continue
        extents = _merged(file.extents)
        if any(offset + length > size for offset, length in extents):
            text = _("The disc image is incomplete: this file is cut off")
            problems.append(Problem(name, text, ProblemKind.DAMAGED))
            continue
        parts = tuple(slice_of(image, offset, length, member) for offset, length in extents)
        source = parts[0] if len(parts) == 1 else JoinedBytes(parts, name)
        yield FoundFile(source, file.components)


def _merged(extents: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join runs that follow each other."""
    merged: list[tuple[int, int]] = []
    for offset, length in extents:
        if merged and sum(merged[-1]) == offset:
            merged[-1] = (merged[-1][0], merged[-1][1] + length)
        else:
            merged.append((offset, length))
    return merged
