"""From what a link or another program names to the studies that are meant: on this computer, and in archives."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from viewer.archives.access import Access
from viewer.archives.deep_links import MOST_STUDIES, ShowRequest
from viewer.archives.search import ArchiveSearch, FoundStudy, SearchPhase
from viewer.library import query
from viewer.library.identity import differ
from viewer.library.library import Library
from viewer.library.study_row import StudyRow
from viewer.network.ports import QueryLevel

_MOST_OF_A_PATIENT = 200
_COMPARED = ("IssuerOfPatientID", "PatientName", "PatientBirthDate")
_Whose = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Named:
    """The studies of archives that a request names.

    Attributes:
        studies: The latest first.
        failures: What archives could not be asked, in one line each.
    """

    studies: tuple[FoundStudy, ...]
    failures: tuple[str, ...] = ()

    def are_of_one_patient(self, request: ShowRequest, rows: Sequence[StudyRow] = ()) -> bool:
        """Whether all are of the same patient, and of the one that is asked for.

        Two patients may share an accession number, and in two hospitals an ID.

        Args:
            request: What is asked for.
            rows: Studies of this computer that are named too.
        """
        whose = [_whose(each) for each in self.studies]
        issuers = {issuer for _id, issuer, _name, _born in whose}
        if len(issuers) > 1 or any(each.contradictions for each in self.studies):
            return False
        return _are_one(request, [*whose, *map(_whose_row, rows)])


def are_of_one_patient(request: ShowRequest, rows: Sequence[StudyRow]) -> bool:
    """Whether studies of this computer are of the same patient, and of the one that is asked for."""
    return len({(row.patient_id, row.issuer) for row in rows}) <= 1 and _are_one(request, [*map(_whose_row, rows)])


def latest_of(
    request: ShowRequest, studies: Sequence[FoundStudy], rows: Sequence[StudyRow]
) -> tuple[list[FoundStudy], list[StudyRow]]:
    """Return of all that is named, in archives and here, so many of the latest as are asked for; all where none are."""
    every: list[FoundStudy | StudyRow] = [*studies, *rows]
    days = {each.study_instance_uid: (each.study_date, each.study_time) for each in every}
    wanted = sorted(days, key=lambda uid: days[uid], reverse=True)[: request.latest or None]
    return (
        [each for each in studies if each.study_instance_uid in wanted],
        [each for each in rows if each.study_instance_uid in wanted],
    )


def _whose(study: FoundStudy) -> _Whose:
    return study.patient_id, study.issuer_of_patient_id, study.patient_name, study.patient_birth_date


def _whose_row(row: StudyRow) -> _Whose:
    return row.patient_id, row.issuer, row.patient_name, row.birth_date


def _are_one(request: ShowRequest, whose: Sequence[_Whose]) -> bool:
    if len({patient_id for patient_id, *_others in whose}) > 1:
        return False
    if any(request.is_of_other_issuer(issuer) for _id, issuer, _name, _born in whose):
        return False
    pairs = itertools.combinations(dict.fromkeys(whose), 2)
    return not any(differ(*each) for one, other in pairs for each in zip(_COMPARED, one[1:], other[1:], strict=True))


def keys_of(request: ShowRequest) -> tuple[Mapping[str, str], ...]:
    """Return the keys of the queries whose answers together are what is named."""
    queries: list[dict[str, str]] = []
    if request.study_instance_uids:
        queries.append({"StudyInstanceUID": "\\".join(request.study_instance_uids)})
    queries += ({"AccessionNumber": number} for number in request.accession_numbers)
    whose = {"PatientID": request.patient_id} if request.patient_id else {}
    if not queries:
        days = f"{request.date_from}-{request.date_to}" if request.date_from or request.date_to else ""
        common = {"StudyDate": days} if days else {}
        queries = [{"ModalitiesInStudy": each, **common} for each in request.modalities] or [common]
    return tuple({**keys, **whose} for keys in queries)


def held(library: Library, request: ShowRequest) -> list[StudyRow]:
    """Return those of the studies that the library has, the latest first.

    Raises:
        LibraryError: If it cannot be asked.
    """
    uids: dict[str, None] = {}
    for keys in keys_of(request):
        wanted = {"StudyInstanceUID": "", **keys}
        found = query.find(library.database, QueryLevel.STUDY.value, wanted, is_patient_root=False)
        uids.update((answer["StudyInstanceUID"], None) for answer in found)
    rows = [row for uid in uids for row in library.catalogue.listed_of_uid(uid)]
    mine = [row for row in rows if not request.patient_id or row.patient_id == request.patient_id]
    return sorted(mine, key=lambda row: (row.study_date, row.study_time), reverse=True)


def named(request: ShowRequest, accesses: Sequence[Access], cancelled: Callable[[], bool]) -> Named:
    """Ask archives for the studies."""
    is_of_patient = not (request.study_instance_uids or request.accession_numbers)
    most = _MOST_OF_A_PATIENT if is_of_patient else MOST_STUDIES
    search = ArchiveSearch(accesses, QueryLevel.STUDY, keys_of(request), most=most)
    found = search.run(lambda _news: None, cancelled)
    studies = [each for each in found if isinstance(each, FoundStudy)]
    studies.sort(key=lambda study: (study.study_date, study.study_time), reverse=True)
    failures = [
        state.error.one_line() if state.error is not None else state.name
        for state in search.states.values()
        if state.phase is SearchPhase.FAILED
    ]
    return Named(tuple(studies), tuple(failures))
