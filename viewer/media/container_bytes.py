"""Bytes inside bytes: a run of another source, and a whole member kept in a private temporary file."""

import io
import os
import shutil
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from viewer.base.byte_source import ByteSource, FileBytes, FileSlice, SourceStream, read_file_at
from viewer.base.errors import MediaError, RefusedError
from viewer.base.paths import private_temporary_folder
from viewer.base.translation import _
from viewer.media.safety import DEFAULT_QUOTAS, Quotas

_COPIED_AT_ONCE = 1 << 20
_KEPT_FREE = 1 << 30


@dataclass(frozen=True, slots=True)
class ContainerSlice:
    """A run of bytes inside any source that is not a plain file or a part of one."""

    container: ByteSource
    offset: int
    length: int
    member: str

    @property
    def name(self) -> str:
        """The container's name and the member's path in it."""
        return f"{self.container.name}!/{self.member}"

    def size(self) -> int:
        """Return the slice's length in bytes."""
        return self.length

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to length bytes from offset, never past the slice's end."""
        available = max(0, min(length, self.length - offset))
        return self.container.read_at(self.offset + offset, available) if available else b""

    def open(self) -> BinaryIO:
        """Return a buffered stream over the slice."""
        return io.BufferedReader(SourceStream(self))


@dataclass(frozen=True, slots=True)
class JoinedBytes:
    """Several runs one after another, as one file: a file of a disc image in more than one extent."""

    parts: tuple[ByteSource, ...]
    shown_name: str

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self.shown_name

    def size(self) -> int:
        """Return the sum of the parts' lengths."""
        return sum(part.size() for part in self.parts)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to length bytes from offset."""
        pieces = []
        for part in self.parts:
            size = part.size()
            if length > 0 and offset < size:
                piece = part.read_at(offset, min(length, size - offset))
                pieces.append(piece)
                length -= len(piece)
                offset += len(piece)
            offset -= size
        return b"".join(pieces)

    def open(self) -> BinaryIO:
        """Return a buffered stream over all parts."""
        return io.BufferedReader(SourceStream(self))


@dataclass(frozen=True, slots=True)
class SpooledBytes:
    """A member copied to this program's private folder, shown under its own name."""

    path: Path
    shown_name: str

    @property
    def name(self) -> str:
        """The name of the member it is a copy of."""
        return self.shown_name

    def size(self) -> int:
        """Return the length in bytes."""
        return FileBytes(self.path).size()

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to length bytes from offset."""
        return read_file_at(self.path, offset, length)

    def open(self) -> BinaryIO:
        """Return the copy opened for reading."""
        return FileBytes(self.path).open()


def slice_of(container: ByteSource, offset: int, length: int, member: str) -> ByteSource:
    """Return a run of a container's bytes, in the cheapest form that reads it."""
    if isinstance(container, FileBytes):
        return FileSlice(container.path, offset, length, member)
    if isinstance(container, FileSlice):
        return FileSlice(container.path, container.offset + offset, length, f"{container.member}!/{member}")
    return ContainerSlice(container, offset, length, member)


def with_random_access(
    source: ByteSource, quotas: Quotas = DEFAULT_QUOTAS, moved: Callable[[], None] = lambda: None
) -> ByteSource:
    """Return the source itself if it can be read anywhere, otherwise a private copy of it.

    Raises:
        RefusedError: If the copies of this process would be more than the quota, or fill the disk.
        MediaError: If it cannot be read or copied.
    """
    if isinstance(source, FileBytes | FileSlice | ContainerSlice | SpooledBytes):
        return source
    reserve_spool(source.size(), quotas)
    path = private_temporary_folder() / uuid.uuid4().hex
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as copy:
            offset, size = 0, source.size()
            while offset < size and (part := source.read_at(offset, min(_COPIED_AT_ONCE, size - offset))):
                moved()
                copy.write(part)
                offset += len(part)
    except OSError as error:
        raise MediaError(_("No room for a temporary copy of the archive"), subject=source.name) from error
    return SpooledBytes(path, source.name)


_spool_lock = threading.Lock()
_spooled_bytes = 0


def reserve_spool(size: int, quotas: Quotas = DEFAULT_QUOTAS) -> None:
    """Take note that so many bytes will be written to the private folder.

    Raises:
        RefusedError: If that is more than the quota, or would fill the disk.
    """
    global _spooled_bytes  # noqa: PLW0603 - one private folder a process, so one account
    with _spool_lock:
        if _spooled_bytes + size > quotas.spooled_bytes:
            raise RefusedError(_("The archives claim more temporary space than is allowed"))
        if shutil.disk_usage(private_temporary_folder()).free - size < _KEPT_FREE:
            raise RefusedError(_("The disk for temporary files is too full to unpack this archive"))
        _spooled_bytes += size


def release_spool(size: int) -> None:
    """Take note that so many bytes are gone from the private folder."""
    global _spooled_bytes  # noqa: PLW0603 - as above
    with _spool_lock:
        _spooled_bytes = max(0, _spooled_bytes - size)
