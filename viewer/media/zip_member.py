"""A packed or encrypted member of a ZIP archive as a byte source: inflated from its start as far as it is read.

Looking at a header inflates a few KiB. Reading further inflates a member once and keeps it: small ones in memory, large
ones in a nameless temporary file, both within a budget. The declared length bounds what comes out, whatever the packed
stream would become; a member whose check sum is wrong gives no pixels.
"""

import io
import tempfile
import threading
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from viewer.base.byte_source import ByteSource, SourceStream
from viewer.base.errors import MediaError, PasswordNeededError, RefusedError
from viewer.base.paths import private_temporary_folder
from viewer.base.translation import _
from viewer.media.container_bytes import release_spool, reserve_spool
from viewer.media.problems import DamagedError
from viewer.media.zip_methods import UNPACKING_ERRORS, Unpacking, memory_of, unpacking

_LOCAL_HEADER_BYTES = 30
_READ_AT_ONCE = 1 << 16
_HEADER_BYTES = 1 << 16
_STEP = 1 << 20
_MEMORY_MEMBER = 64 << 20
_MEMORY_BUDGET = 256 << 20
_KEPT_MEMBERS = 64


@dataclass(frozen=True, slots=True)
class ZipMemberBytes:
    """A member that has to be unpacked.

    Attributes:
        container: The archive.
        member: Its path inside, as shown.
        header_offset: Of its local header in the container.
        packed: Bytes it takes in the archive.
        length: Bytes it claims to become.
        crc: Its check sum; None where encryption brings its own.
        method: How it is packed, one of SUPPORTED_METHODS.
        password: Empty unless it is encrypted.
    """

    container: ByteSource
    member: str
    header_offset: int
    packed: int
    length: int
    crc: int | None
    method: int
    password: bytes = field(default=b"", repr=False)

    @property
    def name(self) -> str:
        """The archive's name and the member's path in it."""
        return f"{self.container.name}!/{self.member}"

    def size(self) -> int:
        """Return the length it claims; reading never gives more."""
        return self.length

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to length bytes from offset."""
        return _kept.member(self).read(offset, length)

    def open(self) -> BinaryIO:
        """Return a buffered stream over the unpacked bytes."""
        return io.BufferedReader(SourceStream(self))


def data_offset(container: ByteSource, header_offset: int) -> int:
    """Return where a member's packed bytes begin.

    Raises:
        DamagedError: If there is no local header.
    """
    header = container.read_at(header_offset, _LOCAL_HEADER_BYTES)
    if len(header) < _LOCAL_HEADER_BYTES or not header.startswith(b"PK\x03\x04"):
        raise DamagedError(_("The archive is damaged: a member is not where its directory says"))
    name_length, extra_length = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
    return header_offset + _LOCAL_HEADER_BYTES + name_length + extra_length


class _Unpacker(Protocol):
    unpacking: Unpacking | None

    def read(self, length: int) -> bytes:
        """Return up to length of the next bytes; none at the end."""


class _PlainUnpacker:
    """Unpacks an unencrypted member, never more than asked."""

    def __init__(self, source: ZipMemberBytes) -> None:
        self._container = source.container
        self._position = data_offset(source.container, source.header_offset)
        self._end = self._position + source.packed
        self.unpacking: Unpacking | None = unpacking(source.method, source.length)

    def read(self, length: int) -> bytes:
        while self.unpacking is not None and not self.unpacking.eof:
            part = self._next() if self.unpacking.needs_input else b""
            try:
                data = self.unpacking.decompress(part, length)
            except UNPACKING_ERRORS as error:
                raise DamagedError(_("The packed data is damaged")) from error
            if data:
                return data
            if not part and self.unpacking.needs_input:
                break
        return b""

    def _next(self) -> bytes:
        part = self._container.read_at(self._position, min(_READ_AT_ONCE, self._end - self._position))
        self._position += len(part)
        if not part:
            self._position = self._end
        return part


class _DecryptingUnpacker:
    """Decrypts and inflates a member through pyzipper."""

    def __init__(self, source: ZipMemberBytes) -> None:
        from viewer.media.zip_encryption import open_encrypted

        self.unpacking: Unpacking | None = None
        self._stream = open_encrypted(source.container, source.header_offset, source.password)

    def read(self, length: int) -> bytes:
        from viewer.media.zip_encryption import reading_errors

        with reading_errors():
            return self._stream.read(length)


class _Member:
    """What of a member is unpacked so far."""

    def __init__(self, source: ZipMemberBytes) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._unpacker: _Unpacker | None = None
        self._memory = bytearray()
        self._file: BinaryIO | None = None
        self._count = 0
        self._crc = 0
        self._error: MediaError | None = None

    @property
    def memory_bytes(self) -> int:
        unpacker = self._unpacker
        return len(self._memory) + (memory_of(unpacker.unpacking) if unpacker is not None else 0)

    def read(self, offset: int, length: int) -> bytes:
        end = min(offset + length, self._source.length)
        if offset < 0 or end <= offset:
            return b""
        with self._lock:
            # Pixels are given only from a member that was unpacked whole and whose check sum is right.
            self._unpack_to(end if end <= _HEADER_BYTES else self._source.length)
            if self._file is not None:
                self._file.seek(offset)
                return self._file.read(end - offset)
            return bytes(self._memory[offset:end])

    def forget(self) -> None:
        with self._lock:
            self._memory = bytearray()
            self._unpacker = None
            self._count = self._crc = 0
            if self._file is not None:
                self._file.close()
                self._file = None
                release_spool(self._source.length)

    def _unpack_to(self, end: int) -> None:
        if self._error is not None:
            raise self._error
        try:
            while self._count < end and (part := self._more(min(_STEP, end - self._count))):
                self._keep(part)
            if self._count < end:
                raise DamagedError(_("The packed data ends early"))
            if self._count == self._source.length and self._source.crc not in (None, self._crc):
                raise DamagedError(_("The check sum is wrong: the packed data is damaged"))
            if self._count == self._source.length:
                self._unpacker = None
        except RefusedError as error:  # tried again: there may be room by then
            error.about(self._source.name)
            raise
        except (DamagedError, PasswordNeededError) as error:
            error.about(self._source.name)
            self._error = error
            raise

    def _more(self, length: int) -> bytes:
        if self._unpacker is None:
            self._unpacker = (
                _DecryptingUnpacker(self._source) if self._source.password else _PlainUnpacker(self._source)
            )
        return self._unpacker.read(length)

    def _keep(self, part: bytes) -> None:
        self._count += len(part)
        self._crc = zlib.crc32(part, self._crc)
        if self._file is None and len(self._memory) + len(part) > _MEMORY_MEMBER:
            reserve_spool(self._source.length)
            # Nameless where the system can: nothing stays behind, even when the process is killed.
            self._file = tempfile.TemporaryFile(dir=private_temporary_folder())  # noqa: SIM115 - kept open
            self._file.write(self._memory)
            self._memory = bytearray()
        if self._file is None:
            self._memory += part
            return
        try:
            self._file.write(part)
        except OSError as error:
            raise MediaError(_("No room for a temporary copy of the archive")) from error


class _KeptMembers:
    """The members used last, within the memory budget."""

    def __init__(self) -> None:
        self._members: OrderedDict[ZipMemberBytes, _Member] = OrderedDict()
        self._lock = threading.Lock()

    def member(self, source: ZipMemberBytes) -> _Member:
        with self._lock:
            member = self._members.get(source)
            if member is None:
                member = self._members[source] = _Member(source)
            self._members.move_to_end(source)
            dropped = self._over_budget()
        for each in dropped:
            each.forget()
        return member

    def _over_budget(self) -> list[_Member]:
        dropped = []
        total = sum(member.memory_bytes for member in self._members.values())
        while len(self._members) > 1 and (len(self._members) > _KEPT_MEMBERS or total > _MEMORY_BUDGET):
            _source, member = self._members.popitem(last=False)
            total -= member.memory_bytes
            dropped.append(member)
        return dropped


_kept = _KeptMembers()
