"""Ctrl+C in the terminal and a polite request to end (SIGTERM) close the windows, as their own buttons do."""

import signal
import socket
from collections.abc import Callable

from PySide6.QtCore import QObject, QSocketNotifier


class Interrupts(QObject):
    """Calls something on the GUI thread when the process is asked to end; Qt's loop alone would not let Python see it.

    Args:
        asked_to_end: What to call.
    """

    def __init__(self, asked_to_end: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._asked_to_end = asked_to_end
        self._reading, self._writing = socket.socketpair()
        for end in (self._reading, self._writing):
            end.settimeout(0)
        signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        self._notifier = QSocketNotifier(self._reading.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._woken)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: None)  # _woken acts: it may touch Qt, a handler may not

    def close(self) -> None:
        """Leave signals to the system again."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        self._notifier.setEnabled(False)
        self._reading.close()
        self._writing.close()

    def _woken(self) -> None:
        numbers = self._reading.recv(64)
        if {signal.SIGINT, signal.SIGTERM} & set(numbers):
            self._asked_to_end()
