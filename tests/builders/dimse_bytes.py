"""Bytes of DIMSE, written and read from PS3.8 9.3 and PS3.7 E apart from the viewer: for peers of tests."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO

from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
FIELD, MESSAGE_ID, RESPONDED_TO, DATA_SET_TYPE, STATUS, COMMENT = 0x0100, 0x0110, 0x0120, 0x0800, 0x0900, 0x0902
C_STORE, C_GET, C_FIND, C_MOVE, C_ECHO, N_EVENT, N_ACTION, C_CANCEL = (
    0x0001, 0x0010, 0x0020, 0x0021, 0x0030, 0x0100, 0x0130, 0x0FFF,
)  # fmt: skip
PDU = struct.Struct(">BxI")


@dataclass(frozen=True, slots=True)
class Proposal:
    """An A-ASSOCIATE-RQ.

    Attributes:
        contexts: Abstract syntax and transfer syntaxes by presentation context ID.
        roles: (SCU, SCP) by SOP Class UID.
        extended: Service-class-application-information by SOP Class UID.
    """

    called: str
    calling: str
    contexts: Mapping[int, tuple[str, tuple[str, ...]]]
    roles: Mapping[str, tuple[int, int]]
    extended: Mapping[str, bytes]
    maximum_length: int


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How a proposal is answered.

    Attributes:
        refused: Result (3: abstract syntax, 4: transfer syntaxes) by SOP Class UID; all others are accepted.
        refuses_all: Whether every context is refused.
        rejected: (result, source, reason) of an A-ASSOCIATE-RJ instead (PS3.8 Table 9-21).
        syntax: Which transfer syntax is chosen, where it is proposed; else the first.
        roles: Answered instead of what was proposed. None: as proposed.
        extended: Answered by SOP Class UID. None: as proposed.
        maximum_length: Of P-DATA that it takes.
        raw: Sent instead of any answer.
    """

    refused: Mapping[str, int] = field(default_factory=dict)
    refuses_all: bool = False
    rejected: tuple[int, int, int] | None = None
    syntax: str = ""
    roles: Mapping[str, tuple[int, int]] | None = None
    extended: Mapping[str, bytes] | None = None
    maximum_length: int = 16384
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A message that came.

    Attributes:
        command: Raw values by element of group 0000.
    """

    context_id: int
    command: Mapping[int, bytes]
    data: bytes
    syntax: str

    def number(self, element: int) -> int:
        """Return a value of two bytes; 0 when it is absent."""
        return int.from_bytes(self.command.get(element, b""), "little")

    def text(self, element: int) -> str:
        """Return a text."""
        return self.command.get(element, b"").decode("latin-1").strip(" \0")

    @property
    def identifier(self) -> Dataset:
        """Its data set."""
        return read_dataset(BytesIO(self.data), self.syntax == IMPLICIT, True)


def encoded(data_set: Dataset, *, is_implicit: bool = True) -> bytes:
    """Return a data set's bytes, in its own character set."""
    stream = DicomBytesIO()
    stream.is_implicit_VR, stream.is_little_endian = is_implicit, True
    write_dataset(stream, data_set, data_set.get("SpecificCharacterSet", "ISO_IR 6") or "ISO_IR 6")
    return stream.getvalue()


def items_of(data: bytes) -> list[tuple[int, bytes]]:
    """Return the items of a variable field, kind and value."""
    found, at = [], 0
    while at + 4 <= len(data):
        kind, length = struct.unpack_from(">BxH", data, at)
        found.append((kind, data[at + 4 : at + 4 + length]))
        at += 4 + length
    return found


def item(kind: int, value: bytes) -> bytes:
    """Return an item."""
    return struct.pack(">BxH", kind, len(value)) + value


