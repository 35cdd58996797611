"""The volumes of a program: their store and its memory, and what windows say of their loading."""

from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QTimer

from viewer.application.kernel_keeping import AFTER_MS, CompileApart
from viewer.base.jobs import MEDIA, PREFETCH, VOLUMES, JobRunner, Progress, ProgressReport
from viewer.base.memory import give_back
from viewer.base.translation import _
from viewer.imaging.frame_cache import FrameCache
from viewer.imaging.frame_store import FrameStore
from viewer.ui.job_bridge import JobBridge
from viewer.ui.main_window import MainWindow
from viewer.ui.viewports.render_service import RenderService
from viewer.ui.viewports.volume_renderings import VolumeRenderings
from viewer.workspace.curve_book import CurveBook
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.measuring.volume_growing import VolumeGrowing
from viewer.workspace.phase_book import PhaseBook
from viewer.workspace.shared_state import SharedState
from viewer.workspace.suv_book import SuvBook
from viewer.workspace.volume_building import VolumeBuilding
from viewer.workspace.volume_store import VolumeStore

FRAME_BYTES_BESIDE = 32 << 20
"""What decoded frames may take while somebody looks at a volume: the voxels are there already."""
BEFORE_READY_S = 0.08
"""The window changes meanwhile: what is imported then would keep it waiting."""
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
    is_attended: bool


@dataclass(frozen=True, slots=True)
class _GetReady:
    """Fetches what planes are cut with: seconds the first time ever, a second after that."""

    def run(self, progress: Progress) -> None:
        progress.wait(BEFORE_READY_S)
        from viewer.volume.reslice import warm_up

        warm_up()


@dataclass(frozen=True, slots=True)
class _GiveBack:
    """Gives the memory of frames that were let go to whoever wants it: the voxels."""

    def run(self, _progress: Progress) -> None:
        give_back()


class VolumePlace:
    """Belongs to the program.

    Args:
        programme: The program.
        catalogue: Of its display sets.
        store: Of its frames.
    """

    def __init__(self, programme: Programme, catalogue: DisplaySetCatalogue, store: FrameStore) -> None:
        self._programme = programme
        building = VolumeBuilding(store, catalogue)
        self._frame_budget = programme.frames.budget_bytes
        self._is_ready = self._is_compiled = False
        self._compiling = QTimer()
        self._compiling.setSingleShot(True)
        self._compiling.timeout.connect(lambda: programme.runner.submit(CompileApart(), lane=MEDIA))
        self._told: set[str] = set()
        self.store = VolumeStore(
            catalogue,
            programme.runner,
            programme.bridge.deliver,
            building.load,
            building.phases_of,
            self._frame_budget * BUDGET_FACTOR,
        )
        self.store.progressed.connect(self._progressed)
        programme.rendering.volumes = programme.shared.volumes = self.store
        programme.rendering.pictures = VolumeRenderings(programme.shared.renderings)
        programme.shared.phases = PhaseBook(programme.runner)
        self._curves = CurveBook(programme.runner, store, self.store, catalogue)
        programme.shared.curves = self._curves
        programme.shared.growing = self._growing = VolumeGrowing(programme.runner, self.store)
        programme.shared.suv = SuvBook(programme.runner, programme.shared.tree)

    def window_opened(self) -> None:
        """Have what planes are cut with compiled once, some time after the first window came."""
        if self._programme.is_attended and not self._is_compiled:
            self._is_compiled = True
            self._compiling.start(AFTER_MS)

    def close(self) -> None:
        """Stop all loading."""
        self._curves.close()
        self._growing.stop()
        self._compiling.stop()
        self.store.close()

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
            self._programme.runner.submit(_GiveBack(), lane=PREFETCH)

    def _get_ready(self) -> None:
        if not self._is_ready:
            self._is_ready = True
            self._programme.runner.submit(_GetReady(), lane=VOLUMES)


def _job(key: str) -> str:
    return f"volume {key}"
