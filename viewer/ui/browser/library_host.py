"""What the library's list asks of the program; application does it, for all windows."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from viewer.workspace.library_browsing import LibraryDesk
from viewer.workspace.library_retention import RetentionSettings
from viewer.workspace.library_rows import Sender
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.library.study_row import SeriesRow, StudyRow


class LibraryHost(Protocol):
    """The program's side of the list."""

    @property
    def desk(self) -> LibraryDesk:
        """The library."""

    @property
    def opened(self) -> frozenset[str]:
        """The keys of the library's studies that are open."""

    @property
    def arriving(self) -> dict[str, Sender]:
        """Who is sending a study now, by its UID."""

    def open(self, studies: "Sequence[StudyRow]", series: "SeriesRow | None", workspace: Workspace) -> None:
        """Open studies, or one series of a study."""

    def import_paths(self, paths: Sequence[Path], *, is_in_place: bool = False) -> None:
        """Import files, folders and discs, or index them where they lie."""

    def unkept_paths(self) -> tuple[Path, ...]:
        """Return what is open and was opened from elsewhere."""

    def export(self, study: "StudyRow", folder: Path) -> None:
        """Write a study into a folder."""

    def empty_trash(self) -> None:
        """Remove what is in the trash for good."""

    def erase(self, patient_id: str) -> None:
        """Remove everything of a patient for good."""

    def rebuild(self) -> None:
        """Make a damaged index again."""

    @property
    def retention(self) -> RetentionSettings:
        """For how long studies are kept."""

    def keep_retention(self, settings: RetentionSettings) -> None:
        """Keep other rules."""

    def show_decisions(self) -> None:
        """Show what was kept aside and what did not fit together."""
