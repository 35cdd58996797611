"""Puts messages together from fragments (PS3.7 6.3.1, PS3.8 E.2), for associations that speak other services."""

from collections.abc import Mapping

from viewer.base.errors import NetworkError
from viewer.network import dimse_commands as dimse
from viewer.network.messages import Message, read_command
from viewer.network.negotiation import Negotiated
from viewer.network.pdu_stream import COMMAND_BIT, INVALID_PARAMETER, LAST_BIT, ProtocolError
from viewer.network.storage_branch import StorageBranch, p_data

_STORED_OR_ECHOED = frozenset({dimse.C_STORE_RQ, dimse.C_ECHO_RQ})


class IncomingMessages:
    """The message that is coming in; what is to be stored or echoed is passed on as it comes.

    Args:
        branch: Where that goes.
        negotiated: What was agreed on.
        most_bytes: Of the data set of any other message.
    """

    def __init__(self, branch: StorageBranch, negotiated: Negotiated, most_bytes: int) -> None:
        self._branch, self._most_bytes = branch, most_bytes
        self._context_ids = negotiated.contexts.keys() | negotiated.fetching.keys()
        self._context_id = 0
        self._command = bytearray()
        self._data = bytearray()
        self._values: Mapping[int, bytes] | None = None
        self._is_stored = False

    @property
    def is_in_message(self) -> bool:
        """Whether more fragments must come."""
        return self._context_id != 0

    def take(self, context_id: int, control: int, piece: memoryview) -> tuple[Message | None, list[bytes]]:
        """Take the next fragment; return the message that it ended, or PDUs that answer it.

        Raises:
            ProtocolError: If it does not belong here.
        """
        if context_id not in self._context_ids or self._context_id not in {0, context_id}:
            raise ProtocolError(INVALID_PARAMETER, "a fragment of another presentation context")
        if bool(control & COMMAND_BIT) is (self._values is not None):
            raise ProtocolError(INVALID_PARAMETER, "a command set and a data set come in no order")
        self._context_id = context_id
        is_last = bool(control & LAST_BIT)
        if self._values is None:
            return self._take_command(piece, is_last=is_last)
        if self._is_stored:
            self._branch.pass_on(p_data(context_id, control, piece))
            return (None, self._stored()) if is_last else (None, [])
        self._data += piece
        if len(self._data) > self._most_bytes:
            raise ProtocolError(INVALID_PARAMETER, "a message is too long")
        return (self._message(), []) if is_last else (None, [])

    def _take_command(self, piece: memoryview, *, is_last: bool) -> tuple[Message | None, list[bytes]]:
        self._command += piece
        if len(self._command) > dimse.LARGEST_COMMAND:
            raise ProtocolError(INVALID_PARAMETER, "a command set is too long")
        if not is_last:
            return None, []
        raw = bytes(self._command)
        try:
            command, self._values = dimse.parse_command(raw), read_command(raw)
        except NetworkError as error:
            raise ProtocolError(INVALID_PARAMETER, str(error)) from error
        if command.field in _STORED_OR_ECHOED:
            if not self._branch.serves(self._context_id):
                raise ProtocolError(INVALID_PARAMETER, "a request on a presentation context of another service")
            self._is_stored = True
            self._branch.pass_on(p_data(self._context_id, COMMAND_BIT | LAST_BIT, raw))
            return (None, []) if command.has_data_set else (None, self._stored())
        return (None, []) if command.has_data_set else (self._message(), [])

    def _stored(self) -> list[bytes]:
        self._clear()
        return self._branch.answers()

    def _message(self) -> Message:
        message = Message(self._context_id, dict(self._values or {}), bytes(self._data))
        self._clear()
        return message

    def _clear(self) -> None:
        self._context_id, self._values, self._is_stored = 0, None, False
        self._command.clear()
        self._data.clear()
