"""Saving DICOM objects that were made here: into the library or a folder, and to archives that are asked to keep them.

Whoever has objects to save (key objects, presentation states, reports, segmentations) brings one function that writes
them, and never a path:

    def make(folder: Path, progress: Progress) -> Sequence[Path]:   # a job: on its own thread, without Qt
        ...write the files into `folder`, which is private, is there, and goes away; return them...

In the window, `workspace.window.objects` (ObjectSaving; None where there is none):

    objects.ask(make, study_instance_uid, _("Key objects"), done)       # a dialog "Save" asks where; then saves
    objects.save(make, objects.last_destinations(), study_instance_uid, title, done)      # without asking

A dialog of one's own that asks for more than the place has ui.dialogs.destination_choice.DestinationChoice in it, and
calls save() with its `destinations`. `done` is called on the GUI thread when everything is on the disk; what goes wrong
is said at the foot of the window, and nothing is half saved. Commands without a window call save_objects() with an open
library, and deliver_now() where they wait for archives.

What is to go to an archive is filed in the library first, and then written into the library's book of transfers before
it is said to be saved: an archive that is switched off, a crash or a restart leaves it there, it is tried again by
itself until the archive has taken it, it is listed under Transfers meanwhile, and then the archive is asked to promise
that it keeps it (storage commitment). What an archive refuses stays in that list until somebody sees to it.
"""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from viewer.base.errors import LibraryError, MediaError, system_reason
from viewer.base.jobs import Progress
from viewer.base.paths import private_temporary_folder
from viewer.base.settings import setting
from viewer.base.translation import _

if TYPE_CHECKING:
    from viewer.archives.transfer_values import TransferRequest
    from viewer.library.library import Library

Make = Callable[[Path, Progress], Sequence[Path]]
"""Writes objects into a folder that is there, and returns their files."""
SECTION = "object_saving"
_MADE = "made"


@dataclass(frozen=True, slots=True)
class IntoLibrary:
    """On this computer, in the study."""


@dataclass(frozen=True, slots=True)
class IntoFolder:
    """In a folder, beside what is there; it is made when it is not."""

    folder: Path


@dataclass(frozen=True, slots=True)
class ToArchive:
    """In the library, and from there to an archive.

    Attributes:
        name: Of the archive.
        commits: Whether it is asked to promise that it keeps them.
    """

    name: str
    commits: bool = True


Destination = IntoLibrary | IntoFolder | ToArchive


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved.

    Attributes:
        sop_instance_uids: Of the objects.
        paths: Of the files, where they were saved into a folder.
        transfers: Keys of the transfers that are on their way.
    """

    sop_instance_uids: tuple[str, ...]
    paths: tuple[Path, ...] = ()
    transfers: "tuple[tuple[int, TransferRequest], ...]" = ()


@dataclass(frozen=True, slots=True)
class ObjectSavingSettings:
    """Section "object_saving": where objects were saved last.

    Attributes:
        archive: Its name; empty where none was chosen.
    """

    goes_to_archive: bool = setting(default=False)
    archive: str = setting("")
    commits: bool = setting(default=True)
    folder: str = setting("")


class ObjectSaving(Protocol):
    """One window's side of saving. None of these blocks."""

    @property
    def has_library(self) -> bool:
        """Whether there is a library; without one, objects go into a folder."""

    def last_destinations(self) -> tuple[Destination, ...]:
        """Return where objects were saved last; empty where nothing was chosen yet and there is no library."""

    def ask(self, make: Make, study_instance_uid: str, title: str, done: Callable[[Saved], None] | None = None) -> None:
        """Ask where objects are to be saved, and save them; the choice is remembered."""

    def save(
        self,
        make: Make,
        destinations: Sequence[Destination],
        study_instance_uid: str,
        title: str,
        done: Callable[[Saved], None] | None = None,
    ) -> None:
        """Make objects in the background and save them everywhere, and say so when they are there.

        Args:
            make: Writes them.
            destinations: At least one.
            study_instance_uid: Of the study they belong to.
            title: What they are called at the foot of the window.
            done: Called when they are there.
        """


