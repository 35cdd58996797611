"""The volumes of a program: their store and its memory, and what windows say of their loading."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from viewer.base.jobs import VOLUMES, JobRunner, Progress, ProgressReport
from viewer.base.translation import _
from viewer.imaging.frame_cache import FrameCache
from viewer.imaging.frame_store import AHEAD, URGENT, FrameStore
from viewer.ui.job_bridge import JobBridge
from viewer.ui.main_window import MainWindow
from viewer.ui.viewports.render_service import RenderService
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.shared_state import SharedState
from viewer.workspace.volume_store import Tell, VolumeStore

FRAME_BYTES_BESIDE = 96 << 20
"""What decoded frames may take while somebody looks at a volume: the voxels are there already."""
WAITED_FOR = (URGENT + AHEAD) // 2
"""Among requests for decoding: behind an image that somebody waits for, before what is read ahead."""
BUDGET_FACTOR = 2
"""Voxels may take as many times the memory of decoded frames: half of the computer's."""


class Programme(Protocol):
    """What is asked of the program."""

    bridge: JobBridge
    runner: JobRunner
    frames: FrameCache
    rendering: RenderService
    shared: SharedState
    windows: list[MainWindow]


@dataclass(frozen=True, slots=True)
class _GetReady:
    """Fetches what planes are cut with: seconds the first time ever, a second after that."""

    def run(self, _progress: Progress) -> None:
        from viewer.volume.reslice import warm_up

        warm_up()


class VolumePlace:
    """Belongs to the program.

    Args:
        programme: The program.
        catalogue: Of its display sets.
        store: Of its frames.
    """

    def __init__(self, programme: Programme, catalogue: DisplaySetCatalogue, store: FrameStore) -> None:
        self._programme = programme
        self._frames = store
        self._frame_budget = programme.frames.budget_bytes
        self._is_ready = False
        self._told: set[str] = set()
        self.store = VolumeStore(
            catalogue,
            programme.runner,
            programme.bridge.deliver,
            self._load,
            lambda display_set: _phases(display_set, catalogue),
            self._frame_budget * BUDGET_FACTOR,
        )
        self.store.progressed.connect(self._progressed)
        programme.rendering.volumes = programme.shared.volumes = self.store

    def close(self) -> None:
        """Stop all loading."""
        self.store.close()

    def _load(self, phases: Sequence[DisplaySet], progress: Progress, tell: Tell, budget_bytes: int) -> SeriesVolume:
        """Build a volume; called on a worker."""
        from viewer.volume.volume_loading import load_volume
        from viewer.volume.volume_plan import plan_volume

        plan = plan_volume(
            [each.images for each in phases], self._frames, [each.label for each in phases] if len(phases) > 1 else ()
        )
        return load_volume(
            plan, self._frames, progress=progress, tell=tell, budget_bytes=budget_bytes, priority=WAITED_FOR
        )

    def _progressed(self, key: str) -> None:
        """Say in every window how far a volume is, and share the memory out."""
        self._get_ready()
        self._share_memory()
        standing = self.store.standing(key)
        windows = tuple(self._programme.windows)
        if not standing.is_loading:
            if key in self._told:
                self._told.discard(key)
                for window in windows:
                    window.job_line.finish(_job(key))
            return
        report = ProgressReport(standing.read, standing.total, _("Loading the volume"))
        for window in windows:
            if key not in self._told:
                stopped = _("Stopped; what was read of the volume stays")
                window.job_line.start(lambda: self.store.stop(key), _job(key), stopped)
            window.job_line.show_progress(report, _job(key))
        self._told.add(key)

    def _share_memory(self) -> None:
        """Let decoded frames go while there are voxels to look at."""
        budget = min(self._frame_budget, FRAME_BYTES_BESIDE) if self.store.is_wanted else self._frame_budget
        if budget != self._programme.frames.budget_bytes:
            self._programme.frames.set_budget(budget)
            self._programme.rendering.set_budget(budget)

    def _get_ready(self) -> None:
        if not self._is_ready:
            self._is_ready = True
            self._programme.runner.submit(_GetReady(), lane=VOLUMES)


def _job(key: str) -> str:
    return f"volume {key}"


def _phases(display_set: DisplaySet, catalogue: DisplaySetCatalogue) -> tuple[DisplaySet, ...]:
    from viewer.workspace.volume_sources import phases_of

    return phases_of(display_set, catalogue)
