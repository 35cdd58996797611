"""What an archive must know of this computer, so that it may send here: to be copied into a mail."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel

from viewer.base.translation import _
from viewer.network.peers import Peer
from viewer.ui.archives.peer_section import add_row
from viewer.ui.buttons import push_button
from viewer.ui.pieces import Section, caution, form, paragraph, while_alive
from viewer.workspace.peer_desk import PeerDesk

_LOOPBACK = ("127.", "::1")


class OwnSection(Section):
    """Our title, address and port, as this archive reaches them.

    Args:
        desk: Knows them.
        show_receiver: Shows the receiver's page.
    """

    def __init__(self, desk: PeerDesk, show_receiver: Callable[[], None]) -> None:
        super().__init__(_("What the archive must know of this computer"))
        self._desk = desk
        self._host: str | None = None
        self._address = ""
        self._peer = Peer("")
        self.title, self.place, self.port = QLabel(), QLabel(), QLabel()
        for label in (self.title, self.place, self.port):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        rows = form()
        add_row(rows, _("Title (AE)"), self.title)
        add_row(rows, _("Address"), self.place)
        add_row(rows, _("Port"), self.port)
        self._caution = caution()
        self.copy = push_button(_("Copy"), self._copy, "copy")
        self.copy.setToolTip(_("For whoever enters this computer in the archive"))
        buttons = QHBoxLayout()
        buttons.addWidget(self.copy)
        buttons.addWidget(push_button(_("Receiver…"), show_receiver))
        buttons.addStretch(1)
        self.column.addWidget(
            paragraph(_("Needed for C-MOVE, and where an archive knows those who may call it."), is_quiet=True)
        )
        self.column.addLayout(rows)
        self.column.addWidget(self._caution)
        self.column.addLayout(buttons)

    @property
    def text(self) -> str:
        """What is copied."""
        receiver = self._desk.receiver
        tls = _("TLS") if receiver.certificate else _("without TLS")
        lines = (
            _("AE title: {0}").format(self.title.text()),
            _("Address: {0}").format(self.place.text()),
            _("Port: {0} ({1})").format(receiver.port, tls),
        )
        return "\n".join(lines) + "\n"

    def show_peer(self, peer: Peer) -> None:
        """Show what an archive must know."""
        receiver, self._peer = self._desk.receiver, peer
        self.setVisible(peer.station is not None)
        self.title.setText(peer.quirks.calling_title or receiver.ae_title)
        self.port.setText(str(receiver.port))
        host = peer.station.host if peer.station is not None else ""
        if host != self._host:
            self._host, self._address = host, ""
            if host:
                self._desk.own_address(host, while_alive(self, lambda address: self._found(host, address)))
        self._show_place()

    def _found(self, host: str, address: str) -> None:
        if host == self._host:
            self._address = address
            self._show_place()

    def _show_place(self) -> None:
        self.place.setText(self._address or _("not known before its name is"))
        receiver = self._desk.receiver
        is_away = bool(self._address) and not self._address.startswith(_LOOPBACK)
        is_closed = is_away and receiver.is_on and receiver.bind.startswith(_LOOPBACK)
        self._caution.setVisible(is_closed)
        self._caution.setText(
            "⚠  " + _("The receiver listens on this computer only: the archive cannot send to it. Open it first.")
        )

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text)