def save_objects(
    make: Make, destinations: Sequence[Destination], library: "Library | None", progress: Progress
) -> Saved:
    """Make objects and save them everywhere; when this returns, they are on the disk.

    Raises:
        ViewerError: If they cannot be made, or not be saved; what is in the library by then stays there.
        Cancelled: If it was cancelled.
    """
    archives = [each for each in destinations if isinstance(each, ToArchive)]
    is_kept = bool(archives) or any(isinstance(each, IntoLibrary) for each in destinations)
    if not destinations:
        raise MediaError(_("Say where it is to be saved"))
    if is_kept and library is None:
        raise LibraryError(_("There is no library open: it can be saved into a folder only"))
    made = Path(tempfile.mkdtemp(prefix="objects-", dir=private_temporary_folder()))
    try:
        folder = made / _MADE
        folder.mkdir()
        files = tuple(make(folder, progress))
        objects = [_named(path) for path in files]
        progress.check()
        paths: tuple[Path, ...] = ()
        for each in destinations:
            if isinstance(each, IntoFolder):
                paths += tuple(_put(path, each.folder) for path in files)
        if is_kept and library is not None:
            _file(folder, len(files), library, progress)
        uids = tuple(uid for _study, uid in objects)
        transfers = () if library is None else _note(objects, archives, library)
        return Saved(uids, paths, transfers)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def deliver_now(
    library_folder: Path, settings_folder: Path, transfers: "Sequence[tuple[int, TransferRequest]]", patience_s: float
) -> bool:
    """Send what was saved, and have it promised, here and now; return whether all of it was.

    Where another process works on the library's transfers, or an archive does not answer in time, they go on by
    themselves later.

    Raises:
        LibraryError: If the library cannot be opened.
    """
    from viewer.archives.transfer_book import TransferBook
    from viewer.archives.transfer_values import TransferKind, TransferState
    from viewer.archives.transfer_worker import TransferWorker
    from viewer.library.library import Library

    def promises() -> list[int]:
        with Library(library_folder) as library:
            return [
                status.key
                for status in TransferBook(library.database).all_of()
                for _key, request in transfers
                if status.request.kind is TransferKind.COMMIT
                and not status.state.has_ended
                and (status.request.archive, status.request.sop_instance_uids)
                == (request.archive, request.sop_instance_uids)
            ]

    def work_on(keys: Sequence[int]) -> bool:
        ended = [TransferWorker(library_folder, settings_folder, _unheard).work_on(key, patience_s) for key in keys]
        return all(status is not None and status.state is TransferState.DONE for status in ended)

    return work_on([key for key, _request in transfers]) and work_on(promises())


def _named(path: Path) -> tuple[str, str]:
    """Return the Study and SOP Instance UID of a file that was made."""
    from viewer.base.byte_source import FileBytes
    from viewer.dicom.header_scan import scan_header

    header = scan_header(FileBytes(path))
    return header.study_instance_uid, header.sop_instance_uid


def _put(path: Path, folder: Path) -> Path:
    """Put a file into a folder, whole, under a name that nothing has there yet."""
    from viewer.base.whole_output import whole_file

    number = 1
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            target = folder / (path.name if number == 1 else f"{path.stem} ({number}){path.suffix}")
            number += 1
            if target.exists() or target.is_symlink():
                continue
            with path.open("rb") as source, whole_file(target, is_replacing=False) as stream:
                shutil.copyfileobj(source, stream)
            return target
    except OSError as error:
        raise MediaError(_("It could not be saved: {0}").format(system_reason(error)), subject=str(folder)) from error


def _file(folder: Path, count: int, library: "Library", progress: Progress) -> None:
    from viewer.workspace.importing import ImportPlaces

    summary = ImportPlaces((folder,), library).run(progress)
    if summary.imported + summary.already >= count:
        return
    reason = summary.refused[0].error if summary.refused else _("another object has its UID")
    raise LibraryError(_("It could not be put into the library: {0}").format(reason))


def _note(
    objects: Sequence[tuple[str, str]], archives: Sequence[ToArchive], library: "Library"
) -> "tuple[tuple[int, TransferRequest], ...]":
    """Write into the book what is to be sent."""
    from viewer.archives.transfer_book import TransferBook
    from viewer.archives.transfer_values import TransferKind, TransferRequest

    studies: dict[str, list[str]] = {}
    for study, uid in objects:
        studies.setdefault(study, []).append(uid)
    book = TransferBook(library.database)
    requests = [
        TransferRequest(
            TransferKind.SEND,
            archive.name,
            study,
            sop_instance_uids=tuple(uids),
            expected=len(uids),
            goes_on=True,
            commits=archive.commits,
        )
        for archive in archives
        for study, uids in studies.items()
    ]
    return tuple((book.note(request), request) for request in requests)


def _unheard(_message: object) -> None:
    """Nobody follows it."""
