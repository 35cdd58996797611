"""Archives as the window has them: which there are, searches in several at once, what is below a study.

Nothing here reads a file or waits for an archive on the thread that calls; answers come in portions on that thread.
"""

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from viewer.base.errors import NetworkError, ViewerError
from viewer.base.events import Event
from viewer.base.jobs import NETWORK, JobHandle, JobRunner, Progress
from viewer.base.translation import _
from viewer.workspace.archive_query import ArchiveQuestion, fits, queries_of
from viewer.workspace.archive_states import AskedArchive

if TYPE_CHECKING:
    from viewer.archives.access import Access
    from viewer.archives.search import FoundBatch, FoundInstance, FoundSeries, FoundStudy, SourceState
    from viewer.network.peers import Peer

T = TypeVar("T")
Deliver = Callable[[Callable[[], None]], None]


class SearchEars(Protocol):
    """Who hears a search; called on the thread that began it."""

    def found(self, studies: "Sequence[FoundStudy]") -> None:
        """Studies were found, or more became known of them."""

    def asked(self, archives: Sequence[AskedArchive]) -> None:
        """It stands otherwise with the archives."""

    def ended(self, problem: ViewerError | None) -> None:
        """Nothing more will come; why nothing was asked at all, or None."""


class ArchiveCalls(Protocol):
    """How archives are had; called on threads of jobs."""

    def peers(self) -> "Sequence[Peer]":
        """Return the archives there are."""

    def access(self, peer: "Peer") -> "Access":
        """Return how to call one.

        Raises:
            NetworkError: If it cannot be called.
        """


