"""A workspace with a grid of viewports over made files: what the viewport tests share."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from viewer.base.byte_source import FileBytes
from viewer.base.jobs import JobRunner, Progress
from viewer.dicom.header_scan import scan_header
from viewer.dicom.instance_header import InstanceHeader
from viewer.display.monitor_store import MonitorStore
from viewer.imaging.frame_cache import FrameCache
from viewer.imaging.frame_decoding import DecodeRequest
from viewer.imaging.frame_source import FrameSource
from viewer.imaging.frame_state import read_frame_states
from viewer.imaging.frame_store import FrameStore, StoredFrames
from viewer.imaging.stored_frame import StoredFrame
from viewer.ui.job_bridge import JobBridge
from viewer.ui.monitors import Monitors
from viewer.ui.viewports.grid import ViewportGrid
from viewer.ui.viewports.render_service import RenderService
from viewer.ui.viewports.viewport import Viewport
from viewer.workspace.commands.table import BY_ID, COMMANDS
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.keys import KeySettings, resolve
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.suv_book import SuvBook
from viewer.workspace.volume_building import VolumeBuilding
from viewer.workspace.volume_record import Load
from viewer.workspace.volume_store import VolumeStore
from viewer.workspace.workspace import SharedState, Workspace

BUDGET_BYTES = 256 << 20


class NoDecoder:
    """For native frames only."""

    def decode(self, request: DecodeRequest, *, priority: int = 0, progress: Progress | None = None) -> StoredFrame:
        raise AssertionError(f"{request.subject} needs a decoder (priority {priority}, {progress})")


class Scene:
    """Files in a tree, a workspace over it, and its viewport grid on a screen that is not there."""

    def __init__(
        self,
        paths: Sequence[Path],
        size: tuple[int, int] = (640, 480),
        open_frames: Callable[[InstanceHeader], StoredFrames] | None = None,
        *,
        load: Load | None = None,
        volume_bytes: int = BUDGET_BYTES,
    ) -> None:
        self.bridge = JobBridge()
        self.tree = StudyTree()
        self.catalogue = DisplaySetCatalogue(self.tree)
        self.cache = FrameCache(BUDGET_BYTES)
        store = FrameStore(
            self.cache, open_frames or (lambda header: FrameSource(header, NoDecoder())), read_frame_states
        )
        self.rendering = RenderService(store, self.bridge.deliver, BUDGET_BYTES)
        self.runner = JobRunner(self.bridge.deliver)
        building = VolumeBuilding(store, self.catalogue)
        self.volumes = VolumeStore(
            self.catalogue, self.runner, self.bridge.deliver, load or building.load, building.phases_of, volume_bytes
        )
        self.rendering.volumes = self.volumes
        suv = SuvBook(self.runner, self.tree)
        shared = SharedState(self.tree, self.catalogue, lambda _paths: None, volumes=self.volumes, suv=suv)
        self.workspace = Workspace(shared)
        self.store = MonitorStore(Path("nowhere"), is_kept=False)
        self.monitors = Monitors(self.store)
        self.grid = ViewportGrid(self.workspace, self.rendering, self.monitors, resolve(COMMANDS, KeySettings()))
        self.grid.command_wanted.connect(lambda command: BY_ID[command].run(self.workspace))
        self.add(paths)
        self.grid.resize(*size)
        self.grid.show()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.grid.release()
        self.grid.close()
        self.monitors.close()
        self.volumes.close()
        self.runner.close()
        self.bridge.close()
        self.rendering.close()
        self.workspace.close()

    def add(self, paths: Sequence[Path]) -> None:
        """Put files into the tree."""
        self.tree.add([scan_header(FileBytes(path)) for path in paths])

    @property
    def sets(self) -> tuple[DisplaySet, ...]:
        return tuple(each for series in self.tree.all_series() for each in self.catalogue.of_series(series.key))

    def viewport(self, cell: int = 0) -> Viewport:
        return self.grid.viewports[cell]

    def show(self, place: int = 0, cell: int = 0, index: int = 0) -> Viewport:
        """Show a display set and wait for its pixels."""
        self.workspace.show(self.sets[place].key, cell, index)
        self.settle()
        return self.viewport(cell)

    def settle(self, seconds: float = 10.0) -> None:
        """Work events off until no viewport waits for pixels."""
        end = time.monotonic() + seconds
        quiet = 0
        while quiet < 3:
            QApplication.processEvents()
            quiet = 0 if self.grid.is_loading() else quiet + 1
            if time.monotonic() > end:
                raise AssertionError("the pixels did not come")
            time.sleep(0.001)

    def turn_wheel(
        self, notches: float, cell: int = 0, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        """Send one movement of the wheel; towards the hand is positive."""
        viewport = self.viewport(cell)
        at = QPointF(viewport.rect().center())
        event = QWheelEvent(
            at,
            QPointF(viewport.mapToGlobal(at.toPoint())),
            QPoint(),
            QPoint(0, round(-120 * notches)),
            Qt.MouseButton.NoButton,
            modifiers,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(viewport, event)
