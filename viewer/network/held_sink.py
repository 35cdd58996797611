"""A sink that holds small data sets until they are whole, so that who receives has nothing to do with the disk.

Beside threads that keep, each call of the system costs the one that receives a turn of waiting: a small data set goes
to its keeper in one piece, on the thread that keeps it. Of a larger one no more is held than that.
"""

from viewer.network.ports import InstanceSink, StoreAnswer

MOST_HELD = 1 << 20


class HeldSink:
    """An InstanceSink before another one.

    Args:
        sink: Takes the data set in the end.
    """

    __slots__ = ("_held", "_sink")

    def __init__(self, sink: InstanceSink) -> None:
        self._sink = sink
        self._held: bytearray | None = bytearray()

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        """Take the next piece."""
        if self._held is None:
            self._sink.write(piece)
            return
        self._held += piece
        if len(self._held) > MOST_HELD:
            self._pass_on()

    def finish(self) -> StoreAnswer:
        """Return when it is kept; may be called on another thread than write was."""
        self._pass_on()
        return self._sink.finish()

    def abandon(self) -> None:
        """Give it up."""
        self._held = None
        self._sink.abandon()

    def _pass_on(self) -> None:
        held, self._held = self._held, None
        if held:
            self._sink.write(held)
