"""What is kept aside, in words."""

import re
from collections.abc import Mapping
from datetime import datetime

from viewer.base.translation import N_, _, current_language, ngettext
from viewer.dicom.dates_and_times import display_date
from viewer.dicom.person_name import PersonName
from viewer.library.aside import AsideGroup, Decided, DecisionKind
from viewer.library.instance_record import AsideReason, Source
from viewer.library.study_row import IdentityWarning, StudyRow, WarningKind

SEPARATOR = "  ·  "
_WORD_ENDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
WARNING_TITLES = {
    WarningKind.OTHER_PATIENT: N_("Another patient under the same study UID"),
    WarningKind.OTHER_ISSUER: N_("One names no issuer of the patient ID"),
    WarningKind.OTHER_NAME: N_("Another name under the same patient ID"),
    WarningKind.OTHER_BIRTH_DATE: N_("Another birth date under the same patient ID"),
    WarningKind.OTHER_STUDY: N_("The series is there in another study"),
    WarningKind.LATE: N_("Came late, or from another source"),
}
_BYTES_PER_KB, _BYTES_PER_MB = 1000, 1_000_000


def moment_text(at: datetime) -> str:
    """Return a moment by the reader's clock."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def sender_text(source: Source) -> str:
    """Return who sent it, with the address."""
    name = source.name or _("(no title)")
    return _("{0} at {1}").format(name, source.address) if source.address else name


def name_text(patient_name: str) -> str:
    """Return a patient's name in every writing it has, the reader's first."""
    return PersonName.parse(patient_name).full(current_language()) or _("(no name)")


def patient_text(attributes: Mapping[str, str]) -> str:
    """Return name, birth date, sex and ID."""
    birth = attributes.get("PatientBirthDate", "")
    parts = [name_text(attributes.get("PatientName", ""))]
    parts += [display_date(birth) if birth else "", attributes.get("PatientSex", "")]
    patient_id = attributes.get("PatientID", "")
    return SEPARATOR.join(part for part in (*parts, _("ID {0}").format(patient_id) if patient_id else "") if part)


def study_text(attributes: Mapping[str, str]) -> str:
    """Return date, description and modality of a study."""
    day = attributes.get("StudyDate", "")
    parts = [display_date(day, with_weekday=True) if day else "", attributes.get("StudyDescription", "")]
    return SEPARATOR.join(part for part in (*parts, attributes.get("Modality", "")) if part) or _("(no description)")


def row_attributes(study: StudyRow) -> dict[str, str]:
    """Return what a study of the library says, by keyword."""
    return {
        "PatientName": study.patient_name,
        "PatientID": study.patient_id,
        "PatientBirthDate": study.birth_date,
        "PatientSex": study.sex,
        "StudyDate": study.study_date,
        "StudyDescription": study.study_description,
        "Modality": ", ".join(study.modalities),
    }


def images_text(count: int) -> str:
    """Return how many instances."""
    return ngettext("{0} image", "{0} images", count).format(count)


def size_text(size: int) -> str:
    """Return how many bytes."""
    if size < _BYTES_PER_MB:
        return _("{0} kB").format(max(1, round(size / _BYTES_PER_KB)))
    return _("{0} MB").format(f"{size / _BYTES_PER_MB:.1f}")


def arrival_text(group: AsideGroup) -> str:
    """Return who sent a group, when, and how much."""
    size = size_text(group.size)
    return SEPARATOR.join(
        (sender_text(group.source), moment_text(group.last_at), images_text(len(group.arrived)), size)
    )


def reason_text(group: AsideGroup) -> str:
    """Return in a sentence why a group is aside."""
    if group.reason is AsideReason.UNKNOWN_SENDER:
        return _("The sender is not on the list of who may send. What it sent is kept here until you decide.")
    if group.reason is AsideReason.SUPERSEDED:
        return _("These were in force until others were put in their place.")
    return _(
        "The same UIDs came with other content. The first ones stay in force; what came second is kept here until you"
        " decide."
    )


def attribute_title(keyword: str) -> str:
    """Return an attribute's name from its keyword: PatientBirthDate reads Patient Birth Date."""
    return keyword if keyword.startswith("(") else _WORD_ENDS.sub(" ", keyword)


def warning_title(warning: IdentityWarning) -> str:
    """Return what does not fit together."""
    return _(WARNING_TITLES[warning.kind])


def value_text(kind: WarningKind, value: str) -> str:
    """Return a value of a warning as a person reads it."""
    if kind is WarningKind.OTHER_NAME:
        return name_text(value)
    if kind is WarningKind.OTHER_BIRTH_DATE:
        return display_date(value) or value
    return value


def decided_text(decided: Decided) -> str:
    """Return what a decision came to."""
    parts = []
    if decided.kind is DecisionKind.DISCARDED:
        parts.append(ngettext("{0} image removed", "{0} images removed", decided.discarded).format(decided.discarded))
    elif decided.filed:
        parts.append(ngettext("{0} image is in force", "{0} images are in force", decided.filed).format(decided.filed))
    if decided.altered:
        words = ngettext("{0} stays aside: it is held already with other content", "{0} stay aside", decided.altered)
        parts.append(words.format(decided.altered))
    return SEPARATOR.join(parts) or _("Nothing was changed")
