"""The file of the index: opened, checked, written by several at once, killed, full, damaged."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.builders.library_records import record
from viewer.base.errors import LibraryError, ViewerError
from viewer.library.catalogue import Catalogue
from viewer.library.database import DATABASE_NAME, DamagedDatabase, Database
from viewer.library.search import Search

ROOT = Path(__file__).resolve().parents[3]
FILER = "tests.builders.library_records"


def _filled(folder: Path, count: int = 200) -> None:
    with Database(folder) as database:
        Catalogue(database).file([record(number, study=f"1.2.3.{number // 10}") for number in range(count)])


def _file_and_fail(catalogue: Catalogue, database: Database, number: int) -> None:
    with database.writing():
        catalogue.file([record(number)])
        raise ZeroDivisionError


def _filer(folder: Path, first: int, batches: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", FILER, str(folder), str(first), str(batches)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_what_is_committed_survives_a_loss_of_power(tmp_path: Path) -> None:
    with Database(tmp_path) as database, database.reading() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1


@pytest.mark.skipif(os.name == "nt", reason="no modes")
def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    with Database(tmp_path / "library") as database:
        Catalogue(database).file([record(1)])
        assert (tmp_path / "library").stat().st_mode & 0o077 == 0
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "library").iterdir()}
        assert modes == dict.fromkeys((DATABASE_NAME, f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm"), 0o600)


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    with Database(tmp_path) as database:
        catalogue = Catalogue(database)
        with pytest.raises(ZeroDivisionError):
            _file_and_fail(catalogue, database, 1)
        assert catalogue.stats().instances == 0
        catalogue.file([record(2)])
        assert catalogue.stats().instances == 1


def test_a_failed_part_leaves_nothing_of_itself(tmp_path: Path) -> None:
    with Database(tmp_path) as database:
        catalogue = Catalogue(database)
        told: list[frozenset[str]] = []
        catalogue.changed.connect(told.append)
        with database.writing():
            catalogue.file([record(1)])
            with pytest.raises(ZeroDivisionError):
                _file_and_fail(catalogue, database, 2)
            assert catalogue.stats().instances == 1
            assert told == []
        assert catalogue.instance("1.2.3.9.1") is not None
        assert catalogue.instance("1.2.3.9.2") is None
        assert told


def test_readers_see_one_state_while_another_is_written(tmp_path: Path) -> None:
    with Database(tmp_path) as database:
        catalogue = Catalogue(database)
        catalogue.file([record(1)])
        with database.reading() as connection:
            before = connection.execute("SELECT count(*) FROM instances").fetchone()[0]
            writer = threading.Thread(target=lambda: catalogue.file([record(2)]))
            writer.start()
            writer.join()
            assert connection.execute("SELECT count(*) FROM instances").fetchone()[0] == before == 1
        assert catalogue.stats().instances == 2


def test_many_threads_write_and_read(tmp_path: Path) -> None:
    with Database(tmp_path) as database:
        catalogue = Catalogue(database)

        def work(first: int) -> None:
            for number in range(first, first + 20):
                catalogue.file([record(number)])
                catalogue.studies(Search("hong"))

        threads = [threading.Thread(target=work, args=(first,)) for first in range(0, 160, 20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert catalogue.studies()[0].instance_count == catalogue.stats().instances == 160


def test_many_make_the_same_library_at_once(tmp_path: Path) -> None:
    opened: list[Database] = []
    for number in range(5):
        folder = tmp_path / str(number)
        threads = [threading.Thread(target=lambda: opened.append(Database(folder))) for _one in range(6)]  # noqa: B023
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(opened) == 30
    for database in opened:
        assert Catalogue(database).stats().studies == 0
        database.close()


def test_a_change_of_any_process_is_seen(tmp_path: Path) -> None:
    with Database(tmp_path) as one, Database(tmp_path) as other:
        before = one.change_number()
        assert one.change_number() == before
        Catalogue(other).file([record(1)])
        after = one.change_number()
        assert after != before
        Catalogue(one).file([record(2)])
        assert one.change_number() not in {before, after}


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    filers = [_filer(tmp_path, first, 40) for first in (0, 10_000)]
    for filer in filers:
        filer.communicate()
    assert [filer.returncode for filer in filers] == [0, 0]
    with Database(tmp_path) as database:
        database.check()
        catalogue = Catalogue(database)
        assert catalogue.stats().instances == 400
        assert sum(row.instance_count for row in catalogue.studies(Search(limit=1000))) == 400


def _killed_and_reopened(folder: Path, times: int) -> int:
    """Kill a filer again and again; return how many instances it had acknowledged, all of which must be there."""
    chance = random.Random(4)
    acknowledged = 0
    expected: set[str] = set()
    for round_number in range(times):
        first = round_number * 1_000_000
        filer = _filer(folder, first, 100_000)
        assert filer.stdout is not None
        filer.stdout.readline()
        time.sleep(chance.random() * 0.05)
        filer.kill()
        # A line that was cut off was not acknowledged.
        numbers = [int(line) for line in filer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        filer.wait()
        filer.stdout.close()
        last = max(numbers, default=first + 4)
        acknowledged += last - first + 1
        expected |= {f"1.2.3.9.{number}" for number in range(first, last + 1)}
        with Database(folder) as database:
            database.check()
    with Database(folder) as database, database.reading() as connection:
        held = {row[0] for row in connection.execute("SELECT sop_instance_uid FROM instances")}
        counts = connection.execute("SELECT sum(instance_count) FROM studies").fetchone()[0]
    assert expected <= held
    assert counts == len(held)
    assert len(held) % 5 == 0  # no half of a batch
    return acknowledged


def test_nothing_acknowledged_is_lost_when_the_writer_is_killed(tmp_path: Path) -> None:
    assert _killed_and_reopened(tmp_path, 10) >= 50


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_nothing_acknowledged_is_lost_in_a_thousand_kills(tmp_path: Path) -> None:
    print(f"library: {_killed_and_reopened(tmp_path, 1000)} instances acknowledged before 1000 kills, 0 lost")


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0" + bytes(84)], ids=["empty", "header alone"])
def test_an_empty_file_becomes_a_library(tmp_path: Path, content: bytes) -> None:
    (tmp_path / DATABASE_NAME).write_bytes(content)
    if content:
        with pytest.raises(LibraryError):
            Database(tmp_path)
    else:
        with Database(tmp_path) as database:
            assert Catalogue(database).stats().studies == 0


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).write_bytes(b"no database at all " * 1000)
    with pytest.raises(DamagedDatabase) as told:
        Database(tmp_path)
    assert told.value.subject == str(tmp_path / DATABASE_NAME)
    assert told.value.advice


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection:
        connection.execute("CREATE TABLE tracks (name)")
        connection.commit()
    with pytest.raises(LibraryError, match="no library of this program"):
        Database(tmp_path)
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection:
        assert [row[0] for row in connection.execute("SELECT name FROM sqlite_schema")] == ["tracks"]


def test_half_a_file_is_told(tmp_path: Path) -> None:
    _filled(tmp_path)
    path = tmp_path / DATABASE_NAME
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DamagedDatabase):
        Database(tmp_path)


def _error_of_use(folder: Path) -> LibraryError | None:
    """Read and write all there is; return what the library said, and let all else out."""
    try:
        with Database(folder) as database:
            catalogue = Catalogue(database)
            for row in catalogue.studies(Search("hong")):
                for series in catalogue.series_of(row):
                    catalogue.instances_of(series)
            catalogue.stats()
            catalogue.conflicts()
            catalogue.warnings()
            list(catalogue.every_kept())
            catalogue.file([record(100_000)])
    except LibraryError as error:
        return error
    return None


def _damaged_often(folder: Path, times: int) -> int:
    """Overwrite a library here or there, again and again; return how often it was told: nothing else may come out."""
    _filled(folder / "whole")
    content = (folder / "whole" / DATABASE_NAME).read_bytes()
    chance = random.Random(11)
    told = 0
    for number in range(times):
        damaged = bytearray(content)
        where = chance.randrange(len(damaged) - 600)
        length = chance.choice((1, 8, 500))
        damaged[where : where + length] = chance.randbytes(length)
        copy = folder / str(number)
        copy.mkdir()
        (copy / DATABASE_NAME).write_bytes(damaged)
        if (error := _error_of_use(copy)) is not None:
            assert error.subject
            told += 1
        shutil.rmtree(copy)
    return told


def test_damage_anywhere_is_told_in_words(tmp_path: Path) -> None:
    # A flipped letter in a text is seen by nobody but the sweep that compares it with its file.
    assert _damaged_often(tmp_path, 60) >= 10


@pytest.mark.campaign
@pytest.mark.timeout(1800)
def test_damage_anywhere_is_told_in_words_five_thousand_times(tmp_path: Path) -> None:
    print(f"library: {_damaged_often(tmp_path, 5000)} of 5000 damaged indexes told in words, no other error")


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    with Database(tmp_path) as database:
        catalogue = Catalogue(database)
        catalogue.file([record(1)])
        with database.writing() as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages + 4}")
        with pytest.raises(LibraryError, match="disk is full") as told:
            catalogue.file([record(number) for number in range(2, 2000)])
        assert told.value.subject == str(tmp_path / DATABASE_NAME)
        assert catalogue.stats().instances == 1
        with database.writing() as connection:
            connection.execute("PRAGMA max_page_count = 1000000")
        catalogue.file([record(2)])
        assert catalogue.stats().instances == 2


_ON_A_SMALL_DISK = """
import sys
from pathlib import Path
from tests.builders.library_records import record
from viewer.base.errors import LibraryError
from viewer.library.catalogue import Catalogue
from viewer.library.database import Database

