"""A DIMSE peer that does what a test tells it to, however wrong.

An acceptor on bare sockets, written from PS3.8 9.3 and PS3.7 E apart from the viewer:

    def script(talk: Talk, request: Request) -> None:
        talk.respond(request, 0xFF00, identifier)   # as many as wanted
        talk.respond(request, 0xA700, comment="no room")

    with ScriptedDimse(script) as peer:
        ...  # call 127.0.0.1:peer.port; peer.requests is what it was asked

What the script raises as Hang, Drop or Abort ends the association in that way.
"""

import contextlib
import itertools
import select
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Self

from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
FIELD, MESSAGE_ID, RESPONDED_TO, DATA_SET_TYPE, STATUS, COMMENT = 0x0100, 0x0110, 0x0120, 0x0800, 0x0900, 0x0902
C_STORE, C_GET, C_FIND, C_MOVE, C_ECHO, N_EVENT, N_ACTION, C_CANCEL = (
    0x0001, 0x0010, 0x0020, 0x0021, 0x0030, 0x0100, 0x0130, 0x0FFF,
)  # fmt: skip
_PDU = struct.Struct(">BxI")
_NO_DATA = 0x0101


class Drop(Exception):  # noqa: N818 - what is done
    """The connection is closed without a word."""


class Abort(Exception):  # noqa: N818 - what is done
    """The association is aborted."""


class Hang(Exception):  # noqa: N818 - what is done
    """Nothing more is said until the test is over."""


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


