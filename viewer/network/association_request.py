"""A-ASSOCIATE-RQ: what a caller asks for (PS3.8 9.3.2, PS3.7 D.3.3), read from bytes that may be anything.

Read strictly and in one pass, with a bound on everything, before any other code sees it. Items that we have no use for
(asynchronous operations, user identity, what is not in the Standard) are passed over, as PS3.8 9.3.1 asks.
"""

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

ASSOCIATE_RQ = 0x01
HEADER_BYTES, FIXED_BYTES = 6, 74
"""Of any PDU; of a request up to its first item (PS3.8 Table 9-11)."""
APPLICATION_CONTEXT, PROPOSED_CONTEXT, ABSTRACT_SYNTAX, TRANSFER_SYNTAX, USER_INFORMATION = 0x10, 0x20, 0x30, 0x40, 0x50
MAXIMUM_LENGTH, IMPLEMENTATION_CLASS, ROLE_SELECTION, IMPLEMENTATION_VERSION, EXTENDED = 0x51, 0x52, 0x54, 0x55, 0x56
_MOST_ITEMS = 16384
"""128 contexts with every transfer syntax there is come to 9,000."""
_UID = re.compile(r"[0-9.]{1,64}")


class MalformedRequestError(Exception):
    """The bytes are no request; the connection is aborted."""


@dataclass(frozen=True, slots=True)
class ProposedContext:
    """One presentation context as it is asked for, transfer syntaxes in the caller's order."""

    context_id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProposedRoles:
    """The roles that a caller would play for a SOP class (PS3.7 D.3.3.4); without a word it is SCU alone."""

    is_scu: bool = True
    is_scp: bool = False


@dataclass(frozen=True, slots=True)
class AssociationRequest:
    """A request, decoded.

    Attributes:
        called: AE title without its padding; may be anything a 16-byte field can hold, but is printable.
        fixed: Bytes 11 to 74, which an answer repeats.
        maximum_length: The largest P-DATA-TF that the caller takes; 0 for no limit.
        extended: Service-class-application-information by SOP Class UID (PS3.7 D.3.3.5).
    """

    protocol_version: int
    called: str
    calling: str
    fixed: bytes
    application_context: str
    contexts: tuple[ProposedContext, ...]
    maximum_length: int = 0
    roles: Mapping[str, ProposedRoles] = field(default_factory=dict)
    extended: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RequestHead:
    """What stands at fixed places: enough to refuse a caller without reading on."""

    protocol_version: int
    called: str
    calling: str


def read_head(pdu: bytes | bytearray) -> RequestHead:
    """Return who calls whom.

    Raises:
        MalformedRequestError: If the bytes are too few.
    """
    if len(pdu) < FIXED_BYTES or pdu[0] != ASSOCIATE_RQ:
        raise MalformedRequestError
    (version,) = struct.unpack_from(">H", pdu, HEADER_BYTES)
    return RequestHead(version, _title(pdu[10:26]), _title(pdu[26:42]))


def _title(field_bytes: bytes | bytearray) -> str:
    # Some pad with NULs. What is not ASCII is shown as question marks, and is in no list.
    text = bytes(field_bytes).decode("ascii", "replace").strip(" \0")
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in text)


def read_request(pdu: bytes) -> AssociationRequest:
    """Return the request that a whole PDU holds, its header included.

    Raises:
        MalformedRequestError: If lengths do not fit, UIDs are none, contexts are none or too many, or IDs repeat.
    """
    head = read_head(pdu)
    budget = iter(range(_MOST_ITEMS))
    application_context = ""
    contexts: dict[int, ProposedContext] = {}
    user: dict[int, list[bytes]] = {}
    for kind, body in _items(pdu[FIXED_BYTES:], budget):
        if kind == APPLICATION_CONTEXT:
            application_context = _uid(body)
        elif kind == PROPOSED_CONTEXT:
            context = _context(body, budget)
            if context.context_id in contexts:
                raise MalformedRequestError
            contexts[context.context_id] = context
        elif kind == USER_INFORMATION:
            for sub_kind, sub_body in _items(body, budget):
                user.setdefault(sub_kind, []).append(sub_body)
    if not contexts:
        raise MalformedRequestError
    return AssociationRequest(
        head.protocol_version,
        head.called,
        head.calling,
        bytes(pdu[10:FIXED_BYTES]),
        application_context,
        tuple(contexts.values()),
        _maximum_length(user),
        dict(_role(body) for body in user.get(ROLE_SELECTION, ())),
        dict(_after_uid(body) for body in user.get(EXTENDED, ())),
    )


def _items(data: bytes, budget: Iterator[int]) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        if next(budget, None) is None or at + 4 > len(data):
            raise MalformedRequestError
        kind, length = struct.unpack_from(">BxH", data, at)
        if at + 4 + length > len(data):
            raise MalformedRequestError
        yield kind, data[at + 4 : at + 4 + length]
        at += 4 + length


def _uid(body: bytes) -> str:
    text = body.decode("ascii", "replace").rstrip("\0 ")
    if not _UID.fullmatch(text):
        raise MalformedRequestError
    return text


def _context(body: bytes, budget: Iterator[int]) -> ProposedContext:
    if len(body) < 4 or body[0] % 2 == 0:  # IDs are odd (PS3.8 9.3.2.2), hence at most 128 contexts
        raise MalformedRequestError
    found: dict[int, list[str]] = {}
    for kind, value in _items(body[4:], budget):
        if kind in {ABSTRACT_SYNTAX, TRANSFER_SYNTAX}:
            found.setdefault(kind, []).append(_uid(value))
    abstract = found.get(ABSTRACT_SYNTAX, [])
    if len(abstract) != 1:
        raise MalformedRequestError
    return ProposedContext(body[0], abstract[0], tuple(found.get(TRANSFER_SYNTAX, ())))


def _maximum_length(user: Mapping[int, list[bytes]]) -> int:
    bodies = user.get(MAXIMUM_LENGTH, [])
    if not bodies:
        return 0
    if len(bodies[0]) != 4:
        raise MalformedRequestError
    return int.from_bytes(bodies[0], "big")


def _after_uid(body: bytes) -> tuple[str, bytes]:
    if len(body) < 2:
        raise MalformedRequestError
    end = 2 + int.from_bytes(body[:2], "big")
    if end > len(body):
        raise MalformedRequestError
    return _uid(body[2:end]), body[end:]


def _role(body: bytes) -> tuple[str, ProposedRoles]:
    uid, roles = _after_uid(body)
    if len(roles) != 2:
        raise MalformedRequestError
    return uid, ProposedRoles(roles[0] == 1, roles[1] == 1)
