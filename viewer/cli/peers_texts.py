"""Archives as the commands print them: lines for people, values for programs; never a secret."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from viewer.archives.found_peers import FoundPeer
from viewer.base.errors import NetworkError
from viewer.base.translation import _
from viewer.cli.output import padded
from viewer.media.safety import printable
from viewer.network.certificates import fingerprints
from viewer.network.peers import Peer, WebAuthorization

_NAME_CELLS = 24


def peer_as_json(peer: Peer, settings_folder: Path) -> dict[str, Any]:
    """Return everything of an archive but its secrets."""
    station, web, quirks = peer.station, peer.web, peer.quirks
    row: dict[str, Any] = {
        "name": peer.name,
        "ae_title": station.ae_title if station else None,
        "host": station.host if station else None,
        "port": station.port if station else None,
        "tls": station.uses_tls if station else None,
        "paired": _paired_fingerprints(peer, settings_folder),
        "dicomweb": web.root if web else None,
        "authorization": web.authorization.value if web else None,
        "user": web.user if web and web.authorization is WebAuthorization.BASIC else None,
        "method": peer.method.value,
        "hidden": peer.is_hidden,
        "quirks": {name: getattr(quirks, name) for name in quirks.__dataclass_fields__},
    }
    if web is not None:
        others = ("search_root", "retrieve_root", "store_root", "uri_root", "issuer", "client_id")
        row |= {name: value for name in others if (value := getattr(web, name))}
    return row


def peers_as_lines(peers: Sequence[Peer]) -> Iterator[str]:
    """Yield a line for each archive."""
    if not peers:
        yield _("There are no archives; `negatoscope peers add` adds one, `peers found` looks for some")
    for peer in peers:
        yield _line(peer)


def found_as_lines(found: Sequence[FoundPeer]) -> Iterator[str]:
    """Yield a line for each archive that could be added."""
    if not found:
        yield _("Nothing was found that is not in the list")
    for each in found:
        yield f"{_line(each.peer)}  {printable(each.words)}"


def _line(peer: Peer) -> str:
    ways = [str(peer.station)] if peer.station is not None else []
    if peer.web is not None:
        way = {
            WebAuthorization.NONE: "",
            WebAuthorization.BASIC: _("(password)"),
            WebAuthorization.BEARER: _("(token)"),
            WebAuthorization.OIDC: "(OpenID Connect)",
        }[peer.web.authorization]
        ways.append(f"{peer.web.root} {way}".rstrip())
    if peer.tls.is_paired:
        ways.append(_("(paired)"))
    if peer.is_hidden:
        ways.append(_("(hidden)"))
    return printable(f"{padded(peer.name, _NAME_CELLS)}  {'  '.join(ways)}")


def _paired_fingerprints(peer: Peer, settings_folder: Path) -> list[str] | None:
    if not peer.tls.is_paired:
        return None
    try:
        return list(fingerprints(settings_folder / peer.tls.authority))
    except NetworkError:
        return []
