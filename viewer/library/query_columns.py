"""Where the index keeps each key of a query, and how it is matched (PS3.4 C.6.1.1, C.6.2.1)."""

import enum
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from viewer.library.query_keys import INSTANCE_KEYS, SERIES_KEYS, STUDY_KEYS
from viewer.library.study_upkeep import SERIES_COLUMNS, STUDY_COLUMNS


class Level(enum.StrEnum):
    """Query/Retrieve Level (0008,0052), from the highest to the lowest."""

    PATIENT = "PATIENT"
    STUDY = "STUDY"
    SERIES = "SERIES"
    IMAGE = "IMAGE"


UNIQUE_KEYS: Mapping[Level, str] = {
    Level.PATIENT: "PatientID",
    Level.STUDY: "StudyInstanceUID",
    Level.SERIES: "SeriesInstanceUID",
    Level.IMAGE: "SOPInstanceUID",
}


class Kind(enum.Enum):
    """How a key is matched."""

    TEXT = enum.auto()
    TEXTS = enum.auto()
    """Several values with backslashes between: any of them matches."""
    LONG_TEXT = enum.auto()
    """A backslash is a letter."""
    NAME = enum.auto()
    UID = enum.auto()
    SET = enum.auto()
    """What the studies' rows repeat of their series, with backslashes between."""
    DATE = enum.auto()
    TIME = enum.auto()
    INTEGER = enum.auto()
    DECIMAL = enum.auto()
    ANSWER_ONLY = enum.auto()
    """Never matched by: computed, or no key of the models."""


@dataclass(frozen=True, slots=True)
class Column:
    """Where a key's value is.

    Attributes:
        source: SQL that gives it, or the JSON object that it is in.
        keyword: Its name in that object; empty when the source is the value itself.
    """

    source: str
    kind: Kind
    keyword: str = ""

    @property
    def sql(self) -> str:
        """What gives the value."""
        if not self.keyword:
            return self.source
        return f"coalesce(json_extract(nullif({self.source}, ''), '$.{self.keyword}'), '')"


def _kinds(kind: Kind, keywords: str) -> dict[str, Kind]:
    return dict.fromkeys(keywords.split(), kind)


