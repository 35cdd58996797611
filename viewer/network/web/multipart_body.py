"""A request's body of several files (PS3.18 8.6.1.2.1), read from the disk while it is sent; its length is known."""

import hashlib
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from viewer.base.errors import NetworkError, system_reason
from viewer.base.translation import _
from viewer.network.ports import HeldInstance
from viewer.network.sending_outcome import Outcome

_PIECE_BYTES = 256 * 1024
_PREFIX = 128


class FileChangedError(NetworkError):
    """A file is no longer what it was when it was looked at."""


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file that can be sent.

    Attributes:
        sha256: Of it, in lower-case hexadecimal.
    """

    path: Path
    size: int
    sha256: str


def file_to_send(instance: HeldInstance) -> OutgoingFile | Outcome:
    """Return the file of an instance, read once and hashed; or why it is not sent."""
    try:
        with instance.path.open("rb") as stream:
            head = stream.read(_PREFIX + 4)
            stream.seek(0)
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            size = os.fstat(stream.fileno()).st_size
    except OSError as error:
        return Outcome(None, _("The file cannot be read: {0}").format(system_reason(error)))
    if instance.sha256 and instance.sha256 != sha256:
        return Outcome(None, _("The file was altered since it was kept; it is not sent"))
    if head[_PREFIX:] != b"DICM":
        return Outcome(None, _("The file does not say what it is"))
    return OutgoingFile(instance.path, size, sha256)


class MultipartBody:
    """The body.

    Attributes:
        content_type: What the request says of it.
        size: In bytes.
    """

    def __init__(self, files: Sequence[OutgoingFile]) -> None:
        boundary = secrets.token_hex(24)
        self._files = files
        self._end = f"--{boundary}--\r\n".encode("ascii")
        self._heads = [
            f"--{boundary}\r\nContent-Type: application/dicom\r\nContent-Length: {file.size}\r\n\r\n".encode("ascii")
            for file in files
        ]
        self.content_type = f'multipart/related; type="application/dicom"; boundary={boundary}'
        self.size = sum(len(head) + file.size + 2 for head, file in zip(self._heads, files, strict=True))
        self.size += len(self._end)

    def pieces(self) -> Iterator[bytes | memoryview]:
        """Yield it, anew each time; a piece is only good until the next one.

        Raises:
            FileChangedError: If a file is not as long as it was, or cannot be read any more.
        """
        buffer = memoryview(bytearray(_PIECE_BYTES))
        for head, file in zip(self._heads, self._files, strict=True):
            yield head
            left = file.size
            try:
                with file.path.open("rb", buffering=0) as stream:
                    while left and (count := stream.readinto(buffer[: min(left, _PIECE_BYTES)])):
                        left -= count
                        yield buffer[:count]
            except OSError as error:
                raise FileChangedError(_("The file cannot be read: {0}").format(system_reason(error))) from error
            if left:
                raise FileChangedError(_("The file was altered since it was kept; it is not sent"))
            yield b"\r\n"
        yield self._end
