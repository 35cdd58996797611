"""Associations that we ask for: connecting, proposing contexts, messages out and in, with a deadline on every wait."""

import contextlib
import selectors
import ssl
import struct
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from viewer.base.errors import NetworkError
from viewer.base.translation import _
from viewer.network.association_answer import read_answer
from viewer.network.association_offer import OUR_PDU_BYTES, offered
from viewer.network.association_request import HEADER_BYTES, MalformedRequestError, ProposedContext, ProposedRoles
from viewer.network.connecting import connected
from viewer.network.message_gathering import Begin, DataSink, Fragment, gathered
from viewer.network.message_pdus import Piece, message_parts, send_parts
from viewer.network.messages import C_CANCEL_RQ, FIELD, Message
from viewer.network.negotiation import AcceptedContext
from viewer.network.pdu_stream import (
    ABORT,
    ASSOCIATE_AC,
    ASSOCIATE_RJ,
    P_DATA,
    RELEASE_RP,
    RELEASE_RQ,
    ConnectionEndedError,
    PduStream,
    ProtocolError,
    SilenceError,
    bear_silence,
    fragments,
    release_response,
)
from viewer.network.rejections import BUSY, answer_words, rejection_words
from viewer.network.small_data_sets import MalformedDataSetError
from viewer.network.stations import Station
from viewer.network.tls_failures import tls_failure

MOST_CONTEXTS = 128
_Selector: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)
"""One that costs nothing to make: it is asked for every message."""
_LARGEST_ANSWER = 256 * 1024
_LEAST_PDU_BYTES = 128
_RELEASE_S = 5.0
_PDU = struct.Struct(">BxI")


class PassingError(NetworkError):
    """What may go better in a while: the station is busy, or the connection was lost."""


class RejectedError(NetworkError):
    """The station takes no association.

    Attributes:
        source: Of the refusal (PS3.8 Table 9-21). Likewise its reason.
    """

    def __init__(self, source: int, reason: int, *, subject: str, called: str, calling: str) -> None:
        words, advice = rejection_words(source, reason, called, calling)
        super().__init__(words, subject=subject, advice=advice)
        self.source, self.reason = source, reason


class BusyError(RejectedError, PassingError):
    """The station takes no association now."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited, in seconds.

    Attributes:
        connect_s: For the connection, TLS included.
        answer_s: For the answer to the request for an association.
        message_s: For the answer to a message: archives may take their time to keep what they were sent.
        send_s: For the peer to take what is sent.
    """

    connect_s: float = 15.0
    answer_s: float = 30.0
    message_s: float = 120.0
    send_s: float = 60.0


