"""What a server is given: a place to listen at, what to serve, and whom to tell."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from viewer.network.ports import Archive, CommitmentBook, CommitmentResults, Storage
from viewer.network.stations import Station

Told = str | int | float | bool | None
Tell = Callable[[str, Mapping[str, Told]], None]
"""Takes the name of an event and its details; called on any thread, must not wait for long."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The PEM files of a TLS server.

    Attributes:
        authority: Of which callers' certificates must be; None asks callers for none.
    """

    certificate: Path
    key: Path
    authority: Path | None = None


@dataclass(frozen=True, slots=True)
class ListeningPlace:
    """Where to listen.

    Attributes:
        port: 0 for any that is free.
        tls: None to be spoken to in the clear.
    """

    bind: str = "127.0.0.1"
    port: int = 11112
    tls: TlsFiles | None = None


@dataclass(frozen=True, slots=True)
class Services:
    """What is served. Without an archive there is no query and no retrieve, without a book no storage commitment.

    Attributes:
        results: Takes what others say to our own requests for storage commitment.
        stations: Where C-MOVE and the results of commitments may be sent, by AE title.
        tls: With which those are called that use TLS; None trusts the system's authorities.
    """

    storage: Storage
    archive: Archive | None = None
    commitments: CommitmentBook | None = None
    stations: Mapping[str, Station] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    results: CommitmentResults | None = None


@dataclass(frozen=True, slots=True)
class AssociationNow:
    """An association that is open now.

    Attributes:
        since: Seconds of time.monotonic() at its start.
        has_other_services: Whether it speaks more than verification and storage.
    """

    ae_title: str
    address: str
    is_known: bool
    since: float
    has_other_services: bool = False
