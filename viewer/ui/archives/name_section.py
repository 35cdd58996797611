"""What the reader calls an archive."""

from dataclasses import replace

from viewer.base.translation import _
from viewer.network.peers import Peer
from viewer.ui.archives.peer_section import PeerSection, add_row
from viewer.ui.pieces import form

_LONGEST_NAME = 64


class NameSection(PeerSection):
    """The name, at the top of the page."""

    def __init__(self) -> None:
        super().__init__(_("Archive"))
        self.name = self._line("name", _("Name"), longest=_LONGEST_NAME)
        self.name.setPlaceholderText(_("as you call it"))
        rows = form()
        add_row(rows, _("Name"), self.name)
        self.column.addLayout(rows)

    def show_peer(self, peer: Peer) -> None:
        """Show the name."""
        self.name.setText(peer.name)

    def applied(self, peer: Peer) -> Peer:
        """Return an archive of this name."""
        return replace(peer, name=self.name.text().strip())
