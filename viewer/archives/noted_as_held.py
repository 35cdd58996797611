"""What is fetched from an archive into the library is there, byte for byte: noted, for whoever asks what is safe."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from viewer.base.errors import LibraryError
from viewer.library.database import Database
from viewer.library.sent_instances import SentInstances
from viewer.reception.events import STORED, ReceiverEvent

logger = logging.getLogger(__name__)

_AT_ONCE = 64


class NotedAsHeld:
    """Takes the events of an intake that one archive fills, notes what was stored, and tells them on.

    Args:
        database: Of the library that is filled.
        archive: The archive's archive_key().
        tell: Told each event.
    """

    def __init__(self, database: Database, archive: str, tell: Callable[[ReceiverEvent], None]) -> None:
        self._rows, self._archive, self._tell = SentInstances(database), archive, tell
        self._lock = threading.Lock()
        self._held: list[tuple[str, str]] = []

    def __call__(self, event: ReceiverEvent) -> None:
        """Take an event; on any thread."""
        if event.event == STORED:
            # Of what was there already the hash is that of the file here that holds the same data set.
            held = str(event.details["sop_instance_uid"]), str(event.details["sha256"])
            with self._lock:
                self._held.append(held)
                is_due = len(self._held) >= _AT_ONCE
            if is_due:
                self.close()
        self._tell(event)

    def close(self) -> None:
        """Note what is not noted yet."""
        with self._lock:
            held, self._held = self._held, []
        try:
            if held:
                self._rows.note_held(self._archive, held, datetime.now(UTC))
        except LibraryError as error:  # what is not known is not safe; what came is kept all the same
            logger.warning("What an archive holds could not be noted: %s", type(error).__name__)
