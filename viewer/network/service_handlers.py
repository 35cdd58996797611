"""Who serves which message of the other services."""

import queue
import threading
import time
from collections.abc import Callable, Mapping

from viewer.network.commitment_results import serve_report
from viewer.network.messages import C_FIND_RQ, C_GET_RQ, C_MOVE_RQ, N_ACTION_RQ, N_EVENT_REPORT_RQ, Channel, Message
from viewer.network.pdu_stream import INVALID_PARAMETER, ProtocolError
from viewer.network.ports import Archive, CommitmentBook, CommitmentResult, CommitmentResults
from viewer.network.query_service import serve_find
from viewer.network.retrieve_service import serve_get, serve_move
from viewer.network.serving import Services
from viewer.network.storage_commitment import report_on, serve_action

Handler = Callable[[Channel, Message], None]

_SAME_ASSOCIATION_S = 60.0
"""How long a caller is given the result of its request on the association on which it asked; then on a new one."""
_ANSWER_S = 2 * _SAME_ASSOCIATION_S
"""How long whoever found it waits for it to be taken: there are others to be answered."""
_LEAVING_S = 0.2
"""Most callers leave as soon as they know that they were heard: these are not run after."""
_POLL_S = 0.05


def handlers(services: Services) -> Mapping[int, Handler]:
    """Return who serves a message, by its Command Field; each answers on the channel.

    They raise NetworkError when the peer is gone or says what it may not.
    """
    found: dict[int, Handler] = {}
    if services.archive is not None:
        found.update(_of_archive(services, services.archive))
    if services.commitments is not None:
        found[N_ACTION_RQ] = _of_book(services.commitments)
    if services.results is not None:
        found[N_EVENT_REPORT_RQ] = _of_results(services.results)
    return found


def _of_archive(services: Services, archive: Archive) -> Mapping[int, Handler]:
    def find(channel: Channel, request: Message) -> None:
        _check_context(channel, request)
        serve_find(channel, archive, request)

    def move(channel: Channel, request: Message) -> None:
        _check_context(channel, request)
        serve_move(channel, archive, services.stations, request, services.tls)

    def get(channel: Channel, request: Message) -> None:
        _check_context(channel, request)
        serve_get(channel, archive, request)

    return {C_FIND_RQ: find, C_MOVE_RQ: move, C_GET_RQ: get}


def _of_book(book: CommitmentBook) -> Handler:
    def act(channel: Channel, request: Message) -> None:
        _check_context(channel, request)
        reply = _ReplyHere()
        try:
            if serve_action(channel, book, request, reply.reply):
                reply.wait(channel, request.context_id)
        finally:
            reply.end()

    return act


def _of_results(results: CommitmentResults) -> Handler:
    def take(channel: Channel, request: Message) -> None:
        _check_context(channel, request)
        serve_report(channel, results, request)

    return take


def _check_context(channel: Channel, request: Message) -> None:
    if request.context_id not in channel.contexts:
        raise ProtocolError(INVALID_PARAMETER, "a request on a presentation context of another service")


class _ReplyHere:
    """Brings the result of a commitment from the thread that found it to the thread of the association."""

    def __init__(self) -> None:
        self._results: queue.SimpleQueue[CommitmentResult] = queue.SimpleQueue()
        self._taken = threading.Event()
        self._ended = threading.Event()
        self._lock = threading.Lock()

    def reply(self, result: CommitmentResult) -> bool:
        """Report a result; return whether the caller took it. Called by whoever found it."""
        with self._lock:
            if self._ended.is_set():
                return False
            self._results.put(result)
        self._ended.wait(_ANSWER_S)
        return self._taken.is_set()

    def wait(self, channel: Channel, context_id: int) -> None:
        """Wait for the result while the caller does, and report it."""
        began = time.monotonic()
        while time.monotonic() < began + _SAME_ASSOCIATION_S and not channel.is_waited_for():
            if time.monotonic() < began + _LEAVING_S:
                time.sleep(_POLL_S)
                continue
            try:
                result = self._results.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if report_on(channel, context_id, result):
                self._taken.set()
            return

    def end(self) -> None:
        """Let nobody wait any more."""
        with self._lock:
            self._ended.set()
