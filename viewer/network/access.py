"""How a peer is called: everything that a service over DIMSE needs to know of it, opened once and handed down."""

import ssl
from dataclasses import dataclass, field

from viewer.network.peers import Quirks
from viewer.network.requesting import Patience
from viewer.network.stations import Station


@dataclass(frozen=True, slots=True)
class DimseAccess:
    """A station that can be called now.

    Attributes:
        calling_title: As what we call it.
        tls: For a station that uses TLS.
    """

    station: Station
    calling_title: str
    tls: ssl.SSLContext | None = None
    quirks: Quirks = field(default_factory=Quirks)
    patience: Patience = field(default_factory=Patience)
