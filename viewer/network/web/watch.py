"""Requests that take too long, or that nobody wants any more, are broken off while their threads wait for the peer."""

import contextlib
import enum
import socket
import threading
import time
from collections.abc import Callable
from typing import Protocol

from viewer.base.errors import Cancelled

_LOOK_S = 0.1
_LINGER_S = 2.0
"""How long the thread stays when there is nothing to look at, and for who reads still when all is closed."""


class Ended(enum.Enum):
    """Why a request was broken off."""

    CANCELLED = "cancelled"
    TOO_SLOW = "too slow"


def never() -> bool:
    """Say that nobody has cancelled."""
    return False


def pause(seconds: float, cancelled: Callable[[], bool]) -> None:
    """Wait.

    Raises:
        Cancelled: If nobody wants to any more.
    """
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if cancelled():
            raise Cancelled
        time.sleep(min(left, _LOOK_S))


class Connection(Protocol):
    """What holds a socket; None while there is none."""

    sock: socket.socket | None


class Call:
    """One request that is under way.

    Args:
        cancelled: Asked again and again, on another thread.
        seconds: How long it may take until its answer begins.

    Attributes:
        ended: Why it was broken off; None when it was not.
    """

    def __init__(self, cancelled: Callable[[], bool], seconds: float) -> None:
        self.cancelled = cancelled
        self.ended: Ended | None = None
        self._deadline: float | None = time.monotonic() + seconds
        self._connection: Connection | None = None
        self._socket: socket.socket | None = None

    def goes_over(self, connection: Connection) -> None:
        """Note on which connection it goes: it may not be connected yet."""
        self._connection = connection
        self._socket = None

    def is_sent(self) -> None:
        """Note the socket itself: the connection forgets it when the peer is to close it."""
        if self._connection is not None:
            self._socket = self._connection.sock

    def may_take(self, seconds: float | None) -> None:
        """Set how long it may take from now on; None for as long as it likes."""
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def look(self) -> None:
        """Break it off if it is time for that; once more where it had no socket before."""
        if self.ended is not None:
            self.end(self.ended)
        elif self.cancelled():
            self.end(Ended.CANCELLED)
        elif self._deadline is not None and time.monotonic() > self._deadline:
            self.end(Ended.TOO_SLOW)

    def end(self, why: Ended) -> None:
        """Break it off: whoever waits for the peer wakes with a lost connection."""
        if self.ended is None:
            self.ended = why
        found = self._socket or (self._connection.sock if self._connection is not None else None)
        if found is not None:
            with contextlib.suppress(OSError):
                # That of the TCP connection itself: TLS would take leave in the midst of another thread's reading.
                socket.socket.shutdown(found, socket.SHUT_RDWR)


class Watch:
    """Looks at calls, on one thread that lives as long as there are some."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: set[Call] = set()
        self._thread: threading.Thread | None = None
        self._is_closing = threading.Event()

    def add(self, call: Call) -> None:
        """Begin to look at a call."""
        with self._lock:
            self._calls.add(call)
            if self._thread is None:
                self._is_closing.clear()
                self._thread = threading.Thread(target=self._look, name="web watch", daemon=True)
                self._thread.start()

    def remove(self, call: Call) -> None:
        """Look at it no more."""
        with self._lock:
            self._calls.discard(call)

    def close(self) -> None:
        """Break off what is under way, and end."""
        with self._lock:
            calls, thread = tuple(self._calls), self._thread
            self._is_closing.set()
        for call in calls:
            call.end(Ended.CANCELLED)
        if thread is not None and thread is not threading.current_thread():
            thread.join(_LINGER_S)

    def _look(self) -> None:
        used_at = time.monotonic()
        while True:
            with self._lock:
                calls = tuple(self._calls)
                is_closing = self._is_closing.is_set()
                idle_s = time.monotonic() - used_at
                is_idle = idle_s > _LINGER_S
                if (is_closing and (is_idle or not calls)) or (is_idle and not calls):
                    self._thread = None
                    return
            if calls and not is_closing:
                used_at = time.monotonic()
            for call in calls:
                call.look()
            if is_closing:
                time.sleep(_LOOK_S)  # who reads is about to leave
            else:
                self._is_closing.wait(_LOOK_S)
