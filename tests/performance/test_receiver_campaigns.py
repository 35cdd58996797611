"""The long attacks on the receiver, and the same ones on Orthanc and storescp; figures are printed."""

import itertools
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pynetdicom import AE, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]  # made when it is imported
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
)

from tests.builders.attackers import Load, sent
from tests.builders.data_sets import item
from tests.builders.dimse_client import StoreClient, contexts_for
from tests.builders.faults import CALLS, FaultyDisk, Tally, has_strace
from tests.builders.forged_attack import attack
from tests.builders.forging import forgeries, genuine_study
from tests.builders.kept_check import check_holds, holding
from tests.builders.killing import Promised, Running, kill_often, restarted
from tests.builders.peer_servers import ORTHANC, STORESCP, Orthanc, PeerServer, StoreScp
from tests.builders.receiver_process import ReceiverProcess
from tests.builders.sent_instances import endless, made_instance, one_of_each

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.timeout(4 * 3600),
    pytest.mark.skipif(sys.platform == "win32", reason="ends processes and fails calls as POSIX systems do"),
]

Record = Callable[[str, object], None]

KILLS = int(os.environ.get("NEGATOSCOPE_TEST_KILLS", "1000"))
KILLS_OF_CONTROLS = 100
MOST_CALLS = 60
FORGERIES, FORGERIES_ON_CONTROLS = 10_000, 1000
SENDERS, OF_EACH = 100, 10
COMMITMENTS = 1000
CONTROLS = [
    pytest.param(Orthanc, marks=pytest.mark.skipif(not Path(ORTHANC).exists(), reason="Orthanc is not installed")),
    pytest.param(StoreScp, marks=pytest.mark.skipif(not Path(STORESCP).exists(), reason="DCMTK is not installed")),
]


def test_a_receiver_killed_a_thousand_times_loses_nothing(tmp_path: Path, record_property: Record) -> None:
    library = tmp_path / "library"

    def look(promised: Promised) -> None:
        restarted(library)
        check_holds(library, promised.acknowledged.values())
        print(f"{promised.kills} kills: {len(promised.acknowledged)} acknowledged, 0 lost", flush=True)

    started = time.monotonic()
    promised = kill_often(lambda: ReceiverProcess(library), KILLS, seed=int(time.time()), look=look)
    record_property("acknowledged", len(promised.acknowledged))
    print(
        f"{KILLS} kills in {time.monotonic() - started:.0f} s: {len(promised.acknowledged)} acknowledged instances, "
        f"{len(promised.unanswered)} under way; 0 lost, 0 orphans, index sound"
    )


@pytest.mark.parametrize("kind", CONTROLS)
def test_the_same_kills_on_others(kind: type[PeerServer], tmp_path: Path, record_property: Record) -> None:
    """What they lose is told, not judged."""
    server = kind(tmp_path / "control")

    def start() -> AbstractContextManager[Running]:
        return server

    promised = kill_often(start, KILLS_OF_CONTROLS, seed=4, called=server.ae_title)
    with server:
        held = server.held()
        lost = [uid for uid, each in promised.acknowledged.items() if held.get(uid) != each.pixels_sha256]
        remains = server.remains()
    record_property("lost", len(lost))
    print(
        f"{kind.__name__}: {KILLS_OF_CONTROLS} kills, {len(promised.acknowledged)} acknowledged, {len(lost)} lost, "
        f"{remains} files left over that are no instance"
    )


@pytest.mark.skipif(not has_strace(), reason="strace is not installed, or may not trace here")
@pytest.mark.parametrize("call", CALLS)
def test_every_call_fails_once_and_from_there_on(call: str, tmp_path: Path, record_property: Record) -> None:
    tally = Tally()
    for error in ("ENOSPC", "EIO"):
        disk = FaultyDisk(tmp_path, f"{call}.{error}")
        disk.tally = tally
        try:
            # While no file tells its size SQLite tries for many seconds, and the answer comes after that.
            for onwards in ("",) if call == "stat" else ("", "+"):
                number = 1
                while disk.attempt(call, error, f"{number}{onwards}") and number < MOST_CALLS:
                    number += 1
                print(f"{call} {error}{onwards}: the first {number - 1} calls of an association", flush=True)
            disk.check()
        finally:
            disk.close()
    record_property("failed", tally.failed)
    print(f"{call}: {tally.line()}; 0 lost, 0 orphans")
    assert tally.deaths == []
    assert tally.statuses.keys() <= {0x0000, 0xA700, 0x0110}


