"""What the library answers with: rows of its lists, as plain values."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from viewer.library.instance_record import AsideReason, InstanceRecord, KeptFile, Source


@dataclass(frozen=True, slots=True)
class StudyRow:
    """One study of one patient.

    A study UID that came under two patients has two rows: they are told apart by key, and both have warnings.

    Attributes:
        key: Of this row while it lasts; not to be kept. 0 in rows that were not read from a library.
        patient_name: With all its groups, as this study's files have it.
        modalities: Modalities in Study, in alphabetical order.
        displayed_count: How many of its instances have been displayed.
        total_size: Of its files, in bytes.
        rating: 0 (none) to 5.
        trashed_at: When it was put into the trash; None when it is not there.
        warning_count: What a reader has yet to settle: IdentityWarning and Conflict.
        attributes: Other query keys of the study level, by keyword.
    """

    key: int
    study_instance_uid: str
    patient_id: str
    issuer: str
    patient_name: str
    birth_date: str
    sex: str
    study_date: str
    study_time: str
    accession_number: str
    study_id: str
    study_description: str
    referring_physician_name: str
    modalities: tuple[str, ...]
    sop_class_uids: tuple[str, ...]
    series_count: int
    instance_count: int
    displayed_count: int
    total_size: int
    first_received_at: datetime
    last_received_at: datetime
    last_displayed_at: datetime | None
    trashed_at: datetime | None
    rating: int
    notes: str
    flags: frozenset[str]
    warning_count: int
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One series of one study row.

    Attributes:
        key: Of this row while it lasts; not to be kept.
        attributes: Other query keys of the series level, by keyword.
    """

    key: int
    study_key: int
    study_instance_uid: str
    series_instance_uid: str
    modality: str
    series_number: str
    series_description: str
    sop_class_uids: tuple[str, ...]
    instance_count: int
    total_size: int
    first_received_at: datetime
    last_received_at: datetime
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """One instance in force.

    Attributes:
        displayed_at: When it was displayed first; None when never.
        attributes: Other query keys of the instance level, by keyword.
    """

    sop_instance_uid: str
    sop_class_uid: str
    series_instance_uid: str
    study_instance_uid: str
    transfer_syntax_uid: str
    kept: KeptFile
    source: Source
    received_at: datetime
    displayed_at: datetime | None
    instance_number: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conflict:
    """An instance kept aside: in force nowhere, until a reader decides.

    Attributes:
        key: What Catalogue.drop_conflicts takes; in time another's. What names it for ever is kept.sha256 (aside.py).
        attributes: All its query keys, by keyword.
    """

    key: int
    sop_instance_uid: str
    sop_class_uid: str
    series_instance_uid: str
    study_instance_uid: str
    transfer_syntax_uid: str
    patient_id: str
    issuer: str
    kept: KeptFile
    source: Source
    received_at: datetime
    attributes: Mapping[str, str] = field(default_factory=dict)
    reason: AsideReason = AsideReason.ALTERED

    def record(self) -> InstanceRecord:
        """Return it as an instance that is to be filed."""
        return InstanceRecord(
            sop_instance_uid=self.sop_instance_uid,
            sop_class_uid=self.sop_class_uid,
            series_instance_uid=self.series_instance_uid,
            study_instance_uid=self.study_instance_uid,
            transfer_syntax_uid=self.transfer_syntax_uid,
            kept=self.kept,
            source=self.source,
            received_at=self.received_at,
            attributes=dict(self.attributes),
        )


class WarningKind(enum.Enum):
    """What did not fit together."""

    OTHER_PATIENT = "other patient"
    """The study UID is there under another patient: kept as a study of its own."""
    OTHER_ISSUER = "other issuer"
    """The study is there with the same Patient ID, and one of the two names no issuer: filed into that study."""
    OTHER_NAME = "other name"
    """The patient (ID and issuer) is there under another name."""
    OTHER_BIRTH_DATE = "other birth date"
    """The patient (ID and issuer) is there with another birth date."""
    OTHER_STUDY = "other study"
    """The series UID is there in another study: kept as a series of its own."""
    LATE = "late"
    """An instance joined a series a day or more after the others, or from another source; held says when they came."""


@dataclass(frozen=True, slots=True)
class IdentityWarning:
    """What did not fit together though nothing was replaced or merged.

    Attributes:
        key: What Catalogue.settle takes.
        held: What the library had: a patient, a name, a date, a study UID, or a moment.
        arrived: What came.
        instance_count: How many instances came so.
        settled_at: When a reader settled it; None before.
    """

    key: int
    kind: WarningKind
    study_instance_uid: str
    series_instance_uid: str
    patient_id: str
    held: str
    arrived: str
    source: Source
    first_at: datetime
    last_at: datetime
    instance_count: int
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stats:
    """How much the library holds; the trash counts.

    Attributes:
        conflicts: Kept aside and to be decided about.
        aside: Kept aside, also what was superseded.
    """

    patients: int
    studies: int
    series: int
    instances: int
    total_size: int
    in_place: int
    conflicts: int
    warnings: int
    never_displayed: int
    trashed_studies: int
    aside: int = 0
