"""Writing reports as the program does it: where drafts are kept, which templates there are, which editors are open."""

import contextlib
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject

from viewer.base.errors import SettingsError
from viewer.base.settings import setting
from viewer.base.translation import N_, _
from viewer.imaging.frame_store import FrameStore
from viewer.library.study_marks import MARKS, marks_folder
from viewer.ui.reporting.editor_window import WindowReports
from viewer.workspace.reporting.report_draft_store import DraftStore
from viewer.workspace.study_nodes import Study
from viewer.workspace.study_tree import TreeChange

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from viewer.application.programme import Programme
    from viewer.library.library import Library
    from viewer.ui.dialogs.destination_choice import DestinationHost
    from viewer.ui.main_window import MainWindow
    from viewer.ui.reporting.editor import ReportEditor
    from viewer.workspace.object_saving import Saved
    from viewer.workspace.reporting.report_draft import ReportDraft
    from viewer.workspace.reporting.report_templates import ReportTemplates

SECTION = "report_writing"


@dataclass(frozen=True, slots=True)
class ReportWritingSettings:
    """Section "report_writing"."""

    organization: str = setting(
        "", N_("Organization"), help=N_("Offered where you verify a report; what is saved is what you confirm")
    )
    paper: str = setting(
        "", N_("Paper"), choices=(("", N_("As usual in this country")), ("a4", "A4"), ("letter", N_("Letter")))
    )


class ReportWriting:
    """Belongs to the program; implements ui.reporting.editor.EditorHost.

    Args:
        library: The folder beside whose files drafts are kept; None keeps them beside the settings.
        folder: Of the settings.
        is_kept: Whether anything is written; False for a run that is not the reader's own.
    """

    def __init__(
        self, programme: "Programme", store: FrameStore, library: Path | None, folder: Path, *, is_kept: bool
    ) -> None:
        self._programme, self._folder = programme, folder
        kept = marks_folder(library) if library else folder / MARKS
        self.drafts = DraftStore(kept if is_kept else None)
        self.runner, self.frames = programme.runner, store
        self.settings = programme.settings.section(SECTION, ReportWritingSettings)
        self.editors: list[ReportEditor] = []
        self._told: set[str] = set()
        self._disconnect = programme.tree.changed.connect(self._tree_changed)

    @property
    def destinations(self) -> "DestinationHost":
        """Where objects are saved."""
        return self._programme.objects

    @property
    def organization(self) -> str:
        """The reader's, as typed last."""
        return self.settings.organization

    @property
    def paper(self) -> str:
        """What is printed on."""
        return self.settings.paper

    def window_opened(self, window: "MainWindow") -> None:
        """Give a window its side of the commands."""
        workspace = window.workspace
        if workspace.window is not None:
            workspace.window.reports = WindowReports(
                window, workspace, self, self.editors, window.job_line.show_message
            )
        window.installEventFilter(_Guard(self, window))
        window.closing.connect(lambda _window: self._close_editors(window))

    def preference_pages(self) -> "dict[str, tuple[str, QWidget]]":
        """Return the page of reports, for the preferences."""
        from viewer.ui.preferences.section_page import SectionPage

        return {SECTION: (_("Reports"), SectionPage(self.settings, self._keep))}

    def templates(self) -> "ReportTemplates":
        """Return the templates there are; read anew, so that the reader's own can be tried out."""
        from viewer.workspace.reporting.report_templates import read_templates

        return read_templates(self._folder)

    def values_for(self, study: Study) -> dict[str, str]:
        """Return what placeholders stand for."""
        from viewer.workspace.reporting.report_templates import placeholder_values

        return placeholder_values(study, self.reader(), dt.date.today())  # noqa: DTZ011 - the reader's day

    def reader(self) -> str:
        """Return the reader's name as the settings have it: the name of an account verifies nothing."""
        return self._programme.general.reader_name

    def remember_organization(self, organization: str) -> None:
        """Have it offered the next time."""
        if organization and organization != self.settings.organization:
            self._keep(replace(self.settings, organization=organization))

    def show_saved(self, draft: "ReportDraft", saved: "Saved") -> None:
        """Have a report that was saved among the open ones, also where its study was opened from elsewhere."""
        library, tree = self._programme.library, self._programme.tree
        headers = (each for each in tree.headers() if each.study_instance_uid == draft.study_instance_uid)
        if saved.paths:
            self._programme.opener.open(saved.paths)
        elif not any(library.openings.is_kept(each) for each in headers):  # else it is renewed by whoever saved it
            library.desk.ask(partial(_paths_of, saved.sop_instance_uids), self._programme.opener.open)

    def erased(self, studies: Iterable[str]) -> None:
        """The patient of studies was erased: what is written on them goes as well."""
        gone = set(studies)
        for editor in tuple(self.editors):
            if editor.draft.study_instance_uid in gone:
                with contextlib.suppress(SettingsError):  # what is left of it is erased with the marks
                    editor.keeping.forget()
                editor.lose()

    def close(self) -> None:
        """The windows are closed."""
        self._disconnect()

    def _tree_changed(self, change: TreeChange) -> None:
        """Tell of drafts of studies that were opened."""
        tree = self._programme.tree
        if change.is_rebuilt:
            self._told &= {each.study_instance_uid for each in tree.studies()}
        series = (found for key in change.series_keys if (found := tree.series(key)) is not None)
        for uid in {each.study.study_instance_uid for each in series} - self._told - {""}:
            self._told.add(uid)
            if self.drafts.kept(uid).drafts:
                self._tell(uid)

    def _tell(self, study_instance_uid: str) -> None:
        for window in self._programme.windows:
            reports = window.workspace.window.reports if window.workspace.window is not None else None
            if isinstance(reports, WindowReports):
                text = _("A report of this study is being written: the draft is kept")
                window.job_line.show_message(text, _("Go on"), partial(reports.go_on, study_instance_uid))

    def may_close(self, window: "MainWindow") -> bool:
        """Whether nothing is lost with a window; else the reader is asked."""
        if not self._programme.is_attended:
            return True
        return all(editor.can_lose_nothing() for editor in tuple(self.editors) if editor.parentWidget() is window)

    def _close_editors(self, window: "MainWindow") -> None:
        for editor in tuple(self.editors):
            if editor.parentWidget() is window:
                editor.keeping.flush()
                editor.lose()

    def _keep(self, settings: ReportWritingSettings) -> None:
        self.settings = settings
        try:
            self._programme.settings.store(SECTION, settings)
        except SettingsError as error:
            for window in self._programme.windows:
                window.job_line.show_message(error.one_line())


class _Guard(QObject):
    """Keeps a window open while a report in it is in memory alone, until the reader says that it may go."""

    def __init__(self, writing: ReportWriting, window: "MainWindow") -> None:
        super().__init__(window)
        self._writing, self._window = writing, window

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() is not QEvent.Type.Close or watched is not self._window:
            return False
        if self._writing.may_close(self._window):
            return False
        event.ignore()
        return True


def _paths_of(sop_instance_uids: Iterable[str], library: "Library") -> tuple[Path, ...]:
    rows = (library.catalogue.instance(uid) for uid in sop_instance_uids)
    return tuple(library.store.path_of(row.kept) for row in rows if row is not None)
