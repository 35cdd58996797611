"""The library of the program: opened once the first image has had its chance, closed last; implements LibraryHost."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from viewer.application.library_jobs import LibraryJobs
from viewer.application.library_sweep import LibrarySweep
from viewer.base.errors import SettingsError, ViewerError
from viewer.base.translation import _, ngettext
from viewer.dicom.instance_header import InstanceHeader
from viewer.ui.browser.library_commands import LibraryCommands
from viewer.ui.browser.library_menu import LibraryMenu
from viewer.ui.browser.library_page import LibraryPage
from viewer.ui.browser.library_pictures import LibraryPictures
from viewer.workspace.arrivals import Arrivals
from viewer.workspace.displayed_marks import DisplayedMarks
from viewer.workspace.library_browsing import LibraryDesk
from viewer.workspace.library_opening import LibraryOpenings
from viewer.workspace.library_retention import RetentionSettings
from viewer.workspace.library_rows import Sender, undisplayed_text
from viewer.workspace.library_settings import LibrarySettings
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.application.reception import Reception
    from viewer.library.library import Library
    from viewer.library.study_row import SeriesRow, StudyRow
    from viewer.ui.main_window import MainWindow

MARKED_EVERY_MS = 1500
SECTION, RETENTION = "library_list", "retention"


class LibraryPlace(QObject):
    """What the program does with its library for all windows.

    Args:
        folder: None for a program without a library.
    """

    def __init__(self, programme: "Programme", folder: Path | None) -> None:
        super().__init__(programme)
        self._programme = programme
        self.desk = LibraryDesk(folder, programme.runner, programme.bridge.deliver)
        self.openings = LibraryOpenings(self.desk, programme.opener, programme.tree, programme.runner)
        self.jobs = LibraryJobs(self, programme, self.desk)
        self.sweep = LibrarySweep(self, self.desk, programme.runner, self.tell)
        self._marking = QTimer(self)
        self._marking.setSingleShot(True)
        self._marking.setInterval(MARKED_EVERY_MS)
        self._marks = DisplayedMarks(self.desk, self.openings.is_kept, self._mark_soon)
        self._marking.timeout.connect(self._marks.write)
        self.arrivals = Arrivals(self.desk, self._arrived)
        self._pages: list[LibraryPage] = []
        self._places: dict[tuple[Path, ...], None] = {}
        self.arrivals.changed.connect(lambda _none: self._show_marks())
        programme.shared.place_of = self._place_of
        programme.opener.started.connect(self._opening_started)
        programme.opener.ended.connect(lambda _end: self._open_when_quiet())
        programme.tree.changed.connect(lambda _change: self._tree_changed())
        self.openings.changed.connect(lambda _none: self._show_marks())
        self.openings.closed.connect(self._tell_undisplayed)
        self.desk.told.connect(lambda problem: self.tell(problem.one_line()))

    @property
    def folder(self) -> Path | None:
        """Where the library is; None for a program without one."""
        return self.desk.folder

    @property
    def arriving(self) -> dict[str, Sender]:
        """Who is sending a study now, by its UID."""
        return self.arrivals.senders

    @property
    def opened(self) -> frozenset[str]:
        """The keys of the library's studies that are open."""
        return self.openings.keys

    def make_page(self, parent: QObject) -> LibraryPage:
        """Return the list of a new window."""
        pictures = LibraryPictures(parent, self.desk, self._programme.runner, self._programme.decoder)
        page = LibraryPage(self, pictures)
        pictures.follow(self._programme.monitors, page)
        kept = self._programme.settings.section(SECTION, LibrarySettings)
        page.restore(kept.order, kept.shown_columns)
        return page

    def make_commands(self, window: "MainWindow", page: LibraryPage) -> LibraryCommands:
        """Return what commands do with the list of a window."""
        commands = LibraryCommands(
            window,
            window.workspace,
            page,
            self,
            show_page=window.show_library,
            media=self._programme.mounted_media,
            run=window.actions_table.run,
            make_menu=window.fill_menu,
        )
        LibraryMenu(page, commands.save_search, lambda: self._keep_look(page))
        return commands

    def window_opened(self, window: "MainWindow", page: LibraryPage) -> None:
        """Follow a window; open the library after the images that the window was opened with."""
        self._pages.append(page)
        window.closing.connect(lambda _window: self._pages.remove(page))
        self._marks.follow(window.workspace)
        if self._places:  # a program that is started with files begins to open them before its window
            window.show_discs()
        if self.folder is not None:
            QTimer.singleShot(0, self, self._open_when_quiet)

    def stop(self) -> None:
        """The windows are closed: write down what is left to be written."""
        self._marking.stop()
        self._marks.write_last()
        self.desk.stop()

    def close(self) -> None:
        """Close the library; no job runs any more."""
        self.desk.close()

    # What the list asks (ui.browser.library_host)

    def open(self, studies: "Sequence[StudyRow]", series: "SeriesRow | None", workspace: Workspace) -> None:
        """Open studies, or one series of a study."""
        self.openings.open(studies, series, workspace)

    def import_paths(self, paths: Sequence[Path], *, is_in_place: bool = False) -> None:
        """Import files, folders and discs, or index them where they lie."""
        self.jobs.import_paths(paths, is_in_place=is_in_place)

    def unkept_paths(self) -> tuple[Path, ...]:
        """Return what is open and was opened from elsewhere."""
        return tuple(dict.fromkeys(path for paths in self._places for path in paths))

    def export(self, study: "StudyRow", folder: Path) -> None:
        """Write a study into a folder."""
        self.jobs.export(study, folder)

    def empty_trash(self) -> None:
        """Remove what is in the trash for good."""
        self.jobs.empty_trash()

    def erase(self, patient_id: str) -> None:
        """Remove everything of a patient for good."""
        self.jobs.erase(patient_id)

    def rebuild(self) -> None:
        """Make a damaged index again."""
        self.jobs.rebuild()

    def show_decisions(self) -> None:
        """Show what was kept aside and what did not fit together."""
        reception = getattr(self._programme, "reception", None)
        if reception is not None:
            reception.decide()

    def follow(self, reception: "Reception") -> None:
        """Hear what the receiver does: which studies are arriving, and from whom."""
        reception.condition_changed.connect(lambda: self.arrivals.see(reception.condition.state))

    # What is told to every window

    def tell(self, text: str) -> None:
        """Say something at the foot of every window."""
        for window in self._programme.windows:
            window.job_line.show_message(text)

    def kept(self, paths: Sequence[Path]) -> None:
        """Places were imported: they need not be offered any more."""
        for places in tuple(self._places):
            if set(places) <= set(paths):
                del self._places[places]
        self._offer_import()

    def forget_pictures(self) -> None:
        """A patient was erased: no picture of them stays on the screen either."""
        for page in self._pages:
            page.pictures.forget()

    def renewed(self, study_instance_uids: Sequence[str]) -> None:
        """Studies have other files in force now: where they are open, that is said, and they can be opened again."""
        for study in self.openings.outdate(study_instance_uids):
            named = study.study_description or "/".join(study.modalities) or _("Study")
            text = _("{0} is still shown as it was before").format(named)
            for window in self._programme.windows:
                again = partial(self.open_study, study.study_instance_uid, window.workspace)
                window.job_line.show_message(text, _("Open it again"), again)

    def open_study(self, study_instance_uid: str, workspace: Workspace) -> None:
        """Open a study that is on this computer, as far as it is there."""

        def there(library: "Library") -> "list[StudyRow]":
            return library.catalogue.listed_of_uid(study_instance_uid)

        self.desk.ask(there, lambda rows: self.openings.open(rows, None, workspace))

    # Following

    def _open_when_quiet(self) -> None:
        if not self._programme.opener.is_busy:
            self.desk.open()

    def _opening_started(self, paths: tuple[Path, ...]) -> None:
        if paths:  # what has no place comes from the library itself
            self._places[paths] = None
            for window in self._programme.windows:
                window.show_discs()

    def _tree_changed(self) -> None:
        if not self._programme.tree.counts.files and not self._programme.opener.is_busy:
            self._places.clear()
        self._offer_import()

    def _offer_import(self) -> None:
        """Offer to keep what was opened from elsewhere, in the tab that shows it."""
        for window in self._programme.windows:
            window.offer_import(is_offered=bool(self._places) and self.folder is not None)

    @property
    def retention(self) -> RetentionSettings:
        """For how long studies are kept."""
        return self._programme.settings.section(RETENTION, RetentionSettings)

    def keep_retention(self, settings: RetentionSettings) -> None:
        """Keep other rules."""
        self._store(RETENTION, settings)

    def _keep_look(self, page: LibraryPage) -> None:
        order, columns = page.look
        self._store(SECTION, LibrarySettings(order, " ".join(map(str, columns))))

    def _store(self, section: str, values: object) -> None:
        try:
            self._programme.settings.store(section, values)
        except SettingsError as error:
            self.tell(error.one_line())

    def _mark_soon(self) -> None:
        if not self._marking.isActive():
            self._marking.start()

    def _show_marks(self) -> None:
        for page in self._pages:
            page.show_marks()

    def _tell_undisplayed(self, closed: "tuple[StudyRow, ...]") -> None:
        """Say how many images of the studies that were closed nobody has looked at."""
        self._marks.write()

        def count(library: "Library") -> "list[StudyRow]":
            return [row for study in closed for row in library.catalogue.studies_of_uid(study.study_instance_uid)]

        def told(rows: "list[StudyRow]") -> None:
            for row in rows:
                if left := row.instance_count - row.displayed_count:
                    self._say_undisplayed(row, undisplayed_text(left, row.instance_count))

        def failed(_error: ViewerError) -> None:
            """It is told by whoever asks next."""

        self.desk.ask(count, told, failed)

    def _place_of(self, header: InstanceHeader) -> str:
        return _("This computer") if self.openings.is_kept(header) else ""

    def _arrived(self, study: "StudyRow", sender: str, missing: int) -> None:
        """Say that a study came and is quiet; where it is open, what came since then is added."""
        self.openings.renew(study)
        named = study.study_description or "/".join(study.modalities) or _("Study")
        counted = ngettext("{0} image", "{0} images", study.instance_count).format(study.instance_count)
        text = _("{study}, {images}, arrived from {sender}").format(study=named, images=counted, sender=sender)
        if missing:
            text = ngettext("{0}; {1} is missing", "{0}; {1} are missing", missing).format(text, missing)
        for window in self._programme.windows:
            window.job_line.show_message(text, _("Open"), partial(self.open, [study], None, window.workspace))

    def _say_undisplayed(self, study: "StudyRow", text: str) -> None:
        def open_again() -> None:
            if self._programme.windows:
                self.openings.open([study], None, self._programme.windows[-1].workspace)

        named = study.study_description or "/".join(study.modalities)
        for window in self._programme.windows:
            window.job_line.show_message(f"{named}: {text}" if named else text, _("Open it again"), open_again)
