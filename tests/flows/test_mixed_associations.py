"""Associations that store, echo, ask and fetch in turn, with another implementation at the other end (pynetdicom)."""

import contextlib
import random
import socket
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import AE, build_role, evt
from pynetdicom.association import Association

from tests.builders.association_requests import (
    COMMITMENT,
    CT,
    EXPLICIT,
    FIND,
    GET,
    IMPLICIT,
    RELEASE_RQ,
    VERIFICATION,
    accepted,
    association_request,
    echo_command,
    p_data,
)
from tests.builders.ct_series import write_ct_series
from tests.flows.dicom_server import TITLE, CountingStorage, Listening, everything, fields, listening, one_pdu
from viewer.network.allow_list import AllowList, AllowRule
from viewer.network.limits import Limits
from viewer.network.messages import C_FIND_RQ, command_set
from viewer.network.ports import Caller, CommitmentResult, HeldInstance, QueryLevel, Reply
from viewer.network.server import Services

pytestmark = pytest.mark.skipif(not Path("/usr/bin/echoscu").exists(), reason="needs DCMTK")

ACCEPT, REJECT, P_DATA, RELEASE_RP, ABORT = 2, 3, 4, 6, 7
FOUND = "1.2.3.4.5"
CONTEXTS = ((VERIFICATION, (IMPLICIT,)), (CT, (EXPLICIT,)), (FIND, (IMPLICIT,)), (COMMITMENT, (IMPLICIT,)))


@dataclass
class OneStudy:
    """An archive that answers every query with one study and every retrieve with the same files."""

    held: Sequence[HeldInstance] = ()
    asked: list[Mapping[str, str]] = field(default_factory=list)
    answers: int = 1

    def find(self, level: QueryLevel, keys: Mapping[str, str], *, is_patient_root: bool) -> Iterator[Mapping[str, str]]:
        assert level is QueryLevel.STUDY
        assert not is_patient_root
        self.asked.append(keys)
        for number in range(self.answers):
            yield {"StudyInstanceUID": f"{FOUND}.{number}"}

    def instances(self, level: QueryLevel, keys: Mapping[str, str], *, is_patient_root: bool) -> Sequence[HeldInstance]:
        assert level is QueryLevel.STUDY
        assert not is_patient_root
        assert keys
        return self.held


@dataclass
class QuickBook:
    """A book that commits to everything at once, on a thread of its own."""

    taken: list[bool] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def ask(
        self, transaction_uid: str, referenced: Sequence[tuple[str, str]], caller: Caller, reply: Reply | None = None
    ) -> int:
        assert caller.is_known
        assert reply is not None
        result = CommitmentResult(transaction_uid, tuple(referenced), ())
        thread = threading.Thread(target=lambda: self.taken.append(reply(result)))
        self.threads.append(thread)
        thread.start()
        return 0


@dataclass
class Served:
    """A server with all services."""

    here: Listening
    storage: CountingStorage
    archive: OneStudy
    book: QuickBook


@contextlib.contextmanager
def serving(
    *, held: Sequence[HeldInstance] = (), limits: Limits | None = None, allowed: AllowList | None = None
) -> Iterator[Served]:
    storage, archive, book = CountingStorage(), OneStudy(held), QuickBook()
    with listening(services=Services(storage, archive, book), limits=limits, allowed=allowed) as here:
        yield Served(here, storage, archive, book)
    for thread in book.threads:
        thread.join(60)
        assert not thread.is_alive()


@contextlib.contextmanager
def associated(port: int, handlers: Sequence[Any] = ()) -> Iterator[Association]:
    """Associate with pynetdicom, for everything at once."""
    entity = AE("MODALITY")
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 60
    for abstract in (VERIFICATION, CT, FIND, GET, COMMITMENT):
        entity.add_requested_context(abstract, [EXPLICIT, IMPLICIT])
    roles = [build_role(CT, scu_role=True, scp_role=True)]
    association = entity.associate("127.0.0.1", port, ae_title=TITLE, ext_neg=roles, evt_handlers=list(handlers))  # type: ignore[arg-type] # its lists are invariant
    assert association.is_established
    try:
        yield association
    finally:
        association.release()
        assert association.is_released


def _query() -> Dataset:
    asked = Dataset()
    asked.QueryRetrieveLevel = "STUDY"
    asked.StudyInstanceUID = ""
    return asked


