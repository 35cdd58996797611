"""The menu beside a list's search field: what the list is sorted by, which columns it has, and what else it offers."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from viewer.base.translation import _
from viewer.ui.browser.row_tree import RowTree


class ListMenu(QMenu):
    """Made for one list; its marks are right whenever it is opened.

    Args:
        button: Shows it.
        tree: The list.
        orders: What it can be sorted by: value and title, in English.
        order: Returns what it is sorted by.
        sort: Sorts it otherwise.
        changed: Called when the reader chose another order or other columns.
    """

    def __init__(
        self,
        button: QToolButton,
        tree: RowTree,
        orders: Sequence[tuple[str, str]],
        order: Callable[[], str],
        sort: Callable[[str], None],
        changed: Callable[[], None],
    ) -> None:
        super().__init__(button)
        self._tree, self._order, self._sort, self._changed = tree, order, sort, changed
        self._orders: dict[str, QAction] = {}
        group = QActionGroup(self)
        for value, title in orders:
            action = self.addAction(_(title))
            action.setCheckable(True)
            action.triggered.connect(partial(self._chosen, value))
            group.addAction(action)
            self._orders[value] = action
        self.addSeparator()
        self._columns = {column: self._column_action(column) for column in tree.columns}
        self.addActions(list(self._columns.values()))
        self.addSeparator()
        self.aboutToShow.connect(self._mark)
        button.setMenu(self)
        header = tree.header()
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._show_columns)

    def _mark(self) -> None:
        if (action := self._orders.get(self._order())) is not None:
            action.setChecked(True)
        for column, each in self._columns.items():
            each.setChecked(column in self._tree.shown_columns)

    def _chosen(self, order: str) -> None:
        self._sort(order)
        self._changed()

    def _column_action(self, column: int) -> QAction:
        title = str(self._tree.model().headerData(column, Qt.Orientation.Horizontal))
        action = QAction(_("Column: {0}").format(title), self)
        action.setCheckable(True)
        action.triggered.connect(lambda is_shown: self._show_column(column, is_shown=is_shown))
        return action

    def _show_column(self, column: int, *, is_shown: bool) -> None:
        self._tree.show_column(column, is_shown=is_shown)
        self._changed()

    def _show_columns(self, place: QPoint) -> None:
        self._mark()
        menu = QMenu(self._tree)
        menu.addActions(list(self._columns.values()))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._tree.header().mapToGlobal(place))
