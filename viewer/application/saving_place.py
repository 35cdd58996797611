"""Saving what was made of volumes and pictures, in the background: into a folder or the library; windows say so."""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from viewer.base.errors import ViewerError
from viewer.base.jobs import KEEPING, Job, JobHandle, Progress, ProgressReport
from viewer.base.paths import private_temporary_folder
from viewer.base.translation import _, ngettext
from viewer.ui.volumes.window_saving import Make, WindowSaving

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.library.library import Library
    from viewer.library.study_row import StudyRow
    from viewer.ui.main_window import MainWindow
    from viewer.ui.viewports.grid import ViewportGrid

T = TypeVar("T")
_SERIES = "series"


@dataclass(frozen=True, slots=True)
class _MakeFolder:
    make: Make
    folder: Path

    def run(self, progress: Progress) -> int:
        """Return how many files there are now."""
        return len(self.make(self.folder, progress))


class SavingPlace:
    """Belongs to the program; implements ui.volumes.window_saving.SavingHost."""

    def __init__(self, programme: "Programme") -> None:
        self._programme = programme
        self._numbers = itertools.count(1)

    def window_opened(self, window: "MainWindow", viewports: "ViewportGrid") -> None:
        """Give a window its side of the commands."""
        commands = window.workspace.window
        if commands is not None:
            commands.saving = WindowSaving(
                window, window.workspace, viewports, self._programme.rendering, self, window.job_line.show_message
            )

    @property
    def has_library(self) -> bool:
        """Whether there is a library to save into."""
        return self._programme.library.folder is not None

    def save(self, make: Make, folder: Path | None, study_instance_uid: str) -> None:
        """Make a series in a folder or (None) in the library, and say so when it is there."""
        if folder is not None:
            place = folder.expanduser()
            job = _MakeFolder(make, place)
            self._start(partial(self._into_folder, job), lambda count: self._tell_folder(count, place))
        else:
            self._start(partial(self._into_library, make), lambda count: self._tell_library(count, study_instance_uid))

    def submit(
        self,
        job: Job[T],
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        progress: Callable[[ProgressReport], None],
    ) -> JobHandle[T]:
        """Run a job; the answer comes on the GUI thread."""
        return self._programme.runner.submit(job, lane=KEEPING, done=done, failed=failed, progress=progress)

    def deliver(self, call: Callable[[], None]) -> None:
        """Call something on the GUI thread."""
        self._programme.bridge.deliver(call)

    def _into_folder(
        self,
        job: _MakeFolder,
        done: Callable[[int], None],
        failed: Callable[[Exception], None],
        progress: Callable[[ProgressReport], None],
    ) -> JobHandle[int]:
        return self.submit(job, done, failed, progress)

    def _into_library(
        self,
        make: Make,
        done: Callable[[int], None],
        failed: Callable[[Exception], None],
        progress: Callable[[ProgressReport], None],
    ) -> JobHandle[int]:
        def job(library: "Library", told: Progress) -> int:
            from viewer.workspace.importing import ImportPlaces

            beside = Path(tempfile.mkdtemp(prefix="made-", dir=private_temporary_folder()))
            try:
                make(beside / _SERIES, told)
                summary = ImportPlaces((beside / _SERIES,), library).run(told)
                return summary.imported + summary.already
            finally:
                shutil.rmtree(beside, ignore_errors=True)

        return self._programme.library.desk.work(job, done, failed, progress)

    def _start(self, begin: Callable[..., JobHandle[int]], done: Callable[[int], None]) -> None:
        """Begin a job, and show how far it is in every window."""
        key = f"saving {next(self._numbers)}"
        handles: list[JobHandle[int]] = []

        def cancel() -> None:
            handles[0].cancel()
            self._finish(key)

        def ended(count: int) -> None:
            self._finish(key)
            done(count)

        for window in self._programme.windows:
            window.job_line.start(cancel, key, _("Stopped; nothing was saved"))
        handles.append(begin(ended, partial(self._failed, key), partial(self._progressed, key)))

    def _finish(self, key: str) -> None:
        for window in self._programme.windows:
            window.job_line.finish(key)

    def _failed(self, key: str, error: Exception) -> None:
        self._finish(key)
        if not isinstance(error, ViewerError):
            raise error
        self._programme.library.tell(error.one_line())

    def _progressed(self, key: str, report: ProgressReport) -> None:
        for window in self._programme.windows:
            window.job_line.show_progress(report, key)

    def _tell_folder(self, count: int, folder: Path) -> None:
        text = f"{_saved(count)}: {folder}"
        for window in self._programme.windows:
            window.job_line.show_message(text, _("Open"), partial(window.workspace.open_paths, [folder]))

    def _tell_library(self, count: int, study_instance_uid: str) -> None:
        """Say it, and add it to the study where that is open."""
        library = self._programme.library

        def rows(there: "Library") -> "list[StudyRow]":
            return there.catalogue.listed_of_uid(study_instance_uid)

        def renew(studies: "Sequence[StudyRow]") -> None:
            for study in studies:
                library.openings.renew(study)

        library.desk.ask(rows, renew)
        for window in self._programme.windows:
            again = partial(library.open_study, study_instance_uid, window.workspace)
            window.job_line.show_message(_saved(count), _("Open"), again)


def _saved(count: int) -> str:
    return ngettext("{0} image saved", "{0} images saved", count).format(count)
