"""What can still be read of a damaged index, gathered in a scratch database: what the files themselves do not say.

A damaged index is read from both ends of each table up to the damage, and then from the middle of what is left. All
values are judged before they are believed: damage can look like anything.
"""

import contextlib
import os
import sqlite3
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from viewer.library.mended_index import MENDED, mend
from viewer.library.salvaged_tables import SCRATCH, TABLES, Table

_INDEXES = "CREATE INDEX by_hash ON instances (sha256, path)"

_Row = tuple[Any, ...]
_LEAST, _MOST = -(2**63), 2**63 - 1
_READING = "mode=ro"
_AT_ONCE = 256
_MOST_ATTEMPTS = 300
_LONGEST_VALUE = 2**24


def open_scratch(path: Path) -> sqlite3.Connection:
    """Return a new scratch database; it need not outlive a crash."""
    scratch = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    scratch.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {SCRATCH}")
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
            for table in TABLES:
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
    return found >= {table.name for table in TABLES if table.is_in_all}


def _has_table(connection: sqlite3.Connection, name: str) -> bool:
    try:
        found = connection.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", (name,)).fetchone()
    except sqlite3.Error:
        return False
    return found is not None


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _copy(old: sqlite3.Connection, table: Table, scratch: sqlite3.Connection) -> bool:
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

    def __init__(self, old: sqlite3.Connection, table: Table) -> None:
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
