"""The monitors of a program: what is kept of them, the tables their greys need, and what must be told of them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject

from viewer.base.errors import ViewerError
from viewer.base.jobs import MEDIA, JobRunner, Progress
from viewer.display.monitor import MonitorIdentity
from viewer.display.monitor_store import MonitorStore
from viewer.imaging.display_calibration import DisplayCalibration
from viewer.ui.monitors import Monitors
from viewer.ui.viewports.render_service import RenderService


@dataclass(frozen=True, slots=True)
class _SystemProfile:
    """Asks the system for a monitor's colour profile."""

    identity: MonitorIdentity
    index: int

    def run(self, _progress: Progress) -> bytes:
        from viewer.display.system_profile import system_profile

        return system_profile(self.identity, self.index)


class Displays(QObject):
    """Belongs to the program.

    Args:
        folder: Of the settings.
        runner: Asks the system for colour profiles, which may take it seconds.
        is_kept: Whether what is found out about a monitor is written there.
        tell: Shows a sentence to the reader.
    """

    def __init__(
        self, parent: QObject, folder: Path, runner: JobRunner, *, is_kept: bool, tell: Callable[[str], None]
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._tell = tell
        self.store = MonitorStore(folder, is_kept=is_kept)
        self.monitors = Monitors(self.store, self, read_profile=self._read_profile)
        self._rendering: RenderService | None = None
        self._prepared: set[DisplayCalibration] = set()
        self.monitors.changed.connect(self._look)

    def prepare(self, rendering: RenderService) -> None:
        """Have the tables of every connected monitor worked out before a picture needs them, now and later."""
        self._rendering = rendering
        self._look()

    def close(self) -> None:
        """Follow the monitors no more."""
        self.monitors.close()

    def _read_profile(self, identity: MonitorIdentity, index: int, done: Callable[[bytes], None]) -> None:
        def failed(error: Exception) -> None:  # colours stay sRGB's, and the notes on the image say so
            if not isinstance(error, ViewerError):
                raise error
            self._tell(error.one_line())

        self._runner.submit(_SystemProfile(identity, index), lane=MEDIA, done=done, failed=failed)

    def _look(self) -> None:
        if self._rendering is not None:
            now = {self.monitors.calibration(screen) for screen in self.monitors.screens}
            for calibration in now - self._prepared:
                self._rendering.prepare(calibration)
            self._prepared = now
        for problems in (self.store.problems, self.monitors.problems):
            for problem in problems:
                self._tell(problem.one_line())
            problems.clear()
