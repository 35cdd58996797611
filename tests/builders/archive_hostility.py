"""Commands against archives that misbehave: in a hurry, and what is true of every end of theirs."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builders.archive_cycle import run_here
from tests.builders.kept_check import Holding, holding
from tests.builders.sent_instances import SentInstance
from tests.flows.command_line import Ended
from viewer.archives import access, commitment
from viewer.archives.dispatch import Dispatch
from viewer.archives.retrieval import Retrieval
from viewer.network.requesting import Patience
from viewer.network.web import storing

DEADLINE_S = 30.0
"""Of a command against a peer that answers within a second or never: far more than it takes."""
_BRIEF, _LONG = Patience(1.0, 0.4, 0.4, 0.4), Patience(20.0, 20.0, 20.0, 20.0)


class Hurry:
    """Commands that try again at once, and not often; while `is_on` they bear silence only for a moment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_on = False
        monkeypatch.setattr(access, "_patience", lambda _peer: _BRIEF if self.is_on else _LONG)
        monkeypatch.setattr(commitment, "_FIRST_DELAY_S", 0.01)
        monkeypatch.setattr(storing, "_WAIT_S", 0.01)
        for job, changed in (
            (Retrieval, {"tries": 2, "rest_s": 0.01}), (Dispatch, {"attempts": 2, "first_delay_s": 0.01})
        ):  # fmt: skip
            defaults = {**(job.__init__.__kwdefaults__ or {}), **changed}
            monkeypatch.setattr(job.__init__, "__kwdefaults__", defaults)


@dataclass(frozen=True)
class Desk:
    """Settings and a library of one test."""

    folder: Path

    @property
    def library(self) -> Path:
        return self.folder / "library"

    def forget(self) -> None:
        """Have no archives in the list."""
        (self.folder / "config" / "peers.toml").unlink(missing_ok=True)

    def enter(self, name: str, title: str, port: int) -> None:
        """Enter an archive by DIMSE in the list."""
        place = ("--aet", title, "--host", "127.0.0.1", "--port", port)
        done = run_here(self.folder, "peers", "add", name, *place)
        assert done.code == 0, done.errors

    def enter_web(self, name: str, root: str) -> None:
        """Enter an archive by DICOMweb in the list."""
        done = run_here(self.folder, "peers", "add", name, "--dicomweb", root)
        assert done.code == 0, done.errors

    def run(self, *arguments: object) -> Ended:
        """Run a command; whatever comes of it, it ends in order."""
        began = time.monotonic()
        ended = run_here(self.folder, "--library", self.library, *arguments)
        took = time.monotonic() - began
        assert took < DEADLINE_S, (arguments, took)
        in_order(ended, arguments)
        return ended

    def held(self) -> Holding | None:
        """Return what the library holds; it is sound, and nothing is left half way."""
        if not self.library.is_dir():
            return None
        assert not [*self.folder.rglob("*.part")]
        incoming = self.library / "incoming"
        assert not incoming.is_dir() or not [*incoming.iterdir()]
        return holding(self.library)


def in_order(ended: Ended, told: object = "") -> None:
    """See that a command ended in one of two ways: done, or in one clear line and exit code 1."""
    assert "Traceback" not in ended.errors + ended.output, (told, ended)
    assert ended.code in {0, 1}, (told, ended)
    lines = ended.errors.splitlines()
    assert len(lines) <= 1, (told, ended)
    assert all(line.startswith("negatoscope: ") and len(line) > 30 for line in lines), (told, ended)
    if ended.code and not lines:  # what failed is told by instance
        assert '"reason": "' in ended.output or '"state": "' in ended.output or "not sent" in ended.output, (
            told,
            ended,
        )


def right(held: Holding | None, made: Sequence[SentInstance]) -> int:
    """Return how many of these are held; each of them with the very bytes that were made."""
    count = 0
    for one in made:
        if held is not None and one.sop_instance_uid in held.in_force:
            assert held.data_set(one.sop_instance_uid, len(one.data_set)) == one.data_set, one.sop_instance_uid
            count += 1
    return count
