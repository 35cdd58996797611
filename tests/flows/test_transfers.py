"""The commands for transfers, and the process that works on them, over its pipe."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.builders import transfer_stand_in
from tests.builders.ct_series import write_ct_series
from viewer.archives.transfer_book import TransferBook
from viewer.archives.transfer_process import TransferProcess
from viewer.archives.transfer_values import TransferKind, TransferRequest, TransferState
from viewer.archives.transfer_worker import is_working
from viewer.library.library import Library

SECONDS = 60.0
COUNT = 5


class Heard:
    """What a process says."""

    def __init__(self) -> None:
        self.messages: list[Mapping[str, Any]] = []

    def __call__(self, message: Mapping[str, Any]) -> None:
        self.messages.append(message)

    def states(self) -> list[str]:
        return [str(each["state"]) for each in tuple(self.messages) if each["event"] == "transfer"]

    def events(self, name: str) -> list[Mapping[str, Any]]:
        return [each for each in tuple(self.messages) if each["event"] == name]


def until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def negatoscope(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = (
        sys.executable, "-m", "viewer", "--language", "en", "--config", str(folder / "config"),
        "--library", str(folder / "library"), "transfers", *arguments,
    )  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


def listed(folder: Path) -> list[dict[str, Any]]:
    done = negatoscope(folder, "list", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, list)
    return found


def noted(folder: Path, *archives: str) -> list[int]:
    with Library(folder / "library") as library:
        book = TransferBook(library.database)
        requests = [TransferRequest(TransferKind.RETRIEVE, archive, "1.2.3") for archive in archives]
        return [book.note(request) for request in requests]


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    import pydicom

    paths = write_ct_series(tmp_path / "archive", COUNT, 64)
    monkeypatch.setenv(transfer_stand_in.ARCHIVE, str(tmp_path / "archive"))
    return str(pydicom.dcmread(paths[0]).StudyInstanceUID)


def process_over(folder: Path, heard: Heard) -> TransferProcess:
    command = transfer_stand_in.command(folder / "library", folder / "config")
    return TransferProcess(folder / "library", folder / "config", heard, command=command)


def add(study: str) -> dict[str, Any]:
    request = TransferRequest(TransferKind.RETRIEVE, "FOLDER", study)
    return {"do": "add", "tag": 1, "request": request.as_json()}


def test_transfers_are_listed_paused_cancelled_and_forgotten(tmp_path: Path) -> None:
    first, second = noted(tmp_path, "A", "B")
    assert [each["request"]["archive"] for each in listed(tmp_path)] == ["A", "B"]
    assert negatoscope(tmp_path, "pause", str(first)).returncode == 0
    assert negatoscope(tmp_path, "cancel", str(second)).returncode == 0
    assert [each["state"] for each in listed(tmp_path)] == ["paused", "cancelled"]
    assert negatoscope(tmp_path, "forget", str(first), str(second)).returncode == 0
    assert listed(tmp_path) == []


def test_a_transfer_that_there_is_not_is_wrong_usage(tmp_path: Path) -> None:
    noted(tmp_path, "A")
    wrong = negatoscope(tmp_path, "pause", "4711")
    assert wrong.returncode == 2
    assert wrong.stderr.strip() == "negatoscope: There is no transfer 4711"


def test_without_a_window_a_transfer_is_gone_on_with_by_the_command(tmp_path: Path) -> None:
    (key,) = noted(tmp_path, "NOBODY")
    done = negatoscope(tmp_path, "retry", str(key))
    assert done.returncode == 1
    (status,) = listed(tmp_path)
    assert status["state"] == "failed"
    assert "NOBODY" in status["reason"]


def test_the_commands_reach_the_process_that_works(tmp_path: Path, study: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    monkeypatch.setenv(transfer_stand_in.GATE, str(gate))
    heard = Heard()
    process = process_over(tmp_path, heard)
    process.say(add(study))
    until(lambda: heard.events("arrived"))
    (status,) = listed(tmp_path)
    assert status["state"] == "running"
    assert negatoscope(tmp_path, "pause", str(status["key"])).returncode == 0
    until(lambda: heard.states()[-1] == "paused")
    gate.unlink()
    assert negatoscope(tmp_path, "resume", str(status["key"])).returncode == 0
    until(lambda: heard.states()[-1] == "done")
    assert process.end(SECONDS)


def test_it_ends_with_the_pipe_behind_the_instance_that_is_on_its_way(
    tmp_path: Path, study: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(transfer_stand_in.PACE, "0.05")
    heard = Heard()
    process = process_over(tmp_path, heard)
    process.say(add(study))
    until(lambda: heard.events("arrived"))
    assert process.end(SECONDS)
    with Library(tmp_path / "library") as library:
        (status,) = TransferBook(library.database).all_of()
        kept = library.catalogue.studies_of_uid(study)[0].instance_count
    assert status.state is TransferState.PAUSED
    assert status.done == kept  # every one that it counts is kept, and no other
    assert not list((tmp_path / "library").rglob("*.part"))


def test_what_was_asked_of_a_process_that_died_before_it_took_note_is_asked_again(tmp_path: Path, study: str) -> None:
    heard = Heard()
    process = process_over(tmp_path, heard)
    process.begin()
    until(lambda: heard.events("ready"))
    os.kill(process.pid, signal.SIGSTOP)
    process.say(add(study))
    time.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    until(lambda: heard.events("died"))
    until(lambda: heard.states() and heard.states()[-1] == "done")
    assert process.end(SECONDS)
    with Library(tmp_path / "library") as library:
        assert library.catalogue.studies_of_uid(study)[0].instance_count == COUNT


def test_a_second_process_leaves_a_library_to_the_first_and_says_so(
    tmp_path: Path, study: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from viewer.archives import transfer_worker
    from viewer.base.errors import LibraryError

    first = process_over(tmp_path, Heard())
    first.begin()
    until(lambda: transfer_worker.is_working(tmp_path / "library"))
    told: list[Mapping[str, Any]] = []
    second = transfer_worker.TransferWorker(tmp_path / "library", tmp_path / "config", told.append)
    monkeypatch.setattr(transfer_worker, "_LOCK_PATIENCE_S", 0.1)
    monkeypatch.setattr(transfer_worker, "GRACE_S", 0.1)
    with pytest.raises(LibraryError, match="Another window"):
        second.work(())
    assert [each["event"] for each in told] == ["problem"]
    assert study  # the archive is there all the same
    assert first.end(SECONDS)


def test_a_process_without_anything_to_do_ends_and_begins_again_when_it_is_wanted(
    tmp_path: Path, study: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(transfer_stand_in.IDLE, "0.2")
    heard = Heard()
    process = process_over(tmp_path, heard)
    process.begin()
    until(lambda: heard.events("idle"))
    until(lambda: not process.is_begun)
    assert not is_working(tmp_path / "library")
    process.say(add(study))
    until(lambda: heard.states() and heard.states()[-1] == "done")
    assert len(heard.events("ready")) == 2
    assert not heard.events("died")
    assert process.end(SECONDS)


def test_a_process_that_says_why_it_cannot_is_not_begun_again_and_again(tmp_path: Path, study: str) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "library.sqlite").write_bytes(b"no database" * 1000)
    heard = Heard()
    process = TransferProcess(tmp_path / "library", tmp_path / "config", heard)
    process.say(add(study))
    until(lambda: heard.events("died"))
    until(lambda: not process.is_begun)
    (died,) = heard.events("died")
    assert died["is_final"]
    assert "index is damaged" in died["reason"]
    assert process.end(SECONDS)


def test_secrets_go_through_the_pipe_alone(tmp_path: Path, study: str) -> None:
    heard = Heard()
    process = process_over(tmp_path, heard)
    process.say({"do": "secrets", "secrets": {"archive\npassword\n": "geheim-4711"}})
    process.say(add(study))
    until(lambda: heard.states() and heard.states()[-1] == "done")
    status = Path(f"/proc/{process.pid}")
    if status.exists():
        assert b"geheim" not in (status / "cmdline").read_bytes() + (status / "environ").read_bytes()
    assert process.end(SECONDS)
    assert "geheim" not in repr(heard.messages)
    texts = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and "archive" not in path.parts]
    assert not any(b"geheim" in text for text in texts)
