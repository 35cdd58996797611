"""A receiver that opens for just what an archive is asked to send here (C-MOVE), and lets in nobody but that archive.

Several moves of one process share it, for there is one title and one port that archives know. Where the library has
a receiver that runs, that one is used (retrieval_by_receiver).
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Self

from viewer.archives.own_place import OwnPlace, addresses_of, local_address, senders_of, tls_files_of
from viewer.base.errors import NetworkError
from viewer.base.translation import _
from viewer.network.access import DimseAccess
from viewer.network.allow_list import Admission, AllowList, AllowRule, parse_address
from viewer.network.commitment_results import INVALID_ARGUMENT
from viewer.network.held_sink import HeldSink
from viewer.network.limits import Limits
from viewer.network.ports import (
    OUT_OF_RESOURCES,
    Became,
    Caller,
    CommitmentResults,
    InstanceSink,
    OfferedInstance,
    ReportedResult,
    Storage,
    StoreAnswer,
    StoreRefused,
)
from viewer.network.retrieving import Fetched
from viewer.network.server import DicomServer, ListeningPlace, Services
from viewer.network.serving import Told
from viewer.network.stations import checked_title
from viewer.reception.receiver_settings import LOOPBACK, ReceiverSettings

_AT_ONCE = 8
"""How many instances are brought to the disk together."""
_NOT_ASKED_FOR = 0x0124
_GRACE_S = 0.5
"""When all has come, archives that keep an association for a while are not waited for."""


class OwnReceiver:
    """One move's part of the receiver, from its construction until it is closed; a context manager.

    Args:
        storage: Where what comes goes.
        access: The archive that will send.
        settings: Our title and port, and TLS where callers have to use it; the address only where it is no loopback.
        came: Told of each instance that came, on the threads of associations.
        wants: Whether an instance is one of this move's, where several go on at once.
        results: Takes what the archive says to a request for storage commitment: then no instances are waited for.

    Attributes:
        place: What the archive has to know.
        calling_title: As what we asked it, which it says of what it sends (PS3.7 9.1.1.1.4).
        is_careful: Whether something could not be kept: what follows is then waited for before it is answered.

    A few instances are brought to the disk together while the next ones come, as in C-GET: the archive has them still.

    Raises:
        NetworkError: If the archive's host has no address, or the port is not to be had.
    """

    def __init__(
        self,
        storage: Storage,
        access: DimseAccess,
        settings: ReceiverSettings,
        came: Callable[[Fetched], None],
        wants: Callable[[str], bool],
        results: CommitmentResults | None = None,
    ) -> None:
        self.storage, self.came, self.wants, self.results = storage, came, wants, results
        self.calling_title = access.calling_title
        addresses = addresses_of(access)
        self.rules = senders_of(access, addresses, settings)
        bind = settings.bind if settings.bind not in {LOOPBACK, "localhost"} else local_address(addresses[0])
        self.is_careful = False
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="keeping")
        self._room = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._receiving = 0
        self._last_sign = 0.0
        self._refused = ""
        self._server = _joined(self, settings, bind)
        host = local_address(addresses[0]) if bind in {"0.0.0.0", "::"} else bind  # noqa: S104 - only compared
        self.place = OwnPlace(self._server.ae_title, host, self._server.port, bool(settings.certificate))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Take nothing more for this move; who was last closes the port."""
        _left(self)
        self._pool.shutdown()

    def keep(self, step: Callable[[], StoreAnswer]) -> "Future[StoreAnswer]":
        """Have an instance kept beside others; waits while too many are."""
        self._room.acquire()
        try:
            future = self._pool.submit(step)
        except RuntimeError as error:  # closed meanwhile
            self._room.release()
            raise StoreRefused(OUT_OF_RESOURCES, "Nobody waits for that any more") from error
        future.add_done_callback(lambda _future: self._room.release())
        return future

    def admits(self, caller: Caller) -> bool:
        """Whether the archive of this move is at the other end."""
        parsed = parse_address(caller.address)
        return parsed is not None and any(
            rule.ae_title == caller.ae_title and rule.covers(parsed) for rule in self.rules
        )

    @property
    def is_receiving(self) -> bool:
        """Whether an instance is coming in or being kept."""
        with self._lock:
            return self._receiving > 0

    @property
    def refused(self) -> str:
        """Who called and was not let in, in words; empty when nobody."""
        return self._refused

    def last_sign(self) -> float:
        """Return when something came, in seconds of time.monotonic(); 0 before that."""
        return self._last_sign

    def note(self, entering: int = 0) -> None:
        """Note that something comes: one instance more, or one less."""
        with self._lock:
            self._receiving += entering
            self._last_sign = time.monotonic()

    def note_refusal(self, ae_title: str, address: str) -> None:
        """Note who was not let in."""
        words = _("{title} called from {address} and was not let in: enter it as a title under which the archive sends")
        self._refused = words.format(title=ae_title or "?", address=address)


# The server that they share


