"""One transfer of the queue: what changes while it waits and runs. Whoever holds the queue's lock may touch it."""

import threading
import time
from collections import deque
from collections.abc import Callable

from viewer.archives.transfer_book import Outcome
from viewer.archives.transfer_engine import Arrival, Engine
from viewer.archives.transfer_rate import RateMeter
from viewer.archives.transfer_values import MOST_LINES, LogLine, TransferState, TransferStatus
from viewer.base.jobs import Progress


class Entry:
    """A transfer.

    Attributes:
        written: The state that is in the book.
        wish: What is to become of one that runs when it has stopped; None when it is to go on.
        has_arrivals: Whether an arrival was told since it began.
        has_moved: Whether something came since it began.
        is_untold: Whether it stands otherwise than was told.
        retry_at: Seconds since 1970.
    """

    def __init__(self, status: TransferStatus) -> None:
        self.key, self.request, self.state = status.key, status.request, status.state
        self.written = status.state
        self.done, self.expected, self.failed, self.size = status.done, status.expected, status.failed, status.size
        self.reason, self.made_at, self.ended_at = status.reason, status.made_at, status.ended_at
        self.log: deque[LogLine] = deque(status.log, MOST_LINES)
        self.attempts = 0
        self.retry_at: float | None = None
        self.wish: TransferState | None = None
        self.engine: Engine | None = None
        self.progress: Progress | None = None
        self.thread: threading.Thread | None = None
        self.has_arrivals = self.has_moved = self.is_untold = False
        self.told_at = 0.0
        self._meter: RateMeter | None = None
        self._arrivals: list[Arrival] = []
        self._already = 0

    @property
    def is_alive(self) -> bool:
        """Whether somebody works on it."""
        return self.thread is not None

    @property
    def is_waiting(self) -> bool:
        """Whether it may begin."""
        return self.state is TransferState.QUEUED and not self.is_alive

    def begin(self, clock: Callable[[], float]) -> None:
        """Somebody begins to work on it."""
        self.progress, self._meter = Progress(), RateMeter(clock)
        self.wish, self.retry_at = None, None
        self.done = self.failed = 0
        self.has_arrivals = self.has_moved = False

    def stop(self, wish: TransferState) -> None:
        """Have it stop; a wish to cancel stands."""
        if self.wish is not TransferState.CANCELLED:
            self.wish = wish
        if self.progress is not None:
            self.progress.cancel()

    def put(self, state: TransferState, reason: str) -> None:
        """It stands otherwise with it."""
        self.state, self.reason = state, reason
        self.ended_at = time.time() if state.has_ended else None
        if state is not TransferState.RETRYING:
            self.retry_at = None
        if state in {TransferState.DONE, TransferState.PAUSED, TransferState.CANCELLED}:
            self.attempts = 0
        if state is not TransferState.RUNNING:
            self._meter = None

    def came(self, arrival: Arrival) -> None:
        """An instance is there."""
        self._arrivals.append(arrival)
        self.done += 1
        if arrival.is_new:
            self.has_moved = True
            self.size += arrival.size
            if self._meter is not None:
                self._meter.add(1, arrival.size)
        self.is_untold = True

    def taken_arrivals(self) -> list[Arrival]:
        """Return what came since the last time."""
        taken, self._arrivals = self._arrivals, []
        return taken

    def outcome(self) -> Outcome:
        """Return what is written down."""
        return Outcome(self.done, self.expected, self.failed, self.size, self.reason, log=tuple(self.log))

    def status(self, *, with_log: bool = False) -> TransferStatus:
        """Return how it stands."""
        instances_per_s, bytes_per_s = self._meter.rates() if self._meter is not None else (0.0, 0.0)
        remaining = max(0, self.expected - self.done - self.failed)
        return TransferStatus(
            self.key,
            self.request,
            self.state,
            self.done,
            self.expected,
            self.failed,
            self.size,
            round(instances_per_s, 2),
            round(bytes_per_s),
            self._meter.left_s(remaining) if self._meter is not None and self.expected else None,
            self.attempts,
            self.retry_at,
            self.reason,
            self.made_at,
            self.ended_at,
            tuple(self.log) if with_log else (),
        )
