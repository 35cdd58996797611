"""Small data sets go on in one piece, large ones as they come; nothing of either is lost or changed."""

import pytest

from viewer.network.held_sink import MOST_HELD, HeldSink
from viewer.network.ports import Became, StoreAnswer


class Sink:
    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.is_finished = self.is_abandoned = False

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        self.pieces.append(bytes(piece))

    def finish(self) -> StoreAnswer:
        self.is_finished = True
        return StoreAnswer(Became.STORED)

    def abandon(self) -> None:
        self.is_abandoned = True


@pytest.mark.parametrize("size", [0, 1, 1000, MOST_HELD, MOST_HELD + 1, 3 * MOST_HELD])
def test_everything_arrives_in_order(size: int) -> None:
    sink = Sink()
    held = HeldSink(sink)
    data = bytes(range(251)) * (size // 251 + 1)
    data = data[:size]
    for first in range(0, size, 100_000):
        held.write(memoryview(data)[first : first + 100_000])
    assert held.finish() == StoreAnswer(Became.STORED)
    assert b"".join(sink.pieces) == data
    assert sink.is_finished
    assert len(sink.pieces) <= (1 if size <= MOST_HELD else 1 + size // 100_000)
    assert max(map(len, sink.pieces), default=0) <= MOST_HELD + 100_000


def test_what_is_given_up_goes_nowhere() -> None:
    sink = Sink()
    held = HeldSink(sink)
    held.write(b"abc")
    held.abandon()
    assert (sink.pieces, sink.is_abandoned, sink.is_finished) == ([], True, False)
