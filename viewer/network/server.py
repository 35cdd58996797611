"""The server of this station: one place to listen at, everything that is spoken there, and who is connected now."""

import contextlib
import logging
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field, replace

from viewer.base.errors import NetworkError, system_reason
from viewer.base.logs import without_values
from viewer.base.translation import _
from viewer.network.allow_list import Admission, AllowList
from viewer.network.association_request import MalformedRequestError, RequestHead, read_head
from viewer.network.front_door import Arrival, FrontDoor
from viewer.network.half_open import end_sending
from viewer.network.limits import Limits
from viewer.network.negotiation import (
    INVALID_PARAMETER,
    LOCAL_LIMIT_EXCEEDED,
    Negotiated,
    Policy,
    Refusal,
    judge_head,
    negotiate,
)
from viewer.network.other_services import OtherAssociation, served_classes
from viewer.network.refusal_log import RefusalLog
from viewer.network.serving import AssociationNow, ListeningPlace, Services, Tell, TlsFiles
from viewer.network.storage_association import StorageAssociation

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment] # where it is a module, it is one

__all__ = ["AssociationNow", "DicomServer", "ListeningPlace", "Services", "Tell", "TlsFiles"]

logger = logging.getLogger(__name__)

_BACKLOG = 1024
_LAST_WORDS_S = 1.0
_PIECE = 65536
_DEFAULT_GRACE_S = 5.0
_ENDING_S = 10.0


@dataclass(slots=True, eq=False)
class _Place:
    """One of the places for associations."""

    now: AssociationNow
    connection: socket.socket
    thread: threading.Thread | None = field(default=None)


