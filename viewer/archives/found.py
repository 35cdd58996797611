"""What archives answer, as values: patients, studies, series and instances, and whose answers they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from viewer.base.translation import _
from viewer.dicom.person_name import folded
from viewer.library.identity import differ
from viewer.network.ports import QueryLevel

_NAMES = frozenset({"PatientName", "ReferringPhysicianName"})


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
        differing: The same as values, by keyword and archive.
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
    differing: Mapping[str, Mapping[str, str]] = field(default_factory=dict, compare=False)
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
            count("NumberOfStudyRelatedSeries"), count("NumberOfStudyRelatedInstances"), (source,), (), {}, answer,
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

    What the first leaves open, or says in letters that cannot be right, is taken from the second; of two counts the
    larger stays.
    """
    values: dict[str, object] = {}
    for name in known.__dataclass_fields__:
        mine, theirs = getattr(known, name), getattr(other, name)
        if name in {"attributes", "contradictions", "differing"}:
            continue
        if name in {"sources", "modalities"}:
            values[name] = tuple(dict.fromkeys((*mine, *theirs)))
        elif isinstance(mine, int) and isinstance(theirs, int):
            values[name] = max(mine, theirs)
        else:
            values[name] = theirs if _is_better(theirs, mine, is_name=name.endswith("_name")) else mine
    better = {
        keyword: text
        for keyword, text in other.attributes.items()
        if _is_better(text, known.attributes.get(keyword, ""), is_name=keyword in _NAMES)
    }
    values["attributes"] = {**known.attributes, **better} if better else known.attributes
    if isinstance(known, FoundStudy) and isinstance(other, FoundStudy):
        values["contradictions"] = tuple(dict.fromkeys((*known.contradictions, *_contradictions(known, other))))
        values["differing"] = _differing(known, other)
    return replace(known, **values)  # type: ignore[arg-type]  # of the same fields


def _is_better(text: object, known: object, *, is_name: bool) -> bool:
    """Whether a value says more than the one that is known."""
    if known is None or known == "":
        return text not in {None, ""}
    if not isinstance(text, str) or not isinstance(known, str) or not text:
        return False
    return _is_doubtful(known, is_name=is_name) and not _is_doubtful(text, is_name=is_name)


def _is_doubtful(text: str, *, is_name: bool) -> bool:
    """Whether an archive cannot have meant a text: letters are replaced in it, or what made it foreign is gone."""
    if any(sign in text for sign in ("\ufffd", "\x1b", "??")):
        return True
    # Characters that were taken for ASCII where the escapes around them were lost (PS3.5 6.2.1.1).
    return is_name and any(group.strip("^ ") and group.isascii() for group in text.split("=")[1:])


def _said_of(known: FoundStudy, other: FoundStudy) -> tuple[tuple[str, str, str], ...]:
    return (
        ("PatientName", known.patient_name, other.patient_name),
        ("PatientID", known.patient_id, other.patient_id),
        ("PatientBirthDate", known.patient_birth_date, other.patient_birth_date),
    )


def _contradictions(known: FoundStudy, other: FoundStudy) -> list[str]:
    return [
        _("{0} and {1} do not agree on whose study it is: {2}, {3}").format(
            ", ".join(known.sources), ", ".join(other.sources), one, two
        )
        for keyword, one, two in _said_of(known, other)
        if differ(keyword, one, two)
    ]


def _differing(known: FoundStudy, other: FoundStudy) -> Mapping[str, Mapping[str, str]]:
    """Return by keyword what each archive says, where they do not agree."""
    found = dict(known.differing)
    for keyword, mine, theirs in _said_of(known, other):
        before = found.get(keyword)
        if theirs and (before is not None or differ(keyword, mine, theirs)):
            said = dict(before or dict.fromkeys(known.sources, mine))
            for source in other.sources:
                one = said.get(source, theirs)
                said[source] = theirs if one == theirs else f"{one}\\{theirs}"
            found[keyword] = said
    return found
