"""The long attacks on the receiver, and the same ones on Orthanc and storescp; figures are printed."""

import os
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.builders.faults import CALLS, FaultyDisk, Tally, has_strace
from tests.builders.kept_check import check_holds
from tests.builders.killing import Promised, Running, kill_often, restarted
from tests.builders.peer_servers import ORTHANC, STORESCP, Orthanc, PeerServer, StoreScp
from tests.builders.receiver_process import ReceiverProcess

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.timeout(4 * 3600),
    pytest.mark.skipif(sys.platform == "win32", reason="ends processes and fails calls as POSIX systems do"),
]

Record = Callable[[str, object], None]

KILLS = int(os.environ.get("NEGATOSCOPE_TEST_KILLS", "1000"))
KILLS_OF_CONTROLS = 100
MOST_CALLS = 60


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


@pytest.mark.parametrize("kind", [Orthanc, StoreScp])
def test_the_same_kills_on_others(kind: type[PeerServer], tmp_path: Path, record_property: Record) -> None:
    """What they lose is told, not judged."""
    program = {Orthanc: ORTHANC, StoreScp: STORESCP}[kind]
    if not Path(program).exists():
        pytest.skip(f"{program} is not installed")
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
            for onwards in ("", "+"):
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
