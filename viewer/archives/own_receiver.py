"""A receiver that opens for just what an archive is asked to send here (C-MOVE), and lets in nobody but that archive.

Several moves of one process share it, for there is one title and one port that archives know. Where the library has
a receiver that runs, that one is used (retrieval_by_receiver).
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Self

from viewer.base.errors import NetworkError, system_reason
from viewer.base.translation import _
from viewer.network.access import DimseAccess
from viewer.network.allow_list import Admission, AllowList, AllowRule, parse_address
from viewer.network.commitment_results import INVALID_ARGUMENT
from viewer.network.limits import Limits
from viewer.network.ports import (
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
from viewer.network.server import DicomServer, ListeningPlace, Services, TlsFiles
from viewer.network.serving import Told
from viewer.network.stations import checked_title
from viewer.reception.receiver_settings import LOOPBACK, ReceiverSettings

_GRACE_S = 0.5
"""When all has come, archives that keep an association for a while are not waited for."""


@dataclass(frozen=True, slots=True)
class OwnPlace:
    """Where an archive has to send to, as it has to be entered there."""

    ae_title: str
    host: str
    port: int
    uses_tls: bool = False

    def advice(self) -> str:
        """Return what to do where an archive does not know it, or cannot reach it."""
        words = _("Have {title} entered in the archive as a station at {host}, port {port}, and let through firewalls")
        return words.format(title=self.ae_title, host=self.host, port=self.port)


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
        addresses = addresses_of(access)
        self.rules = senders_of(access, addresses, settings)
        bind = settings.bind if settings.bind not in {LOOPBACK, "localhost"} else local_address(addresses[0])
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


def addresses_of(access: DimseAccess) -> tuple[str, ...]:
    """Return the IP addresses of an archive.

    Raises:
        NetworkError: If its name is not known.
    """
    station = access.station
    try:
        found = socket.getaddrinfo(station.host, station.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = system_reason(error) if isinstance(error, OSError) else station.host
        raise NetworkError(
            _("Its host is not known: {0}").format(reason), subject=str(station), advice=_("Check the host's name")
        ) from error
    return tuple(dict.fromkeys(str(address[0]) for *_rest, address in found))


def local_address(address: str) -> str:
    """Return the address of this computer from which another one is reached; nothing is sent."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((address, 9))
        return str(probe.getsockname()[0])
    return LOOPBACK


def titles_of(access: DimseAccess) -> tuple[str, ...]:
    """Return the AE titles under which an archive may send."""
    return tuple(dict.fromkeys((access.station.ae_title, *access.quirks.sends_as)))


def senders_of(access: DimseAccess, addresses: Sequence[str], settings: ReceiverSettings) -> tuple[AllowRule, ...]:
    """Return who may send what is moved: the archive from its addresses, and where the receiver's rules let it."""
    titles = titles_of(access)
    networks = [ip_network(str(parsed)) for address in addresses if (parsed := parse_address(address)) is not None]
    rules = [AllowRule(title, network) for title in titles for network in networks]
    with contextlib.suppress(NetworkError):
        rules += [rule for rule in map(AllowRule.parse, settings.allow) if rule.ae_title in titles]
    return tuple(rules)


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
        parsed = parse_address(caller.address)
        guests = [
            guest
            for guest in tuple(self.guests)
            if guest.results is None
            and any(
                rule.ae_title == caller.ae_title and parsed is not None and rule.covers(parsed) for rule in guest.rules
            )
        ]
        if not guests:
            raise StoreRefused(0x0124, "Nobody waits for that any more")
        chosen = next((guest for guest in guests if guest.wants(offered.sop_instance_uid)), guests[0])
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
            self._sink = guest.storage.begin(offered, caller)

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        self._guest.note()
        self._size += len(piece)
        with self._telling():
            self._sink.write(piece)

    def finish(self) -> StoreAnswer:
        with self._telling():
            answer = self._sink.finish()
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


def tls_files_of(settings: ReceiverSettings) -> TlsFiles | None:
    """Return with what our receiver answers over TLS; None where it is called in the clear."""
    if not (settings.certificate and settings.key):
        return None
    authority = Path(settings.authority) if settings.authority else None
    return TlsFiles(Path(settings.certificate), Path(settings.key), authority)


def _left(guest: OwnReceiver) -> None:
    with _LOCK:
        for key, shared in tuple(_SERVERS.items()):
            if guest in shared.guests:
                shared.guests.remove(guest)
                if not shared.guests:
                    del _SERVERS[key]
                    if shared.server is not None:
                        shared.server.close(_GRACE_S)
