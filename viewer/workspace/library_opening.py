"""Opening studies of the library: their kept files go into the study tree, the first image before all are looked at.

What the index says is not believed of a file: its header is read again, and its bytes are compared with their hash
once everything is on the screen. A file that is missing or altered is told among the problems.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.base.byte_source import ByteSource
from viewer.base.errors import LibraryError, ViewerError
from viewer.base.events import Event
from viewer.base.jobs import KEEPING, NETWORK, JobRunner, Progress
from viewer.base.translation import _
from viewer.dicom.instance_header import InstanceHeader
from viewer.media.disc_contents import Batch, OpeningSummary
from viewer.media.problems import Problem, ProblemKind, kind_of
from viewer.media.promises import Promise
from viewer.workspace.library_rows import study_key
from viewer.workspace.opening import Opener
from viewer.workspace.show_when_there import ShowWhenThere
from viewer.workspace.study_nodes import Study
from viewer.workspace.study_tree import StudyTree, TreeChange

if TYPE_CHECKING:
    from viewer.library.library import Library
    from viewer.library.study_row import InstanceRow, SeriesRow, StudyRow
    from viewer.workspace.library_browsing import LibraryDesk
    from viewer.workspace.workspace import Workspace

_FIRST_SECONDS = 0.06
"""A study that is read within a moment comes whole: its first image is the first one, and nothing moves."""
_BATCH_SECONDS = 0.05
_BATCH_FILES = 256


@dataclass(frozen=True, slots=True)
class OpenFromLibrary:
    """The job of opening studies, or one series of a study.

    Attributes:
        series: Only this one; None for whole studies.
        on_batch: Called for each batch, on the job's thread.
    """

    library: "Library"
    studies: "tuple[StudyRow, ...]"
    series: "SeriesRow | None"
    on_batch: Callable[[Batch], None]

    def run(self, progress: Progress) -> OpeningSummary:
        """Open everything; returns how much it was.

        Raises:
            LibraryError: If the index cannot be read, or the studies are no longer there.
            Cancelled: If progress was cancelled; what was handed over stays.
        """
        rows = [(study, row) for study in self.studies for row in self._rows(study)]
        if not rows:
            raise LibraryError(_("The study is no longer on this computer"), subject=shown_place(self.studies[0]))
        self.on_batch(Batch(promises=tuple(_promises([row for _study, row in rows]))))
        headers = problems = 0
        for batch in self._batches(rows, progress):
            headers, problems = headers + len(batch.headers), problems + len(batch.problems)
            self.on_batch(batch)
            progress.report(headers + problems, len(rows))
        return OpeningSummary(headers, problems, headers + problems)

    def _rows(self, study: "StudyRow") -> "list[InstanceRow]":
        catalogue = self.library.catalogue
        if self.series is not None:
            return catalogue.instances_of(self.series)
        return catalogue.instances_of_study(study)

    def _batches(self, rows: "Sequence[tuple[StudyRow, InstanceRow]]", progress: Progress) -> Iterator[Batch]:
        headers: list[InstanceHeader] = []
        problems: list[Problem] = []
        is_first = True
        since = time.monotonic()
        for study, row in rows:
            progress.check()
            try:
                headers.append(kept_header(self.library, row))
            except ViewerError as error:
                problems.append(_problem(study, row, error))
            count = len(headers) + len(problems)
            patience = _FIRST_SECONDS if is_first else _BATCH_SECONDS
            if (count >= _BATCH_FILES and not is_first) or time.monotonic() - since >= patience:
                yield Batch(tuple(headers), tuple(problems), count)
                headers, problems, since, is_first = [], [], time.monotonic(), False
        if headers or problems:
            yield Batch(tuple(headers), tuple(problems), len(headers) + len(problems))


@dataclass(frozen=True, slots=True)
class ReadKept:
    """The job of reading the headers of instances that the library has been given just now."""

    library: "Library"
    study: "StudyRow"
    sop_instance_uids: tuple[str, ...]

    def run(self, progress: Progress) -> Batch:
        """Return them, and what is wrong with those that cannot be read."""
        headers: list[InstanceHeader] = []
        problems: list[Problem] = []
        for uid in self.sop_instance_uids:
            progress.check()
            row = self.library.catalogue.instance(uid)
            if row is None:
                continue
            try:
                headers.append(kept_header(self.library, row))
            except ViewerError as error:
                problems.append(_problem(self.study, row, error))
        return Batch(tuple(headers), tuple(problems), len(headers) + len(problems))


@dataclass(frozen=True, slots=True)
class CheckOpened:
    """Reads every file of opened studies again, and returns what is not as it was kept."""

    library: "Library"
    studies: "tuple[StudyRow, ...]"
    series: "SeriesRow | None"

    def run(self, progress: Progress) -> tuple[Problem, ...]:
        """Compare hashes; files that are missing were told when they were opened."""
        from viewer.library.instance_store import ObjectState
        from viewer.library.integrity import state_of

        catalogue = self.library.catalogue
        found = []
        for study in self.studies:
            rows = catalogue.instances_of_study(study) if self.series is None else catalogue.instances_of(self.series)
            for row in rows:
                progress.check()
                if state_of(self.library.store, row.kept) is ObjectState.ALTERED:
                    found.append(_problem(study, row, _altered()))
        return tuple(found)


def kept_header(library: "Library", row: "InstanceRow") -> InstanceHeader:
    """Return the header of a kept file as its bytes are now.

    Raises:
        LibraryError: If the file is missing, or is not the one that was kept.
        ViewerError: If it cannot be read.
    """
    from viewer.dicom.header_scan import scan_header
    from viewer.library.kept_values import bounded_uid

    source = library.store.open(row.kept)
    header = scan_header(source)
    if source.size() != row.kept.size or bounded_uid(header.sop_instance_uid) != row.sop_instance_uid:
        raise _altered()
    return header


def shown_place(study: "StudyRow") -> str:
    """Return what a person calls a study of the library."""
    name = study.study_description or "/".join(study.modalities) or study.study_date
    return _("This computer: {0}").format(name)


def _altered() -> LibraryError:
    return LibraryError(
        _("The file is not as it was kept"), advice=_("Check the library, or import the file again from where it came")
    )


def _problem(study: "StudyRow", row: "InstanceRow", error: ViewerError) -> Problem:
    number = row.instance_number or row.sop_instance_uid
    text = f"{error}. {error.advice}" if error.advice else str(error)
    kind = ProblemKind.DAMAGED if isinstance(error, LibraryError) else kind_of(error)
    return Problem(_("{0}, image {1}").format(shown_place(study), number), text, kind)


def _promises(rows: "Sequence[InstanceRow]") -> Iterator[Promise]:
    by_series: dict[str, set[str]] = {}
    for row in rows:
        by_series.setdefault(row.series_instance_uid, set()).add(row.sop_instance_uid)
    for uid, instances in by_series.items():
        yield Promise(uid, frozenset(instances))


class LibraryOpenings:
    """What of the library is open, for all windows.

    Attributes:
        changed: Other studies of the library are open.
        closed: Studies of the library that were closed.
    """

    def __init__(self, desk: "LibraryDesk", opener: Opener, tree: StudyTree, runner: JobRunner) -> None:
        self.changed: Event[None] = Event()
        self.closed: Event[tuple[StudyRow, ...]] = Event()
        self._desk = desk
        self._opener = opener
        self._tree = tree
        self._runner = runner
        self._sources: set[ByteSource] = set()
        self._open: dict[str, StudyRow] = {}
        self._whole: set[str] = set()
        self._outdated: set[str] = set()
        self._unchecked: list[CheckOpened] = []
        tree.changed.connect(self._follow)
        opener.ended.connect(lambda _end: None if opener.is_busy else self._check())

    @property
    def keys(self) -> frozenset[str]:
        """The keys (library_rows.study_key) of the library's studies that are open."""
        return frozenset(self._open)

    def is_kept(self, header: InstanceHeader) -> bool:
        """Whether an instance on the screen is a file that the library answers for."""
        return header.source in self._sources

    def open(self, studies: "Sequence[StudyRow]", series: "SeriesRow | None", workspace: "Workspace") -> None:
        """Open studies, or one series of a study, and show the first image where the reader is."""
        library = self._desk.library
        if library is None or not studies:
            return
        wanted = tuple(studies)
        self._close_outdated({study.study_instance_uid for study in wanted})
        series_uid = series.series_instance_uid if series is not None else ""
        ShowWhenThere(workspace, lambda study: _is_of(study, wanted[0]), series_uid, self._opener)
        keys = {study_key(study): study for study in wanted}
        if series is None and self._whole.issuperset(keys):
            return
        self._open.update(keys)
        if series is None:
            self._whole.update(keys)
        self._start(library, wanted, series)
        self.changed.emit(None)

    def outdate(self, study_instance_uids: Sequence[str]) -> "tuple[StudyRow, ...]":
        """Other files of studies are in force now: opened again, they are closed first. Return those that are open."""
        found = {study.study_instance_uid: study for study in self._open.values()}
        outdated = tuple(found[uid] for uid in study_instance_uids if uid in found)
        self._outdated.update(study.study_instance_uid for study in outdated)
        return outdated

    def renew(self, study: "StudyRow") -> None:
        """Add to a study that is open what came since it was opened."""
        library = self._desk.library
        if library is not None and study_key(study) in self._whole:
            self._start(library, (study,), None)

    def add(self, study: "StudyRow", sop_instance_uids: Sequence[str], done: Callable[[], None]) -> None:
        """Add instances that came just now to a study that is open; done is called when they are there."""
        library = self._desk.library
        if library is None or study_key(study) not in self._open:
            done()
            return

        def read(batch: Batch) -> None:
            self._sources.update(header.source for header in batch.headers)
            self._tree.add(batch.headers, batch.problems)
            done()

        job = ReadKept(library, study, tuple(sop_instance_uids))
        self._runner.submit(job, lane=NETWORK, done=read, failed=lambda _error: done())

    def _close_outdated(self, study_instance_uids: set[str]) -> None:
        outdated = self._outdated & study_instance_uids
        self._outdated -= outdated
        for study in [each for each in self._tree.studies() if each.study_instance_uid in outdated]:
            if any(self.is_kept(header) for series in study.series.values() for header in series.headers):
                self._tree.remove_study(study.key)

    def _start(self, library: "Library", wanted: "tuple[StudyRow, ...]", series: "SeriesRow | None") -> None:
        def make(on_batch: Callable[[Batch], None]) -> OpenFromLibrary:
            def noted(batch: Batch) -> None:
                self._sources.update(header.source for header in batch.headers)
                on_batch(batch)

            return OpenFromLibrary(library, wanted, series, noted)

        self._opener.run((), make)
        self._unchecked.append(CheckOpened(library, wanted, series))

    def _check(self) -> None:
        """Read what was opened once more, when nobody waits for images any longer."""
        checks, self._unchecked = self._unchecked, []
        for check in checks:
            self._runner.submit(check, lane=KEEPING, done=self._checked, failed=lambda _error: None)

    def _checked(self, problems: tuple[Problem, ...]) -> None:
        """Tell of altered files, unless they were told when they were opened."""
        known = {problem.path for problem in self._tree.problems}
        if new := [problem for problem in problems if problem.path not in known]:
            self._tree.add((), new)

    def _follow(self, change: TreeChange) -> None:
        if not change.is_rebuilt or not self._open:
            return
        there = list(self._tree.studies())
        closed = {key: row for key, row in self._open.items() if not any(_is_of(study, row) for study in there)}
        if closed:
            for key in closed:
                del self._open[key]
                self._whole.discard(key)
            self.changed.emit(None)
            self.closed.emit(tuple(closed.values()))


def _is_of(study: Study, row: "StudyRow") -> bool:
    """Whether an open study is the library's; two patients may share a Study Instance UID."""
    from viewer.library.kept_values import clean

    is_same = study.study_instance_uid == row.study_instance_uid
    return is_same and clean(study.patient.patient_id) == row.patient_id
