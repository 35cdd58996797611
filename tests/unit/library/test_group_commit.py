import contextlib
import errno
import hashlib
import itertools
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.builders.library_writer import made_record
from viewer.base.errors import LibraryError
from viewer.base.jobs import Progress
from viewer.library import durable
from viewer.library.catalogue import Catalogue
from viewer.library.group_commit import GroupCommit, Outcome
from viewer.library.incoming import Incoming
from viewer.library.instance_record import AsideReason, Filed, InstanceRecord, KeptFile
from viewer.library.integrity import verify
from viewer.library.library import Library
from viewer.library.object_places import ObjectPlaces

PATIENCE = 60.0


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library", reserve_bytes=0) as library:
        yield library


@pytest.fixture
def commit(library: Library) -> Iterator[GroupCommit]:
    commit = GroupCommit(library)
    yield commit
    commit.close()


def came(commit: GroupCommit, content: bytes, uid: str) -> tuple[Incoming, InstanceRecord]:
    """Return a file that has come whole, and its record."""
    incoming = commit.begin()
    try:
        incoming.write(content)
    except LibraryError:
        incoming.remove()
        raise
    return incoming, made_record(KeptFile(incoming.sha256, incoming.size), uid)


def keep(commit: GroupCommit, content: bytes, uid: str) -> Outcome:
    return commit.keep(*came(commit, content, uid))


def hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def check_whole(folder: Path, promised: dict[str, bytes]) -> None:
    """After a restart everything promised is there, bit for bit, and nothing else."""
    with Library(folder, reserve_bytes=0) as library:
        report = verify(library.store, library.catalogue, Progress())
        assert (report.missing, report.altered, report.orphans, report.strangers) == ((), (), (), ())
        for uid, content in promised.items():
            row = library.catalogue.instance(uid)
            assert row is not None, uid
            assert library.store.open(row.kept).read_at(0, len(content) + 1) == content
        assert list(library.store.places.incoming.iterdir()) == []


def test_what_was_kept_is_there(library: Library, commit: GroupCommit) -> None:
    promised = {f"1.2.{number}": random.Random(number).randbytes(200_000 * number) for number in range(4)}
    for uid, content in promised.items():
        commit_of = came(commit, content, uid)
        commit.begin_keeping(commit_of[0])
        assert commit.keep(*commit_of) == Outcome(Filed.NEW)
        assert library.store.has(hash_of(content))
    commit.close()
    check_whole(library.folder, promised)


def test_the_same_again_other_bytes_and_what_is_to_be_aside(library: Library, commit: GroupCommit) -> None:
    assert keep(commit, b"one", "1.2").filed is Filed.NEW
    assert keep(commit, b"one", "1.2").filed is Filed.ALREADY
    assert keep(commit, b"other", "1.2").filed is Filed.CONFLICT
    incoming, record = came(commit, b"third", "1.3")
    aside = InstanceRecord(
        **{name: getattr(record, name) for name in record.__slots__ if name != "aside"},
        aside=AsideReason.UNKNOWN_SENDER,
    )
    assert commit.keep(incoming, aside).filed is Filed.ASIDE
    assert {each.reason for each in library.catalogue.conflicts()} == {AsideReason.ALTERED, AsideReason.UNKNOWN_SENDER}
    assert len(list(library.store.objects_there())) == 3


def test_warnings_come_with_what_they_are_about(commit: GroupCommit) -> None:
    incoming, record = came(commit, b"one", "1.2")
    assert commit.keep(incoming, record).warnings == frozenset()
    incoming, record = came(commit, b"two", "1.3")
    record.attributes["PatientName"] = "Somebody^Else"
    assert {kind.value for kind in commit.keep(incoming, record).warnings} == {"other name"}
    assert keep(commit, b"three", "1.4").warnings == frozenset()


def test_an_object_that_was_damaged_is_mended_by_the_same_bytes(library: Library, commit: GroupCommit) -> None:
    content = b"content" * 100
    assert keep(commit, content, "1.2").filed is Filed.NEW
    path = library.store.places.object_path(hash_of(content))
    path.chmod(0o600)
    path.write_bytes(b"damaged" * 100)
    assert keep(commit, content, "1.2").filed is Filed.ALREADY
    assert path.read_bytes() == content


def test_a_study_in_the_trash_that_comes_again_is_taken_out_of_it(library: Library, commit: GroupCommit) -> None:
    keep(commit, b"one", "1.2")
    (study,) = library.catalogue.studies()
    library.catalogue.trash(study)
    keep(commit, b"two", "1.3")
    (study,) = library.catalogue.studies()
    assert (study.trashed_at, study.instance_count) == (None, 2)


