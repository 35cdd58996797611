"""Where our own receiver is for an archive: the address by which it reaches us, and who it is then."""

import contextlib
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from viewer.base.errors import NetworkError, system_reason
from viewer.base.translation import _
from viewer.network.access import DimseAccess
from viewer.network.allow_list import AllowRule, parse_address
from viewer.network.serving import TlsFiles
from viewer.reception.receiver_settings import LOOPBACK, ReceiverSettings


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


def addresses_of(access: DimseAccess) -> tuple[str, ...]:
    """Return the IP addresses of an archive, the older kind first: it is by that one that most archives call back.

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
    found.sort(key=lambda each: each[0] != socket.AF_INET)
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


def tls_files_of(settings: ReceiverSettings) -> TlsFiles | None:
    """Return with what our receiver answers over TLS; None where it is called in the clear."""
    if not (settings.certificate and settings.key):
        return None
    authority = Path(settings.authority) if settings.authority else None
    return TlsFiles(Path(settings.certificate), Path(settings.key), authority)
