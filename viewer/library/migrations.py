"""From one version of the index to the next: the schema a new library gets, and the steps that bring older ones to it.

PRAGMA user_version says which version a file is of. A step is SQL that runs in one transaction, after a copy of the
whole file has been made beside it; what studies are found by is then made anew.
"""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from viewer.base.errors import LibraryError
from viewer.base.translation import _
from viewer.library.durable import sync_file, told
from viewer.library.study_upkeep import remake_words

_SCHEMA = Path(__file__).with_name("schema.sql")

APPLICATION_ID = 0x4E674C62
"""PRAGMA application_id of every library from version 2 on."""

STEPS: tuple[str, ...] = (
    # To 2: what joins a series late, or from elsewhere, is told; long numbers are found as quickly as short ones.
    """
    ALTER TABLE series ADD COLUMN source_key INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE series ADD COLUMN on_time_at INTEGER NOT NULL DEFAULT 0;
    UPDATE series SET on_time_at = last_received_at, source_key = coalesce(
        (SELECT source_key FROM instances WHERE instances.series_key = series.series_key
        ORDER BY instance_key LIMIT 1), 0);
    CREATE INDEX instances_in_place ON instances (path) WHERE path != '';
    CREATE INDEX conflicts_of_study ON conflicts (study_instance_uid);
    DROP TABLE study_search;
    CREATE VIRTUAL TABLE study_search USING fts5 (
        words,
        content = 'study_words',
        content_rowid = 'study_key',
        detail = none,
        columnsize = 0,
        prefix = '1 2 3 4 5 6 7 8',
        tokenize = "ascii tokenchars '='"
    );
    PRAGMA application_id = 0x4E674C62;
    """,
    # To 3: why an instance is kept aside; what the receiver has promised.
    """
    ALTER TABLE conflicts ADD COLUMN reason TEXT NOT NULL DEFAULT 'altered';
    CREATE TABLE commitments (
        commitment_key INTEGER PRIMARY KEY,
        transaction_uid TEXT NOT NULL,
        ae_title TEXT NOT NULL,  -- who asked
        address TEXT NOT NULL,  -- from where
        requested TEXT NOT NULL,  -- [[SOP Class UID, SOP Instance UID], …] as JSON
        result TEXT NOT NULL DEFAULT '',  -- what was found for each, as JSON; empty until they were read
        asked_at INTEGER NOT NULL,
        due_at INTEGER NOT NULL,  -- when the next attempt to answer is to be made
        ended_at INTEGER,  -- when the answer was taken, or given up
        attempts INTEGER NOT NULL DEFAULT 0,
        error TEXT NOT NULL DEFAULT '',
        UNIQUE (ae_title, transaction_uid)
    );
    CREATE INDEX due_commitments ON commitments (due_at) WHERE ended_at IS NULL;

    CREATE TABLE deliveries (
        delivery_key INTEGER PRIMARY KEY,
        rule TEXT NOT NULL,  -- its name
        action TEXT NOT NULL,  -- as JSON: as it was when the study came
        study_instance_uid TEXT NOT NULL,
        done TEXT NOT NULL DEFAULT '',  -- JSON: the SOP Instance UIDs that are delivered
        came_at INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        ended_at INTEGER,
        attempts INTEGER NOT NULL DEFAULT 0,
        error TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX due_deliveries ON deliveries (due_at) WHERE ended_at IS NULL;
    """,
    # To 4: what other archives have of ours; what is to be fetched and sent.
    """
    -- What other archives have of ours, as far as we know: sent to them, and promised by them to be kept.
    CREATE TABLE sent_instances (
        archive TEXT NOT NULL,  -- its name here
        sop_instance_uid TEXT NOT NULL,
        sha256 BLOB NOT NULL,  -- of the file that was sent: another file in force is not sent yet
        sent_at INTEGER,
        committed_at INTEGER,
        failure INTEGER,  -- why it must not be relied on: a Failure Reason (0008,1197), or the status of its C-STORE
        PRIMARY KEY (archive, sop_instance_uid)
    );
    CREATE INDEX sent_by_uid ON sent_instances (sop_instance_uid);

    -- Storage commitments that we asked others for: their answers come late, and on an association of theirs.
    CREATE TABLE asked_commitments (
        transaction_uid TEXT PRIMARY KEY,
        archive TEXT NOT NULL,  -- its name here
        ae_title TEXT NOT NULL,  -- of who may answer, by backslashes
        study_instance_uid TEXT NOT NULL,
        requested TEXT NOT NULL,  -- [[SOP Class UID, SOP Instance UID, SHA-256 of the file], …] as JSON
        asked_at INTEGER NOT NULL,
        answered_at INTEGER
    );
    CREATE INDEX commitments_asked_of_study ON asked_commitments (study_instance_uid);

    -- What is to be fetched and sent, and what became of it; goes on after a crash.
    CREATE TABLE transfers (
        transfer_key INTEGER PRIMARY KEY,
        request TEXT NOT NULL,  -- as JSON
        state TEXT NOT NULL,
        outcome TEXT NOT NULL DEFAULT '',  -- as JSON
        made_at INTEGER NOT NULL,
        ended_at INTEGER
    );
    """,
)
"""STEPS[n] leads from version n + 1 to n + 2."""


