"""Where the receiver listens: under which title, at which address and port."""

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QWidget

from viewer.base.translation import _
from viewer.reception.receiver_settings import LOOPBACK
from viewer.ui.number_fields import whole_number_field
from viewer.ui.pieces import Section, form
from viewer.ui.reception.office import ReceiverDesk

FIELD_PX = 260
_HIGHEST_PORT = 65535


class ListeningSection(Section):
    """Title, address and port of the draft."""

    def __init__(self, desk: ReceiverDesk) -> None:
        super().__init__(_("Where it listens"))
        self._desk = desk
        self._title, self._address, self._port = QLineEdit(), QComboBox(), whole_number_field()
        self._title.setMaxLength(16)
        self._title.setAccessibleName(_("This computer's title (AE)"))
        self._title.setMinimumWidth(FIELD_PX)
        self._title.textEdited.connect(lambda text: desk.change(ae_title=text.strip()))
        self._address.setEditable(True)
        self._address.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._address.setAccessibleName(_("Address"))
        self._address.setMinimumWidth(FIELD_PX)
        for address, title in _addresses():
            self._address.addItem(title, address)
        self._address.activated.connect(lambda row: self._choose(str(self._address.itemData(row))))
        line = self._address.lineEdit()
        if line is not None:
            line.textEdited.connect(lambda text: desk.change(bind=text.strip()))
        self._port.setRange(1, _HIGHEST_PORT)
        self._port.setAccessibleName(_("Port"))
        self._port.setGroupSeparatorShown(False)
        self._port.valueChanged.connect(lambda port: desk.change(port=port))
        rows = form()
        rows.addRow(_("This computer's title (AE)"), self._title)
        place = QWidget()
        side = QHBoxLayout(place)
        side.setContentsMargins(0, 0, 0, 0)
        side.addWidget(self._address)
        side.addWidget(QLabel(_("Port")))
        side.addWidget(self._port)
        rows.addRow(_("Address"), place)
        self.column.addLayout(rows)
        desk.changed.connect(self.show_draft)
        self.show_draft()

    def show_draft(self) -> None:
        """Show the draft; what is being typed stays."""
        draft = self._desk.draft
        if self._title.text().strip() != draft.ae_title:
            self._title.setText(draft.ae_title)
        if self._port.value() != draft.port:
            self._port.setValue(draft.port)
        if self._address.currentText().strip() != draft.bind:
            self._address.setEditText(draft.bind)

    def _choose(self, address: str) -> None:
        self._address.setEditText(address)
        self._desk.change(bind=address)


def _addresses() -> list[tuple[str, str]]:
    """Return the addresses of this computer with what each means."""
    from PySide6.QtNetwork import QAbstractSocket, QNetworkInterface

    found = [(LOOPBACK, _("{0} · this computer only").format(LOOPBACK))]
    for interface in QNetworkInterface.allInterfaces():
        if not interface.flags() & QNetworkInterface.InterfaceFlag.IsUp:
            continue
        for entry in interface.addressEntries():
            address = entry.ip()
            is_v6 = address.protocol() == QAbstractSocket.NetworkLayerProtocol.IPv6Protocol
            if address.isLoopback() or (is_v6 and address.isLinkLocal()):
                continue
            found.append((address.toString(), f"{address.toString()} · {interface.humanReadableName()}"))
    every = _("every address of this computer")
    return [*dict.fromkeys(found), ("0.0.0.0", f"0.0.0.0 · {every}"), ("::", f":: · {every} (IPv6)")]  # noqa: S104 - offered, with a warning
