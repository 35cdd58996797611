"""Files that are still there after the power went: written, seen on the disk, put in place, and the folder seen too.

Every function here raises OSError; who calls them says in `told` what it means. No link is ever followed, and what is
made is for its owner alone.
"""

import contextlib
import errno
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from viewer.base.errors import LibraryError, system_reason
from viewer.base.translation import _
from viewer.base.whole_output import DISK_FULL

if sys.platform != "win32":
    import fcntl
else:
    import msvcrt

_T = TypeVar("_T")

FOLDER_MODE, OBJECT_MODE, LOCK_MODE = 0o700, 0o400, 0o600
SYNC_THREADS = 16
"""How many files are on their way to the disk at once: a journal commits those that wait together."""
FEWEST_AT_ONCE = 4
"""Below this, threads cost more than they save."""

NEVER_FOLLOW = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
_NO_SUCH_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}
_POLL_SECONDS = 0.02


class told:  # noqa: N801 - used as a function is
    """Turns what the system refuses inside into a LibraryError in plain words."""

    __slots__ = ("_is_reading", "_subject")

    def __init__(self, subject: Path, *, is_reading: bool = False) -> None:
        self._subject = subject
        self._is_reading = is_reading

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            raise system_error(error, self._subject, is_reading=self._is_reading) from error


def system_error(error: OSError, subject: Path, *, is_reading: bool = False) -> LibraryError:
    """Return what a failure of the system means for the library."""
    if error.errno in DISK_FULL:
        advice = _("Make room on the disk or choose another place for the library")
    elif error.errno == errno.EIO:
        advice = _("The disk may be failing: copy the library to another one")
    else:
        advice = _("Check the library's folder and try again")
    words = _("The library could not read: {0}") if is_reading else _("The library could not write: {0}")
    return LibraryError(words.format(system_reason(error)), subject=str(subject), advice=advice)


def make_folder(path: Path) -> bool:
    """Make a folder for its owner alone, if it is not there; return whether it was made.

    Raises:
        NotADirectoryError: If something else, or a link to a folder, is in its place.
    """
    try:
        path.mkdir(mode=FOLDER_MODE)
    except FileExistsError:
        check_folder(path)
        return False
    return True


def check_folder(path: Path) -> None:
    """Raise NotADirectoryError unless this is a folder and no link to one; FileNotFoundError where nothing is."""
    found = path.lstat()
    is_junction = getattr(found, "st_reparse_tag", 0) == getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1)
    if not stat.S_ISDIR(found.st_mode) or is_junction:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))


def is_plain_file(found: os.stat_result) -> bool:
    """Whether an lstat is that of a file: no link, folder, pipe or device."""
    return stat.S_ISREG(found.st_mode)


def create_file(path: Path, mode: int = OBJECT_MODE) -> int:
    """Return a descriptor that writes a new file; FileExistsError if anything is there."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | NEVER_FOLLOW, mode)


def open_file(path: Path) -> int:
    """Return a descriptor that reads a plain file, never waiting for a pipe and never through a link."""
    descriptor = os.open(path, os.O_RDONLY | NEVER_FOLLOW)
    if not is_plain_file(os.fstat(descriptor)):
        os.close(descriptor)
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
    return descriptor


def write_all(descriptor: int, data: bytes | bytearray | memoryview) -> None:
    """Write everything, however few bytes the system takes at a time."""
    view = memoryview(data)
    while view:
        taken = os.write(descriptor, view)
        view = view[taken:]


def send_off(descriptor: int, begin: int, end: int) -> None:
    """Let the system begin to bring a part of a file to the disk, so that sync_file has less to wait for.

    Only Linux can be told; it also forgets what it has brought there already, and keeps what is still on its way.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # it was only advice
            os.posix_fadvise(descriptor, begin, end - begin, os.POSIX_FADV_DONTNEED)


def sync_file(descriptor: int) -> None:
    """Return when a file's bytes are on the disk itself."""
    if sys.platform == "darwin":
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)  # fsync alone leaves them in the drive's own memory
    else:
        os.fsync(descriptor)


def sync_files(descriptors: Sequence[int]) -> None:
    """Return when the bytes of many files are on the disk; the first failure is raised after all have been tried."""
    _all_at_once(sync_file, descriptors)


def sync_folder(path: Path) -> None:
    """Return when the names in a folder are on the disk; where a system has no such thing, at once."""
    if sys.platform == "win32":
        return  # NTFS keeps a journal of names itself, and folders cannot be opened
    descriptor = open_folder(path)
    try:
        sync_names(descriptor)
    finally:
        with contextlib.suppress(OSError):
            os.close(descriptor)


def open_folder(path: Path) -> int:
    """Return a descriptor of a folder that is no link, for sync_names."""
    return os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | NEVER_FOLLOW)


def sync_names(descriptor: int) -> None:
    """Return when the names in an open folder are on the disk."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SUCH_SYNC:
            raise


def sync_folders(paths: Iterable[Path]) -> None:
    """See many folders on the disk, each once, the innermost first: what is above then goes with it."""
    _all_at_once(sync_folder, sorted(set(paths), key=lambda path: len(path.parts), reverse=True))


def _all_at_once(sync: Callable[[_T], None], things: Sequence[_T]) -> None:
    if len(things) < FEWEST_AT_ONCE:
        for thing in things:
            sync(thing)
        return
    with ThreadPoolExecutor(min(SYNC_THREADS, len(things)), thread_name_prefix="sync") as pool:
        for done in [pool.submit(sync, thing) for thing in things]:
            done.result()


def remove_file(path: Path) -> None:
    """Remove a file that may be marked read-only."""
    if sys.platform == "win32":
        with contextlib.suppress(OSError):
            path.chmod(stat.S_IWRITE)
    path.unlink()


def free_bytes(folder: Path) -> int:
    """Return how many bytes the owner of a folder may still write."""
    return shutil.disk_usage(folder).free


def claim(descriptor: int) -> bool:
    """Hold a file for as long as the descriptor is open, whoever ends the process; False if another one holds it.

    On Windows every open file is held: it cannot be removed.
    """
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class FolderLock:
    """A lock between processes and threads: many may add, or one may take away. It ends with the process that holds it.

    Args:
        path: A file that is made when it is not there, and never removed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextlib.contextmanager
    def shared(self, patience_seconds: float) -> Iterator[None]:
        """Hold the lock beside others who add.

        Raises:
            TimeoutError: If somebody takes away for longer than that.
        """
        with self._held(patience_seconds, is_exclusive=False):
            yield

    @contextlib.contextmanager
    def exclusive(self, patience_seconds: float) -> Iterator[None]:
        """Hold the lock alone.

        Raises:
            TimeoutError: If others hold it for longer than that.
        """
        with self._held(patience_seconds, is_exclusive=True):
            yield

    @contextlib.contextmanager
    def _held(self, patience_seconds: float, *, is_exclusive: bool) -> Iterator[None]:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | NEVER_FOLLOW, LOCK_MODE)
        try:
            end = time.monotonic() + patience_seconds
            while not _try_lock(descriptor, is_exclusive=is_exclusive):
                if time.monotonic() >= end:
                    raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT), str(self._path))
                time.sleep(_POLL_SECONDS)
            yield
        finally:
            with contextlib.suppress(OSError):  # the lock ends all the same
                os.close(descriptor)


def _try_lock(descriptor: int, *, is_exclusive: bool) -> bool:
    try:
        if sys.platform == "win32":  # knows no shared locks: those who add take turns
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, (fcntl.LOCK_EX if is_exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