def read_proposal(body: bytes) -> Proposal:
    """Return what the variable field of an A-ASSOCIATE-RQ says."""
    contexts: dict[int, tuple[str, tuple[str, ...]]] = {}
    roles: dict[str, tuple[int, int]] = {}
    extended: dict[str, bytes] = {}
    largest = 0
    for kind, value in items_of(body[68:]):
        if kind == 0x20:
            texts = [(sub, text.decode("ascii").strip("\0 ")) for sub, text in items_of(value[4:])]
            abstract = next(text for sub, text in texts if sub == 0x30)
            contexts[value[0]] = (abstract, tuple(text for sub, text in texts if sub == 0x40))
        elif kind == 0x50:
            for sub, part in items_of(value):
                if sub == 0x51:
                    largest = int.from_bytes(part, "big")
                elif sub in {0x54, 0x56}:
                    end = 2 + int.from_bytes(part[:2], "big")
                    uid, rest = part[2:end].decode("ascii").strip("\0 "), part[end:]
                    if sub == 0x54:
                        roles[uid] = (rest[0], rest[1])
                    else:
                        extended[uid] = rest
    titles = body[4:20].decode("latin-1").strip(), body[20:36].decode("latin-1").strip()
    return Proposal(*titles, contexts, roles, extended, largest)


def accepted(proposal: Proposal, answer: Acceptance, body: bytes) -> tuple[dict[int, tuple[str, str]], bytes]:
    """Return what of a proposal is accepted, and the A-ASSOCIATE-AC that says so."""
    contexts: dict[int, tuple[str, str]] = {}
    items = item(0x10, b"1.2.840.10008.3.1.1.1")
    for number, (uid, syntaxes) in proposal.contexts.items():
        result = 3 if answer.refuses_all else answer.refused.get(uid, 0)
        syntax = answer.syntax if answer.syntax in syntaxes else syntaxes[0]
        if not result:
            contexts[number] = (uid, syntax)
        items += item(0x21, bytes((number, 0, result, 0)) + item(0x40, syntax.encode()))
    user = item(0x51, answer.maximum_length.to_bytes(4, "big")) + item(0x52, b"2.25.83745298345")
    for uid, (scu, scp) in (proposal.roles if answer.roles is None else answer.roles).items():
        user += item(0x54, struct.pack(">H", len(uid)) + uid.encode() + bytes((scu, scp)))
    for uid, rest in (proposal.extended if answer.extended is None else answer.extended).items():
        user += item(0x56, struct.pack(">H", len(uid)) + uid.encode() + rest)
    items += item(0x50, user)
    whole = struct.pack(">Hxx", 1) + body[4:36] + bytes(32) + items
    return contexts, PDU.pack(2, len(whole)) + whole


def fragments(context_id: int, data: bytes, largest: int, *, is_command: bool) -> bytes:
    """Return bytes cut into P-DATA PDUs."""
    room, pdus = (largest - 6) & ~1, b""
    for start in range(0, max(len(data), 1), room):
        piece = data[start : start + room]
        control = is_command | (2 if start + room >= len(data) else 0)
        pdus += PDU.pack(4, len(piece) + 6) + struct.pack(">IBB", len(piece) + 2, context_id, control) + piece
    return pdus


def fragments_of(body: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield the PDVs of a P-DATA PDU: context, message control header, bytes."""
    at = 0
    while at < len(body):
        length, context_id, control = struct.unpack_from(">IBB", body, at)
        yield context_id, control, body[at + 6 : at + 4 + length]
        at += 4 + length


def command_set(elements: Mapping[int, int | str | bytes]) -> bytes:
    """Return a command set, with its group length."""
    body = b""
    for element in sorted(elements):
        value = elements[element]
        raw = value.to_bytes(2, "little") if isinstance(value, int) else value
        raw = raw.encode("latin-1") if isinstance(raw, str) else raw
        raw += (b"\0" if element in {0x0002, 0x0003, 0x1000, 0x1001} else b" ") * (len(raw) % 2)
        body += struct.pack("<HHI", 0, element, len(raw)) + raw
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body


def elements_of(data: bytes) -> dict[int, bytes]:
    """Return the values of a command set by element."""
    found, at = {}, 0
    while at < len(data):
        _group, element, length = struct.unpack_from("<HHI", data, at)
        found[element] = data[at + 8 : at + 8 + length]
        at += 8 + length
    return found
