"""One association that verifies and stores: its data sets go straight from the connection to where they are kept.

Requests are answered one after another, each when what it brought is kept (PS3.7 9.1.1, 9.1.5; PS3.8 9.2). Nothing of a
data set is held but the PDU that is being read.
"""

import contextlib
import enum
import logging
import socket
from collections.abc import Callable, Mapping
from typing import TypeVar

from viewer.base.errors import NetworkError
from viewer.base.logs import without_values
from viewer.network import dimse_commands as dimse
from viewer.network.dimse_commands import Command, parse_command
from viewer.network.limits import Limits
from viewer.network.negotiation import AcceptedContext, Negotiated, provider_abort
from viewer.network.pdu_stream import (
    ABORT,
    COMMAND_BIT,
    INVALID_PARAMETER,
    LAST_BIT,
    P_DATA,
    RELEASE_RQ,
    UNEXPECTED_PDU,
    ConnectionEndedError,
    PduStream,
    ProtocolError,
    command_pdus,
    fragments,
    release_response,
)
from viewer.network.ports import (
    PROCESSING_FAILURE,
    InstanceSink,
    OfferedInstance,
    Storage,
    StoreAnswer,
    StoreRefused,
)

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

TellAssociation = Callable[[str, Mapping[str, str | int | float | bool | None]], None]


class Ending(enum.StrEnum):
    """How an association ended."""

    RELEASED = "released"
    ABORTED_BY_PEER = "aborted by the peer"
    ABORTED_BY_US = "aborted: the peer broke the protocol"
    LOST = "the connection ended"


class StorageAssociation:
    """Serves one association to its end, on the calling thread.

    Args:
        connection: Plain or TLS; closed in the end.
        negotiated: What was agreed on.
        storage: Where instances go.
        limits: How long the peer may take.
        tell: Is told "closed" in the end, with how it ended and how much came.
    """

    def __init__(
        self,
        connection: socket.socket,
        negotiated: Negotiated,
        storage: Storage,
        limits: Limits,
        tell: TellAssociation,
    ) -> None:
        self._connection = connection
        self._negotiated = negotiated
        self._storage = storage
        self._limits = limits
        self._tell = tell
        self._stream = PduStream(connection, negotiated.our_max_pdu, limits.idle_s, limits.pdu_s)
        self._message = _Message(self)
        self.received = self.refused = 0

    def serve(self) -> Ending:
        """Answer what comes until the association ends; return how it did."""
        ending = Ending.LOST
        try:
            ending = self._served()
        finally:
            self._message.abandon()
            with contextlib.suppress(OSError):
                self._connection.close()
            caller = self._negotiated.caller
            self._tell(
                "closed",
                {
                    "aet": caller.ae_title, "address": caller.address, "reason": str(ending),
                    "received": self.received, "refused": self.refused,
                },
            )  # fmt: skip
        return ending

    def _served(self) -> Ending:
        try:
            with contextlib.suppress(OSError):  # no such thing where the connection is a pair of sockets
                self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._stream.send(self._negotiated.accept_pdu)
            while True:
                kind, field = self._stream.next()
                if kind == P_DATA:
                    for context_id, control, piece in fragments(field):
                        self._message.take(context_id, control, piece)
                elif kind == RELEASE_RQ:
                    self._stream.send(release_response())
                    return Ending.RELEASED
                elif kind == ABORT:
                    return Ending.ABORTED_BY_PEER
                else:
                    raise ProtocolError(UNEXPECTED_PDU, "nobody asked for a release")
        except ProtocolError as error:
            logger.warning("An association with %s is aborted: %s", self._negotiated.caller.address, error)
            with contextlib.suppress(ConnectionEndedError):
                self._stream.send(provider_abort(error.reason))
            return Ending.ABORTED_BY_US
        except ConnectionEndedError as error:
            logger.info("An association with %s ended: %s", self._negotiated.caller.address, error)
            return Ending.LOST

    # What a message asks of its association

    def begin_message(self) -> None:
        """The first fragment of a message has come."""
        self._stream.begin_message(self._limits.message_s)

    def context(self, context_id: int) -> AcceptedContext:
        """Return a presentation context.

        Raises:
            ProtocolError: If it was not agreed on.
        """
        found = self._negotiated.contexts.get(context_id)
        if found is None:
            raise ProtocolError(INVALID_PARAMETER, "a fragment is of no presentation context that was agreed on")
        return found

    def begin_instance(self, command: Command, context: AcceptedContext) -> InstanceSink:
        """Return where a data set that follows goes.

        Raises:
            StoreRefused: If it is not wanted.
        """
        if command.sop_class_uid != context.abstract_syntax:
            raise StoreRefused(dimse.SOP_CLASS_NOT_SUPPORTED, "The SOP class is not that of the context")
        if not dimse.is_uid(command.sop_instance_uid):
            raise StoreRefused(dimse.INVALID_INSTANCE, "The SOP Instance UID is none")
        offered = OfferedInstance(
            command.sop_class_uid, command.sop_instance_uid, context.transfer_syntax, command.move_originator
        )
        return self._storage.begin(offered, self._negotiated.caller)

    def answer(self, context_id: int, command: Command, answer: StoreAnswer | StoreRefused | int) -> None:
        """Answer a message that is whole."""
        self._stream.end_message()
        if isinstance(answer, int):
            status, comment = answer, ""
        elif isinstance(answer, StoreRefused):
            status, comment = answer.status, str(answer)
            self.refused += 1
        else:
            status, comment = answer.status, answer.comment
            self.received += 1
        response = dimse.response(command, status, comment)
        self._stream.send(command_pdus(context_id, response, self._negotiated.peer_max_pdu))


