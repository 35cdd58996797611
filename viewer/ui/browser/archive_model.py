"""Qt's model of the list of archives: thousands of rows in their order, put in one by one while they are answered.

Its items are Qt's own, so that a view lays out twenty thousand rows within a frame; what a row says is worked out when
it is painted.
"""

import bisect
from collections.abc import Iterator, Sequence
from html import escape

from PySide6.QtCore import QMimeData, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel

from viewer.base.translation import _
from viewer.ui.drags import ARCHIVE_MIME
from viewer.workspace.archive_rows import ArchiveRow, says

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
(
    COLUMN_TITLE,
    COLUMN_MODALITY,
    COLUMN_SERIES,
    COLUMN_IMAGES,
    COLUMN_DATE,
    COLUMN_ID,
    COLUMN_ACCESSION,
    COLUMN_SOURCES,
    COLUMN_HERE,
) = range(9)
COLUMNS = COLUMN_HERE + 1
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_COUNTS = frozenset({COLUMN_SERIES, COLUMN_IMAGES})
_Index = QModelIndex | QPersistentModelIndex
_Order = tuple[str | int, ...]


class ArchiveModel(QStandardItemModel):
    """Patients, studies, series and instances; the item of column 0 carries its ArchiveRow."""

    moved = Signal(str)
    """The key of a row that stands elsewhere now: views forget what was unfolded below it."""

    def __init__(self) -> None:
        super().__init__(0, COLUMNS)
        self._items: dict[str, QStandardItem] = {}
        self._orders: dict[str, list[_Order]] = {"": []}

    # What the list shows

    def forget(self) -> None:
        """Another question: what is listed is found no more, and is to be taken away."""
        self._items.clear()
        self._orders = {"": []}

    def put(self, patient: ArchiveRow, studies: Sequence[ArchiveRow]) -> None:
        """Show studies under their patient, at their places; known ones change."""
        known = self._items.get(patient.key)
        item = known or self._item(patient)
        for study in studies:
            self._put_child(item, patient.key, study)
        if known is None:
            self._insert(self.invisibleRootItem(), "", patient, item)
        else:
            self._change(self.invisibleRootItem(), "", known, patient)

    def trim(self, count: int) -> None:
        """Show so many patients at most: those above."""
        root, count = self.invisibleRootItem(), max(0, count)
        for place in range(count, self.rowCount()):
            self._forget(root.child(place))
        del self._orders[""][count:]
        self.removeRows(count, self.rowCount() - count)

    def take_away(self, key: str) -> None:
        """Show a patient no longer."""
        item = self._items.get(key)
        if item is not None:
            self._remove(self.invisibleRootItem(), "", item.row())

    def has(self, key: str) -> bool:
        """Whether a row is listed."""
        return key in self._items

    def put_below(self, key: str, rows: Sequence[ArchiveRow]) -> None:
        """Show what is below a study or series, instead of what was there; rows that stay are kept."""
        parent = self._items.get(key)
        if parent is None:
            return
        wanted = {row.key for row in rows}
        for place in reversed(range(parent.rowCount())):
            child = parent.child(place)
            if child is None or _row_of(child).key not in wanted:
                self._remove(parent, key, place)
        for row in rows:
            self._put_child(parent, key, row)

    def change(self, row: ArchiveRow) -> None:
        """Show a row otherwise; what is below it stays."""
        item = self._items.get(row.key)
        if item is not None:
            parent = item.parent() or self.invisibleRootItem()
            self._change(parent, _row_of(parent).key if item.parent() else "", item, row)

    def studies(self) -> Iterator[ArchiveRow]:
        """Yield the studies that are listed, from above."""
        root = self.invisibleRootItem()
        for place in range(root.rowCount()):
            patient = root.child(place)
            for below in range(patient.rowCount()):
                yield _row_of(patient.child(below))

    def row_at(self, index: _Index) -> ArchiveRow | None:
        """Return the row behind an index."""
        row = super().data(index.sibling(index.row(), 0), ROW_ROLE) if index.isValid() else None
        return row if isinstance(row, ArchiveRow) else None

    def index_of(self, key: str) -> QModelIndex:
        """Return where a row is; an invalid index when it is not listed."""
        item = self._items.get(key)
        return QModelIndex() if item is None else item.index()

    def is_asked_below(self, key: str) -> bool:
        """Whether what is below a study or series is there, or on its way."""
        item = self._items.get(key)
        return item is not None and item.child(0) is not None

    def unfolded(self) -> list[ArchiveRow]:
        """Return the studies and series whose children are shown."""
        rows = [_row_of(item) for key, item in self._items.items() if self._orders.get(key)]
        return [row for row in rows if row.can_unfold]

    # Qt's own

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what a cell shows or says."""
        if role == ROW_ROLE:
            return super().data(index, role)
        if role not in _ROLES:
            return None
        row = self.row_at(index)
        if row is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _cells(row)[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if index.column() in _COUNTS else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tooltip(row)
        return ", ".join(part for part in (row.title, row.subtitle, *says(row)) if part)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the title of a column."""
        if orientation is not Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        titles = (
            _("Study"),
            _("Modality"),
            _("Series"),
            _("Images"),
            _("Date"),
            _("Patient ID"),
            _("Accession number"),
            _("Archives"),
            _("On this computer"),
        )
        return titles[section]

    def mimeTypes(self) -> list[str]:
        """Return the kinds of drag that start here."""
        return [ARCHIVE_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Return the keys of the dragged rows."""
        rows = [row for index in indexes if index.column() == 0 and (row := self.row_at(index)) is not None]
        data = QMimeData()
        data.setData(ARCHIVE_MIME, "\n".join(row.key for row in rows).encode())
        return data

    # Keeping items in their order

    def _item(self, row: ArchiveRow) -> QStandardItem:
        item = QStandardItem()
        item.setData(row, ROW_ROLE)
        item.setColumnCount(COLUMNS)
        if row.can_unfold:
            item.setRowCount(1)  # it can be unfolded before it was asked what is below
        self._items[row.key] = item
        self._orders[row.key] = []
        return item

    def _put_child(self, parent: QStandardItem, parent_key: str, row: ArchiveRow) -> None:
        known = self._items.get(row.key)
        if known is None:
            self._insert(parent, parent_key, row, self._item(row))
        else:
            self._change(parent, parent_key, known, row)

    def _insert(self, parent: QStandardItem, parent_key: str, row: ArchiveRow, item: QStandardItem) -> None:
        orders = self._orders[parent_key]
        place = bisect.bisect_right(orders, row.order)
        orders.insert(place, row.order)
        parent.insertRow(place, [item])  # in a list: only then it is the model's own

    def _change(self, parent: QStandardItem, parent_key: str, item: QStandardItem, row: ArchiveRow) -> None:
        before = _row_of(item)
        if before == row:
            return
        item.setData(row, ROW_ROLE)
        if before.order == row.order:
            return
        orders = self._orders[parent_key]
        place = item.row()
        rest = [*orders[:place], *orders[place + 1 :]]
        target = bisect.bisect_right(rest, row.order)
        rest.insert(target, row.order)
        self._orders[parent_key] = rest
        if target != place:
            parent.insertRow(target, [parent.takeRow(place)[0]])
            self.moved.emit(row.key)

    def _remove(self, parent: QStandardItem, parent_key: str, place: int) -> None:
        child = parent.child(place)
        if child is not None:
            self._forget(child)
            del self._orders[parent_key][place]
        parent.removeRow(place)

    def _forget(self, item: QStandardItem) -> None:
        for place in range(item.rowCount()):
            if (child := item.child(place)) is not None:
                self._forget(child)
        key = _row_of(item).key
        self._items.pop(key, None)
        self._orders.pop(key, None)


_ROLES = frozenset(
    {
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.TextAlignmentRole,
        Qt.ItemDataRole.ToolTipRole,
        Qt.ItemDataRole.AccessibleTextRole,
    }
)


def _row_of(item: QStandardItem) -> ArchiveRow:
    row = item.data(ROW_ROLE)
    assert isinstance(row, ArchiveRow)  # noqa: S101 - every item is made with one
    return row


def _cells(row: ArchiveRow) -> tuple[str, ...]:
    cells = (row.title, row.modality, row.series, row.images, row.date, row.patient_id, row.accession_number)
    return (*cells, ", ".join(row.sources), row.here)


def _tooltip(row: ArchiveRow) -> str:
    """Return title, details and marks; escaped, because Qt renders markup found in tooltips."""
    lines = (row.title, row.subtitle, *says(row))
    return "<p style='white-space:pre-wrap'>" + "<br>".join(escape(line) for line in lines if line) + "</p>"
