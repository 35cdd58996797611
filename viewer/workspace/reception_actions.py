"""What commands ask of the receiver; application implements it, the workspace only knows this list."""

from typing import Protocol


class ReceptionActions(Protocol):
    """The receiver's side of commands. None of these blocks."""

    @property
    def is_wanted(self) -> bool:
        """Whether the receiver runs, or is on its way."""

    def start(self) -> None:
        """Start the receiver."""

    def stop(self) -> None:
        """Stop the receiver."""

    def decide(self) -> None:
        """Show what waits for a decision."""

    def reconcile(self, study_instance_uid: str) -> None:
        """Show how a study's identity is put right."""
