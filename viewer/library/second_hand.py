"""Other threads that wait for the disk while the first one goes on.

The second hand is for one at a time: it is of use to who is alone, when the disk has nothing else to do; whoever finds
it busy waits for the disk himself, beside the others. Several hands are for who has several things to wait for: a disk
brings in one go what it is asked for at once.
"""

import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue


class Pending:
    """What was begun and is not finished."""

    __slots__ = ("_done", "_error", "_steps")

    def __init__(self, steps: tuple[Callable[[], None], ...]) -> None:
        self._steps = steps
        self._error: BaseException | None = None
        self._done = threading.Lock()
        self._done.acquire()

    def run(self) -> None:
        """Take the steps one after another, until one of them fails."""
        try:
            for step in self._steps:
                step()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            self._error = error
        finally:
            self._done.release()

    def wait(self) -> None:
        """Return when all is done.

        Raises:
            Exception: What the step raised that failed.
        """
        with self._done:
            if self._error is not None:
                raise self._error


class SecondHand:
    """The thread; it is started when it is first needed and ends with close."""

    def __init__(self) -> None:
        self._work: SimpleQueue[Pending | None] = SimpleQueue()
        self._is_free = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self, *steps: Callable[[], None]) -> Pending | None:
        """Begin something if nothing else is being done; None when something is."""
        if not self._is_free.acquire(blocking=False):
            return None
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="second hand", daemon=True)
            self._thread.start()
        pending = Pending(steps)
        self._work.put(pending)
        return pending

    def close(self) -> None:
        """End when what was begun is done."""
        if self._thread is not None:
            self._work.put(None)
            self._thread.join()
            self._thread = None

    def _serve(self) -> None:
        while (pending := self._work.get()) is not None:
            pending.run()
            self._is_free.release()


class Together:
    """Several things that were begun at once."""

    __slots__ = ("_each",)

    def __init__(self, each: Sequence[Pending]) -> None:
        self._each = each

    def wait(self) -> None:
        """Return when all of them are done.

        Raises:
            Exception: What the first of them raised that failed.
        """
        failure: BaseException | None = None
        for pending in self._each:
            try:
                pending.wait()
            except BaseException as error:  # noqa: BLE001 - raised when nothing is under way any more
                failure = failure or error
        if failure is not None:
            raise failure


class Hands:
    """Several threads; each is started when it is first needed, and all end with close.

    Args:
        count: How many at most.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._work: SimpleQueue[Pending | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def begin(self, steps: Sequence[Callable[[], None]]) -> Together:
        """Begin several things, as many of them at once as there are hands."""
        with self._lock:
            while len(self._threads) < min(self._count, len(steps)):
                thread = threading.Thread(target=self._serve, name="hand", daemon=True)
                self._threads.append(thread)
                thread.start()
        each = [Pending((step,)) for step in steps]
        for pending in each:
            self._work.put(pending)
        return Together(each)

    def close(self) -> None:
        """End when what was begun is done."""
        with self._lock:
            threads, self._threads = self._threads, []
        for _thread in threads:
            self._work.put(None)
        for thread in threads:
            thread.join()

    def _serve(self) -> None:
        while (pending := self._work.get()) is not None:
            pending.run()
