"""A-ASSOCIATE-AC: what a station answers to our request (PS3.8 9.3.3, PS3.7 D.3.3); its bytes may be anything."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from viewer.network.association_request import (
    EXTENDED,
    FIXED_BYTES,
    HEADER_BYTES,
    MAXIMUM_LENGTH,
    ROLE_SELECTION,
    TRANSFER_SYNTAX,
    USER_INFORMATION,
    MalformedRequestError,
    ProposedContext,
    ProposedRoles,
)
from viewer.network.negotiation import AcceptedContext

_ANSWERED_CONTEXT, _ACCEPTANCE = 0x21, 0
_LEAST_PDU_BYTES = 128


@dataclass(slots=True)
class AssociationAnswer:
    """What was agreed on.

    Attributes:
        contexts: What was accepted, by presentation context ID.
        roles: The roles that the peer agreed to for us, by SOP class.
        extended: What it answered to what was extended, by SOP class.
        most_pdu_bytes: The longest P-DATA-TF that it takes; 0 for no limit.
    """

    contexts: dict[int, AcceptedContext] = field(default_factory=dict)
    roles: dict[str, ProposedRoles] = field(default_factory=dict)
    extended: dict[str, bytes] = field(default_factory=dict)
    most_pdu_bytes: int = 0


def read_answer(body: bytes, proposed: Mapping[int, ProposedContext]) -> AssociationAnswer:
    """Return what the variable field of the PDU says of what was proposed.

    Raises:
        MalformedRequestError: If it cannot be read, or nothing whole could be sent to the peer.
    """
    answer = AssociationAnswer()
    for kind, value in _items(body[FIXED_BYTES - HEADER_BYTES :]):
        if kind == _ANSWERED_CONTEXT and len(value) >= 4 and value[2] == _ACCEPTANCE and value[0] in proposed:
            syntaxes = [_text(text) for sub, text in _items(value[4:]) if sub == TRANSFER_SYNTAX]
            if syntaxes and syntaxes[0] in proposed[value[0]].transfer_syntaxes:
                answer.contexts[value[0]] = AcceptedContext(proposed[value[0]].abstract_syntax, syntaxes[0])
        elif kind == USER_INFORMATION:
            _take_user_information(value, answer)
    return answer


def _take_user_information(value: bytes, answer: AssociationAnswer) -> None:
    for kind, body in _items(value):
        if kind == MAXIMUM_LENGTH and len(body) == 4:
            answer.most_pdu_bytes = int.from_bytes(body, "big")
            if 0 < answer.most_pdu_bytes < _LEAST_PDU_BYTES:
                raise MalformedRequestError
        elif kind in {ROLE_SELECTION, EXTENDED} and len(body) >= 2:
            end = 2 + int.from_bytes(body[:2], "big")
            uid, rest = _text(body[2:end]), body[end:]
            if kind == EXTENDED:
                answer.extended[uid] = rest
            elif len(rest) == 2:
                answer.roles[uid] = ProposedRoles(rest[0] == 1, rest[1] == 1)


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        if at + 4 > len(data):
            raise MalformedRequestError
        kind, length = struct.unpack_from(">BxH", data, at)
        yield kind, data[at + 4 : at + 4 + length]
        at += 4 + length


def _text(raw: bytes) -> str:
    return raw.decode("ascii", "replace").strip("\0 ")
