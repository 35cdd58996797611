"""The monitors of a program: what is kept of them, the tables their greys need, and what must be told of them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject

from viewer.base.errors import ViewerError
from viewer.base.jobs import MEDIA, JobRunner, Progress
from viewer.base.translation import _
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


class Tell(Protocol):
    """Shows a sentence to the reader."""

    def __call__(self, text: str, action: str = "", run: Callable[[], None] | None = None) -> None:
        """Show it, with the title of what can be done about it, and how."""


class Displays(QObject):
    """Belongs to the program.

    Args:
        folder: Of the settings.
        runner: Asks the system for colour profiles, which may take it seconds.
        is_kept: Whether what is found out about a monitor is written there.
        tell: Shows a sentence to the reader, with the title of what can be done about it and how, or without.
    """

    def __init__(self, parent: QObject, folder: Path, runner: JobRunner, *, is_kept: bool, tell: Tell) -> None:
        super().__init__(parent)
        self._runner = runner
        self._tell = tell
        self.store = MonitorStore(folder, is_kept=is_kept)
        self.monitors = Monitors(self.store, self, read_profile=self._read_profile)
        self._rendering: RenderService | None = None
        self._has_windows = False
        self._offered: set[str] = set()
        self._prepared: set[DisplayCalibration] = set()
        self.monitors.changed.connect(self._look)

    def prepare(self, rendering: RenderService) -> None:
        """Have the tables of every connected monitor worked out before a picture needs them, now and later."""
        self._rendering = rendering
        self._look()

    def window_opened(self) -> None:
        """Ask in the window what was not asked yet."""
        self._has_windows = True
        for screen in self.monitors.screens:
            self._offer_likely(self.monitors.identity(screen))

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
        if self._has_windows:
            self.window_opened()

    def _offer_likely(self, identity: MonitorIdentity) -> None:
        """Ask once whether a monitor without serial number is the one that stood elsewhere; never take it for that."""
        if identity.key in self._offered or self.monitors.likely_record(identity) is None:
            return
        self._offered.add(identity.key)
        text = _("The monitor {0} may be the one that was calibrated in another place").format(identity.title)
        self._tell(text, _("It is the same"), lambda: self._adopt(identity))

    def _adopt(self, identity: MonitorIdentity) -> None:
        try:
            self.monitors.adopt(identity)
        except ViewerError as error:
            self._tell(error.one_line())
