"""The tab "Archives": what is asked, in which archives, and what they answer."""

import itertools
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from viewer.base.translation import _, ngettext
from viewer.ui.browser.archive_asking import ArchiveAsking
from viewer.ui.browser.archive_below import ArchiveBelow
from viewer.ui.browser.archive_filters import ArchiveFilters
from viewer.ui.browser.archive_host import ArchiveHost
from viewer.ui.browser.archive_model import ArchiveModel
from viewer.ui.browser.archive_notice import ArchiveNotice
from viewer.ui.browser.archive_pump import ArchivePump
from viewer.ui.browser.archive_standings import ArchiveStandings
from viewer.ui.browser.archive_states import ArchiveStates
from viewer.ui.browser.archive_tree import ArchiveTree
from viewer.ui.browser.library_strip import Strip
from viewer.ui.icons import icon
from viewer.workspace.archive_query import ArchiveQuestion
from viewer.workspace.archive_results import ArchiveResults
from viewer.workspace.archive_rows import ArchiveOrder

PAGES_AHEAD = 2
"""So near to the end of what is listed, more of it is."""


class ArchivePage(QWidget):
    """The search, its state, and the list."""

    action_wanted = Signal(str)
    """A key of the list's own, see ArchiveTree."""
    menu_wanted = Signal(QPoint)
    selection_changed = Signal()
    state_changed = Signal()
    """A search began or ended, or there are other archives."""

    def __init__(self, host: ArchiveHost) -> None:
        super().__init__()
        self._host, self._desk = host, host.desk
        self.key_of: Callable[[str], str] = lambda _command: ""
        """Returns the key of a command, as it is shown."""
        self.model = ArchiveModel()
        self.tree = ArchiveTree(self.model)
        self.pump = ArchivePump(self, self.model, self.tree)
        self.below = ArchiveBelow(self, host, self.model, self.tree)
        self.standings = ArchiveStandings(self, host, self.pump, self.below)
        self.asking = ArchiveAsking(self, self._desk)
        self.search, self.button, self.menu_button = QLineEdit(), QToolButton(), QToolButton()
        self.filters = ArchiveFilters()
        self.queries = self.filters.queries
        self.notice, self.states, self.strip = ArchiveNotice(), ArchiveStates(), Strip()
        self._counts, self._stack = QLabel(), QStackedWidget()
        self._patient_id = ""
        self._goes_to_first = False
        self._lay_out()
        self._connect()
        self.show_question(host.settings.first_question)
        self._show_peers()

    # What is asked

    @property
    def question(self) -> ArchiveQuestion:
        """What would be asked now."""
        question = self.filters.question(self.search.text().strip())
        if self._patient_id and question.text == self._patient_id:
            return ArchiveQuestion(patient_id=self._patient_id, archives=question.archives)
        return question

    @property
    def results(self) -> ArchiveResults:
        """What was found."""
        return self.pump.results

    @property
    def is_asking(self) -> bool:
        """Whether archives are being asked."""
        return self.asking.is_asking

    @property
    def is_busy(self) -> bool:
        """Whether rows are still on their way."""
        return self.is_asking or self.pump.is_busy or self.standings.is_busy

    @property
    def counts_text(self) -> str:
        """What is said of how many studies were found."""
        return self._counts.text()

    def show_question(self, question: ArchiveQuestion) -> None:
        """Show a question in the fields, without asking it."""
        self._patient_id = question.patient_id
        self.search.setText(question.patient_id or question.text)
        self.filters.show_question(question)

    def ask(self, question: ArchiveQuestion | None = None) -> None:
        """Ask archives, what the fields say or something else, from the beginning."""
        if question is not None:
            self.show_question(question)
        self.asking.ask(self.question, self._host.settings.limit)

    def release(self) -> None:
        """The window closes."""
        for disconnect in self._disconnect:
            disconnect()
        self.asking.close()
        self.pump.close()
        self.below.close()
        self.standings.close()

    def focus_search(self) -> None:
        """Put the keyboard into the search field."""
        self.search.setFocus()
        self.search.selectAll()

    def set_order(self, order: str) -> None:
        """Sort the list otherwise."""
        self.pump.sort(ArchiveOrder(order))
        self.below.clear()
        self.tree.forget()

    def restore(self, order: str, columns: Sequence[int]) -> None:
        """Show the list as it was kept."""
        self.results.order = next((each for each in ArchiveOrder if each.value == order), ArchiveOrder.DATE)
        for column in self.tree.columns:
            self.tree.show_column(column, is_shown=column in columns)

    # Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        """See which archives there are now, and what is here by now."""
        super().showEvent(event)
        self._desk.look()
        self.standings.refresh()

    # Showing

    def _began(self) -> None:
        self.pump.start_anew()
        self.below.clear()
        self.tree.forget()
        self.standings.clear()

    def _stands(self) -> None:
        self.states.show_archives(self.asking.archives)
        self._show_list()
        self.state_changed.emit()

    def _grown(self) -> None:
        self._show_list()
        if self._goes_to_first and self.pump.has_any:
            self._goes_to_first = False
            self.tree.go_to_first()

    def _show_list(self) -> None:
        has_any = self.pump.has_any
        if not has_any:
            self._say()
        self._stack.setCurrentWidget(self.tree if has_any else self.notice)
        self.button.setIcon(icon("stop" if self.is_asking else "search"))
        name = _("Stop asking") if self.is_asking else _("Search the archives")
        key = self.key_of("archive.stop" if self.is_asking else "archive.search")
        self.button.setToolTip(f"{name}  ({key})" if key else name)
        self.button.setAccessibleName(name)
        self._show_counts()
        self.selection_changed.emit()

    def _show_counts(self) -> None:
        count, asked = len(self.results), self.asking.question
        said = ngettext("{0} study", "{0} studies", count).format(f"{count:,}") if asked is not None else ""
        is_other = asked is not None and self.question != asked and not self.is_asking
        self._counts.setText(_("The search was changed: Enter asks it") if is_other else said)

    def _say(self) -> None:
        """Say why nothing is listed, and what helps."""
        say = self.notice.say
        if self._desk.peers is None:
            say("")
        elif not self._desk.peers:
            text = _(
                "No archive is known here yet. Studies in an archive (PACS) are found, fetched and opened from here."
            )
            add = [(_("Add an archive…"), lambda: self.action_wanted.emit("peers"))] if self.has_editor else []
            say(text, *add, (_("Find archives on this computer"), self._find_archives))
        elif self.asking.question is None:
            text = _("Type a name, an ID or an accession number and press Enter.")
            say(text, (_("My day"), lambda: self.action_wanted.emit("my_day")))
        elif self.is_asking or self.pump.is_busy:
            say(_("Asking the archives…"))
        elif self.asking.problem is not None:
            say(self.asking.problem.one_line(), (_("Try again"), self.ask))
        elif self.asking.has_failed:
            say(_("No archive answered"), (_("Try again"), self.ask))
        else:
            wider = self.filters.without_days(self.search.text().strip())
            any_date = [(_("Search in any date"), lambda: self.ask(wider))] if wider != self.question else []
            say(_("Nothing fits"), *any_date)

    has_editor = False
    """Whether archives can be entered in a window."""

    def _find_archives(self) -> None:
        self._host.find_archives(self.strip.say)

    def _show_peers(self) -> None:
        self.filters.offer_archives(self._desk.names)
        has_peers = bool(self._desk.peers)
        for widget in (self.search, self.button, self.menu_button):
            widget.setEnabled(has_peers)
        self.filters.setVisible(has_peers)
        self._show_list()
        self.state_changed.emit()

    def _show_settings(self) -> None:
        self.queries.show_saved(self._host.settings.saved)

    # Building

    def _connect(self) -> None:
        self.search.returnPressed.connect(self._entered)
        self.search.textEdited.connect(lambda _text: self._edited())
        down = QShortcut(QKeySequence(Qt.Key.Key_Down), self.search)
        down.setContext(Qt.ShortcutContext.WidgetShortcut)
        down.activated.connect(self.tree.go_to_first)
        self.button.clicked.connect(lambda: self.asking.stop() if self.is_asking else self.ask())
        self.asking.began.connect(self._began)
        self.asking.answered.connect(self.pump.feed)
        self.asking.changed.connect(self._stands)
        self.filters.changed.connect(self._edited)
        self.filters.search_wanted.connect(self._entered)
        self.filters.chosen.connect(self.search.setFocus)
        self.states.again_wanted.connect(self.ask)
        self.states.more_wanted.connect(self.asking.ask_for_more)
        self.pump.grown.connect(self._grown)
        self.pump.grown.connect(self.standings.look_soon)
        self.tree.key_action.connect(self._key_action)
        self.tree.doubleClicked.connect(lambda _index: self.action_wanted.emit("open"))
        self.tree.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.tree.customContextMenuRequested.connect(
            lambda place: self.menu_wanted.emit(self.tree.viewport().mapToGlobal(place))
        )
        self.tree.selectionModel().selectionChanged.connect(lambda on, _off: self._chosen(is_any=bool(on)))
        self._disconnect = [self._desk.peers_changed.connect(lambda _none: self._show_peers())]
        self._show_settings()

    def settings_changed(self) -> None:
        """Other searches are saved."""
        self._show_settings()

    def _scrolled(self, value: int) -> None:
        """List more before the reader comes to the end of what is listed."""
        bar = self.tree.verticalScrollBar()
        if value >= bar.maximum() - PAGES_AHEAD * bar.pageStep():
            self.pump.grow()

    def _entered(self) -> None:
        self._goes_to_first = True
        self.ask()

    def _edited(self) -> None:
        self._goes_to_first = False
        self._show_counts()

    def _chosen(self, *, is_any: bool) -> None:
        if is_any:
            self._host.prepare()
        self.selection_changed.emit()

    def _key_action(self, action: str) -> None:
        if action == "focus":
            self.focus_search()
        else:
            self.action_wanted.emit(action)

    def _lay_out(self) -> None:
        self.search.setPlaceholderText(_("Name, ID, accession"))
        self.search.setAccessibleName(_("Search in archives"))
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
        for field in (self.search, self.button, self.menu_button):
            line.addWidget(field)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(line)
        layout.addWidget(self.filters)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.states)
        layout.addWidget(self.strip)
        layout.addWidget(self._counts)
        fields = [self.search, self.button, self.menu_button, *self.filters.in_order(), self.tree]
        for one, other in itertools.pairwise(fields):
            self.setTabOrder(one, other)
