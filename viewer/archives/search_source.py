"""One archive's answers to a question, by DIMSE or DICOMweb, with what it did not match left out."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from viewer.archives.access import Access
from viewer.archives.search_filter import fits
from viewer.base.errors import NetworkError
from viewer.base.translation import _
from viewer.network.access import DimseAccess
from viewer.network.finding import find, never, unheard
from viewer.network.peers import RetrieveMethod
from viewer.network.ports import QueryLevel

if TYPE_CHECKING:
    from viewer.network.web.door import WebDoor

Answers = Generator[Mapping[str, str], None, None]
_MODALITIES = "ModalitiesInStudy"
_CHECKED_AT_ONCE = 100


def answers_of(
    access: Access,
    level: QueryLevel,
    keys: Mapping[str, str],
    *,
    cancelled: Callable[[], bool] = never,
    said: Callable[[str], None] = unheard,
) -> Answers:
    """Yield what an archive has; arguments and failures are those of viewer.network.finding.find.

    Where it can be asked in two ways and fails before its first answer, it is asked in the other. Closing the generator
    ends the search there.
    """
    question = _Question(access, level, keys, cancelled, said)
    ways = question.ways()
    for number, way in enumerate(ways):
        is_answering = False
        try:
            with closing(way()) as answers:
                for answer in answers:
                    is_answering = True
                    yield answer
            return
        except NetworkError as error:
            if is_answering or number + 1 == len(ways) or cancelled():
                raise
            said(_("It was asked in another way, since the first failed: {0}").format(error))


@dataclass(frozen=True, slots=True)
class _Question:
    access: Access
    level: QueryLevel
    keys: Mapping[str, str]
    cancelled: Callable[[], bool]
    said: Callable[[str], None]

    def ways(self) -> Sequence[Callable[[], Answers]]:
        """Return how it can be asked, the better way first."""
        ways: list[Callable[[], Answers]] = []
        dimse, web = self.access.dimse, self.access.web
        if dimse is not None:
            ways.append(partial(self._by_dimse, dimse))
        if web is not None:
            ways.insert(0 if self.access.peer.method is RetrieveMethod.WEB else len(ways), partial(self._by_web, web))
        if not ways:
            raise NetworkError(
                _("It has no address"), subject=self.access.peer.name, advice=_("Enter one in the list of archives")
            )
        return ways

    def _by_web(self, web: "WebDoor") -> Answers:
        from viewer.network.web.searching import find as find_on_the_web

        answers = find_on_the_web(
            web, self.level, self.keys, cancelled=self.cancelled, fuzzy=self.access.peer.quirks.fuzzy
        )
        yield from filter(self._fits, answers)

    def _by_dimse(self, dimse: DimseAccess) -> Answers:
        is_checking = self.level is QueryLevel.STUDY and bool(self.keys.get(_MODALITIES, "").strip("*"))
        unjudged: list[Mapping[str, str]] = []
        with closing(find(dimse, self.level, self.keys, cancelled=self.cancelled, said=self.said)) as answers:
            for answer in filter(self._fits, answers):
                if not is_checking or answer.get(_MODALITIES):
                    yield answer
                    continue
                unjudged.append(answer)
                if len(unjudged) == _CHECKED_AT_ONCE:
                    yield from self._checked(dimse, unjudged)
                    unjudged = []
        yield from self._checked(dimse, unjudged)

    def _fits(self, answer: Mapping[str, str]) -> bool:
        return fits(answer, self.keys, is_fuzzy=self.access.peer.quirks.fuzzy)

    def _checked(self, dimse: DimseAccess, studies: Sequence[Mapping[str, str]]) -> Answers:
        """Look at the series of studies whose archive does not say what modalities they are of."""
        uids = [each["StudyInstanceUID"] for each in studies if each.get("StudyInstanceUID")]
        modalities: dict[str, dict[str, None]] = {}
        if uids and not self.cancelled():
            try:
                keys = {"StudyInstanceUID": "\\".join(uids)}
                for series in find(dimse, QueryLevel.SERIES, keys, cancelled=self.cancelled):
                    modalities.setdefault(series.get("StudyInstanceUID", ""), {})[series.get("Modality", "")] = None
            except NetworkError:
                self.said(_("It does not say which modalities its studies have"))
        for study in studies:
            named = "\\".join(each for each in modalities.get(study.get("StudyInstanceUID", ""), {}) if each)
            answer = {**study, _MODALITIES: named}
            if self._fits(answer):
                yield answer
