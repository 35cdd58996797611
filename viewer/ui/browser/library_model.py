"""Qt's model of the library's list: grown page by page, brought up to date in place, so that nothing jumps."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from viewer.base.translation import _
from viewer.workspace.library_rows import LibraryRow, LibraryRowKind, marks_of

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
COLUMN_TITLE, COLUMN_MODALITY, COLUMN_IMAGES, COLUMN_DATE, COLUMN_ID, COLUMN_RECEIVED, COLUMN_RATING = range(7)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_Index = QModelIndex | QPersistentModelIndex


class _Node:
    """A row in its place; series are None until they were asked for."""

    __slots__ = ("children", "number", "parent", "place", "row", "series")

    def __init__(self, number: int, row: LibraryRow, parent: "_Node | None") -> None:
        self.number = number
        self.row = row
        self.parent = parent
        self.place = 0
        self.children: list[_Node] = []
        self.series: str = ""  # "", "asked" or "there": of a study


class LibraryModel(QAbstractItemModel):
    """Patients, studies and series.

    Args:
        unfold: Asks for the series of a study.
    """

    def __init__(self, unfold: Callable[[LibraryRow], None]) -> None:
        super().__init__()
        self._unfold = unfold
        self._root = _Node(0, LibraryRow(LibraryRowKind.PATIENT, "", ""), None)
        self._nodes: dict[int, _Node] = {0: self._root}
        self._by_key: dict[str, _Node] = {}
        self._numbers = 0
        self.has_more = False

    # What the list shows

    def start_anew(self, rows: Sequence[LibraryRow], *, has_more: bool) -> None:
        """Show the answer to another question."""
        self.beginResetModel()
        self._nodes = {0: self._root}
        self._by_key.clear()
        self._root.children = []
        self.has_more = has_more
        for row in rows:
            self._adopt(self._root, len(self._root.children), row)
        self._number(self._root)
        self.endResetModel()

    def append(self, rows: Sequence[LibraryRow], *, has_more: bool) -> None:
        """Show the next page; studies of patients that are listed already join them there."""
        self.has_more = has_more
        new = []
        for row in rows:
            known = self._by_key.get(row.key)
            if known is None:
                new.append(row)
                continue
            for study in row.children:
                if study.key in self._by_key:
                    self._put(self._by_key[study.key], study)
                else:
                    self._insert(known, len(known.children), (study,))
            self._sum_up(known)
        if new:
            self._insert(self._root, len(self._root.children), new)

    def refresh(self, rows: Sequence[LibraryRow], *, has_more: bool) -> None:
        """Show the same question's newer answer: rows that stay keep what is unfolded, chosen and scrolled."""
        self.has_more = has_more
        self._sync(self._root, rows)

    def merge(self, rows: Sequence[LibraryRow]) -> None:
        """Bring the studies of a newer answer in, which is only the beginning of what is listed."""
        for row in reversed(rows):
            known = self._by_key.get(row.key)
            if known is None:
                self._insert(self._root, 0, (row,))
                continue
            for study in reversed(row.children):
                if study.key in self._by_key:
                    self._put(self._by_key[study.key], study)
                else:
                    self._insert(known, 0, (study,))
            self._sum_up(known)

    def put_series(self, key: str, rows: Sequence[LibraryRow]) -> None:
        """Show the series of a study."""
        node = self._by_key.get(key)
        if node is not None:
            node.series = "there"
            self._sync(node, rows)

    def update_studies(self, change: Callable[[LibraryRow], LibraryRow]) -> None:
        """Show other marks on studies."""
        for node in tuple(self._by_key.values()):
            if node.row.kind is LibraryRowKind.STUDY:
                self._put(node, change(node.row))

    def unfolded(self) -> list[LibraryRow]:
        """Return the studies whose series are shown."""
        return [node.row for node in self._by_key.values() if node.series]

    def studies(self) -> list[LibraryRow]:
        """Return the studies that are listed."""
        return [study.row for patient in self._root.children for study in patient.children]

    def row_at(self, index: _Index) -> LibraryRow | None:
        """Return the row behind an index."""
        node = self._nodes.get(index.internalId()) if index.isValid() else None
        return None if node is None or node is self._root else node.row

    def index_of(self, key: str) -> QModelIndex:
        """Return where a row is; an invalid index when it is not listed."""
        node = self._by_key.get(key)
        return QModelIndex() if node is None else self._index(node)

    # QAbstractItemModel

    def index(self, row: int, column: int, parent: _Index | None = None) -> QModelIndex:
        """Return the index of a child."""
        node = self._node(parent)
        if not (0 <= row < len(node.children) and 0 <= column <= COLUMN_RATING):
            return QModelIndex()
        return self.createIndex(row, column, node.children[row].number)

    def parent(self, index: _Index | None = None) -> QModelIndex | QObject | None:  # type: ignore[override]  # Qt has two
        """Return the index of a row's parent; without an index, the model's own."""
        if index is None:
            return super().parent()
        above = self._node(index).parent
        return QModelIndex() if above is None or above is self._root else self._index(above)

    def rowCount(self, parent: _Index | None = None) -> int:
        """Return how many children are listed now."""
        return len(self._node(parent).children) if parent is None or parent.column() <= 0 else 0

    def columnCount(self, _parent: _Index | None = None) -> int:
        """Return how many columns there are, shown or not."""
        return COLUMN_RATING + 1

    def hasChildren(self, parent: _Index | None = None) -> bool:
        """Whether a row can be unfolded: a study can before its series were asked for."""
        node = self._node(parent)
        return bool(node.children) or (node.row.kind is LibraryRowKind.STUDY and node.series != "there")

    def canFetchMore(self, parent: _Index) -> bool:
        """Whether a study's series were not asked for; pages come by scrolling, for views ask at every layout."""
        node = self._node(parent)
        return node is not self._root and node.row.kind is LibraryRowKind.STUDY and not node.series

    def fetchMore(self, parent: _Index) -> None:
        """Ask for the series of a study that is unfolded."""
        node = self._node(parent)
        if node is not self._root and not node.series:
            node.series = "asked"
            self._unfold(node.row)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the title of a column."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            titles = (
                _("Study"),
                _("Modality"),
                _("Images"),
                _("Date"),
                _("Patient ID"),
                _("Arrived"),
                _("Rating"),
            )
            return titles[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what a cell shows or says."""
        row = self.row_at(index)
        if row is None:
            return None
        if role == ROW_ROLE:
            return row if index.column() == 0 else None
        if role == Qt.ItemDataRole.DisplayRole:
            return _cells(row)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tooltip(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (row.title, row.subtitle, *marks_of(row)) if part)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == COLUMN_IMAGES:
            return _RIGHT
        return None

    # Keeping nodes in step

    def _sync(self, parent: _Node, rows: Sequence[LibraryRow]) -> None:
        wanted = {row.key for row in rows}
        for place in reversed(range(len(parent.children))):
            if parent.children[place].row.key not in wanted:
                self._remove(parent, place)
        for place, row in enumerate(rows):
            node = parent.children[place] if place < len(parent.children) else None
            if node is None or node.row.key != row.key:
                known = self._by_key.get(row.key)
                if known is not None and known.parent is parent:
                    self._move(parent, known.place, place)
                else:
                    self._insert(parent, place, (row,))
                    continue
            node = parent.children[place]
            self._put(node, row)
            if row.kind is LibraryRowKind.PATIENT:
                self._sync(node, row.children)

    def _put(self, node: _Node, row: LibraryRow) -> None:
        if node.row != row:
            node.row = row
            self.dataChanged.emit(self._index(node), self._index(node).siblingAtColumn(COLUMN_RATING))

    def _sum_up(self, patient: _Node) -> None:
        rows = tuple(child.row for child in patient.children)
        self._put(patient, replace(patient.row, images=sum(row.images for row in rows), children=rows))

    def _insert(self, parent: _Node, place: int, rows: Sequence[LibraryRow]) -> None:
        self.beginInsertRows(self._index(parent), place, place + len(rows) - 1)
        for offset, row in enumerate(rows):
            self._adopt(parent, place + offset, row)
        self._number(parent, place)
        self.endInsertRows()

    def _remove(self, parent: _Node, place: int) -> None:
        self.beginRemoveRows(self._index(parent), place, place)
        self._forget(parent.children.pop(place))
        self._number(parent, place)
        self.endRemoveRows()

    def _move(self, parent: _Node, source: int, target: int) -> None:
        index = self._index(parent)
        self.beginMoveRows(index, source, source, index, target)
        parent.children.insert(target, parent.children.pop(source))
        self._number(parent, min(source, target))
        self.endMoveRows()

    def _adopt(self, parent: _Node, place: int, row: LibraryRow) -> None:
        self._numbers += 1
        node = _Node(self._numbers, row, parent)
        self._nodes[node.number] = self._by_key[row.key] = node
        parent.children.insert(place, node)
        for child in row.children:
            self._adopt(node, len(node.children), child)
        self._number(node)

    def _forget(self, node: _Node) -> None:
        self._nodes.pop(node.number, None)
        if self._by_key.get(node.row.key) is node:
            del self._by_key[node.row.key]
        for child in node.children:
            self._forget(child)

    @staticmethod
    def _number(parent: _Node, start: int = 0) -> None:
        for place in range(start, len(parent.children)):
            parent.children[place].place = place

    def _node(self, index: _Index | None) -> _Node:
        if index is None or not index.isValid():
            return self._root
        return self._nodes.get(index.internalId(), self._root)

    def _index(self, node: _Node) -> QModelIndex:
        return QModelIndex() if node is self._root else self.createIndex(node.place, 0, node.number)


def _cells(row: LibraryRow) -> tuple[str, ...]:
    images = str(row.images) if row.images else ""
    return row.title, row.modality, images, row.date, row.patient_id, row.received, "★" * row.rating


def _tooltip(row: LibraryRow) -> str:
    """Return title, details and marks; escaped, because Qt renders markup found in tooltips."""
    from html import escape

    lines = (row.title, row.subtitle, *marks_of(row))
    return "<p style='white-space:pre-wrap'>" + "<br>".join(escape(line) for line in lines if line) + "</p>"
