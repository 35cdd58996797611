"""Messages cut into P-DATA PDUs (PS3.8 9.3.5, PS3.7 6.3.1), gathered so that few calls carry many."""

import socket
import ssl
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from viewer.network.pdu_stream import COMMAND_BIT, LAST_BIT, P_DATA

Piece: TypeAlias = bytes | bytearray | memoryview

_HEADERS = struct.Struct(">BxIIBB")
"""Of a P-DATA-TF PDU and of the one fragment in it."""
_PDV_BYTES = 6
_AT_ONCE = 256 * 1024
_MOST_GATHERED = 512
"""Of what one call may gather; systems bear 1,024."""


def message_pdus(context_id: int, command: bytes, data: Iterable[Piece], largest: int) -> Iterator[bytes]:
    """Yield the bytes of a message, as message_parts() does."""
    for parts in message_parts(context_id, command, data, largest):
        yield b"".join(parts)


def message_parts(context_id: int, command: bytes, data: Iterable[Piece], largest: int) -> Iterator[list[Piece]]:
    """Yield the parts of a message to be sent together: its command set, and its data set, as it is given.

    Args:
        context_id: Presentation context.
        command: Whole.
        data: Pieces of the data set, each good until the parts that hold it are sent; none when it has none.
        largest: The longest P-DATA-TF that the peer takes.
    """
    room = (largest - _PDV_BYTES) & ~1  # fragments are of even length (PS3.8 E.2)
    parts: list[Piece] = []
    size = 0
    pieces_by_kind: tuple[tuple[int, Iterable[Piece]], ...] = ((COMMAND_BIT, (command,)), (0, data))
    for bit, pieces in pieces_by_kind:
        of_full = _HEADERS.pack(P_DATA, room + _PDV_BYTES, room + 2, context_id, bit)
        for piece, is_last in _fragments(pieces, room):
            length = len(piece)
            if is_last or length != room:
                control = bit | (LAST_BIT if is_last else 0)
                parts.append(_HEADERS.pack(P_DATA, length + _PDV_BYTES, length + 2, context_id, control))
            else:
                parts.append(of_full)
            parts.append(piece)
            size += length
            if size >= _AT_ONCE:
                yield parts
                parts, size = [], 0
    if parts:
        yield parts


def _fragments(pieces: Iterable[Piece], room: int) -> Iterator[tuple[Piece, bool]]:
    """Yield fragments, and whether each is the last."""
    if isinstance(pieces, tuple) and len(pieces) == 1 and len(pieces[0]) % 2 == 0:  # most are one whole data set
        view = memoryview(pieces[0])
        last = len(view) - room
        return ((view[start : start + room], start >= last) for start in range(0, len(view), room))
    return _with_last(filled(pieces, room))


def filled(pieces: Iterable[Piece], room: int) -> Iterator[Piece]:
    """Yield the same bytes in pieces of just that length; the last gets a zero byte if it is odd (PS3.5 A.5)."""
    held = bytearray()
    for piece in pieces:
        view = memoryview(piece)
        if held:
            missing = room - len(held)
            held += view[:missing]
            view = view[missing:]
            if len(held) < room:
                continue
            yield held
        while len(view) >= room:
            yield view[:room]
            view = view[room:]
        held = bytearray(view)
    if held:
        yield held + b"\0" * (len(held) % 2)


def _with_last(pieces: Iterable[Piece]) -> Iterator[tuple[Piece, bool]]:
    iterator = iter(pieces)
    current = next(iterator, None)
    while current is not None:
        following = next(iterator, None)
        yield current, following is None
        current = following


def send_parts(connection: socket.socket, parts: Sequence[Piece]) -> None:
    """Send parts of a message, as few calls as there can be and without a copy where the system lets them be gathered.

    Raises:
        OSError: If they cannot be.
    """
    if isinstance(connection, ssl.SSLSocket) or not hasattr(connection, "sendmsg"):
        connection.sendall(b"".join(parts))
        return
    for start in range(0, len(parts), _MOST_GATHERED):
        some = parts[start : start + _MOST_GATHERED]
        sent = connection.sendmsg(some)
        if sent < sum(map(len, some)):  # a signal or a slow peer: the rest goes as it always goes
            connection.sendall(memoryview(b"".join(some))[sent:])
