"""Storage is promised only for what is there now, byte for byte; results are delivered, also after a restart."""

import dataclasses
import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders.library_rows import flip, record_of
from tests.builders.sent_instances import SentInstance, made_instance
from tests.builders.serving_library import keep_together, write_files
from viewer.base.byte_source import FileBytes
from viewer.library.commitment_book import Commitment, CommitmentRows
from viewer.library.instance_record import AsideReason
from viewer.library.library import Library
from viewer.network.ports import (
    DUPLICATE_TRANSACTION,
    RESOURCE_LIMITATION,
    Caller,
    CommitmentFailure,
    CommitmentResult,
)
from viewer.reception import commitments as module
from viewer.reception.commitments import Commitments
from viewer.reception.events import ReceiverEvent

CALLER = Caller("ARCHIVE", "192.0.2.9", "NEGATOSCOPE")
SECONDS = 60.0
SOON = timedelta(milliseconds=20)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library", reserve_bytes=0) as opened:
        yield opened


def _filled(library: Library, folder: Path, count: int) -> list[SentInstance]:
    made = [made_instance(f"s{number // 50}/e/{number}", bytes(32), elements={}) for number in range(count)]
    keep_together(library, write_files(folder, made))
    return made


def _references(made: Sequence[SentInstance]) -> list[tuple[str, str]]:
    return [(one.sop_class_uid, one.sop_instance_uid) for one in made]


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _answered(book: Commitments, transaction: str, referenced: Sequence[tuple[str, str]]) -> CommitmentResult:
    found: list[CommitmentResult] = []
    came = threading.Event()

    def reply(result: CommitmentResult) -> bool:
        found.append(result)
        came.set()
        return True

    assert book.ask(transaction, referenced, CALLER, reply) == 0
    assert came.wait(SECONDS)
    return found[0]


def _book(
    library: Library, events: list[ReceiverEvent], given_up_after: timedelta = module.GIVEN_UP_AFTER
) -> Commitments:
    return Commitments(library, "NEGATOSCOPE", {}, events.append, first_delay=SOON, given_up_after=given_up_after)


def test_a_thousand_instances_of_which_a_tenth_is_gone_or_altered(library: Library, tmp_path: Path) -> None:
    made = _filled(library, tmp_path / "files", 1000)
    chance = random.Random(4)
    harmed = chance.sample(made, 100)
    expected: dict[str, CommitmentFailure] = {}
    for number, one in enumerate(harmed):
        row = library.catalogue.instance(one.sop_instance_uid)
        assert row is not None
        expected[one.sop_instance_uid] = CommitmentFailure.PROCESSING_FAILURE
        if number % 4 == 0:
            flip(library.store, row.kept.sha256)
        elif number % 4 == 1:
            library.store.remove(row.kept.sha256)
        elif number % 4 == 2:
            path = library.store.path_of(row.kept)
            path.chmod(0o600)
            path.write_bytes(path.read_bytes()[:-2])
        else:
            library.catalogue.forget([one.sop_instance_uid])
            expected[one.sop_instance_uid] = CommitmentFailure.NO_SUCH_INSTANCE
    book = _book(library, [])
    book.start()
    try:
        result = _answered(book, "1.2.3.4", _references(made))
    finally:
        book.close()
    assert {uid: reason for _sop_class, uid, reason in result.failed} == expected
    assert [uid for _sop_class, uid in result.committed] == [
        one.sop_instance_uid for one in made if one.sop_instance_uid not in expected
    ]


