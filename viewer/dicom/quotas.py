"""Bounds on what one file may make pydicom do: how often it reads, how much at once, how many elements come out.

Every element costs pydicom at least one read, so that counting reads bounds its time and memory whatever the file says.
"""

import io

from viewer.base.byte_source import ByteSource
from viewer.base.errors import RefusedError
from viewer.base.translation import _

MAX_WORK = 800_000
"""In reads of one element, some 5 us of pydicom's work each; an item is dearer."""
_ITEM_WORK = 5
_ITEMS = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")
MAX_PROBLEMS = 20
"""Of one kind said of one file; more would help nobody."""
MAX_READ = 192 << 20
MAX_TOTAL = 320 << 20


MAX_REPEATS = 1000


class Repeats:
    """Elements that came more than once in one data set, which PS3.5 7.1 forbids and files do nevertheless."""

    def __init__(self) -> None:
        self._count = 0
        self._tags: set[int] = set()

    def note(self, tag: int, problems: list[str]) -> None:
        """Say it once for each tag.

        Raises:
            RefusedError: If there is no end to it.
        """
        self._count += 1
        if self._count > MAX_REPEATS:
            raise RefusedError(_("The data set repeats its elements without end"))
        if tag not in self._tags and len(self._tags) < MAX_PROBLEMS:
            self._tags.add(tag)
            problems.append(
                _("Element ({group:04X},{element:04X}) is there twice; the first is used").format(
                    group=tag >> 16, element=tag & 0xFFFF
                )
            )


class GuardedStream(io.RawIOBase):
    """A stream over a source for pydicom, which refuses when quotas are passed.

    Reads never ask for more than the source still holds, so a declared length of 4 GB allocates nothing.
    """

    def __init__(self, source: ByteSource, begin: int = 0, *, max_work: int = MAX_WORK) -> None:
        super().__init__()
        self._size = source.size()
        self._stream = source.open()
        self._position = begin
        self._stream.seek(begin)
        self._work = max_work
        self._bytes = MAX_TOTAL
        self.name = source.name

    def readable(self) -> bool:
        """Return True: the stream is for reading."""
        return True

    def seekable(self) -> bool:
        """Return True: sources have random access."""
        return True

    def close(self) -> None:
        """Close the source's stream as well."""
        if not self.closed:
            self._stream.close()
        super().close()

    def tell(self) -> int:
        """Return the position, which lies beyond the end after a jump over a value that is not all there."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        self._stream.seek(min(self._position, self._size))
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Return up to size bytes.

        Raises:
            RefusedError: If the file has made us read too often or too much.
        """
        room = max(0, self._size - self._position)
        size = room if size < 0 else min(size, room)
        self._work -= 1
        self._bytes -= size
        if self._work < 0:
            raise RefusedError(_("The data set has more elements or items than any honest object"))
        if size > MAX_READ or self._bytes < 0:
            raise RefusedError(
                _("The data set asks for more than {size} MB outside its pixels").format(size=MAX_READ >> 20)
            )
        data = self._stream.read(size) if size else b""
        self._position += len(data)
        if size == 8 and data.startswith(_ITEMS):
            self._work -= _ITEM_WORK - 1
        return data
