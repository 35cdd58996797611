"""Notices when anybody writes to a library's index: this process, another window, a command, or the receiver.

SQLite counts for every connection what others have committed (PRAGMA data_version); one connection asks for it now and
then on a thread of its own, which costs next to nothing and waits for nobody.
"""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from viewer.library.database import DATABASE_NAME

POLL_SECONDS = 0.5


class LibraryWatch:
    """Calls on its own thread after the index was written to, at most once in POLL_SECONDS.

    Args:
        folder: Of a library that is there.
        changed: What to call.
        poll_seconds: How often to look.
    """

    def __init__(self, folder: Path, changed: Callable[[], None], *, poll_seconds: float = POLL_SECONDS) -> None:
        self._path = folder / DATABASE_NAME
        self._changed = changed
        self._poll_seconds = poll_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="library-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; nothing is told after this returns."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            with suppress(sqlite3.Error):  # an index that is broken or gone is told by whoever asks it something
                self._watch()
            self._stopped.wait(self._poll_seconds)

    def _watch(self) -> None:
        with closing(sqlite3.connect(f"{self._path.as_uri()}?mode=ro", uri=True, isolation_level=None)) as connection:
            before = _version(connection)
            while not self._stopped.wait(self._poll_seconds):
                now = _version(connection)
                if now != before:
                    before = now
                    self._changed()


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA data_version").fetchone()[0])
