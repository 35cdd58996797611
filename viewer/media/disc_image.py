"""The files of a disc image (ISO 9660 with Joliet and Rock Ridge, UDF beside it or alone), read where they lie.

The image is never mounted. pycdlib reads the directories of ISO 9660, udf_image those of UDF, both through a stream
that counts, so that a hostile image cannot keep them reading for ever.
"""

import re
import stat
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from viewer.base.byte_source import ByteSource
from viewer.base.errors import Cancelled, MediaError, ViewerError
from viewer.base.translation import _
from viewer.media.container_bytes import with_random_access
from viewer.media.image_files import FAR_AWAY, Components, CountedStream, ImageFile, sources_of
from viewer.media.member_tree import MemberTree
from viewer.media.problems import DamagedError, Problem, ProblemKind
from viewer.media.safety import DEFAULT_QUOTAS, Quotas
from viewer.media.udf_image import udf_files

_VERSION = re.compile(r"\.?;\d*$")
_LISTING_ERRORS = (ValueError, IndexError, KeyError, OverflowError)
_MARK_STEP = 2_048
_RECOGNITION_AT, _RECOGNITION_BYTES = 32_768, 64 * _MARK_STEP
_ISO_MARK = b"CD001"
_UDF_MARKS = frozenset({b"NSR02", b"NSR03"})
_EXTENDED_AREA_MARKS = _UDF_MARKS | {b"BEA01", b"TEA01", b"BOOT2"}


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
    image = with_random_access(source, quotas, moved)
    problems: list[Problem] = []
    try:
        listed = _listed_files(image, quotas, moved, problems)
    except ViewerError as error:
        error.about(source.name)
        raise
    files = list(sources_of(image, listed, quotas, problems))
    return MemberTree(source.name, files, problems)


def _listed_files(
    image: ByteSource, quotas: Quotas, moved: Callable[[], None], problems: list[Problem]
) -> Sequence[ImageFile]:
    """Return the files by UDF or by ISO 9660, whichever names more that can be read; the same ones as a rule."""
    marks = image.read_at(_RECOGNITION_AT, _RECOGNITION_BYTES)
    views: list[tuple[Sequence[ImageFile], list[str]]] = []
    errors: list[MediaError] = []
    try:
        if _UDF_MARKS.intersection(marks[at : at + 5] for at in range(1, len(marks), _MARK_STEP)):
            views.append(udf_files(image, quotas, moved))
    except MediaError as error:
        errors.append(error)
    try:
        if not views or _ISO_MARK in marks:
            views.append((_iso_files(image, quotas, moved), []))
    except MediaError as error:
        errors.append(error)
    if not views:
        raise errors[0]
    # Some discs hold only a note in the ISO 9660 part and their files in the UDF part; the first of equals is taken.
    files, texts = max(views, key=lambda view: sum(not each.trouble for each in view[0]))
    template = _("A part of the disc image is damaged; another description of its files is used: {reason}")
    texts = [*texts, *(template.format(reason=error) for error in errors)]
    problems.extend(Problem(image.name, text, ProblemKind.DAMAGED) for text in texts)
    return files


def _damaged(name: str) -> DamagedError:
    text = _("The disc image is incomplete or damaged")
    return DamagedError(text, subject=name, advice=_("Copy the disc again"))


class _WithoutUdf(CountedStream):
    """The image as if it had no UDF beside ISO 9660: pycdlib would stumble over what is unusual there."""

    def read(self, size: int = -1) -> bytes:
        at = self.tell()
        data = super().read(size)
        if size == _MARK_STEP and at % _MARK_STEP == 0 and data[1:6] in _EXTENDED_AREA_MARKS:
            return bytes(len(data))
        return data


def _iso_files(image: ByteSource, quotas: Quotas, moved: Callable[[], None]) -> Sequence[ImageFile]:
    import pycdlib

    iso = pycdlib.PyCdlib()
    # It shortens files beyond the end without a word, so it is told of an end far away.
    stream = _WithoutUdf(image.open(), FAR_AWAY, quotas, moved)
    try:
        _parse(iso, stream)
        root = iso.get_record(iso_path="/")
        if iso.has_rock_ridge():
            return list(_directory_records(iso, root, _rock_ridge_name, quotas))
        if iso.has_joliet():
            return list(_directory_records(iso, iso.get_record(joliet_path="/"), _joliet_name, quotas))
        return list(_directory_records(iso, root, _plain_name, quotas))
    except (*_LISTING_ERRORS, pycdlib.pycdlibexception.PyCdlibException) as error:
        raise _damaged("") from error
    finally:
        stream.close()


def _parse(iso: Any, stream: CountedStream) -> None:  # noqa: ANN401 - pycdlib has no types
    try:
        iso.open_fp(stream)
    except (ViewerError, Cancelled):
        raise
    except Exception as error:  # a damaged image makes pycdlib raise anything
        raise _damaged("") from error


def _directory_records(
    iso: Any,  # noqa: ANN401 - pycdlib has no types
    root: Any,  # noqa: ANN401 - as above
    name_of: Callable[[Any], str],
    quotas: Quotas,
) -> Iterator[ImageFile]:
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
                if len(components) > quotas.depth:
                    yield ImageFile(components, (), _("Folders are nested too deeply"))
                elif id(record) not in seen:
                    seen.add(id(record))
                    folders.append((record, components))
                continue
            yield ImageFile(components, _record_extents(record, block, continued), _refusal(record))


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
