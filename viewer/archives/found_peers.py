"""Archives that may be worth entering: stations that the receiver knows, and DICOM servers on this very computer.

Nothing is added by itself, and nobody but this computer is called.
"""

import contextlib
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from viewer.base.errors import NetworkError
from viewer.base.translation import _
from viewer.network.peers import Peer, WebPlace
from viewer.network.requesting import Patience, RequestedAssociation
from viewer.network.stations import Station, parse_station
from viewer.reception.receiver_settings import LOOPBACK, ReceiverSettings

DICOM_PORTS = (104, 4242, 11112)
WEB_PORT, WEB_ROOT = 8042, "dicom-web"
_TITLES = ("ANY-SCP", "ORTHANC", "DCM4CHEE", "DCMQRSCP")
"""Who is called: most servers answer to any title; the others to the one they are installed with."""
_PATIENCE_S = 1.0
_VERIFICATION, _IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.1", "1.2.840.10008.1.2"


@dataclass(frozen=True, slots=True)
class FoundPeer:
    """An archive that could be entered.

    Attributes:
        peer: With the name that it would get.
        words: Where it is known from.
    """

    peer: Peer
    words: str


def found_peers(
    receiver: ReceiverSettings,
    known: Sequence[Peer],
    *,
    dicom_ports: Sequence[int] = DICOM_PORTS,
    web_port: int = WEB_PORT,
) -> tuple[FoundPeer, ...]:
    """Return what could be entered and is not yet; takes some two seconds at most.

    Args:
        receiver: Its stations are suggested; its own port is not.
        known: What is in the list.
        dicom_ports: To look at on this computer.
        web_port: Likewise.
    """
    looks: list[Callable[[], FoundPeer | None]] = [
        lambda port=port: _dicom_here(port, receiver.ae_title)  # type: ignore[misc] # mypy knows no defaults of lambdas
        for port in dicom_ports
        if not (receiver.is_on and port == receiver.port)
    ]
    looks.append(lambda: _web_here(web_port))
    found = list(_stations(receiver))
    with ThreadPoolExecutor(len(looks), thread_name_prefix="found peers") as pool:
        found += [each for each in pool.map(lambda look: look(), looks) if each is not None]
    stations = {_place(peer.station) for peer in known if peer.station is not None}
    roots = {peer.web.root for peer in known if peer.web is not None}
    fresh: list[FoundPeer] = []
    for each in found:
        station, web = each.peer.station, each.peer.web
        if (station is None or _place(station) not in stations) and (web is None or web.root not in roots):
            fresh.append(each)
            stations |= set() if station is None else {_place(station)}
    return tuple(fresh)


def _stations(receiver: ReceiverSettings) -> list[FoundPeer]:
    found = []
    for text in receiver.stations:
        with contextlib.suppress(NetworkError):
            station = parse_station(text)
            found.append(FoundPeer(Peer(station.ae_title, station), _("A station that the receiver sends to")))
    return found


def _dicom_here(port: int, calling_title: str) -> FoundPeer | None:
    """Return a server that takes an association; only its echo is asked for."""
    from viewer.network.association_request import ProposedContext

    if not _listens(port):
        return None
    patience = Patience(_PATIENCE_S, _PATIENCE_S, _PATIENCE_S, _PATIENCE_S)
    for title in _TITLES:
        station = Station(title, LOOPBACK, port)
        proposed = ProposedContext(1, _VERIFICATION, (_IMPLICIT_LITTLE_ENDIAN,))
        try:
            with RequestedAssociation(station, calling_title, [proposed], patience=patience):
                words = _("A DICOM server on this computer, at port {0}").format(port)
                name = title if title != _TITLES[0] else _("This computer, port {0}").format(port)
                return FoundPeer(Peer(name, station), words)
        except NetworkError as error:
            if type(error) is not NetworkError:
                return None  # lost, or too slow: no other title helps
    return None


def _web_here(port: int) -> FoundPeer | None:
    """Return a server that answers a search; it may want us to sign in, which also tells that it is there."""
    if not _listens(port):
        return None
    import http.client

    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", f"/{WEB_ROOT}/studies?limit=1", headers={"Accept": "application/dicom+json"})
        answer = connection.getresponse()
        kind = (answer.getheader("content-type") or "").partition(";")[0].strip()
        is_there = answer.status in {204, 401} or (answer.status == 200 and kind == "application/dicom+json")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    if not is_there:
        return None
    root = f"http://{LOOPBACK}:{port}/{WEB_ROOT}"
    name = _("This computer, DICOMweb")
    return FoundPeer(Peer(name, web=WebPlace(root)), _("A DICOMweb server on this computer, at port {0}").format(port))


def _listens(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), _PATIENCE_S).close()
    except OSError:
        return False
    return True


def _place(station: Station) -> tuple[str, int]:
    return ("localhost" if station.host == LOOPBACK else station.host), station.port
