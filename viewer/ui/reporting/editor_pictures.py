"""Key images of reports, made in the background and set on pages: for PDF, printing, and documents that are saved."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QLocale, QSaveFile, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from viewer.base.errors import ViewerError
from viewer.base.jobs import INTERACTION, JobRunner
from viewer.base.translation import _
from viewer.imaging.frame_store import FrameStore
from viewer.ui.pieces import while_alive
from viewer.workspace.reporting.report_draft import DraftImage
from viewer.workspace.reporting.report_draft_marks import image_ref_of
from viewer.workspace.reporting.report_rendering import (
    DrawPictures,
    PrintedPicture,
    PrintedReport,
    WantedPicture,
    with_pictures,
)
from viewer.workspace.workspace import Workspace

Say = Callable[[str], None]
Ready = Callable[[PrintedReport], None]


class PictureMaker:
    """Makes the pictures of reports.

    Args:
        workspace: Whose studies are open.
        runner: Works.
        frames: Where images come from.
    """

    def __init__(self, workspace: Workspace, runner: JobRunner, frames: FrameStore) -> None:
        self._workspace, self._runner, self._frames = workspace, runner, frames

    def fill(self, owner: QWidget, report: PrintedReport, images: Sequence[DraftImage], ready: Ready, say: Say) -> None:
        """Call back with a report and its pictures; not when the owner is gone by then."""
        if not images:
            ready(report)
            return

        def failed(error: Exception) -> None:
            if not isinstance(error, ViewerError):
                raise error
            say(error.one_line())

        wanted = tuple(self._wanted(each) for each in images)
        job = DrawPictures(self._frames, wanted, report.identity.patient)

        def made(pictures: tuple[PrintedPicture, ...]) -> None:
            ready(with_pictures(report, pictures))

        done = while_alive(owner, made)
        self._runner.submit(job, lane=INTERACTION, done=done, failed=failed)

    def _wanted(self, named: DraftImage) -> WantedPicture:
        image = None
        for series in self._workspace.tree.all_series():
            if any(header.sop_instance_uid == named.sop_instance_uid for header in series.headers):
                image = image_ref_of(self._workspace.catalogue.of_series(series.key), named)
        if image is None:
            return WantedPicture(named, None)
        marks = self._workspace.shared.annotations.on_image(image)
        uid, states = named.presentation[1], self._workspace.shared.states
        state = states.get(uid) if uid and states is not None else None
        if not uid:
            return WantedPicture(named, image, None, marks)
        if state is None:
            problem = _("without its presentation state, which is not open")
            return WantedPicture(named, image, None, marks, problem)
        refusal = states.refusal(uid, image) if states is not None else ""
        return WantedPicture(named, image, None if refusal else state, marks, refusal)


def usual_paper(chosen: str = "") -> str:
    """Return "a4" or "letter": as chosen, else as the system's country writes on."""
    if chosen in {"a4", "letter"}:
        return chosen
    is_us = QLocale.system().measurementSystem() == QLocale.MeasurementSystem.ImperialUSSystem
    return "letter" if is_us else "a4"


def pdf_of(report: PrintedReport, paper: str) -> bytes:
    """Return a report as PDF."""
    from viewer.ui.reporting.editor_print import A4, LETTER, pdf_bytes

    return pdf_bytes(report, LETTER if usual_paper(paper) == "letter" else A4)


def ask_pdf(owner: QWidget, report: PrintedReport, paper: str, name: str, say: Say) -> None:
    """Ask for a file, and write a report there as PDF; the file is there whole or not at all."""
    ask_file(owner, name, lambda path: write_pdf(path, report, paper, say))


def ask_file(owner: QWidget, name: str, write: Callable[[Path], None]) -> None:
    """Ask where a PDF is to be written."""
    dialog = QFileDialog(owner, _("Write the report as PDF"), name, _("PDF documents (*.pdf)"))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("pdf")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda path: write(Path(path)))
    dialog.open()


def write_pdf(path: Path, report: PrintedReport, paper: str, say: Say) -> None:
    """Write a report as PDF, and say so."""
    write_bytes(path, pdf_of(report, paper), say)


def write_bytes(path: Path, data: bytes, say: Say) -> None:
    """Write a file, whole or not at all, and say so."""
    file = QSaveFile(str(path))
    if file.open(QSaveFile.OpenModeFlag.WriteOnly) and file.write(data) == len(data) and file.commit():
        say(_("The report was written: {0}").format(path))
    else:
        say(_("The report cannot be written: {0}").format(file.errorString()))


def ask_printer(owner: QWidget, report: PrintedReport, paper: str, say: Say) -> None:
    """Ask for a printer, and print a report there."""
    from PySide6.QtPrintSupport import QPrintDialog, QPrinter

    from viewer.ui.reporting.editor_print import A4, LETTER, page_layout, print_report

    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setPageLayout(page_layout(LETTER if usual_paper(paper) == "letter" else A4))
    printer.setDocName("report")
    dialog = QPrintDialog(printer, owner)
    dialog.setWindowTitle(_("Print the report"))

    def go(chosen: QPrinter) -> None:
        count = print_report(report, chosen)
        say(_("The report was given to the printer: {0} pages").format(count))

    dialog.accepted.connect(lambda: go(printer))
    dialog.finished.connect(lambda _result: dialog.deleteLater())
    dialog.setWindowModality(Qt.WindowModality.WindowModal)
    dialog.show()
