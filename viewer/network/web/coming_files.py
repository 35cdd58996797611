"""Whole files that come over the web go to a keeper: read on some threads, kept on others, never held in memory.

A thread that reads goes on with the next file while others write, hash and bring to the disk what came before.
"""

import contextlib
import functools
import itertools
import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from viewer.base.errors import Cancelled, NetworkError
from viewer.base.translation import _
from viewer.network.ports import OUT_OF_RESOURCES, Caller, StoreRefused
from viewer.network.retrieving import Counts, Fetched, FileSink, Keeper
from viewer.network.web.problems import UnreachableError, WebError

KEEPING, IN_HAND = 12, 24
"""Threads that wait for the disk, and files that are not kept yet: a disk keeps many in the time of one."""
SMALL_BYTES = 2**20
"""So much of a file is held; of a larger one, no more than a piece."""
_LOOK_S = 0.1
_MOST_FAILURES = 3
"""So many targets in a row, and the server as a whole is taken to fail; so many files, and nothing is kept here."""
_TRIES = 2
"""Of one instance whose answer is not built as it must be, or is cut off: nothing of it is kept before it is whole."""
_OF_ONE = frozenset({404, 406, 410})
"""Answers that tell of one instance, and nothing of the server."""
_SHUT_OUT = frozenset({401, 403, 407, 429, 503})


@dataclass(frozen=True, slots=True)
class Target:
    """What one request asks for.

    Attributes:
        url: Where.
        sop_instance_uid: Empty where it is more than one instance.
    """

    url: str
    sop_instance_uid: str = ""


@dataclass(frozen=True, slots=True)
class ComingFile:
    """A file that comes.

    Attributes:
        pieces: Its bytes; each stays as it is for as long as somebody holds it.
        sop_instance_uid: What it is said to be; empty where nothing is said.
    """

    pieces: Iterable[bytes | memoryview]
    sop_instance_uid: str = ""


FilesOf = Callable[[Target, int, Callable[[], bool]], Iterator[ComingFile]]
"""Asks for a target and yields what comes, each to be taken before the next. The other arguments say how often it was
asked for before, and when to stop."""


@dataclass(frozen=True, slots=True)
class _Failed:
    target: Target
    error: NetworkError


@dataclass(frozen=True, slots=True)
class _Broken:
    error: BaseException


