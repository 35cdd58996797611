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
import threading
from collections.abc import Callable, Mapping
from typing import Self

from pydicom.dataset import Dataset

from tests.builders.dimse_bytes import (
    C_CANCEL,
    C_ECHO,
    C_FIND,
    C_GET,
    C_MOVE,
    C_STORE,
    COMMENT,
    DATA_SET_TYPE,
    EXPLICIT,
    FIELD,
    IMPLICIT,
    MESSAGE_ID,
    N_ACTION,
    N_EVENT,
    PDU,
    RESPONDED_TO,
    STATUS,
    Acceptance,
    Proposal,
    Request,
    accepted,
    command_set,
    elements_of,
    encoded,
    fragments,
    fragments_of,
    read_proposal,
)

__all__ = [
    "COMMENT",
    "C_CANCEL",
    "C_ECHO",
    "C_FIND",
    "C_GET",
    "C_MOVE",
    "C_STORE",
    "DATA_SET_TYPE",
    "EXPLICIT",
    "FIELD",
    "IMPLICIT",
    "MESSAGE_ID",
    "N_ACTION",
    "N_EVENT",
    "RESPONDED_TO",
    "STATUS",
    "Abort",
    "Acceptance",
    "Drop",
    "Hang",
    "Proposal",
    "Request",
    "Script",
    "ScriptedDimse",
    "Talk",
    "echoed",
    "encoded",
]  # fmt: skip

_NO_DATA = 0x0101


class Drop(Exception):  # noqa: N818 - what is done
    """The connection is closed without a word."""


class Abort(Exception):  # noqa: N818 - what is done
    """The association is aborted."""


class Hang(Exception):  # noqa: N818 - what is done
    """Nothing more is said until the test is over."""


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
        command = command_set({DATA_SET_TYPE: 1 if body else _NO_DATA, **elements})
        largest = min(self.proposal.maximum_length or 16384, 65536)
        pdus = fragments(context_id, command, largest, is_command=True)
        self.raw(pdus + (fragments(context_id, body, largest, is_command=False) if body else b""))

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
                self.raw(PDU.pack(6, 4) + bytes(4))
            if kind != 4:
                raise Drop
            for context_id, control, fragment in fragments_of(body):
                parts[control & 1] += fragment
                if control & 3 == 3:
                    command = elements_of(bytes(parts[1]))
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
        kind, length = PDU.unpack(self._exactly(PDU.size))
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
                talk.raw(PDU.pack(7, 4) + bytes(4))
        except (Drop, OSError):
            pass
        except Exception as error:  # noqa: BLE001 - told to the test
            self.problems.append(error)
        finally:
            connection.close()

    def _answer(self, talk: Talk) -> None:
        _kind, body = talk.pdu()
        talk.proposal = read_proposal(body)
        self.proposals.append(talk.proposal)
        answer = self._acceptance
        if answer.raw is not None:
            talk.raw(answer.raw)
            raise Hang
        if answer.rejected:
            talk.raw(PDU.pack(3, 4) + bytes((0, *answer.rejected)))
            raise Drop
        talk.accepted, raw = accepted(talk.proposal, answer, body)
        talk.raw(raw)
        while True:
            self._script(talk, talk.next())
