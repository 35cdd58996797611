"""What commands ask of the window for writing reports."""

from typing import Protocol


class ReportActions(Protocol):
    """One window's side of commands. None of these blocks."""

    def write(self) -> None:
        """Go on with the report of the active study that is being written, or begin one."""

    def amend(self) -> None:
        """Begin the next version of the report in the active viewport."""

    def export_pdf(self) -> None:
        """Ask for a file, and write the report in the active viewport as PDF."""

    def print_report(self) -> None:
        """Ask for a printer, and print the report in the active viewport."""
