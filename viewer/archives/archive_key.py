"""By what an archive is remembered: its name and where it is, so that another one of that name is another one."""

from viewer.network.peers import Peer


def archive_key(peer: Peer) -> str:
    """Return what stands for an archive in the library: what it has, and what it has promised."""
    place = str(peer.station) if peer.station is not None else peer.web.root if peer.web is not None else ""
    return peer.name if peer.name == place else f"{peer.name} ({place})"
