"""What commands ask of the window for key images."""

from typing import Protocol


class KeyActions(Protocol):
    """One window's side of commands. None of these blocks."""

    def choose_title(self) -> None:
        """Ask what the key K selects images for."""

    def save(self) -> None:
        """Ask how the marked images are to be saved, and save them."""

    def reject(self) -> None:
        """Ask why images are to be taken out of use, and save a note that says so."""

    def show_list(self) -> None:
        """Show what is selected in the active study, and by whom."""
