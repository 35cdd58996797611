"""What commands ask of the window to save of a volume: reformatted series, pictures, surfaces."""

from typing import Protocol


class SavingActions(Protocol):
    """One window's side of commands. None of these blocks."""

    def save_series(self) -> None:
        """Ask which planes of the active view are to be saved, and where, and save them."""

    def save_picture(self) -> None:
        """Ask where the picture in the active viewport is to be saved, and save it."""

    def make_surface(self) -> None:
        """Ask for thresholds, and make and measure the surface of the active volume."""
