"""The files of a folder on a disc, in natural order, without ever following a link or opening a device."""

import os
import re
import stat
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from viewer.base.byte_source import ByteSource, FileBytes
from viewer.base.errors import system_reason
from viewer.base.translation import _
from viewer.media.problems import Problem, ProblemKind
from viewer.media.safety import DEFAULT_QUOTAS, Quotas

_LISTING_SECONDS = 0.03
"""How long a folder's names are gathered before the first files of them are read. Most folders are listed whole in a
tenth of it, and then the first file read is the first by name: the reader starts at a series' first image.
"""
_FEWEST_NAMES = 64
_DIRECTORY_NAMES = ("DICOMDIR", "dicomdir", "Dicomdir", "DICOMDIR.", "DICOMDIR;1", "dicomdir;1", "DICOMDIR.;1")
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file of a place.

    Attributes:
        source: Its bytes.
        components: Its path below the place's root, as it is written there.
    """

    source: ByteSource
    components: tuple[str, ...]


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Return a sort key under which IM2 comes before IM10."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in _DIGITS.split(name.casefold()) if part]


class FolderTree:
    """A folder and all below it."""

    def __init__(self, root: Path, quotas: Quotas = DEFAULT_QUOTAS) -> None:
        self.root = root
        self._real_root = os.path.realpath(root)
        self._quotas = quotas
        self._listings: dict[tuple[str, ...], dict[str, bool]] = {}
        self.current = str(root)
        """The folder being listed, for whoever watches whether this hangs."""

    @property
    def name(self) -> str:
        """What a person calls it."""
        return str(self.root)

    def directory_file(self, folder: tuple[str, ...] = ()) -> str | None:
        """Return the name of the folder's DICOMDIR as it is written there, without listing the folder."""
        for name in _DIRECTORY_NAMES:
            try:
                mode = self.root.joinpath(*folder, name).lstat().st_mode
            except OSError:
                continue
            if stat.S_ISREG(mode):
                return name
        return None

    def source(self, components: tuple[str, ...]) -> ByteSource:
        """Return the bytes of a file below the root."""
        return FileBytes(self.root.joinpath(*components))

    def listing(self, folder: tuple[str, ...]) -> dict[str, bool]:
        """Return the names in a folder, with whether each is a folder itself; links and devices are left out."""
        if folder not in self._listings:
            names: dict[str, bool] = {}
            with os.scandir(self.root.joinpath(*folder)) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        names[entry.name] = True
                    elif entry.is_file(follow_symlinks=False):
                        names[entry.name] = False
            self._listings[folder] = names
        return self._listings[folder]

    def walk(self, within: Collection[str] | None = None) -> Iterator[FoundFile | Problem]:
        """Yield every file, the first of them before its folder is listed to the end.

        Args:
            within: Names in the root folder: nothing below others is looked at, nor what is no file among others.
        """
        folders: list[tuple[str, ...]] = [()]
        while folders:
            folder = folders.pop()
            below: list[str] = []
            found = self._walk_folder(folder, below)
            if within is None or folder:
                yield from found
            else:
                yield from (each for each in found if isinstance(each, FoundFile) or _is_about(each, within))
                below = [name for name in below if name in within]
            below.sort(key=natural_key, reverse=True)
            if len(folder) >= self._quotas.depth and below:
                yield Problem(str(self.root.joinpath(*folder)), _("Folders are nested too deeply"), ProblemKind.REFUSED)
                continue
            folders.extend((*folder, name) for name in below)

    def _walk_folder(self, folder: tuple[str, ...], below: list[str]) -> Iterator[FoundFile | Problem]:
        path = self.current = str(self.root.joinpath(*folder))
        try:
            entries = os.scandir(path)
            for portion in (_soon(entries), entries):
                files: list[str] = []
                for entry in portion:
                    if entry.is_dir(follow_symlinks=False):
                        below.append(entry.name)
                    elif entry.is_file(follow_symlinks=False):
                        files.append(entry.name)
                    else:
                        yield self._other(entry)
                files.sort(key=natural_key)
                base = Path(path)
                for name in files:
                    yield FoundFile(FileBytes(base / name), (*folder, name))
        except OSError as error:
            yield Problem(path, system_reason(error), ProblemKind.UNREADABLE)

    def _other(self, entry: "os.DirEntry[str]") -> Problem:
        if not entry.is_symlink():
            return Problem(entry.path, _("A device, pipe or socket is not opened"), ProblemKind.REFUSED)
        target = os.path.realpath(entry.path)
        if not Path(target).exists():
            return Problem(entry.path, _("A link that leads nowhere"), ProblemKind.REFUSED)
        if target == self._real_root or target.startswith(self._real_root.rstrip(os.sep) + os.sep):
            return Problem(entry.path, _("A link to a file or folder read where it lies"), ProblemKind.LINK)
        return Problem(entry.path, _("A link that leads out of the opened folder is not followed"), ProblemKind.REFUSED)


def _is_about(problem: Problem, names: Collection[str]) -> bool:
    return problem.kind is ProblemKind.UNREADABLE or Path(problem.path).name in names


def _soon(entries: "Iterator[os.DirEntry[str]]") -> "Iterator[os.DirEntry[str]]":
    """Yield the entries that a medium gives without letting the reader wait; at least a few."""
    end = time.monotonic() + _LISTING_SECONDS
    for count, entry in enumerate(entries, 1):
        yield entry
        if count >= _FEWEST_NAMES and time.monotonic() > end:
            return
