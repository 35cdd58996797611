"""PDUs off a connection, without a copy and in few calls, and PDUs onto it (PS3.8 9.3)."""

import socket
import ssl
import struct
import sys
import time

from viewer.base.errors import NetworkError

ASSOCIATE_RQ, ASSOCIATE_AC, ASSOCIATE_RJ, P_DATA, RELEASE_RQ, RELEASE_RP, ABORT = range(1, 8)
NO_REASON, UNRECOGNIZED_PDU, UNEXPECTED_PDU, INVALID_PARAMETER = 0, 1, 2, 6
"""Reasons of an A-ABORT by the service provider (PS3.8 Table 9-26)."""

_HEADER = struct.Struct(">BxI")
_PDV = struct.Struct(">IBB")
COMMAND_BIT, LAST_BIT = 1, 2
"""Of a Message Control Header (PS3.8 E.2)."""
_FIXED_BYTES = 4
"""What all but the association PDUs and P-DATA hold."""
_LEAST_BUFFER = 1 << 18


class ProtocolError(NetworkError):
    """A peer that does not keep to the protocol: the association is aborted.

    Attributes:
        reason: Of the A-ABORT.
    """

    def __init__(self, reason: int, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ConnectionEndedError(NetworkError):
    """The connection ended or failed: nobody is there to be told."""


class SilenceError(ConnectionEndedError):
    """The peer has said nothing, or nothing whole, for too long; the connection is still there."""


class PduStream:
    """The PDUs of one connection.

    Args:
        connection: Blocking, plain or TLS.
        largest: Greatest length of a P-DATA PDU that the peer may send, as it was told.
        silence_s: How long the peer may say nothing, and take nothing.
        pdu_s: How long it may be over one PDU.
    """

    def __init__(self, connection: socket.socket, largest: int, silence_s: float, pdu_s: float) -> None:
        self._connection = connection
        self._largest = largest
        self._view = memoryview(bytearray(max(_LEAST_BUFFER, 2 * (largest + _HEADER.size))))
        self._start = self._end = 0
        self._pdu_s = pdu_s
        self._deadline: float | None = None
        self._can_hurry = hasattr(socket, "TCP_QUICKACK") and connection.family in {socket.AF_INET, socket.AF_INET6}
        bear_silence(connection, silence_s)

    @property
    def holds_more(self) -> bool:
        """Whether bytes of the next PDU are here already: the connection need not be readable then."""
        return self._end > self._start

    def begin_message(self, seconds: float) -> None:
        """Note that a message has begun, and how long the peer may be over it."""
        self._deadline = time.monotonic() + seconds

    def end_message(self) -> None:
        """Note that a message is whole: the next one may begin as late as silence lets it."""
        self._deadline = None

    def next(self) -> tuple[int, memoryview]:
        """Return the next PDU's type and its variable field, which is good until the next call.

        Raises:
            ProtocolError: If it is too long, or no PDU.
            ConnectionEndedError: If the connection ended, or the time is over.
        """
        self._need(_HEADER.size)
        kind, length = _HEADER.unpack_from(self._view, self._start)
        if not ASSOCIATE_RQ <= kind <= ABORT:
            raise ProtocolError(UNRECOGNIZED_PDU, "no PDU has that type")
        if kind < P_DATA:
            raise ProtocolError(UNEXPECTED_PDU, "this PDU is not for an association that is there")
        if length > (self._largest if kind == P_DATA else _FIXED_BYTES):
            raise ProtocolError(INVALID_PARAMETER, "a PDU is longer than was agreed")
        self._need(_HEADER.size + length)
        first = self._start + _HEADER.size
        self._start = first + length
        return kind, self._view[first : self._start]

    def send(self, data: bytes) -> None:
        """Send bytes.

        Raises:
            ConnectionEndedError: If the peer is gone or takes nothing.
        """
        try:
            self._connection.sendall(data)
        except OSError as error:
            raise ConnectionEndedError("the connection failed") from error

    def _need(self, count: int) -> None:
        """See that so many bytes are there from the start on; take as many more as have come."""
        if self._end - self._start >= count:
            return
        if self._start == self._end:
            self._start = self._end = 0
        elif len(self._view) - self._start < count:
            left = self._end - self._start
            self._view[:left] = bytes(self._view[self._start : self._end])
            self._start, self._end = 0, left
        pdu_deadline = time.monotonic() + self._pdu_s if self._end > self._start else None
        while self._end - self._start < count:
            self._take()
            now = time.monotonic()
            if pdu_deadline is None:
                pdu_deadline = now + self._pdu_s
            if now > pdu_deadline or (self._deadline is not None and now > self._deadline):
                raise SilenceError("the peer takes too long")

    def _take(self) -> None:
        try:
            if self._can_hurry:
                # Most senders keep their last small packet back until what went before is acknowledged: it must not
                # wait for the system's leisure. The system forgets this with every exchange.
                self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            taken = self._connection.recv_into(self._view[self._end :])
        except OSError as error:
            if isinstance(error, TimeoutError | BlockingIOError):
                raise SilenceError("the peer says nothing") from error
            raise ConnectionEndedError("the connection failed") from error
        if not taken:
            raise ConnectionEndedError("the peer has gone")
        self._end += taken


def bear_silence(connection: socket.socket, seconds: float) -> None:
    """Have calls that wait for the peer fail after so many seconds.

    Where the system itself can do that it costs nothing; Python's own way asks it twice for each piece, and TLS needs
    Python's way.
    """
    if sys.platform == "win32" or isinstance(connection, ssl.SSLSocket):
        connection.settimeout(seconds)
        return
    connection.settimeout(None)
    whole = int(seconds)
    interval = struct.pack("ll", whole, int((seconds - whole) * 1_000_000))
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        connection.setsockopt(socket.SOL_SOCKET, option, interval)


def release_response() -> bytes:
    """Return an A-RELEASE-RP."""
    return _HEADER.pack(RELEASE_RP, _FIXED_BYTES) + bytes(_FIXED_BYTES)


def command_pdus(context_id: int, command: bytes, largest: int) -> bytes:
    """Return the P-DATA PDUs of a command set, none longer than the peer takes."""
    room = (largest - _PDV.size) & ~1  # fragments are of even length (PS3.8 E.2)
    pdus = []
    for first in range(0, len(command), room):
        piece = command[first : first + room]
        is_last = first + room >= len(command)
        pdus.append(_HEADER.pack(P_DATA, len(piece) + _PDV.size))
        pdus.append(_PDV.pack(len(piece) + 2, context_id, COMMAND_BIT | (LAST_BIT if is_last else 0)))
        pdus.append(piece)
    return b"".join(pdus)


def fragments(field: memoryview) -> list[tuple[int, int, memoryview]]:
    """Return the PDVs of a P-DATA PDU: context, message control header, fragment.

    Raises:
        ProtocolError: If they do not fill it exactly.
    """
    found = []
    position, end = 0, len(field)
    while position < end:
        if end - position < _PDV.size:
            raise ProtocolError(INVALID_PARAMETER, "a PDV is cut off")
        length, context_id, control = _PDV.unpack_from(field, position)
        last = position + 4 + length
        if length < 2 or last > end:
            raise ProtocolError(INVALID_PARAMETER, "a PDV does not fit its PDU")
        found.append((context_id, control, field[position + _PDV.size : last]))
        position = last
    if not found:
        raise ProtocolError(INVALID_PARAMETER, "a P-DATA PDU holds nothing")
    return found
