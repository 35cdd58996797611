"""A message put together from fragments (PS3.7 6.3.1, PS3.8 E.2) on an association of ours; long ones go elsewhere."""

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Protocol, TypeAlias

from viewer.network.messages import DATA_SET_TYPE, Message, read_command
from viewer.network.pdu_stream import COMMAND_BIT, INVALID_PARAMETER, LAST_BIT, ProtocolError
from viewer.network.small_data_sets import LARGEST

Fragment: TypeAlias = tuple[int, int, memoryview]
"""Presentation context ID, message control header, bytes."""
_NO_DATA_SET = 0x0101


class DataSink(Protocol):
    """Where the data set of one message goes, as it comes."""

    def write(self, piece: memoryview) -> object:
        """Take the next piece; it is only good until the call ends. What it raises breaks the association off."""


Begin: TypeAlias = Callable[[Message], DataSink | None]
"""Asked with a message whose data set has yet to come: where that goes; None to have it in the message."""


def gathered(incoming: Iterable[Fragment], context_ids: Container[int], begin: Begin) -> Message:
    """Return the next message; one whose data set went into a sink has no data.

    Raises:
        ProtocolError: If the fragments belong to no message, or to one that is too long.
        NetworkError: If they have no command set.
    """
    command, data = bytearray(), bytearray()
    begun: Message | None = None
    sink: DataSink | None = None
    for context_id, control, fragment in incoming:
        is_command, is_last = bool(control & COMMAND_BIT), bool(control & LAST_BIT)
        is_in_order = is_command is (begun is None) and (begun is None or begun.context_id == context_id)
        if context_id not in context_ids or not is_in_order:
            raise ProtocolError(INVALID_PARAMETER, "a fragment that belongs to no message")
        if sink is not None:
            sink.write(fragment)
        else:
            (command if is_command else data).extend(fragment)
            if len(command) + len(data) > LARGEST:
                raise ProtocolError(INVALID_PARAMETER, "a message is too long")
        if not is_last:
            continue
        if begun is not None:
            return Message(context_id, begun.command, bytes(data))
        begun = Message(context_id, read_command(bytes(command)))
        if _has_no_data(begun.command):
            return begun
        sink = begin(begun)
    raise ProtocolError(INVALID_PARAMETER, "a message is cut off")


def _has_no_data(command: Mapping[int, bytes]) -> bool:
    return int.from_bytes(command.get(DATA_SET_TYPE, b"\1\1"), "little") == _NO_DATA_SET
