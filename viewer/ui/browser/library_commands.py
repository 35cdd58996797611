"""What commands do with the studies that are chosen in the library's list (workspace.library_actions), done with Qt."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from viewer.base.translation import _, ngettext
from viewer.ui.browser.library_host import LibraryHost
from viewer.ui.browser.library_page import LibraryPage
from viewer.ui.dialogs.choice_popup import Choice, ChoicePopup
from viewer.ui.pieces import while_alive
from viewer.workspace.library_browsing import DeskState
from viewer.workspace.library_rows import FLAGGED, PROTECTED, SmartFolder, shown_name
from viewer.workspace.study_standings import said_of
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.library.library import Library
    from viewer.library.study_row import StudyRow
    from viewer.ui.browser.library_dialogs import SureDialog

MENU = (
    "library.open", "library.flag", "library.notes", "library.export", "archive.send", "archive.commit",
    "library.trash", "library.restore", "library.erase",
)  # fmt: skip


class LibraryCommands:
    """The list's side of commands, in one window.

    Args:
        window: Parent of dialogs.
        show_page: Brings the list to the front.
        media: Returns the inserted discs and drives: path and label.
        run: Runs a command by its id.
        make_menu: Fills a menu with commands by their ids.
    """

    def __init__(
        self,
        window: QWidget,
        workspace: Workspace,
        page: LibraryPage,
        host: LibraryHost,
        *,
        show_page: Callable[[], object],
        media: Callable[[], Sequence[tuple[Path, str]]],
        run: Callable[[str], None],
        make_menu: Callable[[QMenu, Sequence[str]], None],
    ) -> None:
        self._window, self._workspace = window, workspace
        self._page, self._host, self._desk = page, host, host.desk
        self._show_page, self._media, self._make_menu = show_page, media, make_menu
        self._popup = ChoicePopup(window)
        page.open_wanted.connect(self.open_chosen)
        page.action_wanted.connect(lambda name: run(f"library.{name}"))
        page.import_wanted.connect(host.import_paths)
        page.menu_wanted.connect(self._show_menu)
        page.notice.rebuild_wanted.connect(host.rebuild)
        page.notice.retry_wanted.connect(self._desk.open)
        page.notice.import_wanted.connect(self.import_folder)
        page.folders.decisions_wanted.connect(host.show_decisions)

    @property
    def is_there(self) -> bool:
        """Whether the window has a library that is open."""
        return self._desk.is_open

    @property
    def has_study(self) -> bool:
        """Whether a study is chosen in the list."""
        return bool(self._page.tree.selectionModel().hasSelection())

    @property
    def chosen_study_uids(self) -> tuple[str, ...]:
        """The Study Instance UIDs of what is chosen in the list."""
        return tuple(dict.fromkeys(study.study_instance_uid for study in self._page.tree.chosen_studies()))

    @property
    def is_in_trash(self) -> bool:
        """Whether the list shows the trash."""
        return self._page.lister.question.folder is SmartFolder.TRASH

    @property
    def has_unkept(self) -> bool:
        """Whether something is open that was opened from elsewhere."""
        return bool(self._host.unkept_paths())

    def show(self) -> None:
        """Bring the list to the front, with the keyboard in its search field."""
        self._show_page()
        self._page.focus_search()
        if self._desk.state is DeskState.FAILED:
            self._desk.open()

    def open_chosen(self) -> None:
        """Open what is chosen."""
        alone = self._page.tree.chosen_series()
        if alone is not None:
            self._host.open([alone[0]], alone[1], self._workspace)
        elif self.is_in_trash:
            self._say(_("The study is in the trash: restore it first"), _("Restore"), self.restore_chosen)
        elif studies := self._page.tree.chosen_studies():
            self._host.open(studies, None, self._workspace)

    # Coming in and going out

    def import_files(self) -> None:
        """Ask for files and import them."""
        dialog = QFileDialog(self._window, _("Import files"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        self._ask(dialog, lambda names: self._host.import_paths([Path(name) for name in names]))

    def import_folder(self, *, is_in_place: bool = False) -> None:
        """Ask for a folder and import what is in it, or index it where it lies."""
        dialog = QFileDialog(self._window, _("Index a folder in place") if is_in_place else _("Import a folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        self._ask(
            dialog, lambda names: self._host.import_paths([Path(name) for name in names], is_in_place=is_in_place)
        )

    def import_disc(self) -> None:
        """Offer what is inserted, and import it."""
        media = self._media()
        if not media:
            self._say(_("No disc or drive is inserted"), _("Import files…"), self.import_files)
            return
        choices = [Choice(str(path), label, str(path)) for path, label in media]
        self._popup.offer(_("Import a disc"), choices, lambda path: self._host.import_paths([Path(path)]), current="")

    def import_opened(self) -> None:
        """Import what is open and was opened from elsewhere."""
        self._host.import_paths(self._host.unkept_paths())

    def export_chosen(self) -> None:
        """Ask for a folder and write the chosen study into it."""
        studies = self._page.tree.chosen_studies()
        if len(studies) != 1:
            self._say(_("Choose one study to export"))
            return
        dialog = QFileDialog(self._window, _("Export into a new or an empty folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        self._ask(dialog, lambda names: self._host.export(studies[0], Path(names[0])))

    # Marks

    def edit_notes(self) -> None:
        """Write notes upon the chosen study."""
        studies = self._page.tree.chosen_studies()
        if len(studies) != 1:
            self._say(_("Choose one study for its notes"))
            return
        from viewer.ui.browser.library_dialogs import ask_notes

        study = studies[0]
        ask_notes(
            self._window,
            study.notes,
            lambda text: self._change([study], lambda library, each: library.catalogue.set_notes(each, text)),
        )

    def toggle_flag(self) -> None:
        """Flag the chosen studies, or take the flag off."""
        self._toggle(FLAGGED)

    def toggle_protection(self) -> None:
        """Keep the chosen studies from the rules of how long studies are kept, or no longer."""
        is_set = self._toggle(PROTECTED)
        self._say(_("Protected: no rule takes it away") if is_set else _("No longer protected from the rules"))

    def rate(self, rating: int) -> None:
        """Rate the chosen studies from 0 (none) to 5."""
        self._change(
            self._page.tree.chosen_studies(), lambda library, study: library.catalogue.set_rating(study, rating)
        )

    # Taking away

    def trash_chosen(self) -> None:
        """Put the chosen studies into the trash, with a way back."""
        studies = self._page.tree.chosen_studies()
        if not studies or self.is_in_trash:
            return

        def trash(library: "Library", study: "StudyRow") -> None:
            from viewer.library.keeping import delete_study

            delete_study(library, study.study_instance_uid, of=study)

        self._change(studies, trash, lambda: self._tell_trashed(studies))

    def restore_chosen(self) -> None:
        """Take the chosen studies out of the trash."""
        self._restore(self._page.tree.chosen_studies())

    def empty_trash(self) -> None:
        """Remove what is in the trash for good, after asking."""

        def trashed(library: "Library") -> "Sequence[StudyRow]":
            from viewer.library.keeping import every_study

            return every_study(library, in_trash=True)

        def counted(count: int) -> None:
            if not count:
                self._say(_("The trash is empty"))
                return
            text = ngettext(
                "{0} study will be removed for good. What was indexed in place stays where it lies.",
                "{0} studies will be removed for good. What was indexed in place stays where it lies.",
                count,
            )
            empty = _("Empty the trash")
            dialog = self._make_sure(empty, text.format(count), empty, self._host.empty_trash)
            self._with_standing(trashed, while_alive(dialog, dialog.say_more))

        self._desk.ask(lambda library: library.catalogue.stats().trashed_studies, counted)

    def erase_chosen(self) -> None:
        """Remove everything of the chosen patient, after the reader typed the ID."""
        studies = self._page.tree.chosen_studies()
        patients = {study.patient_id for study in studies}
        if len(patients) != 1 or not studies[0].patient_id:
            text = _("A patient without an ID cannot be erased: delete the studies one by one")
            self._say(text if patients == {""} else _("Choose the studies of one patient"))
            return
        patient_id = studies[0].patient_id
        text = _(
            "Everything of {0} will be removed for good: all studies, also in the trash and kept aside, search words,"
            " pictures, and all marks and measurements. Files that were indexed in place stay where they lie."
        ).format(shown_name(studies[0].patient_name))
        erase = _("Erase the patient")
        dialog = self._make_sure(erase, text, erase, lambda: self._host.erase(patient_id), patient_id)

        def of_patient(library: "Library") -> "Sequence[StudyRow]":
            from viewer.library.keeping import every_study

            return [row for part in (False, True) for row in every_study(library, in_trash=part, patient_id=patient_id)]

        self._with_standing(of_patient, while_alive(dialog, dialog.say_more))

    # Searches and decisions

    def save_search(self) -> None:
        """Keep the search under a name."""
        self._page.searches.save()

    def show_decisions(self) -> None:
        """Show what was kept aside and what did not fit together."""
        self._host.show_decisions()

    def show_retention(self) -> None:
        """Show for how long studies are kept."""
        from viewer.ui.browser.library_retention import RetentionWindow

        def moved(studies: "list[StudyRow]") -> None:
            self._tell_trashed(studies)
            self._page.lister.refresh()

        RetentionWindow(self._window, self._desk, self._host.retention, self._host.keep_retention, moved).open()

    def show_integrity(self) -> None:
        """Show whether everything that is kept is there."""
        from viewer.ui.browser.library_integrity import IntegrityWindow

        IntegrityWindow(self._window, self._desk).open()

    # Helpers

    def _toggle(self, flag: str) -> bool:
        """Set a flag upon the chosen studies, or take it off where all have it; return whether it was set."""
        studies = self._page.tree.chosen_studies()
        is_set = not all(flag in study.flags for study in studies)

        def change(library: "Library", study: "StudyRow") -> None:
            library.catalogue.set_flags(study, study.flags | {flag} if is_set else study.flags - {flag})

        self._change(studies, change)
        return is_set

    def _tell_trashed(self, studies: "Sequence[StudyRow]") -> None:
        text = ngettext("{0} study is in the trash", "{0} studies are in the trash", len(studies)).format(len(studies))

        def say(line: str) -> None:
            self._say(f"{text}. {line}" if line else text, _("Undo"), lambda: self._restore(studies))

        say("")
        self._with_standing(lambda _library: studies, say)

    def _with_standing(self, studies: "Callable[[Library], Sequence[StudyRow]]", told: Callable[[str], None]) -> None:
        """Say where studies that are to go are kept besides, or that they are nowhere else; nothing if nobody knows."""

        def question(library: "Library") -> str:
            return said_of([study.study_instance_uid for study in studies(library)], library)

        self._desk.ask(question, told, lambda _error: told(""))

    def _restore(self, studies: "Sequence[StudyRow]") -> None:
        def restore(library: "Library", study: "StudyRow") -> None:
            from viewer.library.keeping import restore_study

            restore_study(library, study.study_instance_uid, of=study)

        self._change(studies, restore)

    def _change(
        self,
        studies: "Sequence[StudyRow]",
        change: "Callable[[Library, StudyRow], None]",
        told: Callable[[], None] | None = None,
    ) -> None:
        """Change studies in the library, and show it when it is on the disk."""

        def question(library: "Library") -> "list[StudyRow]":
            for study in studies:
                change(library, study)
            return [row for each in studies for row in library.catalogue.studies_of_uid(each.study_instance_uid)]

        def done(changed: "list[StudyRow]") -> None:
            self._page.show_changed(changed)
            self._page.lister.refresh()
            if told is not None:
                told()

        if studies:
            self._desk.ask(question, done)

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self._window)
        self._make_menu(menu, MENU)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _make_sure(self, title: str, text: str, action: str, done: Callable[[], None], typed: str = "") -> "SureDialog":
        from viewer.ui.browser.library_dialogs import SureDialog

        dialog = SureDialog(self._window, title, text, action, done, typed)
        dialog.open()
        return dialog

    def _say(self, text: str, action: str = "", run: Callable[[], None] | None = None) -> None:
        self._page.strip.say(text, action, run)

    def _ask(self, dialog: QFileDialog, chosen: Callable[[list[str]], None]) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(chosen)
        dialog.open()
