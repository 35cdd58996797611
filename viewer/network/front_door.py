"""The front door: accepts connections and waits for their requests, hundreds at a time on one thread.

A caller gets a thread of its own only with a whole request from an address and under a title that may call. Until then
it can take nothing from others: places are bounded, and when all are taken the oldest goes, of whichever address holds
the most.
"""

import contextlib
import logging
import selectors
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from viewer.base.logs import without_values
from viewer.network.allow_list import AllowList, parse_address
from viewer.network.half_open import HalfOpen, RefusedConnectionError, Stage, Wish
from viewer.network.limits import Limits
from viewer.network.negotiation import Refusal

logger = logging.getLogger(__name__)

_PARTING_S = 1.0
_TICK_S = 0.25
_ACCEPTED_AT_ONCE = 64
_AFTER_FAILURE_S = 0.01
_KEEPALIVE_S, _KEEPALIVE_PROBES = 30, 4

NO_TIME_LEFT = Refusal(b"", "no request in time")
_PUSHED_OUT = Refusal(b"", "too many waiting connections")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A connection with its whole request; blocking from here on."""

    connection: socket.socket
    address: str
    request: bytes
    certificate: str


Admit = Callable[[Arrival], Refusal | None]
"""Takes the connection over, or says why not; called on the door's thread, must not wait."""
TellRefused = Callable[[Refusal, str], None]
"""Told the reason and the address of each connection that ends at the door."""


