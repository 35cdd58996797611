"""Playing: how long each image stays, which comes next, what rate is really reached (PS3.3 C.7.6.5).

The rate is the reader's; else Recommended Display Frame Rate; else Frame Time (Vector); else Cine Rate; else 15.
The player knows no timer: it is asked what is due, and told what was shown.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from viewer.dicom.instance_header import InstanceHeader
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.viewport_state import CineState

DEFAULT_RATE = 15.0
MINIMUM_RATE, MAXIMUM_RATE = 0.1, 120.0
_CINE_RATE, _FRAME_TIME, _FRAME_TIME_VECTOR = 0x00180040, 0x00181063, 0x00181065
_RECOMMENDED_RATE, _START_TRIM, _STOP_TRIM, _PLAYBACK = 0x00082144, 0x00082142, 0x00082143, 0x00181244
_SWEEP = 1
_RATE_WINDOW = 30


@dataclass(frozen=True, slots=True)
class CineTiming:
    """How a display set asks to be played.

    Attributes:
        rate: Images a second; the mean where the intervals differ.
        intervals_s: How long each image stays, where that differs; else empty.
        first: Index of the first image to play.
        last: Index of the last image to play.
        is_stated: Whether the data state the rate.
    """

    rate: float
    intervals_s: tuple[float, ...]
    first: int
    last: int
    is_sweep: bool
    is_stated: bool


def timing_of(display_set: DisplaySet) -> CineTiming:
    """Return how a display set asks to be played."""
    count = len(display_set.images)
    header = display_set.images[0].header
    is_one_file = all(image.header is header for image in (display_set.images[0], display_set.images[-1]))
    intervals = _vector_intervals(header, count) if is_one_file and header.frame_count == count else ()
    recommended = _positive(header, _RECOMMENDED_RATE)
    if recommended is not None:
        rate, intervals = recommended, ()
    elif intervals:
        rate = len(intervals) / sum(intervals)
    else:
        rate = _frame_time_rate(header) or _positive(header, _CINE_RATE) or 0.0
    first, last = _trimmed(header, count) if is_one_file else (0, count - 1)
    is_sweep = header.number(_PLAYBACK) == _SWEEP
    return CineTiming(_bounded(rate or DEFAULT_RATE), intervals, first, last, is_sweep, is_stated=rate > 0)


def effective_rate(timing: CineTiming, state: CineState) -> float:
    """Return the images a second that are asked for."""
    return timing.rate if state.frames_per_second is None else _bounded(state.frames_per_second)


def played_range(timing: CineTiming, state: CineState) -> tuple[int, int]:
    """Return the first and last index that are played, in order."""
    first = timing.first if state.first is None else state.first
    last = timing.last if state.last is None else state.last
    return (first, last) if first <= last else (last, first)


class CinePlayer:
    """Plays one display set: what is due now, when to ask again, what was dropped.

    Attributes:
        dropped: Images that were due and never reached the screen.
    """

    def __init__(self, timing: CineTiming, state: CineState, index: int, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rate = effective_rate(timing, state)
        self._intervals = timing.intervals_s if state.frames_per_second is None else ()
        first, last = played_range(timing, state)
        is_sweep = timing.is_sweep if state.is_sweep is None else state.is_sweep
        forth = list(range(first, last + 1))
        self._order = forth + forth[-2:0:-1] if is_sweep else forth
        self._step = self._order.index(index) if index in self._order else 0
        self._due = clock() + self._stay()
        self._shown: deque[float] = deque(maxlen=_RATE_WINDOW)
        self._last_shown = index
        self.dropped = 0

    @property
    def index(self) -> int:
        """The index that is on."""
        return self._order[self._step]

    def advance(self) -> int:
        """Return the index that is due now; those whose time passed unseen are counted as dropped."""
        now = self._clock()
        passed = 0
        was_seen = self._last_shown == self.index
        while now >= self._due and passed < len(self._order):
            self._step = (self._step + 1) % len(self._order)
            self._due += self._stay()
            passed += 1
        if passed >= len(self._order):  # the machine slept: go on from here without haste
            self._due = now + self._stay()
        if passed:
            self.dropped += passed - 1 + (0 if was_seen else 1)
        return self.index

    def seconds_to_next(self) -> float:
        """Return how long nothing new is due."""
        return max(0.0, self._due - self._clock())

    def shown(self, index: int) -> None:
        """Note that an image has reached the screen; that it was made finer there does not count again."""
        if index != self._last_shown:
            self._last_shown = index
            self._shown.append(self._clock())

    @property
    def achieved_rate(self) -> float | None:
        """Images a second that reached the screen lately; None until there are two."""
        if len(self._shown) < 2 or self._shown[-1] <= self._shown[0]:
            return None
        return (len(self._shown) - 1) / (self._shown[-1] - self._shown[0])

    def _stay(self) -> float:
        index = self._order[self._step]
        return self._intervals[index] if index < len(self._intervals) else 1.0 / self._rate


def _vector_intervals(header: InstanceHeader, count: int) -> tuple[float, ...]:
    """Return how long each frame stays: increments are from the frame before, the first is 0 (C.7.6.5.1.2)."""
    increments = header.numbers(_FRAME_TIME_VECTOR)
    if count < 2 or len(increments) != count or any(increment <= 0 for increment in increments[1:]):
        return ()
    stays = [increment / 1000.0 for increment in increments[1:]]
    return (*stays, sum(stays) / len(stays))  # the last frame stays as long as the others do on average


def _frame_time_rate(header: InstanceHeader) -> float | None:
    frame_time_ms = _positive(header, _FRAME_TIME)
    return None if frame_time_ms is None else 1000.0 / frame_time_ms


def _positive(header: InstanceHeader, tag: int) -> float | None:
    value = header.number(tag)
    return value if value is not None and value > 0 and math.isfinite(value) else None


def _trimmed(header: InstanceHeader, count: int) -> tuple[int, int]:
    start, stop = int(header.number(_START_TRIM) or 1), int(header.number(_STOP_TRIM) or count)
    return (start - 1, stop - 1) if 1 <= start <= stop <= count else (0, count - 1)


def _bounded(rate: float) -> float:
    return min(max(rate, MINIMUM_RATE), MAXIMUM_RATE)
