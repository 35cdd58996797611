import contextlib
import random
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO

import pytest
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from viewer.network import dimse_commands as dimse
from viewer.network.limits import Limits
from viewer.network.negotiation import AcceptedContext, Negotiated
from viewer.network.ports import Became, Caller, OfferedInstance, StoreAnswer, StoreRefused
from viewer.network.storage_association import Ending, StorageAssociation

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
EXPLICIT = "1.2.840.10008.1.2.1"
ACCEPTED = b"accepted"
ECHO, STORE_CT, STORE_MR = 1, 3, 5
OUR_MAX, PEER_MAX = 4096, 256
COMMAND, LAST = 1, 2
PATIENCE = 60.0


@dataclass
class Sink:
    storage: "Store"
    offered: OfferedInstance
    data: bytearray = field(default_factory=bytearray)

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        if self.storage.refuses_at is not None and len(self.data) >= self.storage.refuses_at:
            raise StoreRefused(0xA700, "full")
        self.data += piece

    def finish(self) -> StoreAnswer:
        if self.storage.breaks:
            raise ZeroDivisionError("Doe^Jane")
        self.storage.kept.append((self.offered, bytes(self.data)))
        return self.storage.answer

    def abandon(self) -> None:
        self.storage.abandoned.append(self.offered)


@dataclass
class Store:
    """A storage that remembers, and refuses when told to."""

    answer: StoreAnswer = field(default_factory=lambda: StoreAnswer(Became.STORED))
    refuses: bool = False
    refuses_at: int | None = None
    breaks: bool = False
    kept: list[tuple[OfferedInstance, bytes]] = field(default_factory=list)
    abandoned: list[OfferedInstance] = field(default_factory=list)

    def begin(self, offered: OfferedInstance, caller: Caller) -> Sink:
        assert caller.ae_title == "SENDER"
        if self.refuses:
            raise StoreRefused(0xA700, "no room")
        return Sink(self, offered)


class Peer:
    """The other end of an association that is being served."""

    def __init__(self, storage: Store, limits: Limits) -> None:
        self.socket, ours = socket.socketpair()
        self.socket.settimeout(PATIENCE)
        contexts = {
            ECHO: AcceptedContext(dimse.VERIFICATION, "1.2.840.10008.1.2"),
            STORE_CT: AcceptedContext(CT, EXPLICIT),
            STORE_MR: AcceptedContext(MR, "1.2.840.10008.1.2"),
        }
        negotiated = Negotiated(Caller("SENDER", "192.0.2.1"), contexts, PEER_MAX, OUR_MAX, ACCEPTED)
        self.told: list[tuple[str, dict[str, object]]] = []
        association = StorageAssociation(
            ours, negotiated, storage, limits, lambda event, details: self.told.append((event, dict(details)))
        )
        self.ending: Ending | None = None
        self._thread = threading.Thread(target=self._serve, args=(association,))
        self._thread.start()
        assert self.read(len(ACCEPTED)) == ACCEPTED

    def _serve(self, association: StorageAssociation) -> None:
        self.ending = association.serve()

    def read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def send_pdu(self, kind: int, body: bytes, length: int | None = None) -> None:
        self.socket.sendall(struct.pack(">BxI", kind, len(body) if length is None else length) + body)

    def send_pdv(self, context: int, control: int, data: bytes) -> None:
        self.send_pdu(4, pdv(context, control, data))

    def response(self, context: int) -> Dataset:
        """Return the next command set that comes, in PDUs that are short enough."""
        data = b""
        while True:
            kind, length = struct.unpack(">BxI", self.read(6))
            assert kind == 4
            assert length <= PEER_MAX
            size, context_id, control = struct.unpack(">IBB", self.read(6))
            assert (size, context_id) == (length - 4, context)
            data += self.read(size - 2)
            if control == COMMAND | LAST:
                return read_dataset(BytesIO(data), is_implicit_VR=True, is_little_endian=True)
            assert control == COMMAND

    def pdu(self) -> tuple[int, bytes]:
        kind, length = struct.unpack(">BxI", self.read(6))
        return kind, self.read(length)

    def ended(self) -> Ending | None:
        """Return how the association ended, after the connection was closed."""
        with pytest.raises((EOFError, ConnectionResetError)):
            self.read(1)
        self._thread.join(PATIENCE)
        return self.ending

    def close(self) -> None:
        self.socket.close()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


