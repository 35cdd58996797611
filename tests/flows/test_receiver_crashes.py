"""A receiver that is killed, starved or failed by its disk: what it acknowledged is there, and nothing half done is."""

import sys
from pathlib import Path

import pytest

from tests.builders.attackers import Load, sent
from tests.builders.dimse_client import StoreClient, contexts_for
from tests.builders.disk_order import under_trace, unsafe_answers
from tests.builders.faults import FaultyDisk, has_strace
from tests.builders.kept_check import check_holds
from tests.builders.killing import kill_often, restarted
from tests.builders.receiver_process import ReceiverProcess
from tests.builders.sent_instances import made_instance, one_of_each
from tests.flows.command_line import run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends processes and fails calls as POSIX systems do")

KILLS = 10


def verified(library: Path) -> None:
    """See that the library's own look through it finds nothing."""
    ended = run(library.parent, "--library", library, "library", "verify", "--json")
    assert ended.code == 0, ended.errors
    found = ended.json()
    assert {name: found[name] for name in found if name != "checked"} == {
        "missing": [], "altered": [], "orphans": [], "strangers": [], "audit": [],
    }  # fmt: skip


def test_a_killed_receiver_has_everything_that_it_acknowledged(tmp_path: Path) -> None:
    library = tmp_path / "library"
    promised = kill_often(lambda: ReceiverProcess(library), KILLS, seed=1)
    assert len(promised.acknowledged) >= KILLS
    restarted(library)
    check_holds(library, promised.acknowledged.values())
    verified(library)
    with ReceiverProcess(
        library
    ) as receiver:  # whoever got no answer sends again: nothing of the first time is in the way
        load = sent(Load(receiver.address, [promised.unanswered], contexts_for(one_of_each().values())))
        assert len(load.acknowledged) == len(promised.unanswered)
        assert receiver.stop() == 0
    check_holds(library, [*promised.acknowledged.values(), *promised.unanswered])


@pytest.mark.skipif(not has_strace(), reason="strace is not installed, or may not trace here")
def test_nothing_is_answered_before_it_is_on_the_disk(tmp_path: Path) -> None:
    library, trace = tmp_path / "library", tmp_path / "trace"
    sent_ones = [made_instance(f"order/{number}/1", bytes(2000), kind=number) for number in range(12)]
    with ReceiverProcess(library, under=under_trace(trace)) as receiver:
        with StoreClient(receiver.address, contexts_for(sent_ones)) as client:
            assert [client.store(each).status for each in sent_ones] == [0] * len(sent_ones)
            client.release()
        assert receiver.stop() == 0
    assert unsafe_answers(trace, library / "objects", library / "library.sqlite-wal", len(sent_ones)) == []
    check_holds(library, sent_ones)


@pytest.mark.skipif(not has_strace(), reason="strace is not installed, or may not trace here")
def test_failing_system_calls_are_answered_and_leave_nothing_half_done(tmp_path: Path) -> None:
    disk = FaultyDisk(tmp_path, "sample")
    try:
        for call, error in (
            ("write", "ENOSPC"),
            ("pwrite", "EIO"),
            ("fsync", "EIO"),
            ("rename", "ENOSPC"),
            ("flock", "EIO"),
        ):
            assert disk.attempt(call, error, "2+3", count=3)  # now and then
            assert disk.attempt(call, error, "1+", count=2)  # from now on
        disk.check()
    finally:
        disk.close()
    assert disk.tally.deaths == disk.tally.lost == []
    assert {0x0000, 0xA700} <= disk.tally.statuses.keys() <= {0x0000, 0xA700, 0x0110}


@pytest.mark.skipif(sys.platform != "linux", reason="limits a process as Linux does")
def test_a_file_that_may_not_grow_is_refused(tmp_path: Path) -> None:
    library = tmp_path / "library"
    small, large = made_instance("s/1/1", bytes(1000)), made_instance("s/1/2", bytes(3_000_000))
    with ReceiverProcess(library, under=("prlimit", "--fsize=2000000")) as receiver:
        with StoreClient(receiver.address, contexts_for([small])) as client:
            assert [client.store(each).status for each in (small, large, small)] == [0x0000, 0xA700, 0x0000]
        refused = receiver.wait_for(lambda told: told["event"] == "refused")
        assert (refused["status"], refused["sop_instance_uid"]) == ("A700", large.sop_instance_uid)
        assert receiver.stop() == 0
    check_holds(library, [small])