def test_neither_trash_nor_what_is_kept_aside_nor_files_of_others_nor_another_class(
    library: Library, tmp_path: Path
) -> None:
    made = _filled(library, tmp_path / "files", 101)
    in_trash, in_force, in_place = made[0], made[60], made[100]
    library.catalogue.trash(in_trash.study_instance_uid)
    row = library.catalogue.instance(in_place.sop_instance_uid)
    assert row is not None
    somewhere = dataclasses.replace(row.kept, path=str(library.store.path_of(row.kept)))
    library.catalogue.relocate(in_place.sop_instance_uid, somewhere)
    aside = made_instance("aside/e/1", bytes(8))
    (path,) = write_files(tmp_path / "aside", [aside])
    _keep_aside(library, path)
    book = _book(library, [])
    book.start()
    try:
        others = [in_trash, aside, in_place]
        wrong_class = ("1.2.840.10008.5.1.4.1.1.4", in_force.sop_instance_uid)
        result = _answered(book, "1.2.3.5", [*_references([*others, in_force]), wrong_class])
    finally:
        book.close()
    assert list(result.committed) == _references([in_force])
    assert list(result.failed) == [
        *((*pair, CommitmentFailure.NO_SUCH_INSTANCE) for pair in _references(others)),
        (*wrong_class, CommitmentFailure.CLASS_INSTANCE_CONFLICT),
    ]


def _keep_aside(library: Library, path: Path) -> None:
    with library.store.batch() as batch:
        batch.add(FileBytes(path))
        (kept,) = batch.commit()
        record = record_of(FileBytes(path), kept, 1)
        library.catalogue.file([dataclasses.replace(record, aside=AsideReason.UNKNOWN_SENDER)])