@pytest.fixture
def storage() -> Store:
    return Store()


@pytest.fixture
def peer(storage: Store) -> Iterator[Peer]:
    peer = Peer(storage, Limits())
    yield peer
    peer.close()


def pdv(context: int, control: int, data: bytes) -> bytes:
    return struct.pack(">IBB", len(data) + 2, context, control) + data


def element(number: int, value: bytes) -> bytes:
    return struct.pack("<HHI", 0, number, len(value)) + value


def request(field: int = 1, uid: str = "1.2.3", sop_class: str = CT, data_set_type: int = 0) -> bytes:
    body = element(2, sop_class.encode() + b"\0" * (len(sop_class) % 2))
    body += element(0x100, struct.pack("<H", field)) + element(0x110, struct.pack("<H", 7))
    body += element(0x700, b"\0\0") + element(0x800, struct.pack("<H", data_set_type))
    body += element(0x1000, uid.encode() + b"\0" * (len(uid) % 2))
    return element(0, struct.pack("<I", len(body))) + body


ABORT = 7


def reason_of(peer: Peer) -> int:
    """Return the reason of the A-ABORT by the service provider that comes next."""
    kind, body = peer.pdu()
    assert (kind, body[2]) == (ABORT, 2)
    return body[3]


def test_an_echo_is_answered_and_a_release_too(peer: Peer, storage: Store) -> None:
    for _time in range(3):
        peer.send_pdv(ECHO, COMMAND | LAST, request(0x30, "", dimse.VERIFICATION, 0x0101))
        found = peer.response(ECHO)
        assert (found.CommandField, found.MessageIDBeingRespondedTo, found.Status) == (0x8030, 7, 0)
    peer.send_pdu(5, bytes(4))
    assert peer.pdu() == (6, bytes(4))
    assert peer.ended() is Ending.RELEASED
    assert storage.kept == []
    assert [(event, details["reason"]) for event, details in peer.told] == [("closed", "released")]


@pytest.mark.parametrize("seed", range(8))
def test_what_comes_is_kept_byte_for_byte_however_it_is_cut(peer: Peer, storage: Store, seed: int) -> None:
    chance = random.Random(seed)
    data = chance.randbytes(50_000)
    sent = b""
    for context, sop_class, uid in ((STORE_CT, CT, "1.2.3"), (STORE_MR, MR, "1.2.4")):
        pdus = []
        pieces = [(COMMAND, request(uid=uid, sop_class=sop_class)), (0, data)]
        for kind, whole in pieces:
            position = 0
            while position < len(whole):
                size = chance.choice([0, 1, 2, 100, OUR_MAX - 6])
                piece = whole[position : position + size]
                position += size
                pdus.append(pdv(context, kind | (LAST if position >= len(whole) else 0), piece))
        while pdus:
            body = pdus.pop(0)
            while pdus and len(body) + len(pdus[0]) <= OUR_MAX and chance.random() < 0.7:
                body += pdus.pop(0)
            sent += struct.pack(">BxI", 4, len(body)) + body
    while sent:
        size = chance.choice([1, 5, 7, 1000, 100_000])
        peer.socket.sendall(sent[:size])
        sent = sent[size:]
    for context, uid in ((STORE_CT, "1.2.3"), (STORE_MR, "1.2.4")):
        found = peer.response(context)
        assert (found.CommandField, found.Status, found.AffectedSOPInstanceUID) == (0x8001, 0, uid)
    assert storage.kept == [
        (OfferedInstance(CT, "1.2.3", EXPLICIT), data),
        (OfferedInstance(MR, "1.2.4", "1.2.840.10008.1.2"), data),
    ]