class FrontDoor:
    """Waits at a listening socket until it is closed.

    Args:
        listening: Bound and listening.
        tls: None to be spoken to in the clear.
        allowed: Who may call; asked for addresses only.
        admit: Called with each whole request.
        tell_refused: Called for what ends here.
    """

    def __init__(
        self,
        listening: socket.socket,
        tls: ssl.SSLContext | None,
        allowed: AllowList,
        limits: Limits,
        admit: Admit,
        tell_refused: TellRefused,
    ) -> None:
        self._listening, self._tls, self._allowed, self._limits = listening, tls, allowed, limits
        self._admit, self._tell_refused = admit, tell_refused
        self._waiting: dict[HalfOpen, None] = {}  # oldest first
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="front door", daemon=True)

    def start(self) -> None:
        """Begin to accept."""
        self._listening.settimeout(0)
        self._woken.settimeout(0)
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread.start()

    def close(self) -> None:
        """Stop accepting and end what waits; what was handed on is not touched. Safe to call again."""
        self._is_closing = True
        with contextlib.suppress(OSError):  # it may have ended already
            self._wake.send(b"\0")
        self._thread.join()

    def waiting(self) -> int:
        """Return how many connections wait."""
        return len(self._waiting)

    def _run(self) -> None:
        swept = time.monotonic()
        while not self._is_closing:
            for key, _events in self._selector.select(_TICK_S):
                with self._surviving(key.data):
                    self._serve(key)
            if time.monotonic() - swept > _TICK_S:
                swept = time.monotonic()
                with self._surviving():
                    self._sweep()
        for waiting in list(self._waiting):
            self._forget(waiting)
        self._selector.close()
        for sock in (self._listening, self._wake, self._woken):
            sock.close()

    @contextlib.contextmanager
    def _surviving(self, waiting: object = None) -> Iterator[None]:
        """A bug in here must cost one connection, not the door."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - see above; it is told without values
            logger.error("A connection failed at the door:\n%s", without_values(error))
            if isinstance(waiting, HalfOpen):
                self._forget(waiting)

    def _serve(self, key: selectors.SelectorKey) -> None:
        if isinstance(key.data, HalfOpen):
            if key.data in self._waiting:  # it may have been pushed out a moment ago
                self._go_on(key.data)
        elif key.fileobj is self._listening:
            self._accept()

    def _accept(self) -> None:
        for _attempt in range(_ACCEPTED_AT_ONCE):
            try:
                connection, peer = self._listening.accept()
            except BlockingIOError:
                return
            except OSError:
                # It went before it was accepted, or this process has no more descriptors: then one is made free.
                self._push_out(list(self._waiting))
                time.sleep(_AFTER_FAILURE_S)
                return
            address = parse_address(str(peer[0]))
            self._take(connection, str(peer[0]) if address is None else str(address))

    def _take(self, connection: socket.socket, address: str) -> None:
        is_stranger = not self._allowed.admits_address(address)
        self._make_room(is_stranger=is_stranger)
        try:
            _prepare(connection)
            stage = Stage.REQUEST
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                stage = Stage.HANDSHAKE
        except OSError:
            connection.close()
            return
        deadline = time.monotonic() + self._limits.half_open_deadline_s
        waiting = HalfOpen(connection, address, deadline, is_stranger, stage)
        self._waiting[waiting] = None
        self._selector.register(connection, selectors.EVENT_READ, waiting)
        self._go_on(waiting)  # its request may have come with it

    def _make_room(self, *, is_stranger: bool) -> None:
        if is_stranger:
            strangers = [waiting for waiting in self._waiting if waiting.is_stranger]
            if len(strangers) >= self._limits.half_open_strangers:
                self._push_out(strangers)
        if len(self._waiting) >= self._limits.half_open:
            self._push_out(list(self._waiting))

    def _push_out(self, candidates: list[HalfOpen]) -> None:
        """End the oldest of the address that holds the most places."""
        if candidates:
            address = Counter(waiting.address for waiting in candidates).most_common(1)[0][0]
            self._end(next(waiting for waiting in candidates if waiting.address == address), _PUSHED_OUT)

    def _go_on(self, waiting: HalfOpen) -> None:
        try:
            wish = waiting.go_on(self._limits.largest_request_bytes)
        except RefusedConnectionError as refused:
            self._refuse(waiting, refused.refusal)
            return
        if wish is Wish.REQUEST_IS_THERE:
            self._hand_on(waiting)
        elif wish is Wish.END:
            self._forget(waiting)
        else:
            events = selectors.EVENT_WRITE if wish is Wish.WRITE else selectors.EVENT_READ
            self._selector.modify(waiting.connection, events, waiting)

    def _hand_on(self, waiting: HalfOpen) -> None:
        arrival = Arrival(waiting.connection, waiting.address, bytes(waiting.received), waiting.certificate())
        self._selector.unregister(waiting.connection)
        waiting.connection.settimeout(self._limits.idle_s)
        if refusal := self._admit(arrival):
            waiting.connection.settimeout(0)
            self._selector.register(waiting.connection, selectors.EVENT_READ, waiting)
            self._part(waiting, refusal)
        else:
            del self._waiting[waiting]

    def _refuse(self, waiting: HalfOpen, refusal: Refusal) -> None:
        with self._surviving(waiting):
            self._tell_refused(refusal, waiting.address)
            self._part(waiting, refusal)

    def _part(self, waiting: HalfOpen, refusal: Refusal) -> None:
        waiting.part(refusal, time.monotonic() + _PARTING_S)
        self._go_on_parting(waiting)

    def _go_on_parting(self, waiting: HalfOpen) -> None:
        try:
            is_over = waiting.go_on(self._limits.largest_request_bytes) is Wish.END
        except RefusedConnectionError:
            is_over = True
        if is_over:
            self._forget(waiting)
        else:
            self._selector.modify(waiting.connection, selectors.EVENT_READ, waiting)

    def _sweep(self) -> None:
        now = time.monotonic()
        for waiting in [waiting for waiting in self._waiting if waiting.deadline <= now]:
            self._end(waiting, NO_TIME_LEFT)

    def _end(self, waiting: HalfOpen, refusal: Refusal) -> None:
        with self._surviving():
            if waiting.stage is not Stage.PARTING:
                self._tell_refused(refusal, waiting.address)
        self._forget(waiting)

    def _forget(self, waiting: HalfOpen) -> None:
        self._waiting.pop(waiting, None)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(waiting.connection)
        waiting.connection.close()


def _prepare(connection: socket.socket) -> None:
    connection.settimeout(0)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # The systems' own two hours are too long to notice that a modality was switched off.
    for option, value in (
        ("TCP_KEEPIDLE", _KEEPALIVE_S),
        ("TCP_KEEPINTVL", _KEEPALIVE_S),
        ("TCP_KEEPCNT", _KEEPALIVE_PROBES),
    ):
        if hasattr(socket, option):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
