"""Files kept bit-exact under the hash of their bytes (SHA-256), in an order that loses nothing that was acknowledged.

    incoming/<process>-<token>.part   on the way in
    objects/ab/<sha256>.dcm           kept: never written again, readable by the owner alone

Order: stream and hash to incoming → the caller looks at it → the file is on the disk → renamed → its folder is on the
disk → the caller commits to the database → the caller answers. Paths are made of our own hashes and nothing else.
"""

import contextlib
import enum
import os
from collections.abc import Iterator
from pathlib import Path

from viewer.base.byte_source import FileBytes
from viewer.base.errors import LibraryError
from viewer.base.translation import _
from viewer.library import durable
from viewer.library.batch import Batch
from viewer.library.incoming import Giver, hash_of
from viewer.library.instance_record import KeptFile
from viewer.library.object_places import LIST, PART, PATIENCE_SECONDS, ObjectPlaces, StoredObject

RESERVE_BYTES = 2**30
"""What is left free on the disk for the database, the system and everyone else."""


class ObjectState(enum.Enum):
    """What became of bytes that the library answers for."""

    WHOLE = "whole"
    MISSING = "missing"
    ALTERED = "altered"


class InstanceStore:
    """The files of one library.

    Several threads and processes may keep at once. Nothing is taken away while anyone is between keeping bytes and
    having committed them to the database: that is what leaving a Batch means.

    Args:
        folder: Of the library; made when it is not there.
        reserve_bytes: What must stay free on the disk.

    Attributes:
        places: Its folders.

    Raises:
        LibraryError: If the folder cannot be made, or has links or other things in the places of its folders.
    """

    def __init__(self, folder: Path, *, reserve_bytes: int = RESERVE_BYTES) -> None:
        self.places = ObjectPlaces(folder, reserve_bytes)
        self.folder = self.places.folder

    def batch(self, *, is_rehashed: bool = False) -> "Batch":
        """Return a batch: files that go to the disk together, which is much faster than one by one.

        Args:
            is_rehashed: Whether bytes that seem to be there already are read again and replaced when damaged; else
                their size is compared.
        """
        return Batch(self.places, is_rehashed=is_rehashed)

    def keep(self, source: Giver) -> KeptFile:
        """Keep one file; when this returns it is on the disk. Use a batch where the database follows.

        Raises:
            LibraryError: If it cannot be kept; nothing half done stays.
            MediaError: If the source fails.
        """
        with self.batch() as batch:
            batch.add(source)
            return batch.commit()[0]

    def open(self, kept: KeptFile) -> FileBytes:
        """Return the bytes of a kept file.

        Raises:
            LibraryError: If they are not there, or a link or another thing is in their place.
        """
        path = self.path_of(kept)
        try:
            if not kept.is_in_place:
                self.places.check_folders(kept.sha256)
            found = path.stat() if kept.is_in_place else path.lstat()
        except (OSError, ValueError) as error:  # a damaged index may hold a path that is none
            raise LibraryError(
                _("The file is missing from the library"),
                subject=str(path),
                advice=_("Check the library, or import the file again"),
            ) from error
        if not durable.is_plain_file(found):
            raise LibraryError(_("This is not a file of the library"), subject=str(path))
        return FileBytes(path)

    def path_of(self, kept: KeptFile) -> Path:
        """Return where the bytes lie."""
        return Path(kept.path) if kept.is_in_place else self.places.object_path(kept.sha256)

    def has(self, sha256: str) -> bool:
        """Whether an object with this hash is there; its bytes are not read."""
        path = self.places.object_path(sha256)
        try:
            self.places.check_folders(sha256)
            return durable.is_plain_file(path.lstat())
        except OSError:
            return False

    def check(self, kept: KeptFile) -> ObjectState:
        """Read a kept file again and compare its hash.

        Raises:
            MediaError: If the disk fails while reading.
        """
        try:
            source = self.open(kept)
        except LibraryError:
            return ObjectState.MISSING
        return ObjectState.WHOLE if hash_of(source) == kept.sha256 else ObjectState.ALTERED

    @contextlib.contextmanager
    def removing(self, patience_seconds: float = PATIENCE_SECONDS) -> Iterator["Removal"]:
        """Hold the store alone: ask the database inside which bytes nobody needs, and take those away.

        Not inside a batch that has committed: it would wait for itself.

        Raises:
            LibraryError: If others keep files for longer than that.
        """
        with self.places.alone(patience_seconds):
            yield Removal(self.places)

    def remove(self, sha256: str) -> bool:
        """Take one object away; return whether it was there. Where others may keep files, use removing().

        Raises:
            LibraryError: If it cannot be removed.
        """
        with self.removing() as removal:
            return removal.remove(sha256)

    def sweep(self) -> int:
        """Remove what dead processes left on its way in; return how many files. Files of the living stay.

        Raises:
            LibraryError: If the folder cannot be read.
        """
        swept = 0
        with contextlib.ExitStack() as held, durable.told(self.places.incoming):
            durable.check_folder(self.places.incoming)
            if os.name == "nt":  # there a file is let go for a moment before it is put in place
                held.enter_context(self.removing())
            for path in sorted(self.places.incoming.glob(f"*{PART}")):
                with contextlib.suppress(OSError):
                    swept += _sweep(path)
        return swept

    def lists(self) -> tuple[Path, ...]:
        """Return the lists of what batches have put in place, of those under way and of those that were cut off."""
        return tuple(sorted(self.places.incoming.glob(f"*{LIST}")))

    def index_identity(self) -> str:
        """Return what tells the index that is there now from another one: the first line of a list."""
        return self.places.index_identity()

    def objects_there(self) -> Iterator[StoredObject]:
        """Yield every object, in the order of their hashes; their bytes are not read."""
        for found in self.places.walk():
            if isinstance(found, StoredObject):
                yield found

    def strangers(self) -> tuple[Path, ...]:
        """Return what lies among the objects and is none: links, folders and files with other names."""
        return tuple(found for found in self.places.walk() if isinstance(found, Path))


class Removal:
    """The store, held alone."""

    def __init__(self, places: ObjectPlaces) -> None:
        self._places = places

    def remove(self, sha256: str) -> bool:
        """Take one object away; return whether it was there.

        Raises:
            LibraryError: If it cannot be removed, or is no file.
        """
        path = self._places.object_path(sha256)
        with durable.told(path):
            try:
                self._places.check_folders(sha256)
                if not durable.is_plain_file(path.lstat()):
                    raise LibraryError(_("This is not a file of the library"), subject=str(path))
                durable.remove_file(path)
            except FileNotFoundError:
                return False
            durable.sync_folder(path.parent)
        return True


def _sweep(path: Path) -> bool:
    """Remove a file on its way in that no living process claims; return whether it was one."""
    descriptor = durable.open_file(path)
    try:
        if not durable.claim(descriptor):
            return False
        if os.name != "nt":
            path.unlink()
            return True
    finally:
        os.close(descriptor)
    durable.remove_file(path)  # Windows refuses while anyone has it open
    return True
