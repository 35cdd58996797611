"""Studies on their way in: which are arriving, when they have gone quiet, and whether all that was announced is there.

Nothing here reads a file or a clock: moments and counts are handed in.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from viewer.base.number_ranges import ranges_text
from viewer.reception.receiver_state import ArrivingStudy

MOST_FOLLOWED = 10_000
"""Of studies that arrive at once; beyond, those that waited longest count as arrived."""
_LISTED = 20
_LONGEST_COUNT = 100_000


@dataclass(slots=True)
class _Arriving:
    study: ArrivingStudy
    series: set[str]
    series_announced: dict[str, int] = field(default_factory=dict)
    study_announced: int = 0


class Arrivals:
    """Follows what comes; its methods may be called on several threads.

    Args:
        quiet_seconds: After how long without an instance a study has arrived.
    """

    def __init__(self, quiet_seconds: float) -> None:
        self._quiet = timedelta(seconds=quiet_seconds)
        self._lock = threading.Lock()
        self._studies: dict[str, _Arriving] = {}

    def came(
        self, study_uid: str, series_uid: str, at: datetime, *, size: int = 0, ae_title: str = "", address: str = ""
    ) -> bool:
        """Note an instance; return whether its series begins to arrive with it."""
        with self._lock:
            held = self._studies.pop(study_uid, None)
            if held is None:
                study = ArrivingStudy(study_uid, 1, size, at, at, ae_title, address)
                self._studies[study_uid] = _Arriving(study, {series_uid})
                return True
            held.study = replace(
                held.study,
                instances=held.study.instances + 1,
                size=held.study.size + size,
                last_at=max(held.study.last_at, at),
                ae_title=ae_title,
                address=address,
            )
            self._studies[study_uid] = held  # in the order of their last instance
            is_new = series_uid not in held.series
            held.series.add(series_uid)
        return is_new

    def announced(self, study_uid: str, series_uid: str, in_series: int | None, in_study: int | None) -> None:
        """Note what an instance says of how many there are: (0020,1209) and (0020,1208)."""
        with self._lock:
            if (held := self._studies.get(study_uid)) is None:
                return
            if in_series:
                held.series_announced[series_uid] = max(in_series, held.series_announced.get(series_uid, 0))
            held.study_announced = max(held.study_announced, in_study or 0)
            count = held.study_announced or sum(held.series_announced.values())
            held.study = replace(held.study, announced=count or None)

    def arriving(self) -> tuple[ArrivingStudy, ...]:
        """Return what is arriving, the study that has waited longest first."""
        with self._lock:
            return tuple(held.study for held in self._studies.values())

    def gone_quiet(self, now: datetime) -> tuple[ArrivingStudy, ...]:
        """Return the studies that have arrived, and follow them no longer."""
        with self._lock:
            surplus = len(self._studies) - MOST_FOLLOWED
            quiet = [
                uid
                for number, (uid, held) in enumerate(self._studies.items())
                if number < surplus or abs(now - held.study.last_at) >= self._quiet  # clocks are also set back
            ]
            return tuple(self._studies.pop(uid).study for uid in quiet)

    def earliest(self) -> datetime | None:
        """Return when the first instance came of all that are still arriving; None when none is."""
        with self._lock:
            return min((held.study.first_at for held in self._studies.values()), default=None)


@dataclass(frozen=True, slots=True)
class SeriesCount:
    """What is there of a series, and what it says of itself.

    Attributes:
        numbers: Instance Numbers, as far as they are numbers.
        announced: Number of Series Related Instances (0020,1209); None when nothing says.
        study_announced: Number of Study Related Instances (0020,1208), likewise.
    """

    series_instance_uid: str
    instances: int
    numbers: Sequence[int] = ()
    announced: int | None = None
    study_announced: int | None = None


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of a study is there.

    Attributes:
        announced: How many instances there should be; None when nothing says so.
        gaps: Missing instance numbers by Series Instance UID.
    """

    instances: int
    announced: int | None
    gaps: Mapping[str, tuple[int, ...]]

    @property
    def missing(self) -> int:
        """How many instances are missing at least."""
        by_gaps = sum(map(len, self.gaps.values()))
        return max(by_gaps, (self.announced or 0) - self.instances, 0)


def completeness(series: Iterable[SeriesCount]) -> Completeness:
    """Return how complete a study is, of what its series say.

    A study's own number counts for the whole; else what its series announce, if every one of them does.
    """
    counted = tuple(series)
    of_study = max((each.study_announced or 0 for each in counted), default=0)
    of_series = [each.announced for each in counted if each.announced]
    announced = of_study or (sum(of_series) if len(of_series) == len(counted) else 0)
    gaps = {each.series_instance_uid: missing for each in counted if (missing := missing_numbers(each.numbers))}
    return Completeness(sum(each.instances for each in counted), announced or None, gaps)


def missing_numbers(numbers: Iterable[int]) -> tuple[int, ...]:
    """Return the numbers that are left out in a series that otherwise counts without gaps.

    Numbers that step by two or more, or lie far apart, are a habit of the scanner and say nothing.
    """
    held = set(numbers)
    if len(held) < 2 or max(held) - min(held) > _LONGEST_COUNT:
        return ()
    first, last = min(held), max(held)
    missing = [number for number in range(first, last + 1) if number not in held]
    # A series that begins at 2 or 3 has lost its head; one that begins at 101 counts on from another.
    if 1 < first <= 1 + max(1, len(held) // 10):
        missing = [*range(1, first), *missing]
    return tuple(missing) if len(missing) < len(held) else ()


def listed(numbers: Sequence[int]) -> str:
    """Return numbers as a short text: 3, 7-9."""
    return ranges_text(numbers, _LISTED, "-")
