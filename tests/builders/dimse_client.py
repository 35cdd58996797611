"""A sender that holds to no manners: a small DIMSE client of its own on a bare socket.

Everything is written from PS3.8 9.3 and PS3.7 E here, apart from the viewer and from pynetdicom, so that it can also
say what neither of them would: any bytes as titles and UIDs, and a data set that is not what the command says.
"""

import contextlib
import itertools
import socket
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from tests.builders.sent_instances import IMPLICIT_LITTLE_ENDIAN, SentInstance

VERIFICATION = "1.2.840.10008.1.1"
SUCCESS = 0x0000
_APPLICATION_CONTEXT = b"1.2.840.10008.3.1.1.1"
_IMPLEMENTATION = b"2.25.206345789345"
_PDU = struct.Struct(">BxI")
_ASSOCIATE_AC, _ASSOCIATE_RJ, _P_DATA, _RELEASE_RQ, _ABORT = 2, 3, 4, 5, 7
_OUR_MAX_PDU = 65536
_MOST_CONTEXTS = 128

Context = tuple[str | bytes, str]
"""Abstract and transfer syntax."""


class AssociationLostError(Exception):
    """The peer refused, aborted, or went away."""


@dataclass(frozen=True)
class Reply:
    """The answer to a request: its status and Error Comment."""

    status: int
    comment: str = ""


def contexts_for(instances: Iterable[SentInstance]) -> list[Context]:
    """Return what has to be proposed for these."""
    wanted: dict[Context, None] = dict.fromkeys((each.sop_class_uid, each.transfer_syntax_uid) for each in instances)
    return [(VERIFICATION, IMPLICIT_LITTLE_ENDIAN), *wanted][:_MOST_CONTEXTS]


