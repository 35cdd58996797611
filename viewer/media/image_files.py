"""The files that a disc image's own directories name, and the bounded reading of those directories.

What ISO 9660 and UDF say comes together here: names are checked, runs of bytes become sources.
"""

import io
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from viewer.base.byte_source import ByteSource
from viewer.base.errors import RefusedError, ViewerError
from viewer.base.translation import _
from viewer.media.container_bytes import JoinedBytes, slice_of
from viewer.media.folder_tree import FoundFile
from viewer.media.problems import Problem, ProblemKind, kind_of
from viewer.media.safety import Quotas, checked_components, printable

FAR_AWAY = 1 << 50
_LEAST_COST = 64

Components = tuple[str, ...]
Extent = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A file of the image, or what stands in its directories where a file could be.

    Attributes:
        components: Its path.
        extents: Its runs of bytes as offset and length in the image.
        trouble: Why it is not opened; empty for a file.
        kind: Under which its trouble is listed.
    """

    components: Components
    extents: tuple[Extent, ...] = ()
    trouble: str = ""
    kind: ProblemKind = ProblemKind.REFUSED


class CountedStream(io.RawIOBase):
    """A read-only stream that refuses to give more than a quota."""

    def __init__(self, stream: BinaryIO, end: int, quotas: Quotas, moved: Callable[[], None]) -> None:
        super().__init__()
        self._end = end
        self._stream = stream
        self._left = quotas.image_bytes_read
        self._position = 0
        self._moved = moved

    def readable(self) -> bool:
        """Return True: the stream is for reading."""
        return True

    def seekable(self) -> bool:
        """Return True: the image has random access."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to an offset, also one beyond the end."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._end}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        """Return the current offset."""
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes.

        Raises:
            RefusedError: If the quota is used up.
        """
        self._moved()
        self._stream.seek(min(self._position, FAR_AWAY))
        data = self._stream.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._position += len(data)
        # Also a read of nothing costs something, or a loop of them would never end.
        self._left -= max(len(data), _LEAST_COST)
        if self._left < 0:
            raise RefusedError(_("The disc image's directories claim to be larger than is allowed"))
        return data

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to length bytes from offset; fewer only at the end.

        Raises:
            RefusedError: If the quota is used up.
        """
        self.seek(offset)
        return self.read(length)

    def close(self) -> None:
        """Close the stream below too."""
        self._stream.close()
        super().close()


def sources_of(
    image: ByteSource, listed: Sequence[ImageFile], quotas: Quotas, problems: list[Problem]
) -> Iterator[FoundFile]:
    """Yield the files as byte sources, and add those that are none to the problems."""
    size = image.size()
    for file in listed:
        member = "/".join(file.components)
        name = f"{image.name}!/{printable(member)}"
        if file.trouble:
            problems.append(Problem(name, file.trouble, file.kind))
            continue
        try:
            checked_components(file.components, quotas)
        except ViewerError as error:
            problems.append(Problem(name, str(error), kind_of(error)))
            continue
        extents = merged(file.extents)
        if any(offset + length > size for offset, length in extents):
            text = _("The disc image is incomplete: this file is cut off")
            problems.append(Problem(name, text, ProblemKind.DAMAGED))
            continue
        parts = tuple(slice_of(image, offset, length, member) for offset, length in extents)
        source = parts[0] if len(parts) == 1 else JoinedBytes(parts, name)
        yield FoundFile(source, file.components)


def merged(extents: Sequence[Extent]) -> tuple[Extent, ...]:
    """Join runs that follow each other."""
    joined: list[Extent] = []
    for offset, length in extents:
        if joined and sum(joined[-1]) == offset:
            joined[-1] = (joined[-1][0], joined[-1][1] + length)
        else:
            joined.append((offset, length))
    return tuple(joined)
