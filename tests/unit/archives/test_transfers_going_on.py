"""Transfers of what was saved: tried as long as it takes, gone on with after interruptions, promised in the end."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from viewer.archives.transfer_book import Outcome, TransferBook
from viewer.archives.transfer_engine import EngineReport
from viewer.archives.transfer_failures import NotAnsweredError
from viewer.archives.transfer_values import INTERRUPTED, TransferKind, TransferRequest, TransferState
from viewer.archives.transfers import EntryEars, Transfers
from viewer.base.errors import NetworkError, ViewerError
from viewer.base.jobs import Progress
from viewer.library.database import Database
from viewer.network.requesting import PassingError

SECONDS = 60.0
DELAYS_S = (0.01, 0.01)
SAVED = TransferRequest(
    TransferKind.SEND, "PACS", "1.2.3", sop_instance_uids=("1", "2"), expected=2, goes_on=True, commits=True
)


class Archive:
    """Fails as it is told, by kind; then has everything."""

    def __init__(self) -> None:
        self.failures: dict[TransferKind, list[ViewerError]] = {}
        self.done: list[TransferRequest] = []
        self.attempts = 0

    def make(self, request: TransferRequest, _ears: EntryEars) -> "Sending":
        return Sending(self, request)


class Sending:
    def __init__(self, archive: Archive, request: TransferRequest) -> None:
        self._archive, self._request = archive, request

    def prefer(self, series_instance_uid: str) -> None: ...

    def run(self, _progress: Progress) -> EngineReport:
        self._archive.attempts += 1
        if failures := self._archive.failures.get(self._request.kind):
            raise failures.pop(0)
        self._archive.done.append(self._request)
        return EngineReport(2, 2)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[TransferBook]:
    with Database(tmp_path) as database:
        yield TransferBook(database)


@pytest.fixture
def archive() -> Archive:
    return Archive()


@pytest.fixture
def queue(book: TransferBook, archive: Archive) -> Iterator[Transfers]:
    transfers = Transfers(book, archive.make, lambda _message: None, delays_s=DELAYS_S)
    transfers.start()
    yield transfers
    assert transfers.close(SECONDS)


def until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def states(book: TransferBook) -> list[tuple[TransferKind, TransferState]]:
    return [(status.request.kind, status.state) for status in book.all_of()]


def test_an_archive_that_is_away_for_long_is_tried_until_it_is_back_and_asked_for_its_promise(
    book: TransferBook, archive: Archive, queue: Transfers
) -> None:
    archive.failures[TransferKind.SEND] = [PassingError("Nobody answers there") for _each in range(5)]
    queue.add(SAVED)
    until(lambda: len(archive.done) == 2)
    until(lambda: states(book) == [(each, TransferState.DONE) for each in (TransferKind.SEND, TransferKind.COMMIT)])
    assert archive.done == [SAVED, replace(SAVED, kind=TransferKind.COMMIT, commits=False)]
    assert archive.attempts == 7


def test_others_are_given_up_after_some_failures(book: TransferBook, archive: Archive, queue: Transfers) -> None:
    archive.failures[TransferKind.SEND] = [PassingError("Nobody answers there") for _each in range(5)]
    queue.add(replace(SAVED, goes_on=False))
    until(lambda: states(book) == [(TransferKind.SEND, TransferState.FAILED)])
    assert archive.attempts == len(DELAYS_S) + 1


def test_what_an_archive_refuses_is_listed_as_failed_and_not_tried_for_ever(
    book: TransferBook, archive: Archive, queue: Transfers
) -> None:
    archive.failures[TransferKind.SEND] = [NetworkError("It does not take objects of this kind")]
    queue.add(SAVED)
    until(lambda: states(book) == [(TransferKind.SEND, TransferState.FAILED)])
    assert archive.attempts == 1
    queue.resume(book.all_of()[0].key)
    until(lambda: len(archive.done) == 2)


def test_a_promise_that_never_comes_is_not_asked_for_for_ever(
    book: TransferBook, archive: Archive, queue: Transfers
) -> None:
    archive.failures[TransferKind.COMMIT] = [NotAnsweredError("It has not answered yet") for _each in range(9)]
    queue.add(SAVED)
    until(lambda: states(book)[1:] == [(TransferKind.COMMIT, TransferState.FAILED)])
    assert archive.attempts == 1 + len(DELAYS_S) + 1


def test_without_a_wish_for_it_no_promise_is_asked_for(book: TransferBook, queue: Transfers) -> None:
    key = queue.add(replace(SAVED, commits=False))
    ended = queue.wait(key, SECONDS)
    assert ended is not None
    assert ended.state is TransferState.DONE
    assert len(book.all_of()) == 1


def test_what_somebody_else_writes_down_is_done(book: TransferBook, archive: Archive, queue: Transfers) -> None:
    queue.take_in(book.note(SAVED))
    until(lambda: len(archive.done) == 2)
    book.note(replace(SAVED, study_instance_uid="1.2.4", commits=False))  # without a word
    until(lambda: len(archive.done) == 3)
    queue.take_in(999)  # there is none


@pytest.mark.parametrize(
    ("before", "reason", "after"),
    [
        (TransferState.QUEUED, "", TransferState.QUEUED),
        (TransferState.RUNNING, "", TransferState.QUEUED),
        (TransferState.RETRYING, "Nobody answers there", TransferState.QUEUED),
        (TransferState.PAUSED, INTERRUPTED, TransferState.QUEUED),
        (TransferState.PAUSED, "", TransferState.PAUSED),
        (TransferState.FAILED, "It is refused", TransferState.FAILED),
        (TransferState.DONE, "", TransferState.DONE),
    ],
)
def test_after_a_restart_it_goes_on_unless_somebody_stopped_it(
    book: TransferBook, before: TransferState, reason: str, after: TransferState
) -> None:
    key = book.note(SAVED)
    book.put(key, TransferState.QUEUED, before, Outcome(reason=reason))
    (status,) = book.take_up()
    assert status.state is after


def test_what_did_not_get_there_is_not_forgotten_among_many_others(
    book: TransferBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("viewer.archives.transfer_book.MOST_ENDED", 1)
    keys = [book.note(request) for request in (SAVED, replace(SAVED, goes_on=False), SAVED, SAVED)]
    for key, state in zip(keys, [TransferState.FAILED] * 2 + [TransferState.DONE] * 2, strict=True):
        book.put(key, TransferState.QUEUED, state, Outcome())
    assert [status.key for status in book.take_up()] == [keys[0], keys[3]]