@dataclass(frozen=True, slots=True)
class _Admitted(AllowList):
    """Those whom somebody waits for now, and nobody else."""

    expected: Callable[[], tuple[AllowRule, ...]] = tuple

    def admits_address(self, address: str) -> bool:
        parsed = parse_address(address)
        return parsed is not None and any(rule.covers(parsed) for rule in self.expected())

    def judge(self, ae_title: str, address: str) -> Admission:
        parsed = parse_address(address)
        is_expected = parsed is not None and any(
            rule.ae_title == ae_title and rule.covers(parsed) for rule in self.expected()
        )
        return Admission.KNOWN if is_expected else Admission.REFUSED

    def check_place(self, bind: str) -> None:
        """Any place will do: everybody who may call is named."""


@dataclass(slots=True, eq=False)
class _Server:
    ae_title: str
    guests: list[OwnReceiver] = field(default_factory=list)
    server: DicomServer | None = None

    @property
    def port(self) -> int:
        return self.server.port if self.server is not None else 0

    def rules(self) -> tuple[AllowRule, ...]:
        return tuple(rule for guest in self.guests for rule in guest.rules)

    def begin(self, offered: OfferedInstance, caller: Caller) -> InstanceSink:
        guests = [guest for guest in tuple(self.guests) if guest.results is None and guest.admits(caller)]
        wanting = [guest for guest in guests if guest.wants(offered.sop_instance_uid)]
        # What nobody named may still be of a study that was not listed, but not what another station asked for.
        others = [guest for guest in guests if offered.move_originator in {"", guest.calling_title}]
        chosen = next(iter((*wanting, *others)), None)
        if chosen is None:
            raise StoreRefused(_NOT_ASKED_FOR, "Nobody here has asked for that")
        return _Noticed(chosen, offered, caller)

    def take(self, result: ReportedResult, caller: Caller) -> int:
        takers = [guest.results for guest in tuple(self.guests) if guest.results is not None]
        return takers[0].take(result, caller) if takers else INVALID_ARGUMENT

    def tell(self, event: str, details: "dict[str, Told] | object") -> None:
        if event == "refused" and isinstance(details, dict):
            for guest in tuple(self.guests):
                guest.note_refusal(str(details.get("aet", "")), str(details.get("address", "")))


class _Noticed:
    """A sink that tells whose move it is what became of the instance."""

    def __init__(self, guest: OwnReceiver, offered: OfferedInstance, caller: Caller) -> None:
        self._guest, self._offered = guest, offered
        self._size = 0
        self._is_over = False
        guest.note(+1)
        with self._telling():
            self._sink = HeldSink(guest.storage.begin(offered, caller))

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        self._guest.note()
        self._size += len(piece)
        with self._telling():
            self._sink.write(piece)

    def finish(self) -> StoreAnswer:
        """Return that it came; it is kept beside the next ones, unless one could not be: then what became of it."""
        kept = self._guest.keep(self._kept)
        return kept.result() if self._guest.is_careful else StoreAnswer(Became.STORED)

    def _kept(self) -> StoreAnswer:
        with self._telling():
            answer = self._sink.finish()
        self._guest.is_careful |= answer.status != 0
        self._end(answer)
        return answer

    def abandon(self) -> None:
        """It broke off in the middle: it has not come, and will be missed."""
        self._sink.abandon()
        self._leave()

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._guest.is_careful = True
            self._end(None, str(error) if isinstance(error, StoreRefused) else type(error).__name__)
            raise

    def _end(self, answer: StoreAnswer | None, reason: str = "") -> None:
        if not self._is_over:
            offered = self._offered
            self._guest.came(Fetched(offered.sop_instance_uid, offered.sop_class_uid, answer, self._size, reason))
        self._leave()

    def _leave(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._guest.note(-1)


_LOCK = threading.Lock()
_SERVERS: dict[tuple[str, str, int], _Server] = {}


def _joined(guest: OwnReceiver, settings: ReceiverSettings, bind: str) -> _Server:
    key = (checked_title(settings.ae_title), bind, settings.port)
    with _LOCK:
        shared = _SERVERS.get(key)
        if shared is None:
            shared = _Server(key[0])
            shared.guests.append(guest)
            shared.server = _started(shared, settings, bind)
            _SERVERS[key] = shared
        else:
            shared.guests.append(guest)
        return shared


def _started(shared: _Server, settings: ReceiverSettings, bind: str) -> DicomServer:
    server = DicomServer(
        ListeningPlace(bind, settings.port, tls_files_of(settings)),
        shared.ae_title,
        _Admitted(takes_unknown=False, expected=shared.rules),
        Limits(),
        Services(shared, results=shared),
        shared.tell,
    )
    try:
        server.start()
    except NetworkError as error:
        error.advice = _("Fetch in another way, or end what listens there: a receiver of another library for instance")
        raise
    return server


def _left(guest: OwnReceiver) -> None:
    with _LOCK:
        for key, shared in tuple(_SERVERS.items()):
            if guest in shared.guests:
                shared.guests.remove(guest)
                if not shared.guests:
                    del _SERVERS[key]
                    if shared.server is not None:
                        shared.server.close(_GRACE_S)
