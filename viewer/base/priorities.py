"""Which threads get a core when there are too few: those of the window and what draws for it before what loads."""

import contextlib
import os
import sys
import threading

LOADING = 10


def step_back(niceness: int) -> None:
    """Let this thread, and those it starts, wait for threads that are less nice; only where systems know such threads.

    Args:
        niceness: LOADING. It stays with the thread: there is no way back for those without privileges.
    """
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
