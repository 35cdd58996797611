"""Memory that was let go, given back to the computer."""

import contextlib
import ctypes
import sys


def give_back() -> None:
    """Return what the allocator keeps of freed blocks to the system; takes milliseconds. Only where it is known how.

    What is allocated in pieces of a slice's size stays with the process otherwise: glibc takes its own counsel on it.
    """
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