def test_a_request_outlives_the_program_and_is_read_again_at_each_attempt(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _filled(library, tmp_path / "files", 2)
    before = _book(library, [])  # never started: as if the program ended here
    assert before.ask("1.2.3.6", _references(made), CALLER) == 0
    delivered: list[CommitmentResult] = []

    def deliver(_book: Commitments, _commitment: object, result: CommitmentResult) -> str:
        delivered.append(result)
        if len(delivered) == 1:
            row = library.catalogue.instance(made[0].sop_instance_uid)
            assert row is not None
            flip(library.store, row.kept.sha256)
        return "" if len(delivered) == 3 else "nobody answers"

    monkeypatch.setattr(Commitments, "_delivered", deliver)
    events: list[ReceiverEvent] = []
    after = _book(library, events)
    after.start()
    try:
        _until(lambda: bool(events))
    finally:
        after.close()
    assert [(len(one.committed), len(one.failed)) for one in delivered] == [(2, 0), (1, 1), (1, 1)]
    assert [event.details["state"] for event in events] == ["answered"]
    assert (events[0].details["committed"], events[0].details["failed"]) == (1, 1)
    assert CommitmentRows(library.database).waiting("ARCHIVE") == 0


def test_a_clock_that_is_set_back_makes_nobody_call_without_pause(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _filled(library, tmp_path / "files", 1)
    book = _book(library, [])
    assert book.ask("1.2.3.8", _references(made), CALLER) == 0
    tries: list[CommitmentResult] = []
    later = datetime.now(UTC) + timedelta(days=1)

    def deliver(_book: Commitments, _commitment: object, result: CommitmentResult) -> str:
        if tries:
            pytest.fail("it was called again at once")
        tries.append(result)
        return "nobody answers"

    monkeypatch.setattr(Commitments, "_delivered", deliver)
    monkeypatch.setattr(module, "_now", lambda: later - timedelta(days=1 if tries else 0))
    assert book._work_through() >= 0
    assert len(tries) == 1


def test_what_cannot_be_delivered_is_given_up_with_an_event(library: Library, tmp_path: Path) -> None:
    made = _filled(library, tmp_path / "files", 1)
    events: list[ReceiverEvent] = []
    book = _book(library, events, given_up_after=timedelta(milliseconds=300))
    book.start()
    try:
        assert book.ask("1.2.3.7", _references(made), CALLER, lambda _result: False) == 0
        _until(lambda: events[-1:] != [] and events[-1].details["state"] == "given up")
    finally:
        book.close()
    assert [event.details["state"] for event in events] == ["asked", "given up"]
    assert json.loads(events[-1].as_line())["transaction_uid"] == "1.2.3.7"
    assert CommitmentRows(library.database).due(datetime.now(UTC) + timedelta(days=1)) == []


def test_a_transaction_is_used_once_by_each_who_asks(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _filled(library, tmp_path / "files", 2)
    book = _book(library, [])
    assert book.ask("1.2.3.8", _references(made), CALLER) == 0
    assert book.ask("1.2.3.8", _references(made), CALLER) == 0  # the very same: heard twice
    assert book.ask("1.2.3.8", _references(made[:1]), CALLER) == DUPLICATE_TRANSACTION
    assert book.ask("1.2.3.8", _references(made[:1]), dataclasses.replace(CALLER, ae_title="OTHER")) == 0
    rows = CommitmentRows(library.database)
    assert (rows.waiting("ARCHIVE"), rows.waiting("OTHER")) == (1, 1)
    monkeypatch.setattr(module, "_MOST_WAITING", 1)
    assert book.ask("1.2.3.9", _references(made), CALLER) == RESOURCE_LIMITATION
    (first, _second) = rows.due(datetime.now(UTC))
    rows.end(first, datetime.now(UTC), {})
    rows.forget_ended(datetime.now(UTC) - timedelta(days=1))
    assert book.ask("1.2.3.8", _references(made[1:]), CALLER) == DUPLICATE_TRANSACTION
    rows.forget_ended(datetime.now(UTC) + timedelta(days=1))
    assert book.ask("1.2.3.8", _references(made[1:]), CALLER) == 0


def test_one_request_at_fault_does_not_end_the_others(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _filled(library, tmp_path / "files", 1)
    honest = Commitments.result_of

    def result_of(book: Commitments, commitment: Commitment) -> CommitmentResult:
        assert commitment.transaction_uid != "1.2.3.10"
        return honest(book, commitment)

    monkeypatch.setattr(Commitments, "result_of", result_of)
    book = _book(library, [])
    assert book.ask("1.2.3.10", _references(made), CALLER) == 0
    book.start()
    try:
        assert len(_answered(book, "1.2.3.11", _references(made)).committed) == 1
    finally:
        book.close()


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_a_thousand_requests_while_instances_are_lost_and_found_again(library: Library, tmp_path: Path) -> None:
    made = _filled(library, tmp_path / "files", 300)
    chance = random.Random(9)
    paths: dict[str, Path] = {}
    contents: dict[str, bytes] = {}
    for one in made:
        row = library.catalogue.instance(one.sop_instance_uid)
        assert row is not None
        paths[one.sop_instance_uid] = library.store.path_of(row.kept)
        contents[one.sop_instance_uid] = paths[one.sop_instance_uid].read_bytes()
    book = _book(library, [])
    asked = false = harmed = 0
    for number in range(1000):
        for uid in chance.sample(list(paths), 30):
            path, content = paths[uid], bytearray(contents[uid])
            path.unlink(missing_ok=True)
            if chance.random() < 0.05:
                continue
            if chance.random() < 0.05:
                content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            path.write_bytes(content)
        request = chance.sample(made, 20)
        assert book.ask(f"1.2.3.{number}", _references(request), CALLER) == 0
        (commitment,) = CommitmentRows(library.database).due(datetime.now(UTC))
        result = book.result_of(commitment)
        CommitmentRows(library.database).end(commitment, datetime.now(UTC), {})
        whole = {
            one.sop_instance_uid
            for one in request
            if paths[one.sop_instance_uid].exists()
            and paths[one.sop_instance_uid].read_bytes() == contents[one.sop_instance_uid]
        }
        promised = {uid for _sop_class, uid in result.committed}
        asked += len(request)
        harmed += len(request) - len(whole)
        false += len(promised ^ whole)
    print(f"1,000 requests for {asked} instances, {harmed} of them lost or altered: {false} answers false")
    assert false == 0
