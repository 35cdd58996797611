"""Many files looked at together: one thread at once, two processes as soon as there is work for them.

Every lane says which file it is at. A lane that stays at one file too long is given up (its process is killed, its
thread forgotten), that file is listed, and a new lane takes the rest: a hanging medium never hangs who waits.
"""

import contextlib
import logging
import multiprocessing
import multiprocessing.process
import os
import pickle
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import RawValue
from typing import Any

from viewer.base.byte_source import ByteSource, FileBytes
from viewer.base.errors import ViewerError
from viewer.media.candidates import Candidate
from viewer.media.problems import ProblemKind
from viewer.media.scan_results import Failure, ScanResult, pack_results, scan_source, unpack_results

logger = logging.getLogger(__name__)

PROCESSES = 2
WORTH_PROCESSES = 400
"""Waiting files from which the start of processes (some 0.1 s of both cores) pays."""
STALL_SECONDS = 30.0
_FIRST_CHUNK = 1
_THREAD_CHUNK = 16
_PROCESS_CHUNK = 128
_STALLS_ALLOWED = 4
_PUT_OFF_SECONDS = 0.05
"""How long nothing else turns up before files that do not look like DICOM get their turn."""
_IDLE = -1

Scan = Callable[[ByteSource], ScanResult]
_NEEDED_AGAIN = "The medium stopped answering before this file was read"


@dataclass(frozen=True, slots=True)
class Scanned:
    """Answers of a lane: one for each file it was given."""

    candidates: Sequence[Candidate]
    results: Sequence[ScanResult]


class ScanCrew:
    """Lanes that look at files; answers come through the callable it is given, on threads of its own."""

    def __init__(
        self,
        answer: Callable[[Scanned | Exception], None],
        *,
        processes: int = PROCESSES,
        stall_seconds: float = STALL_SECONDS,
        scan: Scan = scan_source,
    ) -> None:
        self._answer = answer
        self._processes = processes
        self._stall_seconds = stall_seconds
        self._scan = scan
        self._waiting: deque[Candidate] = deque()
        self._put_off: deque[Candidate] = deque()
        self._changed = threading.Condition()
        self._lanes: list[_Lane] = []
        self._known_odd: set[int] = set()
        self._stalls = 0
        self._is_closed = False
        self._is_hurried = True

    def add(self, candidates: Sequence[Candidate]) -> None:
        """Put files at the end of the line."""
        with self._changed:
            self._waiting.extend(candidates)
            if not self._lanes:
                self._start(_Lane(self))
            self._changed.notify_all()

    def hurry_is_over(self) -> None:
        """Work in larger portions from now on, and in processes where that pays: the first image is there."""
        with self._changed:
            self._is_hurried = False
            self._waiting.extend(self._put_off)
            self._put_off.clear()
            self._changed.notify_all()
        self.grow()

    def grow(self) -> None:
        """Start the processes if enough files are waiting."""
        with self._changed:
            if self._is_hurried or self._is_closed or len(self._waiting) < WORTH_PROCESSES:
                return
            running = sum(isinstance(lane, _ProcessLane) for lane in self._lanes)
            for _number in range(self._processes - running):
                self._start(_ProcessLane(self))

    def watch(self) -> None:
        """Give up lanes that have not moved for too long; call it now and then."""
        now = time.monotonic()
        with self._changed:
            stalled = [lane for lane in self._lanes if lane.has_stalled(now, self._stall_seconds)]
        for lane in stalled:
            self._stalls += 1
            text = f"No answer from the medium within {self._stall_seconds:g} seconds"
            self.give_up(lane, Failure(ProblemKind.UNREADABLE, text, is_final=True))

    def give_up(self, lane: "_Lane", failure: Failure) -> None:
        """List the file a lane is at, put the others of its portion back, and replace the lane."""
        with self._changed:
            if lane not in self._lanes:
                return
            self._lanes.remove(lane)
            chunk, position = lane.chunk, max(lane.position, 0)
            lane.abandon()
            if chunk and not self._is_closed:
                self._waiting.extendleft(reversed([*chunk[:position], *chunk[position + 1 :]]))
                self._start(type(lane)(self))
            lost = list(self._waiting) if self._stalls >= _STALLS_ALLOWED else []
            if lost:
                self._waiting.clear()
            self._changed.notify_all()
        if chunk:
            self._answer(Scanned(chunk[position : position + 1], [failure]))
        if lost:
            self._answer(Scanned(lost, [Failure(ProblemKind.UNREADABLE, _NEEDED_AGAIN, is_final=True)] * len(lost)))

    def close(self) -> None:
        """Stop at once; files in hand are left."""
        with self._changed:
            self._is_closed = True
            self._waiting.clear()
            self._put_off.clear()
            lanes, self._lanes = self._lanes, []
            for lane in lanes:
                lane.abandon()
            self._changed.notify_all()

    def take(self, lane: "_Lane") -> list[Candidate]:
        """Wait for the next portion; empty when the lane should end."""
        with self._changed:
            while not self._waiting:
                if self._is_closed or lane.is_abandoned or lane.is_relieved():
                    return []
                if not self._changed.wait(_PUT_OFF_SECONDS if self._put_off else None):
                    self._waiting.extend(self._put_off)
                    self._put_off.clear()
            if self._is_closed or lane.is_abandoned or lane.is_relieved():
                return []
            size = _FIRST_CHUNK if self._is_hurried else lane.chunk_size
            chunk = [self._waiting.popleft() for _number in range(min(size, len(self._waiting)))]
            lane.begin(chunk)
            return chunk

    def put_off(self, lane: "_Lane", chunk: list[Candidate]) -> bool:
        """Leave a file for later that does not look like DICOM, while the first image is still wanted."""
        if not self._is_hurried or len(chunk) != 1 or chunk[0].is_given or id(chunk[0]) in self._known_odd:
            return False
        if not self._is_odd(chunk[0].source):
            return False
        with self._changed:
            if lane not in self._lanes:
                return False
            self._known_odd.add(id(chunk[0]))
            self._put_off.append(chunk[0])
            lane.begin([])
        return True

    @staticmethod
    def _is_odd(source: ByteSource) -> bool:
        try:
            return source.read_at(0, 132)[128:] != b"DICM"
        except ViewerError:
            return True

    def has_processes(self) -> bool:
        """Whether a process is at work, so that the thread can leave the interpreter to the window."""
        return any(isinstance(lane, _ProcessLane) and lane.is_ready for lane in self._lanes)

    def finish(self, lane: "_Lane", chunk: Sequence[Candidate], results: Sequence[ScanResult]) -> None:
        """Hand a portion's answers on, unless the lane was given up meanwhile."""
        with self._changed:
            if lane not in self._lanes:
                return
            lane.begin([])
        self._answer(Scanned(chunk, results))

    def leave(self, lane: "_Lane") -> None:
        """Take a lane off that has ended by itself."""
        with self._changed:
            if lane in self._lanes:
                self._lanes.remove(lane)
            if self._waiting and not self._lanes and not self._is_closed:
                self._start(_Lane(self))

    def report(self, error: Exception) -> None:
        """Hand a bug on to whoever waits."""
        self._answer(error)

    @property
    def scan(self) -> Scan:
        """What looks at one file."""
        return self._scan

    def _start(self, lane: "_Lane") -> None:
        self._lanes.append(lane)
        lane.start()


