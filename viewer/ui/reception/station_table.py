"""Other stations that can be sent to, with a way to ask whether they are there."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QTableWidgetItem, QVBoxLayout, QWidget

from viewer.base.errors import NetworkError, ViewerError
from viewer.base.translation import _
from viewer.network.echo import Echo
from viewer.network.stations import DEFAULT_PORT, Station, parse_station
from viewer.ui.buttons import push_button
from viewer.ui.pieces import SPACING, Table, plain_tooltip, while_alive
from viewer.ui.reception.office import ReceiverDesk
from viewer.ui.theme import colours

COLUMN_TITLE, COLUMN_HOST, COLUMN_PORT, COLUMN_TLS, COLUMN_WORDS = range(5)
TABLE_PX = 124
_TYPED = (COLUMN_TITLE, COLUMN_HOST, COLUMN_PORT)


class StationTable(QWidget):
    """Rows of stations.

    Signals:
        changed: The rows as texts, TITLE@host:port[+tls]; also those that are none.
    """

    changed = Signal(tuple)

    def __init__(self, desk: ReceiverDesk) -> None:
        super().__init__()
        self._desk = desk
        titles = [_("Title (AE)"), _("Name or address"), _("Port"), _("TLS"), _("Is it there?")]
        self._table = Table(titles, wide=COLUMN_WORDS, name=_("Other stations"))
        self._table.setFixedHeight(TABLE_PX)
        header = self._table.horizontalHeader()
        for place, width in ((COLUMN_TITLE, 150), (COLUMN_HOST, 150), (COLUMN_PORT, 60), (COLUMN_TLS, 40)):
            header.setSectionResizeMode(place, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(place, width)
        self._table.delete_pressed = self._remove
        self._table.itemChanged.connect(self._edited)
        buttons = QHBoxLayout()
        buttons.addWidget(push_button(_("Add a station"), self._add))
        self._remove_button = push_button(_("Remove"), self._remove)
        self._echo_button = push_button(_("Ask whether it is there"), self._echo)
        buttons.addWidget(self._remove_button)
        buttons.addWidget(self._echo_button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(self._table)
        column.addLayout(buttons)

    def show_stations(self, stations: tuple[str, ...]) -> None:
        """Show rows; what is being typed stays when it says the same."""
        if stations != self.stations():
            self._table.blockSignals(True)
            self._table.setRowCount(0)
            for text in stations:
                try:
                    self._append(parse_station(text))
                except NetworkError:
                    self._append(Station(text, "", DEFAULT_PORT))
            self._table.blockSignals(False)
        self._enable()

    def stations(self) -> tuple[str, ...]:
        """Return the rows as texts; empty rows are left out."""
        return tuple(text for row in range(self._table.rowCount()) if (text := self._station(row)))

    def _station(self, row: int) -> str:
        title, host, port = (self._table.text(row, column).strip() for column in _TYPED)
        if not title and not host:
            return ""
        tls = self._table.item(row, COLUMN_TLS)
        ending = "+tls" if tls is not None and tls.checkState() is Qt.CheckState.Checked else ""
        host = f"[{host}]" if ":" in host and not host.startswith("[") else host
        return f"{title}@{host}:{port}{ending}"

    def _append(self, station: Station) -> None:
        row = self._table.rowCount()
        self._table.insertRow(row)
        for column, text in zip(_TYPED, (station.ae_title, station.host, str(station.port)), strict=True):
            self._table.put(row, column, text, is_fixed=False)
        tls = QTableWidgetItem("")
        tls.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
        tls.setCheckState(Qt.CheckState.Checked if station.uses_tls else Qt.CheckState.Unchecked)
        self._table.setItem(row, COLUMN_TLS, tls)
        self._table.put(row, COLUMN_WORDS, "")

    def _add(self) -> None:
        self._table.blockSignals(True)
        self._append(Station("", "", DEFAULT_PORT))
        self._table.blockSignals(False)
        row = self._table.rowCount() - 1
        self._enable()
        self._table.setFocus()
        self._table.setCurrentCell(row, COLUMN_TITLE)
        if (item := self._table.item(row, COLUMN_TITLE)) is not None:
            self._table.editItem(item)

    def _remove(self) -> None:
        row = self._table.currentRow()
        self._table.removeRow(row if row >= 0 else self._table.rowCount() - 1)
        self._enable()
        self.changed.emit(self.stations())

    def _edited(self, item: QTableWidgetItem) -> None:
        if item.column() == COLUMN_WORDS:
            return
        words = ""
        if text := self._station(item.row()):
            try:
                parse_station(text)
            except NetworkError as error:
                words = f"{error}. {error.advice}" if error.advice else str(error)
        self._say(item.row(), words, colours().danger)
        self.changed.emit(self.stations())

    def _enable(self) -> None:
        has_rows = self._table.rowCount() > 0
        self._remove_button.setEnabled(has_rows)
        self._echo_button.setEnabled(has_rows)

    def _say(self, row: int, words: str, colour: str) -> None:
        self._table.blockSignals(True)
        self._table.put(row, COLUMN_WORDS, words, colour=colour).setToolTip(plain_tooltip(words) if words else "")
        self._table.blockSignals(False)

    def _echo(self) -> None:
        row = max(self._table.currentRow(), 0)
        text = self._station(row)
        try:
            station = parse_station(text)
        except NetworkError as error:
            self._say(row, str(error), colours().danger)
            return
        self._say(row, _("asking…"), colours().secondary)

        def told(words: str, colour: str) -> None:
            if self._station(row) == text:  # the row may be another station's by now
                self._say(row, words, colour)

        def answered(seconds: float) -> None:
            told(_("answered in {0} ms").format(round(seconds * 1000)), colours().good)

        def failed(error: ViewerError) -> None:
            told(f"{error}. {error.advice}" if error.advice else str(error), colours().danger)

        self._desk.office.run(
            self._echo_of(station), while_alive(self, answered), while_alive(self, failed), key=f"echo {text}"
        )

    def _echo_of(self, station: Station) -> Echo:
        draft = self._desk.draft
        return Echo(station, draft.ae_title, (draft.certificate, draft.key, draft.authority))
