"""Opening places into the study tree: one job at a time a place, batches put in on the tree's own thread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from viewer.base.errors import ViewerError
from viewer.base.events import Event
from viewer.base.jobs import MEDIA, Job, JobHandle, JobRunner, ProgressReport
from viewer.media.disc_contents import Batch, OpeningSummary, OpenPlaces
from viewer.media.finding import AskPassword
from viewer.media.problems import Problem, ProblemKind
from viewer.workspace.study_tree import StudyTree

OnBatch = Callable[[Batch], None]


@dataclass(frozen=True, slots=True)
class OpeningEnd:
    """How an opening ended; summary is None when it failed or was cancelled."""

    paths: tuple[Path, ...]
    summary: OpeningSummary | None


class Opener:
    """Opens places for all windows.

    Attributes:
        started: The paths of an opening that began.
        progressed: How far the openings are.
        ended: An opening that ended.
    """

    def __init__(
        self,
        tree: StudyTree,
        runner: JobRunner,
        deliver: Callable[[Callable[[], None]], None],
        ask_password: AskPassword | None = None,
    ) -> None:
        self.started: Event[tuple[Path, ...]] = Event()
        self.progressed: Event[ProgressReport] = Event()
        self.ended: Event[OpeningEnd] = Event()
        self._tree = tree
        self._runner = runner
        self._deliver = deliver
        self._ask_password = ask_password
        self._running: dict[int, tuple[JobHandle[OpeningSummary], tuple[Path, ...]]] = {}
        self._numbers = 0

    @property
    def is_busy(self) -> bool:
        """Whether anything is being opened."""
        return bool(self._running)

    def open(self, paths: Sequence[Path]) -> None:
        """Start opening; what is found goes into the tree while it is being found."""
        wanted = tuple(Path(path) for path in paths)
        if wanted:
            self.run(wanted, lambda on_batch: OpenPlaces(wanted, on_batch, self._ask_password))

    def run(self, wanted: tuple[Path, ...], make: Callable[[OnBatch], Job[OpeningSummary]]) -> None:
        """Start a job that opens something; what it hands over goes into the tree.

        Args:
            wanted: What is being opened, for whoever follows; empty for what is no place of the reader's.
            make: Returns the job that hands its batches to a function.
        """
        self._numbers += 1
        number = self._numbers
        handle: list[JobHandle[OpeningSummary]] = []

        def on_batch(batch: Batch) -> None:
            self._deliver(lambda: self._add(handle, batch))

        self.started.emit(wanted)
        handle.append(
            self._runner.submit(
                make(on_batch),
                lane=MEDIA,
                done=lambda summary: self._end(number, summary),
                failed=lambda error: self._fail(number, error),
                progress=self.progressed.emit,
            )
        )
        self._running[number] = (handle[0], wanted)

    def cancel(self) -> None:
        """Stop every opening; what was found so far stays."""
        for number, (handle, _paths) in list(self._running.items()):
            handle.cancel()
            self._end(number, None)

    def _add(self, handle: list[JobHandle[OpeningSummary]], batch: Batch) -> None:
        if not (handle and handle[0].progress.is_cancelled):
            self._tree.add(batch.headers, batch.problems, batch.promises, batch.broken)

    def _end(self, number: int, summary: OpeningSummary | None) -> None:
        ended = self._running.pop(number, None)
        if ended is not None:
            self.ended.emit(OpeningEnd(ended[1], summary))

    def _fail(self, number: int, error: Exception) -> None:
        _handle, paths = self._running.get(number, (None, ()))
        if not isinstance(error, ViewerError):
            self._end(number, None)
            raise error
        subject = error.subject or ", ".join(str(path) for path in paths)
        self._tree.add((), [Problem(subject, str(error), ProblemKind.UNREADABLE)])
        self._end(number, None)
