"""Sending over DICOMweb (STOW-RS, PS3.18 10.5): whole files streamed from the disk, several a request.

A request is as large as the server bears: what is too much for it goes in halves, and each instance has its outcome.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

from viewer.base.errors import Cancelled, NetworkError
from viewer.base.translation import _
from viewer.network.ports import HeldInstance
from viewer.network.sending_outcome import Outcome
from viewer.network.web.door import WebDoor
from viewer.network.web.multipart_body import FileChangedError, MultipartBody, OutgoingFile, file_to_send
from viewer.network.web.problems import PassingWebError, UnreachableError, WebError
from viewer.network.web.store_answer import outcomes_of
from viewer.network.web.watch import never, pause

SEVERAL = 2
MOST_BYTES, MOST_COUNT = 16 * 2**20, 100
"""Of one request, unless one file is larger by itself; an answer then comes every now and then."""
_ACCEPT = "application/dicom+json"
_DIVIDED = frozenset({0, 400, 413, 414, 415, 422, 500, 507})
"""Answers that may be due to one instance, or to there being so many; 0: the connection was lost."""
_ENDS = frozenset({401, 403, 404, 405, 407, 501})
_PASSES = frozenset({429, 503})
_WAITS, _WAIT_S, _LONGEST_WAIT_S = 3, 2.0, 60.0
_MOST_ALIKE = 3
"""So many instances that are refused one by one with the same words, and the rest is not tried."""

_Batch = list[tuple[HeldInstance, OutgoingFile]]
Outcomes = Generator[tuple[HeldInstance, Outcome], None, None]


def store(
    door: WebDoor,
    instances: Sequence[HeldInstance],
    *,
    cancelled: Callable[[], bool] = never,
    several: int = SEVERAL,
    most_bytes: int = MOST_BYTES,
    most_count: int = MOST_COUNT,
) -> Outcomes:
    """Send instances and yield what became of each; closing the generator sends no more.

    Args:
        door: To the server.
        instances: What is sent.
        cancelled: Asked again and again; the generator then ends.
        several: How many requests at once: files are read while the server keeps what came before.
        most_bytes: Of one request.
        most_count: Of instances in one request.
    """
    storing = _Storing(door, instances, _Bounds(most_bytes, most_count), cancelled)
    count = max(1, min(several, len(instances)))
    threads = [threading.Thread(target=storing.run, name="web sending", daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        ended = 0
        while ended < count:
            told = storing.told.get()
            if told is None:
                ended += 1
            elif isinstance(told, BaseException):
                raise told
            else:
                yield told
        yield from storing.unsent()
    finally:
        storing.is_over.set()
        for thread in threads:
            thread.join()


@dataclass(slots=True)
class _Bounds:
    """How much one request may be, as far as it is known."""

    most_bytes: int
    most_count: int


class _Storing:
    """What is still to be sent, shared by those who send."""

    def __init__(
        self, door: WebDoor, instances: Sequence[HeldInstance], bounds: _Bounds, cancelled: Callable[[], bool]
    ) -> None:
        self.told: queue.SimpleQueue[tuple[HeldInstance, Outcome] | BaseException | None] = queue.SimpleQueue()
        self.is_over = threading.Event()
        self._door = door
        self._waiting = deque(instances)
        self._bounds = bounds
        self._cancelled = cancelled
        self._failure: Outcome | None = None
        self._lock = threading.Lock()

    def run(self) -> None:
        """Send until nothing waits, or nothing more need be tried."""
        sending = _Sending(self._door, self._is_unwanted, self._bounds)
        try:
            while self._failure is None and not self._is_unwanted() and (batch := self._next()):
                for told in sending.sent(batch):
                    self.told.put(told)
        except Cancelled:
            pass
        except WebError as error:
            self._failure = _of_error(error)
        except BaseException as error:  # noqa: BLE001 - it is raised where the outcomes are taken
            self.told.put(error)
        finally:
            self.told.put(None)

    def unsent(self) -> Iterator[tuple[HeldInstance, Outcome]]:
        """Yield what was not tried any more because the server fails."""
        if self._failure is not None:
            yield from ((instance, self._failure) for instance in self._waiting)

    def _is_unwanted(self) -> bool:
        return self.is_over.is_set() or self._cancelled()

    def _next(self) -> "_Batch":
        """Return what goes into the next request; what cannot be sent at all is told."""
        batch: _Batch = []
        size = 0
        while len(batch) < self._bounds.most_count:
            with self._lock:
                if not self._waiting:
                    break
                instance = self._waiting.popleft()
            found = file_to_send(instance)
            if isinstance(found, Outcome):
                self.told.put((instance, found))
                continue
            if batch and size + found.size > self._bounds.most_bytes:
                with self._lock:
                    self._waiting.appendleft(instance)
                break
            batch.append((instance, found))
            size += found.size
        return batch


class _Sending:
    """Sends batches, and notes what the server was found to refuse."""

    def __init__(self, door: WebDoor, cancelled: Callable[[], bool], bounds: _Bounds) -> None:
        self._bounds = bounds
        self._door = door
        self._cancelled = cancelled
        self._alike = 0
        self._last_refusal = ""

    def sent(self, batch: _Batch) -> Outcomes:
        """Send a batch, in parts where the server does not bear it as a whole.

        Raises:
            WebError: If nothing more need be tried; all of this batch has been yielded.
        """
        parts = deque([batch])
        while parts:
            part = parts.popleft()
            try:
                yield from self._answered(part)
                self._alike = 0
            except NetworkError as error:
                if len(part) > 1 and _may_be_of_one(error):
                    half = len(part) // 2
                    parts.extendleft((part[half:], part[:half]))
                    if isinstance(error, WebError) and error.status == 413:
                        self._bears(part[:half])
                    continue
                yield from ((instance, _of_error(error)) for instance, _file in part)
                if isinstance(error, WebError) and self._ends(error):
                    for left in parts:
                        yield from ((instance, _of_error(error)) for instance, _file in left)
                    raise

    def _bears(self, part: _Batch) -> None:
        self._bounds.most_bytes = min(self._bounds.most_bytes, max(1, sum(file.size for _instance, file in part)))
        self._bounds.most_count = min(self._bounds.most_count, len(part))

    def _ends(self, error: WebError) -> bool:
        if isinstance(error, UnreachableError) or error.status in _ENDS | _PASSES:
            return True
        self._alike = self._alike + 1 if str(error) == self._last_refusal else 1
        self._last_refusal = str(error)
        return self._alike >= _MOST_ALIKE

    def _answered(self, part: _Batch) -> Outcomes:
        body = MultipartBody([file for _instance, file in part])
        for attempt in range(_WAITS + 1):
            try:
                answer = self._door.post(
                    self._door.store_url("studies"),
                    body.pieces,
                    body.content_type,
                    body.size,
                    accept=_ACCEPT,
                    allowed={409},
                    cancelled=self._cancelled,
                )
                break
            except WebError as error:
                if error.status not in _PASSES or attempt == _WAITS:
                    raise
                wait_s = _WAIT_S * 2**attempt if error.retry_after_s is None else error.retry_after_s
                if wait_s > _LONGEST_WAIT_S:
                    raise
                pause(wait_s, self._cancelled)
        with answer:
            outcomes = outcomes_of(answer, [instance.sop_instance_uid for instance, _file in part])
        for (instance, file), outcome in zip(part, outcomes, strict=True):
            yield instance, Outcome(outcome.status, outcome.reason, outcome.is_passing, file.sha256)


def _may_be_of_one(error: NetworkError) -> bool:
    """Whether a failure of several may be due to one of them, or to their number."""
    if isinstance(error, WebError):
        return error.status in _DIVIDED and not isinstance(error, UnreachableError)
    return isinstance(error, FileChangedError)


def _of_error(error: NetworkError) -> Outcome:
    return Outcome(None, error.one_line() or _("It refuses the object"), is_passing=isinstance(error, PassingWebError))
