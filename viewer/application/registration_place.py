"""Registrations as the program runs them: volumes loaded, the job, what is put into force, what is saved."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import ViewerError
from viewer.base.jobs import VOLUMES, JobHandle, Progress, ProgressReport
from viewer.base.translation import _
from viewer.dicom.instance_header import InstanceHeader
from viewer.ui.main_window import MainWindow
from viewer.ui.volumes.registration_dialog import RegistrationDialog, RegistrationTasks
from viewer.volume.registration import RegisterVolumes, RegistrationResult, why_unavailable
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.registering import apply, companions, partners, short_title, title_of
from viewer.workspace.registration_saving import SaveRegistration
from viewer.workspace.volume_store import VolumeStore

if TYPE_CHECKING:
    from viewer.application.programme import Programme

FILE_NAME = "registration.dcm"
Done = Callable[[RegistrationResult], None]
Failed = Callable[[Exception], None]
Report = Callable[[ProgressReport], None]


class WindowRegistering:
    """One window's side of registering (workspace.registering_actions)."""

    def __init__(self, programme: "Programme", window: MainWindow) -> None:
        self._programme = programme
        self._window = window
        self.dialog: RegistrationDialog | None = None

    def register(self) -> None:
        """Offer the series that can be laid over that of the active viewport."""
        workspace = self._window.workspace
        if problem := why_unavailable():
            self._window.job_line.show_message(problem)
            return
        fixed, offered = workspace.display_set_at(workspace.active), partners(workspace)
        if fixed is None or not offered:
            self._window.job_line.show_message(_nothing_words(companions(workspace)))
            return
        if self.dialog is not None:
            self.dialog.close()
        keep = self._keep if self._programme.saving.has_library else None
        tasks = RegistrationTasks(self._start, self._apply, self._save, keep)
        self.dialog = RegistrationDialog(
            self._window, (fixed, title_of(workspace, fixed)), offered, tasks, companions(workspace)
        )
        self.dialog.destroyed.connect(self._closed)
        self.dialog.show()

    def _closed(self) -> None:
        self.dialog = None

    def _start(
        self, fixed: DisplaySet, moving: DisplaySet, report: Report, done: Done, failed: Failed
    ) -> Callable[[], None]:
        volumes = self._programme.shared.volumes
        assert volumes is not None  # noqa: S101 - VolumePlace has put it there
        return _Running(self._programme, volumes, (fixed, moving), report, done, failed).cancel

    def _apply(self, fixed: DisplaySet, moving: DisplaySet, result: RegistrationResult) -> None:
        joint = apply(self._window.workspace, fixed, moving, result.transform, result.doubt)
        self._window.job_line.show_message(joint.text)

    def _save(self, fixed: DisplaySet, moving: DisplaySet, result: RegistrationResult, path: Path) -> None:
        job = self._job(fixed, moving, result, path)
        line = self._window.job_line
        self._programme.runner.submit(
            job,
            lane=VOLUMES,
            done=lambda saved: line.show_message(_("The registration was saved: {0}").format(saved.name)),
            failed=lambda error: line.show_message(_one_line(error)),
        )

    def _keep(self, fixed: DisplaySet, moving: DisplaySet, result: RegistrationResult) -> None:
        job = self._job(fixed, moving, result, Path(FILE_NAME))

        def make(folder: Path, progress: Progress) -> tuple[Path, ...]:
            folder.mkdir(parents=True)
            return (replace(job, path=folder / FILE_NAME).run(progress),)

        self._programme.saving.save(make, None, fixed.images[0].header.study_instance_uid)

    def _job(self, fixed: DisplaySet, moving: DisplaySet, result: RegistrationResult, path: Path) -> SaveRegistration:
        workspace = self._window.workspace
        title = short_title(workspace, moving)
        description = _("{0} registered onto {1}").format(title, short_title(workspace, fixed))
        sides = _instances(fixed), _instances(moving)
        return SaveRegistration(*sides, result.transform, title, description, path, result.doubt)


class _Running:
    """One registration on its way: first the volumes, then the job."""

    def __init__(
        self,
        programme: "Programme",
        volumes: VolumeStore,
        sets: tuple[DisplaySet, DisplaySet],
        report: Report,
        done: Done,
        failed: Failed,
    ) -> None:
        self._programme, self._volumes, self._sets = programme, volumes, sets
        self._report, self._done, self._failed = report, done, failed
        self._handle: JobHandle[RegistrationResult] | None = None
        self._is_over = False
        self._owners = [("registration", id(self), part) for part in range(2)]
        self._disconnect = [
            volumes.changed.connect(lambda _key: self._go_on()),
            volumes.progressed.connect(lambda _key: self._go_on()),
        ]
        for display_set, owner in zip(sets, self._owners, strict=True):
            volumes.want(display_set, owner)
        programme.bridge.deliver(self._go_on)

    def cancel(self) -> None:
        """Give up."""
        if self._handle is not None:
            self._handle.cancel()
        self._end()

    def _go_on(self) -> None:
        if self._is_over or self._handle is not None:
            return
        standings = [self._volumes.standing(each.key) for each in self._sets]
        failure = next((each.failure for each in standings if each.failure is not None), None)
        if failure is not None:
            self._give_up(failure)
            return
        if any(each.is_loading for each in standings):
            read, total = (sum(getattr(each, part) for each in standings) for part in ("read", "total"))
            self._report(ProgressReport(read, total, _("Loading the volumes")))
            return
        fixed, moving = (self._volumes.volume(each.key) for each in self._sets)
        if fixed is None or moving is None or not (fixed.is_complete and moving.is_complete):
            return
        phases = [self._phase(each) for each in self._sets]
        job = RegisterVolumes(fixed, moving, *phases)
        self._handle = self._programme.runner.submit(
            job, lane=VOLUMES, done=self._found, failed=self._give_up, progress=self._report
        )

    def _phase(self, display_set: DisplaySet) -> int:
        keys = [each.key for each in self._volumes.phases(display_set.key)]
        return keys.index(display_set.key) if display_set.key in keys else 0

    def _found(self, result: RegistrationResult) -> None:
        if not self._is_over:
            self._end()
            self._done(result)

    def _give_up(self, error: Exception) -> None:
        if not self._is_over:
            self._end()
            self._failed(error)

    def _end(self) -> None:
        self._is_over = True
        for disconnect in self._disconnect:
            disconnect()
        self._disconnect.clear()
        for owner in self._owners:
            self._volumes.release(owner)


def _instances(display_set: DisplaySet) -> tuple[InstanceHeader, ...]:
    return tuple({id(image.header): image.header for image in display_set.images}.values())


def _nothing_words(titles: Sequence[str]) -> str:
    """Return why nothing is offered: what there is lies in one patient space already, or there is nothing."""
    if titles:
        return _("Nothing to register: in the same patient space already lie {0}").format("; ".join(titles))
    return _("Nothing to lay over: open a volume of the same patient in another patient space")


def _one_line(error: Exception) -> str:
    if not isinstance(error, ViewerError):
        raise error
    return error.one_line()
