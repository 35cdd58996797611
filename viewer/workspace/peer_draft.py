"""An archive as it is being entered or changed, and what keeps it from being called."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from viewer.archives.peer_checks import checked_peer
from viewer.base.errors import NetworkError, ViewerError
from viewer.base.translation import _
from viewer.network.peers import Peer, PeerTls
from viewer.network.stations import DEFAULT_PORT, Station

NEW = Peer("", Station("", "", DEFAULT_PORT))
"""What a new archive is before anything is said of it."""


@dataclass(frozen=True, slots=True)
class PeerDraft:
    """An archive as it is being changed.

    Attributes:
        kept: As it is in force; None for a new one.
        peer: As it would be.
        typed: Password or token, by SecretKind.
    """

    kept: Peer | None
    peer: Peer
    typed: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_changed(self) -> bool:
        """Whether it is not what is in force."""
        return self.peer != (self.kept or NEW) or bool(self.typed)


def trouble_of(peer: Peer, *, is_pairing: bool = False) -> ViewerError | None:
    """Return what keeps an archive from being called; to be paired it need not be named or paired yet."""
    if peer.tls.is_paired and not peer.tls.authority and not is_pairing:
        return NetworkError(
            _("It is not paired yet"), advice=_("Compare the fingerprints, or let it be known otherwise")
        )
    tried = replace(peer, name=peer.name or _("New"), tls=PeerTls()) if is_pairing else peer
    try:
        checked_peer(tried)
    except NetworkError as error:
        return error
    return None