filed = 0
try:
    with Database(Path(sys.argv[1])) as database:
        catalogue = Catalogue(database)
        for number in range(100000):
            catalogue.file([record(number, StudyDescription="x" * 1000)])
            filed += 1
except LibraryError as error:
    print(f"{filed}|{error}|{error.subject}")
"""


def _in_own_mounts(folder: Path, mount: str, script: str) -> str:
    """Run Python where something is mounted on a folder, seen by nobody else; skips where that is not allowed."""
    shell = f'{mount} "$1" 2>/dev/null || exit 77; exec "$2" -c "$3" "$1"'
    command = ["unshare", "--mount", "--map-root-user", "sh", "-c", shell, "sh", str(folder), sys.executable, script]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no mounting here")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_disk_that_is_really_full_is_told(tmp_path: Path) -> None:
    filed, message, subject = _in_own_mounts(tmp_path, "mount -t tmpfs -o size=2m tmpfs", _ON_A_SMALL_DISK).split("|")
    assert int(filed) > 10
    assert message == "the disk is full"
    assert subject == str(tmp_path / DATABASE_NAME)


def test_a_disk_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    _filled(tmp_path, 10)
    bind = 'read_only() { mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"; }; read_only'
    filed, _message, subject = _in_own_mounts(tmp_path, bind, _ON_A_SMALL_DISK).split("|")
    assert filed == "0"
    assert subject == str(tmp_path / DATABASE_NAME)


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="modes bind nobody here")
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir(mode=0o500)
    with pytest.raises(LibraryError) as told:
        Database(folder)
    assert told.value.subject == str(folder / DATABASE_NAME)


def test_a_place_below_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LibraryError) as told:
        Database(tmp_path / "file" / "library")
    assert told.value.subject == str(tmp_path / "file" / "library" / DATABASE_NAME)
    assert told.value.advice


def test_a_writer_that_waits_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer.library.database._BUSY_SECONDS", 0.05)
    with (
        Database(tmp_path) as one,
        Database(tmp_path) as other,
        one.writing(),
        pytest.raises(LibraryError, match="another program"),
    ):
        Catalogue(other).file([record(1)])


@pytest.mark.parametrize(
    "use",
    [lambda catalogue: catalogue.studies(), lambda catalogue: catalogue.file([record(1)])],
    ids=["reading", "writing"],
)
def test_a_closed_library_says_so(tmp_path: Path, use: Callable[[Catalogue], object]) -> None:
    database = Database(tmp_path)
    database.close()
    with pytest.raises(ViewerError, match="closed"):
        use(Catalogue(database))


def test_a_second_one_in_the_same_process_takes_no_lock_from_the_first(tmp_path: Path) -> None:
    with Database(tmp_path) as first:
        Database(tmp_path).close()
        # Whoever believes to be alone when it leaves takes the log away: with the first one's lock it never does.
        leave = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT 1 FROM studies'); c.close()"
        subprocess.run([sys.executable, "-c", leave, str(first.path)], check=True)
        assert Path(f"{first.path}-wal").exists()
