"""A way to a peer that spoils what goes over it: cut, held up, silent, damaged.

Peers that are spoilt themselves are in scripted_dimse and scripted_web.

    with MisbehavingProxy(orthanc.address, [Mischief(cut_down=100_000)]) as way:
        ...  # call 127.0.0.1:way.port: the first connection is cut, those after it are left alone
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

_PIECE = 65536
_NEVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Mischief:
    """What is done to one connection; down is from the peer to who called it, up the other way.

    Attributes:
        cut_down: After how many bytes both sides lose it. Likewise cut_up.
        ends_orderly: Whether a cut looks like an end (FIN) instead of a failure (RST).
        silent_down: After how many bytes nothing more comes, though it stays open. Likewise silent_up.
        delay_s: How long each piece is held back.
        garbage_down: From which byte on what comes is replaced by garbage, garbage_bytes long. Likewise garbage_up.
        drop_down: From which byte on drop_bytes are left out of the middle.
        is_refused: Whether it is closed before a byte went over it.
    """

    cut_down: int = _NEVER
    cut_up: int = _NEVER
    ends_orderly: bool = False
    silent_down: int = _NEVER
    silent_up: int = _NEVER
    delay_s: float = 0.0
    garbage_down: int = _NEVER
    garbage_up: int = _NEVER
    garbage_bytes: int = 64
    drop_down: int = _NEVER
    drop_bytes: int = 64
    is_refused: bool = False


HARMLESS = Mischief()


class MisbehavingProxy:
    """Listens on a port of its own and passes on to a peer.

    Args:
        target: Where the peer listens.
        mischiefs: For the first connection, the second and so on.
        otherwise: For all after them.
        tls: Makes it a peer that speaks TLS, and passes on in the clear what is in it.

    Attributes:
        port: Where it listens on 127.0.0.1.
        connections: How many were taken.
    """

    def __init__(
        self,
        target: tuple[str, int],
        mischiefs: Sequence[Mischief] = (),
        otherwise: Mischief = HARMLESS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._target, self._mischiefs, self._otherwise, self._tls = target, list(mischiefs), otherwise, tls
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listening.getsockname()[1])
        self.connections = 0
        self._is_over = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            self._is_over.set()
            still_open = list(self._open)
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in still_open:
            _close(connection, is_failure=False)
        for thread in list(self._threads):
            thread.join(10)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return "127.0.0.1", self.port

    def spoil(self, otherwise: Mischief = HARMLESS) -> None:
        """Do this to all connections from now on; to none, unless it is said what."""
        self._mischiefs, self._otherwise = [], otherwise

    def _accept(self) -> None:
        while not self._is_over.is_set():
            try:
                near, _address = self._listening.accept()
            except OSError:
                return
            number, self.connections = self.connections, self.connections + 1
            mischief = self._mischiefs[number] if number < len(self._mischiefs) else self._otherwise
            if mischief.is_refused:
                _close(near, is_failure=not mischief.ends_orderly)
                continue
            thread = threading.Thread(target=self._connect, args=(near, mischief), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _connect(self, near: socket.socket, mischief: Mischief) -> None:
        far: socket.socket | None = None
        try:
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                near.settimeout(10)
                near = self._tls.wrap_socket(near, server_side=True)
            far = socket.create_connection(self._target, 10)
            far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._carry_both(near, far, mischief)
        except OSError:
            _close(near, is_failure=True)
        finally:
            for connection in (near, far):
                if connection is not None:
                    connection.close()

    def _carry_both(self, near: socket.socket, far: socket.socket, mischief: Mischief) -> None:
        for connection in (near, far):
            connection.settimeout(None)
        with self._lock:
            if self._is_over.is_set():
                return
            self._open |= {near, far}
        up = _Way(mischief.cut_up, mischief.silent_up, mischief.garbage_up, _NEVER, mischief)
        down = _Way(mischief.cut_down, mischief.silent_down, mischief.garbage_down, mischief.drop_down, mischief)
        thread = threading.Thread(target=self._carry, args=(near, far, up), daemon=True)
        thread.start()
        self._carry(far, near, down)
        thread.join()
        with self._lock:
            self._open -= {near, far}

    def _carry(self, source: socket.socket, sink: socket.socket, way: "_Way") -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(_PIECE):
                if way.mischief.delay_s and self._is_over.wait(way.mischief.delay_s):
                    break
                sink.sendall(way.spoilt(piece))
                if way.is_cut:
                    for connection in (sink, source):
                        _close(connection, is_failure=not way.mischief.ends_orderly)
                    return
            sink.shutdown(socket.SHUT_WR)
            return
        _close(sink, is_failure=True)


class _Way:
    """One direction of a connection."""

    def __init__(self, cut: int, silent: int, garbage: int, drop: int, mischief: Mischief) -> None:
        self._cut, self._silent, self._garbage, self._drop = cut, silent, garbage, drop
        self.mischief = mischief
        self._at = 0

    @property
    def is_cut(self) -> bool:
        """Whether nothing more goes over it."""
        return self._at >= self._cut

    def spoilt(self, piece: bytes) -> bytes:
        """Return what becomes of the next bytes."""
        at, changed = self._at, bytearray(piece)
        self._at += len(piece)
        first, last = self._garbage - at, self._garbage + self.mischief.garbage_bytes - at
        for place in range(max(0, first), min(len(changed), last)):
            changed[place] ^= 0xA5
        limit = min(self._cut, self._silent) - at
        changed = changed[: max(0, limit)]
        first, last = self._drop - at, self._drop + self.mischief.drop_bytes - at
        del changed[max(0, first) : max(0, last)]
        return bytes(changed)


def _close(connection: socket.socket, *, is_failure: bool) -> None:
    with contextlib.suppress(OSError):
        if is_failure:  # the other side sees a reset
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.shutdown(socket.SHUT_RD)  # who waits for more of it lets go
        else:
            connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def waited_for(is_so: Callable[[], bool], seconds: float = 60) -> None:
    """Return as soon as something is so.

    Raises:
        AssertionError: If it never is.
    """
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.01)