def store(peer: Peer, uid: str = "1.2.3", sop_class: str = CT) -> Dataset:
    peer.send_pdv(STORE_CT, COMMAND | LAST, request(uid=uid, sop_class=sop_class))
    for control in (0, 0, LAST):
        peer.send_pdv(STORE_CT, control, b"1234")
    return peer.response(STORE_CT)


def test_what_storage_says_is_answered(peer: Peer, storage: Store) -> None:
    storage.answer = StoreAnswer(Became.QUARANTINED, 0xC111, "kept aside")
    found = store(peer)
    assert (found.Status, found.ErrorComment) == (0xC111, "kept aside")


@pytest.mark.parametrize(
    ("uid", "sop_class", "status"),
    [("../../etc/passwd", CT, 0x0117), ("", CT, 0x0117), ("1" * 65, CT, 0x0117), ("1.2.3", MR, 0x0122)],
)
def test_an_instance_that_cannot_be_is_refused_and_the_next_is_kept(
    peer: Peer, storage: Store, uid: str, sop_class: str, status: int
) -> None:
    assert store(peer, uid, sop_class).Status == status
    assert store(peer).Status == 0
    assert len(storage.kept) == 1


def test_what_is_refused_is_read_to_its_end(peer: Peer, storage: Store) -> None:
    storage.refuses = True
    found = store(peer)
    assert (found.Status, found.ErrorComment) == (0xA700, "no room")
    storage.refuses, storage.refuses_at = False, 8
    assert store(peer).Status == 0xA700
    assert len(storage.abandoned) == 1
    storage.refuses_at = None
    assert store(peer).Status == 0


def test_a_bug_costs_one_instance_and_names_nobody(
    peer: Peer, storage: Store, caplog: pytest.LogCaptureFixture
) -> None:
    storage.breaks = True
    assert store(peer).Status == 0x0110
    storage.breaks = False
    assert store(peer).Status == 0
    assert "ZeroDivisionError" in caplog.text
    assert "Doe" not in caplog.text


def test_other_operations_are_answered_as_unknown(peer: Peer) -> None:
    peer.send_pdv(STORE_CT, COMMAND | LAST, request(0x20))
    peer.send_pdv(STORE_CT, LAST, b"an identifier")
    found = peer.response(STORE_CT)
    assert (found.CommandField, found.Status) == (0x8020, 0x0211)


def test_a_cancel_has_nothing_to_cancel(peer: Peer) -> None:
    body = element(0x100, b"\xff\x0f") + element(0x120, b"\1\0") + element(0x800, b"\1\1")
    peer.send_pdv(STORE_CT, COMMAND | LAST, element(0, struct.pack("<I", len(body))) + body)
    assert store(peer).Status == 0


UNRECOGNIZED, UNEXPECTED, INVALID = 1, 2, 6


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (struct.pack(">BxI", 9, 4) + bytes(4), UNRECOGNIZED),
        (struct.pack(">BxI", 0, 4) + bytes(4), UNRECOGNIZED),
        (b"GET / HTTP/1.1\r\n\r\n", UNRECOGNIZED),
        (struct.pack(">BxI", 1, 200), UNEXPECTED),
        (struct.pack(">BxI", 2, 0xFFFFFFFF), UNEXPECTED),
        (struct.pack(">BxI", 3, 4) + bytes(4), UNEXPECTED),
        (struct.pack(">BxI", 6, 4) + bytes(4), UNEXPECTED),
        (struct.pack(">BxI", 5, 5) + bytes(5), INVALID),
        (struct.pack(">BxI", 4, OUR_MAX + 1), INVALID),
        (struct.pack(">BxI", 4, 0xFFFFFFFF), INVALID),
        (struct.pack(">BxI", 4, 0), INVALID),
        (struct.pack(">BxI", 4, 5) + bytes(5), INVALID),
        (struct.pack(">BxI", 4, 6) + struct.pack(">IBB", 1, 1, 3), INVALID),
        (struct.pack(">BxI", 4, 6) + struct.pack(">IBB", 3, 1, 3), INVALID),
        (struct.pack(">BxI", 4, 6) + struct.pack(">IBB", 0xFFFFFFFF, 1, 3), INVALID),
    ],
)
def test_what_breaks_the_protocol_is_aborted(peer: Peer, sent: bytes, reason: int) -> None:
    peer.socket.sendall(sent)
    assert reason_of(peer) == reason
    assert peer.ended() is Ending.ABORTED_BY_US


