"""The bridge from worker threads to the GUI thread: what they deliver is called there, in order.

Calls wait in a queue; one empty queued signal wakes the GUI thread. It works for a few milliseconds at a time, so that
a flood of answers never holds up the reader's hand.
"""

import collections
import sys
import threading
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal

SLICE_S = 0.008
"""Half a frame at 60 Hz; what is left over waits behind the input events that have come meanwhile."""


class JobBridge(QObject):
    """Give its deliver to base.jobs.JobRunner; make it on the GUI thread."""

    _waiting = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._calls: collections.deque[Callable[[], None]] = collections.deque()
        self._lock = threading.Lock()
        self._is_awake = False
        self._is_closed = False
        self._waiting.connect(self._drain, Qt.ConnectionType.QueuedConnection)

    def deliver(self, call: Callable[[], None]) -> None:
        """Call something on the GUI thread, soon; from any thread."""
        with self._lock:
            if self._is_closed:
                return
            self._calls.append(call)
            if self._is_awake:
                return
            self._is_awake = True
            self._waiting.emit()

    def close(self) -> None:
        """Drop what still waits; later calls are ignored. Workers may outlive the window by a moment."""
        with self._lock:
            self._is_closed = True
            self._calls.clear()

    def _drain(self) -> None:
        end = time.perf_counter() + SLICE_S
        while True:
            with self._lock:
                if not self._calls:
                    self._is_awake = False
                    return
                if time.perf_counter() > end:
                    self._waiting.emit()
                    return
                call = self._calls.popleft()
            try:
                call()
            except Exception:  # noqa: BLE001 - a bug in one answer must not swallow the answers behind it
                sys.excepthook(*sys.exc_info())
