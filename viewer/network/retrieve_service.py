"""Retrieve (C-MOVE, C-GET; PS3.4 C.4.2, C.4.3): instances sent from their files, to a station or to the caller."""

import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from viewer.dicom.transfer_syntaxes import IMPLICIT_VR_LITTLE_ENDIAN
from viewer.network.identifiers import read_identifier
from viewer.network.messages import (
    C_GET_RQ,
    C_MOVE_RQ,
    MESSAGE_ID,
    MOVE_DESTINATION,
    RESPONSE,
    Channel,
    Message,
    command_set,
)
from viewer.network.negotiation import GET_CLASSES, MOVE_CLASSES
from viewer.network.ports import TOO_MANY_ANSWERS, Archive, HeldInstance, QueryRefused
from viewer.network.query_service import CANCELLED, NOT_AUTHORIZED, PATIENT_ROOT_PREFIX, PENDING, SUCCESS
from viewer.network.sending import Originator, Outcome, delivered, store
from viewer.network.small_data_sets import write_data_set
from viewer.network.stations import Station

DESTINATION_UNKNOWN, TOO_MANY_MATCHES, UNABLE, SOME_FAILED = 0xA801, 0xA701, 0xA702, 0xB000
"""Statuses of a retrieve (PS3.4 Tables C.4-2, C.4-3)."""
_FAILED_UIDS = 0x00080058
_LONGEST_LIST = 0xFFFE
_MOST = 0xFFFF


@dataclass(slots=True)
class _Counts:
    """How far a retrieve is (PS3.7 9.3.3.2)."""

    remaining: int
    completed: int = 0
    warned: int = 0
    failed: list[str] = field(default_factory=list)

    def note(self, instance: HeldInstance, outcome: Outcome) -> None:
        self.remaining -= 1
        if not outcome.is_sent:
            self.failed.append(instance.sop_instance_uid)
        elif outcome.is_warning:
            self.warned += 1
        else:
            self.completed += 1

    @property
    def final_status(self) -> int:
        if not self.failed and not self.warned:
            return SUCCESS
        return SOME_FAILED if self.completed or self.warned else UNABLE

    def failed_list(self) -> bytes:
        """Return the list of what failed, as far as an element can hold it."""
        uids = "\\".join(self.failed).encode()
        if len(uids) > _LONGEST_LIST:
            uids = uids[: uids.rindex(b"\\", 0, _LONGEST_LIST)]
        return uids + b"\0" * (len(uids) % 2)


def serve_move(
    channel: Channel,
    archive: Archive,
    stations: Mapping[str, Station],
    request: Message,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Serve one C-MOVE request to its end; its destination is one of the stations that are configured.

    Raises:
        NetworkError: If the caller is gone.
    """
    retrieve = _Retrieve(channel, archive, request, C_MOVE_RQ)
    if not retrieve.is_allowed(MOVE_CLASSES):
        return
    destination = stations.get(request.text(MOVE_DESTINATION))
    if destination is None:
        retrieve.respond(DESTINATION_UNKNOWN)
        return
    if (instances := retrieve.instances()) is None:
        return
    caller = channel.caller
    originator = Originator(caller.ae_title, request.number(MESSAGE_ID))
    with closing(
        delivered(destination, caller.called_ae_title, instances, originator=originator, tls=tls)
    ) as deliveries:
        retrieve.carry_out(instances, deliveries)


def serve_get(channel: Channel, archive: Archive, request: Message) -> None:
    """Serve one C-GET request to its end, on the association on which it came.

    Raises:
        NetworkError: If the caller is gone.
    """
    retrieve = _Retrieve(channel, archive, request, C_GET_RQ)
    if not retrieve.is_allowed(GET_CLASSES) or (instances := retrieve.instances()) is None:
        return
    first_id = request.number(MESSAGE_ID) + 1

    def deliveries() -> Iterator[tuple[HeldInstance, Outcome]]:
        for number, instance in enumerate(instances):
            yield instance, store(channel, channel.contexts, instance, (first_id + number) % _MOST)

    retrieve.carry_out(instances, deliveries())


class _Retrieve:
    def __init__(self, channel: Channel, archive: Archive, request: Message, command_field: int) -> None:
        self._channel = channel
        self._archive = archive
        self._request = request
        self._field = command_field
        self._context = channel.contexts[request.context_id]
        self._is_implicit = self._context.transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
        self._message_id = request.number(MESSAGE_ID)

    def is_allowed(self, classes: frozenset[str]) -> bool:
        if self._context.abstract_syntax in classes and self._channel.caller.is_known:
            return True
        self.respond(NOT_AUTHORIZED)
        return False

    def instances(self) -> Sequence[HeldInstance] | None:
        """Return what is asked for; None when that has been answered with a failure."""
        is_patient_root = self._context.abstract_syntax.startswith(PATIENT_ROOT_PREFIX)
        try:
            asked = read_identifier(self._request.data, is_implicit=self._is_implicit)
            return self._archive.instances(asked.level, asked.keys, is_patient_root=is_patient_root)
        except QueryRefused as error:
            status = TOO_MANY_MATCHES if error.status == TOO_MANY_ANSWERS else error.status
            self.respond(status, comment=str(error) if str(error).isascii() else "")
            return None

    def carry_out(self, instances: Sequence[HeldInstance], deliveries: Iterator[tuple[HeldInstance, Outcome]]) -> None:
        counts = _Counts(len(instances))
        while counts.remaining:
            if self._channel.is_cancelled(self._message_id):
                self.respond(CANCELLED, counts)
                return
            counts.note(*next(deliveries))
            if not self._channel.is_open:
                return
            if counts.remaining:
                self.respond(PENDING, counts)
        self.respond(counts.final_status, counts)

    def respond(self, status: int, counts: _Counts | None = None, comment: str = "") -> None:
        is_pending = status == PENDING
        numbers: dict[str, int] = {}
        if counts is not None:
            numbers = {
                "completed": min(counts.completed, _MOST),
                "failed": min(len(counts.failed), _MOST),
                "warned": min(counts.warned, _MOST),
            }
            if is_pending or status == CANCELLED:
                numbers["remaining"] = min(counts.remaining, _MOST)
        data = b""
        if counts is not None and counts.failed and not is_pending:
            data = write_data_set({_FAILED_UIDS: counts.failed_list()}, is_implicit=self._is_implicit)
        command = command_set(
            self._field | RESPONSE,
            has_data=bool(data),
            affected_class=self._context.abstract_syntax,
            responded_to=self._message_id,
            status=status,
            comment=comment,
            **numbers,
        )
        self._channel.send(self._request.context_id, command, (data,) if data else ())
