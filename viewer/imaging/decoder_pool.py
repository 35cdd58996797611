"""Decoder processes, few and warm: a frame that kills its decoder costs that frame, never the window.

Runs between frame_source and the codecs. The calling threads do the waiting, so there are no threads of its own except
the short one that starts a spare process. One death is forgiven; after a second one the frame is not tried again.
"""

import heapq
import itertools
import logging
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Self

from viewer.base.errors import Cancelled, DecodingError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.imaging.decoder_process import DecoderProcess, ProcessDiedError
from viewer.imaging.frame_decoding import DecodeRequest
from viewer.imaging.stored_frame import StoredFrame

logger = logging.getLogger(__name__)

_WORKERS = 3
_FRAME_SECONDS = 60.0
_ATTEMPTS = 2
_CANCEL_SECONDS = 0.05
"""How long a cancelled request may go on waiting."""


@dataclass(slots=True, order=True)
class _Waiter:
    priority: int
    number: int
    event: threading.Event = field(compare=False, default_factory=threading.Event)
    process: DecoderProcess | None = field(compare=False, default=None)
    has_left: bool = field(compare=False, default=False)
    has_failed: bool = field(compare=False, default=False)


class DecoderPool:
    """A FrameDecoder whose decoding happens in other processes; usable from any thread.

    Processes start with the first request.

    Args:
        workers: How many frames are decoded at a time; with one more than there are cores, none idles while a result
            is copied. Keep as many callers.
        frame_seconds: How long one frame may take before its process is ended.
    """

    def __init__(self, workers: int = _WORKERS, *, frame_seconds: float = _FRAME_SECONDS) -> None:
        self._workers = workers
        self._frame_seconds = frame_seconds
        self._lock = threading.Lock()
        self._idle: list[DecoderProcess] = []
        self._busy: set[DecoderProcess] = set()
        self._starting = 0
        self._spare: DecoderProcess | None = None
        self._spare_thread: threading.Thread | None = None
        self._waiters: list[_Waiter] = []
        self._numbers = itertools.count()
        self._quarantine: set[tuple[str, int]] = set()
        self._deaths: Counter[tuple[str, int]] = Counter()
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Of the processes that decode or wait to; the spare is not among them."""
        with self._lock:
            return tuple(process.pid for process in (*self._busy, *self._idle))

    @property
    def busy_process_ids(self) -> tuple[int, ...]:
        """Of the processes that are decoding now."""
        with self._lock:
            return tuple(process.pid for process in self._busy)

    @property
    def waiting_count(self) -> int:
        """How many requests wait for a process."""
        with self._lock:
            return sum(not waiter.has_left for waiter in self._waiters)

    def decode(self, request: DecodeRequest, *, priority: int = 0, progress: Progress | None = None) -> StoredFrame:
        """Return the frame's stored values; see FrameDecoder.

        Raises:
            DecodingError: If it cannot be decoded, or decoders died of it.
            Cancelled: If it was cancelled while it waited, or the pool was closed.
        """
        # Counted for all who ask: a frame that is wanted twice at once costs no more than one that is wanted once.
        while request.key not in self._quarantine and self._deaths[request.key] < _ATTEMPTS:
            process = self._acquire(request, priority, progress)
            try:
                frame = process.decode(request, self._frame_seconds)
            except ProcessDiedError as death:
                self._bury(process)
                if death.was_slow:
                    self._quarantine.add(request.key)
                    raise DecodingError(_("Decoding the frame takes too long"), subject=request.subject) from None
                with self._lock:
                    self._deaths[request.key] += 1
                continue
            except DecodingError:
                self._release(process)
                raise
            except BaseException:
                self._bury(process)  # its answer may not be read to the end: the next frame must not get the rest
                raise
            self._release(process)
            with self._lock:
                self._deaths.pop(request.key, None)
            return frame
        if self._is_closed:
            raise Cancelled
        self._quarantine.add(request.key)
        raise DecodingError(
            _("The frame is damaged in a way that ends the decoder; it is not tried again"), subject=request.subject
        )

    def close(self) -> None:
        """End all processes; requests that wait or run are cancelled."""
        with self._lock:
            self._is_closed = True
            waiters, self._waiters = self._waiters, []
            idle, self._idle = self._idle, []
            busy = list(self._busy)
            thread = self._spare_thread
        for waiter in waiters:
            waiter.event.set()
        for process in busy:
            process.interrupt()  # the thread that uses it buries it
        for process in idle:
            process.end()
        if thread is not None:
            thread.join()
        with self._lock:
            spare, self._spare = self._spare, None
        if spare is not None:
            spare.end()

    def _acquire(self, request: DecodeRequest, priority: int, progress: Progress | None) -> DecoderProcess:
        if progress is not None:
            progress.check()
        with self._lock:
            if self._is_closed:
                raise Cancelled
            if self._idle:
                process = self._best_idle(request.stream_path)
                self._busy.add(process)
                return process
            waiter = None
            if len(self._busy) + self._starting < self._workers:
                self._starting += 1
            else:
                waiter = _Waiter(priority, next(self._numbers))
                heapq.heappush(self._waiters, waiter)
        return self._started() if waiter is None else self._waited(waiter, progress)

    def _best_idle(self, stream_path: str) -> DecoderProcess:
        """Take the process that has the request's video open, or else the one used last."""
        for process in self._idle:
            if stream_path and process.stream_path == stream_path:
                self._idle.remove(process)
                return process
        return self._idle.pop()

    def _waited(self, waiter: _Waiter, progress: Progress | None) -> DecoderProcess:
        while not waiter.event.wait(None if progress is None else _CANCEL_SECONDS):
            if progress is not None and progress.is_cancelled:
                with self._lock:
                    if waiter.process is None:
                        waiter.has_left = True
                        raise Cancelled
        if waiter.has_failed:
            raise DecodingError(_("No decoder process can be started"))
        if waiter.process is None:
            raise Cancelled
        return waiter.process

    def _started(self) -> DecoderProcess:
        try:
            with self._lock:
                process, self._spare = self._spare, None
            process = process or DecoderProcess()
        except BaseException:
            with self._lock:
                self._starting -= 1
            raise
        with self._lock:
            self._starting -= 1
            self._busy.add(process)
        self._start_spare()
        return process

    def _release(self, process: DecoderProcess) -> None:
        with self._lock:
            waiter = self._next_waiter()
            if waiter is not None:
                waiter.process = process
                waiter.event.set()
                return
            self._busy.discard(process)
            if not self._is_closed:
                self._idle.append(process)
                return
        process.end()

    def _next_waiter(self) -> _Waiter | None:
        while self._waiters:
            waiter = heapq.heappop(self._waiters)
            if not waiter.has_left:
                return waiter
        return None

    def _bury(self, process: DecoderProcess) -> None:
        """Clear away a dead process; whoever waits for one gets another."""
        process.end(is_forced=True)
        with self._lock:
            self._busy.discard(process)
            if self._is_closed:
                return
            waiter = self._next_waiter()
            if waiter is not None:
                self._starting += 1
        logger.warning("A decoder process died and was replaced")
        if waiter is not None:
            self._serve_with_new(waiter)

    def _serve_with_new(self, waiter: _Waiter) -> None:
        """Start a process for a request that waits; it may have been cancelled, or the pool closed, meanwhile."""
        try:
            replacement = self._started()
        except OSError:
            logger.exception("No decoder could be started in place of a dead one")
            waiter.has_failed = True
            waiter.event.set()
            return
        with self._lock:
            is_wanted = not waiter.has_left and not self._is_closed
            if is_wanted:
                waiter.process = replacement
        if not is_wanted:
            self._release(replacement)
        waiter.event.set()

    def _start_spare(self) -> None:
        with self._lock:
            if self._is_closed or self._spare is not None or self._spare_thread is not None:
                return
            self._spare_thread = threading.Thread(target=self._make_spare, name="decoder-spare", daemon=True)
            self._spare_thread.start()

    def _make_spare(self) -> None:
        try:
            spare = DecoderProcess()
        except OSError:
            logger.exception("No spare decoder could be started")
            spare = None
        with self._lock:
            self._spare = spare
            self._spare_thread = None
