"""The window a report is written in: whose it is on top, words under headings, marks and key images beside them."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Protocol

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from viewer.base.errors import SettingsError
from viewer.base.jobs import JobRunner
from viewer.base.translation import _
from viewer.dicom.structured_report.diagnostic_codes import TITLES
from viewer.imaging.frame_store import FrameStore
from viewer.ui.buttons import push_button
from viewer.ui.dialogs.destination_choice import DestinationHost
from viewer.ui.labels import plain_label
from viewer.ui.pieces import caution, form
from viewer.ui.reporting.editor_deeds import EditorDeeds
from viewer.ui.reporting.editor_keeping import DraftKeeping
from viewer.ui.reporting.editor_material import MaterialPanel
from viewer.ui.reporting.editor_sections import SectionsPane
from viewer.ui.theme import colours
from viewer.workspace.object_saving import Saved
from viewer.workspace.reporting.report_draft import DraftHistory, ReportDraft, in_template
from viewer.workspace.reporting.report_draft_store import DraftStore
from viewer.workspace.reporting.report_rendering import printed_identity
from viewer.workspace.reporting.report_templates import ReportTemplates, sections_of
from viewer.workspace.study_nodes import Study
from viewer.workspace.workspace import Workspace

SIZE = (980, 700)
RUN_MS = 1200
"""A pause of typing this long ends a step of undo."""
_PANEL_PX = 290


class EditorHost(Protocol):
    """The program's side of writing reports."""

    drafts: DraftStore
    runner: JobRunner
    frames: FrameStore

    @property
    def destinations(self) -> DestinationHost:
        """Where reports are saved."""

    def templates(self) -> ReportTemplates:
        """Return the templates there are."""

    def values_for(self, study: Study) -> dict[str, str]:
        """Return what placeholders stand for."""

    def reader(self) -> str:
        """Return the reader's name; empty where it is not known."""

    @property
    def organization(self) -> str:
        """The reader's, as typed last."""

    @property
    def paper(self) -> str:
        """What is printed on: a4, letter, or empty for what is usual."""

    def show_saved(self, draft: ReportDraft, saved: Saved) -> None:
        """Have a report that was saved among the open ones."""

    def remember_organization(self, organization: str) -> None:
        """Have it offered the next time."""


