"""Files and folders that are there whole or not at all: written beside, seen on the disk, then put in their place."""

import contextlib
import errno
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from viewer.base.translation import _

_FOLDER_MODE = 0o700
DISK_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""What a system answers when there is no room left."""
_NO_SUCH_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}


@contextlib.contextmanager
def whole_file(path: Path, *, is_replacing: bool) -> Iterator[BinaryIO]:
    """Give a stream whose bytes are a file of that name when the block ends, and nowhere when it is left by an error.

    Args:
        path: Where the file is to be; a link stays, and what it names is written.
        is_replacing: Whether a file that is there already gives way.

    Raises:
        OSError: If it cannot be written, or something is there that does not give way; that is still there then.
    """
    place = path.resolve()
    _check_place(place, is_replacing=is_replacing)
    beside = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        with beside.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if is_replacing:
            beside.replace(place)
        else:
            put_new(beside, place)
        sync_folder(place.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a folder to write files into, which is there under its name when the block ends, and gone after an error.

    Args:
        path: Where the folder is to be: nothing must be there, or an empty folder.

    Raises:
        OSError: If it cannot be written, or something is there.
    """
    place = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() follows links
    if place.is_symlink() or (place.exists() and not place.is_dir()):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place))
    if place.is_dir() and any(place.iterdir()):
        raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), str(place))
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.{os.getpid()}.part")
    beside.mkdir(mode=_FOLDER_MODE)
    try:
        yield beside
        for file in beside.iterdir():
            _sync_file(file)
        sync_folder(beside)
        if place.is_dir():
            place.rmdir()
        beside.rename(place)
        sync_folder(place.parent)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def folder_advice(error: OSError) -> str:
    """Return what the reader can do where whole_folder failed, translated."""
    if error.errno in DISK_FULL:
        return _("Make room on the disk or name a folder elsewhere")
    return _("Name a new or an empty folder")


def put_new(source: Path, place: Path) -> None:
    """Rename a file; FileExistsError where there is something already, also if it came this very moment."""
    if sys.platform == "win32":
        source.rename(place)
        return
    try:
        place.hardlink_to(source)
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.EOPNOTSUPP}:
            raise
        _check_place(place, is_replacing=False)  # memory sticks know no second name for a file
        source.rename(place)
        return
    source.unlink()


def _sync_file(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def sync_folder(path: Path) -> None:
    """Return when the names in a folder are on the disk; where a system has no such thing, at once."""
    if sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SUCH_SYNC:
            raise
    finally:
        os.close(descriptor)


def _check_place(place: Path, *, is_replacing: bool) -> None:
    if place.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(place))
    if place.exists() and not place.is_file():  # a device would be gone for the file in its place
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(place))
    if place.exists() and not is_replacing:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place))