class RequestedAssociation:
    """An association with a station, open from its construction on; a context manager releases it.

    Args:
        station: Whom to call.
        calling_title: As whom.
        contexts: What to propose, at most 128.
        roles: Other roles than SCU, by SOP class.
        extended: Service-class-application-information by SOP class (PS3.7 D.3.3.5).
        tls: For stations that use TLS; None trusts the system's authorities.
        patience: How long to wait.
        most_pdu_bytes: The longest P-DATA-TF to send, whatever the station says that it takes; 0 for what it says.

    Attributes:
        contexts: What was accepted, by presentation context ID.
        roles: The roles that the peer agreed to for us, by SOP class.
        extended: What it answered to what was extended, by SOP class.

    Raises:
        NetworkError: If nobody answers, or the station refuses.
    """

    def __init__(
        self,
        station: Station,
        calling_title: str,
        contexts: Sequence[ProposedContext],
        *,
        roles: Mapping[str, ProposedRoles] | None = None,
        extended: Mapping[str, bytes] | None = None,
        tls: ssl.SSLContext | None = None,
        patience: Patience | None = None,
        most_pdu_bytes: int = 0,
    ) -> None:
        self.station = station
        self._calling_title = calling_title
        self.contexts: dict[int, AcceptedContext] = {}
        self.roles: dict[str, ProposedRoles] = {}
        self.extended: dict[str, bytes] = {}
        self._patience = patience or Patience()
        self._most_pdu_bytes = max(most_pdu_bytes, _LEAST_PDU_BYTES) if most_pdu_bytes else OUR_PDU_BYTES
        self._peer_pdu_bytes = min(OUR_PDU_BYTES, self._most_pdu_bytes)
        self._held: deque[Fragment] = deque()
        self._bears_silence = False
        self._is_open = False
        self._connection = connected(station, tls, self._patience.connect_s)
        try:
            request = offered(station.ae_title, calling_title, contexts, roles or {}, extended or {})
            self._associate(request, {context.context_id: context for context in contexts})
            self._stream = PduStream(
                self._connection, OUR_PDU_BYTES, self._patience.message_s, self._patience.message_s
            )
            self._is_open = True
        except OSError as error:
            self._connection.close()
            raise self._not_begun(error, tls) from error
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        if kind is None or issubclass(kind, GeneratorExit):
            self.release()
        else:
            self.abort()

    @property
    def is_open(self) -> bool:
        """Whether messages can be exchanged."""
        return self._is_open

    def send(self, context_id: int, command: bytes, data: Iterable[Piece] = ()) -> None:
        """Send a message; its data set is taken piece by piece.

        Raises:
            NetworkError: If the peer is gone, or takes nothing.
        """
        try:
            if data:  # a command alone fits what the system holds for the peer
                self._connection.settimeout(self._patience.send_s)
                self._bears_silence = False
            for parts in message_parts(context_id, command, data, self._peer_pdu_bytes):
                send_parts(self._connection, parts)
        except OSError as error:
            self._close()
            raise self._lost() from error
        except BaseException:
            # Half a message is out: nothing else can follow it.
            self.abort()
            raise

    def receive(self) -> Message:
        """Return the next message that is no C-CANCEL.

        Raises:
            NetworkError: If none comes in time, or the peer ends the association or says what it may not.
        """
        return self.receive_into(lambda _message: None)

    def receive_into(self, begin: Begin) -> Message:
        """Return the next message likewise, its data set given to a sink while it comes.

        Args:
            begin: Chooses the sink. With one, the message that is returned has no data; its end is when it is returned.

        Raises:
            NetworkError: As receive() does.
        """

        def begun(message: Message) -> DataSink | None:
            sink = begin(message)
            if sink is not None:  # it may be long: it is bounded by the patience over each PDU
                self._stream.end_message()
            return sink

        try:
            if not self._bears_silence:  # to say it for every message would take longer than many a message does
                bear_silence(self._connection, self._patience.message_s)
                self._bears_silence = True
            self._stream.begin_message(self._patience.message_s)
            while True:
                message = gathered(self._fragments(), self.contexts, begun)
                if message.number(FIELD) != C_CANCEL_RQ:
                    return message
        except (ProtocolError, MalformedDataSetError) as error:
            self.abort()
            raise self._unmannerly() from error
        except SilenceError as error:
            self.abort()
            raise PassingError(
                _("It does not answer any more"), subject=str(self.station), advice=_("Try again later")
            ) from error
        except ConnectionEndedError as error:
            self.abort()
            raise self._lost() from error
        except BaseException:
            # Nothing that follows could be told apart from what is left of this message.
            self.abort()
            raise

    def has_more(self, seconds: float) -> bool:
        """Return whether the peer says something within a time, or ends the association: then receive() tells."""
        if self._held or self._stream.holds_more:
            return True
        if isinstance(self._connection, ssl.SSLSocket) and self._connection.pending():
            return True
        with _Selector() as selector:
            selector.register(self._connection, selectors.EVENT_READ)
            return bool(selector.select(max(0.0, seconds)))

    def release(self) -> None:
        """End the association; safe to call again."""
        if not self._is_open:
            return
        with contextlib.suppress(OSError, NetworkError):
            self._connection.settimeout(_RELEASE_S)
            self._stream.begin_message(_RELEASE_S)
            self._connection.sendall(_PDU.pack(RELEASE_RQ, 4) + bytes(4))
            while True:
                kind, _field = self._stream.next()
                if kind == RELEASE_RQ:
                    self._connection.sendall(release_response())
                if kind in {RELEASE_RP, ABORT}:
                    break
        self._close()

    def abort(self) -> None:
        """Break the association off; safe to call again."""
        if self._is_open:
            with contextlib.suppress(OSError):
                self._connection.sendall(_PDU.pack(ABORT, 4) + bytes(4))
        self._close()

    def _close(self) -> None:
        self._is_open = False
        self._connection.close()

    def _lost(self) -> PassingError:
        return PassingError(_("The connection was lost"), subject=str(self.station))

    def _fragments(self) -> Iterator[Fragment]:
        while True:
            while self._held:
                yield self._held.popleft()
            kind, field = self._stream.next()
            if kind == RELEASE_RQ:
                self._connection.sendall(release_response())
            if kind != P_DATA:
                raise PassingError(_("The station broke the association off"), subject=str(self.station))
            self._held.extend(fragments(field))

    def _unmannerly(self) -> NetworkError:
        return NetworkError(_("The station does not keep to the protocol"), subject=str(self.station))

    def _associate(self, request: bytes, proposed: Mapping[int, ProposedContext]) -> None:
        self._connection.settimeout(self._patience.answer_s)
        self._connection.sendall(request)
        deadline = time.monotonic() + self._patience.answer_s
        head = self._exactly(HEADER_BYTES, deadline)
        kind, length = _PDU.unpack(head)
        if kind not in {ASSOCIATE_AC, ASSOCIATE_RJ} or length > _LARGEST_ANSWER:
            words, advice = answer_words(head)
            kind_of_failure = PassingError if kind == ABORT else NetworkError
            raise kind_of_failure(words, subject=str(self.station), advice=advice)
        body = self._exactly(length, deadline)
        if kind == ASSOCIATE_RJ:
            source, reason = (body[2], body[3]) if len(body) == 4 else (0, 0)
            kind_of_error = BusyError if (source, reason) in BUSY else RejectedError
            raise kind_of_error(
                source, reason, subject=str(self.station), called=self.station.ae_title, calling=self._calling_title
            )
        try:
            answer = read_answer(body, proposed)
        except MalformedRequestError:
            raise self._unmannerly() from None
        self.contexts, self.roles, self.extended = answer.contexts, answer.roles, answer.extended
        self._peer_pdu_bytes = min(answer.most_pdu_bytes or OUR_PDU_BYTES, OUR_PDU_BYTES, self._most_pdu_bytes)

    def _not_begun(self, error: OSError, tls: ssl.SSLContext | None) -> NetworkError:
        if isinstance(error, TimeoutError):
            words, advice = _("It took the connection, but does not answer"), _("Check the port; it may want TLS there")
            return PassingError(words, subject=str(self.station), advice=advice)
        if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
            # TLS 1.3 tells only now that our certificate is not liked, or missing.
            return tls_failure(error, tls, (self.station.host, self.station.port), str(self.station))
        return self._lost()

    def _exactly(self, count: int, deadline: float) -> bytes:
        data = bytearray()
        while len(data) < count:
            if time.monotonic() > deadline:
                raise NetworkError(_("Nobody answers there"), subject=str(self.station))
            piece = self._connection.recv(count - len(data))
            if not piece:
                raise self._lost()
            data += piece
        return bytes(data)
