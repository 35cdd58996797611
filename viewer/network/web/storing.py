"""Sending over DICOMweb (STOW-RS, PS3.18 10.5): whole files streamed from the disk, several a request.

A request is as large as the server bears: what is too much for it goes in halves, and each instance has its outcome.
"""

from collections import deque
from collections.abc import Callable, Generator, Sequence

from viewer.base.errors import Cancelled, NetworkError
from viewer.base.translation import _
from viewer.network.ports import HeldInstance
from viewer.network.sending_outcome import Outcome
from viewer.network.web.door import WebDoor
from viewer.network.web.multipart_body import FileChangedError, MultipartBody, OutgoingFile, file_to_send
from viewer.network.web.problems import PassingWebError, UnreachableError, WebError
from viewer.network.web.store_answer import outcomes_of
from viewer.network.web.watch import never, pause

MOST_BYTES, MOST_COUNT = 32 * 2**20, 100
"""Of one request, unless one file is larger by itself; an answer then comes every now and then."""
_ACCEPT = "application/dicom+json"
_DIVIDED = frozenset({0, 400, 413, 414, 415, 422, 500, 507})
"""Answers that may be due to one instance, or to there being so many; 0: the connection was lost."""
_ENDS = frozenset({401, 403, 404, 405, 407, 501})
_PASSES = frozenset({429, 503})
_WAITS, _WAIT_S, _LONGEST_WAIT_S = 3, 2.0, 60.0
_MOST_ALIKE = 3
"""So many instances that are refused one by one with the same words, and the rest is not tried."""

Outcomes = Generator[tuple[HeldInstance, Outcome], None, None]


def store(
    door: WebDoor,
    instances: Sequence[HeldInstance],
    *,
    cancelled: Callable[[], bool] = never,
    most_bytes: int = MOST_BYTES,
    most_count: int = MOST_COUNT,
) -> Outcomes:
    """Send instances and yield what became of each; closing the generator sends no more.

    Args:
        door: To the server.
        instances: What is sent.
        cancelled: Asked again and again; the generator then ends.
        most_bytes: Of one request.
        most_count: Of instances in one request.
    """
    sending = _Sending(door, cancelled, most_bytes, most_count)
    waiting = deque(instances)
    while waiting and not cancelled():
        batch: list[tuple[HeldInstance, OutgoingFile]] = []
        size = 0
        while waiting and len(batch) < sending.most_count:
            found = file_to_send(waiting[0])
            if isinstance(found, Outcome):
                yield waiting.popleft(), found
                continue
            if batch and size + found.size > sending.most_bytes:
                break
            batch.append((waiting.popleft(), found))
            size += found.size
        try:
            yield from sending.sent(batch)
        except Cancelled:
            return
        except WebError as error:
            outcome = _of_error(error)
            yield from ((instance, outcome) for instance in waiting)
            return


class _Sending:
    """How much goes into a request, and what the server was found to refuse."""

    def __init__(self, door: WebDoor, cancelled: Callable[[], bool], most_bytes: int, most_count: int) -> None:
        self.most_bytes = most_bytes
        self.most_count = most_count
        self._door = door
        self._cancelled = cancelled
        self._alike = 0
        self._last_refusal = ""

    def sent(self, batch: Sequence[tuple[HeldInstance, OutgoingFile]]) -> Outcomes:
        """Send a batch, in parts where the server does not bear it as a whole.

        Raises:
            WebError: If nothing more need be tried; all of this batch has been yielded.
        """
        parts = deque([list(batch)] if batch else [])
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

    def _bears(self, part: Sequence[tuple[HeldInstance, OutgoingFile]]) -> None:
        self.most_bytes = min(self.most_bytes, max(1, sum(file.size for _instance, file in part)))
        self.most_count = min(self.most_count, len(part))

    def _ends(self, error: WebError) -> bool:
        if isinstance(error, UnreachableError) or error.status in _ENDS | _PASSES:
            return True
        self._alike = self._alike + 1 if str(error) == self._last_refusal else 1
        self._last_refusal = str(error)
        return self._alike >= _MOST_ALIKE

    def _answered(self, part: Sequence[tuple[HeldInstance, OutgoingFile]]) -> Outcomes:
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
