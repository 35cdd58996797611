"""Asks the library what the list shows: one question at a time, the newest one next, page after page."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from viewer.base.errors import ViewerError
from viewer.workspace.library_rows import SmartFolder, folder_search

if TYPE_CHECKING:
    from viewer.library.browsing import SeriesEntry
    from viewer.library.library import Library
    from viewer.library.search import Search
    from viewer.library.study_row import StudyRow
    from viewer.workspace.library_browsing import LibraryDesk

PAGE = 100
TYPING_MS = 40
COUNT_MS = 250
"""Counting all that is found may take longer than finding the first: it waits until nobody types."""
REFRESHED = 400
"""Studies that are brought up to date at once; further down the list is as it was asked for."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the list is asked.

    Attributes:
        text: As typed.
        folder: A list that is always there; None where saved counts.
        saved: Name of a saved search.
        order: StudyOrder's value.
    """

    text: str = ""
    folder: SmartFolder | None = SmartFolder.ALL
    saved: str = ""
    order: str = "date"


class LibraryLister(QObject):
    """Keeps a list in step with its question and with the library.

    Args:
        loaded: Returns how many studies are listed.
    """

    answered = Signal(object, bool)
    """The studies of another question's first page, and whether there are more."""
    grown = Signal(object, bool)
    refreshed = Signal(object, bool, bool)
    """Newer studies, whether there are more, and whether they are all that is listed."""
    counted = Signal(int)

    def __init__(self, parent: QObject, desk: "LibraryDesk", loaded: Callable[[], int]) -> None:
        super().__init__(parent)
        self._desk = desk
        self._loaded = loaded
        self.question = Question()
        self._shown: Question | None = None
        self.saved: dict[str, Search] = {}
        self._is_asking = False
        self._wants_anew = False
        self._wants_refresh = False
        self._is_closed = False
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(self._anew)
        self._counting = QTimer(self)
        self._counting.setSingleShot(True)
        self._counting.setInterval(COUNT_MS)
        self._counting.timeout.connect(self._count)

    @property
    def is_busy(self) -> bool:
        """Whether what is listed may not be what was asked for last."""
        return self._typing.isActive() or self._is_asking

    @property
    def is_behind(self) -> bool:
        """Whether what is listed is the answer to another question than the last one."""
        return self.question != self._shown

    def close(self) -> None:
        """The window closes: nothing is to be answered any more."""
        self._is_closed = True
        self._typing.stop()
        self._counting.stop()

    def ask(self, question: Question) -> None:
        """Ask something else, soon: the reader may still be typing."""
        self.question = question
        self._typing.start()

    def anew(self) -> None:
        """Ask the same from the beginning, now."""
        self._typing.stop()
        self._anew()

    def refresh(self) -> None:
        """Bring what is listed up to date."""
        if self._is_asking or self._typing.isActive():
            self._wants_refresh = True
            return
        if self.is_behind:  # it could not be answered: there is nothing yet to bring up to date
            self._anew()
            return
        loaded = self._loaded()
        limit = min(max(loaded, PAGE), REFRESHED)

        def done(studies: "Sequence[StudyRow]") -> None:
            self._deliver(lambda: self._refresh(studies, has_more=len(studies) >= limit, is_whole=loaded <= REFRESHED))

        self._submit(0, limit, done)

    def more(self) -> None:
        """Ask for the next page."""
        if not self._is_asking and not self.is_behind:
            self._submit(self._loaded(), PAGE, lambda studies: self._deliver(lambda: self._grow(studies)))

    def series_of(self, study: "StudyRow", done: "Callable[[list[SeriesEntry]], None]") -> None:
        """Ask for the series of a study."""

        def question(library: "Library") -> "list[SeriesEntry]":
            from viewer.library.browsing import series_entries

            return series_entries(library, study)

        self._desk.ask(question, lambda entries: None if self._is_closed else done(entries), lambda _error: None)

    def search_of(self, question: Question) -> "Search":
        """Return what a question asks of the index today."""
        if question.saved in self.saved:
            kept = self.saved[question.saved]
            return replace(kept, text=" ".join(part for part in (kept.text, question.text) if part))
        return folder_search(question.folder or SmartFolder.ALL, question.text, dt.datetime.now().astimezone().date())

    def _anew(self) -> None:
        if self._is_asking:
            self._wants_anew = True
            return
        self._submit(0, PAGE, lambda studies: self._deliver(lambda: self._answer(studies)))

    def _answer(self, studies: "Sequence[StudyRow]") -> None:
        self.answered.emit(studies, len(studies) >= PAGE)
        if len(studies) >= PAGE:
            self._counting.start()
        else:
            self.counted.emit(len(studies))

    def _grow(self, studies: "Sequence[StudyRow]") -> None:
        self.grown.emit(studies, len(studies) >= PAGE)

    def _refresh(self, studies: "Sequence[StudyRow]", *, has_more: bool, is_whole: bool) -> None:
        self.refreshed.emit(studies, has_more, is_whole)
        if has_more:
            self._counting.start()
        else:
            self.counted.emit(len(studies))

    def _count(self) -> None:
        question = self.question

        def count(library: "Library") -> int:
            from viewer.library.browsing import count_of

            return count_of(library, self.search_of(question))

        def counted(number: int) -> None:
            if not self._is_closed and question == self.question:
                self.counted.emit(number)

        self._desk.ask(count, counted, lambda _error: None, key=(id(self), "count"))

    def _submit(self, offset: int, limit: int, done: "Callable[[Sequence[StudyRow]], None]") -> None:
        self._is_asking = True
        asked = self.question

        def question(library: "Library") -> "Sequence[StudyRow]":
            from viewer.library.browsing import StudyOrder, studies_page

            search = replace(self.search_of(asked), offset=offset, limit=limit)
            return studies_page(library, search, StudyOrder(asked.order))

        def answered(studies: "Sequence[StudyRow]") -> None:
            self._is_asking = False
            if asked == self.question and not self._wants_anew:  # what was typed meanwhile makes an answer stale
                self._shown = asked
                done(studies)
            self._go_on()

        def failed(error: ViewerError) -> None:
            self._is_asking = False
            if self.is_behind and self._desk.is_open and not self._is_closed:
                self._desk.told.emit(error)  # what is listed is not what was asked for: that must not look like it
            self._go_on()

        self._desk.ask(question, answered, failed)

    def _deliver(self, call: Callable[[], None]) -> None:
        if not self._is_closed:
            call()

    def _go_on(self) -> None:
        if self._is_closed:
            return
        if self._wants_anew:
            self._wants_anew = False
            self._anew()
        elif self._wants_refresh and not self._typing.isActive():
            self._wants_refresh = False
            self.refresh()