def test_storing_asking_fetching_and_echoing_take_turns(tmp_path: Path) -> None:
    files = write_ct_series(tmp_path, 3, 256)
    sets = [dcmread(path) for path in files]
    held = [
        HeldInstance(str(each.SOPClassUID), str(each.SOPInstanceUID), EXPLICIT, path)
        for each, path in zip(sets, files, strict=True)
    ]
    fetched: list[str] = []

    def take(event: evt.Event) -> int:
        fetched.append(str(event.dataset.SOPInstanceUID))
        assert event.dataset.PixelData == sets[len(fetched) - 1].PixelData
        return 0

    with serving(held=held) as served:
        with associated(served.here.port, [(evt.EVT_C_STORE, take)]) as association:
            assert association.send_c_echo().Status == 0
            assert association.send_c_store(sets[0]).Status == 0
            (pending, found), (final, _none) = association.send_c_find(_query(), FIND)
            assert (pending.Status, final.Status) == (0xFF00, 0)
            assert found is not None
            assert found.StudyInstanceUID == f"{FOUND}.0"
            assert association.send_c_store(sets[1]).Status == 0
            asked = _query()
            asked.StudyInstanceUID = FOUND
            statuses = [status.Status for status, _data in association.send_c_get(asked, GET)]
            assert statuses == [0xFF00, 0xFF00, 0]
            assert association.send_c_store(sets[2]).Status == 0
            assert association.send_c_echo().Status == 0
        assert fetched == [str(each.SOPInstanceUID) for each in sets]
        assert [offered.sop_instance_uid for offered, _size in served.storage.stored] == fetched
        assert all(size > 256 * 256 * 2 for _offered, size in served.storage.stored)
        served.here.wait_for(lambda: not served.here.server.associations())
        (closed,) = [details for event, details in served.here.events if event == "closed"]
        assert (closed["reason"], closed["received"], closed["aet"]) == ("released", 3, "MODALITY")


def test_a_commitment_is_reported_on_the_association_it_was_asked_on() -> None:
    reported: list[Dataset] = []
    came = threading.Event()

    def take(event: evt.Event) -> tuple[int, None]:
        reported.append(event.event_information)
        came.set()
        return 0, None

    asked = Dataset()
    asked.TransactionUID = "1.2.3"
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = CT, "1.2.3.4"
    asked.ReferencedSOPSequence = [item]
    with serving() as served:
        with associated(served.here.port, [(evt.EVT_N_EVENT_REPORT, take)]) as association:
            status, _reply = association.send_n_action(asked, 1, COMMITMENT, "1.2.840.10008.1.20.1.1")
            assert status.Status == 0
            assert came.wait(60)
            assert association.send_c_echo().Status == 0
        served.here.wait_for(lambda: served.book.taken == [True])
    assert [each.TransactionUID for each in reported] == ["1.2.3"]


def test_who_is_cancelled_stops() -> None:
    with serving() as served, served.here.connect() as connection:
        served.archive.answers = 100_000
        _associate(connection)
        connection.sendall(_find(1))
        assert one_pdu(connection)[0] == P_DATA
        connection.sendall(p_data(5, 3, command_set(0x0FFF, has_data=False, responded_to=1)))
        answers = 0
        while True:
            kind, said = one_pdu(connection)
            assert kind == P_DATA
            answers += 1
            if struct.pack("<HHIH", 0, 0x900, 2, 0xFE00) in said:
                break
        assert answers < 200_000  # each answer has two PDUs
        connection.sendall(RELEASE_RQ)
        assert one_pdu(connection)[0] == RELEASE_RP


def test_who_leaves_in_the_middle_is_not_answered_further() -> None:
    with serving() as served:
        served.archive.answers = 10_000_000
        with served.here.connect() as connection:
            _associate(connection)
            connection.sendall(_find(1))
            assert one_pdu(connection)[0] == P_DATA
        served.here.wait_for(lambda: not served.here.server.associations())


def test_unknown_callers_are_not_answered() -> None:
    with serving(allowed=AllowList((AllowRule.parse("SOMEBODY@127.0.0.1"),))) as served:
        with served.here.connect() as connection:
            connection.sendall(association_request(CONTEXTS))
            kind, said = one_pdu(connection)
            assert kind == ACCEPT
            contexts = accepted(struct.pack(">BxI", kind, len(said)) + said).presentation_context
            assert [context.result_reason for context in contexts] == [0, 0, 3, 3]
            # FIND was not agreed on: asking all the same ends the association.
            connection.sendall(_find(1))
            assert fields(everything(connection)) == [ABORT]
        assert served.archive.asked == []


def test_places_for_other_services_are_bounded() -> None:
    with serving(limits=Limits(other_associations=1)) as served, served.here.connect() as first:
        _associate(first)
        served.here.wait_for(lambda: any(now.has_other_services for now in served.here.server.associations()))
        assert served.here.answer_to(association_request(CONTEXTS)) == bytes((3, 0, 0, 0, 0, 4, 0, 2, 3, 2))
        assert served.here.echo() == 0


def _associate(connection: socket.socket) -> None:
    connection.sendall(association_request(CONTEXTS))
    assert one_pdu(connection)[0] == ACCEPT


def _identifier() -> bytes:
    level = b"STUDY "
    body = struct.pack("<HHI", 8, 0x52, len(level)) + level
    return body + struct.pack("<HHI", 0x20, 0xD, 0)


def _find(message_id: int) -> bytes:
    command = command_set(C_FIND_RQ, has_data=True, affected_class=FIND, message_id=message_id, priority=0)
    return p_data(5, 3, command) + p_data(5, 2, _identifier())


