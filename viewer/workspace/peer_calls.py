"""What is asked of an archive while it is being entered, and what becomes of its secrets; on threads of jobs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from viewer.archives.secrets import SecretKind, Secrets
from viewer.archives.web_access import PeerSecrets
from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.network.peers import Peer, WebAuthorization
from viewer.workspace.peer_states import Answer, PeerState

if TYPE_CHECKING:
    from viewer.archives.access import Access


class TypedSecrets(Secrets):
    """Secrets of which some were typed and are not kept yet: they hold for the archive that is being entered.

    Args:
        kept: All others; nobody is asked for one.
        typed: By SecretKind.
    """

    def __init__(self, kept: Secrets, typed: Mapping[str, str]) -> None:
        super().__init__()
        self._kept, self._typed = kept, dict(typed)

    def get(self, peer_name: str, kind: str, place: str = "") -> str | None:
        """Return a secret that is known."""
        return self._typed.get(str(kind)) or self._kept.get(peer_name, kind, place)

    def obtain(self, peer_name: str, kind: str, place: str = "") -> str | None:
        """Return a secret that is known; nobody is asked while an archive is tried."""
        return self.get(peer_name, kind, place)

    def put(self, peer_name: str, kind: str, secret: str, place: str = "") -> bool:
        """Keep a secret that the archive gave anew."""
        return self._kept.put(peer_name, kind, secret, place)

    def forget(self, peer_name: str, kind: str = "", place: str = "") -> None:
        """Forget a secret."""
        self._kept.forget(peer_name, kind, place)


def secret_kind_of(peer: Peer) -> str:
    """Return what a person types to be let into an archive; empty for nothing."""
    way = peer.web.authorization if peer.web is not None else WebAuthorization.NONE
    kinds = {
        WebAuthorization.BASIC: SecretKind.PASSWORD,
        WebAuthorization.BEARER: SecretKind.TOKEN,
        WebAuthorization.OIDC: SecretKind.REFRESH,
    }
    return kinds[way].value if way in kinds else ""


@dataclass(frozen=True, slots=True)
class SecretStore:
    """PeerSecrets as the network knows them."""

    kept: PeerSecrets

    def obtain(self, kind: str) -> str | None:
        """Return a secret that is known; nobody is asked."""
        return self.kept.get(kind)

    def put(self, kind: str, secret: str) -> None:
        """Keep a secret."""
        self.kept.put(kind, secret)

    def forget(self, kind: str) -> None:
        """Forget a secret: it is no longer good."""
        self.kept.forget(kind)


def asked(access: "Access") -> PeerState:
    """Ask an archive whether it is there, in every way; return what it said."""
    from viewer.archives.web_echo import web_echo
    from viewer.network.echo import echo

    ways: list[tuple[str, Callable[[], float]]] = []
    if access.dimse is not None:
        ways.append((_("DICOM"), partial(echo, access.dimse)))
    if access.web is not None:
        ways.append((_("DICOMweb"), partial(web_echo, access.web)))
    words, fixes, failures = [], [], 0
    for way, ask in ways:
        try:
            words.append(_("{0}: answered in {1} ms").format(way, round(ask() * 1000)))
        except ViewerError as error:
            failures += 1
            words.append(f"{way}: {error}")
            fixes.append(error.advice)
    answer = Answer.GOOD if not failures else Answer.BAD if failures == len(ways) else Answer.PARTLY
    return PeerState(answer, "\n".join(words), "\n".join(dict.fromkeys(filter(None, fixes))))


def move_secrets(before: Peer, after: Peer, secrets: Secrets) -> None:
    """Let an archive that is called otherwise now keep its secrets, unless it is somewhere else: then forget them."""
    old, new = PeerSecrets(before, secrets), PeerSecrets(after, secrets)
    is_elsewhere = (before.web is None) != (after.web is None) or (
        before.web is not None and after.web is not None and before.web.root != after.web.root
    )
    if before.name == after.name and not is_elsewhere:
        return
    for kind in SecretKind:
        secret = old.get(kind)
        if secret is None:
            continue
        old.forget(kind)
        if not is_elsewhere:
            new.put(kind, secret)


def own_address(host: str) -> str:
    """Return the address of this computer by which a host reaches it; empty where that is not known."""
    import socket

    from viewer.archives.own_place import local_address

    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ""
    return local_address(str(found[0][4][0])) if found else ""
