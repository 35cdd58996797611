"""Messages cut into P-DATA PDUs (PS3.8 9.3.5, PS3.7 6.3.1), gathered so that few calls carry many."""

import struct
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from viewer.network.pdu_stream import COMMAND_BIT, LAST_BIT, P_DATA

Piece: TypeAlias = bytes | bytearray | memoryview

_PDU, _PDV = struct.Struct(">BxI"), struct.Struct(">IBB")
_AT_ONCE = 256 * 1024


def message_pdus(context_id: int, command: bytes, data: Iterable[Piece], largest: int) -> Iterator[bytes]:
    """Yield the bytes of a message: its command set, and its data set as it is given, piece by piece.

    Args:
        context_id: Presentation context.
        command: Whole.
        data: Pieces of the data set; none when it has none.
        largest: The longest P-DATA-TF that the peer takes.
    """
    room = (largest - _PDV.size) & ~1  # fragments are of even length (PS3.8 E.2)
    parts: list[Piece] = []
    size = 0
    parts_of_message: tuple[tuple[int, Iterable[Piece]], ...] = ((COMMAND_BIT, (command,)), (0, data))
    for bit, pieces in parts_of_message:
        for piece, is_last in _with_last(filled(pieces, room)):
            control = bit | (LAST_BIT if is_last else 0)
            parts += (_PDU.pack(P_DATA, len(piece) + _PDV.size), _PDV.pack(len(piece) + 2, context_id, control), piece)
            size += len(piece)
            if size >= _AT_ONCE:
                yield b"".join(parts)
                parts, size = [], 0
    if parts:
        yield b"".join(parts)


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
