"""Who may send: a title and a network a row, judged as they are typed."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QTableWidgetItem, QVBoxLayout, QWidget

from viewer.base.errors import NetworkError
from viewer.base.translation import _
from viewer.network.allow_list import AllowRule
from viewer.ui.buttons import push_button
from viewer.ui.pieces import SPACING, Table, plain_tooltip
from viewer.ui.theme import colours

COLUMN_TITLE, COLUMN_NETWORK, COLUMN_WORDS = range(3)
TABLE_PX = 124


class AllowTable(QWidget):
    """Rows of the allow-list.

    Signals:
        changed: The rows as texts, AET[@NETWORK]; also those that are none.
    """

    changed = Signal(tuple)

    def __init__(self) -> None:
        super().__init__()
        titles = [_("Title (AE)"), _("Network or address"), _("May send")]
        self._table = Table(titles, wide=COLUMN_WORDS, name=_("Who may send"))
        self._table.setFixedHeight(TABLE_PX)
        header = self._table.horizontalHeader()
        for column, width in ((COLUMN_TITLE, 150), (COLUMN_NETWORK, 170)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, width)
        self._table.delete_pressed = self._remove
        self._table.itemChanged.connect(self._edited)
        buttons = QHBoxLayout()
        buttons.addWidget(push_button(_("Add a sender"), self._add))
        self._remove_button = push_button(_("Remove"), self._remove)
        buttons.addWidget(self._remove_button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING)
        layout.addWidget(self._table)
        layout.addLayout(buttons)

    def show_rules(self, rules: tuple[str, ...]) -> None:
        """Show rows; what is being typed stays when it says the same."""
        if rules != self.rules():
            self._table.blockSignals(True)
            self._table.setRowCount(0)
            for rule in rules:
                title, _at, network = rule.partition("@")
                self._append(title, network)
            self._table.blockSignals(False)
        for row in range(self._table.rowCount()):
            self._judge(row)
        self._remove_button.setEnabled(self._table.rowCount() > 0)

    def rules(self) -> tuple[str, ...]:
        """Return the rows as texts; empty rows are left out."""
        return tuple(rule for row in range(self._table.rowCount()) if (rule := self._rule(row)))

    def _rule(self, row: int) -> str:
        title, network = (self._table.text(row, column).strip() for column in (COLUMN_TITLE, COLUMN_NETWORK))
        return f"{title}@{network}" if network else title

    def _append(self, title: str, network: str) -> None:
        row = self._table.rowCount()
        self._table.insertRow(row)
        self._table.put(row, COLUMN_TITLE, title, is_fixed=False)
        self._table.put(row, COLUMN_NETWORK, network, is_fixed=False)
        self._table.put(row, COLUMN_WORDS, "")

    def _add(self) -> None:
        self._table.blockSignals(True)
        self._append("", "")
        self._table.blockSignals(False)
        row = self._table.rowCount() - 1
        self._judge(row)
        self._remove_button.setEnabled(True)
        self._table.setFocus()
        self._table.setCurrentCell(row, COLUMN_TITLE)
        item = self._table.item(row, COLUMN_TITLE)
        if item is not None:
            self._table.editItem(item)

    def _remove(self) -> None:
        row = self._table.currentRow()
        if row < 0:
            row = self._table.rowCount() - 1
        self._table.removeRow(row)
        self._remove_button.setEnabled(self._table.rowCount() > 0)
        self.changed.emit(self.rules())

    def _edited(self, item: QTableWidgetItem) -> None:
        if item.column() != COLUMN_WORDS:
            self._judge(item.row())
            self.changed.emit(self.rules())

    def _judge(self, row: int) -> None:
        words, colour = self._words(row)
        self._table.blockSignals(True)
        item = self._table.put(row, COLUMN_WORDS, words, colour=colour)
        item.setToolTip(plain_tooltip(words) if colour == colours().danger else "")
        self._table.blockSignals(False)

    def _words(self, row: int) -> tuple[str, str]:
        rule = self._rule(row)
        if not rule:
            return _("Enter the sender's title"), colours().secondary
        try:
            parsed = AllowRule.parse(rule)
        except NetworkError as error:
            return f"{error}. {error.advice}" if error.advice else str(error), colours().danger
        if parsed.network is None:
            return _("from any address: add its network"), colours().caution
        if parsed.network.num_addresses == 1:
            return _("from this address only"), colours().good
        return _("from {0} addresses").format(parsed.network.num_addresses), colours().good
