"""The tab "This computer": search, smart folders, and the list of studies that are kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from viewer.base.translation import _, ngettext
from viewer.ui.browser.library_delegate import LibraryDelegate
from viewer.ui.browser.library_folders import LibraryFolders
from viewer.ui.browser.library_host import LibraryHost
from viewer.ui.browser.library_lister import LibraryLister, Question
from viewer.ui.browser.library_model import LibraryModel
from viewer.ui.browser.library_notice import LibraryNotice
from viewer.ui.browser.library_pictures import LibraryPictures
from viewer.ui.browser.library_searches import LibrarySearches
from viewer.ui.browser.library_standings import LibraryStandings
from viewer.ui.browser.library_strip import Strip
from viewer.ui.browser.library_tree import OTHER_COLUMNS, LibraryTree
from viewer.ui.icons import icon
from viewer.workspace.library_browsing import DeskState
from viewer.workspace.library_rows import LibraryRow, SmartFolder, patient_rows, series_rows
from viewer.workspace.library_rows import study_library_row as study_row

if TYPE_CHECKING:
    from viewer.library.browsing import SeriesEntry
    from viewer.library.study_row import StudyRow

ORDERS = ("date", "arrival", "name", "rating", "images")
"""What a list is sorted by: values of library.browsing.StudyOrder."""

PAGES_AHEAD = 2


class LibraryPage(QWidget):
    """The list and what narrows it."""

    open_wanted = Signal()
    action_wanted = Signal(str)
    """A key of the list's own, see LibraryTree.key_action."""
    import_wanted = Signal(object)
    menu_wanted = Signal(QPoint)
    selection_changed = Signal()

    def __init__(self, host: LibraryHost, pictures: LibraryPictures) -> None:
        super().__init__()
        self._host = host
        self._desk = host.desk
        self.pictures = pictures
        self.model = LibraryModel(self._unfold)
        self.lister = LibraryLister(self, self._desk, lambda: len(self.model.studies()))
        self.standings = LibraryStandings(self, self._desk, self._listed, self.show_marks)
        self.tree = LibraryTree(self.model, LibraryDelegate(pictures.image))
        self.search = QLineEdit()
        self.folders = LibraryFolders()
        self.searches = LibrarySearches(self, self._desk, self.lister, self.folders)
        self.strip = Strip()
        self.notice = LibraryNotice()
        self.menu_button = QToolButton()
        self._counts = QLabel()
        self._stack = QStackedWidget()
        self._is_stale = self._goes_to_first = False
        self._lay_out()
        self._connect()
        self.setAcceptDrops(True)
        self._show_state()

    @property
    def counts_text(self) -> str:
        """What is said of how many studies were found."""
        return self._counts.text()

    @property
    def is_absent(self) -> bool:
        """Whether the window was opened without a library."""
        return self._desk.state is DeskState.ABSENT

    @property
    def is_busy(self) -> bool:
        """Whether rows or pictures are still on their way."""
        return self._desk.is_busy or self.lister.is_busy or self.pictures.is_busy

    def release(self) -> None:
        """The window closes."""
        for disconnect in self._disconnect:
            disconnect()
        self.lister.close()
        self.standings.close()
        self.pictures.close()

    def focus_search(self) -> None:
        """Put the keyboard into the search field."""
        self.search.setFocus()
        self.search.selectAll()

    def show_marks(self) -> None:
        """Show which studies are open and which are arriving."""
        opened, arriving, elsewhere = self._host.opened, self._host.arriving, self.standings.marks

        def marked(row: LibraryRow) -> LibraryRow:
            return row if row.study is None else study_row(row.study, opened, arriving, elsewhere)

        self.model.update_studies(marked)

    def show_changed(self, studies: "Sequence[StudyRow]") -> None:
        """Show what became of studies, however far down the list they are."""
        opened, arriving, elsewhere = self._host.opened, self._host.arriving, self.standings.marks
        rows = {row.key: row for row in (study_row(study, opened, arriving, elsewhere) for study in studies)}
        self.model.update_studies(lambda row: rows.get(row.key, row))

    @property
    def look(self) -> tuple[str, tuple[int, ...]]:
        """The order, and the columns that are shown beside the first."""
        return self.lister.question.order, self.tree.shown_columns

    def restore(self, order: str, columns: Sequence[int]) -> None:
        """Show the list as look() was."""
        if order in ORDERS:
            self.lister.question = Question(order=order)
        for column in OTHER_COLUMNS:
            self.tree.show_column(column, is_shown=column in columns)

    def set_order(self, order: str) -> None:
        """Sort the list otherwise."""
        self._ask(order=order)

    # Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        """Bring up to date what changed while nobody looked."""
        super().showEvent(event)
        if self._is_stale and self._desk.is_open:
            self._is_stale = False
            self._changed()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders: they are imported, not only opened."""
        if event.mimeData().hasUrls() and self._desk.is_open:
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Take them anywhere on the page."""
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Import what was dropped."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths and self._desk.is_open:
            event.acceptProposedAction()
            self.import_wanted.emit(paths)

    # Answers

    def _answered(self, studies: "Sequence[StudyRow]", has_more: bool) -> None:
        self.model.start_anew(self._rows(studies), has_more=has_more)
        self.tree.unfold_all_patients()
        self.tree.scrollToTop()
        self._show_list(has_any=bool(studies))
        if self._goes_to_first and studies:
            self.tree.go_to_first()
        self._goes_to_first = False

    def _grown(self, studies: "Sequence[StudyRow]", has_more: bool) -> None:
        with self.tree.in_place():
            self.model.append(self._rows(studies), has_more=has_more)

    def _refreshed(self, studies: "Sequence[StudyRow]", has_more: bool, is_whole: bool) -> None:
        rows = self._rows(studies)
        with self.tree.in_place():
            if is_whole:
                self.model.refresh(rows, has_more=has_more)
            else:
                self.model.merge(rows)
        self._show_list(has_any=bool(self.model.rowCount()))
        for row in self.model.unfolded():
            self._unfold(row)

    def _counted(self, count: int) -> None:
        self._counts.setText(ngettext("{0} study", "{0} studies", count).format(f"{count:,}"))

    def _scrolled(self, value: int) -> None:
        """Ask for the next page before the reader comes to the end of what is listed."""
        bar = self.tree.verticalScrollBar()
        if self.model.has_more and value >= bar.maximum() - PAGES_AHEAD * bar.pageStep():
            self.lister.more()

    def _unfold(self, row: LibraryRow) -> None:
        if row.study is None:
            return
        key = row.key

        def done(entries: "list[SeriesEntry]") -> None:
            with self.tree.in_place():
                self.model.put_series(key, series_rows(key, entries))

        self.lister.series_of(row.study, done)

    def _rows(self, studies: "Sequence[StudyRow]") -> tuple[LibraryRow, ...]:
        return patient_rows(studies, self._host.opened, self._host.arriving, self.standings.marks)

    def _listed(self) -> list[str]:
        return [row.study.study_instance_uid for row in self.model.studies() if row.study is not None]

    def _show_list(self, *, has_any: bool) -> None:
        if not self._desk.is_open:
            return
        if not has_any:
            question = self.lister.question
            is_plain = not question.text and question.folder is SmartFolder.ALL
            self.notice.show_empty() if is_plain else self.notice.show_nothing_found()
        self._stack.setCurrentWidget(self.tree if has_any else self.notice)
        self.selection_changed.emit()

    # Following

    def _show_state(self) -> None:
        state = self._desk.state
        is_open = state is DeskState.OPEN
        for widget in (self.search, self.folders, self.menu_button):
            widget.setEnabled(is_open)
        if is_open:
            self.lister.anew()
            self.searches.refresh()
        else:
            self.notice.show_state(state, self._desk.problem)
            self._stack.setCurrentWidget(self.notice)
            self._counts.clear()
        self.selection_changed.emit()

    def _changed(self) -> None:
        if not self.isVisible():
            self._is_stale = True  # nobody looks: the list is brought up to date when somebody does
            return
        self.lister.refresh()
        self.searches.refresh()

    def _ask(
        self, *, folder: SmartFolder | None = None, saved: str | None = None, order: str = "", text: str | None = None
    ) -> None:
        question = self.lister.question
        if folder is None and saved is None:
            folder, saved = question.folder, question.saved
        self.lister.ask(Question(question.text if text is None else text, folder, saved or "", order or question.order))

    def _typed(self, text: str) -> None:
        self._goes_to_first = False
        self._ask(text=text)

    def _go_to_first(self) -> None:
        """Put the keyboard on the first study that was asked for, not on one of the list before."""
        self._goes_to_first = self.lister.is_behind
        if not self._goes_to_first:
            self.tree.go_to_first()

    # Building

    def _connect(self) -> None:
        self.search.textChanged.connect(self._typed)
        self.search.returnPressed.connect(self._go_to_first)
        down = QShortcut(QKeySequence(Qt.Key.Key_Down), self.search)
        down.setContext(Qt.ShortcutContext.WidgetShortcut)
        down.activated.connect(self._go_to_first)
        self.folders.chosen.connect(lambda folder, saved: self._ask(folder=folder, saved=saved))
        self.lister.answered.connect(self._answered)
        self.lister.grown.connect(self._grown)
        self.lister.refreshed.connect(self._refreshed)
        self.lister.counted.connect(self._counted)
        self.lister.answered.connect(lambda _studies, _more: self.standings.look_soon())
        self.lister.grown.connect(lambda _studies, _more: self.standings.look_soon())
        self.lister.refreshed.connect(lambda _studies, _more, _whole: self.standings.look_again())
        self.tree.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.tree.activated.connect(lambda _index: self.open_wanted.emit())
        self.tree.key_action.connect(self._key_action)
        self.tree.customContextMenuRequested.connect(
            lambda place: self.menu_wanted.emit(self.tree.viewport().mapToGlobal(place))
        )
        self.tree.selectionModel().selectionChanged.connect(lambda _on, _off: self.selection_changed.emit())
        self.pictures.arrived.connect(lambda key: self.tree.update(self.model.index_of(key)))
        self._disconnect = [
            self._desk.state_changed.connect(lambda _state: self._show_state()),
            self._desk.changed.connect(lambda _none: self._changed()),
        ]

    def _key_action(self, action: str) -> None:
        if action == "search":
            self.focus_search()
        else:
            self.action_wanted.emit(action)

    def _lay_out(self) -> None:
        self.search.setPlaceholderText(_("Search by name, ID, date, description"))
        self.search.setAccessibleName(_("Search the studies on this computer"))
        self.search.setClearButtonEnabled(True)
        self.menu_button.setIcon(icon("sort"))
        self.menu_button.setToolTip(_("Sort, columns and saved searches"))
        self.menu_button.setAccessibleName(_("Sort, columns and saved searches"))
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._counts.setTextFormat(Qt.TextFormat.PlainText)
        self._counts.setContentsMargins(8, 2, 8, 4)
        for widget in (self.notice, self.tree):
            self._stack.addWidget(widget)
        line = QHBoxLayout()
        line.setContentsMargins(6, 6, 6, 4)
        line.setSpacing(4)
        line.addWidget(self.search)
        line.addWidget(self.menu_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(line)
        layout.addWidget(self.folders)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.strip)
        layout.addWidget(self._counts)
