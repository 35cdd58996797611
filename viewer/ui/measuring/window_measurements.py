"""One window's side of the commands for measurements that leave the program or come into it."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QWidget

from viewer.base.byte_source import FileBytes
from viewer.base.errors import ViewerError
from viewer.base.jobs import INTERACTION, KEEPING, JobRunner
from viewer.base.translation import _, ngettext
from viewer.ui.dialogs.choice_popup import Choice, ChoicePopup
from viewer.workspace.object_saving import Destination
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.measurement.annotation import Annotation
    from viewer.measurement.report_groups_taken import TakenMarks
    from viewer.ui.dialogs.destination_choice import DestinationHost
    from viewer.workspace.reporting.measurement_export import ExportForm
    from viewer.workspace.reporting.measurement_saving import ReportWording

_FILE = "file"
Kept = Callable[[str, Callable[[Sequence[Path]], None]], None]


class WindowMeasurements:
    """Opens the dialogs, and has done what they were answered.

    Args:
        window: Parent of dialogs.
        host: The program's side of destinations.
        runner: Reads and writes files.
        kept: Gives the reports that the library has of a study to a function, perhaps later.
        say: Says a sentence at the foot of the window.
    """

    def __init__(
        self,
        window: QWidget,
        workspace: Workspace,
        host: "DestinationHost",
        runner: JobRunner,
        kept: Kept,
        say: Callable[[str], None],
    ) -> None:
        self._window, self._workspace, self._host = window, workspace, host
        self._runner, self._kept, self._say = runner, kept, say
        self._popup = ChoicePopup(window)

    def save(self) -> None:
        """Ask how the marks of the active study are to be saved, and save them."""
        from viewer.ui.measuring.save_measurements_dialog import SaveMeasurementsDialog

        marks = self._marks()
        if marks:
            reader = self._workspace.shared.annotations.reader
            SaveMeasurementsDialog(self._window, self._host, marks, reader, partial(self._save, marks)).open()

    def export(self) -> None:
        """Ask for a form and a file, and write the marks of the active study there."""
        from viewer.workspace.reporting.measurement_export import FORM_TITLES, ExportForm

        marks = self._marks()
        if not marks:
            return
        choices = [Choice(each.name, _(title), each.value) for each, title in FORM_TITLES.items()]
        self._popup.offer(_("Export measurements as…"), choices, lambda name: self._ask_file(marks, ExportForm[name]))

    def take_over(self) -> None:
        """Ask for a report or file, and take its measurements over as marks."""
        from viewer.workspace.reporting.measurement_taking import report_words, reports_at

        reports = {header.sop_instance_uid: header for header in reports_at(self._workspace)}
        choices = [Choice(uid, *report_words(header)) for uid, header in reports.items()]
        choices.append(Choice(_FILE, _("From a file…")))

        def choose(key: str) -> None:
            if key == _FILE:
                self._take_file()
            else:
                self._take(key)

        self._popup.offer(_("Take over the measurements of…"), choices, choose)

    def _marks(self) -> "tuple[Annotation, ...]":
        """Return the marks of the active study; say so where there is none."""
        series = self._workspace.series_at(self._workspace.active)
        study = "" if series is None else series.study.study_instance_uid or series.series_instance_uid
        marks = tuple(each for each in self._workspace.shared.annotations.of_study(study) if each.points)
        if not marks:
            self._say(_("Nothing is marked on this study"))
        return marks

    def _save(
        self, marks: "tuple[Annotation, ...]", wording: "ReportWording", destinations: tuple[Destination, ...]
    ) -> None:
        from viewer.workspace.reporting.measurement_saving import MakeMeasurementReport

        objects = self._workspace.window.objects if self._workspace.window is not None else None
        if objects is None:
            return
        study = marks[0].anchor.study_instance_uid

        def save(kept: Sequence[Path]) -> None:
            make = MakeMeasurementReport(marks, tuple(self._workspace.tree.headers()), wording, tuple(kept))

            objects.save(
                make, destinations, study, _("Measurements"), lambda _saved: self._tell_left_out(len(make.left_out))
            )

        self._kept(study, save)

    def _ask_file(self, marks: "tuple[Annotation, ...]", form: "ExportForm") -> None:
        from viewer.workspace.reporting.measurement_export import FORM_TITLES, ExportMeasurements
        from viewer.workspace.reporting.measurement_saving import MakeMeasurementReport, ReportWording

        title = _(FORM_TITLES[form])
        typed, _kind = QFileDialog.getSaveFileName(
            self._window, _("Export measurements"), f"measurements{form.value}", f"{title} (*{form.value})"
        )
        if not typed:
            return
        path = Path(typed)
        path = path if path.suffix else path.with_suffix(form.value)
        wording = ReportWording(self._workspace.shared.annotations.reader)
        make = MakeMeasurementReport(marks, tuple(self._workspace.tree.headers()), wording)

        def done(left_out: int) -> None:
            self._say(_("Written: {0}").format(path))
            self._tell_left_out(left_out)

        self._runner.submit(ExportMeasurements(make, form, path), lane=KEEPING, done=done, failed=self._failed)

    def _take_file(self) -> None:
        from viewer.workspace.reporting.measurement_taking import TakeMeasurements, places

        typed, _kind = QFileDialog.getOpenFileName(
            self._window, _("Take over measurements"), "", _("Reports and AIM documents (*)")
        )
        if typed:
            job = TakeMeasurements(FileBytes(Path(typed)), places(self._workspace))
            self._runner.submit(job, lane=INTERACTION, done=self._taken, failed=self._failed)

    def _take(self, uid: str) -> None:
        from viewer.workspace.reporting.measurement_taking import TakeMeasurements, places, reports_at

        header = next((each for each in reports_at(self._workspace) if each.sop_instance_uid == uid), None)
        if header is not None:
            character_set = self._workspace.tree.character_set_of(header) or ""
            job = TakeMeasurements(header.source, places(self._workspace), character_set)
            self._runner.submit(job, lane=INTERACTION, done=self._taken, failed=self._failed)

    def _taken(self, taken: "TakenMarks") -> None:
        from viewer.workspace.reporting.measurement_taking import put_marks

        self._say(put_marks(self._workspace, taken))

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, ViewerError):
            raise error
        self._say(error.one_line())

    def _tell_left_out(self, count: int) -> None:
        if count:
            text = ngettext(
                "{0} mark was left out: its image is not open",
                "{0} marks were left out: their images are not open",
                count,
            )
            self._say(text.format(count))
