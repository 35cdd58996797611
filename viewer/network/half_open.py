"""Connections that have not said yet what they want: a TLS handshake, then one A-ASSOCIATE-RQ, a few bytes at a time.

Nothing here ever waits. A connection costs its socket and what it has really sent, at most one request; what it claims
to be going to send costs nothing.
"""

import contextlib
import enum
import hashlib
import socket
import ssl
import struct
from dataclasses import dataclass, field

from viewer.network.association_request import ASSOCIATE_RQ, HEADER_BYTES
from viewer.network.negotiation import INVALID_PARAMETER, UNRECOGNISED_PDU, Refusal

_PIECE = 16384
_MOST_DISCARDED = 256 * 1024


class Wish(enum.Enum):
    """What a connection waits for."""

    READ = enum.auto()
    WRITE = enum.auto()
    REQUEST_IS_THERE = enum.auto()
    END = enum.auto()


class Stage(enum.Enum):
    """How far it has come."""

    HANDSHAKE = enum.auto()
    REQUEST = enum.auto()
    PARTING = enum.auto()
    """It was refused; what it still sends is read and dropped, or the system would take our answer back (RFC 1122)."""


class RefusedConnectionError(Exception):
    """The connection is not wanted any more.

    Attributes:
        refusal: What to send and why.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


@dataclass(slots=True, eq=False)
class HalfOpen:
    """One such connection.

    Attributes:
        connection: Not blocking; an ssl.SSLSocket where TLS is spoken.
        deadline: In time.monotonic(), for the whole of it.
        is_stranger: Whether it comes from an address that nobody may call from.
        received: Of its request.
    """

    connection: socket.socket
    address: str
    deadline: float
    is_stranger: bool = False
    stage: Stage = Stage.REQUEST
    received: bytearray = field(default_factory=bytearray)
    discarded: int = 0

    def go_on(self, largest_request: int) -> Wish:
        """Do what can be done now.

        Raises:
            RefusedConnectionError: If it says what no caller should.
        """
        try:
            if self.stage is Stage.HANDSHAKE:
                self._shake_hands()
            return self._discard() if self.stage is Stage.PARTING else self._receive(largest_request)
        except (ssl.SSLWantReadError, BlockingIOError, InterruptedError):
            return Wish.READ
        except ssl.SSLWantWriteError:
            return Wish.WRITE
        except ssl.SSLError as error:
            reason = f"TLS: {(error.reason or type(error).__name__).lower().replace('_', ' ')}"
            raise RefusedConnectionError(Refusal(b"", reason)) from None
        except OSError:
            return Wish.END

    def part(self, refusal: Refusal, deadline: float) -> None:
        """Say no, and that nothing more will be said."""
        self.stage, self.deadline = Stage.PARTING, deadline
        self.received.clear()
        try:
            if refusal.pdu:
                self.connection.send(refusal.pdu)  # a few bytes onto a connection that carried none: they fit
            if isinstance(self.connection, ssl.SSLSocket):
                self.connection.unwrap()
        except OSError:
            pass
        end_sending(self.connection)

    def certificate(self) -> str:
        """Return the SHA-256 of the caller's certificate; empty without one."""
        if not isinstance(self.connection, ssl.SSLSocket):
            return ""
        encoded = self.connection.getpeercert(binary_form=True)
        return hashlib.sha256(encoded).hexdigest() if encoded else ""

    def _shake_hands(self) -> None:
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.do_handshake()
        self.stage = Stage.REQUEST

    def _receive(self, largest: int) -> Wish:
        # Never a byte more than the request: what follows is for who serves the association.
        while (missing := self._missing(largest)) > 0:
            piece = self.connection.recv(min(missing, _PIECE))
            if not piece:
                return Wish.END
            self.received += piece
        return Wish.REQUEST_IS_THERE

    def _missing(self, largest: int) -> int:
        if self.received and self.received[0] != ASSOCIATE_RQ:
            raise RefusedConnectionError(UNRECOGNISED_PDU)
        if len(self.received) < HEADER_BYTES:
            return HEADER_BYTES - len(self.received)
        (length,) = struct.unpack_from(">I", self.received, 2)
        if length > largest:
            raise RefusedConnectionError(INVALID_PARAMETER)
        return HEADER_BYTES + int(length) - len(self.received)

    def _discard(self) -> Wish:
        while piece := socket.socket.recv(self.connection, _PIECE):  # under TLS too, as it comes
            self.discarded += len(piece)
            if self.discarded > _MOST_DISCARDED:
                break
        return Wish.END


def end_sending(connection: socket.socket) -> None:
    """Say that nothing more comes. Under TLS too it is the TCP connection that is meant."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_WR)
