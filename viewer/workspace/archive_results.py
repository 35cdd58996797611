"""What archives have answered: studies under their patients, each patient one person, whatever the archives say.

The same Patient ID is another person's in another hospital: studies stand under one patient only where ID, name and
birth date do not contradict each other, and where they do, that is said.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from viewer.base.translation import _
from viewer.dicom.dates_and_times import display_date
from viewer.workspace.archive_rows import (
    NOTHING,
    ArchiveOrder,
    ArchiveRow,
    Standing,
    merged_sources,
    patient_row,
    study_row,
)
from viewer.workspace.library_rows import shown_name

if TYPE_CHECKING:
    from viewer.archives.search import FoundStudy


@dataclass(slots=True)
class _Person:
    key: str
    studies: "dict[str, FoundStudy]" = field(default_factory=dict)

    def contradicts(self, study: "FoundStudy") -> bool:
        """Whether a study of the same ID is another person's."""
        from viewer.library.identity import differ

        return any(
            differ("PatientName", each.patient_name, study.patient_name)
            or differ("PatientBirthDate", each.patient_birth_date, study.patient_birth_date)
            for each in self._sample(study)
        )

    def is_of_other_issuer(self, study: "FoundStudy") -> bool:
        """Whether somebody else gave out the ID: then it only looks the same."""
        issuer = study.issuer_of_patient_id
        return any(each.issuer_of_patient_id not in {"", issuer} for each in self.studies.values()) if issuer else False

    def _sample(self, study: "FoundStudy") -> "Iterator[FoundStudy]":
        """Yield the person's studies, of equal names and birth dates only one."""
        seen = {(study.patient_name, study.patient_birth_date)}
        for each in self.studies.values():
            who = (each.patient_name, each.patient_birth_date)
            if who not in seen:
                seen.add(who)
                yield each


class ArchiveResults:
    """The answers to one question.

    Attributes:
        order: What rows are to be sorted by.
        standings: How much of a study is here, by its UID.
    """

    def __init__(self, order: ArchiveOrder = ArchiveOrder.DATE) -> None:
        self.order = order
        self.standings: dict[str, Standing] = {}
        self._persons: dict[str, list[_Person]] = {}
        self._by_key: dict[str, _Person] = {}
        self._of_study: dict[str, _Person] = {}

    def __len__(self) -> int:
        return len(self._of_study)

    @property
    def study_uids(self) -> tuple[str, ...]:
        """The studies that were found."""
        return tuple(self._of_study)

    def studies(self) -> "Iterator[FoundStudy]":
        """Yield the studies that were found."""
        for person in self._by_key.values():
            yield from person.studies.values()

    def study(self, study_instance_uid: str) -> "FoundStudy | None":
        """Return a study as it is known now."""
        person = self._of_study.get(study_instance_uid)
        return None if person is None else person.studies[study_instance_uid]

    def take(self, study: "FoundStudy") -> tuple[str, ...]:
        """Take a study, or what else became known of it; return the keys of the patients whose rows are others now."""
        uid = study.study_instance_uid
        known = self._of_study.get(uid)
        if known is not None:
            known.studies[uid] = study
            return (known.key,)
        persons = self._persons.setdefault(study.patient_id or f"\x1f{uid}", [])
        person = next(
            (each for each in persons if not each.is_of_other_issuer(study) and not each.contradicts(study)), None
        )
        if person is not None:
            person.studies[uid] = study
            self._of_study[uid] = person
            return (person.key,)
        person = _Person(f"{study.patient_id or uid}\x1f{len(persons)}", {uid: study})
        persons.append(person)
        self._by_key[person.key] = self._of_study[uid] = person
        return tuple(each.key for each in reversed(persons))

    def patient_key(self, study_instance_uid: str) -> str:
        """Return the key of the patient of a study."""
        return self._of_study[study_instance_uid].key

    def study_key(self, study_instance_uid: str) -> str:
        """Return the key of a study's row."""
        return f"{self.patient_key(study_instance_uid)}\x1e{study_instance_uid}"

    def patient_row(self, key: str) -> ArchiveRow:
        """Return a patient's row."""
        studies = list(self._by_key[key].studies.values())
        return patient_row(key, studies, self._warnings(self._by_key[key]), self.order)

    def study_rows(self, patient_key: str) -> list[ArchiveRow]:
        """Return the rows of a patient's studies."""
        return [self.study_row(uid) for uid in self._by_key[patient_key].studies]

    def study_row(self, study_instance_uid: str) -> ArchiveRow:
        """Return a study's row."""
        study = self._of_study[study_instance_uid].studies[study_instance_uid]
        standing = self.standings.get(study_instance_uid, NOTHING)
        return study_row(self.study_key(study_instance_uid), study, standing, study_warnings(study), self.order)

    def _warnings(self, person: _Person) -> tuple[str, ...]:
        first = next(iter(person.studies.values()))
        others = [
            each
            for each in self._persons.get(first.patient_id, ())
            if each is not person and not each.is_of_other_issuer(first)
        ]
        warnings = []
        for other in others:
            who = next(iter(other.studies.values()))
            born = display_date(who.patient_birth_date)
            named = f"{shown_name(who.patient_name)} ({born})" if born else shown_name(who.patient_name)
            places = ", ".join(merged_sources(other.studies.values()))
            warnings.append(_("The same ID is another patient's in {0}: {1}").format(places, named))
        return tuple(warnings)


def study_warnings(study: "FoundStudy") -> tuple[str, ...]:
    """Return what does not fit together among the archives' answers for one study."""
    return tuple(study.contradictions)
