"""Bringing journals to the disk itself, and compacting them, on a thread of its own: no hand waits for a disk."""

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
            waiting = {id(asked[0]): asked[0]} if not asked[1] else {}
            compacting = {id(asked[0]): asked[0]} if asked[1] else {}
            is_over = False
            while not self._asked.empty():  # strokes that came meanwhile go to the disk together
                more = self._asked.get()
                if more is None:
                    is_over = True
                    break
                (compacting if more[1] else waiting)[id(more[0])] = more[0]
            for file in waiting.values():
                self._try(file, file.sync)
            for file in compacting.values():
                self._try(file, file.compact)
            if is_over:
                return

    def _try(self, file: JournalFile, work: Callable[[], object]) -> None:
        try:
            work()
        except FileNotFoundError:
            pass  # it was erased meanwhile
        except OSError as error:
            if work == file.sync:
                found = error
                self._deliver(lambda: self._failed(file, found))
