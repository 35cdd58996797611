"""The one SQLite file of a library: opened, checked, brought up to date, read by many and written by one at a time.

What was committed is on the disk (WAL, synchronous=FULL). Several processes may use it: each writer waits for the
others, readers wait for nobody.
"""

import errno
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from viewer.base.errors import LibraryError, system_reason
from viewer.base.translation import N_, _
from viewer.library.durable import NEVER_FOLLOW, is_plain_file
from viewer.library.matching import regular_match
from viewer.library.migrations import has_whole_schema, migrate

DATABASE_NAME = "library.sqlite"

# A writer waits this long for another process's transaction.
_BUSY_SECONDS = 30.0
# Checking reads the whole file: above this it is left to the sweep in the background (Database.check).
_CHECKED_AT_OPEN_BYTES = 256 << 20
_WRITER_CACHE_KIB, _READER_CACHE_KIB = 65536, 32768
_IDLE_READERS = 8

# Too big: nothing that we write is, so it is a length that was overwritten.
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_TOOBIG})
_SCHEMA_DAMAGED = (
    "no such ",
    "malformed ",
    "unsupported file format",
    "unrecognized ",
    "parse error",
    "error in ",
    "invalid ",
)
_WHAT_HAPPENED = {
    sqlite3.SQLITE_FULL: (N_("the disk is full"), N_("Make space, then try again")),
    sqlite3.SQLITE_READONLY: (N_("the library cannot be written to"), N_("Check the permissions of its folder")),
    sqlite3.SQLITE_CANTOPEN: (N_("the library cannot be opened"), N_("Check the permissions of its folder")),
    sqlite3.SQLITE_PERM: (N_("the library cannot be opened"), N_("Check the permissions of its folder")),
    sqlite3.SQLITE_IOERR: (N_("the disk did not read or write the library"), N_("Check the disk and its space")),
    sqlite3.SQLITE_BUSY: (N_("another program holds the library"), N_("Close it, then try again")),
    sqlite3.SQLITE_LOCKED: (N_("another program holds the library"), N_("Close it, then try again")),
    sqlite3.SQLITE_PROTOCOL: (N_("another program holds the library"), N_("Close it, then try again")),
}
_PRIMARY_CODE = 0xFF  # of an extended result code


class DamagedDatabase(LibraryError):  # noqa: N818 - said as it is; its base has the suffix
    """The index is broken; it can be made again from the kept files."""


