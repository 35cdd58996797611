"""What looks at files for a crew: a thread, or a thread that feeds a process of its own."""

import contextlib
import gc
import logging
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from viewer.base.byte_source import ByteSource, FileBytes
from viewer.base.translation import _, current_language, set_language
from viewer.media.candidates import Candidate
from viewer.media.problems import ProblemKind
from viewer.media.scan_results import Failure, ScanResult, pack_results, unpack_results

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

logger = logging.getLogger(__name__)

_THREAD_CHUNK = 16
_PROCESS_CHUNK = 128
_IDLE = -1
_COLLECT_EVERY = 100_000
_NICENESS = 10
"""The window comes first: it shares two cores with two scanning processes."""

Scan = Callable[[ByteSource], ScanResult]


class Crew(Protocol):
    """Who a lane works for."""

    @property
    def scan(self) -> Scan:
        """What looks at one file."""

    def take(self, lane: "Lane") -> list[Candidate]:
        """Wait for the next portion; empty when the lane should end."""

    def put_off(self, lane: "Lane", chunk: list[Candidate]) -> bool:
        """Return whether the portion is left for later."""

    def finish(self, lane: "Lane", chunk: Sequence[Candidate], results: Sequence[ScanResult]) -> None:
        """Hand a portion's answers on."""

    def give_up(self, lane: "Lane", failure: Failure) -> None:
        """List the file a lane is at and replace the lane."""

    def report(self, error: Exception) -> None:
        """Hand a bug on to whoever waits."""

    def leave(self, lane: "Lane") -> None:
        """Take a lane off that has ended by itself."""

    def grow(self) -> None:
        """Start another process if there is work for it."""

    def has_processes(self) -> bool:
        """Whether processes do the work, or soon will."""


class Lane:
    """One thread that looks at files in this process."""

    chunk_size = _THREAD_CHUNK

    def __init__(self, crew: Crew) -> None:
        self.crew = crew
        self.chunk: list[Candidate] = []
        self.is_abandoned = False
        self._position = _IDLE
        self._seen_position = _IDLE
        self._seen_at = time.monotonic()

    @property
    def position(self) -> int:
        """The index in the portion of the file it is at."""
        return self._position

    def start(self) -> None:
        """Start the thread; it never keeps the program from ending."""
        threading.Thread(target=self._run, name=type(self).__name__, daemon=True).start()

    def begin(self, chunk: list[Candidate]) -> None:
        """Take note of a portion; an empty one means idle."""
        self.chunk = chunk
        self._position = self._seen_position = _IDLE
        self._seen_at = time.monotonic()

    def has_stalled(self, now: float, seconds: float) -> bool:
        """Return whether it has been at one file for longer than so many seconds."""
        if not self.chunk:
            return False
        if self.position != self._seen_position:
            self._seen_position, self._seen_at = self.position, now
        return now - self._seen_at > seconds

    def is_relieved(self) -> bool:
        """Return whether others do the work better now."""
        return self.crew.has_processes()

    def abandon(self) -> None:
        """Forget it: its answer is not wanted any more."""
        self.is_abandoned = True

    def look_at(self, chunk: Sequence[Candidate]) -> list[ScanResult]:
        """Return an answer for each file of the portion."""
        results: list[ScanResult] = []
        for index, candidate in enumerate(chunk):
            if self.is_abandoned:
                break
            self._position = index
            results.append(self.crew.scan(candidate.source))
        return results

    def _run(self) -> None:
        try:
            self._work()
        except (OSError, EOFError) as error:
            if not self.is_abandoned:
                logger.warning("A scanning process ended: %s", type(error).__name__)
                self.crew.give_up(self, Failure(ProblemKind.DAMAGED, _("Reading this file ended the reading process")))
        except Exception as error:  # noqa: BLE001 - a bug: raised again on the thread of whoever waits
            self.crew.report(error)
        finally:
            self.crew.leave(self)

    def _work(self) -> None:
        while chunk := self.crew.take(self):
            if self.crew.put_off(self, chunk):
                continue
            results = self.look_at(chunk)
            if self.is_abandoned:
                return
            self.crew.finish(self, chunk, results)


class ProcessLane(Lane):
    """A thread that feeds one process of its own."""

    chunk_size = _PROCESS_CHUNK

    def __init__(self, crew: Crew) -> None:
        from multiprocessing.sharedctypes import RawValue  # processes are needed only where there are many files

        super().__init__(crew)
        self.is_ready = False
        self._shared = RawValue("i", _IDLE)
        self._connection: Connection | None = None
        self._process: BaseProcess | None = None

    @property
    def position(self) -> int:
        """The index in the portion of the file the process is at."""
        return int(self._shared.value)

    def begin(self, chunk: list[Candidate]) -> None:
        """Take note of a portion."""
        self._shared.value = _IDLE
        super().begin(chunk)

    def is_relieved(self) -> bool:
        """Return False: processes stay as long as there is work."""
        return False

    def abandon(self) -> None:
        """End the process, even one that hangs in the medium."""
        super().abandon()
        process = self._process
        if process is None:
            return
        from multiprocessing import process as processes

        process.kill()
        # Leaving a process that the kernel cannot end yet in this list would hang the program's own end.
        getattr(processes, "_children", set()).discard(process)

    def look_at(self, chunk: Sequence[Candidate]) -> list[ScanResult]:
        """Return the process's answers for the portion."""
        connection = self._connection
        if connection is None:
            raise EOFError
        sources = [candidate.source for candidate in chunk]
        plain = [str(source.path) if type(source) is FileBytes else source for source in sources]
        connection.send_bytes(pickle.dumps(plain, pickle.HIGHEST_PROTOCOL))
        return unpack_results(connection.recv_bytes(), sources)

    def _run(self) -> None:
        super()._run()
        if self._process is not None:
            self._process.join()  # or it stays in the system's table; nobody but this thread waits for it

    def _work(self) -> None:
        import multiprocessing

        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        process = context.Process(
            target=serve, args=(theirs, self._shared, self.crew.scan, current_language()), daemon=True
        )
        process.start()
        self._process = process
        theirs.close()
        if self.is_abandoned:
            self.abandon()
            return
        self._connection.recv_bytes()
        self.is_ready = True
        self.crew.grow()
        try:
            super()._work()
        finally:
            self._connection.close()


def serve(connection: "Connection", position: Any, scan: Scan, language: str) -> None:  # noqa: ANN401 - a ctypes value has no public type
    """Look at portions of files until the other end closes: the body of a scanning process."""
    from pathlib import Path

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    set_language(language)
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICENESS)
    gc.set_threshold(_COLLECT_EVERY)
    with contextlib.suppress(EOFError, OSError):
        connection.send_bytes(b"ready")
        while True:
            # Written by our own window; nothing from a medium is ever unpickled.
            portion = pickle.loads(connection.recv_bytes())  # noqa: S301
            results = []
            for index, item in enumerate(portion):
                position.value = index
                results.append(scan(FileBytes(Path(item)) if type(item) is str else item))
            connection.send_bytes(pack_results(results))