class ArchiveDesk:
    """The archives for all windows.

    Attributes:
        peers: Those there are; None while nobody has looked.
        peers_changed: There are others.
    """

    def __init__(self, calls: ArchiveCalls, runner: JobRunner, deliver: Deliver) -> None:
        self.peers: tuple[Peer, ...] | None = None
        self.peers_changed: Event[None] = Event()
        self._calls = calls
        self._runner = runner
        self._deliver = deliver

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the archives there are."""
        return tuple(peer.name for peer in self.peers or ())

    def look(self) -> None:
        """See which archives there are; another program may have changed the list."""

        def seen(peers: "tuple[Peer, ...]") -> None:
            if peers != self.peers:
                self.peers = peers
                self.peers_changed.emit(None)

        def failed(_error: Exception) -> None:
            seen(())

        self._runner.submit(
            _Call(lambda _progress: tuple(self._calls.peers())), lane=NETWORK, key=(id(self), "peers"), done=seen,
            failed=failed,
        )  # fmt: skip

    def search(self, question: ArchiveQuestion, limit: int, ears: SearchEars) -> JobHandle[None]:
        """Ask archives; what they answer is heard until the handle is cancelled.

        Args:
            question: What to ask, and which archives.
            limit: Of the results of one archive.
            ears: Who hears it.
        """
        gathered = _Gathered(self._deliver, ears)
        job = _Call(lambda progress: self._search(question, limit, gathered, progress))

        def done(_none: None) -> None:
            gathered.drain()
            ears.ended(None)

        def failed(error: Exception) -> None:
            gathered.drain()
            ears.ended(_told(error))

        handle = self._runner.submit(job, lane=NETWORK, done=done, failed=failed)
        gathered.handle = handle
        return handle

    def series_of(
        self,
        study: "FoundStudy",
        done: "Callable[[Sequence[FoundSeries]], None]",
        failed: Callable[[ViewerError], None],
    ) -> None:
        """Ask for the series of a study."""

        def ask(progress: Progress) -> "Sequence[FoundSeries]":
            from viewer.archives.search import series_of

            return series_of(self._accesses(study.sources), study, lambda: progress.is_cancelled)

        self._submit(ask, done, failed)

    def instances_of(
        self,
        study: "FoundStudy",
        series: "FoundSeries",
        done: "Callable[[Sequence[FoundInstance]], None]",
        failed: Callable[[ViewerError], None],
    ) -> None:
        """Ask for the instances of a series."""

        def ask(progress: Progress) -> "Sequence[FoundInstance]":
            from viewer.archives.search import instances_of

            access = self._accesses(series.sources or study.sources)[0]
            uids = study.study_instance_uid, series.series_instance_uid
            return instances_of(access, *uids, cancelled=lambda: progress.is_cancelled)

        self._submit(ask, done, failed)

    # On threads of jobs

    def _search(self, question: ArchiveQuestion, limit: int, gathered: "_Gathered", progress: Progress) -> None:
        from viewer.archives.search import ArchiveSearch, FoundStudy, SourceState
        from viewer.network.ports import QueryLevel

        queries = queries_of(question, dt.datetime.now().astimezone().date())
        accesses = []
        for peer in self._chosen(question.archives):
            try:
                accesses.append(self._calls.access(peer))
            except ViewerError as error:  # a certificate that is gone takes no other archive away
                gathered.stands(AskedArchive(peer.name, is_asking=False, problem=error))
        search = ArchiveSearch(accesses, QueryLevel.STUDY, queries, most=limit)

        def tell(news: "FoundBatch | SourceState") -> None:
            if isinstance(news, SourceState):
                gathered.stands(_asked(news))
                return
            found = [item for item in news.items if isinstance(item, FoundStudy)]
            gathered.found([study for study in found if fits(question, study.patient_name)])

        search.run(tell, lambda: progress.is_cancelled)
        progress.check()

    def _chosen(self, names: Sequence[str]) -> "list[Peer]":
        peers = self._calls.peers()
        chosen = [peer for peer in peers if (peer.name in names if names else not peer.is_hidden)]
        if not chosen:
            text = _("None of the chosen archives is in the list any more") if peers else _("No archive is known yet")
            raise NetworkError(text)
        return chosen

    def _accesses(self, names: Sequence[str]) -> "list[Access]":
        return [self._calls.access(peer) for peer in self._chosen(names)]

    def _submit(
        self, call: Callable[[Progress], T], done: Callable[[T], None], failed: Callable[[ViewerError], None]
    ) -> None:
        self._runner.submit(_Call(call), lane=NETWORK, done=done, failed=lambda error: failed(_told(error)))


class _Gathered:
    """What was found while nobody listened: handed on in portions, however fast it comes."""

    def __init__(self, deliver: Deliver, ears: SearchEars) -> None:
        self.handle: JobHandle[None] | None = None
        self._deliver = deliver
        self._ears = ears
        self._lock = threading.Lock()
        self._studies: list[FoundStudy] = []
        self._archives: dict[str, AskedArchive] = {}
        self._is_other = False
        self._is_told = False

    def found(self, studies: "Sequence[FoundStudy]") -> None:
        """Studies were found; on any thread."""
        with self._lock:
            self._studies += studies
            self._tell()

    def stands(self, archive: AskedArchive) -> None:
        """It stands otherwise with an archive; on any thread."""
        with self._lock:
            self._archives[archive.name] = archive
            self._is_other = True
            self._tell()

    def drain(self) -> None:
        """Hand on what there is."""
        with self._lock:
            studies, is_other, archives = self._studies, self._is_other, tuple(self._archives.values())
            self._studies, self._is_other, self._is_told = [], False, False
        if self.handle is not None and self.handle.progress.is_cancelled:
            return
        if studies:
            self._ears.found(studies)
        if is_other:
            self._ears.asked(archives)

    def _tell(self) -> None:
        if not self._is_told:
            self._is_told = True
            self._deliver(self.drain)


@dataclass(frozen=True, slots=True)
class _Call(Generic[T]):
    call: Callable[[Progress], T]

    def run(self, progress: Progress) -> T:
        return self.call(progress)


def _asked(state: "SourceState") -> AskedArchive:
    from viewer.archives.search import SearchPhase

    is_cut_off = state.phase is SearchPhase.CUT_OFF
    return AskedArchive(
        state.name, state.count, state.phase is SearchPhase.ASKING, state.error, is_cut_off, state.notes
    )


def _told(error: Exception) -> ViewerError:
    """Return what can happen; a bug goes on to the crash report."""
    if not isinstance(error, ViewerError):
        raise error
    return error