@pytest.mark.parametrize(
    "pdvs",
    [
        [(7, COMMAND | LAST, request())],  # no such context
        [(STORE_CT, 0, b"data")],  # before its command
        [(STORE_CT, COMMAND, request()[:20]), (STORE_CT, LAST, b"data")],
        [(STORE_CT, COMMAND | LAST, request()), (STORE_CT, COMMAND | LAST, request())],  # in a data set
        [(STORE_CT, COMMAND | LAST, request()), (STORE_MR, LAST, b"data")],  # another context
        [(STORE_CT, COMMAND, request()[:20]), (STORE_MR, COMMAND | LAST, request()[20:])],
        [(STORE_CT, COMMAND | LAST, b"\0" * 20)],
        [(STORE_CT, COMMAND | LAST, request(0x8001))],  # a response
        [(STORE_CT, COMMAND | LAST, request(data_set_type=0x0101))],  # nothing to store
        [(STORE_CT, COMMAND, b"\0" * 4000), (STORE_CT, COMMAND | LAST, b"\0" * 4000)],
    ],
)
def test_messages_in_no_order_are_aborted(peer: Peer, storage: Store, pdvs: list[tuple[int, int, bytes]]) -> None:
    for each in pdvs:
        peer.send_pdv(*each)
    assert reason_of(peer) == INVALID
    assert peer.ended() is Ending.ABORTED_BY_US
    assert storage.kept == []


@pytest.mark.parametrize("is_said", [True, False])
def test_half_an_instance_is_given_up(peer: Peer, storage: Store, *, is_said: bool) -> None:
    peer.send_pdv(STORE_CT, COMMAND | LAST, request())
    peer.send_pdv(STORE_CT, 0, b"1234")
    if is_said:
        peer.send_pdu(ABORT, bytes(4))
    peer.socket.shutdown(socket.SHUT_WR)
    assert peer.ended() is (Ending.ABORTED_BY_PEER if is_said else Ending.LOST)
    assert (len(storage.abandoned), storage.kept) == (1, [])


@pytest.mark.parametrize("limits", [Limits(idle_s=0.1), Limits(pdu_s=0.1, idle_s=0.2), Limits(message_s=0.1)])
def test_a_peer_that_takes_too_long_is_left(limits: Limits) -> None:
    storage = Store()
    peer = Peer(storage, limits)
    try:
        peer.send_pdv(STORE_CT, COMMAND | LAST, request())
        with contextlib.suppress(OSError):  # left while it sends
            while limits.message_s < 1:
                peer.send_pdv(STORE_CT, 0, b"1")  # drip by drip
        assert peer.ended() is Ending.LOST
        assert (len(storage.abandoned), storage.kept) == (1, [])
    finally:
        peer.close()


def test_a_pdu_that_never_ends_is_left() -> None:
    peer = Peer(Store(), Limits(pdu_s=0.2))
    try:
        with contextlib.suppress(OSError):
            for byte in struct.pack(">BxI", 4, OUR_MAX) + bytes(OUR_MAX):
                peer.socket.sendall(bytes([byte]))
                time.sleep(0.01)
        assert peer.ended() is Ending.LOST
    finally:
        peer.close()
