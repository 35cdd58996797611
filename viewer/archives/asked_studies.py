"""From what a link or another program names to the studies that are meant: on this computer, and in archives."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from viewer.archives.access import Access
from viewer.archives.deep_links import MOST_STUDIES, ShowRequest
from viewer.archives.search import ArchiveSearch, FoundStudy, SearchPhase
from viewer.library import query
from viewer.library.library import Library
from viewer.library.study_row import StudyRow
from viewer.network.ports import QueryLevel

_MOST_OF_A_PATIENT = 200


@dataclass(frozen=True, slots=True)
class Named:
    """The studies of archives that a request names.

    Attributes:
        studies: The latest first.
        failures: What archives could not be asked, in one line each.
    """

    studies: tuple[FoundStudy, ...]
    failures: tuple[str, ...] = ()

    @property
    def has_one_patient(self) -> bool:
        """Whether all are of the same patient: two patients may share an accession number."""
        whose = {(each.patient_id, each.issuer_of_patient_id) for each in self.studies}
        return len(whose) <= 1 and not any(each.contradictions for each in self.studies)


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
    rows = [row for uid in uids for row in library.catalogue.studies_of_uid(uid) if row.trashed_at is None]
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
