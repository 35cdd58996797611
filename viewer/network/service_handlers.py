"""Query, retrieve and storage commitment upon associations of pynetdicom, which keeps their state and their threads.

Its own service classes decode every data set and hold whole messages; here requests are taken from it before that, and
what is answered goes to it in pieces as fast as the peer takes them.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

from pynetdicom import evt
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_FIND, C_GET, C_MOVE, C_STORE, N_ACTION, N_EVENT_REPORT, DIMSEPrimitive
from pynetdicom.pdu_primitives import P_DATA

from viewer.base.errors import NetworkError
from viewer.base.logs import without_values
from viewer.dicom.transfer_syntaxes import IMPLICIT_VR_LITTLE_ENDIAN
from viewer.network.association_offer import OUR_PDU_BYTES
from viewer.network.messages import (
    ACTION_TYPE,
    C_STORE_RQ,
    FIELD,
    MESSAGE_ID,
    MOVE_DESTINATION,
    N_EVENT_REPORT_RQ,
    REQUESTED_CLASS,
    REQUESTED_INSTANCE,
    RESPONDED_TO,
    RESPONSE,
    STATUS,
    Message,
)
from viewer.network.negotiation import AcceptedContext
from viewer.network.pdu_stream import COMMAND_BIT, LAST_BIT
from viewer.network.ports import Caller, CommitmentResult, Reply
from viewer.network.query_service import serve_find
from viewer.network.requesting import filled, with_last
from viewer.network.retrieve_service import serve_get, serve_move
from viewer.network.serving import Services
from viewer.network.storage_commitment import event_report, is_taken, serve_action

if TYPE_CHECKING:
    from pynetdicom.dimse_primitives import DimseServiceType

_PDV_BYTES = 6
_MOST_WAITING_PDUS = 8
_ANSWER_S, _TAKE_S, _POLL_S = 120.0, 60.0, 0.001
_REPORT_S = 30.0

logger = logging.getLogger(__name__)

Handler = tuple[Any, Callable[..., None], list[object]]


def handlers(services: Services, caller: Caller | None = None) -> list[Handler]:
    """Return what pynetdicom is to call so that associations are served.

    Args:
        services: What is served.
        caller: Who is at the other end, when all associations are of one; None takes who they say they are, as known.
    """
    return [(evt.EVT_ESTABLISHED, _take_over, [services, caller])]


def _take_over(event: evt.Event, services: Services, caller: Caller | None) -> None:
    association = event.assoc
    if association.is_acceptor:
        serving = _Serving(association, services, caller or _caller_of(association))
        # Looked up by name whenever a message has come: ours stands before that of the class.
        association.__dict__["_serve_request"] = serving.serve


def _caller_of(association: Association) -> Caller:
    request = association.requestor.primitive
    called = request.called_ae_title if request is not None else ""
    return Caller(association.requestor.ae_title.strip(), association.requestor.address or "", (called or "").strip())


class AssociationChannel:
    """A pynetdicom association as our services see it (messages.Channel).

    Attributes:
        sending_contexts: In which the peer agreed to be sent to.
        take_report: Takes answers to reports that come while another answer is waited for.
    """

    def __init__(self, association: Association, caller: Caller) -> None:
        self.caller = caller
        self.contexts = {
            context.context_id: AcceptedContext(str(context.abstract_syntax), str(context.transfer_syntax[0]))
            for context in association.accepted_contexts
            if context.context_id is not None
        }
        self.sending_contexts = {
            context.context_id: self.contexts[context.context_id]
            for context in association.accepted_contexts
            if context.as_scu and context.context_id is not None
        }
        self.take_report: Callable[[Message], None] = lambda _message: None
        self._association = association
        self._sending = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether the association is still there, and its end was not asked for."""
        association = self._association
        acse = association.acse
        if not association.is_established or not association.dul.is_alive():
            return False
        return not (acse.is_aborted() or acse.is_release_requested())

    def send(self, context_id: int, command: bytes, data: Iterable[bytes] = ()) -> None:
        """Send a message, no faster than the peer takes it.

        Raises:
            NetworkError: If the peer is gone, or takes nothing.
        """
        room = min(self._association.dimse.maximum_pdu_size or OUR_PDU_BYTES, OUR_PDU_BYTES) - _PDV_BYTES
        with self._sending:
            try:
                for piece, is_last in with_last(filled((command,), room)):
                    self._send_piece(context_id, COMMAND_BIT | (LAST_BIT if is_last else 0), piece)
                for piece, is_last in with_last(filled(data, room)):
                    self._send_piece(context_id, LAST_BIT if is_last else 0, piece)
            except BaseException:
                # Half a message may be out: nothing else can follow it.
                self._association.dul.to_provider_queue.queue.clear()
                self._association.abort()
                raise

    def receive(self) -> Message:
        """Return the next message that is no C-CANCEL.

        Raises:
            NetworkError: If none comes in time, or the peer is gone.
        """
        deadline = time.monotonic() + _ANSWER_S
        while self.is_open and time.monotonic() < deadline:
            try:
                context_id, primitive = self._association.dimse.msg_queue.get(timeout=0.25)
            except queue.Empty:
                continue
            if primitive is None or context_id is None:
                break
            message = message_of(primitive, context_id)
            if message.number(FIELD) != N_EVENT_REPORT_RQ | RESPONSE:
                return message
            self.take_report(message)
        raise NetworkError("the caller does not answer")

    def is_cancelled(self, message_id: int) -> bool:
        """Whether the peer has asked to end that operation."""
        return message_id in self._association.dimse.cancel_req

    def _send_piece(self, context_id: int, control: int, piece: bytes) -> None:
        waiting = self._association.dul.to_provider_queue
        deadline = time.monotonic() + _TAKE_S
        while waiting.qsize() >= _MOST_WAITING_PDUS:
            if not self._association.dul.is_alive() or self._association.acse.is_aborted():
                raise NetworkError("the caller is gone")
            if time.monotonic() > deadline:
                raise NetworkError("the caller takes nothing")
            time.sleep(_POLL_S)
        primitive = P_DATA()
        primitive.presentation_data_value_list = [(context_id, bytes((control,)) + piece)]
        self._association.dul.send_pdu(primitive)


