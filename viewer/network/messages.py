"""DIMSE messages as values, and their command sets (PS3.7 9.3, 10.3, E.1), for services beside storage."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from viewer.network.message_pdus import Piece
from viewer.network.negotiation import AcceptedContext
from viewer.network.ports import Caller
from viewer.network.small_data_sets import read_data_set, text_of, write_data_set

C_STORE_RQ, C_GET_RQ, C_FIND_RQ, C_MOVE_RQ, C_CANCEL_RQ = 0x0001, 0x0010, 0x0020, 0x0021, 0x0FFF
N_EVENT_REPORT_RQ, N_ACTION_RQ = 0x0100, 0x0130
RESPONSE = 0x8000

GROUP_LENGTH = 0x00000000
AFFECTED_CLASS, REQUESTED_CLASS, FIELD, MESSAGE_ID, RESPONDED_TO = 0x02, 0x03, 0x0100, 0x0110, 0x0120
MOVE_DESTINATION, PRIORITY, DATA_SET_TYPE, STATUS, COMMENT = 0x0600, 0x0700, 0x0800, 0x0900, 0x0902
AFFECTED_INSTANCE, REQUESTED_INSTANCE, EVENT_TYPE, ACTION_TYPE = 0x1000, 0x1001, 0x1002, 0x1008
REMAINING, COMPLETED, FAILED, WARNED, ORIGINATOR_TITLE, ORIGINATOR_ID = 0x1020, 0x1021, 0x1022, 0x1023, 0x1030, 0x1031
"""Elements of group 0000."""
_ELEMENTS = {
    "affected_class": AFFECTED_CLASS,
    "requested_class": REQUESTED_CLASS,
    "message_id": MESSAGE_ID,
    "responded_to": RESPONDED_TO,
    "move_destination": MOVE_DESTINATION,
    "priority": PRIORITY,
    "status": STATUS,
    "comment": COMMENT,
    "affected_instance": AFFECTED_INSTANCE,
    "requested_instance": REQUESTED_INSTANCE,
    "event_type": EVENT_TYPE,
    "action_type": ACTION_TYPE,
    "remaining": REMAINING,
    "completed": COMPLETED,
    "failed": FAILED,
    "warned": WARNED,
    "originator_title": ORIGINATOR_TITLE,
    "originator_id": ORIGINATOR_ID,
}
_UIDS = frozenset({AFFECTED_CLASS, REQUESTED_CLASS, AFFECTED_INSTANCE, REQUESTED_INSTANCE})
_NO_DATA_SET, _DATA_SET = 0x0101, 0x0001
_LONGEST_COMMENT = 64


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was received.

    Attributes:
        command: Raw values of its command set by element of group 0000.
        data: Its data set, encoded as the context says; empty without one.
    """

    context_id: int
    command: Mapping[int, bytes]
    data: bytes = b""

    def number(self, element: int, absent: int = 0) -> int:
        """Return a value of two bytes."""
        raw = self.command.get(element, b"")
        return int.from_bytes(raw, "little") if len(raw) == 2 else absent

    def text(self, element: int) -> str:
        """Return a text."""
        return text_of(self.command, element)


class Channel(Protocol):
    """One association, as those who serve it see it."""

    @property
    def caller(self) -> Caller:
        """Who is at the other end."""

    @property
    def contexts(self) -> Mapping[int, AcceptedContext]:
        """What was agreed on, by presentation context ID."""

    @property
    def is_open(self) -> bool:
        """Whether the association is still there."""

    def send(self, context_id: int, command: bytes, data: Iterable[Piece] = ()) -> None:
        """Send a message; what the data set's pieces are is not kept.

        Raises:
            NetworkError: If the peer is gone.
        """

    def receive(self) -> Message:
        """Return the next message that is no C-CANCEL.

        Raises:
            NetworkError: If none comes in time, or the peer is gone.
        """

    def is_cancelled(self, message_id: int) -> bool:
        """Whether the peer has asked to end that operation."""

    def is_waited_for(self) -> bool:
        """Whether the peer has sent what is to be answered next, or ended the association."""


def command_set(command_field: int, *, has_data: bool, **values: int | str | None) -> bytes:
    """Return an encoded command set.

    Args:
        command_field: Command Field (0000,0100).
        has_data: Whether a data set follows.
        values: By the names of the elements above in lower case: numbers of two bytes, or text; empty text
            and None are left out.
    """
    written = {FIELD: _short(command_field), DATA_SET_TYPE: _short(_DATA_SET if has_data else _NO_DATA_SET)}
    for name, value in values.items():
        element = _ELEMENTS[name]
        if isinstance(value, int):
            written[element] = _short(value)
        elif value:
            raw = value.encode("ascii", "replace")[: _LONGEST_COMMENT if element == COMMENT else None]
            written[element] = raw + (b"\0" if element in _UIDS else b" ") * (len(raw) % 2)
    body = write_data_set(written, is_implicit=True)
    return write_data_set({GROUP_LENGTH: len(body).to_bytes(4, "little")}, is_implicit=True) + body


def _short(number: int) -> bytes:
    return number.to_bytes(2, "little")


def read_command(raw: bytes) -> dict[int, bytes]:
    """Return the values of a command set by element; what is of no command is left out.

    DCMTK's and Orthanc's put the list of what failed into the command set of a response.

    Raises:
        NetworkError: If it is none.
    """
    values = read_data_set(raw, is_implicit=True)
    return {tag: value for tag, value in values.items() if not tag >> 16 and isinstance(value, bytes)}
