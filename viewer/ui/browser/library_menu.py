"""The menu beside the library's search field: what the list is sorted by, which columns it has, searches to keep."""

from collections.abc import Callable

from viewer.base.translation import N_, _
from viewer.ui.browser.library_page import LibraryPage
from viewer.ui.browser.list_menu import ListMenu

ORDERS = (
    ("date", N_("Date of study")),
    ("arrival", N_("Arrived last")),
    ("name", N_("Name")),
    ("rating", N_("Rating")),
    ("images", N_("Number of images")),
)


class LibraryMenu(ListMenu):
    """Made for one list.

    Args:
        save_search: Keeps the search under a name.
        changed: Called when the reader chose another order or other columns.
    """

    def __init__(self, page: LibraryPage, save_search: Callable[[], None], changed: Callable[[], None]) -> None:
        super().__init__(
            page.menu_button, page.tree, ORDERS, lambda: page.lister.question.order, page.set_order, changed
        )
        self.addAction(_("Save this search…")).triggered.connect(save_search)
