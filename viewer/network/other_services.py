"""Associations that speak more than verification and storage: query, retrieve, storage commitment.

What they verify and store goes the same way as everywhere (storage_branch); every other message is read whole, within
bounds, and handed to who serves it (service_handlers).
"""

import contextlib
import logging
import selectors
import socket
import ssl
from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from viewer.base.errors import NetworkError
from viewer.base.logs import without_values
from viewer.network import dimse_commands as dimse
from viewer.network.incoming_messages import IncomingMessages
from viewer.network.limits import Limits
from viewer.network.message_pdus import Piece, message_pdus
from viewer.network.messages import FIELD, MESSAGE_ID, RESPONDED_TO, RESPONSE, Message, command_set
from viewer.network.negotiation import (
    FIND_CLASSES,
    GET_CLASSES,
    MOVE_CLASSES,
    STORAGE_COMMITMENT_PUSH,
    AcceptedContext,
    Negotiated,
    provider_abort,
)
from viewer.network.pdu_stream import (
    ABORT,
    INVALID_PARAMETER,
    NO_REASON,
    P_DATA,
    RELEASE_RQ,
    UNEXPECTED_PDU,
    ConnectionEndedError,
    PduStream,
    ProtocolError,
    fragments,
    release_response,
)
from viewer.network.ports import Caller
from viewer.network.service_handlers import Handler, handlers
from viewer.network.serving import Services, Tell
from viewer.network.storage_branch import StorageBranch

logger = logging.getLogger(__name__)


def served_classes(services: Services) -> frozenset[str]:
    """Return the abstract syntaxes that are served beside verification and storage."""
    of_archive = FIND_CLASSES | MOVE_CLASSES | GET_CLASSES if services.archive is not None else frozenset[str]()
    has_commitment = services.commitments is not None or services.results is not None
    return of_archive | ({STORAGE_COMMITMENT_PUSH} if has_commitment else set[str]())


