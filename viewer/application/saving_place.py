"""Saving what was made of volumes and pictures, in the background: into a folder or the library; windows say so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from viewer.application.told_jobs import ToldJobs
from viewer.base.jobs import KEEPING, Job, JobHandle, Progress, ProgressReport
from viewer.base.translation import _, ngettext
from viewer.ui.volumes.window_saving import Make, WindowSaving
from viewer.workspace.object_saving import IntoLibrary, save_objects

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.library.library import Library
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
        self._jobs = ToldJobs(programme, "saving")

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
            self._jobs.start(
                partial(self._into_folder, job),
                lambda count: self._tell_folder(count, place),
                _("Stopped; nothing was saved"),
            )
        else:
            told = partial(self._tell_library, study_instance_uid)
            self._jobs.start(partial(self._into_library, make), told, _("Stopped; nothing was saved"))

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
            def series(folder: Path, told: Progress) -> Sequence[Path]:
                return make(folder / _SERIES, told)

            return len(save_objects(series, (IntoLibrary(),), library, told).sop_instance_uids)

        return self._programme.library.desk.work(job, done, failed, progress)

    def _tell_folder(self, count: int, folder: Path) -> None:
        text = f"{_saved(count)}: {folder}"
        for window in self._programme.windows:
            window.job_line.show_message(text, _("Open"), partial(window.workspace.open_paths, [folder]))

    def _tell_library(self, study_instance_uid: str, count: int) -> None:
        """Say it, and add it to the study where that is open."""
        library = self._programme.library
        self._programme.objects.renew(study_instance_uid)
        for window in self._programme.windows:
            again = partial(library.open_study, study_instance_uid, window.workspace)
            window.job_line.show_message(_saved(count), _("Open"), again)


def _saved(count: int) -> str:
    return ngettext("{0} image saved", "{0} images saved", count).format(count)
