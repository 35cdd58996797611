"""What stands over a report: whose it is, what it is, how final it is, and who verified it.

It is read from the same file as the page below.
"""

from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from viewer.base.translation import _, current_language
from viewer.dicom.structured_report.values import ReportHeader
from viewer.dicom.structured_report.wording import (
    date_text,
    date_time_text,
    document_title,
    flags_of,
    name_text,
    time_text,
)
from viewer.imaging.frame_state import PatientIdentity
from viewer.ui.labels import plain_label
from viewer.ui.panels.wrapped_lines import breakable
from viewer.ui.theme import colours
from viewer.workspace.corner_texts import identity_lines
from viewer.workspace.reporting.report_book import HeldReport

_CALM_FLAGS = frozenset({"COMPLETE", "VERIFIED"})
_NAME, _ID, _BIRTH_DATE, _SEX, _STUDY_DATE = 0x00100010, 0x00100020, 0x00100030, 0x00100040, 0x00080020


class ReportHead(QWidget):
    """Identity and state of one report."""

    def __init__(self) -> None:
        super().__init__()
        self._identity = plain_label()
        self._identity.setAccessibleName(_("Patient"))
        self._flags = plain_label()  # it wraps: what is wider than the viewport would push the identity out of it
        for label in (self._identity, self._flags):
            policy = label.sizePolicy()  # a name of a thousand letters must not decide how wide the document is
            policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
            label.setSizePolicy(policy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._identity)
        layout.addWidget(self._flags)

    def show_report(self, held: HeldReport) -> None:
        """Show whose report it is, and its state as far as it was read."""
        self._identity.setText(breakable("\n".join(_identity(held))))
        self._flags.setVisible(held.read is not None)
        if held.read is None:
            return
        header = held.read.report.header
        flags = (*flags_of(header), *_verifications(header))
        tone = colours().good if _is_calm(header) else colours().caution
        self._flags.setText(" · ".join(flags))
        self._flags.setStyleSheet(
            f"color: {tone}; border: 1px solid {tone}; border-radius: 2px; padding: 1px 6px; font-weight: 600;"
        )
        self._flags.setAccessibleName(_("State of the report: {0}").format(", ".join(flags)))

    def mark_identity(self, *, is_marked: bool) -> None:
        """Let the patient's name stand out: there are others on screen."""
        self._identity.setStyleSheet(f"color: {colours().caution};" if is_marked else "")


def _identity(held: HeldReport) -> tuple[str, ...]:
    if held.read is None:
        header, character_set = held.header, held.character_set or None
        named = PatientIdentity(
            header.text(_NAME, character_set),
            header.text(_ID, character_set),
            header.ascii(_BIRTH_DATE),
            header.ascii(_SEX),
        )
        return identity_lines(named, header.ascii(_STUDY_DATE))
    told = held.read.report.header
    patient = told.patient
    time = time_text(told.content_time).partition(".")[0]
    moment = " ".join(part for part in (date_text(told.content_date), time) if part)
    title = " · ".join(part for part in (document_title(held.read.report), moment) if part)
    named = PatientIdentity(patient.name, patient.patient_id, patient.birth_date, patient.sex)
    return (*identity_lines(named, told.study_date), title)


def _verifications(header: ReportHeader) -> list[str]:
    """Return who verified a report, and when."""
    language = current_language()
    told = ((name_text(each.observer, language), date_time_text(each.at)) for each in header.verifications)
    return [" ".join(part for part in parts if part) for parts in told]


def _is_calm(header: ReportHeader) -> bool:
    """Whether a report is complete, verified and final."""
    is_final = header.preliminary in {"", "FINAL"}
    return {header.completion, header.verification} == _CALM_FLAGS and is_final
