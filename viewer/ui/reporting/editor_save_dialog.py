"""Asks how final a report is, who answers for it, and where it is saved."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QLineEdit, QPushButton, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.ui.dialogs.destination_choice import DestinationChoice, DestinationHost
from viewer.ui.hairline import hairline
from viewer.ui.pieces import caution, form, paragraph
from viewer.workspace.object_saving import Destination
from viewer.workspace.reporting.report_draft_saving import ReportWords

WIDTH = 500
_LONGEST_REASON = 1000
Save = Callable[[ReportWords, bool, tuple[Destination, ...]], None]
"""Called with what is said, whether a PDF is saved as well, and where it goes."""


class ReportSaveDialog(QDialog):
    """One report.

    Args:
        parent: The editor.
        host: The program's side of destinations.
        words: What is offered at first.
        is_amending: Whether a reason is asked for.
        identity: Whose report it is, spelled out once more.
        save: Called with what was chosen.
    """

    def __init__(
        self,
        parent: QWidget,
        host: DestinationHost,
        words: ReportWords,
        identity: str,
        save: Save,
        *,
        is_amending: bool,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Save the report"))
        self.setMinimumWidth(WIDTH)
        self._save, self._is_amending = save, is_amending
        self.author = _field(words.author, _("Your name"))
        self.organization = _field(words.organization, _("Organization"))
        self.reason = _field(words.reason, _("Reason"))
        self.reason.setMaxLength(_LONGEST_REASON)
        self.is_complete = QCheckBox(_("Complete: nothing more is to be said (COMPLETE)"))
        self.is_complete.setChecked(words.is_complete)
        self.is_verified = QCheckBox(_("I verify it with my name (VERIFIED)"))
        self.is_verified.setChecked(words.is_verified)
        self.has_pdf = QCheckBox(_("Also as a PDF document in the study"))
        self.place = DestinationChoice(host)
        self.problem = caution()
        self.start = QPushButton(_("Save"))
        self.start.setDefault(True)
        self._lay_out(identity)
        for field in (self.author, self.organization, self.reason):
            field.textChanged.connect(lambda _text: self._follow())
        for box in (self.is_complete, self.is_verified):
            box.toggled.connect(lambda _on: self._follow())
        self.place.changed.connect(self._follow)
        self._follow()
        (self.reason if is_amending and not words.reason else self.author).setFocus()

    @property
    def words(self) -> ReportWords:
        """What was said."""
        return ReportWords(
            _clean(self.author),
            _clean(self.organization),
            self.is_complete.isChecked(),
            self.is_verified.isChecked(),
            _clean(self.reason),
        )

    @property
    def hindrance(self) -> str:
        """Why it cannot be saved so, translated; empty where it can."""
        if self._is_amending and not self.words.reason:
            return _("Say why the report is amended")
        return self.words.problem

    def accept(self) -> None:
        """Save."""
        destinations = self.place.destinations
        if destinations and not self.hindrance:
            self.place.remember()
            self._save(self.words, self.has_pdf.isChecked(), destinations)
            super().accept()

    def _follow(self) -> None:
        hindrance = self.hindrance
        self.problem.setText(hindrance)
        self.problem.setVisible(bool(hindrance))
        self.start.setEnabled(bool(self.place.destinations) and not hindrance)

    def _lay_out(self, identity: str) -> None:
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addWidget(paragraph(identity))
        layout.addWidget(hairline())
        fields = form()
        fields.setFieldGrowthPolicy(fields.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        fields.addRow(_("Your name"), self.author)
        fields.addRow(_("Organization"), self.organization)
        if self._is_amending:
            fields.addRow(_("Reason"), self.reason)
        layout.addLayout(fields)
        for box in (self.is_complete, self.is_verified, self.has_pdf):
            layout.addWidget(box)
        layout.addWidget(hairline())
        layout.addWidget(self.place)
        layout.addWidget(self.problem)
        buttons = QDialogButtonBox()
        buttons.addButton(self.start, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QPushButton(_("Cancel")), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)


def _field(text: str, name: str) -> QLineEdit:
    field = QLineEdit(text)
    field.setAccessibleName(name)
    field.setMaxLength(64)
    return field


def _clean(field: QLineEdit) -> str:
    return " ".join(field.text().replace("\\", " ").split())
