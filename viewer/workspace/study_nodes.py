"""Patient, study and series as the tree holds them: texts decoded once, instances in the order they arrived.

Only StudyTree changes them; everybody else reads.
"""

import datetime as dt
from dataclasses import dataclass, field

from viewer.base.translation import _, current_language
from viewer.dicom.dates_and_times import parse_date
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.person_name import PersonName, folded
from viewer.workspace.display_set import SetWarning

_STUDY_DATE, _SERIES_DATE, _STUDY_TIME, _SERIES_TIME = 0x00080020, 0x00080021, 0x00080030, 0x00080031
_ACCESSION, _REFERRING, _STUDY_TEXT, _SERIES_TEXT = 0x00080050, 0x00080090, 0x00081030, 0x0008103E
_STUDY_ID, _SERIES_NUMBER, _BODY_PART, _LATERALITY = 0x00200010, 0x00200011, 0x00180015, 0x00200060


@dataclass(slots=True, eq=False)
class Series:
    """A series: instances with one Series Instance UID, images and other objects alike.

    Attributes:
        key: Unique in the tree; holds nothing of the patient.
        headers: Its instances, in the order they were found.
        frames: Frames of all of them.
        search_text: Folded text the filter looks in.
        awaited: SOP Instance UIDs that a directory names and that have not come.
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
    awaited: set[str] = field(default_factory=set)

    @property
    def expected(self) -> int | None:
        """How many instances there should be by a directory; None where none misses any."""
        if not self.awaited:
            return None
        return len({header.sop_instance_uid for header in self.headers}) + len(self.awaited)

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
    def study_date(self) -> dt.date | None:
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
    """A patient: one ID, name and date of birth. Another name under the same ID is another patient, with a warning.

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
        return PersonName.parse(self.name).formatted(current_language()) or _("(no name)")

    @property
    def sorted_studies(self) -> tuple[Study, ...]:
        """Its studies, the newest first."""
        return tuple(sorted(self.studies.values(), key=lambda study: (study.date, study.time), reverse=True))

    @property
    def file_count(self) -> int:
        """Files of all its studies."""
        return sum(study.file_count for study in self.studies.values())


def new_study(key: str, patient: Patient, header: InstanceHeader, character_set: str | None) -> Study:
    """Return the node of the study an instance belongs to, without series."""
    study = Study(
        key,
        patient,
        header.study_instance_uid,
        header.ascii(_STUDY_DATE),
        header.ascii(_STUDY_TIME),
        header.text(_STUDY_TEXT, character_set),
        header.text(_ACCESSION, character_set),
        header.text(_STUDY_ID, character_set),
        header.text(_REFERRING, character_set),
        character_set=character_set or "",
    )
    words = (study.date, study.description, study.accession_number, study.study_id, study.referring_physician)
    study.search_text = folded(" ".join(words))
    return study


def new_series(key: str, study: Study, header: InstanceHeader, character_set: str | None) -> Series:
    """Return the node of the series an instance belongs to, without instances."""
    number = header.number(_SERIES_NUMBER)
    series = Series(
        key,
        study,
        header.series_instance_uid,
        None if number is None else int(number),
        header.modality,
        header.text(_SERIES_TEXT, character_set),
        header.ascii(_BODY_PART),
        header.ascii(_LATERALITY),
        header.ascii(_SERIES_DATE) or study.date,
        header.ascii(_SERIES_TIME),
    )
    own = folded(f"{series.modality} {series.description} {series.body_part} {series.number}")
    series.search_text = f"{study.patient.search_text} {study.search_text} {own}"
    return series
