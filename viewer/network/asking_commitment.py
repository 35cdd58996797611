"""Asking an archive to promise that it keeps what it has (storage commitment SCU, PS3.4 J.3.2)."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from viewer.base.errors import NetworkError
from viewer.base.translation import N_, _
from viewer.dicom.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN
from viewer.network.access import DimseAccess
from viewer.network.association_request import ProposedContext
from viewer.network.commitment_results import report_response, taken
from viewer.network.messages import (
    FIELD,
    N_ACTION_RQ,
    N_EVENT_REPORT_RQ,
    RESPONDED_TO,
    RESPONSE,
    STATUS,
    Message,
    command_set,
)
from viewer.network.negotiation import STORAGE_COMMITMENT_PUSH
from viewer.network.ports import Caller, CommitmentResults, ReportedResult
from viewer.network.requesting import PassingError, RequestedAssociation
from viewer.network.small_data_sets import Elements, write_data_set
from viewer.network.storage_commitment import STORAGE_COMMITMENT_INSTANCE

MOST_AT_ONCE = 5_000
"""Instances of one request: archives, ours too, bound what they take in one message."""
_TRANSACTION, _REFERENCED, _CLASS, _INSTANCE = 0x00081195, 0x00081199, 0x00081150, 0x00081155
_REQUEST_COMMITMENT = 1
_MESSAGE_ID = 1
_SOON_S = 0.25
_STATUSES = {
    0x0110: N_("It could not process the request"),
    0x0112: N_("It says that it has no storage commitment"),
    0x0119: N_("It says that class and instance do not go together"),
    0x0122: N_("It does not offer storage commitment"),
    0x0123: N_("It does not know this request"),
    0x0124: N_("This station is not allowed to ask for storage commitment there"),
    0x0131: N_("It has had a request of this UID already"),
    0x0211: N_("It does not know this request"),
    0x0213: N_("It is out of resources"),
}
_PASSING = frozenset({0x0110, 0x0213})


@dataclass(frozen=True, slots=True)
class CommitmentRequest:
    """What is asked.

    Attributes:
        referenced: SOP Class and SOP Instance UID of each instance.
    """

    transaction_uid: str
    referenced: Sequence[tuple[str, str]]


def failure_words(status: int) -> str:
    """Return the status of a request that was not taken, in words."""
    return f"{_(_STATUSES.get(status, N_('It refuses the request')))} ({status:04X}H)"


def ask(
    access: DimseAccess,
    request: CommitmentRequest,
    results: CommitmentResults,
    wait_s: float,
    is_answered: Callable[[], bool] = lambda: False,
) -> bool:
    """Ask; return whether the result came on the very association, within a time. Else it comes on one of its own.

    Args:
        access: Of the archive.
        request: What is asked.
        results: Takes the result if it comes here.
        wait_s: How long the association is held for it.
        is_answered: Whether the result has come elsewhere; is asked now and then while the association is held.

    Raises:
        PassingError: If it may be taken when it is asked again in a while.
        NetworkError: If the archive cannot be reached, does not offer it, or does not take the request.
    """
    syntaxes = (EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN)
    proposed = [ProposedContext(1, STORAGE_COMMITMENT_PUSH, syntaxes)]
    with RequestedAssociation(
        access.station, access.calling_title, proposed, tls=access.tls, patience=access.patience
    ) as association:
        return _Asking(access, association, results).run(request, wait_s, is_answered)


class _Asking:
    def __init__(self, access: DimseAccess, association: RequestedAssociation, results: CommitmentResults) -> None:
        self._access, self._association, self._results = access, association, results
        context = association.contexts.get(1)
        if context is None:
            raise NetworkError(
                _("It does not offer storage commitment"),
                subject=str(access.station),
                advice=_("Have it allowed there for this station's AE title, or do without it"),
            )
        self._is_implicit = context.transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
        self._transaction = ""
        self._has_result = False

    def run(self, request: CommitmentRequest, wait_s: float, is_answered: Callable[[], bool]) -> bool:
        self._transaction = request.transaction_uid
        command = command_set(
            N_ACTION_RQ,
            has_data=True,
            requested_class=STORAGE_COMMITMENT_PUSH,
            message_id=_MESSAGE_ID,
            requested_instance=STORAGE_COMMITMENT_INSTANCE,
            action_type=_REQUEST_COMMITMENT,
        )
        self._association.send(1, command, (_encoded(request, is_implicit=self._is_implicit),))
        self._await_response()
        deadline = time.monotonic() + wait_s
        try:
            while not self._has_result and self._association.is_open and time.monotonic() < deadline:
                if is_answered():
                    break
                if self._association.has_more(min(_SOON_S, deadline - time.monotonic())):
                    self._take(self._association.receive())
        except NetworkError:
            pass  # it was taken: the archive may end the association, and report on another
        return self._has_result

    def _await_response(self) -> None:
        """Wait for the response to the request; some report before they respond."""
        while True:
            message = self._association.receive()
            if self._take(message):
                continue
            is_response = message.number(FIELD) == N_ACTION_RQ | RESPONSE
            if not is_response or message.number(RESPONDED_TO) != _MESSAGE_ID:
                raise NetworkError(_("The station does not keep to the protocol"), subject=str(self._access.station))
            status = message.number(STATUS, 0x0110)
            if status:
                kind = PassingError if status in _PASSING else NetworkError
                raise kind(failure_words(status), subject=str(self._access.station))
            return

    def _take(self, message: Message) -> bool:
        """Take a report and answer it; return whether it was one."""
        if message.number(FIELD) != N_EVENT_REPORT_RQ:
            return False
        caller = Caller(self._access.station.ae_title, self._access.station.host, self._access.calling_title)
        heard = _Heard(self._results, self._transaction)
        status = taken(message, heard, caller, is_implicit=self._is_implicit)
        self._association.send(1, report_response(message, status))
        self._has_result = self._has_result or (heard.is_heard and status == 0)
        return True


class _Heard:
    """Hands results on, and hears whether one was that of a transaction."""

    def __init__(self, results: CommitmentResults, transaction_uid: str) -> None:
        self._results, self._transaction_uid = results, transaction_uid
        self.is_heard = False

    def take(self, result: ReportedResult, caller: Caller) -> int:
        self.is_heard = result.transaction_uid == self._transaction_uid
        return self._results.take(result, caller)


def _encoded(request: CommitmentRequest, *, is_implicit: bool) -> bytes:
    items: list[Elements] = [{_CLASS: _uid(one), _INSTANCE: _uid(two)} for one, two in request.referenced]
    return write_data_set({_TRANSACTION: _uid(request.transaction_uid), _REFERENCED: items}, is_implicit=is_implicit)


def _uid(uid: str) -> bytes:
    return uid.encode("ascii", "replace") + b"\0" * (len(uid) % 2)