class OtherAssociation:
    """Serves one association to its end, on the calling thread; is the Channel of those who serve its messages.

    Args:
        connection: Blocking, plain or TLS; not closed here.
        negotiated: What was agreed on.
        services: What is served.
        limits: What the peer may cost.
        tell: Is told "closed" in the end.
    """

    def __init__(
        self, connection: socket.socket, negotiated: Negotiated, services: Services, limits: Limits, tell: Tell
    ) -> None:
        self._connection, self._negotiated, self._limits, self._tell = connection, negotiated, limits, tell
        self._handlers: Mapping[int, Handler] = handlers(services)
        self._stream = PduStream(connection, negotiated.our_max_pdu, limits.idle_s, limits.pdu_s)
        self._branch = StorageBranch(negotiated, services.storage, limits)
        self._incoming = IncomingMessages(self._branch, negotiated, limits.identifier_bytes)
        self._messages: deque[Message] = deque()
        self._responses: deque[Message] = deque()
        self._cancelled: set[int] = set()
        self._is_open = True
        self._failure: BaseException | None = None
        self._ending = "the connection ended"

    @property
    def caller(self) -> Caller:
        """Who is at the other end."""
        return self._negotiated.caller

    @property
    def contexts(self) -> Mapping[int, AcceptedContext]:
        """What was agreed on, by presentation context ID, but for contexts that the caller only sends instances on."""
        others = {
            number: context for number, context in self._negotiated.contexts.items() if not self._branch.serves(number)
        }
        return {**others, **self._negotiated.fetching}

    @property
    def is_open(self) -> bool:
        """Whether the association is still there."""
        return self._is_open

    def serve(self) -> None:
        """Answer what comes until the association ends."""
        try:
            self._stream.send(self._negotiated.accept_pdu)
            while self._is_open:
                self._answer(self._next_message())
            if self._failure is not None:  # who served may have taken it for the peer's going
                raise self._failure
        except ProtocolError as error:
            self._abort(error.reason, "aborted: the peer broke the protocol")
        except ConnectionEndedError as error:
            logger.info("An association with %s ended: %s", self.caller.address, error)
        except Exception as error:  # noqa: BLE001 - a bug must cost one association, not the server
            logger.error("A service for %s failed:\n%s", self.caller.address, without_values(error))
            self._abort(NO_REASON, "aborted: a service failed")
        finally:
            self._is_open = False
            received, refused = self._branch.close()
            self._tell(
                "closed",
                {
                    "aet": self.caller.ae_title, "address": self.caller.address, "reason": self._ending,
                    "received": received, "refused": refused,
                },
            )  # fmt: skip

    def send(self, context_id: int, command: bytes, data: Iterable[Piece] = ()) -> None:
        """Send a message, its data set piece by piece.

        Raises:
            NetworkError: If the peer is gone, or takes nothing.
        """
        with self._breaking():  # after half a message nothing else can follow, whatever kept the rest back
            for pdus in message_pdus(context_id, command, data, self._negotiated.peer_max_pdu):
                self._stream.send(pdus)

    def receive(self) -> Message:
        """Return the response to what was asked of the peer; a request that crosses ours is answered after that.

        Raises:
            NetworkError: If none comes in time, or the peer is gone.
        """
        with self._breaking():
            while not self._responses and self._is_open:
                self._read_pdu()
        if not self._responses:
            raise ConnectionEndedError("the peer ended the association in the middle of an operation")
        return self._responses.popleft()

    def is_cancelled(self, message_id: int) -> bool:
        """Whether the peer has asked to end that operation, or ended the whole association."""
        with self._breaking():
            while self._is_open and self._is_readable():
                self._read_pdu()
        return not self._is_open or message_id in self._cancelled

    def is_waited_for(self) -> bool:
        """Whether the peer has sent what is to be answered next, or ended the association."""
        return self.is_cancelled(-1) or bool(self._messages)

    def _next_message(self) -> Message | None:
        """Return the next request; None when the association was released or aborted."""
        with self._breaking():
            while not self._messages and not self._responses and self._is_open:
                self._read_pdu()
            if self._responses:  # nobody waits for one
                raise ProtocolError(INVALID_PARAMETER, "a response to nothing that was asked")
        return self._messages.popleft() if self._messages else None

    def _read_pdu(self) -> None:
        kind, field = self._stream.next()
        if kind == P_DATA:
            for context_id, control, piece in fragments(field):
                if not self._incoming.is_in_message:
                    self._stream.begin_message(self._limits.message_s)
                message, answers = self._incoming.take(context_id, control, piece)
                for answer in answers:
                    self._stream.send(answer)
                if not self._incoming.is_in_message:
                    self._stream.end_message()
                if message is not None:
                    self._note(message)
        elif kind == RELEASE_RQ:
            self._stream.send(release_response())
            self._is_open, self._ending = False, "released"
        elif kind == ABORT:
            self._is_open, self._ending = False, "aborted by the peer"
        else:
            raise ProtocolError(UNEXPECTED_PDU, "nobody asked for a release")

    def _note(self, message: Message) -> None:
        field = message.number(FIELD)
        if field == dimse.C_CANCEL_RQ:
            self._cancelled.add(message.number(RESPONDED_TO))
            return
        waiting = self._responses if field & RESPONSE else self._messages
        if waiting:  # one operation at a time was agreed on, in each direction (PS3.7 D.3.3.3)
            raise ProtocolError(UNEXPECTED_PDU, "a message before the last one was answered")
        waiting.append(message)

    def _answer(self, message: Message | None) -> None:
        if message is None:
            return
        self._cancelled.clear()  # of operations that are over
        field = message.number(FIELD)
        handler = self._handlers.get(field)
        if handler is not None:
            handler(self, message)
            return
        number = message.number(MESSAGE_ID)
        answer = command_set(field | RESPONSE, has_data=False, responded_to=number, status=dimse.UNRECOGNIZED_OPERATION)
        self.send(message.context_id, answer)

    @contextlib.contextmanager
    def _breaking(self) -> Iterator[None]:
        """What goes wrong in here ends the association, even if whoever called goes on."""
        try:
            yield
        except BaseException as error:
            self._is_open = False
            self._failure = self._failure or error
            raise

    def _is_readable(self) -> bool:
        if self._stream.holds_more or (isinstance(self._connection, ssl.SSLSocket) and self._connection.pending()):
            return True
        with selectors.DefaultSelector() as selector:  # select() itself knows no descriptors beyond 1,023
            selector.register(self._connection, selectors.EVENT_READ)
            return bool(selector.select(0))

    def _abort(self, reason: int, ending: str) -> None:
        self._ending = ending
        with contextlib.suppress(NetworkError):
            self._stream.send(provider_abort(reason))
