"""Shared libraries, loaded while the rest of the program goes on.

The interpreter imports a module of machine code with its lock held: with a large library behind it, every thread waits
for a tenth of a second. A library that is there already costs the import nothing.
"""

import contextlib
import ctypes
import os
import sys
from pathlib import Path


def load_meanwhile(library: Path) -> None:
    """Load a library on this thread, without the interpreter's lock; only where it is known how, and no harm if not.

    Args:
        library: Absolute; one that is not there is left alone.
    """
    if not sys.platform.startswith("linux") or not library.is_file():
        return
    with contextlib.suppress(OSError, AttributeError):  # another C library
        load = ctypes.CDLL(None).dlopen  # called this way, unlike by ctypes itself, the lock is let go of
        load.restype = ctypes.c_void_p
        load.argtypes = (ctypes.c_char_p, ctypes.c_int)
        load(os.fsencode(library), os.RTLD_NOW | os.RTLD_LOCAL)
