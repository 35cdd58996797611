"""Watches for discs and drives that are inserted, on its own thread: a slow drive must not hold up the window."""

import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from viewer.media.mounts import removable_media

INTERVAL_S = 2.0


class MediaWatch(QObject):
    """Says once of every medium that appears while the program runs."""

    _appeared = Signal(str, str)

    def __init__(self, parent: QObject, appeared: Callable[[Path, str], None]) -> None:
        super().__init__(parent)
        self._appeared.connect(lambda path, label: appeared(Path(path), label))
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="media-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()

    def _watch(self) -> None:
        known = {medium.path for medium in removable_media()}
        while not self._stopped.wait(INTERVAL_S):
            media = {medium.path: medium.label for medium in removable_media()}
            for path, label in media.items():
                if path not in known:
                    self._appeared.emit(str(path), label)
            known = set(media)
