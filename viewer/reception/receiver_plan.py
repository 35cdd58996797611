"""What a receiver's settings come to: a place to listen at, who may call, what is taken, and whom we know."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from viewer.base.errors import UsageError, ViewerError
from viewer.base.translation import _
from viewer.network.allow_list import AllowList, AllowRule
from viewer.network.limits import Limits
from viewer.network.serving import ListeningPlace, TlsFiles
from viewer.network.stations import Station, checked_title, parse_station
from viewer.reception.intake_bounds import IntakeBounds
from viewer.reception.receiver_settings import ReceiverSettings

_GIGABYTE, _MEGABYTE = 10**9, 1 << 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What a receiver's settings come to.

    Attributes:
        stations: By AE title.
    """

    ae_title: str
    place: ListeningPlace
    allowed: AllowList
    limits: Limits
    stations: Mapping[str, Station]


def plan_of(settings: ReceiverSettings) -> Plan:
    """Return what settings come to.

    Raises:
        UsageError: If they cannot be carried out, or would let in whoever calls.
    """
    try:
        stations = [parse_station(text) for text in settings.stations]
        tls = None
        if settings.certificate or settings.key:
            if not (settings.certificate and settings.key):
                raise UsageError(_("TLS needs a certificate and its key"))
            authority = Path(settings.authority) if settings.authority else None
            tls = TlsFiles(Path(settings.certificate), Path(settings.key), authority)
        allowed = AllowList(tuple(map(AllowRule.parse, settings.allow)), takes_unknown=settings.unknown == "inbox")
        allowed.check_place(settings.bind)
        return Plan(
            ae_title=checked_title(settings.ae_title),
            place=ListeningPlace(settings.bind, settings.port, tls),
            allowed=allowed,
            limits=replace(Limits(), associations=settings.most_associations),
            stations={station.ae_title: station for station in stations},
        )
    except UsageError:
        raise
    except ViewerError as error:
        raise UsageError(str(error), subject=error.subject, advice=error.advice) from error


def bounds_of(settings: ReceiverSettings) -> IntakeBounds:
    """Return what is taken at most."""
    return IntakeBounds(settings.most_gigabytes * _GIGABYTE, settings.most_instance_mb * _MEGABYTE)


def client_context_of(plan: Plan) -> ssl.SSLContext:
    """Return what others are called with over TLS: our own certificate, and the CA that theirs must be of.

    Raises:
        NetworkError: If the files are not good.
    """
    from viewer.network.tls_context import client_context

    own = plan.place.tls
    return client_context(own.authority if own is not None else None, own)
