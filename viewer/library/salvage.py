"""What can still be read of a damaged index, gathered in a scratch database: what the files themselves do not say.

A damaged index is read from both ends of each table up to the damage, and then from the middle of what is left. All
values are judged before they are believed: damage can look like anything.
"""

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from viewer.library.instance_record import AsideReason, Door
from viewer.library.mended_index import MENDED, mend

_SCRATCH = """
CREATE TABLE files (sha256 BLOB, size INTEGER, path TEXT, written_at INTEGER, UNIQUE (sha256, path));
CREATE TABLE sources (source_key INTEGER PRIMARY KEY, door TEXT, name TEXT, address TEXT);
CREATE TABLE instances (sha256 BLOB, path TEXT, size INTEGER, source_key INTEGER, received_at INTEGER,
    displayed_at INTEGER, aside TEXT);
CREATE TABLE patients (patient_key INTEGER PRIMARY KEY, patient_id TEXT, issuer TEXT);
CREATE TABLE studies (study_key INTEGER PRIMARY KEY, study_instance_uid TEXT, patient_key INTEGER,
    last_displayed_at INTEGER, trashed_at INTEGER, rating INTEGER, notes TEXT, flags TEXT);
CREATE TABLE saved_searches (name TEXT PRIMARY KEY, search TEXT);
CREATE TABLE warnings (study_instance_uid TEXT, series_instance_uid TEXT, kind TEXT, patient_id TEXT, held TEXT,
    arrived TEXT, settled_at INTEGER);
CREATE TABLE commitments (transaction_uid TEXT, ae_title TEXT, address TEXT, requested TEXT, result TEXT,
    asked_at INTEGER, due_at INTEGER, ended_at INTEGER, attempts INTEGER, error TEXT);
CREATE TABLE deliveries (rule TEXT, action TEXT, study_instance_uid TEXT, done TEXT, came_at INTEGER, due_at INTEGER,
    ended_at INTEGER, attempts INTEGER, error TEXT);
CREATE TABLE sent_instances (archive TEXT, sop_instance_uid TEXT, sha256 BLOB, sent_at INTEGER, committed_at INTEGER,
    failure INTEGER, UNIQUE (archive, sop_instance_uid));
CREATE TABLE asked_commitments (transaction_uid TEXT PRIMARY KEY, archive TEXT, ae_title TEXT, study_instance_uid TEXT,
    requested TEXT, asked_at INTEGER, answered_at INTEGER);
CREATE TABLE transfers (request TEXT, state TEXT, outcome TEXT, made_at INTEGER, ended_at INTEGER);
"""
_INDEXES = "CREATE INDEX by_hash ON instances (sha256, path)"

_Row = tuple[Any, ...]
_LEAST, _MOST = -(2**63), 2**63 - 1
_READING = "mode=ro"
_AT_ONCE = 256
_MOST_ATTEMPTS = 300
_LONGEST_VALUE = 2**24
_MOST_ATTEMPTED = 2**31
_LATEST = 2**55
"""Microseconds since 1970: some thousand years."""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


def _is_key(value: object) -> bool:
    return isinstance(value, int)


