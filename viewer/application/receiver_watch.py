"""Looks after the receiver's process on a thread of its own, and carries what it sees to the window's thread."""

import logging
import threading
from collections.abc import Callable

from viewer.base.logs import without_values
from viewer.reception.receiver_process import Condition, Phase, ReceiverProcess

LOOK_EVERY_S = 0.5
logger = logging.getLogger(__name__)


class ReceiverWatch:
    """Watches until it is closed.

    Args:
        process: What is watched; whoever calls its start() or stop() wakes the watch with look_now().
        deliver: Calls something on the window's thread.
        changed: Called there with another condition.
    """

    def __init__(
        self,
        process: ReceiverProcess,
        deliver: Callable[[Callable[[], None]], None],
        changed: Callable[[Condition], None],
    ) -> None:
        self._process, self._deliver, self._changed = process, deliver, changed
        self._last = Condition(Phase.OFF)
        self._awake = threading.Event()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="receiver watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def look_now(self) -> None:
        """Look without waiting for the next turn."""
        self._awake.set()

    def close(self) -> None:
        """Watch no more; the process is left as it is."""
        self._is_closed = True
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._is_closed:
            try:
                condition = self._process.look()
            except Exception as error:  # noqa: BLE001 - a bug in one look must not end the watch
                logger.error("Looking after the receiver failed: %s", without_values(error))
            else:
                self._tell(condition)
            self._awake.wait(LOOK_EVERY_S)
            self._awake.clear()

    def _tell(self, condition: Condition) -> None:
        if condition != self._last and not self._is_closed:
            self._last = condition
            self._deliver(lambda: self._changed(condition))
