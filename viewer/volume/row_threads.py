"""Rows of a picture shared out among the cores, by threads that live as long as the work."""

import contextlib
import itertools
import os
import threading
from collections.abc import Callable, Iterator

from viewer.base.errors import Cancelled

_LEAST_WORK = 20_000
"""Samples below which a second thread costs more than it brings."""

_PARTS_PER_CORE = 8
"""So that a core with cheap rows, or one that is needed elsewhere, takes fewer."""

_LARGEST_PART = 2_000_000
"""Samples after which it is asked whether the work is still wanted: some hundredths of a second."""

_own = threading.local()


def core_count() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def given_up_when(is_unwanted: Callable[[], bool]) -> Iterator[None]:
    """Let what this thread asks for be left undone, with Cancelled, as soon as nobody wants it any more."""
    before = getattr(_own, "is_unwanted", None)
    _own.is_unwanted = is_unwanted
    try:
        yield
    finally:
        _own.is_unwanted = before


def on_all_cores(work: Callable[[tuple[int, int]], None], rows: int, samples: int) -> None:
    """Have all rows worked on, and return when they are.

    Args:
        work: Takes the first row and the one beyond the last; must let go of the interpreter for cores to matter.
        rows: How many.
        samples: How much work it is altogether.

    Raises:
        Cancelled: If nobody wants it any more; see given_up_when.
    """
    threads = min(core_count(), rows) if samples >= _LEAST_WORK else 1
    if threads == 1 and samples <= _LARGEST_PART:
        work((0, rows))
        return
    is_unwanted: Callable[[], bool] | None = getattr(_own, "is_unwanted", None)
    parts = max(threads * _PARTS_PER_CORE, samples // _LARGEST_PART)
    size = max(-(-rows // parts), 1)
    starts = itertools.count(0, size)  # its next() is one step of the interpreter: no lock is needed
    failures: list[BaseException] = []

    def take() -> None:
        try:
            while (first := next(starts)) < rows and not failures:
                if is_unwanted is not None and is_unwanted():
                    raise Cancelled
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
