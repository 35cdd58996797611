"""What commands ask of the window to lay a prior over a current series."""

from typing import Protocol


class RegisteringActions(Protocol):
    """One window's side of registering. None of these blocks."""

    def register(self) -> None:
        """Offer the series that can be laid over that of the active viewport."""
