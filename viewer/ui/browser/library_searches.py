"""Saved searches of the library's list, and the count of what is to be decided: kept in step with the library."""

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from viewer.base.translation import _
from viewer.ui.browser.library_folders import LibraryFolders
from viewer.ui.browser.library_lister import LibraryLister
from viewer.workspace.library_browsing import LibraryDesk
from viewer.workspace.library_rows import SmartFolder

if TYPE_CHECKING:
    from viewer.library.search import Search

SAVED_LIMIT = 200


class LibrarySearches(QObject):
    """What stands in the row of smart folders beside those that are always there."""

    def __init__(self, page: QWidget, desk: LibraryDesk, lister: LibraryLister, folders: LibraryFolders) -> None:
        super().__init__(page)
        self._page = page
        self._desk = desk
        self._lister = lister
        self._folders = folders
        folders.rename_wanted.connect(self._rename)
        folders.delete_wanted.connect(self._drop)

    def refresh(self) -> None:
        """Bring saved searches and the count of what is to be decided up to date."""
        from viewer.library.aside_count import aside_count

        def saved(searches: "dict[str, Search]") -> None:
            self._lister.saved = searches
            self._folders.show_saved(searches)

        self._desk.ask(
            lambda library: library.catalogue.saved_searches(), saved, lambda _error: None, key=(id(self), "saved")
        )
        self._desk.ask(
            lambda library: aside_count(library).total,
            self._folders.show_undecided,
            lambda _error: None,
            key=(id(self), "aside"),
        )

    def save(self) -> None:
        """Ask for a name, and keep what is asked now under it."""
        from viewer.ui.browser.library_dialogs import ask_name

        question = self._lister.question
        search = replace(self._lister.search_of(question), limit=SAVED_LIMIT, offset=0)
        ask_name(self._page, _("Save this search"), question.text, lambda name: self._keep(name, search))

    def _keep(self, name: str, search: "Search") -> None:
        self._desk.ask(lambda library: library.catalogue.save_search(name, search))

    def _rename(self, name: str) -> None:
        from viewer.ui.browser.library_dialogs import ask_name

        def renamed(other: str) -> None:
            search = self._lister.saved.get(name)
            if search is not None and other != name:
                self._keep(other, search)
                self._drop(name)

        ask_name(self._page, _("Rename the saved search"), name, renamed)

    def _drop(self, name: str) -> None:
        if self._lister.question.saved == name:
            self._folders.choose(SmartFolder.ALL)
        self._desk.ask(lambda library: library.catalogue.drop_search(name))
