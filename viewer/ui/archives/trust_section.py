"""Encryption with one archive: by what it is known, and what we show it."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel

from viewer.archives.pairing import safe_places
from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.network.certificates import CertificateFacts
from viewer.network.peers import Peer, PeerTls
from viewer.ui.archives.fingerprints import grouped
from viewer.ui.archives.peer_section import PeerSection, add_row, choose_value
from viewer.ui.buttons import push_button
from viewer.ui.file_field import FileField
from viewer.ui.pieces import coloured, form, paragraph, while_alive
from viewer.ui.theme import colours
from viewer.workspace.peer_desk import PeerDesk

SYSTEM, FILE, PAIRED = "system", "file", "paired"


class TrustSection(PeerSection):
    """Shown where the archive is called over TLS.

    Args:
        desk: Reads what certificates say.
        compare: Called when the reader wants to compare fingerprints and pair.
    """

    def __init__(self, desk: PeerDesk, compare: Callable[[], None]) -> None:
        super().__init__(_("Encryption (TLS)"))
        self._desk, self._tls, self._shown = desk, PeerTls(), ""
        self.known_by = self._choice(
            "known_by",
            _("The archive is known by"),
            (
                (SYSTEM, _("an authority that this computer trusts")),
                (FILE, _("an authority or certificate in a file")),
                (PAIRED, _("its very certificate, compared once")),
            ),
        )
        self.authority = FileField(_("Authority"), "authority")
        self.certificate, self.key = FileField(_("Our certificate"), "certificate"), FileField(_("Its key"), "key")
        self._compare = push_button(_("Compare and pair…"), compare)
        self._facts = paragraph()
        self._facts.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._rows = form()
        add_row(self._rows, _("The archive is known by"), self.known_by)
        add_row(self._rows, _("Authority"), self.authority)
        own = form()
        add_row(own, _("Our certificate"), self.certificate)
        add_row(own, _("Its key"), self.key)
        pairing = QHBoxLayout()
        pairing.addWidget(self._compare)
        pairing.addStretch(1)
        self.column.addLayout(self._rows)
        self.column.addWidget(self._facts)
        self.column.addLayout(pairing)
        self.column.addLayout(own)
        self.column.addWidget(
            paragraph(
                _("Only where the archive asks who we are; without one the receiver's own is shown."), is_quiet=True
            )
        )
        self.known_by.currentIndexChanged.connect(lambda _row: self._show_way())
        for field in (self.authority, self.certificate, self.key):
            field.changed.connect(lambda _path: self.changed.emit())

    def show_peer(self, peer: Peer) -> None:
        """Show by what it is known."""
        tls = self._tls = peer.tls
        choose_value(self.known_by, PAIRED if tls.is_paired else FILE if tls.authority else SYSTEM)
        self.authority.show_path("" if tls.is_paired else tls.authority)
        self.certificate.show_path(tls.certificate)
        self.key.show_path(tls.key)
        self._shown = ""
        self._show_way()
        self.show_needed(peer)

    def applied(self, peer: Peer) -> Peer:
        """Return an archive that is known so."""
        way = self.known_by.currentData()
        authority, is_paired = "", False
        if way == FILE:
            authority = self.authority.path
        elif way == PAIRED:
            authority, is_paired = (self._tls.authority, True) if self._tls.is_paired else ("", True)
        own = {"certificate": self.certificate.path, "key": self.key.path}
        return replace(peer, tls=PeerTls(authority, is_paired, **own))

    def show_needed(self, peer: Peer) -> None:
        """Show this part where the archive is called over TLS."""
        try:
            self.setVisible(bool(safe_places(peer)))
        except ValueError:  # a URL that is being typed
            self.setVisible(False)

    def take_paired(self, tls: PeerTls) -> None:
        """Know the archive by a certificate that was accepted just now."""
        self._tls = tls
        choose_value(self.known_by, PAIRED)
        self._shown = ""
        self._show_way()
        self.changed.emit()

    def _show_way(self) -> None:
        way = self.known_by.currentData()
        self._rows.setRowVisible(self.authority, way == FILE)
        self._compare.setVisible(way == PAIRED)
        self._compare.setText(_("Compare again…") if self._tls.is_paired else _("Compare and pair…"))
        path = self._tls.authority if way == PAIRED and self._tls.is_paired else ""
        if way == PAIRED and not path:
            self._say(_("Not paired yet: compare the fingerprint with what its administrator says"), colours().caution)
        elif not path:
            self._say("", "")
        if path and path != self._shown:
            self._desk.facts_of(path, while_alive(self, self._tell), while_alive(self, self._failed))
        self._shown = path

    def _tell(self, facts: tuple[CertificateFacts, ...]) -> None:
        lines = []
        for each in facts:
            lines.append(each.trouble() or _("{0}, good until {1}").format(each.subject, f"{each.ends:%Y-%m-%d}"))
            lines.append(grouped(each.fingerprint))
        is_bad = any(not each.is_valid() for each in facts)
        self._say("\n".join(lines), colours().danger if is_bad else colours().secondary)

    def _failed(self, error: ViewerError) -> None:
        self._say(error.one_line(), colours().danger)

    def _say(self, text: str, colour: str) -> None:
        label: QLabel = self._facts
        label.setText(text)
        label.setVisible(bool(text))
        if colour:
            coloured(label, colour)
