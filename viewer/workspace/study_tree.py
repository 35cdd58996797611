"""The open studies: patients, their studies, series and instances, growing while files are still being found.

Nothing is dropped: every instance is in a series, every path that could not be read is in problems. Instances of one
patient ID under two names or dates of birth are kept apart and both are warned of (hazard: wrong patient on screen).
"""

import enum
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from viewer.base.byte_source import ByteSource
from viewer.base.events import Event
from viewer.base.translation import N_
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.person_name import PersonName, folded
from viewer.media.problems import Problem
from viewer.media.promises import Promise
from viewer.workspace.awaited_instances import AwaitedInstances
from viewer.workspace.display_set import SetWarning, WarningCode
from viewer.workspace.study_nodes import Patient, Series, Study, new_series, new_study

_CHARACTER_SET = 0x00080005
_NAME, _PATIENT_ID, _ISSUER, _BIRTH_DATE, _SEX = 0x00100010, 0x00100020, 0x00100021, 0x00100030, 0x00100040
_STUDY_UID, _SERIES_UID = 0x0020000D, 0x0020000E
_PLACING = (_PATIENT_ID, _NAME, _BIRTH_DATE, _STUDY_UID, _SERIES_UID, _CHARACTER_SET)

FEW = 3
OTHER_NAME = N_("The same patient ID also stands for another name: {0}")
OTHER_BIRTH_DATE = N_("The same patient ID also stands for another date of birth: {0}")
SHARED_STUDY = N_("A study of this patient also holds images of another patient: {0}")


class PatientOrder(enum.StrEnum):
    """What the browser sorts patients by."""

    NAME = "name"
    PATIENT_ID = "patient_id"
    BIRTH_DATE = "birth_date"
    STUDY_DATE = "study_date"


@dataclass(frozen=True, slots=True)
class TreeChange:
    """What changed: the series that are new or grew, and whether the tree was rebuilt so that all may be different."""

    series_keys: frozenset[str] = frozenset()
    is_rebuilt: bool = False
    has_problems: bool = False


@dataclass(frozen=True, slots=True)
class TreeCounts:
    """How much is open."""

    patients: int
    studies: int
    series: int
    files: int
    frames: int
    problems: int


