"""Importing: what the viewer can open is copied into the library, or indexed where it lies.

Files go to the disk in groups, and into the index after that: whatever ends an import, what it had filed stays, and the
same import run again finds it there already. What cannot be taken is listed with its reason, and the rest goes on.
"""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from viewer.base.errors import MediaError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.instance_header import InstanceHeader
from viewer.library.instance_record import Filed
from viewer.library.library import Library
from viewer.media.disc_contents import Batch, open_places
from viewer.media.finding import AskPassword
from viewer.media.problems import Problem, ProblemKind
from viewer.media.safety import DEFAULT_QUOTAS, Quotas
from viewer.workspace.import_group import ImportGroup, ImportSources

GROUP_FILES = 100
GROUP_BYTES = 256 << 20
_GROUP_SECONDS = 1.0
_COPIERS = 4
_NO_REFUSALS = frozenset({ProblemKind.EXTRA, ProblemKind.MISMATCH, ProblemKind.LINK})
"""What is said of files that are taken all the same, or read where they lie."""


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import came to: every file it found is in one of the four.

    Attributes:
        imported: New instances.
        already: Instances whose bytes were there.
        conflicts: Instances kept aside: their UID was there with other bytes.
        refused: What was not taken, and why; also what a disc's directory names and the disc does not hold.
    """

    imported: int = 0
    already: int = 0
    conflicts: int = 0
    refused: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportPlaces:
    """The job of importing.

    Attributes:
        paths: Files, folders, DICOMDIRs, ZIP and ISO images in any mixture.
        is_in_place: Index the files where they lie instead of copying them.
        ask: Called for the password of an encrypted archive, on another thread; None skips such archives.
    """

    paths: tuple[Path, ...]
    library: Library
    is_in_place: bool = False
    ask: AskPassword | None = None
    quotas: Quotas = DEFAULT_QUOTAS

    def run(self, progress: Progress) -> ImportSummary:
        """Import everything.

        Raises:
            MediaError: If a path does not exist.
            LibraryError: If the library cannot take more; what it took stays.
            Cancelled: If progress was cancelled; what was filed stays.
        """
        # Absolute but through links, so that a file's name still begins with the place it was found in.
        paths = tuple(Path(os.path.abspath(path)) for path in self.paths)  # noqa: PTH100 - resolve() follows links
        looking = _Looking(progress)
        with _Import(self.library, ImportSources(paths), looking, is_in_place=self.is_in_place) as importing:
            with closing(open_places(paths, looking, ask=self.ask, quotas=self.quotas)) as batches:
                for batch in batches:
                    importing.add(batch)
            importing.finish()
            return importing.summary()


class _Looking(Progress):
    """The progress of looking for files, heard by an import: it keeps how many there are and stops with it."""

    def __init__(self, whole: Progress) -> None:
        super().__init__()
        self._whole = whole
        self.total = 0

    def check(self) -> None:
        self._whole.check()

    def report(self, done: int, total: int = 0, text: str = "") -> None:  # noqa: ARG002 - the import has its own text
        self._whole.check()
        self.total = total

    def tell(self, done: int, text: str) -> None:
        """Report how far the import is, which comes after the looking."""
        self._whole.report(done, self.total, text)

    def wait(self, seconds: float) -> None:
        self._whole.wait(seconds)


class _Import:
    """One run of ImportPlaces."""

    def __init__(self, library: Library, sources: ImportSources, looking: _Looking, *, is_in_place: bool) -> None:
        self._library = library
        self._sources = sources
        self._looking = looking
        self._is_in_place = is_in_place
        self._copiers = ThreadPoolExecutor(_COPIERS, thread_name_prefix="copier")
        self._waiting: list[InstanceHeader] = []
        self._group: ImportGroup | None = None
        self._grouped_at = time.monotonic()
        self._counts = dict.fromkeys(Filed, 0)
        self._refused: list[Problem] = []
        self._new_studies: dict[str, None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """End; what is copied already is filed, whatever ended the import."""
        group, self._group = self._group, None
        try:
            if group is not None:
                self._file(group)
        finally:
            self._copiers.shutdown()
            if self._new_studies:
                self._library.audit.append("import", tuple(self._new_studies), self._counts[Filed.NEW])

    @property
    def done(self) -> int:
        """How many files are dealt with."""
        return sum(self._counts.values()) + len(self._refused)

    def add(self, batch: Batch) -> None:
        """Take what was found."""
        self._refused += [problem for problem in batch.problems if problem.kind not in _NO_REFUSALS]
        self._waiting += batch.headers
        is_due = time.monotonic() - self._grouped_at >= _GROUP_SECONDS
        while len(self._waiting) >= GROUP_FILES or (self._waiting and is_due):
            self._begin_group()

    def finish(self) -> None:
        """File what is left."""
        while self._waiting:
            self._begin_group()
        group, self._group = self._group, None
        if group is not None:
            self._file(group)
        self._tell()

    def summary(self) -> ImportSummary:
        """Return what it came to."""
        counts = self._counts
        return ImportSummary(counts[Filed.NEW], counts[Filed.ALREADY], counts[Filed.CONFLICT], tuple(self._refused))

    def _begin_group(self) -> None:
        count = _group_length(self._waiting)
        headers, self._waiting = self._waiting[:count], self._waiting[count:]
        before = self._group
        self._group = ImportGroup(headers, self._library, self._copiers, self._looking, is_in_place=self._is_in_place)
        self._grouped_at = time.monotonic()
        if before is not None:
            try:
                self._file(before)
                self._tell()
            except BaseException:
                group, self._group = self._group, None
                group.abandon()
                raise

    def _tell(self) -> None:
        counts = self._counts
        text = _("{new} imported, {already} already there").format(new=counts[Filed.NEW], already=counts[Filed.ALREADY])
        self._looking.tell(self.done, text)

    def _file(self, group: ImportGroup) -> None:
        try:
            group.file(self._sources)
        finally:
            for record, filed in group.filed:
                self._counts[filed] += 1
                if filed is Filed.NEW:
                    self._new_studies[record.study_instance_uid] = None
            self._refused += group.refused


def _group_length(headers: Sequence[InstanceHeader]) -> int:
    """Return how many files go together: fewer large ones, so that what was copied is soon filed."""
    size = 0
    for number, header in enumerate(headers[:GROUP_FILES], 1):
        with suppress(MediaError):  # told when it is copied
            size += header.source.size()
        if size >= GROUP_BYTES:
            return number
    return min(len(headers), GROUP_FILES)