def _store(context_id: int, message_id: int = 7) -> bytes:
    command = command_set(
        1, has_data=True, affected_class=CT, message_id=message_id, priority=0, affected_instance="1.2.3"
    )
    return p_data(context_id, 3, command)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a P-DATA of 4 GB", b"\4\0\xff\xff\xff\xff"),
        ("a context that was not agreed on", p_data(99, 3, echo_command())),
        ("a store on the context of a query", _store(5)),
        ("a query on the context of a class", p_data(3, 3, command_set(C_FIND_RQ, has_data=False, message_id=1))),
        ("a response to nothing", p_data(5, 3, command_set(0x8020, has_data=False, responded_to=1, status=0))),
        ("a data set before its command", p_data(5, 2, _identifier())),
        ("an identifier without end", _find(1)[: -len(_identifier()) - 12] + p_data(5, 0, bytes(131066)) * 80),
        ("a command without end", p_data(5, 1, bytes(131066))),
        ("a command of garbage", p_data(5, 3, b"\xff" * 100)),
        ("another context in the middle", _store(3) + p_data(5, 2, bytes(100))),
        ("a second request", association_request()),
        ("a release nobody asked for", struct.pack(">BxII", 6, 4, 0)),
    ],
)
def test_what_breaks_the_protocol_aborts(name: str, said: bytes) -> None:
    with serving() as served:
        with served.here.connect() as connection:
            _associate(connection)
            with contextlib.suppress(OSError):
                connection.sendall(said)
            assert fields(everything(connection)) in ([ABORT], []), name
        served.here.wait_for(lambda: not served.here.server.associations())
        assert served.storage.stored == []
        assert len(served.storage.abandoned) == len(served.storage.callers)
        assert served.here.echo() == 0


def test_a_store_without_a_data_set_is_aborted_in_words_of_the_protocol() -> None:
    command = command_set(1, has_data=False, affected_class=CT, message_id=7, priority=0, affected_instance="1.2.3")
    with serving() as served:
        with served.here.connect() as connection:
            _associate(connection)
            connection.sendall(p_data(3, 3, command))
            assert everything(connection) == bytes((ABORT, 0, 0, 0, 0, 4, 0, 0, 2, 6))
        served.here.wait_for(lambda: any(event == "closed" for event, _details in served.here.events))
        (closed,) = [details for event, details in served.here.events if event == "closed"]
        assert closed["reason"] == "aborted: the peer broke the protocol"


def test_a_request_to_commit_to_more_than_is_read_at_once_is_not_taken() -> None:
    def asked(count: int) -> bytes:
        items = []
        for number in range(count):
            uid = f"1.2.3.{number:07d}".encode() + b"\0"
            item = struct.pack("<HHI", 8, 0x1150, 26) + CT.encode() + b"\0"
            item += struct.pack("<HHI", 8, 0x1155, len(uid)) + uid
            items.append(struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item)
        listed = b"".join(items)
        data = struct.pack("<HHI", 8, 0x1195, 6) + b"1.2.3\0" + struct.pack("<HHI", 8, 0x1199, len(listed)) + listed
        command = command_set(
            0x0130, has_data=True, requested_class=COMMITMENT, message_id=9,
            requested_instance="1.2.840.10008.1.20.1.1", action_type=1,
        )  # fmt: skip
        pieces = [data[first : first + 100_000] for first in range(0, len(data), 100_000)]
        sent = [p_data(7, 2 if piece is pieces[-1] else 0, piece) for piece in pieces]
        return b"".join((p_data(7, 3, command), *sent))

    with serving() as served, served.here.connect() as connection:
        _associate(connection)
        for count, status in ((20_001, 0x0213), (20_000, 0)):
            connection.sendall(asked(count))
            kind, said = one_pdu(connection)
            assert kind == P_DATA
            assert struct.pack("<HHIH", 0, 0x900, 2, status) in said


def test_requests_that_are_not_served_are_answered_so() -> None:
    with serving() as served, served.here.connect() as connection:
        _associate(connection)
        connection.sendall(p_data(5, 3, command_set(0x0130, has_data=False, message_id=9, action_type=1)))
        kind, said = one_pdu(connection)
        connection.sendall(RELEASE_RQ)
        assert (kind, one_pdu(connection)[0]) == (P_DATA, RELEASE_RP)
        assert struct.pack("<HHIH", 0, 0x900, 2, 0) not in said


def test_150_mutants_leave_it_alive() -> None:
    dice = random.Random(11)
    whole = p_data(1, 3, echo_command()) + _find(2) + _store(3, 3) + p_data(3, 0, bytes(500)) + p_data(3, 2, bytes(500))
    whole += _find(4) + RELEASE_RQ
    with serving() as served:
        for _mutant in range(150):
            said = bytearray(whole)
            for _change in range(dice.randint(1, 3)):
                said[dice.randrange(len(said))] = dice.randrange(256)
            with served.here.connect() as connection:
                _associate(connection)
                with contextlib.suppress(OSError):
                    connection.sendall(said)
                    connection.shutdown(socket.SHUT_WR)
                    everything(connection)
        served.here.wait_for(lambda: not served.here.server.associations())
        assert served.here.echo() == 0
        assert len(served.storage.callers) == len(served.storage.stored) + len(served.storage.abandoned)
