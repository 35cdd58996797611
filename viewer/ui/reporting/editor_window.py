"""One window's side of the commands for writing reports (workspace.reporting.report_actions)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from viewer.base.errors import ViewerError
from viewer.base.jobs import INTERACTION, Progress
from viewer.base.translation import _
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.sop_classes import ENCAPSULATED_PDF, SopKind, sop_kind
from viewer.ui.pieces import while_alive
from viewer.workspace.reporting.report_book import HeldReport
from viewer.workspace.study_nodes import Study
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.ui.reporting.editor import EditorHost, ReportEditor
    from viewer.workspace.reporting.report_draft import ReportDraft
    from viewer.workspace.reporting.report_rendering import PrintedReport


@dataclass(frozen=True, slots=True)
class TakeDocument:
    """The job that takes the PDF out of a document."""

    header: InstanceHeader

    def run(self, _progress: Progress) -> bytes:
        """Return it.

        Raises:
            ViewerError: If there is none, or it cannot be read.
        """
        from viewer.dicom.encapsulated_document import pdf_of

        return pdf_of(self.header.source)


class WindowReports:
    """Opens editors, and puts saved reports onto paper.

    Args:
        window: Parent of editors.
        host: The program's side.
        editors: Of all windows, by the UID of their drafts: a draft has one editor.
        say: Says a sentence at the foot of the window.
    """

    def __init__(
        self,
        window: QWidget,
        workspace: Workspace,
        host: "EditorHost",
        editors: "list[ReportEditor]",
        say: Callable[[str], None],
    ) -> None:
        self._window, self._workspace, self._host, self._say = window, workspace, host, say
        self._editors = editors

    # Writing

    def write(self) -> None:
        """Go on with the report of the active study that is being written, or begin one."""
        study = self._study()
        if study is not None:
            self._write(study)

    def go_on(self, study_instance_uid: str) -> None:
        """Go on with the report of a study."""
        for study in self._workspace.tree.studies():
            if study.study_instance_uid == study_instance_uid:
                self._write(study)
                return

    def _write(self, study: Study) -> None:
        from viewer.workspace.reporting.report_draft_store import newest

        for editor in self._editors:
            if editor.draft.study_instance_uid == study.study_instance_uid:
                _bring_up(editor)
                return
        kept = self._host.drafts.kept(study.study_instance_uid)
        for problem in kept.problems:
            self._say(problem)
        draft = newest(kept.drafts)
        if draft is None:
            self._open(self._new(study))
            return
        self._open(draft)
        if len(kept.drafts) > 1:
            self._choose(kept.drafts)

    def amend(self) -> None:
        """Begin the next version of the report in the active viewport."""
        from viewer.workspace.reporting.report_draft_amending import amended, refusal
        from viewer.workspace.reporting.report_draft_store import new_draft_uid
        from viewer.workspace.reporting.report_templates import identity_of

        held, study, book = self._shown(), self._study(), self._workspace.shared.reports
        if held is None or held.read is None or study is None or book is None:
            self._say(_("Show the report that is to be amended in a viewport"))
            return
        reason = refusal(held.read.report)
        if not reason and book.amended_by(held.uid):
            reason = _("A later report takes the place of this one: amend that")
        if reason:
            self._say(reason)
            return
        for draft in (
            *(each.draft for each in self._editors),
            *self._host.drafts.kept(study.study_instance_uid).drafts,
        ):
            if draft.replaces is not None and draft.replaces.instance.sop_instance_uid == held.uid:
                self._open(draft)
                return
        draft = amended(held.read.report, identity_of(study), new_draft_uid())
        self._open(self._with_headings(draft, study))

    def _with_headings(self, draft: "ReportDraft", study: Study) -> "ReportDraft":
        """Return a draft with the headings of its template too: what was empty was not saved."""
        from viewer.workspace.reporting.report_draft import DraftSection, in_template

        templates = self._host.templates()
        named = (each for each in templates.templates if each.title.is_same(draft.title))
        template = next(named, None) or templates.best_for(study.modalities)
        sections = tuple(DraftSection(each.heading) for each in template.sections)
        return in_template(draft, template.id, draft.title, sections)

    def _new(self, study: Study) -> "ReportDraft":
        from viewer.workspace.reporting.report_draft import ReportDraft
        from viewer.workspace.reporting.report_draft_store import new_draft_uid
        from viewer.workspace.reporting.report_templates import identity_of, sections_of

        templates = self._host.templates()
        for problem in templates.problems:
            self._say(problem)
        template = templates.best_for(study.modalities)
        return ReportDraft(
            new_draft_uid(),
            study.study_instance_uid,
            identity_of(study),
            template.title,
            sections_of(template, self._host.values_for(study)),
            template=template.id,
        )

    def _open(self, draft: "ReportDraft") -> None:
        from viewer.ui.reporting.editor import ReportEditor

        for editor in self._editors:
            if editor.keeping.draft.uid == draft.uid:
                _bring_up(editor)
                return
        editor = ReportEditor(self._window, self._workspace, self._host, draft, self._say)
        self._editors.append(editor)
        editor.closed.connect(lambda: self._editors.remove(editor))
        editor.show()
        _bring_up(editor)

    def _choose(self, drafts: "tuple[ReportDraft, ...]") -> None:
        from viewer.ui.dialogs.choice_popup import Choice, ChoicePopup

        choices = [
            Choice(each.uid, each.title.meaning, datetime.fromisoformat(each.changed_at).strftime("%Y-%m-%d %H:%M"))
            for each in drafts
            if each.changed_at
        ]
        by_uid = {each.uid: each for each in drafts}
        popup = ChoicePopup(self._window)
        popup.offer(_("Drafts of this study"), choices, lambda uid: self._open(by_uid[uid]))

    # Paper

    def export_pdf(self) -> None:
        """Ask for a file, and write the report in the active viewport as PDF; a PDF document as it is."""
        from viewer.ui.reporting.editor_pictures import ask_pdf

        document = self._document()
        if document is not None:
            self._take_out(document)
            return
        self._set(lambda report: ask_pdf(self._window, report, self._host.paper, "report.pdf", self._say))

    def _document(self) -> InstanceHeader | None:
        image = self._workspace.image_at(self._workspace.active)
        is_pdf = image is not None and image.header.sop_class_uid == ENCAPSULATED_PDF
        return image.header if image is not None and is_pdf else None

    def _take_out(self, header: InstanceHeader) -> None:
        """Ask for a file, and write the PDF there that a document has in it, byte by byte."""
        from viewer.ui.reporting.editor_pictures import ask_file, write_bytes

        def ready(pdf: bytes) -> None:
            ask_file(self._window, "report.pdf", lambda path: write_bytes(path, pdf, self._say))

        def failed(error: Exception) -> None:
            if not isinstance(error, ViewerError):
                raise error
            self._say(error.one_line())

        done = while_alive(self._window, ready)
        self._host.runner.submit(TakeDocument(header), lane=INTERACTION, done=done, failed=failed)

    def print_report(self) -> None:
        """Ask for a printer, and print the report in the active viewport."""
        from viewer.ui.reporting.editor_pictures import ask_printer

        self._set(lambda report: ask_printer(self._window, report, self._host.paper, self._say))

    def _set(self, ready: "Callable[[PrintedReport], None]") -> None:
        from viewer.ui.reporting.editor_pictures import PictureMaker
        from viewer.workspace.reporting.report_draft_amending import pictures_named
        from viewer.workspace.reporting.report_rendering import printed_document

        held = self._shown()
        if held is None or held.read is None:
            self._say(_("Show the report that is to be printed in a viewport"))
            return
        maker = PictureMaker(self._workspace, self._host.runner, self._host.frames)
        images = pictures_named(held.read.report)
        maker.fill(self._window, printed_document(held.read), images, ready, self._say)

    def _study(self) -> Study | None:
        series = self._workspace.series_at(self._workspace.active)
        return series.study if series is not None else None

    def _shown(self) -> HeldReport | None:
        image, book = self._workspace.image_at(self._workspace.active), self._workspace.shared.reports
        if image is None or book is None or sop_kind(image.header.sop_class_uid) is not SopKind.REPORT:
            return None
        return book.report_of(image.header)


def _bring_up(editor: "ReportEditor") -> None:
    if editor.isMinimized():
        editor.showNormal()
    editor.raise_()
    editor.activateWindow()
