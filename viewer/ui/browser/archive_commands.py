"""What commands do with what is chosen in the list of archives (workspace.archive_actions), done with Qt."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from viewer.base.translation import N_, _
from viewer.ui.browser.archive_host import ArchiveHost, FetchMode
from viewer.ui.browser.archive_page import ArchivePage
from viewer.ui.browser.list_menu import ListMenu
from viewer.workspace.archive_query import ArchiveQuestion
from viewer.workspace.archive_rows import ArchiveOrder, ArchiveRow
from viewer.workspace.workspace import Workspace

MENU = ("open", "view", "fetch", "priors", "patient", "copy_uid")
"""Of the list's menu, as far as there are such commands."""
ORDERS = (
    (ArchiveOrder.DATE.value, N_("Date of study")),
    (ArchiveOrder.NAME.value, N_("Name")),
    (ArchiveOrder.PATIENT_ID.value, N_("Patient ID")),
    (ArchiveOrder.IMAGES.value, N_("Number of images")),
)
MANY = 20
"""More studies than these are not fetched by a slip of the hand."""


class ArchiveCommands:
    """The list's side of commands, in one window.

    Args:
        window: Parent of dialogs.
        show_page: Brings the list to the front.
        run: Runs a command by its id, where there is one.
        make_menu: Fills a menu with commands by their ids, those that there are.
    """

    def __init__(
        self,
        window: QWidget,
        workspace: Workspace,
        page: ArchivePage,
        host: ArchiveHost,
        *,
        show_page: Callable[[], object],
        run: Callable[[str], None],
        make_menu: Callable[[QMenu, Sequence[str]], None],
    ) -> None:
        self._window, self._workspace, self._page, self._host = window, workspace, page, host
        self._show_page, self._make_menu, self._run = show_page, make_menu, run
        self.pointed_archive = ""
        """The archive that the reader pointed at last, where it did not answer."""
        page.action_wanted.connect(lambda name: run(f"archive.{name}"))
        page.menu_wanted.connect(self._show_menu)
        page.states.doctor_wanted.connect(self._doctor)
        page.queries.my_day_wanted.connect(self.my_day)
        page.queries.define_wanted.connect(self.define_my_day)
        page.queries.chosen.connect(self._ask_saved)
        page.queries.rename_wanted.connect(self._rename)
        page.queries.delete_wanted.connect(self._delete)
        menu = ListMenu(
            page.menu_button, page.tree, ORDERS, lambda: page.results.order.value, page.set_order, self._keep_look
        )
        menu.addAction(_("Save this search…")).triggered.connect(self.save_search)
        menu.addAction(_("Use the choice for my day")).triggered.connect(self.define_my_day)

    @property
    def has_archives(self) -> bool:
        """Whether an archive is known."""
        return bool(self._host.desk.peers)

    @property
    def is_asking(self) -> bool:
        """Whether archives are being asked."""
        return self._page.is_asking

    @property
    def has_chosen(self) -> bool:
        """Whether something is chosen in the list."""
        return self._page.tree.selectionModel().hasSelection()

    @property
    def has_open(self) -> bool:
        """Whether the active viewport shows something."""
        return self._workspace.series_at(self._workspace.active) is not None

    @property
    def has_results(self) -> bool:
        """Whether something was found."""
        return len(self._page.results) > 0

    @property
    def chosen_rows(self) -> list[ArchiveRow]:
        """The studies, series and instances that are chosen."""
        return self._page.tree.chosen_rows()

    # Asking

    def show(self) -> None:
        """Bring the list to the front, with the keyboard in its search field."""
        self._show_page()
        self._page.focus_search()

    def search(self) -> None:
        """Bring the list to the front, and ask what its fields say."""
        self._show_page()
        self._page.ask()

    def stop(self) -> None:
        """Ask no further."""
        self._page.asking.stop()

    def my_day(self) -> None:
        """Bring the list to the front with today's studies."""
        self._show_page()
        self._page.ask(self._host.settings.my_day)
        self._page.tree.setFocus()

    def define_my_day(self) -> None:
        """Let "my day" be of the modalities and archives that are chosen."""
        question = self._page.filters.question("")
        self._host.keep_settings(self._host.settings.with_my_day(question))
        every = _("all modalities"), _("all archives")
        named = ", ".join(question.modalities) or every[0], ", ".join(question.archives) or every[1]
        self._say(_("My day: {0}; {1}").format(*named), _("My day"), self.my_day)

    def fetch_priors(self) -> None:
        """Fetch earlier studies of the patient that is chosen in the list, or shown."""
        self._host.fetch_priors(self.chosen_rows if self._page.isVisible() else (), self._workspace)

    def find_patient(self) -> None:
        """List all studies of the patient that is chosen."""
        ids = {row.study.patient_id for row in self.chosen_rows if row.study is not None}
        if len(ids) != 1 or not (patient_id := ids.pop()):
            self._say(_("Choose studies of one patient with an ID"))
            return
        self._page.ask(ArchiveQuestion(patient_id=patient_id, archives=self._page.filters.question("").archives))

    # Saved searches

    def save_search(self) -> None:
        """Keep the search under a name."""
        from viewer.ui.browser.library_dialogs import ask_name

        question = self._page.question
        ask_name(self._window, _("Save this search"), question.text, partial(self._save, question))

    def _save(self, question: ArchiveQuestion, name: str) -> None:
        self._host.keep_settings(self._host.settings.with_saved(name, question))

    def _ask_saved(self, name: str) -> None:
        question = self._host.settings.saved_questions.get(name)
        if question is not None:
            self._page.ask(question)
            self._page.tree.setFocus()

    def _rename(self, name: str) -> None:
        from viewer.ui.browser.library_dialogs import ask_name

        def renamed(other: str) -> None:
            settings = self._host.settings
            question = settings.saved_questions.get(name)
            if question is not None and other != name:
                self._host.keep_settings(settings.without_saved(name).with_saved(other, question))

        ask_name(self._window, _("Rename the saved search"), name, renamed)

    def _delete(self, name: str) -> None:
        self._host.keep_settings(self._host.settings.without_saved(name))

    def _keep_look(self) -> None:
        columns = " ".join(map(str, self._page.tree.shown_columns))
        self._host.keep_look(self._page.results.order.value, columns)

    # Fetching

    def open_chosen(self) -> None:
        """Fetch and keep what is chosen, and open it while it comes."""
        self._retrieve(FetchMode.OPEN)

    def view_chosen(self) -> None:
        """Open what is chosen while it comes, without keeping it."""
        self._retrieve(FetchMode.VIEW)

    def fetch_chosen(self) -> None:
        """Fetch and keep what is chosen, without opening it."""
        self._retrieve(FetchMode.FETCH)

    def open_dropped(self, keys: Sequence[str]) -> None:
        """Fetch and open the rows that were dragged onto a viewport, which is the active one."""
        rows = [row for key in keys if (row := self._page.model.row_at(self._page.model.index_of(key))) is not None]
        self._fetch([row for row in rows if row.study is not None], FetchMode.OPEN)

    def _retrieve(self, mode: FetchMode) -> None:
        rows = self.chosen_rows
        if len(rows) <= MANY:
            self._fetch(rows, mode)
            return
        text = _("{0} studies are chosen").format(len(rows))
        self._say(text, _("Fetch all of them"), lambda: self._fetch(rows, mode))

    def _fetch(self, rows: Sequence[ArchiveRow], mode: FetchMode) -> None:
        if rows:
            self._host.retrieve(rows, mode, self._workspace)
            if warnings := self._warnings(rows):
                self._page.strip.say(" ".join(warnings), shown_ms=0)

    def _warnings(self, rows: Sequence[ArchiveRow]) -> tuple[str, ...]:
        """Return what must be known of whose rows are, and of their patients."""
        model = self._page.model
        patients = [model.row_at(model.index_of(row.key.split("\x1e")[0])) for row in rows]
        found = [*rows, *(patient for patient in patients if patient is not None)]
        return tuple(dict.fromkeys(warning for row in found for warning in row.warnings))

    # Others

    def copy_uid(self) -> None:
        """Put the UIDs of what is chosen on the clipboard."""
        uids = [uid_of(row) for row in self.chosen_rows]
        QApplication.clipboard().setText("\n".join(uids))

    def find_archives(self) -> None:
        """Look for archives on this computer, and put them into the list of archives."""
        self._show_page()
        self._host.find_archives(self._say)

    def _doctor(self, archive: str) -> None:
        self.pointed_archive = archive
        self._run("archive.doctor")

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self._window)
        self._make_menu(menu, [f"archive.{name}" for name in MENU])
        current = self._page.tree.current_row()
        if warnings := self._warnings([current] if current is not None else []):
            menu.addSection(_("Warnings"))
            for warning in warnings:
                menu.addAction(warning.replace("&", "&&")).setEnabled(False)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _say(self, text: str, action: str = "", run: Callable[[], None] | None = None) -> None:
        self._page.strip.say(text, action, run)


def uid_of(row: ArchiveRow) -> str:
    """Return the UID of what a row stands for."""
    if row.instance is not None:
        return row.instance.sop_instance_uid
    if row.one_series is not None:
        return row.one_series.series_instance_uid
    return row.study.study_instance_uid if row.study is not None else ""
