"""Studies that are shown while they arrive from an archive: kept ones by the library, others from their own files.

The first instance is opened as soon as it is there; what comes after it is added a few times a second. What the archive
says there is counts as promised, so that an image says "12 of 500" until the last has come.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.byte_source import FileBytes
from viewer.base.errors import ViewerError
from viewer.base.jobs import NETWORK, JobRunner, Progress
from viewer.dicom.instance_header import InstanceHeader
from viewer.media.disc_contents import Batch, OpeningSummary
from viewer.media.problems import Problem, kind_of
from viewer.media.promises import Promise
from viewer.workspace.opening import OnBatch, Opener
from viewer.workspace.show_when_there import ShowWhenThere
from viewer.workspace.study_nodes import Study
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.transfers_library import study_of

if TYPE_CHECKING:
    from viewer.library.library import Library
    from viewer.library.study_row import SeriesRow, StudyRow
    from viewer.workspace.library_browsing import LibraryDesk
    from viewer.workspace.library_opening import LibraryOpenings
    from viewer.workspace.workspace import Workspace

_SHARE = 20
"""When so small a part of what is there has come, it is added..."""
_LATEST_S = 1.0
"""... or after so long."""


@dataclass(frozen=True, slots=True)
class Came:
    """An instance that has arrived.

    Attributes:
        path: Of its file; empty where the library keeps it.
    """

    series_instance_uid: str
    sop_instance_uid: str
    path: str = ""


@dataclass(slots=True)
class _Arriving:
    """A study on its way.

    Attributes:
        waiting: What came and is not added yet.
        is_open: Whether its first instance was handed over to be opened.
        is_busy: Whether something of it is being read.
        has_ended: Whether nothing more comes.
    """

    study_instance_uid: str
    series_instance_uid: str
    workspace: "Workspace"
    folder: str
    study: "StudyRow | None" = None
    waiting: list[Came] = field(default_factory=list)
    is_open: bool = False
    is_busy: bool = False
    has_ended: bool = False
    added: int = 0
    added_at: float = 0.0

    @property
    def is_due(self) -> bool:
        """Whether what waits is to be added now: the more is there, the more has to be sorted again each time."""
        enough = max(1, self.added // _SHARE)
        return self.has_ended or len(self.waiting) >= enough or time.monotonic() - self.added_at >= _LATEST_S

    def taken(self) -> list[Came]:
        """Return what waits, which is going to be added."""
        came, self.waiting = self.waiting, []
        self.added, self.added_at = self.added + len(came), time.monotonic()
        return came


@dataclass(frozen=True, slots=True)
class ReadArrived:
    """The job of reading the headers of files that have just come."""

    paths: tuple[str, ...]

    def run(self, progress: Progress) -> Batch:
        """Return them, and what is wrong with those that cannot be read."""
        from viewer.dicom.header_scan import scan_header

        headers: list[InstanceHeader] = []
        problems: list[Problem] = []
        for path in self.paths:
            progress.check()
            try:
                headers.append(scan_header(FileBytes(Path(path))))
            except ViewerError as error:
                problems.append(Problem(Path(path).name, str(error), kind_of(error)))
        return Batch(tuple(headers), tuple(problems), len(self.paths))


@dataclass(frozen=True, slots=True)
class OpenArrived:
    """The job of opening the first files of a study that is not kept."""

    paths: tuple[str, ...]
    on_batch: OnBatch

    def run(self, progress: Progress) -> OpeningSummary:
        """Hand them over."""
        batch = ReadArrived(self.paths).run(progress)
        self.on_batch(batch)
        return OpeningSummary(len(batch.headers), len(batch.problems), batch.files)


class StudiesOnTheirWay:
    """What is opened while it arrives, for all windows; used on the window's thread."""

    def __init__(
        self, desk: "LibraryDesk", openings: "LibraryOpenings", opener: Opener, tree: StudyTree, runner: JobRunner
    ) -> None:
        self._desk, self._openings, self._opener, self._tree, self._runner = desk, openings, opener, tree, runner
        self._arriving: dict[int, _Arriving] = {}

    def begin(
        self, key: int, study_instance_uid: str, series_instance_uid: str, workspace: "Workspace", folder: str = ""
    ) -> None:
        """Open a study when the first instance of it is there.

        Args:
            key: Of the transfer that brings it.
            study_instance_uid: Of the study.
            series_instance_uid: When only a series of it is wanted; empty otherwise.
            workspace: Of the window that shows it.
            folder: Where its files come to lie; empty where the library keeps them.
        """
        self._arriving[key] = _Arriving(study_instance_uid, series_instance_uid, workspace, folder)

    def announced(self, key: int, series: Mapping[str, Sequence[str]]) -> None:
        """The archive says which instances there are."""
        if key in self._arriving:
            promises = [Promise(uid, frozenset(instances)) for uid, instances in series.items() if uid]
            self._tree.add((), (), promises)

    def arrived(self, key: int, came: Sequence[Came]) -> None:
        """Instances are there."""
        arriving = self._arriving.get(key)
        if arriving is not None:
            arriving.waiting.extend(came)
            self._go_on(key, arriving)

    def look(self, key: int) -> None:
        """Add what waits, if it has waited long enough."""
        arriving = self._arriving.get(key)
        if arriving is not None:
            self._go_on(key, arriving)

    def ended(self, key: int) -> None:
        """Nothing more comes, until it goes on."""
        arriving = self._arriving.get(key)
        if arriving is not None:
            arriving.has_ended = True
            self._go_on(key, arriving)

    def is_open(self, key: int) -> bool:
        """Whether something of it was opened."""
        arriving = self._arriving.get(key)
        return arriving is not None and arriving.is_open

    def has(self, key: int) -> bool:
        """Whether it is opened while it arrives."""
        return key in self._arriving

    def _go_on(self, key: int, arriving: _Arriving) -> None:
        if arriving.is_busy:
            return
        if not arriving.waiting:
            if arriving.has_ended and arriving.study is not None:  # what was not heard of is found now
                arriving.has_ended = False
                self._openings.renew(arriving.study)
            return
        if not arriving.is_due:
            return
        came = arriving.taken()
        if arriving.folder:
            self._add_files(key, arriving, came)
        elif arriving.study is None:
            self._open_kept(key, arriving, came)
        else:
            self._add_kept(key, arriving, arriving.study, came)

    # Kept ones

    def _open_kept(self, key: int, arriving: _Arriving, came: list[Came]) -> None:
        uid, series_uid = arriving.study_instance_uid, arriving.series_instance_uid
        arriving.is_busy = True

        def there(library: "Library") -> "tuple[StudyRow, SeriesRow | None] | None":
            study = study_of(library, uid, {each.sop_instance_uid for each in came})
            if study is None:
                return None
            of_series = [row for row in library.catalogue.series_of(study) if row.series_instance_uid == series_uid]
            return study, (of_series[0] if of_series else None)

        def found(row: "tuple[StudyRow, SeriesRow | None] | None") -> None:
            arriving.is_busy = False
            arriving.waiting[:0] = came  # where the study is open already, opening it again adds nothing
            if row is not None:
                arriving.is_open = True
                arriving.study = row[0]
                self._openings.open([row[0]], row[1], arriving.workspace)
                self._go_on(key, arriving)

        def failed(_error: ViewerError) -> None:
            arriving.is_busy = False

        self._desk.ask(there, found, failed)

    def _add_kept(self, key: int, arriving: _Arriving, study: "StudyRow", came: list[Came]) -> None:
        arriving.is_busy = True

        def added() -> None:
            arriving.is_busy = False
            self._go_on(key, arriving)

        self._openings.add(study, [each.sop_instance_uid for each in came], added)

    # Others

    def _add_files(self, key: int, arriving: _Arriving, came: list[Came]) -> None:
        paths = tuple([each.path for each in came if each.path])
        if not paths:
            return
        if not arriving.is_open:
            arriving.is_open = True
            uid = arriving.study_instance_uid

            def is_wanted(study: Study) -> bool:
                return study.study_instance_uid == uid

            ShowWhenThere(arriving.workspace, is_wanted, arriving.series_instance_uid, self._opener)
            self._opener.run((Path(arriving.folder),), lambda on_batch: OpenArrived(paths, on_batch))
            return
        arriving.is_busy = True

        def read(batch: Batch) -> None:
            arriving.is_busy = False
            self._tree.add(batch.headers, batch.problems)
            self._go_on(key, arriving)

        self._runner.submit(ReadArrived(paths), lane=NETWORK, done=read)
