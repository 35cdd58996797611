"""Where images lie that were opened from an archive without being kept: a private folder, gone when the program ends.

What a crash left is swept when the next one starts: a folder whose lock nobody holds is nobody's.
"""

import contextlib
import os
import shutil
import stat
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from viewer.base.jobs import Progress
from viewer.library.durable import FolderLock

PREFIX = "negatoscope-unkept-"
_LOCK = ".lock"
_YOUNG_S = 60.0
"""A folder that was made so lately may be about to be locked."""


class UnkeptFolder:
    """A folder for the lifetime of a window's program; made when it is first asked for.

    Args:
        parent: Where it is made; None for the system's temporary folder.
    """

    def __init__(self, parent: Path | None = None) -> None:
        self._parent = parent if parent is not None else Path(tempfile.gettempdir())
        self._held = ExitStack()
        self._folder: Path | None = None
        self._count = 0

    def next(self) -> Path:
        """Return a new folder in it.

        Raises:
            OSError: If none can be made.
        """
        if self._folder is None:
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._parent))
            self._held.enter_context(FolderLock(folder / _LOCK).exclusive(0))
            self._folder = folder
        self._count += 1
        found = self._folder / str(self._count)
        found.mkdir(mode=0o700)
        return found

    def close(self) -> None:
        """Remove it with everything in it."""
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        self._held.close()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)  # where a lock that is held cannot be removed


@dataclass(frozen=True, slots=True)
class Remove:
    """The job of removing a folder with everything in it."""

    folder: Path

    def run(self, _progress: Progress) -> None:
        """Do it."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Sweep:
    """The job of removing what programs left that have died."""

    def run(self, _progress: Progress) -> int:
        """Do it."""
        return sweep_unkept()


def sweep_unkept(parent: Path | None = None) -> int:
    """Remove what programs have left that have died; return how many folders."""
    swept = 0
    for folder in (parent if parent is not None else Path(tempfile.gettempdir())).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, TimeoutError):
            found = folder.lstat()
            is_ours = stat.S_ISDIR(found.st_mode) and (os.name == "nt" or found.st_uid == os.getuid())
            if not is_ours:
                continue
            if not (folder / _LOCK).exists() and time.time() - found.st_mtime < _YOUNG_S:
                continue
            with FolderLock(folder / _LOCK).exclusive(0):
                shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)
            swept += 1
    return swept
