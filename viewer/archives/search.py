"""Searching several archives at once, in one list: what they answer comes as it is answered, the same thing only once.

Each archive is asked on a thread of its own; one that fails takes nothing from the others.
"""

import contextlib
import enum
import queue
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TypeAlias

from viewer.archives.access import Access
from viewer.archives.found import FoundInstance, FoundItem, FoundPatient, FoundSeries, FoundStudy, found_item, merged
from viewer.archives.search_source import answers_of
from viewer.base.errors import Cancelled, NetworkError, ViewerError
from viewer.base.translation import _
from viewer.network.finding import UNREADABLE, never
from viewer.network.ports import QueryLevel

__all__ = [
    "ArchiveSearch", "FoundBatch", "FoundInstance", "FoundItem", "FoundPatient", "FoundSeries", "FoundStudy",
    "SearchPhase", "SourceState", "instances_of", "series_of",
]  # fmt: skip

MOST_IN_BATCH = 200
DEFAULT_MOST = 1000
_EVERY_S, _LAST_WORDS_S = 0.05, 5.0
_MOST_WAITING = 1000
"""Of answers that nobody has taken yet: then archives have to wait."""


class SearchPhase(enum.Enum):
    """How far the search in one archive is."""

    ASKING = "asking"
    DONE = "done"
    CUT_OFF = "cut off"
    """It has more than was wanted."""
    CANCELLED = "cancelled"
    FAILED = "failed"
    """What it answered before stays good."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """How far one archive is.

    Attributes:
        count: How many it has answered.
        error: Why it failed.
        notes: What was not quite as it was asked, in plain words.
    """

    name: str
    phase: SearchPhase = SearchPhase.ASKING
    count: int = 0
    error: ViewerError | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundBatch:
    """What was found, at most 200: new, or known before and now from one archive more."""

    items: tuple[FoundItem, ...]


News: TypeAlias = "FoundBatch | SourceState"
_News: TypeAlias = "Mapping[str, str] | SourceState | BaseException | None"


class ArchiveSearch:
    """One search.

    Args:
        accesses: Whom to ask.
        level: What is looked for.
        queries: Keys by keyword, or several sets of keys, of which each answer matches one.
        most: How many of each archive.

    Attributes:
        states: How far each archive is, by its name.
    """

    def __init__(
        self,
        accesses: Sequence[Access],
        level: QueryLevel,
        queries: Mapping[str, str] | Sequence[Mapping[str, str]],
        *,
        most: int = DEFAULT_MOST,
    ) -> None:
        # One that was named in two ways is one.
        self._accesses = tuple({access.peer.name: access for access in accesses}.values())
        self._level, self._most = level, most
        self._queries = (queries,) if isinstance(queries, Mapping) else tuple(queries)
        self._is_cancelled = threading.Event()
        self._is_over = threading.Event()
        self._waiting: queue.Queue[tuple[str, _News]] = queue.Queue(_MOST_WAITING)
        self._found: dict[str, FoundItem] = {}
        self.states = {access.peer.name: SourceState(access.peer.name) for access in self._accesses}

    def cancel(self) -> None:
        """End the search: archives are told to; what was found stays."""
        self._is_cancelled.set()

    def run(self, tell: Callable[[News], None], cancelled: Callable[[], bool] = never) -> tuple[FoundItem, ...]:
        """Search until every archive is done; return all that was found.

        Args:
            tell: Called on this thread, in batches, with what was found and how far each archive is.
            cancelled: Asked often, beside cancel().
        """
        for access in self._accesses:
            tell(self.states[access.peer.name])
            threading.Thread(target=self._ask, args=(access,), name="archive search", daemon=True).start()
        try:
            self._gather(tell, cancelled)
        finally:
            self._is_cancelled.set()
            self._is_over.set()
        return tuple(self._found.values())

    def _gather(self, tell: Callable[[News], None], cancelled: Callable[[], bool]) -> None:
        changed: dict[str, FoundItem] = {}
        told = time.monotonic()
        until = float("inf")
        while self._asking() and time.monotonic() < until:
            if cancelled() or self._is_cancelled.is_set():
                self._is_cancelled.set()
                until = min(until, time.monotonic() + _LAST_WORDS_S)
            name, news = self._next()
            if isinstance(news, BaseException):
                raise news
            if isinstance(news, Mapping):
                item = self._taken(news, name)
                changed[item.key] = item
            if isinstance(news, SourceState) or len(changed) == MOST_IN_BATCH or time.monotonic() - told > _EVERY_S:
                _flush(changed, tell)
                told = time.monotonic()
            if isinstance(news, SourceState):
                self.states[name] = news
                tell(news)
        _flush(changed, tell)
        for state in self._asking():  # those that take their time over ending
            self.states[state.name] = SourceState(state.name, SearchPhase.CANCELLED, state.count)
            tell(self.states[state.name])

    def _next(self) -> tuple[str, _News]:
        try:
            return self._waiting.get(timeout=_EVERY_S)
        except queue.Empty:
            return "", None

    def _asking(self) -> list[SourceState]:
        return [state for state in self.states.values() if state.phase is SearchPhase.ASKING]

    def _taken(self, answer: Mapping[str, str], name: str) -> FoundItem:
        item = found_item(self._level, answer, name)
        known = self._found.get(item.key)
        if known is not None:
            item = merged(known, item)
        self._found[item.key] = item
        return item

    def _ask(self, access: Access) -> None:
        """Ask one archive, on a thread of its own."""
        name = access.peer.name
        notes: dict[str, None] = {}
        phase, error, count = SearchPhase.DONE, None, 0
        try:
            with closing(self._distinct(access, notes)) as answers:
                for answer in answers:
                    if count == self._most > 0:
                        phase = SearchPhase.CUT_OFF
                        break
                    self._put(name, answer)
                    count += 1
            if self._is_cancelled.is_set() and phase is SearchPhase.DONE:
                phase = SearchPhase.CANCELLED
        except ViewerError as failure:
            phase, error = SearchPhase.FAILED, failure
        except BaseException as bug:  # noqa: BLE001 - it goes to the crash report of who searches
            self._put(name, bug)
            return
        self._put(name, SourceState(name, phase, count, error, tuple(notes)))

    def _distinct(self, access: Access, notes: dict[str, None]) -> Generator[Mapping[str, str], None, None]:
        """Yield what an archive answers to all queries, each thing once."""
        seen: set[tuple[str, str]] = set()

        def say(words: str) -> None:
            notes[words] = None

        for keys in self._queries:
            if self._is_cancelled.is_set():
                return
            asked = answers_of(access, self._level, keys, cancelled=self._is_cancelled.is_set, said=say)
            with closing(asked) as answers:
                for answer in answers:
                    item = found_item(self._level, answer, "")
                    # A study that one archive has of two patients is told as what two archives say of it.
                    one = (item.key, item.patient_id if isinstance(item, FoundStudy) else "")
                    if not item.key:
                        say(_("Some answers do not say what they are about, and are left out"))
                    elif one not in seen:
                        seen.add(one)
                        yield answer

    def _put(self, name: str, news: _News) -> None:
        while not self._is_over.is_set():
            with contextlib.suppress(queue.Full):
                self._waiting.put((name, news), timeout=_EVERY_S)
                return


def _flush(changed: dict[str, FoundItem], tell: Callable[[News], None]) -> None:
    if changed:
        tell(FoundBatch(tuple(changed.values())))
        changed.clear()


def series_of(
    accesses: Sequence[Access], study: FoundStudy, cancelled: Callable[[], bool] = never
) -> list[FoundSeries]:
    """Return the series of a study, of all archives that are asked.

    Raises:
        ViewerError: If none of them could be asked; where one was, what it said is returned.
    """
    search = ArchiveSearch(accesses, QueryLevel.SERIES, {"StudyInstanceUID": study.study_instance_uid}, most=0)
    found = [item for item in search.run(lambda _news: None, cancelled) if isinstance(item, FoundSeries)]
    failed = [state.error for state in search.states.values() if state.error is not None]
    if len(failed) == len(accesses) and failed and not found:
        raise failed[0]
    return found


def instances_of(
    access: Access, study_instance_uid: str, series_instance_uid: str = "", *, cancelled: Callable[[], bool] = never
) -> list[FoundInstance]:
    """Return what an archive says that a study or series of it has: what a retrieve of it can be held against.

    Raises:
        NetworkError: If it does not say so to the end, or not readably: half a list would hide what is missing.
        Cancelled: If it was cancelled.
    """
    keys = {"StudyInstanceUID": study_instance_uid}
    if series_instance_uid:
        keys["SeriesInstanceUID"] = series_instance_uid
    notes: list[str] = []
    found: dict[str, FoundInstance] = {}
    for answer in answers_of(access, QueryLevel.IMAGE, keys, cancelled=cancelled, said=notes.append):
        item = found_item(QueryLevel.IMAGE, answer, access.peer.name)
        if isinstance(item, FoundInstance) and item.sop_instance_uid:
            found[item.sop_instance_uid] = item
    if cancelled():
        raise Cancelled
    if _(UNREADABLE) in notes:
        raise NetworkError(_(UNREADABLE), subject=access.peer.name)
    return list(found.values())
