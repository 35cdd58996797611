"""One volume of the volume store: how far it is, who wants it, and the job that builds it."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from viewer.base.jobs import JobHandle, Progress
from viewer.base.priorities import LOADING, step_back
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.display_set import DisplaySet

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
class VolumeRecord:
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

    def cancel(self) -> None:
        """Stop its loading."""
        if self.handle is not None:
            self.handle.cancel()
            self.handle = None

    @property
    def byte_count(self) -> int:
        """Bytes of its voxels, as far as they are known."""
        if self.volume is not None:
            return sum(int(phase.nbytes) for phase in self.volume.phases)
        return sum(map(bytes_of, self.phases)) if self.standing.is_loading else 0


@dataclass(frozen=True, slots=True)
class LoadVolume:
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


def bytes_of(display_set: DisplaySet) -> int:
    """Return about how many bytes the voxels of a display set take."""
    if not display_set.images:
        return 0
    header = display_set.images[0].header
    pixels = (header.unsigned_short(_ROWS) or 1) * (header.unsigned_short(_COLUMNS) or 1)
    return len(display_set.images) * pixels * max(1, (header.unsigned_short(_BITS) or 16) // 8)
