"""Any mixture of files, folders, discs, ZIP and ISO images becomes batches of headers, the first image at once.

A finder lists what is there, a crew looks at each file, and this module, on the caller's thread, sorts the answers. It
waits on nothing but their messages, so cancelling works at once and a hanging medium hangs nobody. Every file found
comes out as a header or as a problem. Nothing is ever written to a medium.
"""

import queue
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from viewer.base.byte_source import FileBytes
from viewer.base.errors import MediaError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.instance_header import InstanceHeader
from viewer.media.candidates import Announcement, Candidate, Found, Place, PlaceDone
from viewer.media.finding import AskPassword, Finder
from viewer.media.problems import Problem, ProblemKind
from viewer.media.promises import Promise, broken_promise
from viewer.media.safety import DEFAULT_QUOTAS, Quotas
from viewer.media.scan_results import Container, ScanResult
from viewer.media.scan_workers import PROCESSES, STALL_SECONDS, ScanCrew, Scanned

_TICK_SECONDS = 0.05
_BATCH_SECONDS = 0.05
_BATCH_FILES = 512
_TRIES = 3
_RETRY_PAUSE_SECONDS = 0.3
_WATCH_SECONDS = 0.25
_REPORT_SECONDS = 0.1
_HURRIED_FILES = 64


@dataclass(frozen=True, slots=True)
class Batch:
    """What came out since the last batch.

    Attributes:
        headers: Instances, in the order they were read.
        problems: Files that gave no instance, and what a DICOMDIR has wrong.
        files: Files this batch accounts for: its headers, and those of its problems that are files.
        promises: Instances that a DICOMDIR names; they may come in any batch.
        broken: Promises that are not kept, though their file came: it is another instance.
    """

    headers: tuple[InstanceHeader, ...] = ()
    problems: tuple[Problem, ...] = ()
    files: int = 0
    promises: tuple[Promise, ...] = ()
    broken: tuple[Promise, ...] = ()


@dataclass(frozen=True, slots=True)
class OpeningSummary:
    """What all batches of one opening came to."""

    headers: int
    problems: int
    files: int


@dataclass(frozen=True, slots=True)
class OpenPlaces:
    """The job of opening places: hands each batch to on_batch, on its own thread.

    Attributes:
        paths: Files, folders, DICOMDIRs, ZIP and ISO images in any mixture.
        on_batch: Called for each batch, on the job's thread.
        ask: Called for the password of an encrypted archive, on another thread; None skips such archives.
    """

    paths: tuple[Path, ...]
    on_batch: Callable[[Batch], None]
    ask: AskPassword | None = None
    quotas: Quotas = DEFAULT_QUOTAS

    def run(self, progress: Progress) -> OpeningSummary:
        """Open everything; returns how much it was."""
        headers = problems = files = 0
        with closing(open_places(self.paths, progress, ask=self.ask, quotas=self.quotas)) as batches:
            for batch in batches:
                headers += len(batch.headers)
                problems += len(batch.problems)
                files += batch.files
                self.on_batch(batch)
        return OpeningSummary(headers, problems, files)


def open_places(
    paths: Sequence[Path],
    progress: Progress,
    *,
    ask: AskPassword | None = None,
    quotas: Quotas = DEFAULT_QUOTAS,
    processes: int = PROCESSES,
    stall_seconds: float = STALL_SECONDS,
) -> Generator[Batch, None, None]:
    """Yield what the places hold: a batch of the first image alone, then more as they are read.

    Args:
        paths: Files, folders, DICOMDIRs, ZIP and ISO images in any mixture.
        progress: Gets counts; cancelling it ends this at once.
        ask: Called for the password of an encrypted archive, on another thread; None skips such archives.
        quotas: Limits against bombs.
        processes: Processes that look at files when there are many; 0 for none.
        stall_seconds: How long one file or folder may take before it is listed and left.

    Raises:
        MediaError: If a path does not exist.
        Cancelled: If progress was cancelled.
    """
    opening = _Opening(progress, ask, quotas, processes, stall_seconds)
    try:
        opening.add_paths(paths)
        yield from opening.batches()
    finally:
        opening.close()


