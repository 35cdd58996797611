"""What commands ask of the window's list of archives; ui implements it."""

from typing import Protocol


class ArchiveActions(Protocol):
    """The list's side of commands. None of these waits for an archive."""

    @property
    def has_archives(self) -> bool:
        """Whether an archive is known."""

    @property
    def is_asking(self) -> bool:
        """Whether archives are being asked."""

    @property
    def has_chosen(self) -> bool:
        """Whether something is chosen in the list."""

    @property
    def has_open(self) -> bool:
        """Whether the active viewport shows something."""

    @property
    def has_results(self) -> bool:
        """Whether something was asked."""

    @property
    def pointed_archive(self) -> str:
        """The name of the archive that the reader pointed at last, where it did not answer; empty for none."""

    def show(self) -> None:
        """Bring the list to the front, with the keyboard in its search field."""

    def search(self) -> None:
        """Bring the list to the front, and ask what its fields say."""

    def stop(self) -> None:
        """Ask no further."""

    def my_day(self) -> None:
        """Bring the list to the front with today's studies."""

    def define_my_day(self) -> None:
        """Let "my day" be of the modalities and archives that are chosen."""

    def save_search(self) -> None:
        """Keep the search under a name."""

    def open_chosen(self) -> None:
        """Fetch and keep what is chosen, and open it while it comes."""

    def view_chosen(self) -> None:
        """Open what is chosen while it comes, without keeping it."""

    def fetch_chosen(self) -> None:
        """Fetch and keep what is chosen, without opening it."""

    def fetch_priors(self) -> None:
        """Fetch earlier studies of the patient that is chosen in the list, or shown."""

    def find_patient(self) -> None:
        """List all studies of the patient that is chosen."""

    def copy_uid(self) -> None:
        """Put the UIDs of what is chosen on the clipboard."""

    def find_archives(self) -> None:
        """Look for archives on this computer, and put them into the list of archives."""