class _Message:
    """The message that is coming in, fragment by fragment (PS3.7 6.3.1, PS3.8 E.2)."""

    def __init__(self, association: StorageAssociation) -> None:
        self._association = association
        self._context_id = 0
        self._command_set = bytearray()
        self._command: Command | None = None
        self._sink: InstanceSink | None = None
        self._refused: StoreRefused | int | None = None

    def take(self, context_id: int, control: int, piece: memoryview) -> None:
        """Take the next fragment.

        Raises:
            ProtocolError: If it does not belong here.
            ConnectionEndedError: If the peer could not be answered.
        """
        if self._context_id == 0:
            self._association.begin_message()
            self._context_id = context_id
        elif context_id != self._context_id:
            raise ProtocolError(INVALID_PARAMETER, "a message changes its presentation context")
        if bool(control & COMMAND_BIT) is (self._command is not None):
            raise ProtocolError(INVALID_PARAMETER, "a command set and a data set come in no order")
        if self._command is not None:
            self._take_data(self._command, piece, is_last=bool(control & LAST_BIT))
        else:
            self._take_command(piece, is_last=bool(control & LAST_BIT))

    def abandon(self) -> None:
        """Give up what is not whole."""
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.abandon()

    def _take_command(self, piece: memoryview, *, is_last: bool) -> None:
        self._command_set += piece
        if len(self._command_set) > dimse.LARGEST_COMMAND:
            raise ProtocolError(INVALID_PARAMETER, "a command set is too long")
        context = self._association.context(self._context_id)
        if not is_last:
            return
        try:
            command = parse_command(self._command_set)
        except NetworkError as error:
            raise ProtocolError(INVALID_PARAMETER, str(error)) from error
        if not command.is_request:
            raise ProtocolError(INVALID_PARAMETER, "a response to nothing that was asked")
        self._command_set.clear()
        if command.field == dimse.C_CANCEL_RQ:
            self._context_id = 0  # all is answered already
            return
        self._begin(command, context)
        self._command = command
        if not command.has_data_set:
            self._end(command)

    def _begin(self, command: Command, context: AcceptedContext) -> None:
        if command.field == dimse.C_ECHO_RQ:
            self._refused = dimse.SUCCESS
        elif command.field != dimse.C_STORE_RQ:
            self._refused = dimse.UNRECOGNIZED_OPERATION
        elif not command.has_data_set:
            raise ProtocolError(INVALID_PARAMETER, "a store request without a data set")
        else:
            self._guarded(lambda: self._open(command, context))

    def _open(self, command: Command, context: AcceptedContext) -> None:
        self._sink = self._association.begin_instance(command, context)

    def _take_data(self, command: Command, piece: memoryview, *, is_last: bool) -> None:
        sink = self._sink
        if sink is not None and self._refused is None:
            self._guarded(lambda: sink.write(piece))
        if is_last:
            self._end(command)

    def _end(self, command: Command) -> None:
        answer: StoreAnswer | StoreRefused | int | None = None
        if self._refused is None and self._sink is not None:
            answer = self._guarded(self._sink.finish)
        if self._refused is not None:
            self.abandon()
            answer = self._refused
        context_id = self._context_id
        self._sink = self._command = self._refused = None
        self._context_id = 0
        self._association.answer(context_id, command, PROCESSING_FAILURE if answer is None else answer)

    def _guarded(self, step: Callable[[], _T]) -> _T | None:
        """Do a step of storing; what is refused is answered when the message is whole."""
        try:
            return step()
        except StoreRefused as error:
            self._refused = error
        except Exception as error:  # noqa: BLE001 - a bug must cost one instance, not the association
            logger.error("Storing failed:\n%s", without_values(error))
            self._refused = StoreRefused(PROCESSING_FAILURE, "Processing failure")
        return None
