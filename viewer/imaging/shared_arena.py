"""Memory that a decoder process fills and the window copies out of.

It has no name, so nothing is left behind whatever dies; and it cannot shrink, so a process gone wild cannot pull the
pages from under the reader. Where the system has no such memory, results go through the pipe.
"""

import mmap
import os
import tempfile
from collections.abc import Callable
from multiprocessing.reduction import DupFd
from typing import Any

import numpy as np
from numpy.typing import NDArray


def new_arena_descriptor() -> int | None:
    """Return a descriptor of empty memory that can grow; None where results must go through the pipe."""
    if hasattr(os, "memfd_create"):
        import fcntl

        descriptor = os.memfd_create("frames", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
        return descriptor
    if os.name == "posix":
        with tempfile.TemporaryFile() as stream:
            return os.dup(stream.fileno())
    return None


class DescriptorForChild:
    """Carries a descriptor to a process that is being spawned, where it arrives as a plain number."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __reduce__(self) -> tuple[Callable[[Any], int], tuple[Any]]:
        return _received, (DupFd(self._descriptor),)


def _received(handle: Any) -> int:  # noqa: ANN401 - its class is multiprocessing's own
    return int(handle.detach())


class SharedArena:
    """One end of the memory behind a descriptor; owns the descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._map: mmap.mmap | None = None

    def write(self, arrays: list[NDArray[Any]]) -> None:
        """Put arrays one after another at the start, growing as needed."""
        size = sum(array.nbytes for array in arrays)
        if size > os.fstat(self._descriptor).st_size:
            os.ftruncate(self._descriptor, size)
        offset = 0
        view = np.frombuffer(self._mapped(size), np.uint8)
        for array in arrays:
            target = view[offset : offset + array.nbytes].view(array.dtype).reshape(array.shape)
            np.copyto(target, array)
            offset += array.nbytes

    def read(self, offset: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return a copy of the array at an offset.

        Raises:
            ValueError: If it reaches past the end.
        """
        count = int(np.prod(shape))
        if offset + count * dtype.itemsize > os.fstat(self._descriptor).st_size:
            raise ValueError("The array reaches past the end of the arena")
        return np.frombuffer(self._mapped(offset + count * dtype.itemsize), dtype, count, offset).reshape(shape).copy()

    def write_bytes(self, data: bytes) -> None:
        """Put bytes at the start, growing as needed."""
        self.write([np.frombuffer(data, np.uint8)])

    def read_bytes(self, length: int) -> bytes:
        """Return a copy of the first bytes."""
        return self._mapped(length)[:length]

    def close(self) -> None:
        """Give the memory back."""
        self._map = None  # unmapped when the last view of it goes
        os.close(self._descriptor)

    def _mapped(self, size: int) -> mmap.mmap:
        if self._map is None or len(self._map) < size:
            self._map = mmap.mmap(self._descriptor, os.fstat(self._descriptor).st_size)
        return self._map
