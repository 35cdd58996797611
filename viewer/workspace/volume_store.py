"""The volumes that views look at: one for each display set however many views it has, loaded when first wanted.

A volume is usable while it loads: every generation of it that comes is announced. It is built anew when its display set
grows, its loading ends when nobody wants it any more, and finished ones that nobody looks at are kept while there is
room for them.
"""

import itertools
import time
from collections.abc import Callable, Hashable
from dataclasses import replace

from viewer.base.errors import VolumeError
from viewer.base.events import Event
from viewer.base.jobs import VOLUMES, JobHandle, JobRunner, Progress, ProgressReport
from viewer.base.translation import _
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.volume_record import SETTLED, Load, LoadVolume, VolumeRecord, VolumeStanding

SETTLE_S = 0.8
"""A display set that grows is built anew when nothing was added to it for so long."""
TELL_S = 0.15
"""Between two words on how much was read."""
KEPT_SHARE = 4
"""Volumes that nobody looks at, but for the last one, may take this fraction of the budget."""
LEAST_BUDGET_BYTES = 64 << 20
"""What a volume may take even where others fill the memory: then it is thinned out, and says so."""


class VolumeStore:
    """Used from the GUI thread.

    Args:
        catalogue: Of the display sets.
        runner: Runs the loading.
        deliver: Calls something on the GUI thread (JobBridge.deliver).
        load: Builds a volume.
        phases_of: Returns all runs of a series with several, in order; the display set alone for others.
        budget_bytes: For the voxels of all volumes.

    Attributes:
        changed: The key of a volume of which there is another generation, or that failed or was stopped.
        progressed: The key of a volume of which another percent was read, or whose loading began or ended.
    """

    def __init__(
        self,
        catalogue: DisplaySetCatalogue,
        runner: JobRunner,
        deliver: Callable[[Callable[[], None]], None],
        load: Load,
        phases_of: Callable[[DisplaySet], tuple[DisplaySet, ...]],
        budget_bytes: int,
    ) -> None:
        self.changed: Event[str] = Event()
        self.progressed: Event[str] = Event()
        self._catalogue = catalogue
        self._runner = runner
        self._deliver = deliver
        self._load = load
        self._phases_of = phases_of
        self._budget = budget_bytes
        self._records: dict[str, VolumeRecord] = {}
        self._keys: dict[str, str] = {}
        self._generations = itertools.count(1)
        self._disconnect = catalogue.changed.connect(self._catalogue_changed)

    def close(self) -> None:
        """Stop all loading, and let go of all volumes."""
        self._disconnect()
        for record in self._records.values():
            record.cancel()
        self._records.clear()
        self._keys.clear()

    # What views ask

    def want(self, display_set: DisplaySet, owner: Hashable) -> None:
        """Have the volume of a display set loaded, and kept while an owner wants it; costs nothing when it is.

        What the owner wanted before is released, unless it is the same volume.
        """
        record = self._records.get(self._keys.get(display_set.key, ""))
        if record is not None and record.seen.get(owner) is display_set:
            return
        phases = self._phases_of(display_set)
        key = phases[0].key
        self._release(owner, but=key)
        record = self._records.setdefault(key, VolumeRecord(key))
        self._records[key] = self._records.pop(key)  # the most recently wanted last
        for each in (display_set, *phases):
            self._keys[each.key] = key
        record.seen[owner] = display_set
        self._follow(record, phases)

    def release(self, owner: Hashable) -> None:
        """An owner wants nothing any more: loading that nobody else waits for is stopped."""
        self._release(owner, but="")

    def volume(self, key: str) -> SeriesVolume | None:
        """Return the newest generation of the volume of a display set; None while there is none."""
        record = self._records.get(self._keys.get(key, ""))
        return record.volume if record is not None else None

    def standing(self, key: str) -> VolumeStanding:
        """Return how far the volume of a display set is."""
        record = self._records.get(self._keys.get(key, ""))
        return record.standing if record is not None else SETTLED

    def is_same(self, key: str, other: str) -> bool:
        """Whether two display sets are looked at as one volume: runs of one series."""
        return key == other or (key in self._keys and self._keys[key] == self._keys.get(other))

    def phases(self, key: str) -> tuple[DisplaySet, ...]:
        """Return the display sets that a volume is built from, one a phase; empty while it is not wanted."""
        record = self._records.get(self._keys.get(key, ""))
        return record.phases if record is not None else ()

    def stop(self, key: str) -> None:
        """The reader stops the loading of a volume; what is there of it stays, and says that it is not all."""
        record = self._records.get(self._keys.get(key, ""))
        if record is None or not record.standing.is_loading:
            return
        record.cancel()
        failure = None
        if record.volume is None:
            failure = VolumeError(_("Loading of the volume was stopped"), advice=_("Show it again to load it"))
        record.standing = replace(record.standing, is_loading=False, is_stopped=True, failure=failure)
        self._tell(record)

    @property
    def is_wanted(self) -> bool:
        """Whether anybody looks at a volume."""
        return any(record.seen for record in self._records.values())

    @property
    def used_bytes(self) -> int:
        """Bytes of all voxels that are held."""
        return sum(record.byte_count for record in self._records.values())

    # Loading

    def _follow(self, record: VolumeRecord, phases: tuple[DisplaySet, ...]) -> None:
        """Load a record, or load it again where its display sets are others than those it was built from."""
        if all(one is other for one, other in zip(record.phases, phases, strict=False)) and len(phases) == len(
            record.phases
        ):
            if record.volume is None and not record.standing.is_loading and record.standing.failure is None:
                self._start(record, 0.0)
            return
        images = tuple(image.identity for phase in phases for image in phase.images)
        is_other, is_first = images != record.images, not record.images
        record.phases, record.images = phases, images
        if is_other:
            self._start(record, 0.0 if is_first else SETTLE_S)

    def _start(self, record: VolumeRecord, wait_s: float) -> None:
        record.cancel()
        record.standing = VolumeStanding(is_loading=True)
        self._make_room(record)
        others = sum(each.byte_count for each in self._records.values() if each is not record)
        budget = max(LEAST_BUDGET_BYTES, self._budget - others)
        handle: JobHandle[SeriesVolume] | None = None

        def of_this(call: Callable[[], None]) -> None:
            if record.handle is handle and self._records.get(record.key) is record:
                call()

        def tell(volume: SeriesVolume, progress: Progress) -> None:
            progress.check()
            self._deliver(lambda: of_this(lambda: self._came(record, volume, is_whole=False)))

        handle = self._runner.submit(
            LoadVolume(record.phases, self._load, tell, budget, wait_s),
            lane=VOLUMES,
            done=lambda volume: of_this(lambda: self._came(record, volume, is_whole=True)),
            failed=lambda error: of_this(lambda: self._failed(record, error)),
            progress=lambda report: of_this(lambda: self._progressed(record, report)),
        )
        record.handle = handle
        self.progressed.emit(record.key)

    def _came(self, record: VolumeRecord, volume: SeriesVolume, *, is_whole: bool) -> None:
        record.volume = replace(volume, key=record.key, generation=next(self._generations))
        if is_whole:
            record.handle = None
            record.standing = SETTLED
        self._tell(record)
        if not record.seen:
            self._make_room(None)

    def _failed(self, record: VolumeRecord, error: Exception) -> None:
        record.handle = None
        record.volume = None
        record.standing = VolumeStanding(failure=error)
        self._tell(record)

    def _progressed(self, record: VolumeRecord, report: ProgressReport) -> None:
        before, now = record.standing.percent, time.monotonic()
        record.standing = replace(record.standing, read=report.done, total=report.total)
        if record.standing.percent != before and now - record.told >= TELL_S:
            record.told = now
            self.progressed.emit(record.key)

    def _tell(self, record: VolumeRecord) -> None:
        self.changed.emit(record.key)
        self.progressed.emit(record.key)

    # Letting go

    def _release(self, owner: Hashable, but: str) -> None:
        for record in list(self._records.values()):
            if record.key != but and record.seen.pop(owner, None) is not None and not record.seen:
                self._left(record)

    def _left(self, record: VolumeRecord) -> None:
        """Nobody looks at a volume any more: a whole one of a study that is open is kept while there is room."""
        is_part = record.standing.is_loading or record.volume is None or record.standing.is_stopped
        if is_part or self._catalogue.find(record.key) is None:
            self._forget(record)
        else:
            self._make_room(None)
            self._keep_few(record)
        self.progressed.emit(record.key)

    def _make_room(self, wanting: VolumeRecord | None) -> None:
        """Let volumes go that nobody looks at, the least recently wanted first, until the others fit."""
        for record in list(self._records.values()):
            if self.used_bytes <= self._budget:
                return
            if record is not wanting and not record.seen:
                self._forget(record)

    def _keep_few(self, last: VolumeRecord) -> None:
        """Keep what was left last, and of the others that nobody looks at no more than a share of the budget."""
        others = [each for each in self._records.values() if not each.seen and each is not last]
        kept_bytes = sum(each.byte_count for each in others)
        for record in others:
            if kept_bytes <= self._budget // KEPT_SHARE:
                return
            kept_bytes -= record.byte_count
            self._forget(record)

    def _forget(self, record: VolumeRecord) -> None:
        record.cancel()
        self._records.pop(record.key, None)
        self._keys = {key: to for key, to in self._keys.items() if to != record.key}

    def _catalogue_changed(self, _series_keys: frozenset[str]) -> None:
        """Let volumes go whose studies were closed; who still looks at one says so by itself."""
        for record in list(self._records.values()):
            if not record.seen and self._catalogue.find(record.key) is None:
                self._forget(record)