class _Lane:
    """One thread that looks at files in this process."""

    chunk_size = _THREAD_CHUNK

    def __init__(self, crew: ScanCrew) -> None:
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
                self.crew.give_up(self, Failure(ProblemKind.DAMAGED, "Reading this file ended the reading process"))
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


class _ProcessLane(_Lane):
    """A thread that feeds one process of its own."""

    chunk_size = _PROCESS_CHUNK

    def __init__(self, crew: ScanCrew) -> None:
        super().__init__(crew)
        self.is_ready = False
        self._shared = RawValue("i", _IDLE)
        self._connection: Connection | None = None
        self._process: multiprocessing.process.BaseProcess | None = None

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
        process.kill()
        # Leaving a process that the kernel cannot end yet in this list would hang the program's own end.
        getattr(multiprocessing.process, "_children", set()).discard(process)

    def look_at(self, chunk: Sequence[Candidate]) -> list[ScanResult]:
        """Return the process's answers for the portion."""
        connection = self._connection
        if connection is None:
            raise EOFError
        sources = [candidate.source for candidate in chunk]
        plain = [str(source.path) if type(source) is FileBytes else source for source in sources]
        connection.send_bytes(pickle.dumps(plain, pickle.HIGHEST_PROTOCOL))
        return unpack_results(connection.recv_bytes(), sources)

    def _work(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, self._shared, self.crew.scan), daemon=True)
        process.start()
        self._process = process
        theirs.close()
        if self.is_abandoned:
            self.abandon()
            return
        self._connection.recv_bytes()
        self.is_ready = True
        try:
            super()._work()
        finally:
            self._connection.close()


def serve(connection: Connection, position: Any, scan: Scan) -> None:  # noqa: ANN401 - a ctypes value has no public type
    """Look at portions of files until the other end closes: the body of a scanning process."""
    from pathlib import Path

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):
        os.nice(5)
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
