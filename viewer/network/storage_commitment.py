"""Storage commitment, push model (PS3.4 J.3): requests are noted, results reported on the same or a new association."""

import ssl
import threading

from viewer.base.errors import NetworkError
from viewer.base.translation import _
from viewer.dicom.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN
from viewer.network.association_request import ProposedContext, ProposedRoles
from viewer.network.dimse_commands import is_uid
from viewer.network.messages import (
    ACTION_TYPE,
    MESSAGE_ID,
    N_ACTION_RQ,
    N_EVENT_REPORT_RQ,
    REQUESTED_CLASS,
    REQUESTED_INSTANCE,
    RESPONDED_TO,
    RESPONSE,
    STATUS,
    Channel,
    Message,
    command_set,
)
from viewer.network.negotiation import STORAGE_COMMITMENT_PUSH
from viewer.network.ports import RESOURCE_LIMITATION, CommitmentBook, CommitmentResult, Reply
from viewer.network.requesting import Patience, RequestedAssociation
from viewer.network.small_data_sets import (
    Elements,
    MalformedDataSetError,
    items_of,
    read_data_set,
    text_of,
    write_data_set,
)
from viewer.network.stations import Station

STORAGE_COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1.1"
ALL_COMMITTED, SOME_FAILED = 1, 2
"""Event types (PS3.4 J.3.3.1)."""
_REQUEST_COMMITMENT = 1
_SUCCESS, _NO_SUCH_INSTANCE, _NO_SUCH_ACTION, _INVALID_VALUE, _MISSING, _NOT_AUTHORIZED = (
    0x0000, 0x0112, 0x0123, 0x0106, 0x0120, 0x0124,
)  # fmt: skip
_RETRIEVE_TITLE, _TRANSACTION, _FAILED, _REFERENCED = 0x00080054, 0x00081195, 0x00081198, 0x00081199
_CLASS, _INSTANCE, _REASON = 0x00081150, 0x00081155, 0x00081197
_MOST_REFERENCED = 20_000
"""Of one request; longer ones are not taken, and can be divided by who asks."""
_MOST_ELEMENTS = 4 * _MOST_REFERENCED
_READING = threading.Lock()
"""Held while a request is read and noted: read, it takes ten times its bytes, and many may come at once."""
_PATIENCE = Patience(connect_s=10, answer_s=15, message_s=30, send_s=15)


def serve_action(channel: Channel, book: CommitmentBook, request: Message, reply: Reply | None) -> bool:
    """Note one request for commitment and answer that it is noted; return whether it was.

    Raises:
        NetworkError: If the caller is gone.
    """
    status = _noted(channel, book, request, reply)
    command = command_set(
        N_ACTION_RQ | RESPONSE,
        has_data=False,
        affected_class=STORAGE_COMMITMENT_PUSH,
        responded_to=request.number(MESSAGE_ID),
        status=status,
        affected_instance=STORAGE_COMMITMENT_INSTANCE,
        action_type=_REQUEST_COMMITMENT if status == _SUCCESS else None,
    )
    channel.send(request.context_id, command)
    return status == _SUCCESS


def _noted(channel: Channel, book: CommitmentBook, request: Message, reply: Reply | None) -> int:
    context = channel.contexts[request.context_id]
    if not channel.caller.is_known or context.abstract_syntax != STORAGE_COMMITMENT_PUSH:
        return _NOT_AUTHORIZED
    named = (request.text(REQUESTED_CLASS), request.text(REQUESTED_INSTANCE))
    if named != (STORAGE_COMMITMENT_PUSH, STORAGE_COMMITMENT_INSTANCE):
        return _NO_SUCH_INSTANCE
    if request.number(ACTION_TYPE) != _REQUEST_COMMITMENT:
        return _NO_SUCH_ACTION
    with _READING:
        return _noted_references(channel, book, request, reply)


