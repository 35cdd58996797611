"""Queries over DICOMweb (QIDO-RS, PS3.18 10.6): page by page, answered as queries over DIMSE are: text by keyword."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from viewer.base.errors import Cancelled
from viewer.network.ports import QueryLevel
from viewer.network.web import problems
from viewer.network.web.answer import Answer
from viewer.network.web.dicom_json import each_object, texts_of, wants_objects
from viewer.network.web.door import WebDoor
from viewer.network.web.problems import WebError
from viewer.network.web.undecoded import decodes_queries, fits, widened
from viewer.network.web.watch import never

PAGE = 200
_MOST_PAGES = 10_000
_MOST_BYTES = 64 * 2**20
"""Of one page: some servers give everything at once."""
_ACCEPT = "application/dicom+json, application/json;q=0.5"
_STUDY, _SERIES, _INSTANCE = "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"
_IDENTITY: Mapping[QueryLevel, tuple[str, ...]] = {
    QueryLevel.PATIENT: ("PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate"),
    QueryLevel.STUDY: (_STUDY,),
    QueryLevel.SERIES: (_SERIES,),
    QueryLevel.IMAGE: (_INSTANCE,),
}
_NOT_ASKED = frozenset({"QueryRetrieveLevel", "SpecificCharacterSet", "RetrieveAETitle", "InstanceAvailability"})
"""Keys of queries over DIMSE that nobody matches."""
_UIDS = frozenset({_STUDY, _SERIES, _INSTANCE, "SOPClassesInStudy", "SOPClassUID"})
_MOST_ALTERNATIVES = 16
_ROUND = 10
"""A page that is shorter than was asked for, and as long as a multiple of this, may be the most a server gives."""


def find(
    door: WebDoor,
    level: QueryLevel,
    keys: Mapping[str, str],
    *,
    cancelled: Callable[[], bool] = never,
    most: int = 0,
    fuzzy: bool = False,
) -> Iterator[Mapping[str, str]]:
    """Yield what matches, once each, as it comes.

    Args:
        door: To the server.
        level: Of the answers; there is none for patients on the web: they are gathered from their studies.
        keys: As over DIMSE: text by keyword; an empty value is wanted and matches everything.
        cancelled: Asked again and again; the answers then end.
        most: How many answers; 0 for all.
        fuzzy: Whether names may be matched by their sound.

    Raises:
        WebError: If the server fails; what came before has been yielded.
    """
    answers = _once_each(_alternatives(door, level, keys, cancelled, fuzzy=fuzzy), level)
    try:
        yield from itertools.islice(answers, most or None)
    except Cancelled:
        return


def _once_each(answers: Iterator[Mapping[str, str]], level: QueryLevel) -> Iterator[Mapping[str, str]]:
    seen: set[tuple[str, ...]] = set()
    for answer in answers:
        identity = tuple(answer.get(keyword, "") for keyword in _IDENTITY[level])
        if identity not in seen or not any(identity):
            seen.add(identity)
            yield answer


def _alternatives(
    door: WebDoor, level: QueryLevel, keys: Mapping[str, str], cancelled: Callable[[], bool], *, fuzzy: bool
) -> Iterator[Mapping[str, str]]:
    """Ask for each value of a list by itself: beside UIDs, no list is matched on the web (PS3.18 8.3.4.1)."""
    lists = {keyword: text.split("\\") for keyword, text in keys.items() if "\\" in text and keyword not in _UIDS}
    count = 1
    for keyword in list(lists):
        count *= len(lists[keyword])
        if count > _MOST_ALTERNATIVES:
            count //= len(lists.pop(keyword))
    wanted = {k: "" if "\\" in text and k not in _UIDS else text for k, text in keys.items()}
    for values in itertools.product(*lists.values()):
        query = _Query.of(level, {**wanted, **dict(zip(lists, values, strict=True))}, fuzzy=fuzzy)
        yield from _answered(door, query, cancelled)


def _answered(door: WebDoor, query: "_Query", cancelled: Callable[[], bool]) -> Iterator[Mapping[str, str]]:
    """Ask; where a server looked for percent signs, ask for more and choose here."""
    plain = tuple((keyword, widened(text, keyword)) for keyword, text in query.matching)
    is_any = False
    if plain == query.matching or door.decodes_queries is not False:
        for answer in _Pages(door, query, cancelled).answers():
            is_any = True
            yield answer
    if is_any or plain == query.matching or decodes_queries(door, cancelled):
        return
    others = [(keyword, text) for keyword, text in query.matching if (keyword, text) not in plain]
    missing = tuple(keyword for keyword, _text in others if keyword not in query.wanted)
    for answer in _Pages(door, replace(query, matching=plain, wanted=query.wanted + missing), cancelled).answers():
        if all(fits(answer.get(keyword, ""), text) for keyword, text in others):
            yield answer


@dataclass(frozen=True, slots=True)
class _Query:
    """One query as it is asked: the resource, what has to match, and what is wanted beside what is usual."""

    segments: tuple[str, ...]
    matching: tuple[tuple[str, str], ...]
    wanted: tuple[str, ...]
    is_fuzzy: bool

    @classmethod
    def of(cls, level: QueryLevel, keys: Mapping[str, str], *, fuzzy: bool) -> "_Query":
        """Return the query of keys as they are asked over DIMSE."""
        left = {keyword: text for keyword, text in keys.items() if keyword not in _NOT_ASKED}
        segments = _resource(level, left)
        matching = tuple(
            (keyword, text.replace("\\", ",") if keyword in _UIDS else text)
            for keyword, text in left.items()
            if text.strip("*") or (text and keyword in _UIDS)
        )
        wanted = tuple(keyword for keyword, text in left.items() if not text.strip("*"))
        return cls(segments, matching, wanted, fuzzy)

    def parameters(self, limit: int, offset: int, *, is_plain: bool) -> list[tuple[str, str]]:
        """Return what stands behind the question mark; plain is what any server understands."""
        found = [(keyword, text) for keyword, text in self.matching if text.strip("*")]
        if is_plain:
            return found
        if self.wanted:
            found.append(("includefield", ",".join(self.wanted)))
        if self.is_fuzzy:
            found.append(("fuzzymatching", "true"))
        found.append(("limit", str(limit)))
        return [*found, ("offset", str(offset))] if offset else found


def _resource(level: QueryLevel, left: dict[str, str]) -> tuple[str, ...]:
    """Return the path of what is asked, and take from the keys what it says."""

    def single(keyword: str) -> str:
        text = left.get(keyword, "")
        return left.pop(keyword) if text and not set(text) & set("\\*?,") else ""

    if level in {QueryLevel.PATIENT, QueryLevel.STUDY}:
        return ("studies",)
    study = single(_STUDY)
    above = ("studies", study) if study else ()
    if level is QueryLevel.SERIES:
        return (*above, "series")
    series = single(_SERIES) if study else ""
    return (*above, "series", series, "instances") if series else (*above, "instances")


class _Pages:
    """The pages of one query."""

    def __init__(self, door: WebDoor, query: _Query, cancelled: Callable[[], bool]) -> None:
        self._door = door
        self._query = query
        self._cancelled = cancelled
        self._is_plain = False
        self._has_more = False

    def answers(self) -> Iterator[Mapping[str, str]]:
        """Yield them all: a page may bring some again that were on the one before, while studies come in."""
        offset = 0
        before: tuple[Mapping[str, str], ...] = ()
        for _number in range(_MOST_PAGES):
            page: list[Mapping[str, str]] = []
            for answer in self._page(offset):
                page.append(answer)
                yield answer
            offset += len(page)
            if not self._goes_on(len(page)) or tuple(page) == before:
                return
            before = tuple(page)

    def _goes_on(self, count: int) -> bool:
        if self._is_plain or count == 0 or count > PAGE:
            return False
        return self._has_more or count == PAGE or count % _ROUND == 0

    def _page(self, offset: int) -> Iterator[Mapping[str, str]]:
        with self._asked(offset) as answer:
            if answer.status == 204:
                return
            self._has_more = _says_more(answer)
            if not wants_objects(answer.media_type):
                raise problems.no_dicomweb(answer.subject, answer.media_type)
            charset = answer.headers.get("content-type", "").lower().partition("charset=")[2].strip("\"' ;")
            data = answer.whole(_MOST_BYTES)
            subject = answer.subject
        for found in each_object(data, charset, subject):
            if self._cancelled():
                raise Cancelled
            yield texts_of(found)

    def _asked(self, offset: int) -> Answer:
        try:
            return self._get(offset)
        except WebError as error:
            # Some refuse a whole query for a parameter that they do not know.
            if error.status not in {400, 422, 501} or self._is_plain or offset:
                raise
            self._is_plain = True
            try:
                return self._get(offset)
            except WebError:
                raise error from None

    def _get(self, offset: int) -> Answer:
        parameters = self._query.parameters(PAGE, offset, is_plain=self._is_plain)
        url = self._door.search_url(*self._query.segments, query=parameters)
        return self._door.get(url, _ACCEPT, cancelled=self._cancelled)


def _says_more(answer: Answer) -> bool:
    """Whether a warning says that there are more (PS3.18 8.3.4.4); another tells of fuzzy matching."""
    warning = answer.headers.get("warning", "")
    return "299" in warning and "fuzzy" not in warning.lower()
