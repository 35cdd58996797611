"""What commands ask of the window for the list of measurements."""

from typing import Protocol


class MarkPageActions(Protocol):
    """One window's side of commands. None of these blocks."""

    def show_page(self) -> None:
        """Bring the list of measurements to the front, with the keyboard in it."""

    def compare(self) -> None:
        """Show the lesions of the patient over all open studies."""

    def choose_lesion(self) -> None:
        """Ask which lesion of another study the selected mark is."""

    def calibrate(self) -> None:
        """Ask how long the selected line is, and calibrate its image by that."""

    def copy(self, text: str) -> None:
        """Put a text into the clipboard."""
