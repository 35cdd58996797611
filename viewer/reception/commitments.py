"""The witness for what was stored: every instance of a request is read and hashed again before anything is promised.

A request is on the disk before it is accepted. A thread of its own reads and answers, on the association on which it
was asked while that lasts, else on one of its own to the station of that AE title; again with growing delays, also
after the program was started anew, until it is taken or given up. Before each attempt everything is read once more:
what was true an hour ago is not promised.
"""

import logging
import ssl
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from viewer.base.errors import LibraryError, MediaError, NetworkError
from viewer.base.logs import without_values
from viewer.base.translation import _
from viewer.library.commitment_book import Commitment, CommitmentRows, HeldForCommitment
from viewer.library.instance_store import ObjectState
from viewer.library.library import Library
from viewer.network.ports import (
    DUPLICATE_TRANSACTION,
    NOT_TAKEN,
    RESOURCE_LIMITATION,
    Caller,
    CommitmentFailure,
    CommitmentResult,
    Reply,
)
from viewer.network.stations import Station
from viewer.reception.events import COMMITMENT, ReceiverEvent, Tell

GIVEN_UP_AFTER = timedelta(days=7)
KEPT_AFTER = timedelta(days=90)
"""How long it is known what was answered, and that a transaction was used."""
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=30), timedelta(hours=1)
_MOST_WAITING = 1000
_LONGEST_SLEEP_S = 300.0

logger = logging.getLogger(__name__)


