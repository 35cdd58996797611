"""The menu beside the library's search field: what the list is sorted by, which columns it has, searches to keep."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from viewer.base.translation import N_, _
from viewer.ui.browser.library_page import LibraryPage
from viewer.ui.browser.library_tree import OTHER_COLUMNS

ORDERS = (
    ("date", N_("Date of study")),
    ("arrival", N_("Arrived last")),
    ("name", N_("Name")),
    ("rating", N_("Rating")),
    ("images", N_("Number of images")),
)


class LibraryMenu(QMenu):
    """Made for one list; its marks are right whenever it is opened.

    Args:
        save_search: Keeps the search under a name.
        changed: Called when the reader chose another order or other columns.
    """

    def __init__(self, page: LibraryPage, save_search: Callable[[], None], changed: Callable[[], None]) -> None:
        super().__init__(page)
        self._page = page
        self._changed = changed
        self._orders: dict[str, QAction] = {}
        group = QActionGroup(self)
        for order, title in ORDERS:
            action = self.addAction(_(title))
            action.setCheckable(True)
            action.triggered.connect(partial(self._sort, order))
            group.addAction(action)
            self._orders[order] = action
        self.addSeparator()
        self._columns = [self._column_action(column) for column in OTHER_COLUMNS]
        self.addActions(self._columns)
        self.addSeparator()
        self.addAction(_("Save this search…")).triggered.connect(save_search)
        self.aboutToShow.connect(self._mark)
        page.menu_button.setMenu(self)
        header = page.tree.header()
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._show_columns)

    def _mark(self) -> None:
        self._orders[self._page.lister.question.order].setChecked(True)
        for column, action in zip(OTHER_COLUMNS, self._columns, strict=True):
            action.setChecked(not self._page.tree.header().isSectionHidden(column))

    def _sort(self, order: str) -> None:
        self._page.set_order(order)
        self._changed()

    def _column_action(self, column: int) -> QAction:
        title = str(self._page.model.headerData(column, Qt.Orientation.Horizontal))
        action = QAction(_("Column: {0}").format(title), self)
        action.setCheckable(True)
        action.triggered.connect(lambda is_shown: self._show_column(column, is_shown=is_shown))
        return action

    def _show_column(self, column: int, *, is_shown: bool) -> None:
        self._page.tree.show_column(column, is_shown=is_shown)
        self._changed()

    def _show_columns(self, place: QPoint) -> None:
        self._mark()
        menu = QMenu(self._page)
        menu.addActions(self._columns)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._page.tree.header().mapToGlobal(place))
