"""The door to an archive on the web, with the secrets that are kept for it, and for the places that it has now."""

from collections.abc import Callable
from dataclasses import dataclass

from viewer.archives.secrets import SecretKind, Secrets, place_of
from viewer.network.peers import Peer, PeerTls, WebPlace
from viewer.network.requesting import Patience
from viewer.network.web.authorization import credentials_of
from viewer.network.web.door import WebDoor

Prompt = Callable[[str, str], None]
"""Shows a person where to sign in (a URL), and the code to give there."""


@dataclass(frozen=True, slots=True)
class PeerSecrets:
    """The secrets of one archive, and only as long as it is called where it was when they were given."""

    peer: Peer
    secrets: Secrets

    def get(self, kind: str) -> str | None:
        """Return a secret that is known; nobody is asked."""
        return self.secrets.get(self.peer.name, kind, _place(self.peer.web, kind))

    def obtain(self, kind: str) -> str | None:
        """Return a secret, asking for it where somebody can be asked; who signs in elsewhere is not asked for it."""
        if kind == SecretKind.REFRESH:
            return self.get(kind)
        return self.secrets.obtain(self.peer.name, kind, _place(self.peer.web, kind))

    def put(self, kind: str, secret: str) -> bool:
        """Keep a secret; return whether it outlasts this process."""
        return self.secrets.put(self.peer.name, kind, secret, _place(self.peer.web, kind))

    def doubt(self, kind: str) -> None:
        """Have a secret asked for again that was refused; what the keyring keeps stays."""
        self.secrets.doubt(self.peer.name, kind, _place(self.peer.web, kind))

    def move_to(self, peer: Peer) -> None:
        """Give them to what this archive is now, called otherwise perhaps; what would go elsewhere is forgotten."""
        for kind in SecretKind:
            secret, after = self.get(kind), PeerSecrets(peer, self.secrets)
            is_same = _place(self.peer.web, kind) == _place(peer.web, kind)
            if peer.name != self.peer.name or not is_same:
                self.forget(kind)
                if secret is not None and is_same:
                    after.put(kind, secret)

    def forget(self, kind: str = "") -> None:
        """Forget a secret, or all of them."""
        for each in (kind,) if kind else tuple(SecretKind):
            self.secrets.forget(self.peer.name, each, _place(self.peer.web, each))


def open_door(peer: Peer, secrets: Secrets, patience: Patience, prompt: Prompt | None = None) -> WebDoor | None:
    """Return the door; nothing is called yet. None where an archive does not speak DICOMweb.

    Args:
        peer: Which.
        secrets: Of all archives.
        patience: How long to wait.
        prompt: For those who sign in with OpenID Connect; None where nobody can be asked.
    """
    if peer.web is None:
        return None
    kept = _Store(PeerSecrets(peer, secrets))
    # A hospital's authority signs its provider too; the paired certificate is the archive's alone.
    of_provider = None if peer.tls.is_paired else PeerTls(peer.tls.authority)
    credentials = credentials_of(peer.web, kept, prompt=prompt, tls=of_provider, patience=patience)
    return WebDoor(peer.web, peer.tls, credentials, patience)


@dataclass(frozen=True, slots=True)
class _Store:
    """PeerSecrets as the network knows them."""

    kept: PeerSecrets

    def obtain(self, kind: str) -> str | None:
        return self.kept.obtain(kind)

    def put(self, kind: str, secret: str) -> None:
        self.kept.put(kind, secret)

    def forget(self, kind: str) -> None:
        if kind == SecretKind.REFRESH:
            self.kept.forget(kind)
        else:  # a password that was refused once may be right: the account may be locked for a while
            self.kept.doubt(kind)


def _place(web: WebPlace | None, kind: str) -> str:
    """Return to whom a secret may be sent; another place is another secret."""
    if web is None:
        return ""
    if kind == SecretKind.REFRESH:
        return f"{place_of(web.issuer)} {web.client_id}" if web.issuer else ""
    roots = (web.root, web.search_root, web.retrieve_root, web.store_root, web.uri_root)
    return " ".join(sorted({place_of(root) for root in roots if root}))
