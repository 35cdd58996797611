"""The tag browser's rows as a Qt model: nothing is built for rows that nobody unfolds."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from viewer.base.translation import _, ngettext
from viewer.ui.theme import colours
from viewer.workspace.tag_rows import TagRow

COLUMN_NAME, COLUMN_TAG, COLUMN_VR, COLUMN_LENGTH, COLUMN_VALUE, COLUMN_OTHER = range(6)
VALUE_SHOWN = 240
_ANY_INDEX = QModelIndex | QPersistentModelIndex
Path = tuple[tuple[object, int], ...]


class _Node:
    """A row with its place; children are made when they are asked for."""

    __slots__ = ("_children", "parent", "position", "row")

    def __init__(self, row: TagRow, parent: "_Node | None", position: int) -> None:
        self.row = row
        self.parent = parent
        self.position = position
        self._children: list[_Node] | None = None

    @property
    def children(self) -> "list[_Node]":
        if self._children is None:
            self._children = [_Node(row, self, number) for number, row in enumerate(self.row.children)]
        return self._children

    @property
    def path(self) -> Path:
        shown = self.row.shown
        own = (shown.key if shown is not None else None, self.row.item)
        return (*(self.parent.path if self.parent is not None and self.parent.parent is not None else ()), own)


class TagModel(QAbstractItemModel):
    """Name, tag, VR, length, value, and the other file's value."""

    def __init__(self) -> None:
        super().__init__()
        self._root = _Node(TagRow(), None, 0)

    def show_rows(self, rows: Sequence[TagRow]) -> None:
        """Show other rows."""
        before = self._root  # indexes of the views point into it until the reset has ended
        self.beginResetModel()
        self._root = _Node(TagRow(children=tuple(rows)), None, 0)
        self.endResetModel()
        del before

    def row_at(self, index: _ANY_INDEX) -> TagRow:
        """Return the row behind an index."""
        return self._node(index).row

    def path_of(self, index: _ANY_INDEX) -> Path:
        """Return what finds the same row in other rows."""
        return self._node(index).path

    def index_of(self, path: Path) -> QModelIndex:
        """Return the index of a path; an invalid one when there is no such row."""
        node = self._root
        for length in range(1, len(path) + 1):
            wanted = path[:length]
            found = next((child for child in node.children if child.path == wanted), None)
            if found is None:
                return QModelIndex()
            node = found
        return self.createIndex(node.position, 0, node) if node is not self._root else QModelIndex()

    # What Qt asks

    def index(self, row: int, column: int, parent: _ANY_INDEX = QModelIndex()) -> QModelIndex:  # noqa: B008 - Qt's own default
        """Return the index of a child."""
        children = self._node(parent).children
        return self.createIndex(row, column, children[row]) if 0 <= row < len(children) else QModelIndex()

    def parent(self, index: _ANY_INDEX) -> QModelIndex:  # type: ignore[override] # QObject.parent() shares the name
        """Return the index of the row above."""
        parent = self._node(index).parent
        if parent is None or parent is self._root:
            return QModelIndex()
        return self.createIndex(parent.position, 0, parent)

    def rowCount(self, parent: _ANY_INDEX = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return how many rows lie below."""
        return len(self._node(parent).row.children) if parent.column() <= 0 else 0

    def columnCount(self, parent: _ANY_INDEX = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return how many columns there are."""
        del parent
        return COLUMN_OTHER + 1

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the columns' titles."""
        if orientation is not Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (_("Name"), _("Tag"), _("VR"), _("Length"), _("Value"), _("Compared with"))[section]

    def data(self, index: _ANY_INDEX, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return text, tooltip and colour of a cell."""
        row = self._node(index).row
        provide = _ROLES.get(role)
        return provide(row, index.column()) if provide is not None else None

    def _node(self, index: _ANY_INDEX) -> _Node:
        node = index.internalPointer() if index.isValid() else None
        return node if isinstance(node, _Node) else self._root


def _text(row: TagRow, column: int) -> str:
    shown = row.shown
    if shown is None:
        return row.tag if column == COLUMN_NAME else ""
    if column == COLUMN_NAME:
        return row.name
    if column == COLUMN_TAG:
        return row.tag
    if column == COLUMN_VR:
        return row.vr
    if column == COLUMN_LENGTH:
        return "–" if shown.length is None else str(shown.length)
    value = _value(row, column)
    return f"≠  {value}" if column == COLUMN_OTHER and row.differs else value


def _value(row: TagRow, column: int) -> str:
    element = row.element if column == COLUMN_VALUE else row.other
    if element is None:
        return ""
    if element.items:
        return ngettext("{0} item", "{0} items", len(element.items)).format(len(element.items))
    if element.place is not None:
        return _("(in the file)")
    return " ⏎ ".join(element.value[:VALUE_SHOWN].splitlines())


def _tooltip(row: TagRow, column: int) -> str:
    shown = row.shown
    if shown is None:
        return ""
    element = (row.other if column == COLUMN_OTHER else row.element) or shown
    text = f"{row.tag}  {row.vr}  {row.name}  {shown.keyword}\n{element.value}".strip()
    return text.replace("<", "‹")  # a tooltip that looks like markup would be rendered


def _colour(row: TagRow, column: int) -> QColor | None:
    if row.differs and column in {COLUMN_VALUE, COLUMN_OTHER, COLUMN_NAME}:
        return QColor(colours().caution)
    return QColor(colours().secondary) if column in {COLUMN_TAG, COLUMN_VR, COLUMN_LENGTH} else None


def _alignment(_row: TagRow, column: int) -> Qt.AlignmentFlag | None:
    return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter if column == COLUMN_LENGTH else None


_ROLES: dict[int, Callable[[TagRow, int], object]] = {
    Qt.ItemDataRole.DisplayRole: _text,
    Qt.ItemDataRole.ToolTipRole: _tooltip,
    Qt.ItemDataRole.ForegroundRole: _colour,
    Qt.ItemDataRole.TextAlignmentRole: _alignment,
}