class ComingFiles:
    """Fetches targets into a keeper.

    Args:
        targets: What is asked for, in this order.
        files_of: How.
        keeper: Takes the files.
        caller: Who they are from.
        several: How many requests at once.
        cancelled: Asked again and again.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        files_of: FilesOf,
        keeper: Keeper,
        caller: Caller,
        several: int,
        cancelled: Callable[[], bool],
    ) -> None:
        self._targets = deque(targets)
        self._files_of = files_of
        self._keeper = keeper
        self._caller = caller
        self._cancelled = cancelled
        self._is_over = threading.Event()
        self._told: queue.SimpleQueue[Fetched | _Failed | _Broken | None] = queue.SimpleQueue()
        self._room = threading.Semaphore(IN_HAND)
        self._lock = threading.Lock()
        self._in_hand = 0
        self._unkept = 0
        self._pool = ThreadPoolExecutor(KEEPING, thread_name_prefix="web keeping")
        count = max(1, min(several, len(targets)))
        self._reading = count
        self._readers = [threading.Thread(target=self._read, name="web reading", daemon=True) for _ in range(count)]

    def results(self) -> Generator[Fetched | Counts, None, None]:
        """Yield what becomes of each instance; closing the generator ends everything.

        Raises:
            NetworkError: If the server fails as a whole, or nothing more can be kept here; what came stays.
        """
        try:
            yield from self._all()
        finally:
            self._is_over.set()
            for reader in self._readers:
                if reader.ident is not None:
                    reader.join()
            self._pool.shutdown()

    def _all(self) -> Generator[Fetched | Counts, None, None]:
        for reader in self._readers:
            reader.start()
        first: NetworkError | None = None
        in_a_row = 0
        while (told := self._next()) is not None:
            if isinstance(told, _Broken):
                raise told.error
            if isinstance(told, Fetched):
                in_a_row = 0 if told.answer is not None else in_a_row
                yield told
                continue
            is_of_one = isinstance(told.error, WebError) and told.error.status in _OF_ONE
            in_a_row += not is_of_one
            if _ends_all(told.error) or in_a_row >= _MOST_FAILURES:
                raise told.error
            if told.target.sop_instance_uid:
                yield Fetched(told.target.sop_instance_uid, reason=str(told.error))
            else:
                first = first or told.error
        if first is not None:
            raise first

    def _next(self) -> Fetched | _Failed | _Broken | None:
        """Return what is told next; None at the end."""
        while True:
            with self._lock:
                is_last = self._reading == 0 and self._in_hand == 0
            try:
                told = self._told.get(block=not is_last, timeout=_LOOK_S)
            except queue.Empty:
                if is_last or self._cancelled():
                    return None
                continue
            if told is not None:
                return told

    def _read(self) -> None:
        """Ask for one target after another."""
        try:
            while not self._is_over.is_set():
                try:
                    target = self._targets.popleft()
                except IndexError:
                    break
                self._read_one(target)
        except Cancelled:
            pass
        except BaseException as error:  # noqa: BLE001 - it is raised where the results are taken
            self._told.put(_Broken(error))
        finally:
            with self._lock:
                self._reading -= 1
            self._told.put(None)

    def _read_one(self, target: Target) -> None:
        tries = _TRIES if target.sop_instance_uid else 1
        for attempt in range(tries):
            count = 0
            try:
                with contextlib.closing(_closable(self._files_of(target, attempt, self._is_over.is_set))) as files:
                    for file in files:
                        count += 1
                        self._take(file, target)
                if count:
                    return
                raise WebError(_("It has nothing of that kind there"), status=404)
            except NetworkError as error:
                is_answer = isinstance(error, WebError) and error.status != 0
                if is_answer or attempt + 1 == tries or _ends_all(error):
                    self._told.put(_Failed(target, error))
                    return

    def _take(self, file: ComingFile, target: Target) -> None:
        """Read a file: a small one is written by the thread that keeps it, a large one while it comes."""
        while not self._room.acquire(timeout=_LOOK_S):
            if self._is_over.is_set():
                raise Cancelled
        said = file.sop_instance_uid or target.sop_instance_uid
        is_handed_on = False
        try:
            pieces = iter(file.pieces)
            begun, is_small = _up_to(pieces, SMALL_BYTES)
            write = functools.partial(self._written, begun)
            if not is_small:
                sink, size = self._written(itertools.chain(begun, pieces))
                write = functools.partial(_as_it_is, sink, size)
            with self._lock:
                self._in_hand += 1
            is_handed_on = True
            self._pool.submit(self._keep, write, said, target.sop_instance_uid)
        except StoreRefused as error:
            self._refused(said, error)
            for _piece in file.pieces:
                pass
        finally:
            if not is_handed_on:
                self._room.release()

    def _written(self, pieces: Iterable[bytes | memoryview]) -> tuple[FileSink, int]:
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

    def _keep(self, write: Callable[[], tuple[FileSink, int]], said: str, asked: str) -> None:
        try:
            sink, size = write()
            kept = sink.finish()
            offered = kept.offered
            self._unkept = 0
            self._told.put(Fetched(offered.sop_instance_uid, offered.sop_class_uid, kept.answer, size))
            if asked and asked != offered.sop_instance_uid:
                self._told.put(Fetched(asked, reason=_("It gave another object than was asked for")))
        except StoreRefused as error:
            self._refused(said, error)
        except BaseException as error:  # noqa: BLE001 - it is raised where the results are taken
            self._told.put(_Broken(error))
        finally:
            self._room.release()
            with self._lock:
                self._in_hand -= 1
            self._told.put(None)

    def _refused(self, said: str, error: StoreRefused) -> None:
        """Tell that an instance is not kept; where nothing can be kept any more, the rest need not come."""
        self._told.put(Fetched(said, reason=str(error)))
        self._unkept = self._unkept + 1 if error.status == OUT_OF_RESOURCES else 0
        if self._unkept >= _MOST_FAILURES:
            self._told.put(_Broken(error))


def _ends_all(error: NetworkError) -> bool:
    return isinstance(error, UnreachableError) or (isinstance(error, WebError) and error.status in _SHUT_OUT)


def _up_to(pieces: Iterator[bytes | memoryview], most: int) -> tuple[list[bytes | memoryview], bool]:
    """Return the first pieces, so many bytes or some more, and whether those are all."""
    found: list[bytes | memoryview] = []
    left = most
    for piece in pieces:
        found.append(piece)
        left -= len(piece)
        if left < 0:
            return found, False
    return found, True


def _as_it_is(sink: FileSink, size: int) -> tuple[FileSink, int]:
    return sink, size


def _closable(files: Iterator[ComingFile]) -> Generator[ComingFile, None, None]:
    yield from files
