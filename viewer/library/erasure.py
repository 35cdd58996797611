"""Leaving no trace of an erased patient: beside rows and files, what names the patient in passing.

Such as the folder an import came from, a warning upon another patient's study, the copy of an index made before a
migration, and the free pages and the log of the index itself.
"""

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing

from viewer.base.errors import LibraryError, ViewerError
from viewer.base.translation import _
from viewer.dicom.header_scan import scan_header
from viewer.library.database import DATABASE_NAME
from viewer.library.durable import remove_file, sync_folder, told
from viewer.library.instance_record import KeptFile
from viewer.library.kept_values import clean
from viewer.library.library import Library
from viewer.library.picture_cache import empty_pictures
from viewer.library.rebuilding import WORK_FOLDERS
from viewer.library.study_row import StudyRow

_PATIENT_ID = 0x00100020
_BUSY_SECONDS = 30.0
_IN_USE = frozenset({DATABASE_NAME, f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm", f"{DATABASE_NAME}-journal"})


def orphans_of(library: Library, patient_id: str) -> tuple[str, ...]:
    """Return the hashes of a patient's objects that no row knows of: an import was cut short."""
    found = []
    for stored in library.store.objects_there():
        if library.catalogue.of_hash(stored.sha256):
            continue
        try:
            header = scan_header(library.store.open(KeptFile(stored.sha256, 0)))
        except ViewerError:
            continue
        if clean(header.text(_PATIENT_ID)) == patient_id:
            found.append(stored.sha256)
    return tuple(found)


def remove_copies(library: Library) -> None:
    """Remove pictures, copies of the index that migrations and rebuilding left beside it, and what never came in."""
    library.store.sweep()
    with told(library.folder):
        empty_pictures(library.folder)
        for path in sorted(library.folder.glob(f"{DATABASE_NAME}*")):
            if path.name not in _IN_USE and path.is_file():
                remove_file(path)
        for work in library.folder.glob(WORK_FOLDERS):
            shutil.rmtree(work, ignore_errors=True)
        sync_folder(library.folder)


def erase_traces(library: Library, patient_id: str, studies: Sequence[StudyRow]) -> None:
    """Remove what else names the patient, then write the index anew without its free pages, and empty its log.

    Raises:
        LibraryError: If another window or command keeps the log from being emptied.
    """
    with_issuer = f"{patient_id} ("  # as identity.identity_text begins
    names = {row.patient_name for row in studies if row.patient_name}
    with library.database.writing() as connection:
        connection.execute("DELETE FROM warnings WHERE patient_id = ?", (patient_id,))
        for column in ("held", "arrived"):  # also with an issuer that no study has any more
            connection.execute(
                f"DELETE FROM warnings WHERE {column} = ?1 OR substr({column}, 1, length(?2)) = ?2",  # noqa: S608 - ours
                (patient_id, with_issuer),
            )
        for name in names:
            connection.execute("DELETE FROM warnings WHERE held = ?1 OR arrived = ?1", (name,))
        for study in studies:  # what was to be delivered; commitments hold UIDs alone, and are answered truly: no more
            uid = (study.study_instance_uid,)
            connection.execute("DELETE FROM deliveries WHERE study_instance_uid = ?", uid)
            # What is still to come of it is given up by whoever fetches it.
            connection.execute(
                "DELETE FROM transfers WHERE iif(json_valid(request),"
                " json_extract(request, '$.study_instance_uid'), '') = ?",
                uid,
            )
        connection.execute(
            "DELETE FROM sources WHERE source_key NOT IN (SELECT source_key FROM instances"
            " UNION SELECT source_key FROM conflicts UNION SELECT source_key FROM warnings)"
        )
    library.catalogue.scrub()
    _write_anew(library)


def _write_anew(library: Library) -> None:
    path = library.database.path
    try:
        with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)) as connection:
            connection.execute("VACUUM")
            is_busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError as error:
        raise _in_use(library) from error
    if is_busy:
        raise _in_use(library)


def _in_use(library: Library) -> LibraryError:
    return LibraryError(
        _("The patient was erased, but the index could not be written anew"),
        subject=str(library.folder),
        advice=_("Close other windows and commands, see that the disk has room, and erase once more"),
    )
