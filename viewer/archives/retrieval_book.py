"""What of a retrieve is here, what came, and what is still to be asked for; may be used by several threads at once."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from viewer.archives.retrieval_expected import Expected, ExpectedSeries
from viewer.archives.retrieval_report import RetrievalReport
from viewer.base.translation import _
from viewer.network.ports import Became
from viewer.network.retrieving import Counts, Fetched, RetrieveRequest

MOST_UIDS = 200
"""In one request."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What is asked for at once: a series, or instances of it.

    Attributes:
        request: As it goes to the archive.
        wanted: SOP Instance UIDs that are missing of it, as far as they are known.
    """

    request: RetrieveRequest
    wanted: frozenset[str]

    @property
    def series(self) -> str:
        """Its series; empty for a study of which no series are known."""
        return self.request.series_instance_uid


@dataclass(slots=True)
class _Series:
    expected: ExpectedSeries
    left: dict[str, None] = field(default_factory=dict)
    is_done: bool = False
    came: int = 0
    counts: Counts = field(default_factory=Counts)

    @property
    def is_listed(self) -> bool:
        return self.expected.instances is not None


class RetrievalBook:
    """Everything that is known of one retrieve.

    Args:
        request: What was asked for.
        expected: What there is.
        held: Which of it is here already.
    """

    def __init__(self, request: RetrieveRequest, expected: Expected, held: set[str]) -> None:
        self._request, self.expected = request, expected
        self._lock = threading.Lock()
        self._series = {each.series_instance_uid: _Series(each) for each in expected.series}
        self._series_of: dict[str, str] = {}
        for uid, each in self._series.items():
            instances = each.expected.instances or {}
            self._series_of.update(dict.fromkeys(instances, uid))
            each.left = dict.fromkeys(instance for instance in instances if instance not in held)
        self._already = dict.fromkeys(uid for uid in self._series_of if uid in held)
        self._received: dict[str, None] = {}
        self._quarantined: dict[str, None] = {}
        self._unexpected: dict[str, None] = {}
        self._refused: dict[str, str] = {}
        self._named: dict[str, str] = {}
        self._takes_lists = True
        self._waiting: list[Piece] = []
        self._preferred = ""
        self._is_preferred_taken = True

    @property
    def here(self) -> int:
        """How many are here."""
        return len(self._received) + len(self._already) + len(self._quarantined)

    @property
    def failed(self) -> int:
        """How many came and could not be kept, or are named as not to be had."""
        return len(self._refused) + len(self._named)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be asked for."""
        return all(not each.left if each.is_listed else each.is_done for each in self._series.values())

    def series_of(self, sop_instance_uid: str, asked: str = "") -> str:
        """Return the series of an instance; where it was not listed, the one that was asked for."""
        return self._series_of.get(sop_instance_uid, asked)

    def expects(self) -> Mapping[str, list[str]]:
        """Return the instances by series, as they are listed."""
        return {uid: [*(each.expected.instances or ())] for uid, each in self._series.items()}

    # What is to be asked for

    def plan(self) -> int:
        """Begin a round: return in how many pieces all that is left is asked for."""
        with self._lock:
            self._waiting = [piece for each in self._series.values() for piece in self._pieces_of(each)]
            return len(self._waiting)

    def next_piece(self) -> Piece | None:
        """Return what is to be asked for next: of the series that is preferred, if there is any; None at the end."""
        with self._lock:
            self._waiting = [piece for piece in self._waiting if self._is_wanted(piece)]
            if not self._waiting:
                return None
            number = next((at for at, piece in enumerate(self._waiting) if piece.series == self._preferred), 0)
            return self._waiting.pop(number)

    def prefer(self, series_instance_uid: str) -> None:
        """Have a series come first."""
        with self._lock:
            self._preferred, self._is_preferred_taken = series_instance_uid, False

    def gives_way(self, piece: Piece) -> bool:
        """Return whether what is being fetched is to be left for what is preferred; said once."""
        if self._is_preferred_taken or piece.series == self._preferred:
            return False
        with self._lock:
            gives = not self._is_preferred_taken and any(each.series == self._preferred for each in self._waiting)
            self._is_preferred_taken = True
            return gives

    def _is_wanted(self, piece: Piece) -> bool:
        return not piece.wanted or not piece.wanted.isdisjoint(self._series[piece.series].left)

    def _pieces_of(self, series: _Series, of: frozenset[str] = frozenset()) -> list[Piece]:
        """Return the pieces in which what is left of a series is asked for, or of some of its instances."""
        if series.is_done or (series.is_listed and not series.left):
            return []
        wanted = tuple(uid for uid in series.left if not of or uid in of)
        is_named = bool(self._request.sop_instance_uids)
        instances = series.expected.instances
        if instances is None:
            return [self._piece(series, self._request.sop_instance_uids)]
        is_whole = len(wanted) == len(instances) or not self._takes_lists or not series.expected.series_instance_uid
        if is_whole and not is_named:
            return [self._piece(series, (), tuple(series.left))]
        most = MOST_UIDS if self._takes_lists else 1
        return [self._piece(series, wanted[at : at + most]) for at in range(0, len(wanted), most)]

    def _piece(self, series: _Series, uids: tuple[str, ...], wanted: tuple[str, ...] = ()) -> Piece:
        request = RetrieveRequest(
            self._request.study_instance_uid,
            series.expected.series_instance_uid,
            uids,
            series.expected.sop_class_uids,
            self._request.patient_id,
        )
        return Piece(request, frozenset(wanted or uids))

    # What came

    def take(self, fetched: Fetched, piece: Piece) -> None:
        """Note an instance that came, or is said not to come."""
        uid = fetched.sop_instance_uid
        with self._lock:
            if fetched.answer is None:
                self._fail(fetched)
                return
            if self.expected.is_listed and uid not in self._series_of:
                self._unexpected[uid] = None  # it is kept, and fills no gap
                return
            series = self._series.get(self.series_of(uid, piece.series))
            is_first = uid not in self._received and uid not in self._already and uid not in self._quarantined
            if series is not None:
                series.left.pop(uid, None)
                series.came += is_first
            self._refused.pop(uid, None)
            self._named.pop(uid, None)
            if is_first:
                became = {Became.STORED: self._received, Became.ALREADY: self._already}
                became.get(fetched.answer.became, self._quarantined)[uid] = None

    def count(self, counts: Counts, piece: Piece) -> None:
        """Note what the archive says of how far it is."""
        if (series := self._series.get(piece.series)) is not None:
            series.counts = counts

    def end(self, piece: Piece, *, is_whole: bool) -> None:
        """Note that all of a piece came that comes; or that it was left: what is missing of it is asked for again."""
        with self._lock:
            series = self._series[piece.series]
            if not is_whole:
                self._waiting += self._pieces_of(series, piece.wanted)
            elif not series.is_listed:
                total = self._total_of(series)
                series.is_done = total is None or series.came >= total
            elif piece.request.sop_instance_uids and piece.wanted & (series.left.keys() - self._named.keys()):
                self._takes_lists = False  # perhaps it looked at the first UID alone

    def refuse(self, piece: Piece, reason: str) -> None:
        """Note that instances are not given when asked for so: one by one they may be, or with their series."""
        uids = piece.request.sop_instance_uids
        if len(uids) == 1:
            self.take(Fetched(uids[0], reason=reason), piece)
            return
        self._takes_lists = False
        self.end(piece, is_whole=False)

    def _fail(self, fetched: Fetched) -> None:
        uid = fetched.sop_instance_uid
        if uid in self._received or uid in self._already or uid in self._quarantined:
            return
        if fetched.sop_class_uid or fetched.size:  # it came, and would come in the same way again
            self._refused[uid] = fetched.reason
            series = self._series.get(self.series_of(uid))
            if series is not None:
                series.left.pop(uid, None)
        elif uid:
            self._named[uid] = fetched.reason

    # In the end

    def total(self) -> int | None:
        """Return how many there are; None where nobody knows."""
        totals = [self._total_of(each) for each in self._series.values()]
        return None if None in totals else sum(total for total in totals if total is not None)

    def report(self, *, is_cancelled: bool, methods: tuple[str, ...], reason: str) -> RetrievalReport:
        """Return what is here of what there is."""
        here = self._received.keys() | self._already.keys() | self._quarantined.keys()
        unnamed = sum(
            max(0, (self._total_of(each) or 0) - each.came) for each in self._series.values() if not each.is_listed
        )
        return RetrievalReport(
            self.total(),
            tuple(self._received),
            tuple(self._already),
            tuple(self._quarantined),
            {**self._named, **self._refused},
            tuple(uid for uid in self._series_of if uid not in here),
            unnamed,
            unexpected=tuple(self._unexpected),
            is_verified=self.expected.is_listed,
            is_broken_off=not all(map(self._has_ended, self._series.values())),
            is_cancelled=is_cancelled,
            methods=methods,
            reason=reason or (_("The archive lists no images of it") if not self._series else ""),
        )

    @staticmethod
    def _has_ended(series: _Series) -> bool:
        """Whether what is here of a series can be held against what the archive says."""
        announced = series.expected.announced
        return series.is_listed or series.is_done or (announced is not None and series.came >= announced)

    @staticmethod
    def _total_of(series: _Series) -> int | None:
        if series.is_listed:
            return len(series.expected.instances or ())
        if series.expected.announced is not None:
            return max(series.expected.announced, series.came)
        counts = series.counts
        parts = (counts.remaining, counts.completed, counts.failed, counts.warned)
        return None if all(part is None for part in parts) else max(sum(part or 0 for part in parts), series.came)
