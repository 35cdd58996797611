"""A receiver that is killed, starved or failed by its disk: what it acknowledged is there, and nothing half done is."""

import sys
from pathlib import Path

import pytest

from tests.builders.attackers import Load, sent
from tests.builders.dimse_client import contexts_for
from tests.builders.kept_check import check_holds
from tests.builders.killing import kill_often, restarted
from tests.builders.receiver_process import ReceiverProcess
from tests.builders.sent_instances import one_of_each
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
