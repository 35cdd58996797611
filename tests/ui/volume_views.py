"""Views of volumes over made files: what the tests of volumes in viewports share."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from PySide6.QtWidgets import QApplication

from tests.builders.ct_series import RESCALE_INTERCEPT, ct_slice
from tests.builders.plain_volumes import plain_volume
from tests.ui.viewport_scene import Scene
from viewer.base.jobs import Progress
from viewer.imaging.spatial_transform import FitMode, SpatialTransform
from viewer.imaging.voi_lut import Window
from viewer.ui.viewports.volume_pictures import PictureAsk, Tell, VolumePicture
from viewer.volume.series_volume import SeriesVolume, VolumeCondition
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.viewport_state import DisplayedImage
from viewer.workspace.volume_view import VolumeView

COUNT, SIZE, SPACING_MM = 16, 64, 0.75
ONE_TO_ONE = SpatialTransform(fit=FitMode.FIXED, zoom=1.0)
WINDOW = Window(0.0, 600.0)
Told = Callable[[SeriesVolume], None]


def look(scene: Scene, view: VolumeView, cell: int = 0, *, waits: bool = True) -> None:
    """Show the first display set in a cell as a volume."""
    scene.workspace.show(scene.sets[0].key, cell)
    state = scene.workspace.viewport(cell)
    state = replace(state, volume=view, transform=ONE_TO_ONE, view=replace(state.view, voi=WINDOW))
    scene.workspace.change(state, "Volume", cell=cell)
    if waits:
        scene.settle()


def change(scene: Scene, view: VolumeView, cell: int = 0) -> None:
    scene.workspace.change(replace(scene.workspace.viewport(cell), volume=view), "Volume", cell=cell)


def displayed(scene: Scene, cell: int = 0) -> DisplayedImage:
    found = scene.workspace.displayed(cell)
    assert found is not None
    assert found.stored is not None
    return found


def chips(scene: Scene, cell: int = 0) -> list[str]:
    return [chip.text for chip in scene.viewport(cell).shown.texts.chips]


def lines(scene: Scene, cell: int = 0) -> str:
    texts = scene.viewport(cell).shown.texts
    return "\n".join(line.text for line in (*texts.bottom_left, *texts.top_right))


def voxels(count: int = COUNT) -> np.ndarray:
    """Return the phantom in HU: (slices, rows, columns)."""
    return np.stack([ct_slice(index, SIZE) for index in range(count)]).astype(np.float64) + RESCALE_INTERCEPT


def work_off(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Work events off until something holds."""
    waiter = threading.Event()
    for _turn in range(round(seconds * 1000)):
        QApplication.processEvents()
        if condition():
            return
        waiter.wait(0.001)
    raise AssertionError("it did not come")


class Steps:
    """Loads made volumes as a test says: a coarse one, then the whole when it is let go on."""

    def __init__(self, *, condition: VolumeCondition | None = None, failure: Exception | None = None) -> None:
        self.may_finish = threading.Event()
        self.condition = condition or VolumeCondition()
        self.failure = failure
        self.calls: list[tuple[int, int]] = []
        self.was_cancelled = threading.Event()

    def __call__(self, phases: Sequence[DisplaySet], progress: Progress, tell: Told, budget_bytes: int) -> SeriesVolume:
        self.calls.append((len(phases[0].images), budget_bytes))
        if self.failure is not None:
            raise self.failure
        whole = replace(
            plain_volume((voxels(len(phases[0].images)) + 1024).astype(np.int16), condition=self.condition),
            images=(phases[0].images,),
        )
        progress.report(40, 100)
        tell(replace(whole, phases=(whole.phases[0] // 2,), loaded=0.4))
        while not self.may_finish.wait(0.002):
            if progress.is_cancelled:
                self.was_cancelled.set()
            progress.check()
        return whole


class Painter:
    """Renders grey squares: a coarse one at once, the final one when it is let go on."""

    def __init__(self) -> None:
        self.asked: list[PictureAsk] = []
        self.told: list[Tell] = []
        self.is_closed = False
        self.forgotten: list[object] = []

    def render(self, ask: PictureAsk, tell: Tell) -> None:
        self.asked.append(ask)
        self.told.append(tell)

    def tell(self, level: int, *, is_final: bool, number: int = -1) -> None:
        ask = self.asked[number]
        pixels = np.full((ask.size[1], ask.size[0], 3), level, np.uint8)
        right, down = (1.0, 0.0, 0.0), (0.0, 0.0, -1.0)
        picture = VolumePicture(
            pixels, right, down, mm_per_pixel=0.5, is_final=is_final, is_coarse=not is_final, notes=("painted",)
        )
        self.told[number](picture)

    def forget(self, owner: object) -> None:
        self.forgotten.append(owner)

    def close(self) -> None:
        self.is_closed = True
