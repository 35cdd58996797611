"""A server in this process with a storage that only counts, and what a hostile peer does to it byte by byte."""

import contextlib
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from viewer.network.allow_list import AllowList
from viewer.network.limits import Limits
from viewer.network.ports import Became, Caller, OfferedInstance, StoreAnswer
from viewer.network.server import DicomServer, ListeningPlace, Services, TlsFiles

PATIENCE = 60.0
TITLE = "NEGATOSCOPE"


@dataclass
class CountingSink:
    """Counts the bytes of one instance."""

    storage: "CountingStorage"
    offered: OfferedInstance
    size: int = 0

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        self.size += len(piece)

    def finish(self) -> StoreAnswer:
        self.storage.stored.append((self.offered, self.size))
        return StoreAnswer(Became.STORED)

    def abandon(self) -> None:
        self.storage.abandoned.append(self.offered)


@dataclass
class CountingStorage:
    """Keeps nothing but counts.

    Attributes:
        held: While set, who begins an instance waits.
    """

    stored: list[tuple[OfferedInstance, int]] = field(default_factory=list)
    abandoned: list[OfferedInstance] = field(default_factory=list)
    callers: list[Caller] = field(default_factory=list)

    def begin(self, offered: OfferedInstance, caller: Caller) -> CountingSink:
        self.callers.append(caller)
        return CountingSink(self, offered)


class Listening:
    """A server that listens, and what it has told."""

    def __init__(
        self, allowed: AllowList, limits: Limits, tls: TlsFiles | None, services: Services | None, bind: str
    ) -> None:
        self.storage = CountingStorage()
        self.events: list[tuple[str, Mapping[str, Any]]] = []
        self._told = threading.Condition()
        place = ListeningPlace(bind, 0, tls)
        self.server = DicomServer(place, TITLE, allowed, limits, services or Services(self.storage), self._tell)

    @property
    def port(self) -> int:
        return self.server.port

    def reasons(self) -> list[str]:
        """Return why callers were refused, in order."""
        with self._told:
            return [str(details["reason"]) for event, details in self.events if event == "refused"]

    def wait_for(self, condition: Callable[[], object]) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, self.events
            with self._told:
                self._told.wait(0.02)

    def wait_for_refusal(self, reason: str) -> None:
        self.wait_for(lambda: reason in self.reasons())

    def connect(self) -> socket.socket:
        """Return a connection that has said nothing."""
        connection = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def answer_to(self, *pieces: bytes) -> bytes:
        """Return all that comes back on a connection that sends pieces; empty where it is only ended."""
        with self.connect() as connection:
            with contextlib.suppress(OSError):  # it may be ended before all is sent
                for piece in pieces:
                    connection.sendall(piece)
            return everything(connection)

    def echo(self, *options: str) -> int:
        """Return the exit code of DCMTK's echoscu."""
        command = ("/usr/bin/echoscu", "-to", "30", "-ta", "30", *options, "-aec", TITLE, "127.0.0.1", str(self.port))
        return subprocess.run(command, capture_output=True, timeout=PATIENCE).returncode

    def store(self, folder: Path, *options: str) -> "subprocess.CompletedProcess[bytes]":
        """Send a folder with DCMTK's storescu."""
        command = ("/usr/bin/storescu", *options, "-aec", TITLE, "+sd", "127.0.0.1", str(self.port), str(folder))
        return subprocess.run(command, capture_output=True, timeout=PATIENCE)

    def _tell(self, event: str, details: Mapping[str, Any]) -> None:
        with self._told:
            self.events.append((event, details))
            self._told.notify_all()


@contextlib.contextmanager
def listening(
    *,
    allowed: AllowList | None = None,
    limits: Limits | None = None,
    tls: TlsFiles | None = None,
    services: Services | None = None,
    bind: str = "127.0.0.1",
) -> Iterator[Listening]:
    """Run a server on any free port until the block ends."""
    here = Listening(allowed or AllowList(), limits or Limits(), tls, services, bind)
    here.server.start()
    try:
        yield here
    finally:
        here.server.close(0)


def everything(connection: socket.socket) -> bytes:
    """Return what comes until the other side ends the connection."""
    received = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            received += piece
    return bytes(received)


def one_pdu(connection: socket.socket) -> tuple[int, bytes]:
    """Return the type and the variable field of the next PDU."""
    header = exactly(connection, 6)
    kind, length = struct.unpack(">BxI", header)
    return kind, exactly(connection, length)


def exactly(connection: socket.socket, count: int) -> bytes:
    """Return so many bytes."""
    received = bytearray()
    while len(received) < count:
        piece = connection.recv(count - len(received))
        assert piece, "the connection was ended"
        received += piece
    return bytes(received)


def fields(pdus: bytes) -> Sequence[int]:
    """Return the types of PDUs that lie one after another."""
    kinds = []
    while pdus:
        kind, length = struct.unpack(">BxI", pdus[:6])
        kinds.append(kind)
        pdus = pdus[6 + length :]
    return kinds
