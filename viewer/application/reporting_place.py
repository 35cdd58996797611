"""Structured reports live as long as the program: the book of those that are open."""

from typing import TYPE_CHECKING

from viewer.workspace.reporting.report_book import ReportBook

if TYPE_CHECKING:
    from viewer.application.programme import Programme


class ReportingPlace:
    """Belongs to the program."""

    def __init__(self, programme: "Programme") -> None:
        self.book = ReportBook(programme.runner, programme.tree)
        programme.shared.reports = self.book

    def close(self) -> None:
        """Let go of everything."""
        self.book.close()
