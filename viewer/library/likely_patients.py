"""Whose a study may be: patients of the library who are much like the one that its files name."""

import difflib
import enum
import itertools
from dataclasses import dataclass

from viewer.base.errors import LibraryError
from viewer.dicom.person_name import PersonName, folded
from viewer.library.library import Library
from viewer.library.reconciled_identity import Identity
from viewer.library.search import Search
from viewer.library.study_row import StudyRow

_LOOKED_AT = 200
_MOST = 20
_SIMILAR = 0.8


class Likeness(enum.Enum):
    """Why somebody may be the same patient, the strongest first."""

    SAME_STUDY = "same study UID"
    """The same Study Instance UID is there under that patient."""
    SAME_ID = "same ID"
    """The same Patient ID under another issuer."""
    SAME_NAME_AND_BIRTH_DATE = "same name and birth date"
    SAME_ACCESSION = "same accession number"
    SIMILAR_NAME_AND_BIRTH_DATE = "similar name and same birth date"
    SAME_NAME = "same name"


_STRENGTH = {likeness: rank for rank, likeness in enumerate(Likeness)}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A patient of the library who may be the one a study is of.

    Attributes:
        identity: What the study would get: the patient's attributes.
        study: A study of that patient, to be shown beside: the one that is most alike, else the newest.
        likenesses: The strongest first.
    """

    identity: Identity
    study: StudyRow
    likenesses: tuple[Likeness, ...]


def suggestions(library: Library, study: StudyRow) -> tuple[Suggestion, ...]:
    """Return patients who are likely to be the study's, the likeliest first; never the one it is filed under."""
    found: dict[tuple[str, str, str], tuple[StudyRow, list[Likeness]]] = {}
    for row in _candidates(library, study):
        if (row.patient_id, row.issuer) == (study.patient_id, study.issuer):
            continue
        likenesses = _likenesses(study, row)
        key = (row.patient_id, row.issuer, "" if row.patient_id else row.study_instance_uid)
        if likenesses and (key not in found or _rank(likenesses) < _rank(found[key][1])):
            found[key] = (row, likenesses)
    made = []
    for row, likenesses in sorted(found.values(), key=lambda each: _rank(each[1])):
        try:
            made.append(Suggestion(Identity.of_patient(row), row, tuple(likenesses)))
        except LibraryError:
            continue  # what its files say could not be written into others
    return tuple(made[:_MOST])


def _candidates(library: Library, study: StudyRow) -> list[StudyRow]:
    groups = [group.formatted() for group in PersonName.parse(study.patient_name).groups]
    texts = [*groups, study.birth_date, study.accession_number]
    searches = [Search(text, limit=_LOOKED_AT) for text in texts if text]
    if study.patient_id:
        searches.append(Search(patient_id=study.patient_id, limit=_LOOKED_AT))
    rows = library.catalogue.listed_of_uid(study.study_instance_uid)
    for search in searches:
        rows += library.catalogue.studies(search)
    return list({row.key: row for row in rows}.values())


def _likenesses(study: StudyRow, row: StudyRow) -> list[Likeness]:
    is_same_name = _same_name(study.patient_name, row.patient_name)
    is_same_birth_date = bool(study.birth_date) and study.birth_date == row.birth_date
    holds = {
        Likeness.SAME_STUDY: row.study_instance_uid == study.study_instance_uid,
        Likeness.SAME_ID: bool(study.patient_id) and row.patient_id == study.patient_id,
        Likeness.SAME_NAME_AND_BIRTH_DATE: is_same_name and is_same_birth_date,
        Likeness.SAME_ACCESSION: bool(study.accession_number) and row.accession_number == study.accession_number,
        Likeness.SIMILAR_NAME_AND_BIRTH_DATE: is_same_birth_date
        and not is_same_name
        and _similar_name(study.patient_name, row.patient_name),
        Likeness.SAME_NAME: is_same_name and not is_same_birth_date,
    }
    return [likeness for likeness, does_hold in holds.items() if does_hold]


def _rank(likenesses: list[Likeness]) -> tuple[int, int]:
    return _STRENGTH[likenesses[0]], -len(likenesses)


def _words(name: str) -> list[list[str]]:
    """Return the words of each group of a name, folded and in order: devices differ in what they call family name."""
    return [sorted(folded(group.formatted()).split()) for group in PersonName.parse(name).groups]


def _same_name(one: str, other: str) -> bool:
    return any(a == b for a, b in itertools.product(_words(one), _words(other)) if a)


def _similar_name(one: str, other: str) -> bool:
    return any(
        difflib.SequenceMatcher(None, " ".join(a), " ".join(b)).ratio() >= _SIMILAR
        for a, b in itertools.product(_words(one), _words(other))
        if a and b
    )
