"""Whole files that come over the web go to a keeper: read on some threads, kept on others, never many in memory.

A thread that reads goes on with the next file while others write, hash and bring to the disk what came before.
"""

import contextlib
import itertools
import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass

from viewer.base.errors import Cancelled, NetworkError
from viewer.base.translation import _
from viewer.network.ports import Caller, StoreRefused
from viewer.network.retrieving import Counts, Fetched, Keeper
from viewer.network.web.keeping_files import Keepers, ReadFile
from viewer.network.web.problems import UnreachableError, WebError

SMALL_BYTES = 2**20
"""So much of a file is held; of a larger one, no more than a piece."""
_LOOK_S = 0.1
_MOST_FAILURES = 3
"""So many targets in a row, and the server as a whole is taken to fail."""
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
        self._cancelled = cancelled
        self._is_over = threading.Event()
        self._told: queue.SimpleQueue[Fetched | _Failed | _Broken | None] = queue.SimpleQueue()
        self._keepers = Keepers(keeper, caller, self._told.put, lambda error: self._told.put(_Broken(error)))
        count = max(1, min(several, len(targets)))
        self._reading = count
        self._readers = [threading.Thread(target=self._read, name="web reading", daemon=True) for _ in range(count)]

    def results(self) -> Generator[Fetched | Counts, None, None]:
        """Yield what becomes of each instance; closing the generator ends everything.

        Raises:
            NetworkError: If the server fails as a whole, or nothing more can be kept here; what came stays, and has
                been yielded.
        """
        for reader in self._readers:
            reader.start()
        try:
            error = yield from self._until_it_fails()
            self._stop()
            while not self._told.empty():
                told = self._told.get()
                if isinstance(told, Fetched):
                    yield told
                elif isinstance(told, _Broken):
                    error = error or told.error
            if error is not None:
                raise error
        finally:
            self._stop()

    def _stop(self) -> None:
        """Read nothing more, and return when all that was read is kept."""
        self._is_over.set()
        for reader in self._readers:
            reader.join()
        self._keepers.close()

    def _until_it_fails(self) -> Generator[Fetched | Counts, None, BaseException | None]:
        """Yield what is told until all is read, and return what failed."""
        first: NetworkError | None = None
        in_a_row = 0
        while (told := self._next()) is not None:
            if isinstance(told, _Broken):
                return told.error
            if isinstance(told, Fetched):
                in_a_row = 0 if told.answer is not None else in_a_row
                yield told
                continue
            is_of_one = isinstance(told.error, WebError) and told.error.status in _OF_ONE
            in_a_row += not is_of_one
            if _ends_all(told.error) or in_a_row >= _MOST_FAILURES:
                return told.error
            if told.target.sop_instance_uid:
                yield Fetched(told.target.sop_instance_uid, reason=str(told.error))
            else:
                first = first or told.error
        return first

    def _next(self) -> Fetched | _Failed | _Broken | None:
        """Return what is told next; None when nothing more is read, or nobody wants it any more."""
        while True:
            try:
                told = self._told.get(timeout=_LOOK_S)
            except queue.Empty:
                if self._cancelled():
                    return None
                continue
            if told is not None:
                return told
            self._reading -= 1  # a reader has told all that it had to tell
            if self._reading == 0:
                return None

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
        self._keepers.make_room(self._is_over.is_set)
        said = file.sop_instance_uid or target.sop_instance_uid
        is_handed_on = False
        try:
            pieces = iter(file.pieces)
            begun, is_small = _up_to(pieces, SMALL_BYTES)
            written = None if is_small else self._keepers.written(itertools.chain(begun, pieces))
            self._keepers.hand_on(ReadFile(begun if is_small else (), written, said, target.sop_instance_uid))
            is_handed_on = True
        except StoreRefused as error:
            self._keepers.refused(said, error)
            for _piece in file.pieces:
                pass
        finally:
            if not is_handed_on:
                self._keepers.give_back()


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


def _closable(files: Iterator[ComingFile]) -> Generator[ComingFile, None, None]:
    yield from files
