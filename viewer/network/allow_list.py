"""Who may call: AE titles and the networks they call from.

An AE title proves nothing, it is only a name on an envelope; with the address beside it, it keeps honest mistakes out
and makes a dishonest caller sit in a network that was allowed. Certificates prove more (tls_context).
"""

import enum
import ipaddress
from dataclasses import dataclass

from viewer.base.errors import NetworkError
from viewer.base.translation import _
from viewer.network.stations import checked_title

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Admission(enum.Enum):
    """How far a caller is let in."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    """May echo and store; what it stores goes to the inbox."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class AllowRule:
    """One title that may call.

    Attributes:
        network: Where it calls from; None for anywhere.
    """

    ae_title: str
    network: _Network | None = None

    @classmethod
    def parse(cls, text: str) -> "AllowRule":
        """Return the rule of a text like CT1, CT1@192.168.1.7, CT1@192.168.1.0/24 or CT1@2001:db8::/48.

        Raises:
            NetworkError: If it is none.
        """
        title, at, network = text.strip().partition("@")
        if not at:
            return cls(checked_title(title))
        try:
            return cls(checked_title(title), ipaddress.ip_network(network.strip().strip("[]"), strict=False))
        except ValueError:
            raise NetworkError(
                _("'{0}' is no address or network").format(network),
                subject=text,
                advice=_("Write it like 192.168.1.7, 192.168.1.0/24 or 2001:db8::/48"),
            ) from None

    def covers(self, address: _Address) -> bool:
        """Return whether callers from an address are meant."""
        return self.network is None or address in self.network

    def __str__(self) -> str:
        return self.ae_title if self.network is None else f"{self.ae_title}@{self.network}"


def parse_address(text: str) -> _Address | None:
    """Return an IP address, without its zone, and as IPv4 where it is only mapped into IPv6; None if it is none."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


@dataclass(frozen=True, slots=True)
class AllowList:
    """All that may call. Without a rule: whoever calls from this computer itself, and nobody else.

    Attributes:
        takes_unknown: Whether a title that is not listed may call from a network that is.
    """

    rules: tuple[AllowRule, ...] = ()
    takes_unknown: bool = True

    def admits_address(self, address: str) -> bool:
        """Return whether anybody at all may call from there."""
        parsed = parse_address(address)
        if parsed is None:
            return False
        if not self.rules:
            return parsed.is_loopback
        return any(rule.covers(parsed) for rule in self.rules)

    def judge(self, ae_title: str, address: str) -> Admission:
        """Return how far a caller is let in."""
        parsed = parse_address(address)
        if parsed is None or not self.admits_address(address):
            return Admission.REFUSED
        if not self.rules or any(rule.ae_title == ae_title and rule.covers(parsed) for rule in self.rules):
            return Admission.KNOWN
        return Admission.UNKNOWN if self.takes_unknown else Admission.REFUSED

    def check_place(self, bind: str) -> None:
        """Check that a server may listen at an address with these rules.

        Raises:
            NetworkError: If others could reach it and nobody was named who may.
        """
        parsed = parse_address(bind)
        if not self.rules and not (bind == "localhost" or (parsed is not None and parsed.is_loopback)):
            raise NetworkError(
                _("Other computers could call at {0}, and nobody was named who may").format(bind),
                advice=_("Name who may call with --allow AET@NETWORK, or listen on this computer only (127.0.0.1)"),
            )