class Talk:
    """One association, as the script sees it."""

    def __init__(self, peer: "ScriptedDimse", connection: socket.socket) -> None:
        self._peer, self._connection = peer, connection
        self._pending: list[Request] = []
        self._numbers = itertools.count(1)
        self.proposal = Proposal("", "", {}, {}, {}, 0)
        self.accepted: dict[int, tuple[str, str]] = {}

    def respond(self, request: Request, status: int, data: Dataset | bytes = b"", **more: int | str) -> None:
        """Answer a request.

        Args:
            request: What is answered.
            status: Of the response.
            data: Its data set, if it has one.
            more: Other elements as e0902="text" or e1020=12.
        """
        elements: dict[int, int | str | bytes] = {
            0x0002: request.command.get(0x0002, request.command.get(0x0003, b"")),
            FIELD: request.number(FIELD) | 0x8000,
            RESPONDED_TO: request.number(MESSAGE_ID),
            STATUS: status,
        }
        elements.update({int(name[1:], 16): value for name, value in more.items()})
        self.say(request.context_id, elements, data)

    def ask(self, sop_class: str, elements: Mapping[int, int | str | bytes], data: Dataset | bytes = b"") -> Request:
        """Send a request of our own on the context of that class (C-STORE, N-EVENT-REPORT); return its answer."""
        context_id = next(number for number, (uid, _syntax) in self.accepted.items() if uid == sop_class)
        number = next(self._numbers)
        self.say(context_id, {0x0002: sop_class, MESSAGE_ID: number, **elements}, data)
        while True:
            answer = self.hear()
            if answer.number(FIELD) & 0x8000 and answer.number(RESPONDED_TO) == number:
                return answer
            self._pending.append(answer)

    def say(self, context_id: int, elements: Mapping[int, int | str | bytes], data: Dataset | bytes = b"") -> None:
        """Send a message as it is."""
        syntax = self.accepted.get(context_id, ("", IMPLICIT))[1]
        body = encoded(data, is_implicit=syntax == IMPLICIT) if isinstance(data, Dataset) else data
        command = _command({DATA_SET_TYPE: 1 if body else _NO_DATA, **elements})
        largest = min(self.proposal.maximum_length or 16384, 65536)
        pdus = _fragments(context_id, command, largest, is_command=True)
        self.raw(pdus + (_fragments(context_id, body, largest, is_command=False) if body else b""))

    def raw(self, data: bytes) -> None:
        """Send any bytes."""
        self._connection.sendall(data)

    def hear(self) -> Request:
        """Return the next message."""
        parts = {0: bytearray(), 1: bytearray()}
        command: dict[int, bytes] | None = None
        while True:
            kind, body = self.pdu()
            if kind == 5:
                self.raw(_PDU.pack(6, 4) + bytes(4))
            if kind != 4:
                raise Drop
            at = 0
            while at < len(body):
                length, context_id, control = struct.unpack_from(">IBB", body, at)
                parts[control & 1] += body[at + 6 : at + 4 + length]
                at += 4 + length
                if control & 3 == 3:
                    command = _elements(bytes(parts[1]))
                if command is not None and (control & 3 == 2 or command[DATA_SET_TYPE] == b"\1\1"):
                    syntax = self.accepted.get(context_id, ("", IMPLICIT))[1]
                    request = Request(context_id, command, bytes(parts[0]), syntax)
                    self._peer.requests.append(request)
                    return request

    def is_cancelled(self, seconds: float = 0.0) -> bool:
        """Whether a C-CANCEL has come; other messages that came are kept for later."""
        while any(each.number(FIELD) == C_CANCEL for each in self._pending) or self._is_readable(seconds):
            found = [each for each in self._pending if each.number(FIELD) == C_CANCEL]
            if found:
                self._pending = [each for each in self._pending if each.number(FIELD) != C_CANCEL]
                return True
            self._pending.append(self.hear())
        return False

    def next(self) -> Request:
        """Return what is to be answered next."""
        return self._pending.pop(0) if self._pending else self.hear()

    def pdu(self) -> tuple[int, bytes]:
        """Return the next PDU."""
        kind, length = _PDU.unpack(self._exactly(_PDU.size))
        return kind, self._exactly(length)

    def _is_readable(self, seconds: float) -> bool:
        return bool(select.select([self._connection], [], [], seconds)[0])

    def _exactly(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            piece = self._connection.recv(count - len(data))
            if not piece:
                raise Drop
            data += piece
        return bytes(data)


Script = Callable[[Talk, Request], None]


def echoed(talk: Talk, request: Request) -> None:
    """A script that answers everything with success."""
    talk.respond(request, 0)


class ScriptedDimse:
    """The peer; each association on a thread of its own.

    Attributes:
        port: Where it listens on 127.0.0.1.
        proposals: How it was called.
        requests: What it was asked, C-CANCEL included.
        problems: What scripts raised that they should not.
    """

    ae_title = "SCRIPTED"

    def __init__(self, script: Script = echoed, acceptance: Acceptance | None = None) -> None:
        self._script, self._acceptance = script, acceptance or Acceptance()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listening.getsockname()[1])
        self.proposals: list[Proposal] = []
        self.requests: list[Request] = []
        self.problems: list[Exception] = []
        self.is_over = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, kind: object, *_error: object) -> None:
        self.is_over.set()
        for each in (self._listening, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in list(self._threads):
            thread.join(10)
        if kind is None and self.problems:
            raise self.problems[0]

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return "127.0.0.1", self.port

    def _accept(self) -> None:
        while not self.is_over.is_set():
            try:
                connection, _address = self._listening.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        talk = Talk(self, connection)
        try:
            self._answer(talk)
        except Hang:
            self.is_over.wait(600)
        except Abort:
            with contextlib.suppress(OSError):
                talk.raw(_PDU.pack(7, 4) + bytes(4))
        except (Drop, OSError):
            pass
        except Exception as error:  # noqa: BLE001 - told to the test
            self.problems.append(error)
        finally:
            connection.close()

    def _answer(self, talk: Talk) -> None:
        _kind, body = talk.pdu()
        talk.proposal = _proposal(body)
        self.proposals.append(talk.proposal)
        answer = self._acceptance
        if answer.raw is not None:
            talk.raw(answer.raw)
            raise Hang
        if answer.rejected:
            talk.raw(_PDU.pack(3, 4) + bytes((0, *answer.rejected)))
            raise Drop
        talk.raw(_accepted(talk, answer, body))
        while True:
            self._script(talk, talk.next())


def encoded(data_set: Dataset, *, is_implicit: bool = True) -> bytes:
    """Return a data set's bytes, in its own character set."""
    stream = DicomBytesIO()
    stream.is_implicit_VR, stream.is_little_endian = is_implicit, True
    write_dataset(stream, data_set, data_set.get("SpecificCharacterSet", "ISO_IR 6") or "ISO_IR 6")
    return stream.getvalue()


def _items(data: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at + 4 <= len(data):
        kind, length = struct.unpack_from(">BxH", data, at)
        found.append((kind, data[at + 4 : at + 4 + length]))
        at += 4 + length
    return found


def _item(kind: int, value: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(value)) + value


def _proposal(body: bytes) -> Proposal:
    contexts: dict[int, tuple[str, tuple[str, ...]]] = {}
    roles: dict[str, tuple[int, int]] = {}
    extended: dict[str, bytes] = {}
    largest = 0
    for kind, value in _items(body[68:]):
        if kind == 0x20:
            texts = [(sub, text.decode("ascii").strip("\0 ")) for sub, text in _items(value[4:])]
            abstract = next(text for sub, text in texts if sub == 0x30)
            contexts[value[0]] = (abstract, tuple(text for sub, text in texts if sub == 0x40))
        elif kind == 0x50:
            for sub, part in _items(value):
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


def _accepted(talk: Talk, answer: Acceptance, body: bytes) -> bytes:
    proposal = talk.proposal
    items = _item(0x10, b"1.2.840.10008.3.1.1.1")
    for number, (uid, syntaxes) in proposal.contexts.items():
        result = 3 if answer.refuses_all else answer.refused.get(uid, 0)
        syntax = answer.syntax if answer.syntax in syntaxes else syntaxes[0]
        if not result:
            talk.accepted[number] = (uid, syntax)
        items += _item(0x21, bytes((number, 0, result, 0)) + _item(0x40, syntax.encode()))
    user = _item(0x51, answer.maximum_length.to_bytes(4, "big")) + _item(0x52, b"2.25.83745298345")
    for uid, (scu, scp) in (proposal.roles if answer.roles is None else answer.roles).items():
        user += _item(0x54, struct.pack(">H", len(uid)) + uid.encode() + bytes((scu, scp)))
    for uid, rest in (proposal.extended if answer.extended is None else answer.extended).items():
        user += _item(0x56, struct.pack(">H", len(uid)) + uid.encode() + rest)
    items += _item(0x50, user)
    whole = struct.pack(">Hxx", 1) + body[4:36] + bytes(32) + items
    return _PDU.pack(2, len(whole)) + whole


def _fragments(context_id: int, data: bytes, largest: int, *, is_command: bool) -> bytes:
    room, pdus = (largest - 6) & ~1, b""
    for start in range(0, max(len(data), 1), room):
        piece = data[start : start + room]
        control = is_command | (2 if start + room >= len(data) else 0)
        pdus += _PDU.pack(4, len(piece) + 6) + struct.pack(">IBB", len(piece) + 2, context_id, control) + piece
    return pdus


def _command(elements: Mapping[int, int | str | bytes]) -> bytes:
    body = b""
    for element in sorted(elements):
        value = elements[element]
        raw = value.to_bytes(2, "little") if isinstance(value, int) else value
        raw = raw.encode("latin-1") if isinstance(raw, str) else raw
        raw += (b"\0" if element in {0x0002, 0x0003, 0x1000, 0x1001} else b" ") * (len(raw) % 2)
        body += struct.pack("<HHI", 0, element, len(raw)) + raw
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body


def _elements(data: bytes) -> dict[int, bytes]:
    found, at = {}, 0
    while at < len(data):
        _group, element, length = struct.unpack_from("<HHI", data, at)
        found[element] = data[at + 8 : at + 8 + length]
        at += 8 + length
    return found
