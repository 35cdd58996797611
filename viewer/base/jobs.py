"""Work in the background: plain jobs, run on lanes of threads, answered where the caller lives.

A job is a frozen value with run(progress). JobRunner knows no Qt: how an answer reaches the GUI thread is the
deliver function it is given.
"""

import itertools
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from viewer.base.errors import Cancelled
from viewer.base.logs import without_values

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")

logger = logging.getLogger(__name__)

INTERACTION = "interaction"
THUMBNAIL = "thumbnail"
PREFETCH = "prefetch"
MEDIA = "media"
LIBRARY = "library"
KEEPING = "keeping"
SWEEPING = "sweeping"
NETWORK = "network"
VOLUMES = "volumes"
LANES: Mapping[str, int] = {
    INTERACTION: 2,
    THUMBNAIL: 1,
    PREFETCH: 2,
    MEDIA: 2,
    LIBRARY: 1,
    KEEPING: 1,
    SWEEPING: 1,
    NETWORK: 8,
    VOLUMES: 2,
}
"""Threads of each lane; lanes never wait for each other. The library is asked on one, in the order of asking; what
takes long with it (importing, exporting, checking) has another, and what takes hours (the integrity sweep) a third.
Archives are asked several at once: it is they who compute."""


@dataclass(frozen=True, slots=True)
class ProgressReport:
    """How far a job is; total is 0 while it is unknown."""

    done: int
    total: int
    text: str = ""


class Progress:
    """A job's line to whoever waits: reports, and learns that it should stop."""

    def __init__(self, report: Callable[[ProgressReport], None] | None = None) -> None:
        self._report = report
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Ask the job to stop at its next check."""
        self._cancelled.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether the job should stop."""
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raise Cancelled if the job should stop."""
        if self._cancelled.is_set():
            raise Cancelled

    def report(self, done: int, total: int = 0, text: str = "") -> None:
        """Say how far the job is, and stop here if it was cancelled."""
        self.check()
        if self._report is not None:
            self._report(ProgressReport(done, total, text))

    def wait(self, seconds: float) -> None:
        """Sleep, but wake at once and raise Cancelled when the job is cancelled."""
        if self._cancelled.wait(seconds):
            raise Cancelled


class Job(Protocol[T_co]):
    """Plain data and run(): no threads, no Qt."""

    def run(self, progress: Progress) -> T_co:
        """Do the work and return its answer."""


@dataclass(slots=True)
class JobHandle(Generic[T]):
    """A job that was submitted; cancel() keeps its answer from arriving."""

    number: int
    progress: Progress

    def cancel(self) -> None:
        """Stop the job; neither done nor failed will be called afterwards."""
        self.progress.cancel()


class JobRunner:
    """Runs jobs on lanes; a newer job with the same key supersedes the older one."""

    def __init__(self, deliver: Callable[[Callable[[], None]], None], lanes: Mapping[str, int] = LANES) -> None:
        self._deliver = deliver
        self._pools = {name: ThreadPoolExecutor(count, thread_name_prefix=name) for name, count in lanes.items()}
        self._by_key: dict[object, JobHandle[Any]] = {}
        self._handles: dict[int, JobHandle[Any]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def submit(
        self,
        job: Job[T],
        *,
        lane: str,
        key: object = None,
        done: Callable[[T], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        progress: Callable[[ProgressReport], None] | None = None,
    ) -> JobHandle[T]:
        """Start a job; done, failed and progress are called through deliver."""
        handle: JobHandle[T] = JobHandle(next(self._numbers), Progress(self._forward(progress)))
        with self._lock:
            if key is not None:
                if (older := self._by_key.get(key)) is not None:
                    older.cancel()
                self._by_key[key] = handle
            self._handles[handle.number] = handle
        self._pools[lane].submit(self._run, job, handle, key, done, failed)
        return handle

    def close(self) -> None:
        """Cancel everything and wait for the threads to end."""
        with self._lock:
            handles = list(self._handles.values())
        for handle in handles:
            handle.cancel()
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)

    def _forward(self, progress: Callable[[ProgressReport], None] | None) -> Callable[[ProgressReport], None] | None:
        if progress is None:
            return None
        return lambda report: self._deliver(lambda: progress(report))

    def _run(
        self,
        job: Job[T],
        handle: JobHandle[T],
        key: object,
        done: Callable[[T], None] | None,
        failed: Callable[[Exception], None] | None,
    ) -> None:
        try:
            handle.progress.check()
            answer = job.run(handle.progress)
        except Cancelled:
            pass
        except Exception as error:  # noqa: BLE001 - handed to the caller, or reported as a bug below
            self._answer(handle, failed, error)
        else:
            self._answer(handle, done, answer)
        finally:
            with self._lock:
                self._handles.pop(handle.number, None)
                if key is not None and self._by_key.get(key) is handle:
                    del self._by_key[key]

    def _answer(self, handle: JobHandle[T], callback: Callable[[Any], None] | None, value: object) -> None:
        if callback is None:
            if isinstance(value, Exception):
                logger.error("A background job failed: %s", without_values(value))
            return

        def call() -> None:
            if not handle.progress.is_cancelled:
                callback(value)

        self._deliver(call)
