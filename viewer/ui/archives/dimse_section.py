"""How an archive is called over DICOM itself: title, host, port, and whether over TLS."""

from dataclasses import replace

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QWidget

from viewer.base.errors import NetworkError
from viewer.base.translation import _
from viewer.network.peers import Peer
from viewer.network.stations import DEFAULT_PORT, DEFAULT_TLS_PORT, Station, parse_station
from viewer.ui.archives.peer_section import PeerSection, add_row
from viewer.ui.pieces import form

_HIGHEST_PORT = 65535
_LONGEST_TITLE, _LONGEST_HOST = 16, 300


class DimseSection(PeerSection):
    """The station."""

    def __init__(self) -> None:
        super().__init__(_("DICOM"))
        self.is_on = QCheckBox(_("It is called over DICOM (C-FIND, C-MOVE, C-GET, C-STORE)"))
        self.title = self._line("ae_title", _("Its title (AE)"), longest=_LONGEST_TITLE)
        self.host = self._line("host", _("Its name or address"), longest=_LONGEST_HOST)
        self.host.setPlaceholderText("pacs.example.org")
        self.host.setToolTip(_("A name or an address; TITLE@host:port fills all three fields"))
        self.port = self._number("port", _("Port"), 1, _HIGHEST_PORT)
        self.tls = QCheckBox(_("over TLS"))
        self._rows = QWidget()
        rows = form()
        rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setLayout(rows)
        add_row(rows, _("Its title (AE)"), self.title)
        add_row(rows, _("Its name or address"), self.host)
        place = QWidget()
        line = QHBoxLayout(place)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(16)
        line.addWidget(self.port)
        line.addWidget(self.tls)
        line.addWidget(QLabel())
        add_row(rows, _("Port"), place)
        self.column.addWidget(self.is_on)
        self.column.addWidget(self._rows)
        self.is_on.toggled.connect(self._rows.setVisible)
        self.is_on.clicked.connect(lambda _is_on: self.changed.emit())
        self.tls.clicked.connect(self._tls_clicked)
        self.host.editingFinished.connect(self._take_apart)

    def show_peer(self, peer: Peer) -> None:
        """Show the station."""
        station = peer.station or Station("", "", DEFAULT_PORT)
        self.is_on.setChecked(peer.station is not None)
        self._rows.setVisible(peer.station is not None)
        self.title.setText(station.ae_title)
        self.host.setText(station.host)
        self.port.setValue(station.port)
        self.tls.setChecked(station.uses_tls)

    def applied(self, peer: Peer) -> Peer:
        """Return an archive with this station."""
        if not self.is_on.isChecked():
            return replace(peer, station=None)
        title, host = self.title.text().strip(), self.host.text().strip()
        return replace(peer, station=Station(title, host, self.port.value(), self.tls.isChecked()))

    def _tls_clicked(self, is_on: bool) -> None:
        """Follow with the port, where it was the usual one."""
        before, after = (DEFAULT_PORT, DEFAULT_TLS_PORT) if is_on else (DEFAULT_TLS_PORT, DEFAULT_PORT)
        if self.port.value() == before:
            self.port.setValue(after)
        self.changed.emit()

    def _take_apart(self) -> None:
        """Fill all fields from a text like TITLE@host:port, as it is found in mails."""
        text = self.host.text().strip()
        if "@" not in text:
            return
        try:
            station = parse_station(text)
        except NetworkError:
            return  # what cannot be a station is said at the foot
        self.title.setText(station.ae_title)
        self.host.setText(station.host)
        self.port.setValue(station.port)
        self.tls.setChecked(station.uses_tls)
        self.changed.emit()
