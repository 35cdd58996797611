"""A planned volume's pixels, read and decoded on all cores into one array a phase, the coarse first.

Uncompressed slices go from their files into their voxels; compressed ones come from the decoders. What cannot be read
stays empty and is said to be missing; the rest goes on.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from viewer.base.errors import Cancelled, ViewerError, VolumeError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.imaging.frame_state import FrameState
from viewer.imaging.frame_store import AHEAD, FrameStore
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.stored_type import unused_value, with_padding
from viewer.volume.volume_filling import VolumeFilling
from viewer.volume.volume_memory import allocated, plan_within
from viewer.volume.volume_plan import VolumePlan

logger = logging.getLogger(__name__)

Tell = Callable[[SeriesVolume], None]
Wanted = tuple[int, int]
"""Phase, and index of the slice in it."""

COARSEST = 16
"""Of so many slices one is read before all others."""
_REPORTS = 100
"""How often at most the count of slices is reported."""
_FINER = 4
"""So many times more slices with each refinement."""
_TELL_SECONDS = 0.5
"""How long the next refinement may take before it is worth showing what is there."""


def load_volume(
    plan: VolumePlan,
    store: FrameStore,
    *,
    progress: Progress | None = None,
    tell: Tell | None = None,
    budget_bytes: int | None = None,
    workers: int | None = None,
    priority: int = AHEAD,
    generation: int = 0,
) -> SeriesVolume:
    """Return the volume of a plan; blocks until all of it is there.

    Args:
        plan: What to load.
        store: Reads and decodes frames.
        progress: Gets the count of slices; cancels.
        tell: Called, on this thread, with the volume as far as it is there. Its voxels go on being refined under the
            hands of whoever shows them; each call has a higher generation, and the one returned has the highest.
        budget_bytes: What the voxels may take in memory; None for what is there.
        workers: Threads that read; by default one more than there are cores.
        priority: Among requests for decoding.
        generation: Of the last volume of the same key; this one's begin above it.

    Raises:
        VolumeError: If no slice can be read, or it can neither be kept in memory nor beside it.
        Cancelled: If it was cancelled; nothing of it is left.
    """
    plan, place = plan_within(plan, budget_bytes)
    loading = _Loading(plan, store, progress or Progress(), priority)
    loading.filling = VolumeFilling(plan, allocated(plan, place))
    loading.generation = generation
    threads = workers or (os.cpu_count() or 1) + 1
    with ThreadPoolExecutor(threads, thread_name_prefix="volume") as pool:
        loading.run(pool, threads, tell)
    return loading.finished()


@dataclass(slots=True)
class _Lost:
    """Slices that could not be read, and why the first of them could not."""

    slices: list[Wanted]
    reason: ViewerError | None = None


class _Loading:
    """One call of load_volume."""

    filling: VolumeFilling

    def __init__(self, plan: VolumePlan, store: FrameStore, progress: Progress, priority: int) -> None:
        self.plan = plan
        self.generation = 0
        self._store = store
        self._progress = progress
        self._priority = priority
        self._lost = _Lost([])
        self._done = 0
        self._total = 0
        self._lock = threading.Lock()
        self._is_coarse = False
        self._state: FrameState | None = None

    def run(self, pool: ThreadPoolExecutor, threads: int, tell: Tell | None) -> None:
        """Read all slices, level by level while somebody watches."""
        levels = self._levels(is_watched=tell is not None)
        self._total = sum(map(len, levels))
        started = time.perf_counter()
        while levels:
            self._is_coarse = len(levels) > 1 and self.plan.condition.is_irregular
            self._read(levels.pop(0), pool, threads)
            if tell is None or not levels:
                continue
            seconds_a_slice = (time.perf_counter() - started) / max(self._done, 1)
            if seconds_a_slice * sum(map(len, levels)) < _TELL_SECONDS:
                levels = [[wanted for level in levels for wanted in level]]  # sooner done than told
                continue
            self._fill_from_neighbours()
            self.generation += 1
            tell(self._volume(self._done / self._total))

    def finished(self) -> SeriesVolume:
        """Return the volume with all that can be had."""
        if self._lost.slices:
            self._settle_losses()
        self.generation += 1
        return self._volume(1.0)

    def _levels(self, *, is_watched: bool) -> list[list[Wanted]]:
        filling = self.filling
        wanted = [
            (phase, index)
            for phase, planned in enumerate(self.plan.phases)
            for index in range(len(planned.slices))
            if filling.is_wanted(phase, index)
        ]
        if not is_watched:
            return [wanted]
        if self.plan.middle_image.is_tile:  # the slices of a mosaic come together, or it is read again and again
            first = [each for each in wanted if each[0] == 0]
            return [level for level in (first, wanted[len(first) :]) if level]
        if self.plan.condition.is_irregular:  # slices that are mixed wait for each other: few may, before the rest
            coarse = [each for each in wanted if each[1] % COARSEST == 0]
            return [coarse, [each for each in wanted if each[1] % COARSEST]]
        levels = []
        step = COARSEST
        seen: set[int] = set()
        while step >= 1:
            fresh = {index for _phase, index in wanted if index % step == 0} - seen
            levels.append([each for each in wanted if each[1] in fresh])
            seen |= fresh
            step //= _FINER
        return [level for level in levels if level]

    def _read(self, level: Sequence[Wanted], pool: ThreadPoolExecutor, threads: int) -> None:
        left = iter(level)
        futures = [pool.submit(self._work, left) for _thread in range(min(threads, len(level)))]
        for future in futures:
            future.result()

    def _work(self, left: Iterator[Wanted]) -> None:
        while True:
            with self._lock:
                wanted = next(left, None)
            if wanted is None:
                return
            self._progress.check()
            self._read_one(*wanted)
            with self._lock:
                self._done += 1
                done = self._done
            if done * _REPORTS // self._total != (done - 1) * _REPORTS // self._total:
                self._progress.report(done, self._total)

    def _read_one(self, phase: int, index: int) -> None:
        filling = self.filling
        try:
            if filling.read_directly(phase, index):
                return
            image = self.plan.phases[phase].slices[index].image
            frame = self._store.stored(image, priority=self._priority, progress=self._progress)
            if frame.missing_rows or frame.is_color:
                raise VolumeError(_("The slice is not whole"), subject=image.header.source.name)
            put = filling.put_roughly if self._is_coarse else filling.put
            put(phase, index, frame.values)
        except Cancelled:
            raise
        except ViewerError as error:
            filling.lose(phase, index)
            with self._lock:
                self._lost.slices.append((phase, index))
                self._lost.reason = self._lost.reason or error

    def _fill_from_neighbours(self) -> None:
        """Show the nearest slice that is there wherever one is not yet."""
        filling = self.filling
        masks = zip(filling.arrays, filling.is_written, filling.is_rough, filling.is_nothing, strict=True)
        for array, is_written, is_rough, is_nothing in masks:
            is_there = is_written | is_rough
            there = np.flatnonzero(is_there & ~is_nothing)
            if not there.size:
                array[~is_there] = 0
                continue
            for place in np.flatnonzero(~is_there):
                array[place] = array[there[np.abs(there - place).argmin()]]

    def _settle_losses(self) -> None:
        filling = self.filling
        if not any((a & ~b).any() for a, b in zip(filling.is_written, filling.is_nothing, strict=True)):
            reason = self._lost.reason
            raise VolumeError(
                _("None of the slices can be read: {0}").format(reason),
                subject="" if reason is None else reason.subject,
            )
        empty = [np.flatnonzero(~is_written) for is_written in filling.is_written]
        nothing = self._nothing()
        for array, places in zip(filling.arrays, empty, strict=True):
            array[places] = nothing
        logger.info("%d slices of a volume could not be read", len(self._lost.slices))  # the volume itself says so

    def _nothing(self) -> float:
        """Return what stands for nothing, choosing it where the plan had no need of it."""
        if self.plan.padding is not None:
            return self.plan.padding.low
        self._fill_from_neighbours()
        value = unused_value(self.filling.arrays)
        if value is None:
            return float(self.filling.range.ends()[0])
        self.plan = replace(self.plan, stored=with_padding(self.plan.stored, value))
        return value

    def _state_of_middle(self) -> FrameState:
        """Return the truth of the middle slice, or of the nearest to it whose file can still be read."""
        slices = self.plan.phases[0].slices
        nearest = sorted(range(len(slices)), key=lambda index: abs(index - len(slices) // 2))
        for index in nearest:
            try:
                return self._store.state(slices[index].image)
            except ViewerError as error:
                reason = error
        raise reason

    def _volume(self, loaded: float) -> SeriesVolume:
        plan = self.plan
        if self._state is None:
            self._state = self._state_of_middle()
        missing = sorted({index for _phase, index in self._lost.slices})
        low, high = self.filling.range.ends()
        rescale = plan.rescale
        ends = sorted((low * rescale.slope + rescale.intercept, high * rescale.slope + rescale.intercept))
        return SeriesVolume(
            key=plan.key,
            generation=self.generation,
            geometry=plan.geometry,
            phases=self.filling.arrays,
            rescale=rescale,
            state=self._state,
            padding=plan.padding,
            condition=replace(plan.condition, missing_slices=tuple(missing)),
            value_range=(ends[0], ends[1]),
            images=plan.images,
            phase_names=plan.phase_names,
            loaded=loaded,
        )