class _Opening:
    """One call of open_places."""

    def __init__(
        self, progress: Progress, ask: AskPassword | None, quotas: Quotas, processes: int, stall_seconds: float
    ) -> None:
        self._progress = progress
        self._ask = ask
        self._quotas = quotas
        self._stall_seconds = stall_seconds
        self._messages: queue.SimpleQueue[Announcement | Scanned | Exception] = queue.SimpleQueue()
        self._places: queue.SimpleQueue[Place | None] = queue.SimpleQueue()
        self._crew = ScanCrew(self._messages.put, processes=processes, stall_seconds=stall_seconds)
        self._finder = self._new_finder()
        self._places_open: set[int] = set()
        self._in_hand = 0
        self._found = self._done = 0
        self._again: list[Candidate] = []
        self._has_image = False
        self._headers: list[InstanceHeader] = []
        self._problems: list[Problem] = []
        self._promises: list[Promise] = []
        self._broken: list[Promise] = []
        self._files = 0
        self._is_urgent = False
        self._reported_at = 0.0

    def add_paths(self, paths: Sequence[Path]) -> None:
        """Put what the reader named in line."""
        given: list[Candidate] = []
        for path in _each_once(paths):
            if path.is_dir():
                self._open_place(Place(folder=path))
            elif path.is_file():
                given.append(Candidate(FileBytes(path), is_given=True))
            elif path.exists() or path.is_symlink():
                self._list(path, _("A device, pipe or broken link is not opened"), ProblemKind.REFUSED, files=1)
            else:
                raise MediaError(
                    _("There is no such file or folder"), subject=str(path), advice=_("Check the path and the drive")
                )
        self._look_at(given)

    def batches(self) -> Iterator[Batch]:
        """Yield until all is done."""
        flushed_at = watched_at = time.monotonic()
        while self._places_open or self._in_hand or self._again:
            if not (self._places_open or self._in_hand):
                self._try_again()
            self._receive()
            now = time.monotonic()
            if now - watched_at >= _WATCH_SECONDS:
                self._watch()
                watched_at = now
            is_due = now - flushed_at >= _BATCH_SECONDS or len(self._headers) >= _BATCH_FILES
            if self._is_urgent or (is_due and (self._headers or self._problems)):
                yield self._flush()
                flushed_at = now
            self._report()
        if self._headers or self._problems or self._files:
            yield self._flush()

    def close(self) -> None:
        """Stop everything that is still at work."""
        self._finder.abandon()
        self._places.put(None)
        self._crew.close()

    def _receive(self) -> None:
        try:
            message = self._messages.get(timeout=_TICK_SECONDS)
        except queue.Empty:
            return
        if isinstance(message, Scanned):
            for candidate, result in zip(message.candidates, message.results, strict=True):
                self._in_hand -= 1
                self._sort(candidate, result)
        elif isinstance(message, Found):
            self._problems.extend(message.problems)
            self._files += message.files
            self._promises.extend(message.promises)
            self._broken.extend(message.broken)
            for candidate, result in message.scanned:
                self._found += 1
                self._sort(candidate, result)
            self._look_at(message.candidates)
        elif isinstance(message, PlaceDone):
            self._places_open.discard(id(message.place))
        else:
            raise message

    def _look_at(self, candidates: Sequence[Candidate]) -> None:
        room = self._quotas.files - self._found
        if len(candidates) > room:
            if room >= 0:
                text = _("More than {count} files: the rest was not read").format(count=self._quotas.files)
                self._problems.append(Problem(candidates[room].source.name, text, ProblemKind.REFUSED))
                self._found = self._quotas.files + 1
            candidates = candidates[: max(room, 0)]
        if candidates:
            self._found += len(candidates)
            self._in_hand += len(candidates)
            self._crew.add(candidates)
            self._crew.grow()

    def _sort(self, candidate: Candidate, result: ScanResult) -> None:
        self._done += 1
        if self._done == _HURRIED_FILES:
            self._crew.hurry_is_over()
        if isinstance(result, InstanceHeader):
            self._take(candidate, result)
        elif isinstance(result, Container):
            self._open_container(candidate, result)
        elif result.kind is ProblemKind.UNREADABLE and candidate.tries + 1 < _TRIES and not result.is_final:
            self._done -= 1
            self._again.append(replace(candidate, tries=candidate.tries + 1))
        else:
            self._list(candidate.source.name, result.error, result.kind, files=1)

    def _take(self, candidate: Candidate, header: InstanceHeader) -> None:
        self._headers.append(header)
        self._files += 1
        if candidate.records:
            from viewer.media.directory_check import differences

            for text in differences(candidate.records, header):
                self._list(header.source.name, text, ProblemKind.MISMATCH)
            self._broken.extend(broken_promise(candidate.records, header))
        elif candidate.is_extra:
            text = _("Not named by the disc's directory (DICOMDIR); shown all the same")
            self._list(header.source.name, text, ProblemKind.EXTRA)
        if not self._has_image and header.pixel_data is not None:
            self._has_image = self._is_urgent = True
            self._crew.hurry_is_over()

    def _open_container(self, candidate: Candidate, container: Container) -> None:
        if container is Container.DICOMDIR:
            if candidate.is_given and isinstance(candidate.source, FileBytes):
                self._open_place(Place(source=candidate.source, container=container))
            else:
                text = _("The directory (DICOMDIR) of another disc; it was not used")
                self._list(candidate.source.name, text, ProblemKind.DIRECTORY, files=1)
        elif candidate.nesting >= self._quotas.nesting:
            text = _("An archive inside archives is not opened")
            self._list(candidate.source.name, text, ProblemKind.REFUSED, files=1)
        else:
            self._open_place(Place(source=candidate.source, container=container, nesting=candidate.nesting))

    def _open_place(self, place: Place) -> None:
        self._places_open.add(id(place))
        self._places.put(place)

    def _list(self, path: Path | str, error: str, kind: ProblemKind, *, files: int = 0) -> None:
        self._problems.append(Problem(str(path), error, kind))
        self._files += files

    def _try_again(self) -> None:
        self._progress.wait(_RETRY_PAUSE_SECONDS)
        again, self._again = self._again, []
        self._in_hand += len(again)
        self._crew.add(again)

    def _watch(self) -> None:
        self._crew.watch()
        if self._finder.has_stalled(self._stall_seconds) and self._finder.place is not None:
            place = self._finder.place
            self._finder.abandon()
            text = _("No answer from the medium within {seconds:g} seconds").format(seconds=self._stall_seconds)
            self._list(place.name, text, ProblemKind.UNREADABLE)
            self._places_open.discard(id(place))
            self._finder = self._new_finder()

    def _new_finder(self) -> Finder:
        finder = Finder(self._places, self._messages.put, ask=self._ask, quotas=self._quotas)
        finder.start()
        return finder

    def _report(self) -> None:
        now = time.monotonic()
        if now - self._reported_at < _REPORT_SECONDS:
            self._progress.check()
            return
        self._reported_at = now
        total = 0 if self._places_open else self._found
        text = _("{done} of {found} files read").format(done=self._done, found=self._found)
        self._progress.report(self._done, total, text)

    def _flush(self) -> Batch:
        promises, broken = tuple(self._promises), tuple(self._broken)
        batch = Batch(tuple(self._headers), tuple(self._problems), self._files, promises, broken)
        self._headers, self._problems, self._files, self._is_urgent = [], [], 0, False
        self._promises, self._broken = [], []
        return batch


def _each_once(paths: Sequence[Path]) -> Iterator[Path]:
    """Leave out what another of the paths holds already, so that no file comes twice."""
    real = [path.resolve() for path in paths]
    for index, path in enumerate(paths):
        if real[index] not in real[:index] and set(real).isdisjoint(real[index].parents):
            yield path
