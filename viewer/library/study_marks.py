"""Where what a reader marks on studies is kept beside the library's files: under names that are hashes.

workspace.measuring.journal writes it; here is only what erasing a study must know.
"""

import contextlib
import hashlib
from collections.abc import Iterable
from pathlib import Path

from viewer.library.durable import FolderLock, remove_file, sync_folder

MARKS = "marks"
LOCK = "marks.lock"
_NAME_LENGTH = 40
_PATIENCE_SECONDS = 10.0


def marks_folder(library_folder: Path) -> Path:
    """Return the folder of the marks of all studies."""
    return library_folder / MARKS


def marks_name(study_instance_uid: str) -> str:
    """Return what the names of a study's files begin with: it tells nobody which study that is."""
    return hashlib.sha256(study_instance_uid.encode()).hexdigest()[:_NAME_LENGTH]


def erase_marks(library_folder: Path, study_instance_uids: Iterable[str]) -> int:
    """Remove all that was marked on studies; return how many files that were.

    Raises:
        OSError: If one could not be removed.
        TimeoutError: If another program does not let go of them.
    """
    return erase_from(marks_folder(library_folder), study_instance_uids)


def erase_from(folder: Path, study_instance_uids: Iterable[str]) -> int:
    """Do the same in the folder of the marks itself."""
    if not folder.is_dir():
        return 0
    removed = 0
    with FolderLock(folder / LOCK).exclusive(_PATIENCE_SECONDS):
        for uid in study_instance_uids:
            for path in folder.glob(f"{marks_name(uid)}*"):
                with contextlib.suppress(FileNotFoundError):
                    remove_file(path)
                    removed += 1
        sync_folder(folder)
    return removed
