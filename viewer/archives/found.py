"""What archives answer, as values: patients, studies, series and instances, and whose answers they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from viewer.base.translation import _
from viewer.dicom.person_name import folded
from viewer.library.identity import differ
from viewer.network.ports import QueryLevel


@dataclass(frozen=True, slots=True)
class FoundPatient:
    """A patient.

    Attributes:
        study_count: As archives say; None where none does. Likewise the other counts here and below.
        sources: Names of the archives that answered it. Likewise below.
        attributes: Everything that the first of them said, text by keyword. Likewise below.
    """

    patient_id: str
    patient_name: str = ""
    issuer_of_patient_id: str = ""
    patient_birth_date: str = ""
    patient_sex: str = ""
    study_count: int | None = None
    series_count: int | None = None
    instance_count: int | None = None
    sources: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def key(self) -> str:
        """What tells it from all others of its level.

        An ID alone is that of somebody else in another archive; whoever is called or born otherwise is told apart.
        """
        whose = (folded(self.patient_name.rstrip("^= ")), self.patient_birth_date)
        if not self.patient_id:
            return "\\".join(filter(None, whose))
        return "\\".join((self.patient_id, self.issuer_of_patient_id, *whose))


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """A study.

    Attributes:
        contradictions: What archives that have it say differently of whose it is, in plain words.
    """

    study_instance_uid: str
    patient_name: str = ""
    patient_id: str = ""
    issuer_of_patient_id: str = ""
    patient_birth_date: str = ""
    patient_sex: str = ""
    study_date: str = ""
    study_time: str = ""
    study_description: str = ""
    study_id: str = ""
    accession_number: str = ""
    modalities: tuple[str, ...] = ()
    referring_physician_name: str = ""
    institution_name: str = ""
    instance_availability: str = ""
    series_count: int | None = None
    instance_count: int | None = None
    sources: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def key(self) -> str:
        """What tells it from all others of its level."""
        return self.study_instance_uid


@dataclass(frozen=True, slots=True)
class FoundSeries:
    """A series."""

    series_instance_uid: str
    study_instance_uid: str = ""
    modality: str = ""
    series_number: str = ""
    series_description: str = ""
    body_part_examined: str = ""
    protocol_name: str = ""
    series_date: str = ""
    series_time: str = ""
    instance_availability: str = ""
    instance_count: int | None = None
    sources: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def key(self) -> str:
        """What tells it from all others of its level."""
        return self.series_instance_uid


@dataclass(frozen=True, slots=True)
class FoundInstance:
    """An instance."""

    sop_instance_uid: str
    sop_class_uid: str = ""
    instance_number: str = ""
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    frame_count: int | None = None
    sources: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def key(self) -> str:
        """What tells it from all others of its level."""
        return self.sop_instance_uid


FoundItem: TypeAlias = FoundPatient | FoundStudy | FoundSeries | FoundInstance


def found_item(level: QueryLevel, answer: Mapping[str, str], source: str) -> FoundItem:
    """Return what an answer of a level says."""

    def text(keyword: str) -> str:
        return answer.get(keyword, "")

    def count(keyword: str) -> int | None:
        value = text(keyword).strip()
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None

    if level is QueryLevel.PATIENT:
        return FoundPatient(
            text("PatientID"), text("PatientName"), text("IssuerOfPatientID"), text("PatientBirthDate"),
            text("PatientSex"), count("NumberOfPatientRelatedStudies"), count("NumberOfPatientRelatedSeries"),
            count("NumberOfPatientRelatedInstances"), (source,), answer,
        )  # fmt: skip
    if level is QueryLevel.STUDY:
        stated = (each.strip() for each in text("ModalitiesInStudy").split("\\"))
        modalities = tuple(dict.fromkeys(filter(None, stated)))
        return FoundStudy(
            text("StudyInstanceUID"), text("PatientName"), text("PatientID"), text("IssuerOfPatientID"),
            text("PatientBirthDate"), text("PatientSex"), text("StudyDate"), text("StudyTime"),
            text("StudyDescription"), text("StudyID"), text("AccessionNumber"), modalities,
            text("ReferringPhysicianName"), text("InstitutionName"), text("InstanceAvailability"),
            count("NumberOfStudyRelatedSeries"), count("NumberOfStudyRelatedInstances"), (source,), (), answer,
        )  # fmt: skip
    if level is QueryLevel.SERIES:
        return FoundSeries(
            text("SeriesInstanceUID"), text("StudyInstanceUID"), text("Modality"), text("SeriesNumber"),
            text("SeriesDescription"), text("BodyPartExamined"), text("ProtocolName"), text("SeriesDate"),
            text("SeriesTime"), text("InstanceAvailability"), count("NumberOfSeriesRelatedInstances"), (source,),
            answer,
        )  # fmt: skip
    return FoundInstance(
        text("SOPInstanceUID"), text("SOPClassUID"), text("InstanceNumber"), text("StudyInstanceUID"),
        text("SeriesInstanceUID"), count("NumberOfFrames"), (source,), answer,
    )  # fmt: skip


def merged(known: FoundItem, other: FoundItem) -> FoundItem:
    """Return what two archives say of the same.

    What the first leaves open is taken from the second; of two counts the larger stays.
    """
    values: dict[str, object] = {}
    for name in known.__dataclass_fields__:
        mine, theirs = getattr(known, name), getattr(other, name)
        if name == "attributes":
            continue
        if name in {"sources", "modalities"}:
            values[name] = tuple(dict.fromkeys((*mine, *theirs)))
        elif isinstance(mine, int) and isinstance(theirs, int):
            values[name] = max(mine, theirs)
        elif name != "contradictions":
            values[name] = mine if mine not in {None, ""} else theirs
    if isinstance(known, FoundStudy) and isinstance(other, FoundStudy):
        values["contradictions"] = tuple(dict.fromkeys((*known.contradictions, *_contradictions(known, other))))
    return replace(known, **values)  # type: ignore[arg-type]  # of the same fields


def _contradictions(known: FoundStudy, other: FoundStudy) -> list[str]:
    said = (
        ("PatientName", known.patient_name, other.patient_name),
        ("PatientID", known.patient_id, other.patient_id),
        ("PatientBirthDate", known.patient_birth_date, other.patient_birth_date),
    )
    return [
        _("{0} and {1} do not agree on whose study it is: {2}, {3}").format(
            ", ".join(known.sources), ", ".join(other.sources), one, two
        )
        for keyword, one, two in said
        if differ(keyword, one, two)
    ]
