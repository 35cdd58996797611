"""A file on its way into the library, and what to call a source that gives bytes."""

import contextlib
import functools
import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from viewer.base.byte_source import ByteSource, FileBytes, read_file_at
from viewer.base.errors import LibraryError, MediaError, system_reason
from viewer.base.translation import _
from viewer.library import durable
from viewer.library.second_hand import Pending, SecondHand

CHUNK_BYTES = 2**20
LOOK_AGAIN_BYTES = 64 * 2**20
"""After how many bytes the room on the disk is looked at again."""

HEAD_BYTES = 8192
"""What is remembered of a file's begin, so that looking at its header reads nothing again."""
SENT_OFF_BYTES, PAGE_BYTES = 256 * 1024, 64 * 1024
"""How much at a time the system is told to bring to the disk while more comes, and in what pages."""

Giver = ByteSource | BinaryIO | Iterable[bytes]
"""What gives a file's bytes: a source, a stream from where it stands, or pieces one after another."""


class Incoming:
    """A file on its way in: written and hashed, not kept yet.

    Attributes:
        path: Where it lies until it is kept; read it there to judge it.
        size: Bytes written until now.
    """

    __slots__ = (
        "_check_room",
        "_descriptor",
        "_hash",
        "_head",
        "_is_gone",
        "_pending",
        "_room",
        "_sent_off",
        "path",
        "size",
    )

    def __init__(self, path: Path, descriptor: int, check_room: Callable[[], None]) -> None:
        self.path = path
        self.size = 0
        self._check_room = check_room
        self._descriptor: int | None = descriptor
        self._hash = hashlib.sha256()
        self._room = LOOK_AGAIN_BYTES
        self._head = b""
        self._sent_off = 0
        self._pending: Pending | None = None
        self._is_gone = False

    @property
    def sha256(self) -> str:
        """The hash of the bytes written until now."""
        return self._hash.hexdigest()

    @property
    def source(self) -> ByteSource:
        """The bytes written until now, to be judged; good for as long as the file lies at its path."""
        return IncomingBytes(self.path, self.size, self._head)

    @property
    def descriptor(self) -> int:
        """Of the open file; LibraryError when it was kept or dropped."""
        if self._descriptor is None:
            raise LibraryError(_("The file is no longer on its way in"), subject=str(self.path))
        return self._descriptor

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Add bytes.

        Raises:
            LibraryError: If the disk is full, comes near to it, or fails.
        """
        with durable.told(self.path):
            durable.write_all(self.descriptor, data)
            end = self.size + len(data)
            if end - self._sent_off >= SENT_OFF_BYTES:
                end -= end % PAGE_BYTES  # to write on into a page that is under way would wait for it
                durable.send_off(self.descriptor, self._sent_off, end)
                self._sent_off = end
        self._hash.update(data)
        if self.size < HEAD_BYTES:
            self._head += data[: HEAD_BYTES - self.size]
        self.size += len(data)
        self._room -= len(data)
        if self._room <= 0:
            self._check_room()
            self._room = LOOK_AGAIN_BYTES

    def begin_sync(self, hand: SecondHand) -> None:
        """Begin to bring it to the disk, by another thread if that is free; nothing more is written after this."""
        if self._pending is None:
            self._pending = hand.begin(functools.partial(durable.sync_file, self.descriptor))

    def sync(self) -> None:
        """Return when its bytes are on the disk; an OSError when they cannot be."""
        if self._pending is not None:
            self._pending.wait()
        else:
            durable.sync_file(self.descriptor)

    def close(self) -> None:
        """Let the descriptor go; the file stays where it is."""
        if self._pending is not None:
            with contextlib.suppress(OSError):  # sync has told it, or it is given up
                self._pending.wait()
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            with contextlib.suppress(OSError):  # its bytes were seen on the disk before, or are given up
                os.close(descriptor)

    def move(self, path: Path) -> None:
        """Put the file somewhere else for good; an OSError when it cannot be."""
        self.path.replace(path)
        self._is_gone = True
        self.close()

    def remove(self) -> None:
        """Give the file up, unless it was moved."""
        self.close()
        if self._is_gone:
            return
        self._is_gone = True
        with contextlib.suppress(OSError):  # a sweep removes it later
            durable.remove_file(self.path)


@dataclass(frozen=True, slots=True)
class IncomingBytes:
    """The bytes of a file on its way in.

    Attributes:
        length: Of the file, in bytes.
        head: Its first bytes.
    """

    path: Path
    length: int
    head: bytes

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def size(self) -> int:
        """Return the file's length in bytes."""
        return self.length

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to length bytes from offset."""
        if offset + length <= len(self.head) or len(self.head) == self.length:
            return self.head[offset : offset + length]
        return read_file_at(self.path, offset, length)

    def open(self) -> BinaryIO:
        """Return the file opened for reading."""
        return FileBytes(self.path).open()


def pieces_of(giver: Giver) -> Iterator[bytes | memoryview]:
    """Yield what a giver gives, piece by piece; a piece is only good until the next one.

    Raises:
        MediaError: If its medium fails.
    """
    if isinstance(giver, ByteSource):
        with giver.open() as stream:
            yield from _pieces_of_stream(stream, giver.name)
    elif hasattr(giver, "readinto"):
        yield from _pieces_of_stream(cast("BinaryIO", giver), "")
    else:
        yield from giver


def hash_of(source: Giver) -> str:
    """Return the SHA-256 of everything that a source gives.

    Raises:
        MediaError: If its medium fails.
    """
    found = hashlib.sha256()
    for piece in pieces_of(source):
        found.update(piece)
    return found.hexdigest()


def _pieces_of_stream(stream: BinaryIO, name: str) -> Iterator[memoryview]:
    buffer = memoryview(bytearray(CHUNK_BYTES))
    while True:
        try:
            count = cast("io.BufferedIOBase", stream).readinto(buffer)
        except OSError as error:
            raise MediaError(
                system_reason(error),
                subject=name,
                advice=_("Check that the disc or drive is still there and try again"),
            ) from error
        if not count:
            return
        yield buffer[:count]
