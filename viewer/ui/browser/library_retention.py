"""The window of the rules for how long studies are kept: what they would put into the trash, and doing it."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QFormLayout, QHBoxLayout, QListWidget, QSpinBox, QVBoxLayout, QWidget

from viewer.base.errors import ViewerError
from viewer.base.jobs import JobHandle
from viewer.base.translation import _
from viewer.ui.buttons import push_button
from viewer.ui.labels import plain_label
from viewer.ui.number_fields import whole_number_field
from viewer.ui.pieces import caution
from viewer.workspace.library_browsing import LibraryDesk
from viewer.workspace.library_retention import (
    MOST_DAYS,
    MOST_GIGABYTES,
    RetentionSettings,
    plan_lines,
    plan_sentence,
    planned,
    put_into_trash,
)
from viewer.workspace.study_standings import said_of

if TYPE_CHECKING:
    from viewer.library.retention import RetentionPlan
    from viewer.library.study_row import StudyRow

WIDTH, HEIGHT = 620, 460


class RetentionWindow(QDialog):
    """Two limits, what they come to, and a button that does it.

    Args:
        settings: As they were kept.
        keep: Keeps what is changed.
        moved: Called with the studies that went into the trash.
    """

    def __init__(
        self,
        parent: QWidget,
        desk: LibraryDesk,
        settings: RetentionSettings,
        keep: Callable[[RetentionSettings], None],
        moved: "Callable[[list[StudyRow]], None]",
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("How long studies are kept"))
        self.resize(WIDTH, HEIGHT)
        self._desk, self._keep, self._moved = desk, keep, moved
        self._plan: RetentionPlan | None = None
        self._is_closed = False
        self._asked: JobHandle[RetentionPlan] | None = None
        self.days = _number(settings.days, MOST_DAYS, _(" days"))
        self.gigabytes = _number(settings.gigabytes, MOST_GIGABYTES, _(" GB"))
        self.spares = QCheckBox(_("Studies with images that nobody has looked at stay"))
        self.spares.setChecked(settings.spares_undisplayed)
        self.text = plain_label("")
        self.text.setWordWrap(True)
        self.elsewhere = caution()
        self.elsewhere.hide()
        self.studies = QListWidget()
        self.studies.setAccessibleName(_("Studies that would go"))
        self.button = push_button(_("Move to the trash"), self.move_to_trash)
        self._lay_out()
        self.days.valueChanged.connect(self._changed)
        self.gigabytes.valueChanged.connect(self._changed)
        self.spares.toggled.connect(self._changed)
        self._look()

    @property
    def settings(self) -> RetentionSettings:
        """As they stand in the window."""
        return RetentionSettings(self.days.value(), self.gigabytes.value(), self.spares.isChecked())

    def move_to_trash(self) -> None:
        """Put what is listed into the trash: exactly that."""
        plan = self._plan
        if plan is None or not plan.studies:
            return
        self.button.setEnabled(False)
        self._desk.ask(lambda library: put_into_trash(library, plan), self._went, self._fail)

    def done(self, result: int) -> None:
        """Close; what is on its way into the trash goes there all the same."""
        self._is_closed = True
        if self._asked is not None:
            self._asked.cancel()
        super().done(result)

    def _changed(self) -> None:
        self._keep(self.settings)
        self._look()

    def _look(self) -> None:
        """Ask what the rules come to; an answer to older ones is dropped."""
        self._plan = None
        self.button.setEnabled(False)
        if self._asked is not None:
            self._asked.cancel()
        settings = self.settings
        if not settings.is_any:
            self.studies.clear()
            self.elsewhere.hide()
            self.text.setText(_("No rule: studies are kept until somebody takes them away."))
            return
        self._asked = self._desk.ask(lambda library: planned(library, settings), self._show, self._fail)

    def _show(self, plan: "RetentionPlan") -> None:
        self._plan = plan
        self.text.setText(plan_sentence(plan))
        self.studies.clear()
        self.studies.addItems(plan_lines(plan))
        self.button.setEnabled(bool(plan.studies))
        self.elsewhere.hide()
        uids = [study.study_instance_uid for study, _rule in plan.studies]
        if uids:
            told = partial(self._say_elsewhere, plan)
            self._desk.work(lambda library, _progress: said_of(uids, library), told, self._fail)

    def _say_elsewhere(self, plan: "RetentionPlan", line: str) -> None:
        """Say where what would go is kept besides, or that it is nowhere else."""
        if plan is self._plan and not self._is_closed:
            self.elsewhere.setText(line)
            self.elsewhere.setVisible(bool(line))

    def _went(self, studies: "list[StudyRow]") -> None:
        self._moved(studies)
        if not self._is_closed:
            self._look()

    def _fail(self, error: ViewerError) -> None:
        if not self._is_closed:
            self.text.setText(error.one_line())

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        form.setHorizontalSpacing(16)
        form.addRow(_("Rested longer than"), self.days)
        form.addRow(_("The library holds more than"), self.gigabytes)
        form.addRow("", self.spares)
        note = plain_label(
            _("Nothing goes by itself. Studies with the flag “protected” always stay; the trash gives back what went.")
        )
        note.setWordWrap(True)
        buttons = QHBoxLayout()
        buttons.addWidget(self.button)
        buttons.addStretch(1)
        buttons.addWidget(push_button(_("Close"), self.close))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(10)
        layout.addLayout(form)
        layout.addWidget(note)
        layout.addWidget(self.text)
        layout.addWidget(self.elsewhere)
        layout.addWidget(self.studies, 1)
        layout.addLayout(buttons)
        for field, name in ((self.days, _("Rested longer than")), (self.gigabytes, _("The library holds more than"))):
            field.setAccessibleName(name)


def _number(value: int, most: int, suffix: str) -> QSpinBox:
    field = whole_number_field()
    field.setRange(0, most)
    field.setValue(value)
    field.setSuffix(suffix)
    field.setSpecialValueText(_("no rule"))
    field.setKeyboardTracking(False)
    return field
