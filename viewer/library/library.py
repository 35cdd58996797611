"""One library: its files, the index that finds them, and the trail of what was taken away, opened together."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from viewer.base.errors import LibraryError
from viewer.base.translation import _
from viewer.library.audit import AuditLog
from viewer.library.catalogue import Catalogue
from viewer.library.database import DATABASE_NAME, DamagedDatabase, Database
from viewer.library.durable import FolderLock, system_error
from viewer.library.filing import IsSame
from viewer.library.instance_record import Filed, InstanceRecord
from viewer.library.instance_store import RESERVE_BYTES, InstanceStore
from viewer.library.integrity import take_back
from viewer.library.rebuilding import finish, is_unfinished

LOCK = "library.lock"


class Library:
    """A library, open until it is closed; several windows and commands may have it open at once.

    Args:
        folder: Made when it is not there.
        reserve_bytes: What must stay free on the disk.

    Attributes:
        folder: With links resolved.

    Raises:
        DamagedDatabase: If the index is broken; `integrity.rebuild` makes it again.
        LibraryError: If it cannot be opened.
    """

    def __init__(self, folder: Path, *, reserve_bytes: int = RESERVE_BYTES) -> None:
        self.store = InstanceStore(folder, reserve_bytes=reserve_bytes)
        self.folder = self.store.folder
        self.audit = AuditLog(self.folder)
        self._held = ExitStack()
        if is_unfinished(self.folder):  # making the index again ended in a crash: the new one is whole
            with held_alone(self.folder):
                finish(self.folder)
        try:
            if os.name != "nt":  # there nobody can take the place of a file that is open
                _hold(self._held, self.folder, is_alone=False)
            self.store.sweep()
            self._refuse_lost_index()
            self.database = Database(self.folder)
            self._held.callback(self.database.close)
            self.catalogue = Catalogue(self.database)
            # What a crash left between the files and the index; where others are at work it is left to the next time.
            take_back(self.store, self.catalogue, patience_seconds=0)
        except BaseException:
            self._held.close()
            raise

    def _refuse_lost_index(self) -> None:
        """Raise DamagedDatabase where objects lie and no index does: a new one would say that the library is empty."""
        index = self.folder / DATABASE_NAME
        # Looked at twice: another process may have begun the library in between. An index comes before any object.
        if _is_lost(index) and any(True for _object in self.store.objects_there()) and _is_lost(index):
            raise DamagedDatabase(
                _("the library's index is damaged"), subject=str(index), advice=_("Make it again from the kept files")
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def file(self, records: Sequence[InstanceRecord], is_same: IsSame | None = None) -> list[Filed]:
        """File instances whose bytes are kept, as Catalogue.file; a study in the trash that comes again leaves it.

        Raises:
            LibraryError: If it could not be written.
        """
        filed = self.catalogue.file(records, is_same)
        came = {
            record.study_instance_uid
            for record, became in zip(records, filed, strict=True)
            if became in {Filed.NEW, Filed.ALREADY}
        }
        for uid in came:
            for study in self.catalogue.studies_of_uid(uid):
                if study.trashed_at is not None:
                    self.catalogue.restore(study)
        return filed

    def close(self) -> None:
        """Close the index and let others have the library alone."""
        self._held.close()


def _is_lost(index: Path) -> bool:
    try:
        return index.stat().st_size == 0
    except FileNotFoundError:
        return True
    except OSError:
        return False  # opening it tells why


def held_alone(folder: Path) -> ExitStack:
    """Return the library held so that no one else has it open: to make its index again.

    Raises:
        LibraryError: If another window or command has it open.
    """
    held = ExitStack()
    _hold(held, folder, is_alone=True)
    return held


def _hold(held: ExitStack, folder: Path, *, is_alone: bool) -> None:
    lock = FolderLock(folder / LOCK)
    try:
        held.enter_context(lock.exclusive(0) if is_alone else lock.shared(0))
    except TimeoutError as error:
        raise LibraryError(
            _("The library is in use by another window or command"),
            subject=str(folder),
            advice=_("Close it or wait until it has ended, and try again"),
        ) from error
    except OSError as error:
        raise system_error(error, folder) from error