def _is_hash(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == 32


def _is_moment(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < _LATEST


def _is_moment_or_none(value: object) -> bool:
    return value is None or _is_moment(value)


def _is_size(value: object) -> bool:
    return isinstance(value, int) and value >= 0


def _is_rating(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= 5


def _is_door(value: object) -> bool:
    return value in {door.value for door in Door}


def _is_reason(value: object) -> bool:
    return value in {reason.value for reason in AsideReason}


def _is_count(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < _MOST_ATTEMPTED


def _is_status_or_none(value: object) -> bool:
    return value is None or (isinstance(value, int) and 0 < value <= 0xFFFF)


def _is_json(value: object) -> bool:
    try:
        return _is_text(value) and isinstance(json.loads(str(value)), list | dict)
    except (ValueError, RecursionError):
        return False


def _is_json_or_empty(value: object) -> bool:
    return value == "" or _is_json(value)


@dataclass(frozen=True, slots=True)
class _Table:
    """A table to be read: what each column must be for a row to be believed; whether older versions had it."""

    name: str
    columns: Mapping[str, Callable[[object], bool]]
    insert: str
    is_in_all: bool = True


_FILE_COLUMNS = {"sha256": _is_hash, "path": _is_text, "size": _is_size, "source_key": _is_key}
_ATTEMPTED = {
    "asked_at": _is_moment,
    "due_at": _is_moment,
    "ended_at": _is_moment_or_none,
    "attempts": _is_count,
    "error": _is_text,
}
_TABLES = (
    _Table(
        "sources",
        {"source_key": _is_key, "door": _is_door, "name": _is_text, "address": _is_text},
        "INSERT OR IGNORE INTO sources VALUES (?, ?, ?, ?)",
    ),
    _Table(
        "instances",
        {**_FILE_COLUMNS, "received_at": _is_moment, "displayed_at": _is_moment_or_none},
        "INSERT INTO instances VALUES (?, ?, ?, ?, ?, ?, '')",
    ),
    _Table(
        "conflicts",
        {**_FILE_COLUMNS, "received_at": _is_moment, "reason": _is_reason},
        "INSERT INTO instances VALUES (?, ?, ?, ?, ?, NULL, ?)",
    ),
    _Table(
        "patients",
        {"patient_key": _is_key, "patient_id": _is_text, "issuer": _is_text},
        "INSERT OR IGNORE INTO patients VALUES (?, ?, ?)",
    ),
    _Table(
        "studies",
        {
            "study_key": _is_key,
            "study_instance_uid": _is_text,
            "patient_key": _is_key,
            "last_displayed_at": _is_moment_or_none,
            "trashed_at": _is_moment_or_none,
            "rating": _is_rating,
            "notes": _is_text,
            "flags": _is_text,
        },
        "INSERT OR IGNORE INTO studies VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    _Table(
        "saved_searches",
        {"name": _is_text, "search": _is_text},
        "INSERT OR IGNORE INTO saved_searches VALUES (?, ?)",
    ),
    _Table(
        "warnings",
        {
            "study_instance_uid": _is_text,
            "series_instance_uid": _is_text,
            "kind": _is_text,
            "patient_id": _is_text,
            "held": _is_text,
            "arrived": _is_text,
            "settled_at": _is_moment,
        },
        "INSERT INTO warnings VALUES (?, ?, ?, ?, ?, ?, ?)",
    ),
    _Table(
        "commitments",
        {
            "transaction_uid": _is_text,
            "ae_title": _is_text,
            "address": _is_text,
            "requested": _is_json,
            "result": _is_json_or_empty,
            **_ATTEMPTED,
        },
        "INSERT INTO commitments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    _Table(
        "deliveries",
        {
            "rule": _is_text,
            "action": _is_json,
            "study_instance_uid": _is_text,
            "done": _is_json_or_empty,
            **{("came_at" if name == "asked_at" else name): check for name, check in _ATTEMPTED.items()},
        },
        "INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    _Table(
        "sent_instances",
        {
            "archive": _is_text,
            "sop_instance_uid": _is_text,
            "sha256": _is_hash,
            "sent_at": _is_moment_or_none,
            "committed_at": _is_moment_or_none,
            "failure": _is_status_or_none,
        },
        "INSERT OR IGNORE INTO sent_instances VALUES (?, ?, ?, ?, ?, ?)",
        is_in_all=False,
    ),
    _Table(
        "asked_commitments",
        {
            "transaction_uid": _is_text,
            "archive": _is_text,
            "ae_title": _is_text,
            "study_instance_uid": _is_text,
            "requested": _is_json,
            "asked_at": _is_moment,
            "answered_at": _is_moment_or_none,
        },
        "INSERT OR IGNORE INTO asked_commitments VALUES (?, ?, ?, ?, ?, ?, ?)",
        is_in_all=False,
    ),
    _Table(
        "transfers",
        {
            "request": _is_json,
            "state": _is_text,
            "outcome": _is_json_or_empty,
            "made_at": _is_moment,
            "ended_at": _is_moment_or_none,
        },
        "INSERT INTO transfers VALUES (?, ?, ?, ?, ?)",
        is_in_all=False,
    ),
)


def open_scratch(path: Path) -> sqlite3.Connection:
    """Return a new scratch database; it need not outlive a crash."""
    scratch = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    scratch.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_SCRATCH}")
    return scratch


def salvage(database: Path, scratch: sqlite3.Connection, work: Path) -> bool:
    """Copy what can be read of an index into the scratch database; return whether everything could be.

    Args:
        database: The index; may be damaged, or not there at all.
        scratch: Of open_scratch.
        work: A folder for a mended copy; emptied by the caller.
    """
    is_whole = False
    if database.is_file() and not database.is_symlink():
        old = _connected(database, _READING)
        if is_whole := _has_tables(old):
            opened = old
        else:
            old.close()
            opened = _mended(database, work)
        with contextlib.closing(opened):
            scratch.execute("BEGIN")
            for table in _TABLES:
                is_whole = _copy(opened, table, scratch) and is_whole
            scratch.execute("COMMIT")
    scratch.execute(_INDEXES)
    return is_whole


def _mended(database: Path, work: Path) -> sqlite3.Connection:
    """Return a mended copy of an index that SQLite does not open; nothing at all when there can be none."""
    with contextlib.suppress(OSError):
        mend(database, work)
    for options in (_READING, f"{_READING}&immutable=1"):  # with the log, which has whole pages; without it
        connection = _connected(work / MENDED, options)
        if _has_tables(connection):
            return connection
        connection.close()
    return sqlite3.connect(":memory:")


def opened_for_reading(database: Path) -> sqlite3.Connection:
    """Return an index opened to be read only; a connection to nothing when there is none that can be."""
    if not database.is_file() or database.is_symlink():
        return sqlite3.connect(":memory:")
    return _connected(database, _READING)


def _connected(path: Path, options: str) -> sqlite3.Connection:
    """Return a database opened; a connection to nothing when there is none."""
    try:
        connection = sqlite3.connect(f"file:{quote(os.fsencode(path))}?{options}", uri=True, isolation_level=None)
    except sqlite3.Error:
        connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.text_factory = _text
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    return connection


def _has_tables(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        found = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    except sqlite3.Error:
        return False
    return found >= {table.name for table in _TABLES if table.is_in_all}


def _has_table(connection: sqlite3.Connection, name: str) -> bool:
    try:
        found = connection.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", (name,)).fetchone()
    except sqlite3.Error:
        return False
    return found is not None


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _copy(old: sqlite3.Connection, table: _Table, scratch: sqlite3.Connection) -> bool:
    """Copy the believable rows of a table; return whether it could be read to its end."""
    if not table.is_in_all and not _has_table(old, table.name):
        return True  # of an older version; what it stood for is then not known, which is the safe side
    reading = _Reading(old, table)
    checks = tuple(table.columns.values())
    for rows in reading.pages():
        believed = [row[1:] for row in rows if all(check(value) for check, value in zip(checks, row[1:], strict=True))]
        scratch.executemany(table.insert, believed)
    return reading.is_whole


class _Reading:
    """A table read around its damage.

    Attributes:
        is_whole: False once something could not be read.
    """

    def __init__(self, old: sqlite3.Connection, table: _Table) -> None:
        self.is_whole = True
        self._old = old
        columns = ", ".join(table.columns)
        self._query = f"SELECT rowid, {columns} FROM {table.name} WHERE rowid > ? AND rowid < ?"  # noqa: S608 - our own

    def pages(self) -> Iterator[list[_Row]]:
        """Yield what can be read, each row once."""
        holes = [(_LEAST, _MOST)]
        for _attempt in range(_MOST_ATTEMPTS):
            if not holes:
                return
            low, high = holes.pop(0)
            low, is_done = yield from self._run(low, high, is_downwards=False)
            if is_done:
                continue
            high, is_done = yield from self._run(low, high, is_downwards=True)
            if not is_done and high - low > 2:  # rows remain between
                middle = (low + high) // 2
                holes += [(low, middle + 1), (middle, high)]

    def _run(self, low: int, high: int, *, is_downwards: bool) -> Generator[list[_Row], None, tuple[int, bool]]:
        """Yield rows between two keys from one end until they end or cannot be read; return how far it came."""
        query = f"{self._query} ORDER BY rowid {'DESC' if is_downwards else 'ASC'} LIMIT {_AT_ONCE}"
        while True:
            rows: list[_Row] = []
            is_readable = True
            try:
                for row in self._old.execute(query, (low, high)):
                    if not low < row[0] < high:  # pages that lead in a circle
                        is_readable = False
                        break
                    low, high = (low, row[0]) if is_downwards else (row[0], high)
                    rows.append(row)
            except (sqlite3.Error, UnicodeError):
                is_readable = False
            yield rows
            if not is_readable:
                self.is_whole = False
                return (high if is_downwards else low), False
            if len(rows) < _AT_ONCE:
                return (high if is_downwards else low), True