class Commitments:
    """The commitments of a library (network.ports.CommitmentBook), answered from start() to close().

    Args:
        library: Whose instances are promised.
        ae_title: Ours.
        stations: Where results are sent, by AE title.
        tell: Is told when a commitment was asked for, answered or given up.
        tls: For stations that use TLS.
        first_delay: After the first attempt that fails; each further one is twice as long, up to an hour.
        given_up_after: How long results are tried to be delivered.
    """

    def __init__(
        self,
        library: Library,
        ae_title: str,
        stations: Mapping[str, Station],
        tell: Tell,
        *,
        tls: ssl.SSLContext | None = None,
        first_delay: timedelta = FIRST_DELAY,
        given_up_after: timedelta = GIVEN_UP_AFTER,
    ) -> None:
        self._library = library
        self._rows = CommitmentRows(library.database)
        self._ae_title = ae_title
        self._stations = stations
        self._tell = tell
        self._tls = tls
        self._first_delay = first_delay
        self._given_up_after = given_up_after
        self._replies: dict[tuple[str, str], Reply] = {}
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="commitments", daemon=True)

    def start(self) -> None:
        """Begin to answer, also what was asked before the program was started."""
        self._thread.start()

    def close(self, patience_s: float = 10.0) -> None:
        """Stop answering; what is not answered is answered after the next start."""
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(patience_s)

    def ask(
        self, transaction_uid: str, referenced: Sequence[tuple[str, str]], caller: Caller, reply: Reply | None = None
    ) -> int:
        """Note a request so that it survives a crash; return the status of the N-ACTION response."""
        try:
            if self._rows.waiting(caller.ae_title) >= _MOST_WAITING:
                return RESOURCE_LIMITATION
            with self._lock:
                if not self._rows.note(transaction_uid, caller.ae_title, caller.address, referenced, _now()):
                    return DUPLICATE_TRANSACTION
                if reply is not None:
                    self._replies[caller.ae_title, transaction_uid] = reply
        except LibraryError as error:
            logger.warning("A request for storage commitment could not be noted: %s", type(error).__name__)
            return NOT_TAKEN
        self._say("asked", transaction_uid, caller.ae_title)
        self._wake.set()
        return 0

    def result_of(self, commitment: Commitment) -> CommitmentResult:
        """Return what can be promised now: each instance is read and hashed.

        Raises:
            LibraryError: If the index cannot be read.
        """
        held = self._rows.held([uid for _sop_class, uid in commitment.referenced])
        committed: list[tuple[str, str]] = []
        failed: list[tuple[str, str, CommitmentFailure]] = []
        for sop_class, uid in commitment.referenced:
            failure = self._failure(sop_class, held.get(uid))
            if failure is None:
                committed.append((sop_class, uid))
            else:
                failed.append((sop_class, uid, failure))
        return CommitmentResult(commitment.transaction_uid, committed, failed)

    def _failure(self, sop_class_uid: str, held: HeldForCommitment | None) -> CommitmentFailure | None:
        if held is None:
            return CommitmentFailure.NO_SUCH_INSTANCE
        if held.sop_class_uid != sop_class_uid:
            return CommitmentFailure.CLASS_INSTANCE_CONFLICT
        try:
            state = self._library.store.check(held.kept)
        except (LibraryError, MediaError):
            return CommitmentFailure.PROCESSING_FAILURE
        return None if state is ObjectState.WHOLE else CommitmentFailure.PROCESSING_FAILURE

    def _work(self) -> None:
        while not self._closing.is_set():
            self._wake.clear()
            try:
                seconds = self._work_through()
            except LibraryError as error:
                logger.warning("Storage commitments cannot be answered now: %s", type(error).__name__)
                seconds = self._first_delay.total_seconds()
            if seconds > 0 and not self._closing.is_set():
                self._wake.wait(seconds)

    def _work_through(self) -> float:
        """Answer all that is due; return after how many seconds there may be more."""
        began = _now()
        while (commitment := self._next_due(min(began, _now()))) is not None:  # clocks are also set back
            if self._closing.is_set():
                return 0
            try:
                self._answer(commitment)
            except LibraryError:
                raise
            except Exception as error:  # noqa: BLE001 - one request that is at fault must not end all others
                logger.error("Answering a storage commitment failed: %s", without_values(error))
                self._postpone(commitment, {}, type(error).__name__)
        self._rows.forget_ended(_now() - KEPT_AFTER)
        due_at = self._rows.next_due()
        return _LONGEST_SLEEP_S if due_at is None else min((due_at - _now()).total_seconds(), _LONGEST_SLEEP_S)

    def _next_due(self, at: datetime) -> Commitment | None:
        """Return the request that is due longest; one at a time, for each may name tens of thousands of instances."""
        with self._lock:  # a request that is there has its reply beside it
            return next(iter(self._rows.due(at, 1)), None)

    def _answer(self, commitment: Commitment) -> None:
        result = self.result_of(commitment)
        counts = {"committed": len(result.committed), "failed": len(result.failed)}
        found = {**counts, "failed": {uid: f"{reason:04X}" for _sop_class, uid, reason in result.failed}}
        problem = self._delivered(commitment, result)
        if not problem:
            self._rows.end(commitment, _now(), found)
            self._say("answered", commitment.transaction_uid, commitment.ae_title, counts)
            return
        self._postpone(commitment, found, problem, counts)

    def _postpone(
        self, commitment: Commitment, found: Mapping[str, object], problem: str, counts: Mapping[str, int] | None = None
    ) -> None:
        delay = min(self._first_delay * 2 ** min(commitment.attempts, 20), LONGEST_DELAY)
        if _now() + delay <= commitment.asked_at + self._given_up_after:
            self._rows.postpone(commitment, _now() + delay, found, problem)
            return
        self._rows.end(commitment, _now(), found, problem)
        self._say("given up", commitment.transaction_uid, commitment.ae_title, counts)

    def _delivered(self, commitment: Commitment, result: CommitmentResult) -> str:
        """Deliver a result; return why it could not be, nothing when it was."""
        from viewer.network.storage_commitment import report

        reply = self._replies.pop((commitment.ae_title, commitment.transaction_uid), None)
        if reply is not None and reply(result):
            return ""
        station = self._stations.get(commitment.ae_title)
        if station is None:
            return _("No station of that AE title is set up")
        try:
            report(station, self._ae_title, result, self._tls)
        except NetworkError as error:
            return error.one_line()
        return ""

    def _say(self, state: str, transaction_uid: str, ae_title: str, counts: Mapping[str, int] | None = None) -> None:
        details = {"transaction_uid": transaction_uid, "aet": ae_title, "state": state}
        self._tell(ReceiverEvent(COMMITMENT, {**details, **(counts or {})}))


def _now() -> datetime:
    return datetime.now(UTC)
