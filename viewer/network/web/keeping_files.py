"""Files that were read are written, hashed and brought to the disk by several threads: a disk keeps many at a time."""

import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from viewer.base.errors import Cancelled
from viewer.base.translation import _
from viewer.network.ports import OUT_OF_RESOURCES, Caller, StoreRefused
from viewer.network.retrieving import Fetched, FileSink, Keeper

KEEPING, IN_HAND = 16, 28
"""Threads, and files that are not kept yet: of each no more than a small file is in memory."""
_MOST_UNKEPT = 3
"""So many in a row for which there is no room, and there is none for others."""
_LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that was read.

    Attributes:
        pieces: All of it, when it is small.
        written: Where it was written to, and how many bytes, when it is large.
        said: What it is said to be; empty where nothing is said.
        asked: What was asked for by itself; empty where it was more.
    """

    pieces: Sequence[bytes | memoryview]
    written: tuple[FileSink, int] | None
    said: str
    asked: str


class Keepers:
    """The threads; each is started when it is first needed.

    Args:
        keeper: Where files go.
        caller: Who they are from.
        tell: Told what became of each.
        fail: Told what ends everything.
    """

    def __init__(
        self, keeper: Keeper, caller: Caller, tell: Callable[[Fetched], None], fail: Callable[[BaseException], None]
    ) -> None:
        self._keeper = keeper
        self._caller = caller
        self._tell = tell
        self._fail = fail
        self._room = threading.Semaphore(IN_HAND)
        self._lock = threading.Lock()
        self._in_hand = 0
        self._unkept = 0
        self._work: queue.SimpleQueue[ReadFile | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def make_room(self, is_over: Callable[[], bool]) -> None:
        """Wait until one more file may be read; give_back it, or hand_on the file.

        Raises:
            Cancelled: If nobody wants it any more.
        """
        while not self._room.acquire(timeout=_LOOK_S):
            if is_over():
                raise Cancelled

    def give_back(self) -> None:
        """Nothing is handed on for the room that was made."""
        self._room.release()

    def hand_on(self, file: ReadFile) -> None:
        """Let a file be kept."""
        with self._lock:
            self._in_hand += 1
            if len(self._threads) < min(KEEPING, self._in_hand):
                thread = threading.Thread(target=self._keep_all, name="web keeping", daemon=True)
                self._threads.append(thread)
                thread.start()
        self._work.put(file)

    def written(self, pieces: Iterable[bytes | memoryview]) -> tuple[FileSink, int]:
        """Write a file as it comes; return where to, and how many bytes.

        Raises:
            StoreRefused: If it cannot be kept; nothing of it stays.
        """
        sink = self._keeper.begin_file(self._caller)
        size = 0
        try:
            for piece in pieces:
                sink.write(piece)
                size += len(piece)
        except BaseException:
            sink.abandon()
            raise
        return sink, size

    def refused(self, said: str, error: StoreRefused) -> None:
        """Tell that an instance is not kept; where nothing can be kept any more, the rest need not come."""
        self._tell(Fetched(said, reason=str(error)))
        self._unkept = self._unkept + 1 if error.status == OUT_OF_RESOURCES else 0
        if self._unkept >= _MOST_UNKEPT:
            self._fail(error)

    def close(self) -> None:
        """Return when all that was handed on is kept."""
        with self._lock:
            threads, self._threads = self._threads, []
        for _thread in threads:
            self._work.put(None)
        for thread in threads:
            thread.join()

    def _keep_all(self) -> None:
        while (file := self._work.get()) is not None:
            try:
                self._keep(file)
            except StoreRefused as error:
                self.refused(file.said, error)
            except BaseException as error:  # noqa: BLE001 - it is raised where the results are taken
                self._fail(error)
            with self._lock:
                self._in_hand -= 1
            self._room.release()

    def _keep(self, file: ReadFile) -> None:
        sink, size = file.written or self.written(file.pieces)
        kept = sink.finish()
        offered = kept.offered
        self._unkept = 0
        self._tell(Fetched(offered.sop_instance_uid, offered.sop_class_uid, kept.answer, size))
        if file.asked and file.asked != offered.sop_instance_uid:
            self._tell(Fetched(file.asked, reason=_("It gave another object than was asked for")))
