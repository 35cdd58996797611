"""When the phases of the open volumes were taken, worked out on a worker when first asked for."""

from dataclasses import dataclass

from viewer.base.errors import ViewerError
from viewer.base.events import Event
from viewer.base.jobs import INTERACTION, JobRunner, Progress
from viewer.imaging.image_ref import ImageRef
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.phase_times import PhaseTimes, phase_times

KEPT = 64


@dataclass(frozen=True, slots=True)
class _ReadTimes:
    phases: tuple[tuple[ImageRef, ...], ...]

    def run(self, _progress: Progress) -> PhaseTimes | None:
        try:
            return phase_times(self.phases)
        except ViewerError:
            return None


class PhaseBook:
    """Used from the GUI thread.

    Attributes:
        changed: The key of a volume whose times were worked out.
    """

    def __init__(self, runner: JobRunner) -> None:
        self.changed: Event[str] = Event()
        self._runner = runner
        self._known: dict[tuple[str, int], PhaseTimes | None] = {}
        self._asked: set[tuple[str, int]] = set()

    def of(self, volume: SeriesVolume) -> PhaseTimes | None:
        """Return when the phases of a volume were taken; None where that is not stated, or not worked out yet."""
        if len(volume.phases) < 2 or len(volume.images) != len(volume.phases):
            return None
        key = (volume.key, sum(map(len, volume.images)))
        if key not in self._known and key not in self._asked:
            self._asked.add(key)
            self._runner.submit(_ReadTimes(volume.images), lane=INTERACTION, done=lambda times: self._came(key, times))
        return self._known.get(key)

    def _came(self, key: tuple[str, int], times: PhaseTimes | None) -> None:
        self._asked.discard(key)
        self._known[key] = times
        while len(self._known) > KEPT:
            self._known.pop(next(iter(self._known)))
        self.changed.emit(key[0])
