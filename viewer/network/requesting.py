"""Associations that we ask for: connecting, proposing contexts, messages out and in, with a deadline on every wait."""

import contextlib
import selectors
import ssl
import struct
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from viewer.base.errors import NetworkError
from viewer.base.translation import N_, _
from viewer.network.association_offer import OUR_PDU_BYTES, offered
from viewer.network.association_request import (
    FIXED_BYTES,
    HEADER_BYTES,
    MAXIMUM_LENGTH,
    ROLE_SELECTION,
    TRANSFER_SYNTAX,
    USER_INFORMATION,
    ProposedContext,
    ProposedRoles,
)
from viewer.network.connecting import connected
from viewer.network.message_pdus import message_pdus
from viewer.network.messages import C_CANCEL_RQ, DATA_SET_TYPE, Message, read_command
from viewer.network.negotiation import AcceptedContext
from viewer.network.pdu_stream import (
    ABORT,
    ASSOCIATE_AC,
    ASSOCIATE_RJ,
    COMMAND_BIT,
    LAST_BIT,
    P_DATA,
    RELEASE_RP,
    RELEASE_RQ,
    PduStream,
    fragments,
    release_response,
)
from viewer.network.small_data_sets import LARGEST
from viewer.network.stations import Station

MOST_CONTEXTS = 128
_ANSWERED_CONTEXT = 0x21
_LARGEST_ANSWER = 256 * 1024
_LEAST_PDU_BYTES = 128
_RELEASE_S = 5.0
_NO_DATA_SET = 0x0101
_PDU = struct.Struct(">BxI")
_BUSY = N_("It is too busy now")
_REFUSALS: Mapping[tuple[int, int], str] = {
    (1, 3): N_("It does not know this station's AE title"),
    (1, 7): N_("It has another AE title than the one it was called by"),
    (3, 1): _BUSY,
    (3, 2): _BUSY,
}
"""By source and reason of an A-ASSOCIATE-RJ (PS3.8 Table 9-21)."""