_KINDS: Mapping[str, Kind] = {
    **_kinds(
        Kind.NAME,
        "PatientName OtherPatientNames ReferringPhysicianName NameOfPhysiciansReadingStudy OperatorsName"
        " PerformingPhysicianName ContentCreatorName",
    ),
    **_kinds(Kind.UID, "StudyInstanceUID SeriesInstanceUID SOPInstanceUID SOPClassUID FrameOfReferenceUID"),
    **_kinds(
        Kind.DATE,
        "PatientBirthDate StudyDate SeriesDate PerformedProcedureStepStartDate AcquisitionDate ContentDate"
        " PresentationCreationDate",
    ),
    **_kinds(
        Kind.TIME,
        "PatientBirthTime StudyTime SeriesTime PerformedProcedureStepStartTime AcquisitionTime ContentTime"
        " PresentationCreationTime",
    ),
    **_kinds(Kind.INTEGER, "SeriesNumber InstanceNumber AcquisitionNumber NumberOfFrames Rows Columns BitsAllocated"),
    **_kinds(Kind.DECIMAL, "PatientSize PatientWeight"),
    **_kinds(Kind.TEXTS, "OtherPatientIDs AdmittingDiagnosesDescription OtherStudyNumbers ImageType"),
    **_kinds(Kind.LONG_TEXT, "AdditionalPatientHistory PatientComments"),
    **_kinds(Kind.ANSWER_ONLY, "TimezoneOffsetFromUTC"),
}
_OF_PATIENT = tuple(
    re.findall(
        r"\w+",
        "PatientName PatientID IssuerOfPatientID PatientBirthDate PatientBirthTime PatientSex OtherPatientIDs"
        " OtherPatientNames EthnicGroup PatientComments",
    )
)
_PATIENT_COLUMNS = {
    "PatientID": "patients.patient_id",
    "IssuerOfPatientID": "patients.issuer",
    "PatientName": "patients.patient_name",
    "PatientBirthDate": "patients.birth_date",
    "PatientSex": "patients.sex",
}
# The other columns of a patient are those of the study's row, which has them as its own files do.
_IDENTITY = {keyword: _PATIENT_COLUMNS[keyword] for keyword in ("PatientID", "IssuerOfPatientID")}
_STUDIES_OF_PATIENT = "FROM studies AS own WHERE own.patient_key = patients.patient_key AND own.trashed_at IS NULL"
_NEWEST = f"(SELECT own.attributes {_STUDIES_OF_PATIENT} ORDER BY own.study_key DESC LIMIT 1)"
_COUNTS_OF_PATIENT = {
    "NumberOfPatientRelatedStudies": f"(SELECT count(*) {_STUDIES_OF_PATIENT})",
    "NumberOfPatientRelatedSeries": f"(SELECT coalesce(sum(own.series_count), 0) {_STUDIES_OF_PATIENT})",
    "NumberOfPatientRelatedInstances": f"(SELECT coalesce(sum(own.instance_count), 0) {_STUDIES_OF_PATIENT})",
}
_STUDY_OTHERS = {
    "StudyInstanceUID": "studies.study_instance_uid",
    "NumberOfStudyRelatedSeries": "studies.series_count",
    "NumberOfStudyRelatedInstances": "studies.instance_count",
}
_SETS = {"ModalitiesInStudy": "studies.modalities", "SOPClassesInStudy": "studies.sop_classes"}
_SERIES_OTHERS = {
    "SeriesInstanceUID": "series.series_instance_uid",
    "NumberOfSeriesRelatedInstances": "series.instance_count",
}
_INSTANCE_COLUMNS = {
    "SOPInstanceUID": "instances.sop_instance_uid",
    "SOPClassUID": "instances.sop_class_uid",
    "InstanceNumber": "instances.instance_number",
}


@functools.cache
def columns_of(level: Level) -> Mapping[str, Column]:
    """Return where the keys of a level are, those of the levels above included."""
    counts = {keyword: Column(sql, Kind.ANSWER_ONLY) for keyword, sql in _COUNTS_OF_PATIENT.items()}
    if level is Level.PATIENT:
        return {**counts, **_columns(_OF_PATIENT, _PATIENT_COLUMNS, _NEWEST)}
    of_study = {keyword: f"studies.{column}" for keyword, column in STUDY_COLUMNS.items()}
    columns = {
        **counts,
        **_columns(STUDY_KEYS, {**of_study, **_IDENTITY, **_STUDY_OTHERS}, "studies.attributes"),
        **{keyword: Column(sql, Kind.SET) for keyword, sql in _SETS.items()},
    }
    if level is not Level.STUDY:
        of_series = {keyword: f"series.{column}" for keyword, column in SERIES_COLUMNS.items()}
        columns.update(_columns(SERIES_KEYS, {**of_series, **_SERIES_OTHERS}, "series.attributes"))
    if level is Level.IMAGE:
        columns.update(_columns(INSTANCE_KEYS, _INSTANCE_COLUMNS, "instances.attributes"))
    return columns


def _columns(keywords: Iterable[str], columns: Mapping[str, str], others: str) -> dict[str, Column]:
    """Return where keywords are: in columns of their own, else in the JSON object of the others."""
    found = {
        keyword: Column(columns[keyword], kind) if keyword in columns else Column(others, kind, keyword)
        for keyword in keywords
        for kind in [_KINDS.get(keyword, Kind.TEXT)]
    }
    counts = {
        keyword: Column(sql, Kind.ANSWER_ONLY) for keyword, sql in columns.items() if keyword.startswith("NumberOf")
    }
    return {**found, **counts}
