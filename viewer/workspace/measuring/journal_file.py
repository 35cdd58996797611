"""One journal on the disk: lines are added at its end, and nothing that was written is taken away but by compacting.

Two programs may write the same one: whoever writes holds the folder's lock, and first reads what the other has added.
A line that a crash tore is put aside, never dropped. Every function raises OSError (TimeoutError where the lock is not
had): who calls them says what it means.
"""

import contextlib
import errno
import os
import tempfile
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path

from viewer.library.durable import (
    LOCK_MODE,
    NEVER_FOLLOW,
    FolderLock,
    open_file,
    remove_file,
    sync_file,
    sync_folder,
    write_all,
)
from viewer.library.study_marks import LOCK
from viewer.workspace.measuring.journal_lines import JournalLine, decoded

ENDING, ASIDE = ".jsonl", ".torn"
_PART = ".part"
_PATIENCE_SECONDS = 0.5
_AT_ONCE = 1 << 20
_WORTH_COMPACTING = 2
"""Compacting is worth its while where it leaves no more than one byte of so many."""
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
"""Where a file system has no locks, what is added at the end of a file still is whole."""


@dataclass(frozen=True, slots=True)
class News:
    """What stands in a journal since it was last looked at.

    Attributes:
        lines: In their order.
        is_anew: Whether the file is another one, and lines are all of it.
        damaged: How many lines could not be read; they are put aside.
    """

    lines: tuple[JournalLine, ...] = ()
    is_anew: bool = False
    damaged: int = 0


