"""Who can reach this computer with given settings, in plain words; and what in them cannot be, before it is tried."""

import errno
import ipaddress
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from viewer.base.errors import NetworkError, ViewerError, system_reason
from viewer.base.translation import _, ngettext
from viewer.network.allow_list import AllowRule
from viewer.network.stations import checked_title, parse_station
from viewer.reception.receiver_settings import ReceiverSettings

EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - named, not bound to
_WIDE_V4, _WIDE_V6 = 8, 32
"""A network with fewer fixed bits than this is no hospital's."""
_LOWEST_FREE_PORT = 1024
_PRIVATE_KEY = b"PRIVATE KEY-----"
_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"
_LARGEST_PEM = 1 << 20


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why settings cannot be put into force.

    Attributes:
        name: Of the field that has to be changed.
        words: What is wrong with it, with what to do.
    """

    name: str
    words: str


def is_for_this_computer_only(bind: str) -> bool:
    """Whether nobody else can reach an address."""
    try:
        return ipaddress.ip_address(bind.partition("%")[0]).is_loopback
    except ValueError:
        return bind == "localhost"


def troubles(settings: ReceiverSettings) -> tuple[Trouble, ...]:
    """Return what keeps settings from being put into force; nothing of it is tried on the network."""
    return tuple(_troubles(settings))


def _troubles(settings: ReceiverSettings) -> Iterator[Trouble]:
    yield from _refused("ae_title", lambda: checked_title(settings.ae_title))
    yield from _refused("bind", lambda: _checked_address(settings.bind))
    if not settings.allow and not is_for_this_computer_only(settings.bind):
        words = _("Say who may send: other computers can reach this address")
        yield Trouble("allow", words)
    for rule in settings.allow:
        yield from _refused("allow", partial(AllowRule.parse, rule))
    for station in settings.stations:
        yield from _refused("stations", partial(parse_station, station))
    yield from _tls_troubles(settings)


def _tls_troubles(settings: ReceiverSettings) -> Iterator[Trouble]:
    if settings.certificate and not settings.key:
        yield Trouble("key", _("The key of the certificate is missing"))
    if settings.key and not settings.certificate:
        yield Trouble("certificate", _("The certificate of the key is missing"))
    if settings.authority and not settings.certificate:
        yield Trouble(
            "certificate", _("Callers can only be asked for certificates over TLS: choose one for this computer")
        )
    for name, kind in (("certificate", _CERTIFICATE), ("key", _PRIVATE_KEY), ("authority", _CERTIFICATE)):
        if path := getattr(settings, name):
            yield from _refused(name, partial(_check_pem, Path(path), kind))


def _refused(name: str, check: Callable[[], object]) -> Iterator[Trouble]:
    try:
        check()
    except ViewerError as error:
        yield Trouble(name, error.one_line())


def _checked_address(bind: str) -> None:
    if bind == "localhost":
        return
    try:
        ipaddress.ip_address(bind)
    except ValueError as error:
        raise NetworkError(
            _("'{0}' is no address of a computer").format(bind), advice=_("Choose one from the list")
        ) from error


def _check_pem(path: Path, kind: bytes) -> None:
    if not path.is_absolute():
        raise NetworkError(_("The whole path is needed, from the root on"), subject=str(path))
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST_PEM)
    except OSError as error:
        raise NetworkError(_("The file cannot be read: {0}").format(system_reason(error)), subject=str(path)) from error
    if kind not in text:
        words = _("There is no key in this file") if kind == _PRIVATE_KEY else _("There is no certificate in this file")
        raise NetworkError(words, subject=str(path), advice=_("It must be in PEM form"))


def place_trouble(bind: str, port: int) -> Trouble | None:
    """Return why nothing can listen at a place now; None when it is free. Whoever listens there already holds it."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                trial.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            trial.bind((bind, port))
            trial.listen(1)
    except OSError as error:
        return _place_trouble(error, bind, port)
    return None


def _place_trouble(error: OSError, bind: str, port: int) -> Trouble:
    if error.errno == errno.EADDRINUSE:
        return Trouble("port", _("Port {0} is taken by another program: choose another one").format(port))
    if error.errno == errno.EACCES and port < _LOWEST_FREE_PORT:
        return Trouble("port", _("Ports below 1024 are the system's: choose a higher one"))
    if error.errno == errno.EADDRNOTAVAIL:
        return Trouble("bind", _("{0} is no address of this computer").format(bind))
    return Trouble("bind", _("Nothing can listen at {0}: {1}").format(bind, system_reason(error)))


def who_can_reach(settings: ReceiverSettings) -> tuple[str, ...]:
    """Return who can send to this computer, one plain sentence each."""
    if not settings.is_on:
        return (_("Nobody: the receiver is off"),)
    if not settings.allow:
        if is_for_this_computer_only(settings.bind):
            return (_("Only programs on this computer"),)
        return (_("Nobody yet: say who may send"),)
    how = _how(settings)
    lines = [_("{0}, {1}").format(_sender(rule), how) for rule in settings.allow]
    if is_for_this_computer_only(settings.bind):
        lines.append(_("From this computer only: nobody else can reach {0}").format(settings.bind))
    elif settings.unknown == "inbox":
        lines.append(_("Others from these networks may send too: what they send waits in the inbox"))
    return tuple(lines)


def _sender(rule: str) -> str:
    title, _at, network = rule.partition("@")
    return _("{0} from {1}").format(title, network) if network else _("{0} from any address").format(title)


def _how(settings: ReceiverSettings) -> str:
    if not settings.certificate:
        return _("not encrypted")
    return _("over TLS, with a certificate of its own") if settings.authority else _("over TLS")


def cautions(settings: ReceiverSettings) -> tuple[str, ...]:
    """Return what is dangerous in settings that can be put into force."""
    if not settings.is_on or is_for_this_computer_only(settings.bind):
        return ()
    found = []
    anywhere = [rule for rule in settings.allow if "@" not in rule]
    if anywhere:
        found.append(
            ngettext(
                "{0} entry has no network: any computer that calls itself so can send",
                "{0} entries have no network: any computer that calls itself so can send",
                len(anywhere),
            ).format(len(anywhere))
        )
    found += [_("{0} is a very wide network").format(rule) for rule in settings.allow if _is_wide(rule)]
    if not settings.certificate:
        found.append(_("Not encrypted: patients' data can be read and altered on the way, titles can be forged"))
    elif not settings.authority:
        found.append(_("Senders show no certificate: whoever can reach the port can pretend to be one of them"))
    if settings.bind in EVERY_ADDRESS:
        found.append(_("Listens at every address of this computer, also wireless and mobile ones"))
    return tuple(found)


def _is_wide(rule: str) -> bool:
    network = rule.partition("@")[2]
    try:
        parsed = ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
    return parsed.prefixlen < (_WIDE_V4 if parsed.version == 4 else _WIDE_V6)
