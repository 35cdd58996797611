"""What the list of archives asks of the program; application does it, for all windows."""

import enum
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from viewer.workspace.archive_browsing import ArchiveDesk
from viewer.workspace.archive_rows import ArchiveRow
from viewer.workspace.archive_settings import ArchiveSettings
from viewer.workspace.workspace import Workspace


class FetchMode(enum.Enum):
    """What becomes of what is fetched."""

    OPEN = "open"
    """Kept in the library, and opened while it comes."""
    VIEW = "view"
    """Opened while it comes, and not kept."""
    FETCH = "fetch"
    """Kept in the library, and not opened."""


class ArchiveHost(Protocol):
    """The program's side of the list."""

    @property
    def desk(self) -> ArchiveDesk:
        """The archives."""

    @property
    def settings(self) -> ArchiveSettings:
        """What searches remember."""

    def keep_settings(self, settings: ArchiveSettings) -> None:
        """Remember something else."""

    def keep_look(self, order: str, columns: str) -> None:
        """Remember what the list is sorted by, and its columns."""

    @property
    def opened(self) -> frozenset[str]:
        """The UIDs of the studies that are open."""

    @property
    def fetching(self) -> Mapping[str, tuple[int, int]]:
        """The UIDs of the studies that are on their way: how many instances are there, and how many there will be."""

    def held_of_studies(self, uids: Sequence[str], done: Callable[[dict[str, int]], None]) -> None:
        """Find out how many instances of studies are in the library; those of which there are none are left out."""

    def held_of_series(self, uids: Sequence[str], done: Callable[[dict[str, int]], None]) -> None:
        """Find out how many instances of series are in the library."""

    def prepare(self) -> None:
        """Somebody may fetch something soon."""

    def retrieve(self, rows: Sequence[ArchiveRow], mode: FetchMode, workspace: Workspace) -> None:
        """Fetch what rows stand for from an archive that has it."""

    def fetch_priors(self, rows: Sequence[ArchiveRow], workspace: Workspace) -> None:
        """Fetch earlier studies of the patient of what is chosen; where nothing is, of what is shown."""

    def find_archives(self, done: Callable[[str], None]) -> None:
        """Look for archives on this computer and put them into the list; say how it went."""
