"""The library as the window has it: opened in the background, asked on one thread, its answers on the reader's.

Nothing here opens a file or an index on the thread that calls; what is asked before the library is open waits for it.
"""

import enum
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from viewer.base.errors import LibraryError, ViewerError
from viewer.base.events import Event
from viewer.base.jobs import KEEPING, LIBRARY, JobHandle, JobRunner, Progress, ProgressReport
from viewer.base.translation import _

if TYPE_CHECKING:
    from viewer.library.library import Library
    from viewer.library.rebuilding import RebuildReport
    from viewer.library.watch import LibraryWatch

T = TypeVar("T")


class DeskState(enum.Enum):
    """How the library is to be had."""

    ABSENT = "absent"
    """The window was opened without one."""
    WAITING = "waiting"
    """Not asked for yet, or on its way."""
    OPEN = "open"
    DAMAGED = "damaged"
    """Its index is broken and can be made again."""
    REBUILDING = "rebuilding"
    FAILED = "failed"
    """It cannot be opened; problem says why."""


class LibraryDesk:
    """One library for all windows.

    Attributes:
        folder: None for a program without a library.
        problem: Why it is DAMAGED or FAILED.
        state_changed: Another state.
        changed: Somebody wrote to the index: this program or another.
        told: What went wrong where nobody was waiting for the answer.
    """

    def __init__(self, folder: Path | None, runner: JobRunner, deliver: Callable[[Callable[[], None]], None]) -> None:
        self.folder = folder
        self.problem: ViewerError | None = None
        self.state_changed: Event[DeskState] = Event()
        self.changed: Event[None] = Event()
        self.told: Event[ViewerError] = Event()
        self._runner = runner
        self._deliver = deliver
        self._state = DeskState.ABSENT if folder is None else DeskState.WAITING
        self._library: Library | None = None
        self._watch: LibraryWatch | None = None
        self._is_asked_for = False
        self._waiting: list[JobHandle[Any]] = []

    @property
    def state(self) -> DeskState:
        """How the library is to be had now."""
        return self._state

    @property
    def is_open(self) -> bool:
        """Whether it can be asked."""
        return self._state is DeskState.OPEN

    @property
    def library(self) -> "Library | None":
        """The library itself, for jobs; None while it is not open. Only jobs call it."""
        return self._library if self.is_open else None

    @property
    def is_busy(self) -> bool:
        """Whether it is on its way, or an answer is."""
        self._waiting = [handle for handle in self._waiting if not handle.progress.is_cancelled]
        return bool(self._waiting)

    def open(self) -> None:
        """Start opening it, unless that was done."""
        folder = self.folder
        if folder is None or self._is_asked_for:
            return
        self._is_asked_for = True
        self._set_state(DeskState.WAITING)
        self._submit(_Call(lambda _progress: self._open(folder)), LIBRARY, self._opened, self._not_opened)

    def ask(
        self,
        question: "Callable[[Library], T]",
        done: Callable[[T], None] | None = None,
        failed: Callable[[ViewerError], None] | None = None,
        *,
        key: object = None,
    ) -> JobHandle[T]:
        """Ask something short; questions are answered in their order, and a newer one with the same key replaces one.

        Args:
            question: Called on the library's thread.
            done: Gets the answer.
            failed: Gets what went wrong; told says it when this is None.
            key: What the question is about.
        """
        self.open()
        job = _Call(lambda _progress: question(self._there()))
        return self._submit(job, LIBRARY, done, lambda error: self._fail(error, failed), key=key)

    def work(
        self,
        job: "Callable[[Library, Progress], T]",
        done: Callable[[T], None] | None = None,
        failed: Callable[[ViewerError], None] | None = None,
        progress: Callable[[ProgressReport], None] | None = None,
    ) -> JobHandle[T]:
        """Do something that takes long, on a thread of its own: importing, exporting, emptying the trash."""
        self.open()
        call = _Call(lambda reports: job(self._there(), reports))
        return self._submit(call, KEEPING, done, lambda error: self._fail(error, failed), progress=progress)

    def rebuild(
        self,
        folder: Path,
        done: "Callable[[RebuildReport], None]",
        failed: Callable[[ViewerError], None],
        progress: Callable[[ProgressReport], None],
    ) -> "JobHandle[RebuildReport]":
        """Make the damaged index in a folder again from the kept files, then open the library."""
        self._set_state(DeskState.REBUILDING)

        def finished(report: "RebuildReport") -> None:
            self._is_asked_for = False
            self.open()
            done(report)

        def ended(error: Exception) -> None:
            self._set_state(DeskState.DAMAGED)
            failed(_told(error))

        call = _Call(lambda reports: self._rebuild(folder, reports))
        return self._submit(call, KEEPING, finished, ended, progress=progress)

    def give_up_rebuilding(self) -> None:
        """The rebuilding was cancelled: everything is as it was."""
        if self._state is DeskState.REBUILDING:
            self._set_state(DeskState.DAMAGED)

    def finish(self, question: "Callable[[Library], object]", patience_seconds: float) -> None:
        """Ask a last thing before the program ends, and wait for it, but not for ever."""
        if not self.is_open:
            return
        answered = threading.Event()

        def last(_progress: Progress) -> None:
            try:
                question(self._there())
            finally:
                answered.set()

        self._runner.submit(_Call(last), lane=LIBRARY)
        answered.wait(patience_seconds)

    def stop(self) -> None:
        """Notice changes no longer."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.stop()

    def close(self) -> None:
        """Close the library; no job runs any more."""
        self.stop()
        library, self._library = self._library, None
        if library is not None:
            library.close()

    # On the library's thread

    def _open(self, folder: Path) -> "Library":
        from viewer.library.library import Library

        self._library = Library(folder)
        return self._library

    def _there(self) -> "Library":
        library = self._library
        if library is None:
            raise LibraryError(_("The library is not open"), subject=str(self.folder or ""))
        return library

    def _rebuild(self, folder: Path, progress: Progress) -> "RebuildReport":
        from viewer.library.integrity import rebuild
        from viewer.library.library import held_alone

        library, self._library = self._library, None
        if library is not None:
            library.close()
        with held_alone(folder):
            return rebuild(folder, progress)

    # On the reader's thread

    def _opened(self, library: "Library") -> None:
        from viewer.library.watch import LibraryWatch

        self.problem = None
        self._watch = LibraryWatch(library.folder, lambda: self._deliver(lambda: self.changed.emit(None)))
        self._watch.start()
        self._set_state(DeskState.OPEN)

    def _not_opened(self, error: Exception) -> None:
        self.problem = _told(error)
        self._is_asked_for = _is_damage(error)  # anything else may have passed when somebody asks again
        self._set_state(DeskState.DAMAGED if _is_damage(error) else DeskState.FAILED)

    def _fail(self, error: Exception, failed: Callable[[ViewerError], None] | None) -> None:
        problem = _told(error)
        if _is_damage(error) and self._state is DeskState.OPEN:
            self.stop()
            self.problem = problem
            self._set_state(DeskState.DAMAGED)
        if failed is not None:
            failed(problem)
        elif self._state is DeskState.OPEN:
            self.told.emit(problem)

    def _set_state(self, state: DeskState) -> None:
        if state is not self._state:
            self._state = state
            self.state_changed.emit(state)

    def _submit(
        self,
        job: "_Call[T]",
        lane: str,
        done: Callable[[T], None] | None,
        failed: Callable[[Exception], None],
        *,
        key: object = None,
        progress: Callable[[ProgressReport], None] | None = None,
    ) -> JobHandle[T]:
        handles: list[JobHandle[T]] = []

        def over() -> None:
            self._waiting = [handle for handle in self._waiting if handle not in handles]

        def answered(answer: T) -> None:
            over()
            if done is not None:
                done(answer)

        def went_wrong(error: Exception) -> None:
            over()
            failed(error)

        handle = self._runner.submit(job, lane=lane, key=key, done=answered, failed=went_wrong, progress=progress)
        handles.append(handle)
        self._waiting = [each for each in self._waiting if not each.progress.is_cancelled] + [handle]
        return handle


@dataclass(frozen=True, slots=True)
class _Call(Generic[T]):
    call: Callable[[Progress], T]

    def run(self, progress: Progress) -> T:
        return self.call(progress)


def _is_damage(error: Exception) -> bool:
    from viewer.library.database import DamagedDatabase

    return isinstance(error, DamagedDatabase)


def _told(error: Exception) -> ViewerError:
    """Return what can happen; a bug goes on to the crash report."""
    if not isinstance(error, ViewerError):
        raise error
    return error