class StudyTree:
    """Patients → studies → series → instances. Used on one thread: the window's, or a command's."""

    def __init__(self) -> None:
        self.changed: Event[TreeChange] = Event()
        self.problems: list[Problem] = []
        self._patients: dict[str, Patient] = {}
        self._series: dict[str, Series] = {}
        self._sources: set[ByteSource] = set()
        self._by_raw: dict[tuple[bytes | None, ...], Series] = {}
        self._character_sets: dict[str, str] = {}
        self._awaited = AwaitedInstances()

    def add(
        self,
        headers: Iterable[InstanceHeader],
        problems: Sequence[Problem] = (),
        promises: Sequence[Promise] = (),
        broken: Sequence[Promise] = (),
    ) -> TreeChange:
        """Put instances into their series; a file that is already open is not added again.

        Args:
            headers: The instances.
            problems: Files that gave none.
            promises: Instances that a directory names: those that do not come leave their series incomplete.
            broken: Promises not to be waited for any more.

        Returns:
            What changed, as also announced.
        """
        touched = self._awaited.promise(promises, self._series.values())
        known = len(self._series)
        for header in headers:
            if header.source in self._sources:
                continue
            self._sources.add(header.source)
            series = self._place(header)
            touched.add(series.key)
            if series.awaited:
                series.awaited.discard(header.sop_instance_uid)
        touched |= self._awaited.give_up(broken, self._series.values())
        self.problems.extend(problems)
        if len(self._series) != known:
            self._warn_of_identities()
        change = TreeChange(frozenset(touched), has_problems=bool(problems))
        if touched or problems:
            self.changed.emit(change)
        return change

    def remove_study(self, study_key: str) -> None:
        """Close a study; its files can be opened again."""
        study = self.study(study_key)
        if study is not None:
            for series in study.series.values():
                self._awaited.forget(series.series_instance_uid)
            self._rebuild([header for header in self.headers() if self._placed(header).study is not study])

    def clear(self) -> None:
        """Close everything."""
        self.problems.clear()
        self._character_sets.clear()
        self._awaited.clear()
        self._rebuild([])

    def set_character_set(self, study_key: str, character_set: str) -> None:
        """Read the text of a study by another character set than its files say; empty goes back to theirs."""
        study = self.study(study_key)
        if study is None:
            return
        if character_set:
            self._character_sets[study.study_instance_uid] = character_set
        else:
            self._character_sets.pop(study.study_instance_uid, None)
        self._rebuild(list(self.headers()))

    def character_set_of(self, header: InstanceHeader) -> str | None:
        """Return the override that holds for an instance, to be handed to header.text()."""
        return self._character_sets.get(header.study_instance_uid)

    def patients(self, order: PatientOrder = PatientOrder.NAME, *, is_descending: bool = False) -> tuple[Patient, ...]:
        """Return the patients, sorted."""
        return tuple(sorted(self._patients.values(), key=_ORDERS[order], reverse=is_descending))

    def studies(self) -> Iterator[Study]:
        """Go through the studies, patient by patient, the newest first."""
        for patient in self.patients():
            yield from patient.sorted_studies

    def series(self, series_key: str) -> Series | None:
        """Return a series; None when there is none of that key."""
        return self._series.get(series_key)

    def all_series(self) -> tuple[Series, ...]:
        """Return every series, in the order of patients(), sorted_studies and sorted_series."""
        return tuple(series for study in self.studies() for series in study.sorted_series)

    def study(self, study_key: str) -> Study | None:
        """Return a study; None when there is none of that key."""
        return next((study for study in self.studies() if study.key == study_key), None)

    def headers(self) -> Iterator[InstanceHeader]:
        """Go through all instances."""
        for series in self._series.values():
            yield from series.headers

    def filtered(self, typed: str, order: PatientOrder = PatientOrder.NAME) -> tuple[Series, ...]:
        """Return the series in whose own, study's or patient's names, IDs and descriptions every typed word occurs."""
        words = folded(typed).split()
        return tuple(
            series
            for patient in self.patients(order)
            for study in patient.sorted_studies
            for series in study.sorted_series
            if all(word in series.search_text for word in words)
        )

    @property
    def counts(self) -> TreeCounts:
        """How much is open."""
        return TreeCounts(
            patients=len(self._patients),
            studies=sum(len(patient.studies) for patient in self._patients.values()),
            series=len(self._series),
            files=sum(len(series.headers) for series in self._series.values()),
            frames=sum(series.frames for series in self._series.values()),
            problems=len(self.problems),
        )

    def _place(self, header: InstanceHeader) -> Series:
        series = self._placed(header)
        series.headers.append(header)
        series.frames += header.frame_count
        return series

    def _placed(self, header: InstanceHeader) -> Series:
        get = header.elements.get
        raw = tuple([get(tag) for tag in _PLACING])
        series = self._by_raw.get(raw)
        if series is None:
            series = self._by_raw[raw] = self._series_for(header)
        return series

    def _series_for(self, header: InstanceHeader) -> Series:
        character_set = self.character_set_of(header)
        patient = self._patient_for(header, character_set)
        study_key = f"{patient.key}/{header.study_instance_uid}"
        study = patient.studies.get(study_key)
        if study is None:
            study = patient.studies[study_key] = new_study(study_key, patient, header, character_set)
        key = f"{study_key}/{header.series_instance_uid}"
        series = study.series.get(key)
        if series is None:
            series = study.series[key] = self._series[key] = new_series(key, study, header, character_set)
            series.awaited = self._awaited.of(series.series_instance_uid)
        return series

    def _patient_for(self, header: InstanceHeader, character_set: str | None) -> Patient:
        name = _trimmed_name(header.text(_NAME, character_set))
        patient_id = header.text(_PATIENT_ID, character_set)
        birth_date = header.ascii(_BIRTH_DATE)
        identity = f"{patient_id}\x1f{name.casefold()}\x1f{birth_date}"
        key = hashlib.blake2b(identity.encode(), digest_size=8).hexdigest()
        patient = self._patients.get(key)
        if patient is None:
            issuer = header.text(_ISSUER, character_set)
            patient = Patient(key, patient_id, name, birth_date, header.ascii(_SEX), issuer)
            patient.search_text = folded(" ".join((patient_id, birth_date, *_name_keys(name))))
            self._patients[key] = patient
        return patient

    def _warn_of_identities(self) -> None:
        by_id: dict[str, list[Patient]] = {}
        by_study: dict[str, list[Patient]] = {}
        for patient in self._patients.values():
            if patient.patient_id:
                by_id.setdefault(patient.patient_id, []).append(patient)
            for study in patient.studies.values():
                if study.study_instance_uid:
                    by_study.setdefault(study.study_instance_uid, []).append(patient)
        for patient in self._patients.values():
            others = [other for other in by_id.get(patient.patient_id, ()) if other is not patient]
            sharing = [
                other
                for study in patient.studies.values()
                for other in by_study.get(study.study_instance_uid, ())
                if other is not patient
            ]
            patient.warnings = (*_identity_warnings(patient, others), *_sharing_warnings(sharing))

    def _rebuild(self, headers: list[InstanceHeader]) -> None:
        self._patients.clear()
        self._series.clear()
        self._by_raw.clear()
        self._sources = {header.source for header in headers}
        for header in headers:
            self._place(header)
        self._warn_of_identities()
        self.changed.emit(TreeChange(frozenset(self._series), is_rebuilt=True, has_problems=True))


def _trimmed_name(name: str) -> str:
    return "=".join(group.rstrip("^ ") for group in name.split("=")).rstrip("=")


def _name_keys(name: str) -> tuple[str, ...]:
    return (name.replace("^", " ").replace("=", " "), *PersonName.parse(name).search_keys())


def _identity_warnings(patient: Patient, others: list[Patient]) -> Iterator[SetWarning]:
    names = [other.display_name for other in others if other.name.casefold() != patient.name.casefold()]
    if names:
        yield SetWarning(WarningCode.IDENTITY, OTHER_NAME, (_first_few(names),))
    days = [other.birth_date or "—" for other in others if other.birth_date != patient.birth_date]
    if days:
        yield SetWarning(WarningCode.IDENTITY, OTHER_BIRTH_DATE, (_first_few(days),))


def _first_few(texts: list[str]) -> str:
    """Return the first of many, each once; an ellipsis for the rest."""
    once = list(dict.fromkeys(texts))
    return ", ".join(once[:FEW]) + (" …" if len(once) > FEW else "")


def _sharing_warnings(others: list[Patient]) -> Iterator[SetWarning]:
    if others:
        names = [other.display_name for other in others]
        yield SetWarning(WarningCode.IDENTITY, SHARED_STUDY, (_first_few(names),))


def _latest(patient: Patient) -> str:
    return max((study.date for study in patient.studies.values()), default="")


_ORDERS = {
    PatientOrder.NAME: lambda patient: (folded(patient.name), patient.patient_id),
    PatientOrder.PATIENT_ID: lambda patient: (folded(patient.patient_id), folded(patient.name)),
    PatientOrder.BIRTH_DATE: lambda patient: (patient.birth_date, folded(patient.name)),
    PatientOrder.STUDY_DATE: lambda patient: (_latest(patient), folded(patient.name)),
}
