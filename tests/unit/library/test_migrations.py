"""Older libraries are brought up to date with everything in them; newer ones are refused."""

import errno
import os
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders.library_records import FIRST_MOMENT, MODALITY_STATION, record
from viewer.base.errors import LibraryError
from viewer.library.catalogue import Catalogue
from viewer.library.database import DATABASE_NAME, Database
from viewer.library.instance_record import Filed
from viewer.library.migrations import STEPS, migrate
from viewer.library.search import Search
from viewer.library.study_row import WarningKind

SAMPLE = Path(__file__).with_name("samples") / "version_1.sql"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder with a library of version 1."""
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection:
        connection.executescript(SAMPLE.read_text("utf-8"))
    return tmp_path


def _columns(path: Path) -> dict[str, set[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        names = [
            row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'index')")
        ]
        return {
            name: {tuple(row[1:]) for row in connection.execute("SELECT * FROM pragma_table_xinfo(?)", (name,))}
            for name in names
        }


def _dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        names = ("studies", "series", "instances", "patients", "warnings", "conflicts", "saved_searches")
        rows = [f"{name} {row}" for name in names for row in connection.execute(f"SELECT * FROM {name}")]  # noqa: S608 - ours
        return [*rows, str(connection.execute("PRAGMA user_version").fetchone())]


def test_nothing_is_lost_on_the_way(old: Path) -> None:
    with Database(old) as database:
        catalogue = Catalogue(database)
        stats = catalogue.stats()
        assert (stats.studies, stats.series, stats.instances, stats.conflicts, stats.warnings) == (3, 4, 5, 1, 2)
        assert stats.in_place == 1
        rows = {(row.study_instance_uid, row.patient_id): row for row in catalogue.studies()}
        assert rows["1.2.3.1", "P-1"].rating == 4
        assert rows["1.2.3.1", "P-1"].notes == "compare with 2023"
        assert rows["1.2.3.1", "P-1"].displayed_count == 1
        assert [row.study_instance_uid for row in catalogue.studies(Search(in_trash=True))] == ["1.2.3.2"]
        assert catalogue.saved_searches() == {"CT of today": Search("hong", modality="CT")}
        found = catalogue.studies(Search("other", flags=frozenset({"protected"}), in_trash=True))
        assert [row.study_instance_uid for row in found] == ["1.2.3.2"]
        assert len(catalogue.studies(Search("길동", modality="SR"))) == 1
        assert catalogue.file([record(1), record(2, content="forged")]) == [Filed.ALREADY, Filed.CONFLICT]


def test_a_migrated_series_knows_what_comes_late(old: Path) -> None:
    with Database(old) as database:
        catalogue = Catalogue(database)
        catalogue.file([record(10, after=timedelta(minutes=1)), record(11, source=MODALITY_STATION)])
        late = [warning for warning in catalogue.warnings() if warning.kind is WarningKind.LATE]
        assert [warning.source for warning in late] == [MODALITY_STATION]
        assert late[0].first_at == FIRST_MOMENT


def test_it_ends_as_a_new_library_begins(old: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    new = tmp_path_factory.mktemp("new")
    Database(old).close()
    Database(new).close()

    def without_order(path: Path) -> dict[str, set[tuple[object, ...]]]:
        return {name: {column[:3] for column in columns} for name, columns in _columns(path / DATABASE_NAME).items()}

    assert without_order(old) == without_order(new)


def test_a_copy_of_the_old_one_is_kept(old: Path) -> None:
    before = _dump(old / DATABASE_NAME)
    with Database(old) as database:
        backup = database.backup
    assert backup is not None
    assert backup.name.startswith(f"{DATABASE_NAME}.version-1-")
    assert _dump(backup) == before
    assert backup.stat().st_mode & 0o077 == 0
    with Database(old) as database:
        assert database.backup is None


def test_a_step_that_fails_leaves_the_old_one(old: Path) -> None:
    before = _dump(old / DATABASE_NAME)
    with closing(sqlite3.connect(old / DATABASE_NAME, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        steps = (*STEPS, "UPDATE studies SET rating = 0;\nSELECT no_such_function();")
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, old / DATABASE_NAME, steps)
    assert _dump(old / DATABASE_NAME) == before


def test_a_copy_that_cannot_be_made_is_told_and_leaves_the_old_one(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _dump(old / DATABASE_NAME)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("viewer.library.migrations.sync_file", full)
    with pytest.raises(LibraryError, match="could not write"):
        Database(old)
    assert _dump(old / DATABASE_NAME) == before


def test_two_that_open_it_at_once_migrate_it_once(old: Path) -> None:
    opened: list[Database] = []
    threads = [threading.Thread(target=lambda: opened.append(Database(old))) for _one in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 4
    assert sum(database.backup is not None for database in opened) == 1
    for database in opened:
        assert Catalogue(database).stats().instances == 5
        database.close()


def test_a_library_of_the_future_is_refused_in_words(tmp_path: Path) -> None:
    Database(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection:
        connection.execute(f"PRAGMA user_version = {len(STEPS) + 2}")
    content = (tmp_path / DATABASE_NAME).read_bytes()
    with pytest.raises(LibraryError, match="newer version") as told:
        Database(tmp_path)
    assert told.value.subject == str(tmp_path / DATABASE_NAME)
    assert told.value.advice
    assert (tmp_path / DATABASE_NAME).read_bytes() == content