def test_ten_thousand_forgeries(tmp_path: Path, record_property: Record) -> None:
    counts = attack(tmp_path / "library", FORGERIES, seed=2)
    record_property("forged", sum(counts.values()))
    print(f"{sum(counts.values())} forged instances, 0 replaced, all told of: {dict(counts)}")


@pytest.mark.parametrize("kind", CONTROLS)
def test_the_same_forgeries_on_others(kind: type[PeerServer], tmp_path: Path) -> None:
    genuine = genuine_study()
    forged = [each.instance for each in forgeries(FORGERIES_ON_CONTROLS, genuine)]
    in_place = {each.sop_instance_uid for each in genuine}
    with kind(tmp_path / "control") as server:
        contexts = contexts_for(genuine)
        sent(Load(server.address, [genuine], contexts, called=server.ae_title))
        load = sent(Load(server.address, [forged], contexts, called=server.ae_title))
        held = server.held()
    replaced = sum(held.get(each.sop_instance_uid) != each.pixels_sha256 for each in genuine)
    taken = sum(each.sop_instance_uid in in_place for each in forged) - sum(
        instance.sop_instance_uid in in_place for instance, _reply in load.answers
    )
    print(
        f"{kind.__name__}: {len(forged)} forged instances, {len(forged) - len(load.answers)} answered with success; "
        f"{replaced} of {len(genuine)} replaced; {taken} with the UID of a genuine one answered with success"
    )


@pytest.mark.parametrize("kind", [None, *CONTROLS])
def test_a_hundred_senders_of_ten(kind: type[PeerServer] | None, tmp_path: Path) -> None:
    sources = [list(itertools.islice(endless(f"sender{each}", seed=each), OF_EACH)) for each in range(SENDERS)]
    contexts, calling = contexts_for(one_of_each().values()), [f"SENDER{each}" for each in range(SENDERS)]
    started = time.monotonic()
    if kind is None:
        with ReceiverProcess(tmp_path / "library") as receiver:
            load = sent(Load(receiver.address, sources, contexts, calling=calling))
            seconds = time.monotonic() - started
            assert receiver.stop() == 0
        check_holds(tmp_path / "library", load.acknowledged.values())
        assert (load.lost, load.answers, len(load.acknowledged)) == ([], [], SENDERS * OF_EACH)
        lost = 0
    else:
        with kind(tmp_path / "control") as server:
            load = sent(Load(server.address, sources, contexts, calling=calling, called=server.ae_title))
            seconds = time.monotonic() - started
            held = server.held()
        lost = sum(held.get(uid) != each.pixels_sha256 for uid, each in load.acknowledged.items())
    print(
        f"{kind.__name__ if kind else 'receiver'}: {SENDERS} associations at once, {len(load.acknowledged)} of "
        f"{SENDERS * OF_EACH} acknowledged in {seconds:.1f} s, {len(load.lost)} associations and {lost} instances lost"
    )


def test_a_library_that_may_hold_a_gigabyte(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "settings.toml").write_text("[receiver]\nmost_gigabytes = 1\n")
    made = [made_instance(f"quota/{each}/1", each.to_bytes(4, "little") * 1_000_000) for each in range(4)]
    library = tmp_path / "library"
    acknowledged = []
    with ReceiverProcess(library, "--configured", config=config) as receiver:
        with StoreClient(receiver.address, contexts_for(made)) as client:
            statuses = []
            for number in range(260):
                instance = made_instance(f"quota/{number}/1", number.to_bytes(4, "little") * 1_000_000)
                statuses.append(client.store(instance).status)
                acknowledged += [instance.sop_instance_uid] if statuses[-1] == 0 else []
            client.release()
        assert receiver.stop() == 0
    assert set(statuses) == {0, 0xA700}
    assert statuses == sorted(statuses)
    held = holding(library)
    assert held.in_force.keys() == set(acknowledged)
    size = sum(path.stat().st_size for path in held.objects.values())
    print(f"{len(acknowledged)} instances of 4 MB, {size} bytes, then A700")
    assert 0.98e9 < size <= 1e9