def message_of(primitive: object, context_id: int) -> Message:
    """Return a message that pynetdicom has read, as far as our services look at it."""
    values: dict[int, bytes] = {}
    for element, name in _NUMBERS.items():
        if (number := getattr(primitive, name, None)) is not None:
            values[element] = int(number).to_bytes(2, "little")
    for element, name in _TEXTS.items():
        if (text := getattr(primitive, name, None)) is not None:
            values[element] = str(text).encode("ascii", "replace")
    request = _FIELDS.get(type(primitive), 0)
    is_response = getattr(primitive, "MessageIDBeingRespondedTo", None) is not None
    values[FIELD] = (request | (RESPONSE if is_response else 0)).to_bytes(2, "little")
    data = next((getattr(primitive, name) for name in _DATA_SETS if getattr(primitive, name, None) is not None), None)
    return Message(context_id, values, data.getvalue() if isinstance(data, BytesIO) else b"")


_NUMBERS: Mapping[int, str] = {
    MESSAGE_ID: "MessageID",
    RESPONDED_TO: "MessageIDBeingRespondedTo",
    STATUS: "Status",
    ACTION_TYPE: "ActionTypeID",
}
_TEXTS: Mapping[int, str] = {
    MOVE_DESTINATION: "MoveDestination",
    REQUESTED_CLASS: "RequestedSOPClassUID",
    REQUESTED_INSTANCE: "RequestedSOPInstanceUID",
}
_DATA_SETS = ("Identifier", "ActionInformation")
_FIELDS: Mapping[type, int] = {C_STORE: C_STORE_RQ, N_EVENT_REPORT: N_EVENT_REPORT_RQ}


