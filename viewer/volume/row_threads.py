"""Rows of a picture shared out among the cores, by threads that live as long as the work."""

import itertools
import os
import threading
from collections.abc import Callable

_LEAST_WORK = 20_000
"""Samples below which a second thread costs more than it brings."""

_PARTS_PER_CORE = 8
"""So that a core with cheap rows, or one that is needed elsewhere, takes fewer."""


def core_count() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def on_all_cores(work: Callable[[tuple[int, int]], None], rows: int, samples: int) -> None:
    """Have all rows worked on, and return when they are.

    Args:
        work: Takes the first row and the one beyond the last; must let go of the interpreter for cores to matter.
        rows: How many.
        samples: How much work it is altogether.
    """
    threads = min(core_count(), rows) if samples >= _LEAST_WORK else 1
    if threads == 1:
        work((0, rows))
        return
    size = max(-(-rows // (threads * _PARTS_PER_CORE)), 1)
    starts = itertools.count(0, size)  # its next() is one step of the interpreter: no lock is needed
    failures: list[BaseException] = []

    def take() -> None:
        try:
            while (first := next(starts)) < rows and not failures:
                work((first, min(first + size, rows)))
        except BaseException as error:  # noqa: BLE001 - raised again where the work was asked for
            failures.append(error)

    others = [threading.Thread(target=take, name="volume rows", daemon=True) for _ in range(threads - 1)]
    for each in others:
        each.start()
    take()
    for each in others:
        each.join()
    if failures:
        raise failures[0]