class JournalFile:
    """The journal of one study.

    Args:
        folder: Of all journals; made, for its owner alone, when something is first written.
        name: Of the file, without its ending.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self.path = folder / f"{name}{ENDING}"
        self._seen = 0
        self._file: tuple[int, int] | None = None

    @property
    def has_news(self) -> bool:
        """Whether the file is not as it was last seen: another program wrote it, or removed it."""
        try:
            found = self.path.stat()
        except OSError:
            return False  # a file that is gone takes nothing off the screen
        return (found.st_dev, found.st_ino) != self._file or found.st_size != self._seen

    def read(self) -> News:
        """Return what is new in it; a torn line at its end is put aside where that is possible, else left alone."""
        if not self.path.exists():
            return News()
        try:
            with self.held() as held:
                return held.news()
        except (OSError, TimeoutError):
            return self._read_only()

    @contextlib.contextmanager
    def held(self) -> Iterator["HeldJournal"]:
        """Hold it alone, open to be written; it is made where there is none."""
        with self._alone():
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | NEVER_FOLLOW, LOCK_MODE)
            try:
                yield HeldJournal(self, descriptor)
            finally:
                os.close(descriptor)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(FolderLock(self._folder / LOCK).exclusive(_PATIENCE_SECONDS))
            except OSError as error:
                if error.errno not in _NO_LOCKS:
                    raise
            yield

    def sync(self) -> None:
        """Return when it is on the disk, with its name."""
        descriptor = os.open(self.path, os.O_RDWR | NEVER_FOLLOW)
        try:
            sync_file(descriptor)
        finally:
            os.close(descriptor)
        sync_folder(self._folder)

    def compact(self) -> bool:
        """Leave only the last line of each thing, where that is much less; return whether it was done.

        That something is gone is a line too: a program that still shows it learns so. What a newer program wrote stays.
        """
        with self._alone():
            descriptor = open_file(self.path)
            try:
                data, seen = _read_from(descriptor, 0), self.seen_of(descriptor)
            finally:
                os.close(descriptor)
            kept = _compacted(data)
            if len(kept) * _WORTH_COMPACTING > len(data):
                return False
            self._sweep()
            found = self._replace(kept)
            if seen == len(data):
                self._file, self._seen = (found.st_dev, found.st_ino), len(kept)
        return True

    def _replace(self, data: bytes) -> os.stat_result:
        handle, name = tempfile.mkstemp(prefix=f"{self._name}.", suffix=_PART, dir=self._folder)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                sync_file(stream.fileno())
                found = os.fstat(stream.fileno())
            part.replace(self.path)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink()
            raise
        sync_folder(self._folder)
        return found

    def remove(self) -> None:
        """Remove it: what it held is kept elsewhere now."""
        with self._alone():
            self.path.unlink(missing_ok=True)

    def put_aside(self, data: bytes) -> bool:
        """Keep bytes that are no line beside the journal; return whether they were not there yet."""
        path = self._folder / f"{self._name}{ASIDE}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | NEVER_FOLLOW, LOCK_MODE)
        try:
            if data + b"\n" in _read_from(descriptor, 0):
                return False
            write_all(descriptor, data + b"\n")
            sync_file(descriptor)
        finally:
            os.close(descriptor)
        return True

    def note(self, descriptor: int, size: int) -> bool:
        """Note what is known of the file now; return whether it is another one than it was."""
        found = os.fstat(descriptor)
        file = (found.st_dev, found.st_ino)
        is_anew = file != self._file or size < self._seen
        self._file, self._seen = file, size
        return is_anew

    def seen_of(self, descriptor: int) -> int:
        """Return how much of an open file was read already."""
        found = os.fstat(descriptor)
        is_same = (found.st_dev, found.st_ino) == self._file and found.st_size >= self._seen
        return self._seen if is_same else 0

    def _read_only(self) -> News:
        descriptor = open_file(self.path)
        try:
            begin = self.seen_of(descriptor)
            data = _read_from(descriptor, begin)
            whole = data.rfind(b"\n") + 1
            lines, damaged = _lines(data[:whole])
            is_anew = self.note(descriptor, begin + whole)
        finally:
            os.close(descriptor)
        return News(lines, is_anew, len(damaged) + (whole < len(data)))

    def _sweep(self) -> None:
        """Remove what compacting left that did not come to its end."""
        for path in self._folder.glob(f"{self._name}.*{_PART}"):
            with contextlib.suppress(OSError):
                remove_file(path)


class HeldJournal:
    """A journal that is held alone."""

    def __init__(self, file: JournalFile, descriptor: int) -> None:
        self._file = file
        self._descriptor = descriptor

    def news(self) -> News:
        """Return what was added since it was last looked at; its end is whole afterwards."""
        begin = self._file.seen_of(self._descriptor)
        data = _read_from(self._descriptor, begin)
        whole = data.rfind(b"\n") + 1
        torn = data[whole:]
        if torn and _is_line(torn):  # only its end is missing
            write_all(self._descriptor, b"\n")
            data, torn = data + b"\n", b""
        lines, damaged = _lines(data[: len(data) - len(torn)])
        told = sum(self._file.put_aside(each) for each in (*damaged, *([torn] if torn else [])))
        if torn:
            os.ftruncate(self._descriptor, begin + whole)
            data = data[:whole]
        is_anew = self._file.note(self._descriptor, begin + len(data))
        return News(lines, is_anew, told)

    def add(self, data: bytes) -> None:
        """Write lines at its end, all or none; news() was asked before."""
        size = os.fstat(self._descriptor).st_size
        try:
            write_all(self._descriptor, data)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, size)
            raise
        self._file.note(self._descriptor, size + len(data))


def _lines(data: bytes) -> tuple[tuple[JournalLine, ...], list[bytes]]:
    """Return the lines of bytes, and those that are none."""
    lines, damaged = [], []
    for each in data.split(b"\n"):
        if each.strip():
            try:
                lines.append(decoded(each))
            except ValueError:
                damaged.append(each)
    return tuple(lines), damaged


def _is_line(data: bytes) -> bool:
    try:
        decoded(data)
    except ValueError:
        return False
    return True


def _compacted(data: bytes) -> bytes:
    """Return only what counts of a whole journal, in the order things came."""
    last: dict[Hashable, bytes] = {}
    gone: set[Hashable] = set()
    for number, each in enumerate(data.split(b"\n")):
        with contextlib.suppress(ValueError):  # what is damaged was put aside when it was read
            line = decoded(each)
            key = number if line.is_newer else line.key
            if key in gone:  # it came back: behind the others
                del last[key]
            (gone.add if line.value is None and not line.is_newer else gone.discard)(key)
            last[key] = each
    return b"".join(each + b"\n" for each in last.values())


def _read_from(descriptor: int, begin: int) -> bytes:
    os.lseek(descriptor, begin, os.SEEK_SET)
    parts = []
    while part := os.read(descriptor, _AT_ONCE):
        parts.append(part)
    return b"".join(parts)
