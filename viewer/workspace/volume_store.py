"""The volumes that views look at: one for each display set however many views it has, loaded when first wanted.

A volume is usable while it loads: every generation of it that comes is announced. It is built anew when its display set
grows, its loading ends when nobody wants it any more, and finished ones that nobody looks at are kept while there is
room for them.
"""

import itertools
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from viewer.base.errors import VolumeError
from viewer.base.events import Event
from viewer.base.jobs import VOLUMES, JobHandle, JobRunner, Progress, ProgressReport
from viewer.base.priorities import LOADING, step_back
from viewer.base.translation import _
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue

SETTLE_S = 0.8
"""A display set that grows is built anew when nothing was added to it for so long."""
TELL_S = 0.15
"""Between two words on how much was read."""
LEAST_BUDGET_BYTES = 64 << 20
"""What a volume may take even where others fill the memory: then it is thinned out, and says so."""
_ROWS, _COLUMNS, _BITS = 0x00280010, 0x00280011, 0x00280100

Tell = Callable[[SeriesVolume], None]


class Load(Protocol):
    """Builds a volume on a worker (volume.volume_loading over volume.volume_plan)."""

    def __call__(self, phases: Sequence[DisplaySet], progress: Progress, tell: Tell, budget_bytes: int) -> SeriesVolume:
        """Return the whole volume; tell of coarser ones on the way.

        Raises:
            ViewerError: If there is no volume in the display sets, or they cannot be read.
            Cancelled: If the progress was cancelled.
        """


@dataclass(frozen=True, slots=True)
class VolumeStanding:
    """How far a volume is.

    Attributes:
        is_loading: Whether more of it is on its way.
        read: How many of its slices were read.
        total: How many it has; 0 while that is not known.
        is_stopped: Whether the reader stopped its loading.
        failure: Why there is none; None while there is, or may come, one.
    """

    is_loading: bool = False
    read: int = 0
    total: int = 0
    is_stopped: bool = False
    failure: Exception | None = None

    @property
    def percent(self) -> int:
        """How much of it was read."""
        return 100 * self.read // self.total if self.total else 0


SETTLED = VolumeStanding()


@dataclass(slots=True, eq=False)
class _Record:
    """One volume.

    Attributes:
        images: Identities of the images it is, or is being, built from.
        seen: The display set that each owner wanted it by.
        told: When it was last said how much of it was read, on the clock of time.monotonic.
    """

    key: str
    phases: tuple[DisplaySet, ...] = ()
    images: tuple[Hashable, ...] = ()
    seen: dict[Hashable, DisplaySet] = field(default_factory=dict)
    volume: SeriesVolume | None = None
    standing: VolumeStanding = SETTLED
    handle: JobHandle[SeriesVolume] | None = None
    told: float = 0.0

    @property
    def byte_count(self) -> int:
        """Bytes of its voxels, as far as they are known."""
        if self.volume is not None:
            return sum(int(phase.nbytes) for phase in self.volume.phases)
        return sum(map(_bytes_of, self.phases)) if self.standing.is_loading else 0


@dataclass(frozen=True, slots=True)
class _LoadVolume:
    """Builds a volume, after a while in which nothing else was added to its display set."""

    phases: tuple[DisplaySet, ...]
    load: Load
    tell: Callable[[SeriesVolume, Progress], None]
    budget_bytes: int
    wait_s: float

    def run(self, progress: Progress) -> SeriesVolume:
        """Return the whole volume."""
        if self.wait_s:
            progress.wait(self.wait_s)
        step_back(LOADING)
        return self.load(self.phases, progress, lambda volume: self.tell(volume, progress), self.budget_bytes)


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
        self._records: dict[str, _Record] = {}
        self._keys: dict[str, str] = {}
        self._generations = itertools.count(1)
        self._disconnect = catalogue.changed.connect(self._catalogue_changed)

    def close(self) -> None:
        """Stop all loading, and let go of all volumes."""
        self._disconnect()
        for record in self._records.values():
            _cancel(record)
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
        record = self._records.setdefault(key, _Record(key))
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
        _cancel(record)
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

    def _follow(self, record: _Record, phases: tuple[DisplaySet, ...]) -> None:
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

    def _start(self, record: _Record, wait_s: float) -> None:
        _cancel(record)
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
            _LoadVolume(record.phases, self._load, tell, budget, wait_s),
            lane=VOLUMES,
            done=lambda volume: of_this(lambda: self._came(record, volume, is_whole=True)),
            failed=lambda error: of_this(lambda: self._failed(record, error)),
            progress=lambda report: of_this(lambda: self._progressed(record, report)),
        )
        record.handle = handle
        self.progressed.emit(record.key)

    def _came(self, record: _Record, volume: SeriesVolume, *, is_whole: bool) -> None:
        record.volume = replace(volume, key=record.key, generation=next(self._generations))
        if is_whole:
            record.handle = None
            record.standing = SETTLED
        self._tell(record)
        if not record.seen:
            self._make_room(None)

    def _failed(self, record: _Record, error: Exception) -> None:
        record.handle = None
        record.volume = None
        record.standing = VolumeStanding(failure=error)
        self._tell(record)

    def _progressed(self, record: _Record, report: ProgressReport) -> None:
        before, now = record.standing.percent, time.monotonic()
        record.standing = replace(record.standing, read=report.done, total=report.total)
        if record.standing.percent != before and now - record.told >= TELL_S:
            record.told = now
            self.progressed.emit(record.key)

    def _tell(self, record: _Record) -> None:
        self.changed.emit(record.key)
        self.progressed.emit(record.key)

    # Letting go

    def _release(self, owner: Hashable, but: str) -> None:
        for record in list(self._records.values()):
            if record.key != but and record.seen.pop(owner, None) is not None and not record.seen:
                self._left(record)

    def _left(self, record: _Record) -> None:
        """Nobody looks at a volume any more: a whole one of a study that is open is kept while there is room."""
        is_part = record.standing.is_loading or record.volume is None or record.standing.is_stopped
        if is_part or self._catalogue.find(record.key) is None:
            self._forget(record)
        else:
            self._make_room(None)
        self.progressed.emit(record.key)

    def _make_room(self, wanting: _Record | None) -> None:
        """Let volumes go that nobody looks at, the least recently wanted first, until the others fit."""
        for record in list(self._records.values()):
            if self.used_bytes <= self._budget:
                return
            if record is not wanting and not record.seen:
                self._forget(record)

    def _forget(self, record: _Record) -> None:
        _cancel(record)
        self._records.pop(record.key, None)
        self._keys = {key: to for key, to in self._keys.items() if to != record.key}

    def _catalogue_changed(self, _series_keys: frozenset[str]) -> None:
        """Let volumes go whose studies were closed; who still looks at one says so by itself."""
        for record in list(self._records.values()):
            if not record.seen and self._catalogue.find(record.key) is None:
                self._forget(record)


def _cancel(record: _Record) -> None:
    if record.handle is not None:
        record.handle.cancel()
        record.handle = None


def _bytes_of(display_set: DisplaySet) -> int:
    """Return about how many bytes the voxels of a display set take."""
    if not display_set.images:
        return 0
    header = display_set.images[0].header
    pixels = (header.unsigned_short(_ROWS) or 1) * (header.unsigned_short(_COLUMNS) or 1)
    return len(display_set.images) * pixels * max(1, (header.unsigned_short(_BITS) or 16) // 8)
