"""The identity that a study should have: typed by a reader, or of a patient whom the library knows."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from viewer.base.errors import LibraryError
from viewer.base.translation import _
from viewer.dicom.dates_and_times import parse_date
from viewer.library.aside_groups import Difference
from viewer.library.study_row import StudyRow

KEYWORDS: Mapping[str, str] = {
    "patient_id": "PatientID",
    "issuer": "IssuerOfPatientID",
    "patient_name": "PatientName",
    "birth_date": "PatientBirthDate",
    "sex": "PatientSex",
    "accession_number": "AccessionNumber",
    "study_id": "StudyID",
    "study_description": "StudyDescription",
    "referring_physician_name": "ReferringPhysicianName",
}
"""Fields of an Identity, which are those of a StudyRow too, by the data dictionary."""
_LONGEST: Mapping[str, int] = {"AccessionNumber": 16, "StudyID": 16}
_LONGEST_LO, _NAME_GROUPS = 64, 3
_SEXES = ("", "M", "F", "O")


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom and which study files should say; None leaves a value as each file has it, "" empties it.

    Attributes:
        patient_name: With all its groups: "Hong^Gildong=洪^吉洞=홍^길동".
        birth_date: YYYYMMDD.
        sex: "M", "F", "O" or "".

    Raises:
        LibraryError: If a value cannot stand in its attribute.
    """

    patient_id: str | None = None
    issuer: str | None = None
    patient_name: str | None = None
    birth_date: str | None = None
    sex: str | None = None
    accession_number: str | None = None
    study_id: str | None = None
    study_description: str | None = None
    referring_physician_name: str | None = None

    def __post_init__(self) -> None:
        for keyword, value in self.values().items():
            if not _fits(keyword, value):
                raise LibraryError(_("This cannot be the value of {0}: {1}").format(keyword, value))

    @classmethod
    def of_patient(cls, study: StudyRow) -> "Identity":
        """Return the patient of a study, without what is the study's own."""
        return cls(study.patient_id, study.issuer, study.patient_name, study.birth_date, study.sex)

    @classmethod
    def of_study(cls, study: StudyRow) -> "Identity":
        """Return all that a study says."""
        return cls(**{name: getattr(study, name) for name in KEYWORDS})

    def values(self) -> dict[str, str]:
        """Return what is to be said, by keyword."""
        given = {keyword: getattr(self, name) for name, keyword in KEYWORDS.items()}
        return {keyword: value for keyword, value in given.items() if value is not None}


def differences(study: StudyRow, identity: Identity) -> tuple[Difference, ...]:
    """Return what would change, for the screen: what the study says (held) beside what it would get (arrived)."""
    held = {keyword: str(getattr(study, name)) for name, keyword in KEYWORDS.items()}
    return tuple(
        Difference(keyword, held[keyword], value)
        for keyword, value in identity.values().items()
        if value != held[keyword]
    )


def _fits(keyword: str, value: str) -> bool:
    """Return whether a value may stand in an attribute (PS3.5 6.2)."""
    if "\\" in value or value != value.strip() or any(unicodedata.category(char)[0] == "C" for char in value):
        return False
    if keyword == "PatientSex":
        return value in _SEXES
    if keyword == "PatientBirthDate":
        return not value or (len(value) == 8 and parse_date(value) is not None)
    if keyword.endswith("Name"):
        groups = value.split("=")
        return len(groups) <= _NAME_GROUPS and all(len(group) <= _LONGEST_LO for group in groups)
    return len(value) <= _LONGEST.get(keyword, _LONGEST_LO)
