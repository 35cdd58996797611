"""Renderings of volumes, made on threads of their own: a coarse picture at once, the full one when it is ready.

Two threads, each with its own scene: what takes seconds to make ready must not keep a moving hand waiting.
"""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from viewer.base.errors import VolumeError
from viewer.base.priorities import LOADING, step_back
from viewer.base.translation import _
from viewer.volume.rendering_request import Quality, RenderedVolume, RenderingRequest
from viewer.volume.rendering_stage import RenderingStage

_MOST_STAGES = 3
"""Of a thread: one for each owner, the least recently used makes room."""

Told = Callable[[RenderedVolume | Exception, bool], None]
"""Takes a picture, or what went wrong, and whether it is the last of its question."""


@dataclass(slots=True)
class _Question:
    serial: int
    request: RenderingRequest
    tell: Told


@dataclass(slots=True)
class _Lane:
    """A thread with its stages, and what it has been asked; the newest question of an owner replaces the older."""

    name: str
    niceness: int = 0
    executor: ThreadPoolExecutor = field(init=False)
    stages: dict[Hashable, RenderingStage] = field(default_factory=dict)
    asked: dict[Hashable, _Question] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.executor = ThreadPoolExecutor(
            1, thread_name_prefix=f"rendering-{self.name}", initializer=step_back, initargs=(self.niceness,)
        )


class VolumeRenderer:
    """Renders volumes. Safe to be called from any thread."""

    def __init__(self, *, may_use_card: bool = True) -> None:
        """Begin without threads: they start with the first question.

        Args:
            may_use_card: Whether a graphics card is used where there is one.
        """
        self._may_use_card = may_use_card
        self._quick, self._full = _Lane("quick"), _Lane("full", LOADING)
        self._lock = threading.Lock()
        self._serials: dict[Hashable, int] = {}
        self._serial = 0
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def render(self, request: RenderingRequest) -> RenderedVolume:
        """Return a picture of a request's quality; waits for it.

        Raises:
            VolumeError: If no picture can be made on this machine, or the renderer was closed.
        """
        lane = self._full if request.quality is Quality.FULL else self._quick
        if self._is_closed:
            raise VolumeError(_("The rendering was closed"))
        return lane.executor.submit(self._picture, lane, None, request).result()

    def ask(self, owner: Hashable, request: RenderingRequest, tell: Told, *, is_interacting: bool = False) -> None:
        """Begin a picture and return at once.

        Args:
            owner: Its earlier questions are forgotten.
            request: Its quality does not count.
            tell: Called on a thread of the renderer: with a coarse picture, then with the full one; while a hand moves
                it with a quick one only.
            is_interacting: Whether a hand moves it.
        """
        with self._lock:
            if self._is_closed:
                return
            self._serial += 1
            self._serials[owner] = self._serial
            self._full.asked.pop(owner, None)
            quality = Quality.QUICK if is_interacting else Quality.COARSE
            question = _Question(self._serial, replace(request, quality=quality), tell)
            self._enter(self._quick, owner, question)

    def forget(self, owner: Hashable) -> None:
        """Drop what an owner asked for, and what is kept for it."""
        with self._lock:
            if self._serials.pop(owner, None) is None or self._is_closed:
                return
            for lane in (self._quick, self._full):
                lane.asked.pop(owner, None)
                lane.executor.submit(_close_stage, lane, owner)

    def close(self) -> None:
        """End the threads; pictures under way are not told."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            self._serials.clear()
            for lane in (self._quick, self._full):
                lane.asked.clear()
        for lane in (self._quick, self._full):
            lane.executor.submit(_close_all, lane)
            lane.executor.shutdown(wait=True)

    def _enter(self, lane: _Lane, owner: Hashable, question: _Question) -> None:
        is_waiting = owner in lane.asked
        lane.asked[owner] = question
        if not is_waiting:
            lane.executor.submit(self._answer, lane, owner)

    def _answer(self, lane: _Lane, owner: Hashable) -> None:
        with self._lock:
            question = lane.asked.pop(owner, None)
        if question is None or (lane is self._full and not self._is_current(owner, question)):
            return
        try:
            told: RenderedVolume | Exception = self._picture(lane, owner, question.request)
        except Exception as error:  # noqa: BLE001 - whoever asked is told, whatever it is
            told = error
        if not self._is_wanted(lane, owner, question):
            return
        is_last = (
            lane is self._full
            or isinstance(told, Exception)
            or question.request.quality is Quality.QUICK
            or not question.request.volume.is_complete
        )
        question.tell(told, is_last)
        if not is_last:
            full = _Question(question.serial, replace(question.request, quality=Quality.FULL), question.tell)
            with self._lock:
                if self._serials.get(owner) == question.serial:
                    self._enter(self._full, owner, full)

    def _is_wanted(self, lane: _Lane, owner: Hashable, question: _Question) -> bool:
        """Return whether a finished picture is told: under a moving hand every one, else those still asked for."""
        if lane is self._full:
            return self._is_current(owner, question)
        with self._lock:
            return owner in self._serials

    def _is_current(self, owner: Hashable, question: _Question) -> bool:
        with self._lock:
            return self._serials.get(owner) == question.serial

    def _picture(self, lane: _Lane, owner: Hashable, request: RenderingRequest) -> RenderedVolume:
        stage = lane.stages.pop(owner, None)
        if stage is None:
            while len(lane.stages) >= _MOST_STAGES:
                lane.stages.pop(next(iter(lane.stages))).close()
            stage = RenderingStage(may_use_card=self._may_use_card)
        lane.stages[owner] = stage  # the most recently used last
        return stage.picture(request)


def _close_stage(lane: _Lane, owner: Hashable) -> None:
    stage = lane.stages.pop(owner, None)
    if stage is not None:
        stage.close()


def _close_all(lane: _Lane) -> None:
    while lane.stages:
        lane.stages.popitem()[1].close()
