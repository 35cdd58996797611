"""Turns: work on the same thing is done one after another, work on others at once."""

import contextlib
import threading
from collections.abc import Iterator


class Turns:
    """One at a time of those who bring the same SOP Instance UID: each is compared with what the one before brought."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[threading.Lock, int]] = {}

    @contextlib.contextmanager
    def of(self, uid: str) -> Iterator[None]:
        """Wait until nobody else is at it, and keep others from it."""
        with self._lock:
            turn, count = self._held.get(uid, (threading.Lock(), 0))
            self._held[uid] = turn, count + 1
        try:
            with turn:
                yield
        finally:
            with self._lock:
                turn, count = self._held[uid]
                if count == 1:
                    del self._held[uid]
                else:
                    self._held[uid] = turn, count - 1
