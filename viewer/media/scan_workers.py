"""Many files looked at together: one thread at once, two processes as soon as there is work for them.

Every lane says which file it is at. A lane that stays at one file too long is given up (its process is killed, its
thread forgotten), that file is listed, and a new lane takes the rest: a hanging medium never hangs who waits.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from viewer.base.byte_source import ByteSource
from viewer.base.errors import ViewerError
from viewer.base.translation import N_, _
from viewer.media.candidates import Candidate
from viewer.media.problems import ProblemKind
from viewer.media.scan_lanes import Lane, ProcessLane, Scan
from viewer.media.scan_results import Failure, ScanResult, scan_source

PROCESSES = 2
WORTH_PROCESSES = 400
"""Waiting files from which the start of processes (some 0.1 s of both cores) pays."""
STALL_SECONDS = 30.0
_FIRST_CHUNK = 1
_STALLS_ALLOWED = 4
_PUT_OFF_SECONDS = 0.05
"""How long nothing else turns up before files that do not look like DICOM get their turn."""

_NEEDED_AGAIN = N_("The medium stopped answering before this file was read")


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
        self._lanes: list[Lane] = []
        self._known_odd: set[int] = set()
        self._stalls = 0
        self._is_closed = False
        self._is_hurried = True

    def add(self, candidates: Sequence[Candidate]) -> None:
        """Put files at the end of the line."""
        with self._changed:
            self._waiting.extend(candidates)
            if not self._lanes:
                self._start(Lane(self))
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
        """Start the processes if enough files are waiting: the next one when the one before it is at work.

        Their start takes the better part of a core, and the window is being built and the first image drawn meanwhile.
        """
        with self._changed:
            if self._is_hurried or self._is_closed or len(self._waiting) < WORTH_PROCESSES:
                return
            running = [lane for lane in self._lanes if isinstance(lane, ProcessLane)]
            if len(running) < self._processes and all(lane.is_ready for lane in running):
                self._start(ProcessLane(self))

    def watch(self) -> None:
        """Give up lanes that have not moved for too long; call it now and then."""
        now = time.monotonic()
        with self._changed:
            stalled = [lane for lane in self._lanes if lane.has_stalled(now, self._stall_seconds)]
        for lane in stalled:
            self._stalls += 1
            text = _("No answer from the medium within {seconds:g} seconds").format(seconds=self._stall_seconds)
            self.give_up(lane, Failure(ProblemKind.UNREADABLE, text, is_final=True))

    def give_up(self, lane: Lane, failure: Failure) -> None:
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
            self._answer(Scanned(lost, [Failure(ProblemKind.UNREADABLE, _(_NEEDED_AGAIN), is_final=True)] * len(lost)))

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

    def take(self, lane: Lane) -> list[Candidate]:
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

    def put_off(self, lane: Lane, chunk: list[Candidate]) -> bool:
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
        """Whether processes do the work, or soon will, so that the thread can leave the interpreter to the window."""
        return any(isinstance(lane, ProcessLane) for lane in self._lanes)

    def finish(self, lane: Lane, chunk: Sequence[Candidate], results: Sequence[ScanResult]) -> None:
        """Hand a portion's answers on, unless the lane was given up meanwhile."""
        with self._changed:
            if lane not in self._lanes:
                return
            lane.begin([])
        self._answer(Scanned(chunk, results))

    def leave(self, lane: Lane) -> None:
        """Take a lane off that has ended by itself."""
        with self._changed:
            if lane in self._lanes:
                self._lanes.remove(lane)
            if self._waiting and not self._lanes and not self._is_closed:
                self._start(Lane(self))

    def report(self, error: Exception) -> None:
        """Hand a bug on to whoever waits."""
        self._answer(error)

    @property
    def scan(self) -> Scan:
        """What looks at one file."""
        return self._scan

    def _start(self, lane: Lane) -> None:
        self._lanes.append(lane)
        lane.start()
