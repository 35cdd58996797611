"""The studies whose identity is put right, the patients they may be of, and what their attributes are called."""

from dataclasses import dataclass

from viewer.base.errors import LibraryError
from viewer.base.translation import N_, _
from viewer.library.library import Library
from viewer.library.reconciliation import Likeness, Suggestion, can_be_undone, suggestions
from viewer.library.study_row import StudyRow

FIELDS = {
    "patient_id": N_("Patient ID"),
    "issuer": N_("Issuer of the ID"),
    "patient_name": N_("Patient's name"),
    "birth_date": N_("Birth date"),
    "sex": N_("Sex"),
    "accession_number": N_("Accession number"),
    "study_description": N_("Study description"),
}
LIKENESSES = {
    Likeness.SAME_ID: N_("same ID"),
    Likeness.SAME_NAME_AND_BIRTH_DATE: N_("same name and birth date"),
    Likeness.SIMILAR_NAME_AND_BIRTH_DATE: N_("similar name and same birth date"),
    Likeness.SAME_NAME: N_("same name"),
    Likeness.SAME_ACCESSION: N_("same accession number"),
    Likeness.SAME_STUDY: N_("same study UID"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """One study row of the UID that is put right, and whom the library takes for its patient."""

    study: StudyRow
    suggestions: tuple[Suggestion, ...]
    can_be_undone: bool


def found_in(library: Library, study_instance_uid: str) -> tuple[Found, ...]:
    """Return the studies of a UID that are not in the trash.

    Raises:
        LibraryError: If there is none.
    """
    rows = library.catalogue.listed_of_uid(study_instance_uid)
    if not rows:
        raise LibraryError(_("The library has no such study"), subject=study_instance_uid)
    return tuple(Found(row, suggestions(library, row), can_be_undone(library, row)) for row in rows)
