"""What commands ask of the window for presentation states."""

from typing import Protocol


class StateActions(Protocol):
    """One window's side of commands. None of these blocks."""

    def choose(self) -> None:
        """Offer the presentation states of what the active viewport shows."""

    def show_list(self) -> None:
        """Show the page of presentation states."""

    def save(self) -> None:
        """Ask how what the active viewport shows is to be saved as a state, and save it."""
