"""The queue of transfers over a real index, with engines that do as they are told."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from viewer.archives.transfer_book import TransferBook
from viewer.archives.transfer_engine import Arrival, EngineReport
from viewer.archives.transfer_values import (
    INTERRUPTED,
    TransferKind,
    TransferRequest,
    TransferState,
    request_of,
    status_of,
)
from viewer.archives.transfers import EntryEars, Transfers
from viewer.base.errors import LibraryError, NetworkError, ViewerError
from viewer.base.jobs import Progress
from viewer.library.database import Database
from viewer.network.requesting import PassingError

SECONDS = 60.0
EXPECTED = 5


class Stage:
    """What the engines do, by study, and what was heard."""

    def __init__(self) -> None:
        self.heard: list[Mapping[str, Any]] = []
        self.began: list[str] = []
        self.preferred: list[tuple[str, str]] = []
        self.gates: dict[str, threading.Event] = {}
        self.failures: dict[str, list[ViewerError]] = {}
        self.come: dict[str, int] = {}
        self.most: dict[str, int] = {}
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()

    def make(self, request: TransferRequest, ears: EntryEars) -> "Engine":
        return Engine(self, request, ears)

    def events(self, name: str) -> list[Mapping[str, Any]]:
        return [each for each in tuple(self.heard) if each["event"] == name]


class Engine:
    """Brings instances one by one, as far as its gate lets it; goes on where the last one stopped."""

    def __init__(self, stage: Stage, request: TransferRequest, ears: EntryEars) -> None:
        self.stage, self.request, self.ears = stage, request, ears

    def prefer(self, series_instance_uid: str) -> None:
        self.stage.preferred.append((self.request.study_instance_uid, series_instance_uid))

    def run(self, progress: Progress) -> EngineReport:
        uid = self.request.study_instance_uid
        stage = self.stage
        with stage.lock:
            stage.began.append(uid)
            stage.at_once += 1
            stage.most_at_once = max(stage.most_at_once, stage.at_once)
        try:
            self.ears.announced(uid, {"1.2": [f"1.2.{number}" for number in range(EXPECTED)]})
            for number in range(stage.most.get(uid, EXPECTED)):
                is_new = number >= stage.come.get(uid, 0)
                self.ears.arrived(Arrival("1.2", f"1.2.{number}", 1000, is_new=is_new))
                stage.come[uid] = max(stage.come.get(uid, 0), number + 1)
                if is_new and (failures := stage.failures.get(uid)):
                    raise failures.pop(0)
                if number == 1 and (gate := stage.gates.get(uid)) is not None:
                    while not gate.wait(0.01):
                        progress.check()
                progress.check()
        finally:
            with stage.lock:
                stage.at_once -= 1
        came = stage.most.get(uid, EXPECTED)
        return EngineReport(came, EXPECTED, {"It has no room left": EXPECTED - came} if came < EXPECTED else {})


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def book(tmp_path: Path) -> Iterator[TransferBook]:
    with Database(tmp_path) as database:
        yield TransferBook(database)


@contextmanager
def queue_over(book: TransferBook, stage: Stage, **options: Any) -> Iterator[Transfers]:
    transfers = Transfers(book, stage.make, stage.heard.append, delays_s=(0.05, 0.05), **options)
    transfers.start()
    try:
        yield transfers
    finally:
        assert transfers.close(SECONDS)


def fetch(study: str, **values: Any) -> TransferRequest:
    return TransferRequest(TransferKind.RETRIEVE, values.pop("archive", "A"), study, **values)


def until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def state_of(transfers: Transfers, key: int) -> TransferState:
    return next(status.state for status in transfers.statuses() if status.key == key)


def test_a_transfer_runs_to_its_end_and_is_told_and_written_down(book: TransferBook, stage: Stage) -> None:
    with queue_over(book, stage) as transfers:
        key = transfers.add(fetch("1.9"))
        ended = transfers.wait(key, SECONDS)
    assert ended is not None
    assert (ended.state, ended.done, ended.expected, ended.size) == (TransferState.DONE, 5, 5, 5000)
    (written,) = book.all_of()
    assert (written.state, written.done, written.expected) == (TransferState.DONE, 5, 5)
    assert written.ended_at is not None
    told = [instance[1] for event in stage.events("arrived") for instance in event["instances"]]
    assert told == [f"1.2.{number}" for number in range(5)]
    assert stage.events("announced")[0]["series"] == {"1.2": told}
    states = [event["state"] for event in stage.events("transfer")]
    assert states[0] == "queued"
    assert states[-1] == "done"


def test_so_many_at_once_and_no_more_of_an_archive_than_it_bears(book: TransferBook, stage: Stage) -> None:
    stage.gates = {f"1.{number}": threading.Event() for number in range(6)}
    limits = {"A": 1, "B": 4}
    with queue_over(book, stage, limit_of=limits.__getitem__, at_once=3) as transfers:
        for number in range(6):
            transfers.add(fetch(f"1.{number}", archive="A" if number < 3 else "B"))
        until(lambda: len(stage.began) == 3)
        assert set(stage.began) == {"1.0", "1.3", "1.4"}
        for gate in stage.gates.values():
            gate.set()
        until(lambda: len(stage.began) == 6)
    assert stage.most_at_once <= 3


def test_what_is_paused_stops_and_goes_on_without_what_is_there(book: TransferBook, stage: Stage) -> None:
    stage.gates["1.9"] = threading.Event()
    with queue_over(book, stage) as transfers:
        key = transfers.add(fetch("1.9"))
        until(lambda: stage.come.get("1.9") == 2)
        transfers.pause(key)
        until(lambda: state_of(transfers, key) is TransferState.PAUSED)
        stage.gates["1.9"].set()
        assert stage.began == ["1.9"]
        transfers.resume(key)
        ended = transfers.wait(key, SECONDS)
        until(lambda: state_of(transfers, key) is TransferState.DONE)
    assert ended is not None
    assert book.all_of()[0].size == 5000  # what was there is not counted again


def test_what_fails_for_now_is_tried_again_and_what_fails_for_good_is_not(book: TransferBook, stage: Stage) -> None:
    stage.failures = {
        "1.1": [PassingError("The connection was lost"), PassingError("The connection was lost")],
        "1.2": [NetworkError("It refuses to talk")],
    }
    with queue_over(book, stage) as transfers:
        passing, lasting = transfers.add(fetch("1.1")), transfers.add(fetch("1.2"))
        until(lambda: state_of(transfers, passing) is TransferState.DONE)
        until(lambda: state_of(transfers, lasting).has_ended)
        said = {status.key: status for status in transfers.statuses()}
    assert stage.began.count("1.1") == 3
    assert stage.began.count("1.2") == 1
    assert said[lasting].state is TransferState.INCOMPLETE  # one had come
    assert said[lasting].reason == "It refuses to talk"
    assert any("again in" in line.text for line in said[passing].log)


def test_it_gives_up_after_so_many_failures_without_anything_new(book: TransferBook, stage: Stage) -> None:
    stage.most["1.1"] = 0
    refused = threading.Event()

    def make(_request: TransferRequest, _ears: EntryEars) -> Engine:
        refused.set()
        raise PassingError("The connection was lost")

    transfers = Transfers(book, make, stage.heard.append, delays_s=(0.01, 0.01))
    transfers.start()
    key = transfers.add(fetch("1.1"))
    until(lambda: state_of(transfers, key) is TransferState.FAILED)
    assert transfers.close(SECONDS)
    states = [event["state"] for event in stage.events("transfer")]
    assert states.count("retrying") >= 2


def test_what_is_not_complete_says_how_much_is_and_why(book: TransferBook, stage: Stage) -> None:
    stage.most["1.1"] = 3
    with queue_over(book, stage) as transfers:
        ended = transfers.wait(transfers.add(fetch("1.1")), SECONDS)
        assert ended is not None
        assert (ended.state, ended.done, ended.failed) == (TransferState.INCOMPLETE, 3, 2)
        assert ended.reason == "3 of 5. 2 × It has no room left"
        stage.most.clear()
        transfers.resume(ended.key)
        until(lambda: state_of(transfers, ended.key) is TransferState.DONE)


def test_what_the_reader_looks_at_takes_the_place_of_another(book: TransferBook, stage: Stage) -> None:
    stage.gates = {"1.1": threading.Event(), "1.2": threading.Event()}
    with queue_over(book, stage) as transfers:
        first, second = transfers.add(fetch("1.1")), transfers.add(fetch("1.2"))
        until(lambda: stage.come.get("1.1") == 2)
        transfers.prefer("1.2", "1.2.7")
        until(lambda: stage.come.get("1.2") == 2)
        assert state_of(transfers, first) is TransferState.QUEUED
        assert ("1.2", "1.2.7") in stage.preferred
        stage.gates["1.2"].set()
        until(lambda: state_of(transfers, second) is TransferState.DONE)
        stage.gates["1.1"].set()
        until(lambda: state_of(transfers, first) is TransferState.DONE)


def test_what_nobody_waits_for_comes_last(book: TransferBook, stage: Stage) -> None:
    stage.gates["1.1"] = threading.Event()
    with queue_over(book, stage) as transfers:
        transfers.add(fetch("1.1"))
        until(lambda: stage.come.get("1.1") == 2)
        prior = transfers.add(fetch("1.2", is_background=True))
        transfers.add(fetch("1.3"))
        stage.gates["1.1"].set()
        until(lambda: state_of(transfers, prior) is TransferState.DONE)
    assert stage.began == ["1.1", "1.3", "1.2"]


def test_what_was_interrupted_waits_for_somebody_to_say_so(book: TransferBook, stage: Stage) -> None:
    stage.gates["1.1"] = threading.Event()
    with queue_over(book, stage) as transfers:
        key = transfers.add(fetch("1.1"))
        transfers.add(fetch("1.2", archive="A"))
        transfers.add(fetch("1.3", folder="/somewhere"))
        until(lambda: stage.come.get("1.1") == 2)
    stage.gates["1.1"].set()
    again = Transfers(book, stage.make, stage.heard.append)
    interrupted = again.start()
    assert [status.request.study_instance_uid for status in interrupted] == ["1.1", "1.2"]
    assert {status.reason for status in interrupted} == {INTERRUPTED}
    assert [status.request.study_instance_uid for status in again.statuses()] == ["1.1", "1.2"]  # 1.3 was not kept
    assert stage.began == ["1.1"]
    again.resume(key)
    until(lambda: state_of(again, key) is TransferState.DONE)
    assert stage.began == ["1.1", "1.1"]
    assert again.close(SECONDS)


def test_another_process_pauses_and_cancels_through_the_book(book: TransferBook, stage: Stage) -> None:
    stage.gates = {"1.1": threading.Event(), "1.2": threading.Event()}
    with queue_over(book, stage, limit_of=lambda _archive: 2) as transfers:
        first, second = transfers.add(fetch("1.1")), transfers.add(fetch("1.2"))
        until(lambda: len(stage.began) == 2)
        assert book.wish([first], TransferState.PAUSED) == [first]
        assert book.wish([second], TransferState.CANCELLED) == [second]
        until(lambda: state_of(transfers, first) is TransferState.PAUSED)
        until(lambda: state_of(transfers, second) is TransferState.CANCELLED)
        for gate in stage.gates.values():
            gate.set()
        book.wish([first], TransferState.QUEUED)
        until(lambda: state_of(transfers, first) is TransferState.DONE)
        book.forget([second])
        until(lambda: second not in {status.key for status in transfers.statuses()})
    assert {status.key: status.state for status in book.all_of()} == {first: TransferState.DONE}


def test_what_somebody_asked_for_while_nobody_worked_goes_on_by_itself(book: TransferBook, stage: Stage) -> None:
    key = book.note(fetch("1.1"))
    book.put(key, TransferState.QUEUED, TransferState.PAUSED, book_outcome())
    book.wish([key], TransferState.QUEUED)
    with queue_over(book, stage) as transfers:
        until(lambda: state_of(transfers, key) is TransferState.DONE)


def book_outcome() -> Any:
    from viewer.archives.transfer_book import Outcome

    return Outcome(2, 5)


def test_a_full_disk_is_not_tried_again_by_itself(book: TransferBook, stage: Stage) -> None:
    stage.failures["1.1"] = [LibraryError("The library could not write", subject="/home/somebody/library")]
    with queue_over(book, stage) as transfers:
        ended = transfers.wait(transfers.add(fetch("1.1")), SECONDS)
    assert ended is not None
    assert ended.state is TransferState.INCOMPLETE
    assert ended.reason == "The library could not write"  # not where


def test_a_patient_id_goes_through_the_pipe_but_is_neither_written_nor_told(book: TransferBook, stage: Stage) -> None:
    request = fetch("1.1", patient_id="PAT-4711")
    assert request_of(request.as_json()) == request
    with queue_over(book, stage) as transfers:
        ended = transfers.wait(transfers.add(request), SECONDS)
    assert "4711" not in repr(stage.heard)
    assert "4711" not in repr(book.all_of())
    assert ended is not None
    assert status_of(ended.as_json()).request.study_instance_uid == "1.1"