class DicomServer:
    """Listens, negotiates, and has each association served on a thread of its own.

    Args:
        place: Where to listen.
        ae_title: As what we must be called.
        allowed: Who may call.
        limits: What a caller may cost.
        services: What is served.
        tell: Told "refused", "closed" and "problem"; who stores tells of what was stored.
        takes_unknown_classes: Whether SOP classes are taken that the dictionary does not know.
    """

    def __init__(
        self,
        place: ListeningPlace,
        ae_title: str,
        allowed: AllowList,
        limits: Limits,
        services: Services,
        tell: Tell,
        *,
        takes_unknown_classes: bool = True,
    ) -> None:
        self._place, self._limits, self._services, self._tell = place, limits, services, tell
        others, takes_results = served_classes(services), services.results is not None
        self._policy = Policy(ae_title, allowed, takes_unknown_classes, others, takes_results, limits.pdu_bytes)
        self._refusals = RefusalLog(tell)
        self._lock = threading.Lock()
        self._places: list[_Place] = []
        self._is_closing = False
        self._door: FrontDoor | None = None
        self._port = place.port

    @property
    def port(self) -> int:
        """The port that is listened at, once started."""
        return self._port

    def start(self) -> None:
        """Listen, and serve in the background.

        Raises:
            NetworkError: If the place is taken, is open to others without rules, or its certificate is not good.
        """
        self._policy.allowed.check_place(self._place.bind)
        tls = _server_context(self._place.tls)
        _make_room(self._limits.descriptors)
        listening = _listen(self._place)
        self._port = int(listening.getsockname()[1])
        self._door = FrontDoor(
            listening, tls, self._policy.allowed, self._limits, self._admit,
            lambda refusal, address: self._refusals.refused(refusal.reason, address),
        )  # fmt: skip
        self._door.start()
        self._tell_of_certificate()

    def associations(self) -> tuple[AssociationNow, ...]:
        """Return who is connected now, oldest first."""
        with self._lock:
            return tuple(place.now for place in self._places)

    def waiting(self) -> int:
        """Return how many connections have not made their request yet."""
        return self._door.waiting() if self._door else 0

    def close(self, grace_s: float = _DEFAULT_GRACE_S) -> None:
        """Take no more callers, let those that are served end by themselves for a while, then end them."""
        if self._door is not None:
            self._door.close()
        with self._lock:
            self._is_closing = True
        self._wait_until_empty(grace_s)
        with self._lock:
            left = list(self._places)
        for place in left:
            _shut(place.connection)
        self._wait_until_empty(_ENDING_S)
        self._refusals.tell_rest()

    def _tell_of_certificate(self) -> None:
        """Say that our certificate has expired, or is about to: callers will then refuse us, and say so only there."""
        if self._place.tls is not None:
            from viewer.network.certificates import read_certificate

            path = self._place.tls.certificate
            if trouble := read_certificate(path).trouble():
                self._tell("problem", {"reason": f"{path.name}: {trouble}"})

    def _wait_until_empty(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        with self._lock:
            threads = [place.thread for place in self._places if place.thread is not None]
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _admit(self, arrival: Arrival) -> Refusal | None:
        """Take a connection with its request over, on the door's thread; or return why not."""
        try:
            head = read_head(arrival.request)
        except MalformedRequestError:
            self._refusals.refused(INVALID_PARAMETER.reason, arrival.address)
            return INVALID_PARAMETER
        refusal = judge_head(head, arrival.address, self._policy) or self._seat(head, arrival)
        if refusal is not None:
            self._refusals.refused(refusal.reason, arrival.address, head.calling)
        return refusal

    def _seat(self, head: RequestHead, arrival: Arrival) -> Refusal | None:
        is_known = self._policy.allowed.judge(head.calling, arrival.address) is Admission.KNOWN
        place = _Place(AssociationNow(head.calling, arrival.address, is_known, time.monotonic()), arrival.connection)
        with self._lock:
            unknown = sum(not taken.now.is_known for taken in self._places)
            is_full = len(self._places) >= self._limits.associations
            if self._is_closing or is_full or (not is_known and unknown >= self._limits.places_for_unknown):
                return LOCAL_LIMIT_EXCEEDED
            self._places.append(place)
        place.thread = threading.Thread(
            target=self._serve, args=(place, arrival), name=f"association {arrival.address}", daemon=True
        )
        try:
            place.thread.start()
        except RuntimeError:  # the system gives no more threads
            self._leave(place)
            return LOCAL_LIMIT_EXCEEDED
        return None

    def _serve(self, place: _Place, arrival: Arrival) -> None:
        try:
            answer = negotiate(arrival.request, arrival.address, self._policy, arrival.certificate)
            if isinstance(answer, Negotiated):
                answer = self._served(place, answer) or answer
            if isinstance(answer, Refusal):
                self._refusals.refused(answer.reason, arrival.address, place.now.ae_title)
                _refuse(arrival.connection, answer)
        except Exception as error:  # noqa: BLE001 - a bug must cost one association, not the server
            logger.error("An association with %s failed:\n%s", arrival.address, without_values(error))
        finally:
            with contextlib.suppress(OSError):
                arrival.connection.close()
            self._leave(place)

    def _served(self, place: _Place, negotiated: Negotiated) -> Refusal | None:
        """Serve an association to its end; or return why not."""
        if not negotiated.has_other_services:
            StorageAssociation(place.connection, negotiated, self._services.storage, self._limits, self._tell).serve()
            return None
        with self._lock:
            others = sum(taken.now.has_other_services for taken in self._places)
            if others >= self._limits.other_associations:
                return LOCAL_LIMIT_EXCEEDED
            place.now = replace(place.now, has_other_services=True)
        OtherAssociation(place.connection, negotiated, self._services, self._limits, self._tell).serve()
        return None

    def _leave(self, place: _Place) -> None:
        with self._lock, contextlib.suppress(ValueError):
            self._places.remove(place)


def _server_context(files: TlsFiles | None) -> ssl.SSLContext | None:
    if files is None:
        return None
    from viewer.network.tls_context import server_context

    return server_context(files)


def _make_room(descriptors: int) -> None:
    """See that this process may have so many descriptors open, as far as the system lets it (often 1,024 at first)."""
    if resource is not None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY and soft < descriptors:
            wanted = descriptors if hard == resource.RLIM_INFINITY else min(descriptors, hard)
            with contextlib.suppress(OSError, ValueError):  # then the door makes room where it must
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _listen(place: ListeningPlace) -> socket.socket:
    bind = "127.0.0.1" if place.bind == "localhost" else place.bind
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    try:
        return socket.create_server(
            (bind, place.port), family=family, backlog=_BACKLOG,
            dualstack_ipv6=bind == "::" and socket.has_dualstack_ipv6(),
        )  # fmt: skip
    except OSError as error:
        raise NetworkError(
            _("Cannot listen at {0}: {1}").format(f"{place.bind}:{place.port}", system_reason(error)),
            advice=_("Another program may listen there already, or the address is not this computer's"),
        ) from None


def _refuse(connection: socket.socket, refusal: Refusal) -> None:
    """Say no, and wait a little for the peer to end the connection, or it could lose what we said (RFC 1122)."""
    deadline = time.monotonic() + _LAST_WORDS_S
    with contextlib.suppress(OSError):
        connection.sendall(refusal.pdu)
        end_sending(connection)
        while (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            if not socket.socket.recv(connection, _PIECE):
                return


def _shut(connection: socket.socket) -> None:
    """Wake who waits on a connection: under TLS too it is the TCP connection that is ended."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
