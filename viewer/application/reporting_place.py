"""Structured reports live as long as the program: the book of those that are open."""

from typing import TYPE_CHECKING

from viewer.ui.measuring.window_measurements import WindowMeasurements
from viewer.workspace.reporting.report_book import ReportBook

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.ui.main_window import MainWindow


class ReportingPlace:
    """Belongs to the program."""

    def __init__(self, programme: "Programme") -> None:
        self._programme = programme
        self.book = ReportBook(programme.runner, programme.tree)
        programme.shared.reports = self.book

    def window_opened(self, window: "MainWindow") -> None:
        """Give a window its side of the commands."""
        commands = window.workspace.window
        if commands is not None:
            say, programme = window.job_line.show_message, self._programme
            commands.measurements = WindowMeasurements(
                window, window.workspace, programme.objects, programme.runner, say
            )

    def close(self) -> None:
        """Let go of everything."""
        self.book.close()
