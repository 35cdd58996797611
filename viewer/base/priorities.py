"""Which threads get a core when there are too few: the window's first, then what draws for it, then what loads."""

import contextlib
import os
import sys
import threading

DRAWING = 4
LOADING = 10


def step_back(niceness: int) -> None:
    """Let this thread, and those it starts, wait for threads that are less nice; only where systems know such threads.

    Args:
        niceness: DRAWING or LOADING. It stays with the thread: there is no way back for those without privileges.
    """
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
