"""A study as a folder of files: bytes exact, names from our own counting, never from what the files say."""

import os
import shutil
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from viewer.base.errors import LibraryError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.library import durable
from viewer.library.incoming import pieces_of
from viewer.library.instance_record import KeptFile
from viewer.library.instance_store import InstanceStore

_PART = ".part"
_FILE_MODE = 0o600


def export_series(
    store: InstanceStore, series: Sequence[Sequence[KeptFile]], folder: Path, progress: Progress
) -> tuple[Path, ...]:
    """Write files as SE0001/IM000001.dcm … into a folder that is there whole or not at all.

    Args:
        store: What holds the files.
        series: The files of each series, in the order they are to be counted.
        folder: Made; may be there when it is empty.
        progress: Gets counts; cancelling it leaves nothing behind.

    Returns:
        Where each file is, series by series.

    Raises:
        LibraryError: If the folder holds something, cannot be written, or a file is missing or not as it was kept.
        Cancelled: If progress was cancelled.
    """
    target = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() follows links
    _check_target(target)
    part = target.with_name(f"{target.name}{_PART}-{os.getpid()}")
    with durable.told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir(mode=durable.FOLDER_MODE)
    try:
        names = _write(store, series, part, progress)
        with durable.told(target):
            if target.is_dir():
                target.rmdir()
            part.rename(target)
            durable.sync_folder(target.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return tuple(target / name for name in names)


def _check_target(target: Path) -> None:
    with durable.told(target):
        is_taken = target.is_symlink() or (target.exists() and (not target.is_dir() or any(target.iterdir())))
    if is_taken:
        raise LibraryError(
            _("The folder to export into is not empty"), subject=str(target), advice=_("Name a new or an empty folder")
        )


def _write(store: InstanceStore, series: Sequence[Sequence[KeptFile]], part: Path, progress: Progress) -> list[Path]:
    total = sum(len(files) for files in series)
    names: list[Path] = []
    for series_number, files in enumerate(series, 1):
        home = Path(f"SE{series_number:04d}")
        with durable.told(part):
            (part / home).mkdir(mode=durable.FOLDER_MODE)
        for number, kept in enumerate(files, 1):
            progress.report(
                len(names), total, _("{done} of {total} files written").format(done=len(names), total=total)
            )
            names.append(home / f"IM{number:06d}.dcm")
            _copy(store, kept, part / names[-1])
        with durable.told(part):
            durable.sync_folder(part / home)
    return names


def _copy(store: InstanceStore, kept: KeptFile, path: Path) -> None:
    """Copy one file and see that it is the one that was kept."""
    source = store.open(kept)
    found = sha256()
    with durable.told(path):
        descriptor = durable.create_file(path, _FILE_MODE)
        try:
            for piece in pieces_of(source):
                found.update(piece)
                durable.write_all(descriptor, piece)
            durable.sync_file(descriptor)
        finally:
            os.close(descriptor)
    if found.hexdigest() != kept.sha256:
        raise LibraryError(
            _("The file is not as it was kept: nothing was exported"),
            subject=source.name,
            advice=_("Check the library"),
        )