class StoreClient:
    """One association as its requestor.

    Args:
        address: Host and port.
        contexts: What to propose, each pair in a context of its own.
        calling: Bytes go out as they are, whatever they are; texts are padded to 16.
    """

    def __init__(
        self,
        address: tuple[str, int],
        contexts: Sequence[Context],
        *,
        calling: str | bytes = "SENDER",
        called: str | bytes = "NEGATOSCOPE",
        seconds: float = 100,
    ) -> None:
        self._numbers = itertools.count(1)
        self._accepted: dict[Context, int] = {}
        self._received = bytearray()
        try:
            self._socket = socket.create_connection(address, seconds)
        except OSError as error:
            raise AssociationLostError(str(error)) from error
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.sendall(_associate_request(contexts, _title(calling), _title(called)))
            kind, body = self._pdu()
            if kind != _ASSOCIATE_AC:
                raise AssociationLostError(f"PDU {kind}: {body[:4].hex()}")
            self._peer_max_pdu = self._read_accepted(body, contexts)
        except (OSError, AssociationLostError) as error:
            self._socket.close()
            raise AssociationLostError(str(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Go away without a word."""
        self._socket.close()

    def release(self) -> None:
        """End the association in order."""
        with contextlib.suppress(OSError, AssociationLostError):
            self._socket.sendall(_PDU.pack(_RELEASE_RQ, 4) + bytes(4))
            self._pdu()
        self.close()

    def takes(self, abstract_syntax: str | bytes, transfer_syntax: str) -> bool:
        """Whether a context was accepted."""
        return (abstract_syntax, transfer_syntax) in self._accepted

    def echo(self) -> Reply:
        """Verify."""
        context_id = self._accepted[VERIFICATION, IMPLICIT_LITTLE_ENDIAN]
        return self._asked(context_id, 0x0030, VERIFICATION.encode(), b"", None)

    def store(
        self, instance: SentInstance, *, sop_class_uid: bytes | None = None, sop_instance_uid: bytes | None = None
    ) -> Reply:
        """Store an instance; the UIDs of the command may be others than its own.

        Raises:
            AssociationLostError: If no answer comes.
        """
        context_id = self._accepted[instance.sop_class_uid, instance.transfer_syntax_uid]
        named = instance.sop_class_uid.encode() if sop_class_uid is None else sop_class_uid
        uid = instance.sop_instance_uid.encode() if sop_instance_uid is None else sop_instance_uid
        return self._asked(context_id, 0x0001, named, uid, instance.data_set)

    def begin_store(self, instance: SentInstance, share: float) -> None:
        """Send the command and that share of the data set, and leave it at that."""
        context_id = self._accepted[instance.sop_class_uid, instance.transfer_syntax_uid]
        command = _command(0x0001, next(self._numbers), instance.sop_class_uid.encode(), b"1.2.3", has_data_set=True)
        part = instance.data_set[: int(len(instance.data_set) * share)]
        self._socket.sendall(b"".join(self._fragments(context_id, command, is_command=True)))
        self._socket.sendall(b"".join(list(self._fragments(context_id, part, is_command=False))[:-1]))

    def _asked(self, context_id: int, kind: int, sop_class: bytes, uid: bytes, data_set: bytes | None) -> Reply:
        number = next(self._numbers) & 0xFFFF
        command = _command(kind, number, sop_class, uid, has_data_set=data_set is not None)
        try:
            pieces = list(self._fragments(context_id, command, is_command=True))
            if data_set is not None:
                pieces += self._fragments(context_id, data_set, is_command=False)
            self._socket.sendall(b"".join(pieces))
            elements = self._command_set()
        except OSError as error:
            raise AssociationLostError(str(error)) from error
        (answered,) = struct.unpack("<H", elements[0x0120])
        if answered != number:
            raise AssociationLostError(f"answer to {answered}, not to {number}")
        (status,) = struct.unpack("<H", elements[0x0900])
        return Reply(status, elements.get(0x0902, b"").decode("latin-1").strip())

    def _fragments(self, context_id: int, data: bytes, *, is_command: bool) -> Iterator[bytes]:
        size = min(self._peer_max_pdu or _OUR_MAX_PDU, _OUR_MAX_PDU) - 6
        for start in range(0, max(len(data), 1), size):
            piece = data[start : start + size]
            control = is_command | (2 if start + size >= len(data) else 0)
            yield _PDU.pack(_P_DATA, len(piece) + 6) + struct.pack(">IBB", len(piece) + 2, context_id, control) + piece

    def _command_set(self) -> dict[int, bytes]:
        collected = b""
        while True:
            kind, body = self._pdu()
            if kind != _P_DATA:
                raise AssociationLostError(f"PDU {kind}")
            position = 0
            while position < len(body):
                length, _context, control = struct.unpack_from(">IBB", body, position)
                collected += body[position + 6 : position + 4 + length]
                position += 4 + length
                if control & 2:
                    return _elements(collected)

    def _pdu(self) -> tuple[int, bytes]:
        kind, length = _PDU.unpack(self._exactly(_PDU.size))
        body = self._exactly(length)
        if kind == _ABORT:
            raise AssociationLostError(f"aborted: {body[2:4].hex()}")
        return kind, body

    def _exactly(self, count: int) -> bytes:
        while len(self._received) < count:
            piece = self._socket.recv(65536)
            if not piece:
                raise AssociationLostError("the peer went away")
            self._received += piece
        taken = bytes(self._received[:count])
        del self._received[:count]
        return taken

    def _read_accepted(self, body: bytes, contexts: Sequence[Context]) -> int:
        position, largest = 68, 16384
        while position + 4 <= len(body):
            kind, length = struct.unpack_from(">BxH", body, position)
            value = body[position + 4 : position + 4 + length]
            if kind == 0x21 and value[2] == 0:
                self._accepted[contexts[value[0] // 2]] = value[0]
            elif kind == 0x50 and value[:1] == b"\x51":
                (largest,) = struct.unpack_from(">I", value, 4)
            position += 4 + length
        return largest


def _title(title: str | bytes) -> bytes:
    return title if isinstance(title, bytes) else title.encode("ascii").ljust(16)


def _item(kind: int, value: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(value)) + value


def _associate_request(contexts: Sequence[Context], calling: bytes, called: bytes) -> bytes:
    body = struct.pack(">Hxx", 1) + called + calling + bytes(32) + _item(0x10, _APPLICATION_CONTEXT)
    for number, (abstract, transfer) in enumerate(contexts):
        name = abstract if isinstance(abstract, bytes) else abstract.encode()
        syntaxes = _item(0x30, name) + _item(0x40, transfer.encode())
        body += _item(0x20, bytes((2 * number + 1, 0, 0, 0)) + syntaxes)
    body += _item(0x50, _item(0x51, struct.pack(">I", _OUR_MAX_PDU)) + _item(0x52, _IMPLEMENTATION))
    return _PDU.pack(1, len(body)) + body


def _element(element: int, value: bytes) -> bytes:
    return struct.pack("<HHI", 0, element, len(value)) + value


def _uid(value: bytes) -> bytes:
    return value + b"\0" * (len(value) % 2)


def _command(kind: int, number: int, sop_class: bytes, uid: bytes, *, has_data_set: bool) -> bytes:
    elements = _element(0x0002, _uid(sop_class)) + _element(0x0100, struct.pack("<H", kind))
    elements += _element(0x0110, struct.pack("<H", number))
    if has_data_set:
        elements += _element(0x0700, struct.pack("<H", 0))
    elements += _element(0x0800, struct.pack("<H", 1 if has_data_set else 0x0101))
    if has_data_set:
        elements += _element(0x1000, _uid(uid))
    return _element(0x0000, struct.pack("<I", len(elements))) + elements


def _elements(data: bytes) -> dict[int, bytes]:
    found, position = {}, 0
    while position < len(data):
        _group, element, length = struct.unpack_from("<HHI", data, position)
        found[element] = data[position + 8 : position + 8 + length]
        position += 8 + length
    return found