class Database:
    """The index of a library, open.

    Attributes:
        path: Of the file.
        backup: What was copied before a migration at opening; None when there was none.

    Raises:
        DamagedDatabase: If it is broken.
        LibraryError: If it cannot be opened or written, or is of a newer program.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / DATABASE_NAME
        self._write_lock = threading.RLock()
        self._writing_thread: int | None = None
        self._announcements: list[Callable[[], None]] = []
        self._readers: list[sqlite3.Connection] = []
        self._readers_lock = threading.Lock()
        self._is_closed = False
        with _told(self.path):
            _make_private(folder, self.path)
            self._writer = self._connected(_WRITER_CACHE_KIB)
            try:
                if self._writer.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
                    raise LibraryError(_("the library cannot be kept on this kind of disk"), subject=str(self.path))
                if self.path.stat().st_size <= _CHECKED_AT_OPEN_BYTES:
                    with _looked_over(self.path):
                        self._quick_check(self._writer)
                self.backup = migrate(self._writer, self.path)
                with _looked_over(self.path):
                    if not has_whole_schema(self._writer):
                        raise self.damaged()
            except BaseException:
                self._writer.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_args: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; a transaction that is open is taken back."""
        with self._write_lock, self._readers_lock:
            self._is_closed = True
            for connection in (*self._readers, self._writer):
                connection.close()
            self._readers.clear()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction: committed at the end, taken back at an exception.

        Inside another of the same thread it is a part of that one, and on the disk when that one ends.
        """
        with self._write_lock:
            if self._writing_thread is not None:
                with _told(self.path), _part_of_transaction(self._writer):
                    yield self._writer
                return
            self._refuse_closed()
            with _told(self.path):
                self._writer.execute("BEGIN IMMEDIATE")
                self._writing_thread = threading.get_ident()
                try:
                    yield self._writer
                    self._writer.execute("COMMIT")
                except BaseException:
                    self._announcements.clear()
                    if self._writer.in_transaction:
                        self._writer.execute("ROLLBACK")
                    raise
                finally:
                    self._writing_thread = None
            announcements, self._announcements = self._announcements, []
        for announce in announcements:
            announce()

    def after_commit(self, announce: Callable[[], None]) -> None:
        """Call something when what this thread is writing is on the disk; at once when it is writing nothing."""
        if self._writing_thread == threading.get_ident():
            self._announcements.append(announce)
        else:
            announce()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read one state of the library, whatever is written meanwhile; within writing, what is being written."""
        if self._writing_thread == threading.get_ident():
            yield self._writer
            return
        with _told(self.path):
            connection = self._borrowed()
            try:
                connection.execute("BEGIN")
                try:
                    yield connection
                finally:
                    if connection.in_transaction:  # a disk that failed has ended it
                        connection.execute("ROLLBACK")
            finally:
                self._given_back(connection)

    def first_row(self, statement: str, values: Sequence[str | int | bytes]) -> sqlite3.Row | None:
        """Return the first row of one question, which needs no transaction around it."""
        with _told(self.path):
            connection = self._borrowed()
            try:
                rows: list[sqlite3.Row] = connection.execute(statement, values).fetchall()
            finally:
                self._given_back(connection)
        return rows[0] if rows else None

    def check(self) -> None:
        """Read the whole index and see that it is sound.

        Raises:
            DamagedDatabase: If it is not.
        """
        with self.reading() as connection:
            self._quick_check(connection)

    def truncate_log(self) -> None:
        """Bring the write-ahead log into the file and empty it, as far as readers let it."""
        with _told(self.path), self._write_lock:
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def change_number(self) -> int:
        """Return a number that is another one after any process has written."""
        with _told(self.path), self._write_lock:
            own = int(self._writer.total_changes)
            return own + (int(self._writer.execute("PRAGMA data_version").fetchone()[0]) << 40)

    def damaged(self) -> DamagedDatabase:
        """Return the error that says that the index holds what cannot be."""
        return _damaged(self.path)

    def _quick_check(self, connection: sqlite3.Connection) -> None:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise self.damaged()

    def _connected(self, cache_kib: int) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        connection.row_factory = sqlite3.Row
        connection.create_function("regexp", 2, regular_match, deterministic=True)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute(f"PRAGMA cache_size = -{cache_kib:d}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _refuse_closed(self) -> None:
        if self._is_closed:
            raise LibraryError(_("the library has been closed"), subject=str(self.path))

    def _borrowed(self) -> sqlite3.Connection:
        with self._readers_lock:
            self._refuse_closed()
            if self._readers:
                return self._readers.pop()
        connection = self._connected(_READER_CACHE_KIB)
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _given_back(self, connection: sqlite3.Connection) -> None:
        with self._readers_lock:
            if not self._is_closed and len(self._readers) < _IDLE_READERS:
                self._readers.append(connection)
                return
        connection.close()


@contextmanager
def _part_of_transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Take back what was written inside when it ends with an exception, whatever the transaction around it does."""
    connection.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK TO part")
            connection.execute("RELEASE part")
        raise
    connection.execute("RELEASE part")


def _make_private(folder: Path, path: Path) -> None:
    """Make the folder and the file so that only their owner can read them; SQLite gives its companions the same."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            # One that is there is not opened: closing it would end every lock that this process has on it.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | NEVER_FOLLOW, 0o600))
        is_file = is_plain_file(path.lstat())
        for suffix in ("-wal", "-shm", "-journal"):  # SQLite would follow a link
            with suppress(FileNotFoundError):
                is_file &= is_plain_file(Path(f"{path}{suffix}").lstat())
        if not is_file:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
    except OSError as error:
        raise LibraryError(
            _("the library cannot be opened: {0}").format(system_reason(error)),
            subject=str(path),
            advice=_("Check the permissions of its folder"),
        ) from error


def _damaged(path: Path) -> DamagedDatabase:
    return DamagedDatabase(
        _("the library's index is damaged"), subject=str(path), advice=_("Make it again from the kept files")
    )


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say into words; mistakes of ours stay what they are."""
    try:
        yield
    except UnicodeDecodeError as error:  # SQLite quotes what it found in its message
        raise _damaged(path) from error
    except sqlite3.DatabaseError as error:
        if _is_damage(error):
            raise _damaged(path) from error
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
        if code not in _WHAT_HAPPENED:
            raise
        message, advice = _WHAT_HAPPENED[code]
        raise LibraryError(_(message), subject=str(path), advice=_(advice)) from error


@contextmanager
def _looked_over(path: Path) -> Iterator[None]:
    """Take whatever SQLite finds wrong while it is only looking for damage."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) == sqlite3.SQLITE_ERROR:
            raise _damaged(path) from error
        raise


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    if not hasattr(error, "sqlite_errorcode"):
        # Without a code it is the binding's own: what should be text is none.
        return type(error) is sqlite3.OperationalError
    if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:
        # Every table that is asked for is in the schema: a name that is missing has been overwritten.
        return str(error).startswith(_SCHEMA_DAMAGED)
    return error.sqlite_errorcode & _PRIMARY_CODE in _DAMAGED
