"""Bounds on what one file may make pydicom do: how often it reads, how much at once, how many elements come out.

Every element costs pydicom at least one read, so that counting reads bounds its time and memory whatever the file says.
"""

import io

from viewer.base.byte_source import ByteSource
from viewer.base.errors import RefusedError

MAX_READS = 400_000
"""Some 3 s of pydicom's work on the slowest content, empty items."""
MAX_READ = 192 << 20
MAX_TOTAL = 320 << 20


class GuardedStream(io.RawIOBase):
    """A stream over a source for pydicom, which refuses when quotas are passed.

    Reads never ask for more than the source still holds, so a declared length of 4 GB allocates nothing.
    """

    def __init__(self, source: ByteSource, begin: int = 0, *, max_reads: int = MAX_READS) -> None:
        super().__init__()
        self._size = source.size()
        self._stream = source.open()
        self._position = begin
        self._stream.seek(begin)
        self._reads = max_reads
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
        self._reads -= 1
        self._bytes -= size
        if self._reads < 0:
            raise RefusedError("The data set has more elements or items than any honest object")
        if size > MAX_READ or self._bytes < 0:
            raise RefusedError(f"The data set asks for more than {MAX_READ >> 20} MB outside its pixels")
        data = self._stream.read(size) if size else b""
        self._position += len(data)
        return data
