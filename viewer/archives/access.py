"""How an archive is called: a name becomes everything that a service of the network needs to know of it."""

import getpass
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.archives.peer_list import PeerList, peer_of
from viewer.archives.secrets import Secrets
from viewer.base.settings import Settings
from viewer.base.translation import _
from viewer.network.access import DimseAccess
from viewer.network.peers import Peer, PeerTls
from viewer.network.requesting import Patience
from viewer.network.serving import TlsFiles
from viewer.network.stations import checked_title
from viewer.reception.receiver_settings import ReceiverSettings

if TYPE_CHECKING:
    from viewer.archives.web_access import Prompt
    from viewer.network.web.door import WebDoor


@dataclass(frozen=True, slots=True)
class Access:
    """An archive that can be called now.

    Attributes:
        dimse: None where it speaks DICOMweb alone.
        web: None where it does not speak DICOMweb.
    """

    peer: Peer
    dimse: DimseAccess | None = None
    web: "WebDoor | None" = None


def open_access(
    peer: Peer,
    settings_folder: Path,
    receiver_settings: ReceiverSettings,
    secrets: Secrets | None = None,
    prompt: "Prompt | None" = None,
) -> Access:
    """Return how to call an archive. Nothing is called yet, and nobody is asked for a secret yet.

    Args:
        peer: Which.
        settings_folder: Files that the peer names without a folder are looked for there.
        receiver_settings: What we call ourselves, and what we show over TLS where the peer has nothing of its own.
        secrets: Of archives on the web.
        prompt: Shows a person where to sign in (OpenID Connect), and the code to give there; None where nobody can be
            asked.

    Raises:
        NetworkError: If a TLS file cannot be used; it is named.
    """
    from viewer.archives.web_access import open_door

    peer = replace(peer, tls=_whole_paths(peer, settings_folder))
    web = open_door(peer, secrets or Secrets(), _patience(peer), prompt)
    return Access(peer, _dimse(peer, receiver_settings), web)


def access_for(name: str, settings_folder: Path, *, calling_title: str = "", secrets: Secrets | None = None) -> Access:
    """Return how to call the archive that a command names: NAME, TITLE@host:port[+tls], or a URL.

    Args:
        name: As it was typed.
        settings_folder: Of the command line.
        calling_title: What was given as --calling; empty for what is set.
        secrets: Empty for those of the keyring, asked for on the terminal where there is one.

    Raises:
        NetworkError: If there is no such archive, or one of its TLS files cannot be used.
    """
    peer = peer_of(name, PeerList(settings_folder).peers())
    if calling_title:
        peer = replace(peer, quirks=replace(peer.quirks, calling_title=checked_title(calling_title)))
    receiver = Settings(settings_folder).section("receiver", ReceiverSettings)
    prompt = _prompt_on_terminal if is_terminal() else None
    return open_access(peer, settings_folder, receiver, secrets or Secrets(ask_on_terminal), prompt)


def ask_on_terminal(peer_name: str, kind: str) -> str | None:
    """Ask for a secret without showing it; None where standard input is no terminal."""
    if not is_terminal():
        return None
    words = _("Password for {0}: ") if kind == "password" else _("Token for {0}: ")
    try:
        return getpass.getpass(words.format(peer_name)) or None
    except EOFError:
        return None


def is_terminal() -> bool:
    """Whether somebody can be asked on standard input."""
    return sys.stdin is not None and sys.stdin.isatty()


def _prompt_on_terminal(url: str, code: str) -> None:
    from viewer.media.safety import printable

    print(printable(_("Sign in at {0} and give the code {1}").format(url, code)), file=sys.stderr)


def calling_title_of(peer: Peer, receiver_settings: ReceiverSettings) -> str:
    """Return the AE title by which we call an archive."""
    return checked_title(peer.quirks.calling_title or receiver_settings.ae_title)


def _dimse(peer: Peer, receiver: ReceiverSettings) -> DimseAccess | None:
    if peer.station is None:
        return None
    tls = None
    if peer.station.uses_tls:
        from viewer.network.peer_tls import context_of

        tls = context_of(peer.tls, _own_files(receiver))
    return DimseAccess(peer.station, calling_title_of(peer, receiver), tls, peer.quirks, _patience(peer))


def _patience(peer: Peer) -> Patience:
    return Patience(message_s=float(peer.quirks.patience_s)) if peer.quirks.patience_s else Patience()


def _own_files(receiver: ReceiverSettings) -> TlsFiles | None:
    if not (receiver.certificate and receiver.key):
        return None
    authority = Path(receiver.authority) if receiver.authority else None
    return TlsFiles(Path(receiver.certificate), Path(receiver.key), authority)


def _whole_paths(peer: Peer, folder: Path) -> PeerTls:
    def whole(path: str) -> str:
        return str(folder / path) if path else ""

    return replace(
        peer.tls, authority=whole(peer.tls.authority), certificate=whole(peer.tls.certificate), key=whole(peer.tls.key)
    )
