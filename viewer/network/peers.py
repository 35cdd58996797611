"""Archives that can be asked, fetched from and sent to, as values: over DIMSE, over DICOMweb, or both."""

import enum
from dataclasses import dataclass, field

from viewer.network.stations import Station


@dataclass(frozen=True, slots=True)
class PeerTls:
    """With which files a peer is called over TLS (PS3.15 B.12); every path may be empty.

    Attributes:
        authority: PEM: of which the peer's certificate must be, or that very certificate; empty for the system's own.
        is_paired: Whether authority holds the peer's very certificate, accepted by its fingerprint: the host's name
            then counts no more.
        certificate: PEM: what we show when we are asked. Likewise its key.
    """

    authority: str = ""
    is_paired: bool = False
    certificate: str = ""
    key: str = ""


class RetrieveMethod(enum.StrEnum):
    """How instances are fetched."""

    AUTO = "auto"
    """What the peer can: DICOMweb, else C-GET, else C-MOVE."""
    GET = "get"
    MOVE = "move"
    WEB = "web"


@dataclass(frozen=True, slots=True)
class Quirks:
    """What has to be known of a peer beside how it is reached.

    Attributes:
        calling_title: Our AE title for this peer; empty for the receiver's.
        character_set: Defined terms of Specific Character Set (0008,0005), by backslashes, in which it is asked, and
            read where it does not say one; empty: UTF-8 in keys that need it, and what it says in answers.
        most_pdu_bytes: Of P-DATA-TF that it may be sent; 0 for what it says itself.
        patient_root: Whether the Patient Root models are proposed first.
        relational: Whether relational queries and retrieves are asked for (PS3.4 C.5.1.1).
        fuzzy: Whether fuzzy matching of names is asked for.
        cancels: Whether it bears C-CANCEL; else the association is broken off.
        unsupported_keys: Keywords that it must not be asked.
        sends_as: AE titles under which it sends what a C-MOVE asks, beside its own.
        associations: How many at once, for sending and fetching.
        patience_s: How long it may take over an answer; 0 for the usual.
    """

    calling_title: str = ""
    character_set: str = ""
    most_pdu_bytes: int = 0
    patient_root: bool = False
    relational: bool = False
    fuzzy: bool = False
    cancels: bool = True
    unsupported_keys: tuple[str, ...] = ()
    sends_as: tuple[str, ...] = ()
    associations: int = 1
    patience_s: int = 0


class WebAuthorization(enum.StrEnum):
    """How we say who we are to a DICOMweb server."""

    NONE = "none"
    BASIC = "basic"
    BEARER = "bearer"
    OIDC = "oidc"
    """OpenID Connect with the device flow (RFC 8628)."""


@dataclass(frozen=True, slots=True)
class WebPlace:
    """Where a peer speaks DICOMweb; secrets are never here.

    Attributes:
        root: http or https URL under which /studies is.
        search_root: Of QIDO-RS, where it is another; likewise retrieve_root (WADO-RS), store_root (STOW-RS).
        uri_root: Of WADO-URI (PS3.18 9), whole; empty where there is none.
        user: For BASIC.
        issuer: URL of the OpenID provider. Likewise client_id, and scope, for OIDC.
    """

    root: str
    search_root: str = ""
    retrieve_root: str = ""
    store_root: str = ""
    uri_root: str = ""
    authorization: WebAuthorization = WebAuthorization.NONE
    user: str = ""
    issuer: str = ""
    client_id: str = ""
    scope: str = "openid"


@dataclass(frozen=True, slots=True)
class Peer:
    """An archive, by the name that its reader gave it.

    Attributes:
        station: How it is called over DIMSE; None where it speaks DICOMweb alone.
        web: Where it speaks DICOMweb; None where it does not.
        method: How instances are fetched from it.
        is_hidden: Whether it is left out of searches in all archives.
    """

    name: str
    station: Station | None = None
    tls: PeerTls = field(default_factory=PeerTls)
    web: WebPlace | None = None
    quirks: Quirks = field(default_factory=Quirks)
    method: RetrieveMethod = RetrieveMethod.AUTO
    is_hidden: bool = False
