"""Structured reports live as long as the program: the book of those that are open."""

from pathlib import Path
from typing import TYPE_CHECKING

from viewer.dicom.sop_classes import SopKind, sop_kind
from viewer.ui.measuring.window_measurements import WindowMeasurements
from viewer.workspace.reporting.report_book import ReportBook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from viewer.application.programme import Programme
    from viewer.library.library import Library
    from viewer.ui.main_window import MainWindow


class ReportingPlace:
    """Belongs to the program."""

    def __init__(self, programme: "Programme") -> None:
        self._programme = programme
        self.book = ReportBook(programme.runner, programme.tree)
        programme.shared.reports = self.book
        self._disconnect = programme.shared.annotations.changed.connect(lambda _uids: self._refresh())

    def window_opened(self, window: "MainWindow") -> None:
        """Give a window its side of the commands."""
        commands = window.workspace.window
        if commands is not None:
            say, programme = window.job_line.show_message, self._programme
            commands.measurements = WindowMeasurements(
                window, window.workspace, programme.objects, programme.runner, self._kept_reports, say
            )

    def _refresh(self) -> None:
        """Marks came or went: whether there is something to save is another question now."""
        for window in self._programme.windows:
            window.actions_table.refresh_soon()

    def _kept_reports(self, study_instance_uid: str, done: "Callable[[Sequence[Path]], None]") -> None:
        """Give a function the reports that the library has of a study; none where there is no library."""
        library = self._programme.library
        if library.folder is None:
            done(())
            return

        def ask(there: "Library") -> tuple[Path, ...]:
            rows = there.catalogue.instances_of_study(study_instance_uid)
            return tuple(there.store.path_of(row.kept) for row in rows if sop_kind(row.sop_class_uid) is SopKind.REPORT)

        library.desk.ask(ask, done, lambda _error: done(()))

    def close(self) -> None:
        """Let go of everything."""
        self._disconnect()
        self.book.close()
