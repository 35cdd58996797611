"""What the list of transfers asks of the program; application does it, for all windows."""

from typing import Protocol

from viewer.base.events import Event
from viewer.workspace.transfers import TransferRow
from viewer.workspace.workspace import Workspace


class TransferHost(Protocol):
    """The program's side of the list."""

    @property
    def changed(self) -> Event[None]:
        """Other transfers, or something else is known of one; may be told many times a second."""

    def rows(self) -> tuple[TransferRow, ...]:
        """Return the transfers as people read them."""

    def pause(self, key: int) -> None:
        """Stop one for a while."""

    def resume(self, key: int) -> None:
        """Go on with one, or begin it again: what is there is left out."""

    def cancel(self, key: int) -> None:
        """Stop one for good; what came stays."""

    def forget(self, key: int) -> None:
        """Take one that has ended from the list."""

    def forget_ended(self) -> None:
        """Take all that are done from the list."""

    def open_study(self, study_instance_uid: str, workspace: Workspace) -> None:
        """Open a study that is on this computer, as far as it is there."""
