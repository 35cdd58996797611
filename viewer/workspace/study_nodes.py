"""Patient, study and series as the tree holds them: texts decoded once, instances in the order they arrived.

Only StudyTree changes them; everybody else reads.
"""

from dataclasses import dataclass, field
from datetime import date

from viewer.base.translation import _
from viewer.dicom.instance_header import InstanceHeader
from viewer.workspace.display_set import SetWarning


@dataclass(slots=True, eq=False)
class Series:
    """A series: instances with one Series Instance UID, images and other objects alike.

    Attributes:
        key: Unique in the tree; holds nothing of the patient.
        headers: Its instances, in the order they were found.
        frames: Frames of all of them.
        search_text: Folded text the filter looks in.
    """

    key: str
    study: "Study"
    series_instance_uid: str
    number: int | None = None
    modality: str = ""
    description: str = ""
    body_part: str = ""
    laterality: str = ""
    date: str = ""
    time: str = ""
    headers: list[InstanceHeader] = field(default_factory=list)
    frames: int = 0
    search_text: str = ""

    @property
    def sort_key(self) -> tuple[object, ...]:
        """By number, then time, then as found; series without a number come last."""
        return (self.number is None, self.number or 0, self.date, self.time)


@dataclass(slots=True, eq=False)
class Study:
    """A study of one patient.

    Attributes:
        date: (0008,0020) as found; study_date is its calendar day.
        series: By key, in the order they were found.
        character_set: The reader's override of (0008,0005); empty for the files' own.
    """

    key: str
    patient: "Patient"
    study_instance_uid: str
    date: str = ""
    time: str = ""
    description: str = ""
    accession_number: str = ""
    study_id: str = ""
    referring_physician: str = ""
    series: dict[str, Series] = field(default_factory=dict)
    character_set: str = ""
    search_text: str = ""

    @property
    def study_date(self) -> date | None:
        """The day of the study; None when absent or not a date."""
        return parse_date(self.date)

    @property
    def modalities(self) -> tuple[str, ...]:
        """The modalities of its series, sorted, each once."""
        return tuple(sorted({series.modality for series in self.series.values() if series.modality}))

    @property
    def sorted_series(self) -> tuple[Series, ...]:
        """Its series by number."""
        return tuple(sorted(self.series.values(), key=lambda series: series.sort_key))

    @property
    def file_count(self) -> int:
        """Files of all its series."""
        return sum(len(series.headers) for series in self.series.values())

    @property
    def frame_count(self) -> int:
        """Frames of all its series."""
        return sum(series.frames for series in self.series.values())


@dataclass(slots=True, eq=False)
class Patient:
    """A patient: one ID, one name, one date of birth. Another name under the same ID is another patient, with a warning.

    Attributes:
        name: As in the file, three groups with "=" and "^".
        warnings: What is doubtful about who this is.
    """

    key: str
    patient_id: str
    name: str
    birth_date: str
    sex: str = ""
    issuer: str = ""
    studies: dict[str, Study] = field(default_factory=dict)
    warnings: tuple[SetWarning, ...] = ()
    search_text: str = ""

    @property
    def display_name(self) -> str:
        """The name in the reader's script."""
        from viewer.base.translation import current_language
        from viewer.dicom.person_name import PersonName

        return PersonName.parse(self.name).formatted(current_language()) or _("(no name)")

    @property
    def sorted_studies(self) -> tuple[Study, ...]:
        """Its studies, the newest first."""
        return tuple(sorted(self.studies.values(), key=lambda study: (study.date, study.time), reverse=True))

    @property
    def file_count(self) -> int:
        """Files of all its studies."""
        return sum(study.file_count for study in self.studies.values())


def parse_date(text: str) -> date | None:
    """Return the day of a DA value, also of the old form YYYY.MM.DD; None when it is not one."""
    digits = text.strip().replace(".", "").replace("-", "")[:8]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])) if len(digits) == 8 else None
    except ValueError:
        return None