class PassingError(NetworkError):
    """What may go better in a while: the station is busy, or the connection was lost."""


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
        tls: For stations that use TLS; None trusts the system's authorities.
        patience: How long to wait.
        most_pdu_bytes: The longest P-DATA-TF to send, whatever the station says that it takes; 0 for what it says.

    Attributes:
        contexts: What was accepted, by presentation context ID.
        roles: The roles that the peer agreed to for us, by SOP class.

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
        tls: ssl.SSLContext | None = None,
        patience: Patience | None = None,
        most_pdu_bytes: int = 0,
    ) -> None:
        self.station = station
        self.contexts: dict[int, AcceptedContext] = {}
        self.roles: dict[str, ProposedRoles] = {}
        self._patience = patience or Patience()
        self._most_pdu_bytes = max(most_pdu_bytes, _LEAST_PDU_BYTES) if most_pdu_bytes else OUR_PDU_BYTES
        self._peer_pdu_bytes = min(OUR_PDU_BYTES, self._most_pdu_bytes)
        self._is_open = False
        self._connection = connected(station, tls, self._patience.connect_s)
        try:
            self._associate(calling_title, contexts, roles or {})
            self._stream = PduStream(
                self._connection, OUR_PDU_BYTES, self._patience.message_s, self._patience.message_s
            )
            self._is_open = True
        except OSError as error:
            self._connection.close()
            raise self._lost() from error
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

    def send(self, context_id: int, command: bytes, data: Iterable[bytes] = ()) -> None:
        """Send a message; its data set is taken piece by piece.

        Raises:
            NetworkError: If the peer is gone, or takes nothing.
        """
        try:
            self._connection.settimeout(self._patience.send_s)
            for chunk in message_pdus(context_id, command, data, self._peer_pdu_bytes):
                self._connection.sendall(chunk)
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
        try:
            self._connection.settimeout(self._patience.message_s)
            self._stream.begin_message(self._patience.message_s)
            while True:
                message = self._message()
                if message.number(0x0100) != C_CANCEL_RQ:
                    return message
        except NetworkError:
            self.abort()
            raise

    def has_more(self, seconds: float) -> bool:
        """Return whether the peer says something within a time, or ends the association: then receive() tells."""
        if self._stream.holds_more or (isinstance(self._connection, ssl.SSLSocket) and self._connection.pending()):
            return True
        with selectors.DefaultSelector() as selector:
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

    def _message(self) -> Message:
        command, data = bytearray(), bytearray()
        context_id = 0
        values: dict[int, bytes] | None = None
        while True:
            kind, field = self._stream.next()
            if kind == RELEASE_RQ:
                self._connection.sendall(release_response())
            if kind != P_DATA:
                raise PassingError(_("The station broke the association off"), subject=str(self.station))
            for number, control, fragment in fragments(field):
                context_id = number
                part = command if control & COMMAND_BIT else data
                part += fragment
                if len(command) + len(data) > LARGEST or number not in self.contexts:
                    raise NetworkError(_("The station does not keep to the protocol"), subject=str(self.station))
                if control & COMMAND_BIT and control & LAST_BIT:
                    values = read_command(bytes(command))
                is_last_of_data = control & LAST_BIT and not control & COMMAND_BIT
                if values is not None and (is_last_of_data or _has_no_data(values)):
                    return Message(context_id, values, bytes(data))

    def _associate(
        self, calling_title: str, contexts: Sequence[ProposedContext], roles: Mapping[str, ProposedRoles]
    ) -> None:
        self._connection.settimeout(self._patience.answer_s)
        self._connection.sendall(offered(self.station.ae_title, calling_title, contexts, roles))
        deadline = time.monotonic() + self._patience.answer_s
        kind, length = _PDU.unpack(self._exactly(HEADER_BYTES, deadline))
        if kind not in {ASSOCIATE_AC, ASSOCIATE_RJ} or length > _LARGEST_ANSWER:
            raise NetworkError(_("What answers there is no DICOM station"), subject=str(self.station))
        body = self._exactly(length, deadline)
        if kind == ASSOCIATE_RJ:
            reason = _REFUSALS.get((body[2], body[3])) if len(body) == 4 else None
            if reason == _BUSY:
                raise PassingError(_(_BUSY), subject=str(self.station))
            raise NetworkError(
                _(reason) if reason else _("It refuses to talk"),
                subject=str(self.station),
                advice=_("Have this station's title and address entered there"),
            )
        self._take_answer(body, {context.context_id: context for context in contexts})

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

    def _take_answer(self, body: bytes, proposed: Mapping[int, ProposedContext]) -> None:
        for kind, value in self._items(body[FIXED_BYTES - HEADER_BYTES :]):
            if kind == _ANSWERED_CONTEXT and len(value) >= 4 and value[2] == 0 and value[0] in proposed:
                syntaxes = [text for sub, text in self._items(value[4:]) if sub == TRANSFER_SYNTAX]
                syntax = syntaxes[0].decode("ascii", "replace").strip("\0 ") if syntaxes else ""
                if syntax in proposed[value[0]].transfer_syntaxes:
                    self.contexts[value[0]] = AcceptedContext(proposed[value[0]].abstract_syntax, syntax)
            elif kind == USER_INFORMATION:
                self._take_user_information(value)

    def _take_user_information(self, value: bytes) -> None:
        for kind, body in self._items(value):
            if kind == MAXIMUM_LENGTH and len(body) == 4:
                largest = int.from_bytes(body, "big") or OUR_PDU_BYTES
                if largest < _LEAST_PDU_BYTES:
                    raise NetworkError(_("The station does not keep to the protocol"), subject=str(self.station))
                self._peer_pdu_bytes = min(largest, OUR_PDU_BYTES, self._most_pdu_bytes)
            elif kind == ROLE_SELECTION and len(body) >= 4:
                uid = body[2:-2].decode("ascii", "replace").strip("\0 ")
                self.roles[uid] = ProposedRoles(body[-2] == 1, body[-1] == 1)

    def _items(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        at = 0
        while at < len(data):
            if at + 4 > len(data):
                raise NetworkError(_("The station does not keep to the protocol"), subject=str(self.station))
            kind, length = struct.unpack_from(">BxH", data, at)
            yield kind, data[at + 4 : at + 4 + length]
            at += 4 + length


def _has_no_data(values: Mapping[int, bytes]) -> bool:
    return int.from_bytes(values.get(DATA_SET_TYPE, b"\1\1"), "little") == _NO_DATA_SET
