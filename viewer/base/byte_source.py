"""Where bytes come from: a file, a part of a file, or a member of an archive, read at any offset.

Sources are small frozen values that can be pickled, so a worker process can read what the window only names.
"""

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

from viewer.base.errors import MediaError, system_reason
from viewer.base.translation import _


@runtime_checkable
class ByteSource(Protocol):
    """Bytes that can be read at random offsets, from several threads at once."""

    @property
    def name(self) -> str:
        """What a person calls it: the path, with the path inside its container after it."""

    def size(self) -> int:
        """Return how many bytes there are."""

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to length bytes from offset; fewer only at the end.

        Raises:
            MediaError: If the medium fails.
        """

    def open(self) -> BinaryIO:
        """Return a new seekable binary stream positioned at the first byte."""


@dataclass(frozen=True, slots=True)
class FileBytes:
    """A whole file."""

    path: Path

    @property
    def name(self) -> str:
        """The path as given."""
        return str(self.path)

    def size(self) -> int:
        """Return the file's length in bytes."""
        try:
            return self.path.stat().st_size
        except OSError as error:
            raise _media_error(error, self.name) from error

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to length bytes from offset."""
        return read_file_at(self.path, offset, length)

    def open(self) -> BinaryIO:
        """Return the file opened for reading."""
        try:
            return self.path.open("rb")
        except OSError as error:
            raise _media_error(error, self.name) from error


@dataclass(frozen=True, slots=True)
class FileSlice:
    """A run of bytes inside a file: a file of an ISO image, or a stored member of a ZIP archive."""

    path: Path
    offset: int
    length: int
    member: str

    @property
    def name(self) -> str:
        """The container's path and the member's path in it."""
        return f"{self.path}!/{self.member}"

    def size(self) -> int:
        """Return the slice's length in bytes."""
        return self.length

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to length bytes from offset, never past the slice's end."""
        available = max(0, min(length, self.length - offset))
        return read_file_at(self.path, self.offset + offset, available) if available else b""

    def open(self) -> BinaryIO:
        """Return a buffered stream over the slice."""
        return io.BufferedReader(SourceStream(self))


class SourceStream(io.RawIOBase):
    """A seekable stream over any byte source that has no stream of its own."""

    def __init__(self, source: ByteSource) -> None:
        super().__init__()
        self._source = source
        self._size = source.size()
        self._position = 0

    def readable(self) -> bool:
        """Return True: the stream is for reading."""
        return True

    def seekable(self) -> bool:
        """Return True: the source has random access."""
        return True

    def tell(self) -> int:
        """Return the current offset in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to an offset counted from the start, the current position or the end."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Fill the buffer from the current position."""
        data = self._source.read_at(self._position, len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def read_file_at(path: Path, offset: int, length: int) -> bytes:
    """Return up to length bytes of a file from offset.

    Raises:
        MediaError: If the file cannot be opened or the medium fails.
    """
    try:
        with path.open("rb", buffering=0) as stream:
            if offset:
                stream.seek(offset)
            parts = []
            while length > 0 and (part := stream.read(length)):
                parts.append(part)
                length -= len(part)
            return parts[0] if len(parts) == 1 else b"".join(parts)
    except OSError as error:
        raise _media_error(error, str(path)) from error


def read_into(source: ByteSource, offset: int, buffer: memoryview) -> int:
    """Fill a buffer from an offset of a source and return how many bytes came: fewer than it holds only at the end.

    Files are read without a copy in between.

    Raises:
        MediaError: If the medium fails.
    """
    wanted = buffer.nbytes
    if isinstance(source, FileSlice):
        wanted = max(0, min(wanted, source.length - offset))
        path, offset = source.path, source.offset + offset
    elif isinstance(source, FileBytes):
        path = source.path
    else:
        data = source.read_at(offset, wanted)
        buffer[: len(data)] = data
        return len(data)
    try:
        with path.open("rb", buffering=0) as stream:
            stream.seek(offset)
            done = 0
            while done < wanted and (count := stream.readinto(buffer[done:wanted])):
                done += count
            return done
    except OSError as error:
        raise _media_error(error, source.name) from error


def _media_error(error: OSError, subject: str) -> MediaError:
    return MediaError(
        system_reason(error), subject=subject, advice=_("Check that the disc or drive is still there and try again")
    )
