"""Bringing journals to the disk itself, and compacting them, on a thread of its own: no hand waits for a disk."""

import contextlib
import queue
import threading
from collections.abc import Callable

from viewer.workspace.measuring.journal_file import JournalFile

Deliver = Callable[[Callable[[], None]], None]
Failed = Callable[[JournalFile, OSError], None]


class JournalSyncing:
    """One thread, begun with the first thing to do.

    Args:
        deliver: Has a function called on the thread of whoever is told of failures.
        failed: Told when a journal's bytes could not be brought to the disk.
    """

    def __init__(self, deliver: Deliver, failed: Failed) -> None:
        self._deliver, self._failed = deliver, failed
        self._asked: queue.SimpleQueue[tuple[JournalFile, bool] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def sync(self, file: JournalFile) -> None:
        """Bring a journal to the disk."""
        self._ask(file, is_compacting=False)

    def compact(self, file: JournalFile) -> None:
        """Compact a journal, where that is worth its while."""
        self._ask(file, is_compacting=True)

    def close(self) -> None:
        """Return when all that was asked for is done."""
        if self._thread is not None:
            self._asked.put(None)
            self._thread.join()
            self._thread = None

    def _ask(self, file: JournalFile, *, is_compacting: bool) -> None:
        self._asked.put((file, is_compacting))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while (asked := self._asked.get()) is not None:
            waiting, is_over = [asked], False
            while not self._asked.empty() and not is_over:  # strokes that came meanwhile go to the disk together
                more = self._asked.get()
                is_over = more is None
                waiting += [] if more is None else [more]
            for file, is_compacting in dict.fromkeys(waiting):
                self._compact(file) if is_compacting else self._sync(file)
            if is_over:
                return

    def _sync(self, file: JournalFile) -> None:
        try:
            file.sync()
        except FileNotFoundError:
            pass  # it was erased meanwhile
        except OSError as error:
            found = error
            self._deliver(lambda: self._failed(file, found))

    def _compact(self, file: JournalFile) -> None:
        with contextlib.suppress(OSError):  # it stays as long as it is
            file.compact()
