"""Command sets of DIMSE messages (PS3.7 6.3, 9.3, E): the few that verification and storage need, read strictly.

A command set is group 0000 in implicit VR little endian, whatever the data set is in.
"""

import re
import struct
from dataclasses import dataclass

from viewer.base.errors import NetworkError

C_STORE_RQ, C_ECHO_RQ, C_CANCEL_RQ = 0x0001, 0x0030, 0x0FFF
RESPONSE = 0x8000
"""Command Field of a response: that of its request with this bit."""
SUCCESS, UNRECOGNIZED_OPERATION, SOP_CLASS_NOT_SUPPORTED, INVALID_INSTANCE = 0x0000, 0x0211, 0x0122, 0x0117
"""Statuses of PS3.7 C."""
LARGEST_COMMAND = 4096
"""The longest that is possible has some 500 bytes."""
VERIFICATION = "1.2.840.10008.1.1"

_NO_DATA_SET = 0x0101
_LONGEST_UID, _LONGEST_COMMENT, _LONGEST_TEXT = 64, 64, 1024
_HEADER = struct.Struct("<HHI")
_GROUP_LENGTH, _AFFECTED_CLASS, _COMMAND_FIELD, _MESSAGE_ID, _RESPONDED_TO = 0x0000, 0x0002, 0x0100, 0x0110, 0x0120
_DATA_SET_TYPE, _STATUS, _COMMENT, _AFFECTED_INSTANCE, _MOVE_ORIGINATOR = 0x0800, 0x0900, 0x0902, 0x1000, 0x1030
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")


@dataclass(frozen=True, slots=True)
class Command:
    """What is asked of us.

    Attributes:
        field: Command Field (0000,0100).
        has_data_set: Whether a data set follows.
        sop_class_uid: Affected SOP Class UID; empty where it has none, likewise the others.
    """

    field: int
    message_id: int
    has_data_set: bool
    sop_class_uid: str = ""
    sop_instance_uid: str = ""
    move_originator: str = ""

    @property
    def is_request(self) -> bool:
        """Whether it is no response."""
        return not self.field & RESPONSE


def parse_command(data: bytes | bytearray | memoryview) -> Command:
    """Return the command of a whole command set.

    Raises:
        NetworkError: If it is none: elements that do not add up, come in no order, or are missing.
    """
    values = _elements(bytes(data))
    field = _number(values, _COMMAND_FIELD)
    if field == C_CANCEL_RQ:
        return Command(field, _number(values, _RESPONDED_TO), has_data_set=False)
    message_id = _number(values, _RESPONDED_TO if field & RESPONSE else _MESSAGE_ID)
    return Command(
        field,
        message_id,
        has_data_set=_number(values, _DATA_SET_TYPE) != _NO_DATA_SET,
        sop_class_uid=_text(values, _AFFECTED_CLASS),
        sop_instance_uid=_text(values, _AFFECTED_INSTANCE),
        move_originator=_text(values, _MOVE_ORIGINATOR),
    )


def is_uid(text: str) -> bool:
    """Whether this is a UID as far as it can be kept: digits and dots, not too long (PS3.5 9.1).

    Components with leading zeros are no UIDs, but are met, and harm nobody.
    """
    return len(text) <= _LONGEST_UID and _UID.fullmatch(text) is not None


def response(command: Command, status: int, comment: str = "") -> bytes:
    """Return the command set that answers a request.

    Args:
        command: The request; of its UIDs those are repeated that are UIDs.
        status: Of the response.
        comment: Error Comment, ASCII; cut where it is too long.
    """
    elements = _element(_COMMAND_FIELD, _short(command.field | RESPONSE))
    elements += _element(_RESPONDED_TO, _short(command.message_id))
    elements += _element(_DATA_SET_TYPE, _short(_NO_DATA_SET)) + _element(_STATUS, _short(status))
    if is_uid(command.sop_class_uid):
        elements = _element(_AFFECTED_CLASS, _padded(command.sop_class_uid, b"\0")) + elements
    if comment:
        elements += _element(_COMMENT, _padded(comment[:_LONGEST_COMMENT], b" "))
    if is_uid(command.sop_instance_uid):
        elements += _element(_AFFECTED_INSTANCE, _padded(command.sop_instance_uid, b"\0"))
    return _element(_GROUP_LENGTH, struct.pack("<I", len(elements))) + elements


def _elements(data: bytes) -> dict[int, bytes]:
    values: dict[int, bytes] = {}
    position, last = 0, -1
    while position < len(data):
        if len(data) - position < _HEADER.size:
            raise NetworkError("a command set ends in the middle of an element")
        group, element, length = _HEADER.unpack_from(data, position)
        position += _HEADER.size
        if group or element <= last or length > len(data) - position:
            raise NetworkError("a command set is damaged")
        values[element] = data[position : position + length]
        position += length
        last = element
    stated = values.get(_GROUP_LENGTH, b"")
    if len(stated) != 4 or int.from_bytes(stated, "little") != len(data) - _HEADER.size - 4:
        raise NetworkError("a command set does not have the length that it states")
    return values


def _number(values: dict[int, bytes], element: int) -> int:
    raw = values.get(element, b"")
    if len(raw) != 2:
        raise NetworkError(f"a command set has no (0000,{element:04X})")
    return int.from_bytes(raw, "little")


def _text(values: dict[int, bytes], element: int) -> str:
    text = values.get(element, b"").decode("ascii", "replace").rstrip(" \0").lstrip(" ")
    if len(text) > _LONGEST_TEXT:
        raise NetworkError(f"(0000,{element:04X}) of a command set is too long")
    return text


def _element(element: int, value: bytes) -> bytes:
    return _HEADER.pack(0, element, len(value)) + value


def _short(number: int) -> bytes:
    return number.to_bytes(2, "little")


def _padded(text: str, pad: bytes) -> bytes:
    value = text.encode("ascii", "replace")
    return value + pad * (len(value) % 2)
