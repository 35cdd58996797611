"""Connections to other stations, plain and safe; what goes wrong is told in words, with what to do about it."""

import socket
import ssl

from viewer.base.errors import NetworkError, system_reason
from viewer.base.translation import _
from viewer.network.stations import Station
from viewer.network.tls_context import client_context
from viewer.network.tls_failures import tls_failure


class UnresolvedError(NetworkError):
    """The name of the computer is not known."""


class UnreachableError(NetworkError):
    """Nobody takes the connection.

    Attributes:
        is_refused: Whether the computer itself said so; else nothing came back.
    """

    def __init__(self, message: str, *, subject: str = "", advice: str = "", is_refused: bool = False) -> None:
        super().__init__(message, subject=subject, advice=advice)
        self.is_refused = is_refused


def connected(station: Station, tls: ssl.SSLContext | None, seconds: float) -> socket.socket:
    """Return a connection to a station, its packets never held back.

    Args:
        station: Where to.
        tls: For stations that use TLS; None trusts the system's authorities.
        seconds: How long to wait.

    Raises:
        NetworkError: If there is none to be had.
    """
    connection = reached(station.host, station.port, seconds, str(station))
    if not station.uses_tls:
        return connection
    return secured(connection, tls or client_context(None), station.host, str(station))


def resolved(host: str, port: int, subject: str) -> tuple[str, ...]:
    """Return the addresses of a computer.

    Raises:
        UnresolvedError: If its name is not known.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnresolvedError(
            _("The name '{0}' is not known in this network").format(host),
            subject=subject,
            advice=_("Check its spelling, or give the IP address"),
        ) from error
    return tuple(dict.fromkeys(str(address[0]) for *_kind, address in found))


def reached(host: str, port: int, seconds: float, subject: str) -> socket.socket:
    """Return a plain connection to a port of a computer.

    Raises:
        UnresolvedError: If its name is not known.
        UnreachableError: If nobody takes it.
    """
    try:
        connection = socket.create_connection((host, port), timeout=seconds)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection
    except (socket.gaierror, UnicodeError):
        resolved(host, port, subject)
        raise UnresolvedError(_("The name '{0}' is not known in this network").format(host), subject=subject) from None
    except TimeoutError as error:
        raise UnreachableError(
            _("Nobody answers there: no reply within {0} seconds").format(f"{seconds:g}"),
            subject=subject,
            advice=_("Check address and port; a firewall between may drop what is sent"),
        ) from error
    except ConnectionRefusedError as error:
        raise UnreachableError(
            _("Nobody answers there: the computer is there, but nothing listens at port {0}").format(port),
            subject=subject,
            advice=_("Check the port, and whether the archive is running"),
            is_refused=True,
        ) from error
    except OSError as error:
        raise UnreachableError(
            _("Nobody answers there: {0}").format(system_reason(error)),
            subject=subject,
            advice=_("Check address, port and firewall"),
        ) from error


def secured(connection: socket.socket, tls: ssl.SSLContext, host: str, subject: str) -> ssl.SSLSocket:
    """Return a connection made safe; the plain one is closed when it cannot be.

    Raises:
        NetworkError: If it cannot be; its words say which side does not like what.
    """
    try:
        port = int(connection.getpeername()[1])
    except OSError:  # it hung up at once
        port = 0
    try:
        return tls.wrap_socket(connection, server_hostname=host)
    except (OSError, ValueError) as error:
        connection.close()
        raise tls_failure(error, tls, (host, port), subject) from error