class ReportEditor(QDialog):
    """Writes one report; stays beside the images.

    Args:
        window: The reading window.
        workspace: Its.
        host: The program's side.
        draft: To begin or go on with.
        say: Says a sentence at the foot of the window.

    Signals:
        closed: It is gone.
    """

    closed = Signal()

    def __init__(
        self,
        window: QWidget,
        workspace: Workspace,
        host: EditorHost,
        draft: ReportDraft,
        say: Callable[[str], None],
    ) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint, on=True)
        self.resize(min(SIZE[0], window.width()), min(SIZE[1], window.height()))
        self.workspace, self.host, self.say = workspace, host, say
        self.begun = draft
        self.history = DraftHistory(draft)
        self.keeping = DraftKeeping(host.drafts, host.runner, draft, self)
        self.templates = host.templates()
        self.sections, self.material = SectionsPane(), MaterialPanel()
        self.deeds = EditorDeeds(self)
        self._may_lose = False
        self._make_head()
        self._make_foot()
        self._lay_out()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(RUN_MS)
        self._pause.timeout.connect(self.history.end_run)
        self._connect()
        self.show_draft()
        self.follow_screen()
        empty = (place for place, each in enumerate(draft.sections) if each.is_empty)
        self.sections.focus(0 if draft.replaces is not None else next(empty, 0))

    @property
    def draft(self) -> ReportDraft:
        """As it is now."""
        return self.history.draft

    @property
    def study(self) -> Study | None:
        """The open study it is about; None when it was closed."""
        uid = self.draft.study_instance_uid
        return next((each for each in self.workspace.tree.studies() if each.study_instance_uid == uid), None)

    # Changing

    def change(self, draft: ReportDraft, run: object = None) -> None:
        """Take a change, keep it, and show it."""
        if draft == self.draft:
            return
        self.history.change(draft, run)
        self.keeping.note(self.draft)
        self.show_draft()
        if run is not None:
            self._pause.start()

    def undo(self, *, is_back: bool) -> None:
        """Go a step back, or forth again."""
        before = self.draft
        after = self.history.undo() if is_back else self.history.redo()
        if after != before:
            self.keeping.note(after)
            self.show_draft()

    def show_draft(self) -> None:
        """Show the draft as it is now."""
        draft = self.draft
        self.sections.show_draft(draft)
        self.deeds.show_images()
        for choice, key in ((self.template, draft.template), (self.title, draft.title.value)):
            choice.blockSignals(True)
            choice.setCurrentIndex(choice.findData(key))
            choice.blockSignals(False)
        self._back.setEnabled(self.history.can_undo)
        self._forth.setEnabled(self.history.can_redo)
        self.deeds.follow_draft()

    def follow_screen(self) -> None:
        """Say whether the study on screen is that of the report."""
        series, study = self.workspace.series_at(self.workspace.active), self.study
        if study is None:
            told = _("The study of this report is not open: images and marks cannot be put in")
        elif series is not None and series.study.patient.key != study.patient.key:
            told = _("ANOTHER PATIENT is on screen: {0}").format(series.study.patient.display_name)
        elif series is not None and series.study.key != study.key:
            told = _("Another study of this patient is on screen: {0}").format(_study_words(series.study))
        else:
            told = ""
        self.warning.setText(f"⚠  {told}" if told else "")
        self.warning.setVisible(bool(told))

    # Building

    def _make_head(self) -> None:
        draft = self.draft
        identity = printed_identity(draft.identity, "")
        self.identity = plain_label(f"{identity.patient}\n{identity.study}")
        self.identity.setAccessibleName(_("Patient and study of the report"))
        self.identity.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        font = self.identity.font()
        font.setBold(True)
        self.identity.setFont(font)
        title = _("Report: {0}") if draft.replaces is None else _("Amended report: {0}")
        self.setWindowTitle(title.format(identity.patient))
        self.warning = caution()
        self.warning.setStyleSheet(f"color: {colours().caution}; font-weight: 600;")
        told = []
        if draft.replaces is not None:
            told.append(_("Version {0}: takes the place of the saved report, which stays").format(draft.version))
        if draft.left_out:
            told.append(_("Not taken over from it: {0}").format("; ".join(draft.left_out)))
        self.standing = caution("\n".join(told))
        self.standing.setVisible(bool(told))
        self.template, self.title = _choice(_("Template")), _choice(_("Title"))
        for template in self.templates.templates:
            self.template.addItem(template.name, template.id)
        for code in dict.fromkeys((*TITLES, *(each.title for each in self.templates.templates), draft.title)):
            if self.title.findData(code.value) < 0:
                self.title.addItem(code.meaning, code.value)
                self.title.setItemData(self.title.count() - 1, code, _CODE)

    def _make_foot(self) -> None:
        self.kept = plain_label()
        self.kept.setWordWrap(False)
        self._back = push_button(_("Undo"), partial(self.undo, is_back=True), "undo")
        self._forth = push_button(_("Redo"), partial(self.undo, is_back=False), "redo")
        self.discard = push_button(_("Discard…"), self.deeds.ask_discard)
        self.pdf = push_button(_("PDF…"), self.deeds.export_pdf)
        self.print = push_button(_("Print…"), self.deeds.print_draft)
        self.save = push_button(_("Save…"), self.deeds.ask_save)
        self.save.setToolTip("Ctrl+S")

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addWidget(self.identity)
        layout.addWidget(self.warning)
        layout.addWidget(self.standing)
        head = QHBoxLayout()
        for name, choice in ((_("Template"), self.template), (_("Title"), self.title)):
            row = form()
            row.addRow(name, choice)
            head.addLayout(row)
        head.addStretch(1)
        layout.addLayout(head)
        body = QSplitter(Qt.Orientation.Horizontal)
        body.setChildrenCollapsible(False)
        body.addWidget(self.sections)
        body.addWidget(self.material)
        body.setStretchFactor(0, 1)
        body.setSizes([SIZE[0] - _PANEL_PX, _PANEL_PX])
        layout.addWidget(body, 1)
        foot = QHBoxLayout()
        foot.addWidget(self._back)
        foot.addWidget(self._forth)
        foot.addWidget(self.kept, 1)
        for button in (self.discard, self.pdf, self.print, self.save):
            foot.addWidget(button)
        layout.addLayout(foot)

    def _connect(self) -> None:
        self.sections.typed.connect(self._typed)
        self.sections.undo_wanted.connect(lambda is_back: self.undo(is_back=is_back))
        self.sections.number_unwanted.connect(self._take_number_out)
        self.sections.entered.connect(lambda _place: self.history.end_run())
        self.template.currentIndexChanged.connect(lambda _row: self._template_chosen())
        self.title.currentIndexChanged.connect(lambda _row: self._title_chosen())
        self.keeping.told.connect(self._tell_kept)
        self.deeds.connect_material()
        keys = (
            (QKeySequence(QKeySequence.StandardKey.Undo), partial(self.undo, is_back=True)),
            (QKeySequence(QKeySequence.StandardKey.Redo), partial(self.undo, is_back=False)),
            (QKeySequence("Ctrl+M"), self.material.put_in_chosen),
            (QKeySequence("Ctrl+I"), self.deeds.add_image),
            (QKeySequence("Ctrl+S"), self.deeds.ask_save),
            (QKeySequence("Ctrl+P"), self.deeds.print_draft),
        )
        for key, call in keys:
            QShortcut(key, self).activated.connect(call)
        space = self.workspace
        self._disconnect = [
            space.active_changed.connect(lambda _cell: self.follow_screen()),
            space.viewports_changed.connect(lambda _cells: self.follow_screen()),
            space.tree.changed.connect(lambda _change: self.deeds.study_changed()),
            space.shared.annotations.changed.connect(lambda _uids: self.deeds.show_marks_soon()),
        ]

    def _typed(self, place: int, text: str) -> None:
        self.change(self.draft.with_text(place, text), self.deeds.run or ("typed", place))

    def _take_number_out(self, place: int, number: int) -> None:
        section = self.draft.sections[place]
        self.change(self.draft.without_number(place, section.numbers[number]))

    def _template_chosen(self) -> None:
        template, study = self.templates.by_id(str(self.template.currentData())), self.study
        if template is not None:
            values = self.host.values_for(study) if study is not None else {}
            self.change(in_template(self._written(), template.id, template.title, sections_of(template, values)))

    def _written(self) -> ReportDraft:
        """Return the draft without what its template wrote and nobody changed."""
        begun = {each.heading[:2]: each.text for each in self.begun.sections} if not self.begun.replaces else {}
        study, template = self.study, self.templates.by_id(self.draft.template)
        if template is not None and study is not None:
            begun |= {
                each.heading[:2]: each.text for each in sections_of(template, self.host.values_for(study)) if each.text
            }
        sections = tuple(
            replace(each, text="") if each.text == begun.get(each.heading[:2]) and not each.numbers else each
            for each in self.draft.sections
        )
        return replace(self.draft, sections=sections)

    def _title_chosen(self) -> None:
        code = self.title.currentData(_CODE)
        if code is not None:
            self.change(replace(self.draft, title=code))

    def _tell_kept(self, text: str, is_problem: bool) -> None:
        self.kept.setText(text)
        self.kept.setToolTip(text)
        self.kept.setStyleSheet(f"color: {colours().caution if is_problem else colours().secondary};")

    # Closing

    def reject(self) -> None:
        """Close; the draft is kept."""
        self.close()

    def lose(self) -> None:
        """Close, whatever is kept."""
        self._may_lose = True
        self.close()

    def can_lose_nothing(self) -> bool:
        """Whether what was written is on the disk, or the reader said that it may go; else asks, and returns False."""
        if self._may_lose or self._is_settled():
            return True
        self.deeds.ask_lose()
        return False

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the draft; a report that cannot be kept is not closed before the reader says so."""
        if not self.can_lose_nothing():
            event.ignore()
            return
        self._leave_draft()
        for disconnect in self._disconnect:
            disconnect()
        self._disconnect = []
        self.closed.emit()
        event.accept()

    def _is_settled(self) -> bool:
        """Keep what is worth keeping; return whether nothing can be lost."""
        return self._is_untouched or self.keeping.flush()

    @property
    def _is_untouched(self) -> bool:
        """Whether nothing was written since it was begun here."""
        begun, draft = self.begun, self.draft
        return (draft.sections, draft.images) == (begun.sections, begun.images) and not self.was_kept

    @property
    def was_kept(self) -> bool:
        """Whether the draft was there before this window."""
        return bool(self.begun.changed_at)

    def _leave_draft(self) -> None:
        """Say that the draft is kept; one in which nothing was written is not."""
        if self._may_lose or not self._is_untouched:
            self.keeping.close()
            if not self._may_lose and self.host.drafts.folder is not None:
                self.say(_("The draft of the report is kept"))
            return
        try:
            self.keeping.forget()
        except SettingsError as error:
            self.say(error.one_line())


_CODE = Qt.ItemDataRole.UserRole + 1


def _choice(name: str) -> QComboBox:
    choice = QComboBox()
    choice.setAccessibleName(name)
    choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return choice


def _study_words(study: Study) -> str:
    day = study.study_date
    return " · ".join(part for part in (day.isoformat() if day else "", study.description) if part)
