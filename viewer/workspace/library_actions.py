"""What commands ask of the library's list in a window; ui implements it, the workspace only knows this list."""

from typing import Protocol


class LibraryActions(Protocol):
    """The list's side of commands. None of these blocks until a dialog is answered."""

    @property
    def is_there(self) -> bool:
        """Whether the window has a library that is open."""

    @property
    def has_study(self) -> bool:
        """Whether a study is chosen in the list."""

    @property
    def chosen_study_uids(self) -> tuple[str, ...]:
        """The Study Instance UIDs of what is chosen in the list."""

    @property
    def is_in_trash(self) -> bool:
        """Whether the list shows the trash."""

    @property
    def has_unkept(self) -> bool:
        """Whether something is open that was opened from elsewhere."""

    def show(self) -> None:
        """Bring the list to the front, with the keyboard in its search field."""

    def open_chosen(self) -> None:
        """Open what is chosen."""

    def import_files(self) -> None:
        """Ask for files and import them."""

    def import_folder(self, *, is_in_place: bool = False) -> None:
        """Ask for a folder and import what is in it, or index it where it lies."""

    def import_disc(self) -> None:
        """Offer what is inserted, and import it."""

    def import_opened(self) -> None:
        """Import what is open and was opened from elsewhere."""

    def export_chosen(self) -> None:
        """Ask for a folder and write the chosen study into it."""

    def trash_chosen(self) -> None:
        """Put the chosen studies into the trash, with a way back."""

    def restore_chosen(self) -> None:
        """Take the chosen studies out of the trash."""

    def empty_trash(self) -> None:
        """Remove what is in the trash for good, after asking."""

    def erase_chosen(self) -> None:
        """Remove everything of the chosen patient, after the reader typed the ID."""

    def edit_notes(self) -> None:
        """Write notes upon the chosen study."""

    def toggle_flag(self) -> None:
        """Flag the chosen studies, or take the flag off."""

    def toggle_protection(self) -> None:
        """Keep the chosen studies from the rules of how long studies are kept, or no longer."""

    def rate(self, rating: int) -> None:
        """Rate the chosen studies from 0 (none) to 5."""

    def save_search(self) -> None:
        """Keep the search under a name."""

    def show_decisions(self) -> None:
        """Show what was kept aside and what did not fit together."""

    def show_retention(self) -> None:
        """Show for how long studies are kept."""

    def show_integrity(self) -> None:
        """Show whether everything that is kept is there."""