def test_a_thousand_commitments(tmp_path: Path) -> None:
    library = tmp_path / "library"
    made = [made_instance(f"promised/{number}/1", number.to_bytes(4, "little") * 100) for number in range(COMMITMENTS)]
    chance = random.Random(11)
    spoilt = dict.fromkeys(chance.sample([each.sop_instance_uid for each in made], COMMITMENTS // 10))
    with (
        asking_station() as (entity, handlers, port, reports),
        ReceiverProcess(library, "--station", f"MODALITY@127.0.0.1:{port}") as receiver,
    ):
        load = sent(Load(receiver.address, [made], contexts_for(made)))
        assert len(load.acknowledged) == COMMITMENTS
        held = holding(library)
        for number, uid in enumerate(spoilt):
            path = held.objects[held.in_force[uid]]
            path.chmod(0o600)
            if number % 2:
                path.unlink()
            else:
                data = bytearray(path.read_bytes())
                data[chance.randrange(400, len(data))] ^= 1 << chance.randrange(8)
                path.write_bytes(data)
        started = time.monotonic()
        ask_to_commit(
            entity, handlers, receiver.address, [(each.sop_class_uid, each.sop_instance_uid) for each in made]
        )
        while len(reports) < COMMITMENTS:
            assert time.monotonic() < started + 600, f"{len(reports)} answered"
            time.sleep(0.1)
        seconds = time.monotonic() - started
        assert receiver.stop() == 0
    promised = {uid for committed, _failed in reports.values() for uid in committed}
    refused = {uid for _committed, failed in reports.values() for uid in failed}
    print(
        f"{len(reports)} requests answered in {seconds:.0f} s: {len(promised)} promised, {len(refused)} not; "
        f"{len(spoilt)} were spoilt"
    )
    assert refused == spoilt.keys()
    assert promised == {each.sop_instance_uid for each in made} - spoilt.keys()


@contextmanager
def asking_station() -> Iterator[tuple[AE, list[Any], int, dict[str, tuple[list[str], list[str]]]]]:
    """A modality that asks for commitment: with its handlers, where it listens, and what it was told."""
    reports: dict[str, tuple[list[str], list[str]]] = {}

    def reported(event: evt.Event) -> tuple[int, None]:
        told = event.event_information
        lists = [
            [str(each.ReferencedSOPInstanceUID) for each in told.get(name, ())]
            for name in ("ReferencedSOPSequence", "FailedSOPSequence")
        ]
        reports[str(told.TransactionUID)] = (lists[0], lists[1])
        return 0, None

    handlers: list[Any] = [(evt.EVT_N_EVENT_REPORT, reported)]
    entity = AE("MODALITY")
    entity.add_requested_context(StorageCommitmentPushModel)
    entity.add_supported_context(StorageCommitmentPushModel, scu_role=True, scp_role=True)
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    assert server is not None
    try:
        yield entity, handlers, int(server.server_address[1]), reports
    finally:
        server.shutdown()
        server.server_close()


def ask_to_commit(entity: AE, handlers: list[Any], address: tuple[str, int], pairs: Sequence[tuple[str, str]]) -> None:
    """Ask for each in a request of its own, without waiting for what comes of it."""
    association = entity.associate(*address, ae_title="NEGATOSCOPE", evt_handlers=handlers)
    assert association.is_established
    try:
        for number, (sop_class, uid) in enumerate(pairs):
            asked = item(
                TransactionUID=f"2.25.4000.{number}",
                ReferencedSOPSequence=[item(ReferencedSOPClassUID=sop_class, ReferencedSOPInstanceUID=uid)],
            )
            status, _reply = association.send_n_action(
                asked, 1, StorageCommitmentPushModel, StorageCommitmentPushModelInstance
            )
            assert status.get("Status") == 0, f"{number}: {status}"
    finally:
        association.release()
