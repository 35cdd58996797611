"""Sending instances to another station (C-STORE, PS3.4 B): byte for byte from their files, never decoded.

Each instance goes in its own transfer syntax. A station that takes an uncompressed one in no other way gets it from
explicit to implicit VR or back, without a value touched; whatever else would need decoding is said to be not possible.
"""

import hashlib
import ssl
import struct
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from viewer.base.errors import NetworkError, ViewerError, system_reason
from viewer.base.jobs import Progress
from viewer.base.translation import N_, _
from viewer.dicom.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, transfer_syntax
from viewer.network.association_request import ProposedContext
from viewer.network.message_pdus import filled
from viewer.network.messages import C_STORE_RQ, RESPONDED_TO, RESPONSE, STATUS, Message, command_set
from viewer.network.negotiation import AcceptedContext
from viewer.network.ports import HeldInstance
from viewer.network.recoding import recoded
from viewer.network.requesting import MOST_CONTEXTS, Patience, RequestedAssociation
from viewer.network.stations import Station

_PIECE = 1 << 20
_EXPLICIT_HEADER = struct.Struct("<HH2sH")
_PREFIX, _META_BYTES = 128, 65536
_OTHER_ENCODING: Mapping[str, str] = {
    EXPLICIT_VR_LITTLE_ENDIAN: IMPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN: EXPLICIT_VR_LITTLE_ENDIAN,
}
_WARNINGS = frozenset({0xB000, 0xB006, 0xB007})
_FIRST_ID = 1
_MOST_IDS = 0xFFFF
_FAILURES: tuple[tuple[int, int, str], ...] = (
    (0xA700, 0xA7FF, N_("It has no room left")),
    (0xA900, 0xA9FF, N_("It says that the object is not of the kind that it claims")),
    (0xC000, 0xCFFF, N_("It cannot understand the object")),
    (0x0111, 0x0111, N_("It has another object of that name")),
    (0x0122, 0x0122, N_("It does not take objects of this kind")),
    (0x0124, 0x0124, N_("It is not allowed to take the object")),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one instance.

    Attributes:
        status: Of the C-STORE response; None when there was none.
        reason: Why it was not taken, in plain words; empty when it was.
    """

    status: int | None
    reason: str = ""

    @property
    def is_sent(self) -> bool:
        """Whether the station has it."""
        return not self.reason

    @property
    def is_warning(self) -> bool:
        """Whether the station has it, but not quite as it was."""
        return self.is_sent and self.status != 0


@dataclass(frozen=True, slots=True)
class Originator:
    """Whose C-MOVE an instance is sent for."""

    ae_title: str
    message_id: int


@dataclass(frozen=True, slots=True)
class SendReport:
    """What became of all.

    Attributes:
        sent: SOP Instance UIDs that the station has.
        failed: Why it has not the others, by SOP Instance UID.
    """

    sent: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)


class Exchange(Protocol):
    """What instances are sent over."""

    def send(self, context_id: int, command: bytes, data: Iterator[bytes]) -> None:
        """Send a message."""

    def receive(self) -> Message:
        """Return the next message."""


def send_instances(
    station: Station,
    calling_title: str,
    instances: Sequence[HeldInstance],
    progress: Progress,
    tls: ssl.SSLContext | None = None,
) -> SendReport:
    """Send instances; each that could not be sent is in the report with its reason. Trying again is the caller's.

    Raises:
        Cancelled: If the job was cancelled.
    """
    sent: list[str] = []
    failed: dict[str, str] = {}
    deliveries = delivered(station, calling_title, instances, tls=tls)
    try:
        progress.report(0, len(instances))
        for done, (instance, outcome) in enumerate(deliveries, 1):
            if outcome.is_sent:
                sent.append(instance.sop_instance_uid)
            else:
                failed[instance.sop_instance_uid] = outcome.reason
            progress.report(done, len(instances))
            progress.check()
    finally:
        deliveries.close()
    return SendReport(tuple(sent), failed)


def delivered(
    station: Station,
    calling_title: str,
    instances: Sequence[HeldInstance],
    *,
    originator: Originator | None = None,
    tls: ssl.SSLContext | None = None,
    patience: Patience | None = None,
) -> Generator[tuple[HeldInstance, Outcome], None, None]:
    """Yield what became of each instance as it is sent; closing the generator ends the association."""
    for contexts, batch in _batches(instances):
        left = list(batch)
        while left:
            before = len(left)
            try:
                association = RequestedAssociation(station, calling_title, contexts, tls=tls, patience=patience)
            except NetworkError as error:
                yield from ((instance, Outcome(None, error.one_line())) for instance in left)
                break
            with association:
                while left and association.is_open:
                    message_id = _FIRST_ID + len(left) % _MOST_IDS
                    instance = left.pop(0)
                    yield instance, store(association, association.contexts, instance, message_id, originator)
            if left and before - len(left) == 1:
                # Lost at its first instance: one more association would be lost as well.
                yield from ((instance, Outcome(None, _("The connection was lost"))) for instance in left)
                break


def store(
    exchange: Exchange,
    contexts: Mapping[int, AcceptedContext],
    instance: HeldInstance,
    message_id: int,
    originator: Originator | None = None,
) -> Outcome:
    """Send one instance over an association and return what became of it."""
    context_id, is_recoded = _context_for(instance, contexts)
    if context_id is None:
        return Outcome(None, _unwanted(instance))
    command = command_set(
        C_STORE_RQ,
        has_data=True,
        affected_class=instance.sop_class_uid,
        message_id=message_id,
        priority=0,
        affected_instance=instance.sop_instance_uid,
        originator_title=originator.ae_title if originator else None,
        originator_id=originator.message_id if originator else None,
    )
    try:
        with ExitStack() as held:
            stream = held.enter_context(instance.path.open("rb"))
            if instance.sha256 and hashlib.file_digest(stream, "sha256").hexdigest() != instance.sha256:
                return Outcome(None, _("The file was altered since it was kept; it is not sent"))
            _seek_data_set(stream)
            if is_recoded:
                is_explicit = instance.transfer_syntax_uid == EXPLICIT_VR_LITTLE_ENDIAN
                pieces: Iterator[bytes] = map(bytes, filled(recoded(stream, to_implicit=is_explicit), _PIECE))
            else:
                pieces = iter(lambda: stream.read(_PIECE), b"")
            exchange.send(context_id, command, _even(pieces))
        response = exchange.receive()
    except OSError as error:
        return Outcome(None, _("The file cannot be read: {0}").format(system_reason(error)))
    except ViewerError as error:
        return Outcome(None, str(error))
    is_answer = response.number(0x0100) == C_STORE_RQ | RESPONSE and response.number(RESPONDED_TO) == message_id
    if not is_answer:
        return Outcome(None, _("The station does not keep to the protocol"))
    return _judged(response.number(STATUS, 0xC000))


def _even(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the pieces, few and large, their sum even."""
    return (piece if len(piece) % 2 == 0 else bytes(piece) + b"\0" for piece in pieces)


def _judged(status: int) -> Outcome:
    if status == 0 or status in _WARNINGS:
        return Outcome(status)
    words = next((words for first, last, words in _FAILURES if first <= status <= last), N_("It refuses the object"))
    return Outcome(status, f"{_(words)} ({status:04X}H)")


def _seek_data_set(stream: BinaryIO) -> None:
    """Go to where the data set begins, behind preamble and File Meta Information (PS3.10 7.1)."""
    stream.seek(0)
    head = stream.read(_PREFIX + 4 + _META_BYTES)
    position = _PREFIX + 4
    if head[_PREFIX:position] != b"DICM":
        raise NetworkError(_("The file does not say what it is"))
    while head[position : position + 2] == b"\2\0" and position + 12 <= len(head):
        _group, _element, vr, length = _EXPLICIT_HEADER.unpack_from(head, position)
        position += 8
        if vr in {b"OB", b"UN", b"OW", b"UT"}:
            length = int.from_bytes(head[position : position + 4], "little")
            position += 4
        position += length
    is_cut_off = head[position : position + 2] == b"\2\0"
    if is_cut_off or position >= stream.seek(0, 2) or position >= _META_BYTES:
        raise NetworkError(_("The file does not say what it is"))
    stream.seek(position)


def _batches(instances: Sequence[HeldInstance]) -> Iterator[tuple[list[ProposedContext], list[HeldInstance]]]:
    """Yield the instances by the associations that they need: each kind has contexts of its own, 128 at most."""
    wanted = dict.fromkeys((instance.sop_class_uid, instance.transfer_syntax_uid) for instance in instances)
    batch: list[tuple[str, str]] = []
    count = 0
    for kind in [*wanted, None]:
        needed = 0 if kind is None else 1 + (kind[1] in _OTHER_ENCODING)
        if batch and (kind is None or count + needed > MOST_CONTEXTS):
            members = frozenset(batch)
            yield (
                _proposals(batch),
                [
                    instance
                    for instance in instances
                    if (instance.sop_class_uid, instance.transfer_syntax_uid) in members
                ],
            )
            batch, count = [], 0
        if kind is not None:
            batch.append(kind)
            count += needed


def _proposals(kinds: Sequence[tuple[str, str]]) -> list[ProposedContext]:
    # One transfer syntax each: a context with several would leave the choice to the station.
    pairs = dict.fromkeys(kinds)
    pairs.update(dict.fromkeys((uid, _OTHER_ENCODING[syntax]) for uid, syntax in kinds if syntax in _OTHER_ENCODING))
    return [ProposedContext(2 * number + 1, uid, (syntax,)) for number, (uid, syntax) in enumerate(pairs)]


def _context_for(instance: HeldInstance, contexts: Mapping[int, AcceptedContext]) -> tuple[int | None, bool]:
    """Return the context to send in, and whether the data set must be recoded for it."""
    of_class = {
        context.transfer_syntax: number
        for number, context in contexts.items()
        if context.abstract_syntax == instance.sop_class_uid
    }
    if instance.transfer_syntax_uid in of_class:
        return of_class[instance.transfer_syntax_uid], False
    other = _OTHER_ENCODING.get(instance.transfer_syntax_uid, "")
    return of_class.get(other), True


def _unwanted(instance: HeldInstance) -> str:
    name = transfer_syntax(instance.transfer_syntax_uid).name
    return _("It does not take objects of this kind, or not in their encoding: {0}").format(name)