class _Serving:
    """Serves one association: called by pynetdicom with each message, on the association's own thread."""

    def __init__(self, association: Association, services: Services, caller: Caller) -> None:
        self._association = association
        self._services = services
        self._channel = AssociationChannel(association, caller)
        self._pass_on = association._serve_request
        self._reports = _Reports(self._channel)

    def serve(self, primitive: DIMSEPrimitive, context_id: int) -> None:
        """Serve a request to its end."""
        if isinstance(primitive, N_EVENT_REPORT) and primitive.MessageIDBeingRespondedTo is not None:
            self._reports.answered(message_of(primitive, context_id))
            return
        is_ours = isinstance(primitive, C_FIND | C_MOVE | C_GET | N_ACTION) and context_id in self._channel.contexts
        if not is_ours or not getattr(primitive, "is_valid_request", False):
            self._pass_on(cast("DimseServiceType", primitive), context_id)
            return
        try:
            self._serve(primitive, message_of(primitive, context_id))
        except NetworkError as error:
            logger.info("%s: %s", self._channel.caller.ae_title, type(error).__name__)
            self._association.abort()
        except Exception as error:  # noqa: BLE001 - told in the log, and the association ends; the server goes on
            logger.error("Serving a request failed: %s", without_values(error))
            self._association.abort()
        finally:
            self._association.dimse.cancel_req.clear()

    def _serve(self, primitive: object, request: Message) -> None:
        channel, services = self._channel, self._services
        if isinstance(primitive, N_ACTION) and services.commitments is not None:
            context = channel.contexts[request.context_id]
            is_answered = threading.Event()
            reply = self._reports.to(request.context_id, context, is_answered)
            serve_action(channel, services.commitments, request, reply)
            is_answered.set()
        elif services.archive is None:
            raise NetworkError("nothing is served that was asked for")
        elif isinstance(primitive, C_FIND):
            serve_find(channel, services.archive, request)
        elif isinstance(primitive, C_MOVE):
            serve_move(channel, services.archive, services.stations, request)
        elif isinstance(primitive, C_GET):
            serve_get(channel, services.archive, channel.sending_contexts, request)
        else:
            raise NetworkError("nothing is served that was asked for")


class _Reports:
    """Results of storage commitment on the association on which it was asked for."""

    def __init__(self, channel: AssociationChannel) -> None:
        self._channel = channel
        channel.take_report = self.answered
        self._answers: dict[int, queue.SimpleQueue[Message]] = {}
        self._next_id = 1
        self._lock = threading.Lock()

    def to(self, context_id: int, context: AcceptedContext, is_answered: threading.Event) -> Reply:
        """Return what reports a result once the request itself is answered; it is called on another thread."""

        def reply(result: CommitmentResult) -> bool:
            if not is_answered.wait(_REPORT_S):
                return False
            with self._lock:
                message_id, self._next_id = self._next_id, self._next_id % 0xFFFF + 1
                answers = self._answers[message_id] = queue.SimpleQueue()
            try:
                if not self._channel.is_open:
                    return False
                is_implicit = context.transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
                ours = self._channel.caller.called_ae_title
                command, data = event_report(result, message_id, ours, is_implicit=is_implicit)
                self._channel.send(context_id, command, (data,))
                deadline = time.monotonic() + _REPORT_S
                while self._channel.is_open and time.monotonic() < deadline:
                    try:
                        return is_taken(answers.get(timeout=0.1), message_id)
                    except queue.Empty:
                        continue
            except NetworkError:
                return False
            finally:
                del self._answers[message_id]
            return False

        return reply

    def answered(self, message: Message) -> None:
        """Take the answer to a report."""
        answers = self._answers.get(message.number(RESPONDED_TO))
        if answers is not None:
            answers.put(message)
