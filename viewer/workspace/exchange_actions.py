"""What commands ask of the exchange with archives: which there are, what is on its way, what is sent to them."""

from typing import Protocol


class ExchangeActions(Protocol):
    """One window's side of commands. None of these blocks."""

    @property
    def can_transfer(self) -> bool:
        """Whether anything can be fetched or sent: whether the program has a library."""

    @property
    def has_ended(self) -> bool:
        """Whether the list of transfers holds some that are done."""

    @property
    def can_send(self) -> bool:
        """Whether studies are chosen in the list of this computer, or open."""

    def show_peers(self) -> None:
        """Show the archives there are, and how each is called."""

    def examine(self) -> None:
        """Examine an archive step by step: the one that the reader pointed at, or the first."""

    def show_transfers(self) -> None:
        """Bring the list of transfers to the front, with the keyboard in it."""

    def clear_ended(self) -> None:
        """Take what is done from the list of transfers."""

    def send(self) -> None:
        """Ask where the chosen studies are to be sent, and send them."""

    def commit(self) -> None:
        """Ask which archive is to promise that it keeps the chosen studies."""
