"""Qt items for browser rows, kept in step with them without losing what is open, chosen and scrolled."""

from collections.abc import Sequence

from PySide6.QtCore import QMimeData, QModelIndex, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel

from viewer.base.translation import _
from viewer.ui.drags import DISPLAY_SET_MIME
from viewer.workspace.browser_rows import BrowserRow

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
COLUMN_TITLE, COLUMN_MODALITY, COLUMN_IMAGES, COLUMN_DATE, COLUMN_ID = range(5)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class BrowserModel(QStandardItemModel):
    """Patients, studies and display sets as items; every item of column 0 carries its BrowserRow."""

    def __init__(self) -> None:
        super().__init__(0, 5)
        self.setHorizontalHeaderLabels([_("Study"), _("Modality"), _("Images"), _("Date"), _("Patient ID")])
        self._items: dict[str, QStandardItem] = {}
        self._has_moved = False

    def show_rows(self, rows: Sequence[BrowserRow]) -> bool:
        """Make the items show the rows; items of rows that stay are kept.

        Returns:
            Whether any of them moved to another place: views forget what was open and chosen below those.
        """
        self._has_moved = False
        self._sync(self.invisibleRootItem(), rows)
        return self._has_moved

    def item_of(self, key: str) -> QStandardItem | None:
        """Return the item of a patient, study or display set."""
        return self._items.get(key)

    def row_at(self, index: QModelIndex) -> BrowserRow | None:
        """Return the row behind an index."""
        row = index.siblingAtColumn(0).data(ROW_ROLE)
        return row if isinstance(row, BrowserRow) else None

    def mimeTypes(self) -> list[str]:
        """Return the kinds of drag that start here."""
        return [DISPLAY_SET_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Return the key of the dragged display set."""
        data = QMimeData()
        for index in indexes:
            row = self.row_at(index)
            if row is not None and row.display_set is not None:
                data.setData(DISPLAY_SET_MIME, row.key.encode())
                break
        return data

    def _sync(self, parent: QStandardItem, rows: Sequence[BrowserRow]) -> None:
        wanted = {row.key for row in rows}
        for position in reversed(range(parent.rowCount())):
            row = parent.child(position).data(ROW_ROLE)
            if row.key not in wanted:
                self._forget(row)
                parent.removeRow(position)
        for position, row in enumerate(rows):
            current = parent.child(position)
            if current is None or current.data(ROW_ROLE).key != row.key:
                self._place(parent, position, row)
            self._update(parent, position, row)
            self._sync(parent.child(position), row.children)

    def _place(self, parent: QStandardItem, position: int, row: BrowserRow) -> None:
        known = self._items.get(row.key)
        if known is not None and known.index().parent() == parent.index():
            self._has_moved = True
            parent.insertRow(position, parent.takeRow(known.row()))
            return
        items = [QStandardItem() for _column in range(self.columnCount())]
        for item in items:
            item.setEditable(False)
            item.setDragEnabled(row.display_set is not None)
            item.setDropEnabled(False)
        self._items[row.key] = items[0]
        parent.insertRow(position, items)

    def _update(self, parent: QStandardItem, position: int, row: BrowserRow) -> None:
        first = parent.child(position, 0)
        if first.data(ROW_ROLE) == row:
            return
        first.setData(row, ROW_ROLE)
        first.setText(row.title)
        first.setAccessibleText(f"{row.title}, {row.subtitle}")
        first.setToolTip(_plain_tooltip(row))
        parent.child(position, COLUMN_MODALITY).setText(row.modality)
        images = parent.child(position, COLUMN_IMAGES)
        images.setText(str(row.images))
        images.setTextAlignment(_RIGHT)
        parent.child(position, COLUMN_DATE).setText(row.date)
        parent.child(position, COLUMN_ID).setText(row.patient_id)

    def _forget(self, row: BrowserRow) -> None:
        self._items.pop(row.key, None)
        for child in row.children:
            self._forget(child)


def _plain_tooltip(row: BrowserRow) -> str:
    """Return title, details and warnings; escaped, because Qt renders markup found in tooltips."""
    from html import escape

    lines = [row.title, row.subtitle, *(f"⚠ {warning}" for warning in row.warnings)]
    return "<p style='white-space:pre'>" + "<br>".join(escape(line) for line in lines if line) + "</p>"
