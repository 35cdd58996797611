"""Where a library's files lie: folders that are made of hashes alone, and are no links."""

import contextlib
import functools
import logging
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from viewer.base.byte_source import FileBytes
from viewer.base.errors import LibraryError, MediaError
from viewer.base.translation import _
from viewer.library import durable
from viewer.library.database import DATABASE_NAME
from viewer.library.incoming import Incoming, hash_of
from viewer.library.second_hand import Hands, Pending, SecondHand, Together

logger = logging.getLogger(__name__)

OBJECTS, INCOMING, LOCK, TURN = "objects", "incoming", "objects.lock", "objects.turn"
PART, KEPT = ".part", ".dcm"
LIST = ".batch"
"""What a batch has put in place, until its caller is done with it: a batch that was cut off leaves it."""
PATIENCE_SECONDS = 30.0

_HASH, _HOME = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{2}")
_HOME_BITS = 8
"""Ten million files are then some 40,000 in each of 256 folders."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One file among the objects.

    Attributes:
        sha256: As its name says.
        written_ns: When its bytes were written, in nanoseconds since 1970.
    """

    sha256: str
    size: int
    written_ns: int


class ObjectPlaces:
    """The folders of one library's files, and the lock between those who add and who takes away.

    Args:
        folder: Of the library; made when it is not there.
        reserve_bytes: What must stay free on the disk.

    Raises:
        LibraryError: If the folder cannot be made, or has links or other things in the places of its folders.
    """

    def __init__(self, folder: Path, reserve_bytes: int) -> None:
        self.folder = folder.resolve()
        self.reserve_bytes = reserve_bytes
        self.objects, self.incoming = self.folder / OBJECTS, self.folder / INCOMING
        self._lock, self._turn = durable.FolderLock(self.folder / LOCK), durable.FolderLock(self.folder / TURN)
        self._on_disk: set[Path] = set()  # of the folders for objects: those whose own names are
        with durable.told(self.folder):
            self.folder.mkdir(mode=durable.FOLDER_MODE, parents=True, exist_ok=True)
        for part in (self.objects, self.incoming):
            with durable.told(part):
                durable.make_folder(part)
                part.chmod(durable.FOLDER_MODE)
        with durable.told(self.folder):
            durable.sync_folders((self.folder, self.folder.parent))

    def object_path(self, sha256: str) -> Path:
        """Return where an object with this hash lies or would lie.

        Raises:
            LibraryError: If that is no hash.
        """
        if not _HASH.fullmatch(sha256):
            raise LibraryError(_("This is not a hash of the library"))
        return self.objects / sha256[:2] / f"{sha256}{KEPT}"

    def check_folders(self, sha256: str) -> Path:
        """Return the folder of an object; an OSError unless it and those above it are folders and no links."""
        home = self.objects / sha256[:2]
        for folder in (self.objects, home):
            durable.check_folder(folder)
        return home

    def index_identity(self) -> str:
        """Return what tells the index file that is there now from one that comes in its place; empty when none is."""
        try:
            found = (self.folder / DATABASE_NAME).stat()
        except OSError:
            return ""
        return f"{found.st_dev}:{found.st_ino}"

    def make_home(self, sha256: str) -> set[Path]:
        """Make the folder of an object where it is not there; return the folders to be seen on the disk before it is.

        Those are the object's own, and the one above as long as this process has not seen that with it in.
        """
        home = self.objects / sha256[:2]
        durable.check_folder(self.objects)
        if home in self._on_disk:
            durable.check_folder(home)
            return {home}
        durable.make_folder(home)
        return {home, self.objects}  # whoever made it may not have come to seeing it on the disk

    def make_all_homes(self) -> None:
        """Make all the folders that there can be: what is kept one by one then has one folder less to wait for."""
        with durable.told(self.objects):
            homes = set[Path]().union(*(self.make_home(f"{number:02x}") for number in range(1 << _HOME_BITS)))
            durable.sync_folder(self.objects)
            self._on_disk |= homes

    def see_homes(self, folders: set[Path]) -> None:
        """See on the disk what make_home returned."""
        durable.sync_folders(folders)
        self._saw(folders)

    def _saw(self, folders: set[Path]) -> None:
        if self.objects in folders:  # else they had been seen before
            self._on_disk |= folders - {self.objects}

    @contextlib.contextmanager
    def seeing_homes(self, folders: set[Path], hand: SecondHand, hands: Hands) -> Iterator[Callable[[], None]]:
        """Begin to see on the disk what make_home returned; what is yielded returns when all of it is there.

        Args:
            folders: One is seen by the second hand, if that is free, and several by several at once.
            hand: The second.
            hands: The others.

        Raises:
            LibraryError: If it cannot be, here or where it is waited for.
        """
        descriptors: list[int] = []
        pending: Pending | Together | None = None

        def wait() -> None:
            with durable.told(self.objects):
                if pending is not None:
                    pending.wait()
            self._saw(folders)

        try:
            with durable.told(self.objects):
                if os.name != "nt":
                    innermost_first = sorted(folders, key=_depth, reverse=True)
                    descriptors += [durable.open_folder(folder) for folder in innermost_first]
                    steps = [functools.partial(durable.sync_names, each) for each in descriptors]
                    pending = hands.begin(steps) if len(steps) > 1 else hand.begin(*steps)
                if pending is None:
                    durable.sync_folders(folders)
            yield wait
        finally:
            if pending is not None:
                with contextlib.suppress(OSError):
                    pending.wait()  # before its descriptors are closed
            for descriptor in descriptors:
                with contextlib.suppress(OSError):  # it was only opened to be waited for
                    os.close(descriptor)

    def put(self, incoming: Incoming) -> None:
        """Put a file that is on the disk in its place; its home was made. An OSError when it cannot be.

        What came there since it was looked at is the same bytes, from somebody else, and is replaced.
        """
        path = self.object_path(incoming.sha256)
        if os.name == "nt":
            incoming.close()  # Windows moves no open file; elsewhere it is claimed until it is in place
            if path.exists():
                durable.remove_file(path)
        incoming.move(path)

    def is_there(self, incoming: Incoming, *, is_rehashed: bool) -> bool:
        """Whether an object with the bytes of a file on its way in is there.

        Args:
            incoming: All of it was written.
            is_rehashed: Whether the object is read again; else its size is compared.

        Raises:
            LibraryError: If something else is in its place.
        """
        path = self.object_path(incoming.sha256)
        try:
            found = path.lstat()
        except OSError:
            return False
        if not durable.is_plain_file(found):
            raise LibraryError(_("This is not a file of the library"), subject=str(path))
        is_whole = found.st_size == incoming.size
        if is_whole and is_rehashed:
            try:
                is_whole = hash_of(FileBytes(path)) == incoming.sha256
            except MediaError:  # the disk cannot give it any more
                is_whole = False
        if not is_whole:
            logger.warning("Object %s is damaged and is replaced by the same bytes that came again", incoming.sha256)
        return is_whole

    def begin(self, size: int, suffix: str = PART) -> Incoming:
        """Return a new empty file on its way in, claimed by this process."""
        self.check_room(size)
        with durable.told(self.incoming):
            durable.check_folder(self.incoming)
            while True:
                path = self.incoming / f"{os.getpid()}-{secrets.token_hex(8)}{suffix}"
                incoming = Incoming(path, durable.create_file(path), self.check_room)
                try:
                    if durable.claim(incoming.descriptor) and _is_at(incoming.descriptor, path):
                        return incoming
                except BaseException:
                    incoming.remove()
                    raise
                incoming.close()  # a sweep came between making and claiming it

    def walk(self) -> Iterator["StoredObject | Path"]:
        """Yield every object, and the path of whatever else lies among them; bytes are not read."""
        with durable.told(self.objects, is_reading=True):
            durable.check_folder(self.objects)
            for path, found in _entries(self.objects):
                if _HOME.fullmatch(path.name) and stat.S_ISDIR(found.st_mode):
                    yield from _objects_in(path)
                else:
                    yield path

    def check_room(self, wanted: int = 0) -> None:
        """Raise LibraryError when the disk comes near to full.

        Args:
            wanted: Bytes that are to be written.
        """
        with durable.told(self.folder):
            free = durable.free_bytes(self.folder)
        if free - wanted < self.reserve_bytes:
            raise LibraryError(
                _("The disk is nearly full: {0} MB are free, {1} MB are left for other work").format(
                    free // 10**6, self.reserve_bytes // 10**6
                ),
                subject=str(self.folder),
                advice=_("Make room on the disk or choose another place for the library"),
            )

    @contextlib.contextmanager
    def adding(self, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
        """Keep everyone from taking away.

        Raises:
            LibraryError: If somebody is taking away for longer than that.
        """
        with contextlib.ExitStack() as held:
            try:
                with self._turn.shared(patience_seconds):  # whoever waits to take away comes before those who add later
                    held.enter_context(self._lock.shared(patience_seconds))
            except OSError as error:
                raise _lock_error(error, self.folder) from error
            yield

    @contextlib.contextmanager
    def alone(self, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
        """Keep everyone else from adding and taking away.

        Raises:
            LibraryError: If others are busy for longer than that.
        """
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(self._turn.exclusive(patience_seconds))
                held.enter_context(self._lock.exclusive(patience_seconds))
            except OSError as error:
                raise _lock_error(error, self.folder) from error
            yield


def _depth(path: Path) -> int:
    return len(path.parts)


def _objects_in(home: Path) -> Iterator[StoredObject | Path]:
    for path, found in _entries(home):
        if _is_object(path, home.name) and durable.is_plain_file(found):
            yield StoredObject(path.stem, found.st_size, found.st_mtime_ns)
        else:
            yield path


def _entries(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield what lies in a folder, in the order of names."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            with contextlib.suppress(FileNotFoundError):  # taken away meanwhile
                yield folder / entry.name, entry.stat(follow_symlinks=False)


def _is_object(path: Path, prefix: str) -> bool:
    return path.suffix == KEPT and path.stem.startswith(prefix) and _HASH.fullmatch(path.stem) is not None


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except OSError:
        return False


def _lock_error(error: OSError, folder: Path) -> LibraryError:
    if isinstance(error, TimeoutError):
        return LibraryError(
            _("The library is busy"), subject=str(folder), advice=_("Wait until imports have ended and try again")
        )
    return durable.system_error(error, folder)
