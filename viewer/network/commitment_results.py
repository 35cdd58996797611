"""Results of storage commitments that we asked others for (N-EVENT-REPORT, PS3.4 J.3.3), whichever way they come.

On the association on which they were asked for, or on one that the archive asks us for, on which it is SCP.
"""

from viewer.dicom.transfer_syntaxes import IMPLICIT_VR_LITTLE_ENDIAN
from viewer.network.dimse_commands import is_uid
from viewer.network.messages import (
    AFFECTED_CLASS,
    AFFECTED_INSTANCE,
    EVENT_TYPE,
    MESSAGE_ID,
    N_EVENT_REPORT_RQ,
    RESPONSE,
    Channel,
    Message,
    command_set,
)
from viewer.network.negotiation import STORAGE_COMMITMENT_PUSH
from viewer.network.ports import Caller, CommitmentResults, ReportedResult
from viewer.network.small_data_sets import Elements, MalformedDataSetError, items_of, read_data_set, text_of
from viewer.network.storage_commitment import ALL_COMMITTED, SOME_FAILED, STORAGE_COMMITMENT_INSTANCE

_NO_SUCH_INSTANCE, _NO_SUCH_EVENT, INVALID_ARGUMENT, _NOT_AUTHORIZED = 0x0112, 0x0113, 0x0115, 0x0124
_PROCESSING_FAILURE = 0x0110
_TRANSACTION, _FAILED, _REFERENCED = 0x00081195, 0x00081198, 0x00081199
_CLASS, _INSTANCE, _REASON = 0x00081150, 0x00081155, 0x00081197
_MOST_ELEMENTS = 400_000


def serve_report(channel: Channel, results: CommitmentResults, request: Message) -> None:
    """Take one result and answer whether it was taken.

    Raises:
        NetworkError: If the caller is gone.
    """
    context = channel.contexts[request.context_id]
    if not channel.caller.is_known or context.abstract_syntax != STORAGE_COMMITMENT_PUSH:
        status = _NOT_AUTHORIZED
    else:
        is_implicit = context.transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
        status = taken(request, results, channel.caller, is_implicit=is_implicit)
    channel.send(request.context_id, report_response(request, status))


def taken(request: Message, results: CommitmentResults, caller: Caller, *, is_implicit: bool) -> int:
    """Read a result and hand it on; return the status of the response."""
    named = (request.text(AFFECTED_CLASS), request.text(AFFECTED_INSTANCE))
    if named != (STORAGE_COMMITMENT_PUSH, STORAGE_COMMITMENT_INSTANCE):
        return _NO_SUCH_INSTANCE
    if request.number(EVENT_TYPE) not in {ALL_COMMITTED, SOME_FAILED}:
        return _NO_SUCH_EVENT
    try:
        elements = read_data_set(request.data, is_implicit=is_implicit, most_elements=_MOST_ELEMENTS)
    except MalformedDataSetError:
        return INVALID_ARGUMENT
    transaction = text_of(elements, _TRANSACTION)
    if not is_uid(transaction):
        return INVALID_ARGUMENT
    committed = frozenset((text_of(one, _CLASS), text_of(one, _INSTANCE)) for one in items_of(elements, _REFERENCED))
    failed = {text_of(one, _INSTANCE): _reason(one) for one in items_of(elements, _FAILED)}
    return results.take(ReportedResult(transaction, committed, failed), caller)


def report_response(request: Message, status: int) -> bytes:
    """Return the command set that answers a report."""
    return command_set(
        N_EVENT_REPORT_RQ | RESPONSE,
        has_data=False,
        affected_class=STORAGE_COMMITMENT_PUSH,
        responded_to=request.number(MESSAGE_ID),
        status=status,
        affected_instance=STORAGE_COMMITMENT_INSTANCE,
        event_type=request.number(EVENT_TYPE) if status == 0 else None,
    )


def _reason(item: Elements) -> int:
    """Return a Failure Reason; whatever is said, what is named as failed has failed."""
    raw = item.get(_REASON, b"")
    number = int.from_bytes(raw, "little") if isinstance(raw, bytes) and len(raw) == 2 else 0
    return number or _PROCESSING_FAILURE
