"""What is done with a report beside typing: marks and images are put in, it is printed, saved, thrown away."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from viewer.base.errors import SettingsError
from viewer.base.jobs import Progress
from viewer.base.translation import _, ngettext
from viewer.dicom.structured_report.diagnostic_codes import title_of
from viewer.ui.reporting.editor_pictures import PictureMaker, ask_pdf, ask_printer, pdf_of
from viewer.workspace.object_saving import Destination, Saved
from viewer.workspace.presenting.key_deeds import go_to
from viewer.workspace.reporting.report_draft import DraftImage, ReportDraft
from viewer.workspace.reporting.report_draft_marks import (
    image_of_mark,
    image_on_screen,
    image_words,
    mark_words,
    marks_to_offer,
    numbers_of,
)
from viewer.workspace.reporting.report_draft_saving import ReportWords, SaveReport, evidence_of
from viewer.workspace.reporting.report_rendering import PrintedReport, printed_draft, printed_identity

if TYPE_CHECKING:
    from viewer.ui.reporting.editor import ReportEditor

LOOK_MS = 150
AGAIN_MS = 30_000
"""After so long it can be saved again, where nothing was heard of the saving."""


class EditorDeeds(QObject):
    """Of one editor.

    Signals:
        failed: It could not be written.
    """

    failed = Signal()

    def __init__(self, editor: "ReportEditor") -> None:
        super().__init__(editor)
        self._editor = editor
        self.run: object = None
        self._listed: tuple[DraftImage, ...] | None = None
        self._saving: ReportDraft | None = None
        self._pictures = PictureMaker(editor.workspace, editor.host.runner, editor.host.frames)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(LOOK_MS)
        self._soon.timeout.connect(self.show_marks)
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self._may_save_again)
        self.failed.connect(self._may_save_again)

    def connect_material(self) -> None:
        """Follow the panel beside the words."""
        material = self._editor.material
        material.marks_wanted.connect(self.put_in)
        material.image_wanted.connect(self.add_image)
        material.keys_wanted.connect(self.add_keys)
        material.image_unwanted.connect(lambda row: self._editor.change(self._editor.draft.without_image(row)))
        material.image_shown.connect(self._go_to)
        material.captioned.connect(self._caption)
        self.show_marks()

    # Marks and images

    def show_marks_soon(self) -> None:
        """List marks anew, not at every move of a hand."""
        self._soon.start()

    def show_marks(self) -> None:
        """List the marks of the study."""
        editor = self._editor
        editor.material.show_marks(marks_to_offer(editor.workspace, editor.draft.study_instance_uid))

    def show_images(self) -> None:
        """List the key images."""
        editor = self._editor
        if editor.draft.images == self._listed:
            return
        self._listed = editor.draft.images
        known = {each.sop_instance_uid: each for each in editor.workspace.tree.headers()} if editor.draft.images else {}
        listed = []
        for each in editor.draft.images:
            header = known.get(each.sop_instance_uid)
            place = image_words(header, each.frame_number) if header is not None else _("not open")
            listed.append((each, place))
        editor.material.show_images(listed)

    def study_changed(self) -> None:
        """Studies were opened or closed."""
        self._listed = None
        self.show_images()
        self._editor.follow_screen()
        self.show_marks_soon()

    def put_in(self, uids: Sequence[str]) -> None:
        """Put marks in: words at the cursor, and numbers; one step of undo."""
        editor = self._editor
        if not editor.draft.sections:
            return
        chosen = [
            each for each in marks_to_offer(editor.workspace, editor.draft.study_instance_uid) if each.uid in uids
        ]
        headers = tuple(editor.workspace.tree.headers())
        place = editor.sections.current
        editor.history.end_run()
        self.run = object()
        try:
            if chosen:
                editor.sections.insert("\n".join(mark_words(each, headers) for each in chosen))
            numbers = [number for each in chosen for number in numbers_of(each, headers)]
            editor.change(editor.draft.with_numbers(place, numbers), self.run)
        finally:
            self.run = None
            editor.history.end_run()
        editor.sections.edits[place].text.setFocus()

    def add_image(self) -> None:
        """Put the image on screen in; one of another patient never."""
        editor = self._editor
        image = image_on_screen(editor.workspace, editor.workspace.active)
        series, study = editor.workspace.series_at(editor.workspace.active), editor.study
        if study is None or (series is not None and series.study.patient.key != study.patient.key):
            editor.say(_("The image on screen is of another patient: it is not put into this report"))
        elif image is None:
            editor.say(_("There is no single image on screen that could be put in"))
        else:
            editor.change(editor.draft.with_image(image))

    def add_keys(self) -> None:
        """Put the images in that were marked as key."""
        editor, draft = self._editor, self._editor.draft
        marks = editor.workspace.shared.keys.marks([draft.study_instance_uid])
        if not marks:
            editor.say(_("No image of this study is marked as key: K marks the one in the active viewport"))
        known = {(each.sop_instance_uid, each.frame_number) for each in draft.images}
        for each in marks:
            image = image_of_mark(editor.workspace, each)
            if (image.sop_instance_uid, image.frame_number) not in known:
                draft = draft.with_image(image)
        editor.change(draft)

    def _caption(self, row: int, text: str) -> None:
        if 0 <= row < len(self._editor.draft.images):
            self._editor.change(self._editor.draft.with_caption(row, text), ("caption", row))

    def _go_to(self, row: int) -> None:
        images = self._editor.draft.images
        if 0 <= row < len(images):
            go_to(self._editor.workspace, images[row].sop_instance_uid, images[row].frame_number)

    # Paper

    def export_pdf(self) -> None:
        """Write the draft as PDF; it says on every page that it is one."""
        host = self._editor.host

        def ready(report: PrintedReport) -> None:
            ask_pdf(self._editor, report, host.paper, "report.pdf", self._editor.say)

        self._print(_draft_words(), ready)

    def print_draft(self) -> None:
        """Print the draft; it says on every page that it is one."""
        host = self._editor.host

        def ready(report: PrintedReport) -> None:
            ask_printer(self._editor, report, host.paper, self._editor.say)

        self._print(_draft_words(), ready)

    def _print(self, state: str, ready: Callable[[PrintedReport], None], draft: ReportDraft | None = None) -> None:
        draft = draft or self._editor.draft
        images: Sequence[DraftImage] = draft.images
        self._pictures.fill(self._editor, printed_draft(draft, state), images, ready, self._editor.say)

    # Saving

    def ask_save(self) -> None:
        """Ask how final the report is, and save it."""
        from viewer.ui.reporting.editor_save_dialog import ReportSaveDialog

        editor, draft = self._editor, self._editor.draft
        if not editor.save.isEnabled():
            return
        if draft.is_empty:
            editor.say(_("The report is empty"))
            return
        if editor.study is None:
            editor.say(_("The study that is reported is not open any more"))
            return
        organization = draft.organization or editor.host.organization
        words = ReportWords(editor.host.reader(), organization, reason=draft.reason)
        identity = printed_identity(draft.identity, "")
        told = "\n".join((identity.patient, identity.study, _sections_words(draft)))
        ReportSaveDialog(
            editor, editor.host.destinations, words, told, self.save, is_amending=draft.replaces is not None
        ).open()

    def save(self, words: ReportWords, has_pdf: bool, destinations: tuple[Destination, ...]) -> None:
        """Save the report as it is now."""
        editor = self._editor
        editor.history.end_run()
        draft = replace(editor.draft, reason=words.reason, organization=words.organization)
        editor.change(draft)
        editor.host.remember_organization(words.organization)
        self._saving = draft
        editor.save.setEnabled(False)
        self._again.start()
        if not has_pdf:
            self._begin(draft, words, None, destinations)
            return

        def ready(report: PrintedReport) -> None:
            self._begin(draft, words, pdf_of(report, editor.host.paper), destinations)

        self._print(_state_words(words), ready, draft)

    def _begin(
        self, draft: ReportDraft, words: ReportWords, pdf: bytes | None, destinations: tuple[Destination, ...]
    ) -> None:
        editor = self._editor
        objects = editor.workspace.window.objects if editor.workspace.window is not None else None
        if objects is None:
            return
        job = SaveReport(draft, evidence_of(editor.workspace.tree.headers(), draft), words, pdf)

        def make(folder: Path, progress: Progress) -> Sequence[Path]:
            try:
                return job(folder, progress)
            except BaseException:
                self.failed.emit()
                raise

        host = editor.host

        def done(saved: Saved) -> None:
            host.show_saved(draft, saved)
            self._saved(draft, job)

        objects.save(make, destinations, draft.study_instance_uid, draft.title.meaning, done)

    def _saved(self, draft: ReportDraft, job: SaveReport) -> None:
        from shiboken6 import isValid

        if not isValid(self) or not isValid(self._editor):
            return
        editor = self._editor
        if editor.draft == draft:
            try:
                editor.keeping.forget()
            except SettingsError as error:
                editor.say(error.one_line())
            editor.lose()
            return
        # Typed on meanwhile: that is the next version.
        later = replace(editor.draft, replaces=job.made[0], version=draft.version + 1, reason="", left_out=())
        editor.change(later)
        editor.standing.setText(
            _("Version {0}: takes the place of the saved report, which stays").format(later.version)
        )
        editor.standing.show()
        self._may_save_again()

    def _may_save_again(self) -> None:
        self._again.stop()
        self._saving = None
        self._editor.save.setEnabled(True)

    def follow_draft(self) -> None:
        """What is written after it was saved is not lost: it can be saved again once that has ended."""
        self._editor.discard.setEnabled(self._saving is None)

    # Throwing away

    def ask_discard(self) -> None:
        """Ask before the draft is thrown away."""
        from viewer.ui.browser.library_dialogs import SureDialog

        def discard() -> None:
            try:
                self._editor.keeping.forget()
            except SettingsError as error:
                self._editor.say(error.one_line())
            self._editor.lose()

        told = _("What was written here is thrown away. Reports that were saved stay.")
        SureDialog(self._editor, _("Discard the draft"), told, _("Discard"), discard).open()

    def ask_lose(self) -> None:
        """Ask before a draft is closed that is kept nowhere."""
        from viewer.ui.browser.library_dialogs import SureDialog

        told = _("The draft could not be kept: {0}").format(self._editor.kept.text())
        lose = _("Lose it and close")
        SureDialog(self._editor, _("The draft is not kept"), told, lose, self._editor.lose).open()


def _draft_words() -> str:
    return _("DRAFT – NOT SAVED")


def _state_words(words: ReportWords) -> str:
    parts = [_("COMPLETE") if words.is_complete else _("PARTIAL")]
    if words.is_verified:
        parts.append(_("VERIFIED: {0}, {1}").format(words.author.replace("^", " "), words.organization))
    else:
        parts.append(_("UNVERIFIED"))
        if words.author:
            parts.append(words.author.replace("^", " "))
    return " · ".join(parts)


def _sections_words(draft: ReportDraft) -> str:
    """Return what will be saved, in one line."""
    filled = [_(title_of(each.heading)) for each in draft.sections if not each.is_empty]
    numbers = sum(len(each.numbers) for each in draft.sections)
    parts = [", ".join(filled)]
    if numbers:
        parts.append(ngettext("{0} number", "{0} numbers", numbers).format(numbers))
    if draft.images:
        parts.append(ngettext("{0} key image", "{0} key images", len(draft.images)).format(len(draft.images)))
    return " · ".join(part for part in parts if part)
