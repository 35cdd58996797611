"""What is written down of transfers, and who may write over whom."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest

from tests.builders.ct_series import write_ct_series
from viewer.archives.transfer_book import Outcome, TransferBook
from viewer.archives.transfer_values import INTERRUPTED, LogLine, TransferKind, TransferRequest, TransferState
from viewer.base.jobs import Progress
from viewer.library.database import Database
from viewer.library.keeping import erase_patient
from viewer.library.library import Library
from viewer.workspace.importing import ImportPlaces

REQUEST = TransferRequest(TransferKind.RETRIEVE, "PACS", "1.2.3", "1.2.3.4", ("1", "2"), expected=2)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path) as database:
        yield database


@pytest.fixture
def book(database: Database) -> TransferBook:
    return TransferBook(database)


def test_what_is_noted_is_found_again(book: TransferBook) -> None:
    key = book.note(REQUEST)
    outcome = Outcome(1, 2, 1, 1000, "It did not come", log=(LogLine(12.5, "C-GET"),))
    assert book.put(key, TransferState.QUEUED, TransferState.INCOMPLETE, outcome)
    (status,) = book.all_of()
    assert (status.key, status.request, status.state) == (key, REQUEST, TransferState.INCOMPLETE)
    assert (status.done, status.expected, status.failed, status.size) == (1, 2, 1, 1000)
    assert status.reason == "It did not come"
    assert status.log == (LogLine(12.5, "C-GET"),)
    assert status.ended_at is not None
    assert status.ended_at >= status.made_at


def test_who_does_not_know_how_it_stands_writes_nothing(book: TransferBook) -> None:
    key = book.note(REQUEST)
    assert book.wish([key], TransferState.CANCELLED) == [key]
    assert not book.put(key, TransferState.QUEUED, TransferState.RUNNING, Outcome())
    assert book.states() == {key: TransferState.CANCELLED}


def test_only_what_was_going_on_is_interrupted(book: TransferBook) -> None:
    keys = {state: book.note(REQUEST) for state in TransferState}
    for state, key in keys.items():
        book.put(key, TransferState.QUEUED, state, Outcome(reason="as before"))
    taken = {status.key: status for status in book.take_up()}
    going_on = {TransferState.QUEUED, TransferState.RUNNING, TransferState.RETRYING}
    for state, key in keys.items():
        expected = (TransferState.PAUSED, INTERRUPTED) if state in going_on else (state, "as before")
        assert (taken[key].state, taken[key].reason) == expected


def test_rows_that_are_no_transfers_of_ours_are_left_alone(book: TransferBook, database: Database) -> None:
    key = book.note(REQUEST)
    with database.writing() as connection:
        for request in ("", "[]", "{}", '{"kind": "burn", "archive": "x"}', "not JSON"):
            connection.execute(
                "INSERT INTO transfers (request, state, outcome, made_at) VALUES (?, 'later', 'x', 1)", (request,)
            )
    assert [status.key for status in book.all_of()] == [key]
    assert len(book.states()) == 6
    book.take_up()


def test_a_patient_who_is_erased_is_not_fetched_again(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path / "files", 2, 32, elements={"PatientID": "P-1"})
    with Library(tmp_path / "library") as library:
        ImportPlaces((paths[0].parent,), library, is_in_place=False).run(Progress())
        book = TransferBook(library.database)
        uid = str(pydicom.dcmread(paths[0]).StudyInstanceUID)
        book.note(replace(REQUEST, study_instance_uid=uid))
        other = book.note(REQUEST)
        with library.database.writing() as connection:
            connection.execute("INSERT INTO transfers (request, state, made_at) VALUES ('no JSON', 'done', 1)")
        erase_patient(library, "P-1")
        assert [status.key for status in book.all_of()] == [other]


def test_so_many_that_have_ended_are_remembered_and_no_more(
    book: TransferBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("viewer.archives.transfer_book.MOST_ENDED", 3)
    keys = [book.note(REQUEST) for _each in range(6)]
    for key in keys[:5]:
        book.put(key, TransferState.QUEUED, TransferState.DONE, Outcome())
    assert [status.key for status in book.take_up()] == keys[2:]
