"""Earlier studies of a patient: which of those that archives have are worth fetching before somebody asks for them.

The same Patient ID is another person's in another hospital, and sometimes in the same one: what has another name, birth
date or issuer of the ID is never fetched by itself, but told.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.base.settings import setting
from viewer.base.translation import N_
from viewer.dicom.dates_and_times import parse_date

if TYPE_CHECKING:
    from viewer.archives.access import Access
    from viewer.archives.found import FoundSeries, FoundStudy

SECTION = "priors"
OFF, ASK, AUTOMATIC = "off", "ask", "automatic"
MOST_LOOKED_INTO = 20
"""So many studies are asked for their body parts, the newest first."""
_MOST_FOUND = 500
_DAYS_A_YEAR = 365.25
_WILDCARDS = frozenset("*?\\")


@dataclass(frozen=True, slots=True)
class PriorSettings:
    """Which earlier studies of a patient are fetched when one is opened from an archive.

    Attributes:
        mode: "off", "ask" or "automatic".
        most: How many, the newest first.
        years: How old they may be; 0 for any age.
        same_body_part: Whether only those of the same part of the body; where archives do not say it, of the same
            modality.
        same_modality: Whether only those of the same modality.
        all_archives: Whether all archives are asked, not only the one that the study came from.
    """

    mode: str = setting(
        ASK,
        title=N_("Earlier studies of the patient"),
        choices=(
            (OFF, N_("Leave them where they are")),
            (ASK, N_("Ask whether to fetch them")),
            (AUTOMATIC, N_("Fetch")),
        ),
    )
    most: int = setting(2, title=N_("How many at most"), minimum=1, maximum=20)
    years: int = setting(5, title=N_("Not older than so many years; 0 for any age"), minimum=0, maximum=100)
    same_body_part: bool = setting(default=True, title=N_("Only of the same part of the body"))
    same_modality: bool = setting(default=False, title=N_("Only of the same modality"))
    all_archives: bool = setting(default=False, title=N_("Look in all archives"))


@dataclass(frozen=True, slots=True)
class CurrentStudy:
    """What is open: of it earlier studies are wanted.

    Attributes:
        body_parts: Body Part Examined (0018,0015) of its series.
    """

    study_instance_uid: str
    patient_id: str
    issuer_of_patient_id: str = ""
    patient_name: str = ""
    patient_birth_date: str = ""
    study_date: str = ""
    modalities: tuple[str, ...] = ()
    body_parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Priors:
    """What there is.

    Attributes:
        wanted: By the rules, the newest first.
        doubtful: Studies under the same Patient ID that are somebody else's by name, birth date or issuer.
        problems: Why archives could not be asked.
    """

    wanted: "tuple[FoundStudy, ...]" = ()
    doubtful: "tuple[FoundStudy, ...]" = ()
    problems: tuple[str, ...] = ()


SeriesOf = Callable[["FoundStudy"], "Sequence[FoundSeries]"]


def find_priors(
    current: CurrentStudy, accesses: "Sequence[Access]", settings: PriorSettings, cancelled: Callable[[], bool]
) -> Priors:
    """Ask archives for earlier studies of a patient; return those that the rules want, and the doubtful ones."""
    from viewer.archives.found import FoundStudy
    from viewer.archives.search import ArchiveSearch, series_of
    from viewer.network.ports import QueryLevel

    if not current.patient_id or _WILDCARDS.intersection(current.patient_id):
        return Priors()
    keys = {"PatientID": current.patient_id, "StudyDate": _range(current, settings)}
    search = ArchiveSearch(accesses, QueryLevel.STUDY, keys, most=_MOST_FOUND)
    found = [item for item in search.run(lambda _news: None, cancelled) if isinstance(item, FoundStudy)]
    problems = tuple(state.error.one_line() for state in search.states.values() if state.error is not None)

    def series(study: FoundStudy) -> "Sequence[FoundSeries]":
        return series_of([each for each in accesses if each.peer.name in study.sources], study, cancelled)

    chosen = choose_priors(current, found, settings, series)
    return Priors(chosen.wanted, chosen.doubtful, problems)


def choose_priors(
    current: CurrentStudy, found: "Sequence[FoundStudy]", settings: PriorSettings, series_of: SeriesOf
) -> Priors:
    """Choose among studies that were found.

    Args:
        current: Of which they are to be priors.
        found: Whatever archives answered, also what was not asked for.
        settings: The rules.
        series_of: Returns the series of a study, as its archive tells them; may raise ViewerError.
    """
    earlier = [study for study in found if _is_earlier(current, study, settings)]
    earlier.sort(key=lambda study: (study.study_date, study.study_time), reverse=True)
    doubtful = tuple(study for study in earlier if is_somebody_else(current, study))
    wanted: list[FoundStudy] = []
    for study in [each for each in earlier if each not in doubtful][:MOST_LOOKED_INTO]:
        if len(wanted) == settings.most:
            break
        if _is_alike(current, study, settings, series_of):
            wanted.append(study)
    return Priors(tuple(wanted), doubtful)


def is_somebody_else(current: CurrentStudy, study: "FoundStudy") -> bool:
    """Whether a study under the same Patient ID contradicts the person's name, birth date, or who gave out the ID."""
    from viewer.library.identity import differ

    return (
        bool(study.contradictions)
        or differ("IssuerOfPatientID", current.issuer_of_patient_id, study.issuer_of_patient_id)
        or differ("PatientName", current.patient_name, study.patient_name)
        or differ("PatientBirthDate", current.patient_birth_date, study.patient_birth_date)
    )


def _is_earlier(current: CurrentStudy, study: "FoundStudy", settings: PriorSettings) -> bool:
    if study.patient_id.strip() != current.patient_id.strip():
        return False
    if study.study_instance_uid in {"", current.study_instance_uid}:
        return False
    now, then = parse_date(current.study_date), parse_date(study.study_date)
    if then is None:
        return False
    if now is not None and then > now:
        return False
    oldest = _oldest(current, settings)
    return oldest is None or then >= oldest


def _is_alike(current: CurrentStudy, study: "FoundStudy", settings: PriorSettings, series_of: SeriesOf) -> bool:
    from viewer.base.errors import ViewerError

    has_modality = bool(set(current.modalities) & set(study.modalities))
    if settings.same_modality and not has_modality:
        return False
    if not settings.same_body_part:
        return True
    own = _parts(current.body_parts)
    if not own:
        return has_modality
    try:
        theirs = _parts(each.body_part_examined for each in series_of(study))
    except ViewerError:
        theirs = set()
    return bool(own & theirs) if theirs else has_modality


def _parts(texts: Iterable[str]) -> set[str]:
    return {part for text in texts if (part := " ".join(text.upper().split()))}


def _oldest(current: CurrentStudy, settings: PriorSettings) -> dt.date | None:
    if not settings.years:
        return None
    now = parse_date(current.study_date) or dt.datetime.now().astimezone().date()
    return now - dt.timedelta(days=round(settings.years * _DAYS_A_YEAR))


def _range(current: CurrentStudy, settings: PriorSettings) -> str:
    """Return the range of Study Date to ask for (PS3.4 C.2.2.2.5)."""
    oldest, latest = _oldest(current, settings), parse_date(current.study_date)
    if oldest is None and latest is None:
        return ""
    return f"{oldest.strftime('%Y%m%d') if oldest else ''}-{latest.strftime('%Y%m%d') if latest else ''}"
