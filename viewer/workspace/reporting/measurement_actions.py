"""What commands ask of the window for measurements that leave the program, or come into it."""

from typing import Protocol


class MeasurementActions(Protocol):
    """One window's side of commands. None of these blocks."""

    def save(self) -> None:
        """Ask how the marks of the active study are to be saved as a report, and save them."""

    def export(self) -> None:
        """Ask for a form and a file, and write the marks of the active study there."""

    def take_over(self) -> None:
        """Ask for a report or file, and take its measurements over as marks."""
