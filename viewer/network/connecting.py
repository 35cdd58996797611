"""Connections to other stations, plain and safe."""

import socket
import ssl

from viewer.base.errors import NetworkError, system_reason
from viewer.base.translation import _
from viewer.network.stations import Station
from viewer.network.tls_context import client_context


def connected(station: Station, tls: ssl.SSLContext | None, seconds: float) -> socket.socket:
    """Return a connection to a station, its packets never held back.

    Args:
        station: Where to.
        tls: For stations that use TLS; None trusts the system's authorities.
        seconds: How long to wait.

    Raises:
        NetworkError: If there is none to be had.
    """
    try:
        connection = socket.create_connection((station.host, station.port), timeout=seconds)
    except (OSError, UnicodeError) as error:
        reason = system_reason(error) if isinstance(error, OSError) else str(station.host)
        raise NetworkError(
            _("Nobody answers there: {0}").format(reason),
            subject=str(station),
            advice=_("Check address, port and firewall"),
        ) from error
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not station.uses_tls:
            return connection
        return (tls or client_context(None)).wrap_socket(connection, server_hostname=station.host)
    except (OSError, ValueError) as error:
        connection.close()
        raise NetworkError(
            _("A safe connection could not be made"),
            subject=str(station),
            advice=_("Check the certificates of both sides"),
        ) from error