def _noted_references(channel: Channel, book: CommitmentBook, request: Message, reply: Reply | None) -> int:
    is_implicit = channel.contexts[request.context_id].transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
    try:
        elements = read_data_set(request.data, is_implicit=is_implicit, most_elements=_MOST_ELEMENTS)
    except MalformedDataSetError:
        return _INVALID_VALUE
    transaction = text_of(elements, _TRANSACTION)
    referenced = [(text_of(item, _CLASS), text_of(item, _INSTANCE)) for item in items_of(elements, _REFERENCED)]
    if not transaction or not referenced:
        return _MISSING
    if len(referenced) > _MOST_REFERENCED:
        return RESOURCE_LIMITATION
    if not all(map(is_uid, (transaction, *(uid for pair in referenced for uid in pair)))):
        return _INVALID_VALUE
    return book.ask(transaction, referenced, channel.caller, reply)


def event_report(result: CommitmentResult, message_id: int, ae_title: str, *, is_implicit: bool) -> tuple[bytes, bytes]:
    """Return the command set and the data set of an N-EVENT-REPORT request.

    Args:
        result: What is reported.
        message_id: Of the request.
        ae_title: Ours, where the instances can be retrieved.
        is_implicit: How the data set is to be encoded.
    """
    elements: dict[int, bytes | list[Elements]] = {
        _TRANSACTION: _uid(result.transaction_uid),
        _RETRIEVE_TITLE: ae_title.encode("ascii", "replace") + b" " * (len(ae_title) % 2),
    }
    if result.committed:
        elements[_REFERENCED] = [{_CLASS: _uid(sop_class), _INSTANCE: _uid(uid)} for sop_class, uid in result.committed]
    if result.failed:
        elements[_FAILED] = [
            {_CLASS: _uid(sop_class), _INSTANCE: _uid(uid), _REASON: reason.to_bytes(2, "little")}
            for sop_class, uid, reason in result.failed
        ]
    command = command_set(
        N_EVENT_REPORT_RQ,
        has_data=True,
        affected_class=STORAGE_COMMITMENT_PUSH,
        message_id=message_id,
        affected_instance=STORAGE_COMMITMENT_INSTANCE,
        event_type=SOME_FAILED if result.failed else ALL_COMMITTED,
    )
    return command, write_data_set(elements, is_implicit=is_implicit)


def report(station: Station, calling_title: str, result: CommitmentResult, tls: ssl.SSLContext | None = None) -> None:
    """Report a result on an association of its own, on which we are SCP though we asked for it.

    Raises:
        NetworkError: If the station does not take it.
    """
    syntaxes = (EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN)
    proposed = [ProposedContext(1, STORAGE_COMMITMENT_PUSH, syntaxes)]
    roles = {STORAGE_COMMITMENT_PUSH: ProposedRoles(is_scu=False, is_scp=True)}
    with RequestedAssociation(
        station, calling_title, proposed, roles=roles, tls=tls, patience=_PATIENCE
    ) as association:
        context = association.contexts.get(1)
        if context is None:
            raise NetworkError(_("It does not take results of storage commitment"), subject=str(station))
        is_implicit = context.transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
        command, data = event_report(result, 1, calling_title, is_implicit=is_implicit)
        association.send(1, command, (data,))
        if not _is_taken(association.receive(), 1):
            raise NetworkError(_("It refuses the result of a storage commitment"), subject=str(station))


def report_on(channel: Channel, context_id: int, result: CommitmentResult) -> bool:
    """Report a result on the association on which it was asked for; return whether it was taken.

    Raises:
        NetworkError: If the caller is gone.
    """
    is_implicit = channel.contexts[context_id].transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
    command, data = event_report(result, 1, channel.caller.called_ae_title, is_implicit=is_implicit)
    channel.send(context_id, command, (data,))
    return _is_taken(channel.receive(), 1)


def _is_taken(response: Message, message_id: int) -> bool:
    is_answer = response.number(0x0100) == N_EVENT_REPORT_RQ | RESPONSE
    return is_answer and response.number(RESPONDED_TO) == message_id and response.number(STATUS, 1) == _SUCCESS


def _uid(uid: str) -> bytes:
    return uid.encode("ascii", "replace") + b"\0" * (len(uid) % 2)