def test_the_order_is_disk_place_folder_index(
    library: Library, commit: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def noted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            result = function(*arguments)
            time.sleep(0.001)
            done.append(name)
            return result

        return call

    monkeypatch.setattr(durable, "sync_file", noted("file", durable.sync_file))
    monkeypatch.setattr(durable, "sync_names", noted("folder", durable.sync_names))
    monkeypatch.setattr(ObjectPlaces, "put", noted("place", ObjectPlaces.put))
    with library.database.writing() as connection:
        writer = connection
    writer.set_trace_callback(lambda statement: done.append("index") if statement == "COMMIT" else None)
    for number in range(5):
        done.clear()
        incoming, record = came(commit, b"%d" % number * 1000, f"1.2.{number}")
        if number % 2:
            commit.begin_keeping(incoming)
        commit.keep(incoming, record)
        assert done == ["file", "place", "folder", "index"]
    writer.set_trace_callback(None)


def test_those_who_wait_go_together(library: Library, commit: GroupCommit, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 12
    sizes: list[int] = []
    may_go = threading.Event()
    real = Catalogue.file_and_tell

    def slow_file(self: Catalogue, records: Any, is_same: Any) -> Any:
        sizes.append(len(records))
        may_go.wait(PATIENCE)
        return real(self, records, is_same)

    monkeypatch.setattr(Catalogue, "file_and_tell", slow_file)
    with ThreadPoolExecutor(count) as threads:
        futures = [threads.submit(keep, commit, b"%d" % number, f"1.2.{number}") for number in range(count)]
        end = time.monotonic() + PATIENCE
        while len(commit._waiting) < count - 1 and time.monotonic() < end:
            time.sleep(0.005)
        may_go.set()
        assert {future.result().filed for future in futures} == {Filed.NEW}
    assert sizes == [1, count - 1]
    commit.close()
    check_whole(library.folder, {f"1.2.{number}": b"%d" % number for number in range(count)})


def test_many_at_once_all_get_their_own_answer(library: Library, commit: GroupCommit) -> None:
    def sender(number: int) -> list[Filed]:
        return [
            keep(commit, b"%d" % (step % 10 + (step >= 20) * number), f"1.2.{number % 3}.{step % 10}").filed
            for step in range(30)
        ]

    with ThreadPoolExecutor(9) as threads:
        answers = list(threads.map(sender, range(9)))
    counted = [each for answer in answers for each in answer]
    assert counted.count(Filed.NEW) == 30
    assert library.catalogue.stats().instances == 30
    assert Filed.CONFLICT in counted
    assert len(counted) == 270


def test_one_that_cannot_be_placed_does_not_hold_up_the_others(
    library: Library, commit: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = hash_of(b"3")
    real = ObjectPlaces.put

    def put(self: ObjectPlaces, incoming: Incoming) -> None:
        if incoming.sha256 == bad:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(self, incoming)

    monkeypatch.setattr(ObjectPlaces, "put", put)
    promised = {}
    failed = []
    with ThreadPoolExecutor(8) as threads:
        futures = [threads.submit(keep, commit, b"%d" % number, f"1.2.{number}") for number in range(8)]
        for number, future in enumerate(futures):
            try:
                assert future.result().filed is Filed.NEW
                promised[f"1.2.{number}"] = b"%d" % number
            except LibraryError:
                failed.append(number)
    assert failed == [3]
    commit.close()
    library.close()
    check_whole(library.folder, promised)


def test_a_list_that_was_taken_away_is_begun_anew(library: Library, commit: GroupCommit) -> None:
    keep(commit, b"one", "1.2")
    assert len(library.store.lists()) == 1
    with Library(library.folder, reserve_bytes=0):  # looks at all lists, and removes them
        assert library.store.lists() == ()
        keep(commit, b"two", "1.3")
    assert hash_of(b"two") in library.store.lists()[0].read_text()


def test_what_was_in_its_place_and_in_no_index_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "library"
    with Library(folder, reserve_bytes=0) as library:
        commit = GroupCommit(library)
        keep(commit, b"one", "1.2")
        with monkeypatch.context() as patched:

            def failing(_self: Catalogue, _records: Any, _is_same: Any) -> Any:
                raise LibraryError("the disk is full")

            patched.setattr(Catalogue, "file_and_tell", failing)
            with pytest.raises(LibraryError, match="full"):
                keep(commit, b"two", "1.3")
        keep(commit, b"three", "1.4")
        assert len(library.store.lists()) == 2
        commit.close()
    check_whole(folder, {"1.2": b"one", "1.4": b"three"})


FUNCTIONS = (
    *("open", "write", "fsync", "rename", "replace", "mkdir", "lstat", "stat"),
    *("unlink", "fstat", "statvfs", "lseek", "close"),
)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_every_single_call_may_fail(
    function: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(os, function)
    for fails_at in itertools.count(1):
        calls = itertools.count(1)
        folder = tmp_path / str(fails_at)
        has_failed = False

        def failing(*arguments: Any, fails_at: int = fails_at, calls: Iterator[int] = calls, **named: Any) -> Any:
            nonlocal has_failed
            if next(calls) == fails_at:
                has_failed = True
                if function == "close":
                    real(*arguments)
                raise OSError(number, os.strerror(number))
            return real(*arguments, **named)

        promised: dict[str, bytes] = {}
        with Library(folder, reserve_bytes=0) as library, monkeypatch.context() as patched:
            for home in [*range(254), 0]:  # so that few calls are about them
                (folder / "objects" / f"{home:02x}").mkdir(exist_ok=True)
            patched.setattr(ObjectPlaces, "make_all_homes", lambda _self: None)
            commit = GroupCommit(library)
            patched.setattr(os, function, failing)
            for part in range(3):
                content, uid = bytes([part]) * 2000, f"1.2.{part}"
                with contextlib.suppress(LibraryError):  # the only thing that may come out
                    keep(commit, content, uid)
                    promised[uid] = content
            commit.close()
        check_whole(folder, promised)
        if not has_failed:
            return
