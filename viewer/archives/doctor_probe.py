"""What is at a port where the archive was expected: asked only when it did not answer as it should."""

import contextlib
import socket

from viewer.base.errors import NetworkError
from viewer.base.translation import _
from viewer.network.access import DimseAccess
from viewer.network.echo import echo_context
from viewer.network.requesting import Patience, RejectedError, RequestedAssociation
from viewer.network.stations import Station
from viewer.network.tls_failures import presented_fingerprint

_PROBE_S = 4.0
_ANY_TITLE = "ANY-SCP"


def speaks_without_tls(access: DimseAccess) -> bool:
    """Whether the station takes associations in the clear, or refuses them in DICOM's own words."""
    station = access.station
    return is_dicom(station.host, station.port, station.ae_title, access.calling_title)


def is_dicom(host: str, port: int, title: str = _ANY_TITLE, calling_title: str = _ANY_TITLE) -> bool:
    """Whether a DICOM station answers at a port, be it to refuse."""
    patience = Patience(_PROBE_S, _PROBE_S, _PROBE_S, _PROBE_S)
    try:
        with RequestedAssociation(Station(title, host, port), calling_title, [echo_context(1)], patience=patience):
            return True
    except RejectedError:
        return True
    except NetworkError:
        return False


def other_than_dicom(host: str, port: int) -> tuple[str, str]:
    """Return what answers at a port that gave no answer to DICOM, and what to do; empty texts where it is not known."""
    if fingerprint := presented_fingerprint((host, port), _PROBE_S):
        return (
            _("It speaks TLS at port {0}, and is called without").format(port),
            _("Enter it with TLS; its certificate has the fingerprint {0}").format(fingerprint),
        )
    greeting = _greeting(host, port)
    if greeting.startswith((b"HTTP", b"<")):
        return (
            _("A web server answers at port {0}, no DICOM station").format(port),
            _("Check the port; a DICOMweb server is entered by its URL"),
        )
    if greeting.startswith(b"SSH-"):
        return _("Port {0} is for remote login (SSH), not for DICOM").format(port), _("Check the port")
    return "", ""


def _greeting(host: str, port: int) -> bytes:
    """Return the first bytes of what a server says to a request of the web."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), _PROBE_S) as connection:
        connection.settimeout(_PROBE_S)
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return connection.recv(64)
    return b""