def migrate(connection: sqlite3.Connection, path: Path, steps: Sequence[str] = STEPS) -> Path | None:
    """Bring the database of a connection to the newest version.

    Args:
        connection: In autocommit mode (isolation_level None), without a transaction.
        path: Of the database file, for the back-up's name.
        steps: From each version to the next.

    Returns:
        Where the back-up lies; None when there was nothing to migrate.

    Raises:
        LibraryError: If the database is of a newer version than this program knows.
    """
    newest = len(steps) + 1
    connection.execute("BEGIN")  # one state: another process may be making the library just now
    try:
        if _version(connection, path, newest) == newest:
            return None
    finally:
        connection.execute("ROLLBACK")
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have been quicker.
        version = _version(connection, path, newest)
        backup = None
        if version == 0:
            _run(connection, _SCHEMA.read_text("utf-8"))
        elif version < newest:
            backup = _back_up(path, version)
            for step in steps[version - 1 :]:
                _run(connection, step)
            remake_words(connection)
        connection.execute(f"PRAGMA user_version = {newest:d}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return backup


def has_whole_schema(connection: sqlite3.Connection) -> bool:
    """Return whether every table has the columns of the newest version: damage to their names is no error to SQLite."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        _run(fresh, _SCHEMA.read_text("utf-8"))
        return _columns(fresh) <= _columns(connection)


def _columns(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Return the names of all tables with those of their columns."""
    rows = connection.execute(
        "SELECT tables.name, columns.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns"
        " WHERE tables.type = 'table'"
    )
    return {(row[0], row[1]) for row in rows.fetchall()}


def _version(connection: sqlite3.Connection, path: Path, newest: int) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    is_empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    is_ours = version == 1 or (version > 1 and application == APPLICATION_ID)
    if not is_empty and not is_ours:
        raise LibraryError(
            _("the file is no library of this program"), subject=str(path), advice=_("Choose another folder")
        )
    if version > newest:
        raise LibraryError(
            _("the library was made by a newer version of this program (its version {0}, known up to {1})").format(
                version, newest
            ),
            subject=str(path),
            advice=_("Update the program, or choose another library"),
        )
    return version


def _run(connection: sqlite3.Connection, script: str) -> None:
    """Run statements inside the transaction that is open (executescript would end it)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""


def _back_up(path: Path, version: int) -> Path:
    """Copy the database as it is before its migration, and see that the copy is on the disk."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    backup = path.with_name(f"{path.name}.version-{version}-{moment}")
    with told(backup):
        os.close(os.open(backup, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(backup)) as target:
            source.backup(target)
        handle = os.open(backup, os.O_RDWR)
        try:
            sync_file(handle)
        finally:
            os.close(handle)
    return backup
