"""What takes long with the library, told at the foot: importing, exporting, emptying, erasing, a new index."""

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from viewer.base.errors import ViewerError
from viewer.base.jobs import JobHandle, Progress, ProgressReport
from viewer.base.translation import _, ngettext
from viewer.workspace.library_browsing import LibraryDesk

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.library.keeping import Touched
    from viewer.library.library import Library
    from viewer.library.rebuilding import RebuildReport
    from viewer.library.study_row import StudyRow
    from viewer.workspace.importing import ImportSummary

T = TypeVar("T")


class Place(Protocol):
    """What hears of jobs that ended."""

    def tell(self, text: str) -> None:
        """Say something at the foot of every window."""

    def kept(self, paths: Sequence[Path]) -> None:
        """Places were imported."""

    def forget_pictures(self) -> None:
        """A patient was erased."""


class LibraryJobs:
    """Starts them, and shows how far they are in every window."""

    def __init__(self, place: Place, programme: "Programme", desk: LibraryDesk) -> None:
        self._place = place
        self._programme = programme
        self._desk = desk
        self._numbers = itertools.count(1)

    def import_paths(self, paths: Sequence[Path], *, is_in_place: bool) -> None:
        """Import files, folders and discs, or index them where they lie."""
        wanted = tuple(paths)
        ask = self._programme.passwords.ask if self._programme.is_attended else None

        def job(library: "Library", progress: Progress) -> "ImportSummary":
            from viewer.workspace.importing import ImportPlaces

            return ImportPlaces(wanted, library, is_in_place, ask).run(progress)

        def done(summary: "ImportSummary") -> None:
            if not is_in_place:
                self._place.kept(wanted)
            self._tell_import(summary)

        if wanted:
            self._start(job, done, _("Stopped; what was imported so far stays"))

    def export(self, study: "StudyRow", folder: Path) -> None:
        """Write a study into a folder."""

        def job(library: "Library", progress: Progress) -> tuple[Path, ...]:
            from viewer.library.keeping import export_study

            return export_study(library, study.study_instance_uid, folder, progress, of=study)

        def done(paths: tuple[Path, ...]) -> None:
            text = ngettext("{count} file written", "{count} files written", len(paths))
            self._place.tell(f"{text.format(count=len(paths))}: {folder}")

        self._start(job, done, _("Stopped; nothing was written"))

    def empty_trash(self) -> None:
        """Remove what is in the trash for good."""

        def job(library: "Library", _progress: Progress) -> "Touched":
            from viewer.library.keeping import empty_trash

            return empty_trash(library)

        self._desk.work(job, self._tell_removed)  # cannot be stopped half way: it is not among what can

    def erase(self, patient_id: str) -> None:
        """Remove everything of a patient for good."""

        def job(library: "Library", _progress: Progress) -> "Touched":
            from viewer.library.keeping import erase_patient

            return erase_patient(library, patient_id)

        def done(touched: "Touched") -> None:
            self._let_go(patient_id, frozenset(touched.study_instance_uids))
            self._tell_removed(touched)

        def failed(error: ViewerError) -> None:
            self._let_go(patient_id, frozenset())  # the files are gone first: what was open may be
            self._place.tell(error.one_line())

        self._desk.work(job, done, failed)  # cannot be stopped half way: it is not among what can

    def rebuild(self) -> None:
        """Make the damaged index again from the kept files."""
        folder = self._desk.folder
        if folder is None:
            return
        key = self._key()
        handles: list[JobHandle[RebuildReport]] = []

        def cancel() -> None:
            for handle in handles:
                handle.cancel()
            self._finish(key)
            self._desk.give_up_rebuilding()

        def done(report: "RebuildReport") -> None:
            self._finish(key)
            text = ngettext("{0} image is in the new index", "{0} images are in the new index", report.instances)
            lost = len(report.missing) + len(report.altered)
            parts = [text.format(report.instances)]
            if lost:
                parts.append(
                    ngettext("{0} file is missing or altered", "{0} files are missing or altered", lost).format(lost)
                )
            self._place.tell("  ·  ".join(parts))

        self._begin(key, cancel, _("Stopped; everything is as it was"))
        handles.append(
            self._desk.rebuild(folder, done, lambda error: self._fail(key, error), lambda each: self._show(key, each))
        )

    def _start(
        self,
        job: "Callable[[Library, Progress], T]",
        done: Callable[[T], None],
        stopped: str = "",
    ) -> None:
        key = self._key()
        handles: list[JobHandle[T]] = []

        def cancel() -> None:
            for handle in handles:
                handle.cancel()
            self._finish(key)

        def ended(answer: T) -> None:
            self._finish(key)
            done(answer)

        self._begin(key, cancel, stopped)
        handles.append(
            self._desk.work(job, ended, lambda error: self._fail(key, error), lambda each: self._show(key, each))
        )

    def _let_go(self, patient_id: str, study_instance_uids: frozenset[str]) -> None:
        """Take everything of an erased patient off the screen."""
        self._place.forget_pictures()
        tree = self._programme.tree
        gone = set(study_instance_uids)
        for study in tuple(tree.studies()):
            if study.study_instance_uid in study_instance_uids or study.patient.patient_id == patient_id:
                gone.add(study.study_instance_uid)
                tree.remove_study(study.key)
        self._programme.report_writing.erased(gone)
        self._programme.measuring.erased(gone)

    def _begin(self, key: str, cancel: Callable[[], None], stopped: str = "") -> None:
        for window in self._programme.windows:
            window.job_line.start(cancel, key, stopped)

    def _show(self, key: str, report: ProgressReport) -> None:
        for window in self._programme.windows:
            window.job_line.show_progress(report, key)

    def _finish(self, key: str) -> None:
        for window in self._programme.windows:
            window.job_line.finish(key)

    def _fail(self, key: str, error: ViewerError) -> None:
        self._finish(key)
        self._place.tell(error.one_line())

    def _key(self) -> str:
        return f"library {next(self._numbers)}"

    def _tell_import(self, summary: "ImportSummary") -> None:
        """Say what an import came to; what was refused is listed among the problems."""
        damage = [problem for problem in summary.refused if problem.is_damage]
        text = _("{imported} imported, {already} already there").format(
            imported=summary.imported, already=summary.already
        )
        if summary.conflicts:
            text += ", " + _("{0} kept aside").format(summary.conflicts)
        if damage:
            text += ", " + _("{0} refused").format(len(damage))
            self._programme.tree.add((), damage)
        for window in self._programme.windows:
            if damage:
                window.job_line.show_message(text, _("Show"), partial(window.show_panel, "problems"))
            else:
                window.job_line.show_message(text)

    def _tell_removed(self, touched: "Touched") -> None:
        count = len(touched.study_instance_uids)
        self._place.tell(ngettext("{0} study was removed", "{0} studies were removed", count).format(count))
