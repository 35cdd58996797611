"""The Query/Retrieve information models: levels, their unique keys, and what is wanted back of each (PS3.4 C.6)."""

import enum
from collections.abc import Mapping

from viewer.network.ports import QueryLevel

UNIQUE_KEYS: Mapping[QueryLevel, str] = {
    QueryLevel.PATIENT: "PatientID",
    QueryLevel.STUDY: "StudyInstanceUID",
    QueryLevel.SERIES: "SeriesInstanceUID",
    QueryLevel.IMAGE: "SOPInstanceUID",
}
_PATIENT = ("PatientName", "PatientID")
_PATIENT_MORE = ("IssuerOfPatientID", "PatientBirthDate", "PatientSex")
REQUIRED_KEYS: Mapping[QueryLevel, tuple[str, ...]] = {
    QueryLevel.PATIENT: _PATIENT,
    QueryLevel.STUDY: (
        "StudyDate", "StudyTime", "AccessionNumber", "PatientName", "PatientID", "StudyID", "StudyInstanceUID",
    ),
    QueryLevel.SERIES: ("Modality", "SeriesNumber", "SeriesInstanceUID"),
    QueryLevel.IMAGE: ("InstanceNumber", "SOPInstanceUID"),
}  # fmt: skip
"""What every archive has to answer (PS3.4 Tables C.6-1 to C.6-5)."""
USEFUL_KEYS: Mapping[QueryLevel, tuple[str, ...]] = {
    QueryLevel.PATIENT: (
        *_PATIENT_MORE, "NumberOfPatientRelatedStudies", "NumberOfPatientRelatedSeries",
        "NumberOfPatientRelatedInstances",
    ),
    QueryLevel.STUDY: (
        *_PATIENT_MORE, "ModalitiesInStudy", "SOPClassesInStudy", "StudyDescription", "ReferringPhysicianName",
        "InstitutionName", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances", "InstanceAvailability",
        "TimezoneOffsetFromUTC",
    ),
    QueryLevel.SERIES: (
        "SeriesDescription", "BodyPartExamined", "ProtocolName", "SeriesDate", "SeriesTime",
        "NumberOfSeriesRelatedInstances", "InstanceAvailability",
    ),
    QueryLevel.IMAGE: (
        "SOPClassUID", "NumberOfFrames", "Rows", "Columns", "ContentDate", "ContentTime", "InstanceAvailability",
    ),
}  # fmt: skip
"""What is asked for beside: archives that do not know it say so, or leave it out."""
_OF_STUDY = frozenset({*REQUIRED_KEYS[QueryLevel.STUDY], *USEFUL_KEYS[QueryLevel.STUDY]})
_OF_SERIES = frozenset({*REQUIRED_KEYS[QueryLevel.SERIES], *USEFUL_KEYS[QueryLevel.SERIES]})
_OF_IMAGE = frozenset({*REQUIRED_KEYS[QueryLevel.IMAGE], *USEFUL_KEYS[QueryLevel.IMAGE]})


class Root(enum.Enum):
    """An information model, by the beginning of its SOP classes."""

    PATIENT = "1.2.840.10008.5.1.4.1.2.1."
    STUDY = "1.2.840.10008.5.1.4.1.2.2."

    @property
    def levels(self) -> tuple[QueryLevel, ...]:
        """From the top down."""
        return tuple(QueryLevel)[0 if self is Root.PATIENT else 1 :]


def level_of(key: str, root: Root) -> QueryLevel | None:
    """Return of which level a key is; None for one that may be of any."""
    if key.startswith(("Patient", "NumberOfPatient")) or key in _PATIENT_MORE:
        return root.levels[0]
    if key == "InstanceAvailability":
        return None
    for level, keys in ((QueryLevel.STUDY, _OF_STUDY), (QueryLevel.SERIES, _OF_SERIES), (QueryLevel.IMAGE, _OF_IMAGE)):
        if key in keys:
            return level
    return None


def is_single(value: str) -> bool:
    """Whether a value of a unique key names one entity: no list, no wild card, not empty."""
    return bool(value) and not any(sign in value for sign in "\\*?")
