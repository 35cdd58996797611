"""Where fetched instances go, and what is there already: the library, or a folder."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, Self

from viewer.archives.folder_keeper import FolderKeeper
from viewer.archives.noted_as_held import NotedAsHeld
from viewer.library.library import Library
from viewer.network.retrieving import Keeper
from viewer.reception.events import ReceiverEvent
from viewer.reception.intake import Intake
from viewer.reception.receiver_plan import bounds_of
from viewer.reception.receiver_settings import ReceiverSettings


def _unheard(_event: ReceiverEvent) -> None:
    """Nobody listens."""


class RetrievalPlace(Protocol):
    """Where fetched instances go."""

    @property
    def keeper(self) -> Keeper:
        """What takes them."""

    @property
    def library_folder(self) -> Path | None:
        """Of the library whose receiver can take them as well; None where they go elsewhere."""

    def held(self, sop_instance_uids: Iterable[str]) -> set[str]:
        """Return which of these are there, whole."""

    def held_aside(self, sop_instance_uids: Iterable[str]) -> set[str]:
        """Return which of these are kept aside, until somebody decides."""

    def held_of_study(self, study_instance_uid: str) -> set[str]:
        """Return what is there of a study, where that can be said."""

    def path_of(self, sop_instance_uid: str) -> Path | None:
        """Return the file of an instance that is beside the library; None for one in it."""


class LibraryPlace:
    """The library: instances are kept by an Intake, as if they had been sent to us.

    Args:
        library: Open; stays the caller's to close.
        intake: Of that library.
    """

    def __init__(self, library: Library, intake: Keeper) -> None:
        self.library = library
        self._intake = intake
        self.library_folder: Path | None = library.folder

    @property
    def keeper(self) -> Keeper:
        """The intake."""
        return self._intake

    def held(self, sop_instance_uids: Iterable[str]) -> set[str]:
        """Return which are in force, and not in the trash: what is fetched again comes out of it."""
        catalogue = self.library.catalogue
        trashed: dict[str, bool] = {}
        found = set()
        for uid in sop_instance_uids:
            row = catalogue.instance(uid)
            if row is None:
                continue
            study = row.study_instance_uid
            if study not in trashed:
                rows = catalogue.studies_of_uid(study)
                trashed[study] = any(each.trashed_at is not None for each in rows)
            if not trashed[study]:
                found.add(uid)
        return found

    def held_aside(self, sop_instance_uids: Iterable[str]) -> set[str]:
        """Return which are in quarantine or in the inbox."""
        return {uid for uid in sop_instance_uids if self.library.catalogue.aside_of(uid)}

    def held_of_study(self, study_instance_uid: str) -> set[str]:
        """Return every instance of a study that is in force, and not in the trash, as `held` does."""
        catalogue = self.library.catalogue
        studies = catalogue.listed_of_uid(study_instance_uid)
        return {row.sop_instance_uid for study in studies for row in catalogue.instances_of_study(study)}

    def path_of(self, sop_instance_uid: str) -> Path | None:  # noqa: ARG002 - as RetrievalPlace has it
        """Return None: the library's files are the library's."""
        return None


class FolderPlace:
    """A folder, apart from the library."""

    library_folder: Path | None = None

    def __init__(self, keeper: FolderKeeper) -> None:
        self._keeper = keeper

    @property
    def keeper(self) -> Keeper:
        """What writes the files."""
        return self._keeper

    def held(self, sop_instance_uids: Iterable[str]) -> set[str]:
        """Return which have a file."""
        return set(filter(self._keeper.has, sop_instance_uids))

    def held_aside(self, sop_instance_uids: Iterable[str]) -> set[str]:  # noqa: ARG002 - as RetrievalPlace has it
        """Return nothing: each that is kept aside is told when it comes."""
        return set()

    def held_of_study(self, study_instance_uid: str) -> set[str]:  # noqa: ARG002 - as RetrievalPlace has it
        """Return nothing: a folder does not say of which study its files are."""
        return set()

    def path_of(self, sop_instance_uid: str) -> Path | None:
        """Return its file."""
        return self._keeper.path_of(sop_instance_uid)


class OpenedPlace(ExitStack):
    """A place opened for one retrieve: the library with an intake of its own, or a folder. Closing it closes both."""

    place: RetrievalPlace

    @classmethod
    def in_library(
        cls,
        folder: Path,
        settings: ReceiverSettings,
        tell: Callable[[ReceiverEvent], None] = _unheard,
        archive: str = "",
    ) -> Self:
        """Return the library of a folder, opened.

        Args:
            folder: Of the library.
            settings: What may come.
            tell: Told what comes.
            archive: The archive_key() of the archive that alone fills it: then it is noted what is held there.

        Raises:
            LibraryError: If it cannot be opened.
        """
        opened = cls()
        library = opened.enter_context(Library(folder))
        try:
            if archive:
                noted = NotedAsHeld(library.database, archive, tell)
                opened.callback(noted.close)
                tell = noted
            intake = Intake(library, bounds_of(settings), tell)
        except BaseException:
            opened.close()
            raise
        opened.callback(intake.close)
        opened.place = LibraryPlace(library, intake)
        return opened

    @classmethod
    def in_folder(cls, folder: Path, took: Callable[[Path], None] | None = None) -> Self:
        """Return a folder, made if need be.

        Raises:
            MediaError: If it cannot be written to.
        """
        opened = cls()
        keeper = FolderKeeper(folder, took=took)
        opened.callback(keeper.close)
        opened.place = FolderPlace(keeper)
        return opened
