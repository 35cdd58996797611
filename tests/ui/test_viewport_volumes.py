"""Volumes in viewports: planes with the pixels, words and manners of images; loading, growing and failing in sight."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from tests.builders.ct_series import RESCALE_INTERCEPT, ct_slice, write_ct_series
from tests.builders.plain_volumes import plain_volume
from tests.ui.viewport_scene import Scene
from viewer.base.errors import VolumeError
from viewer.base.jobs import Progress
from viewer.imaging.spatial_transform import FitMode, SpatialTransform
from viewer.imaging.viewport_image import Interpolation
from viewer.imaging.voi_lut import Window
from viewer.ui.viewports.render_service import REPLAN_DISTANCE
from viewer.ui.viewports.viewport import REST_MS
from viewer.ui.viewports.volume_pictures import PictureAsk, Tell, VolumePicture
from viewer.volume.reslice import warm_up
from viewer.volume.reslice_plane import Projection
from viewer.volume.series_volume import Gap, SeriesVolume, VolumeCondition
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.viewport_notes import notes_at
from viewer.workspace.viewport_state import DisplayedImage
from viewer.workspace.volume_planes import UNPLACED
from viewer.workspace.volume_view import Orientation, RenderingView, VolumeKind, VolumeView

pytestmark = pytest.mark.usefixtures("qtbot")

COUNT, SIZE, SPACING_MM = 16, 64, 0.75
ONE_TO_ONE = SpatialTransform(fit=FitMode.FIXED, zoom=1.0)
WINDOW = Window(0.0, 600.0)
Told = Callable[[SeriesVolume], None]


@pytest.fixture(scope="module", autouse=True)
def _kernels() -> None:
    warm_up()


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return write_ct_series(tmp_path / "ct", COUNT, SIZE, slice_step_mm=SPACING_MM)


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


def test_a_plane_on_a_slice_has_the_pixels_and_the_words_of_the_slice(paths: list[Path]) -> None:
    with Scene(paths, (300, 300)) as scene:
        scene.show(index=5)
        state = scene.workspace.viewport(0)
        scene.workspace.change(replace(state, transform=ONE_TO_ONE, view=replace(state.view, voi=WINDOW)), "1:1")
        scene.settle()
        image, texts = displayed(scene), scene.viewport().shown.texts
        look(scene, VolumeView(center_mm=(0.0, 0.0, 5 * SPACING_MM)))
        plane = displayed(scene)
        assert np.array_equal(plane.rendered.pixels, image.rendered.pixels)
        assert scene.viewport().shown.texts.letters == texts.letters
        assert scene.viewport().shown.texts.scale_bar == texts.scale_bar
        assert scene.viewport().shown.texts.identity == texts.identity
        assert plane.look is not None
        assert image.look is None
        assert "REFORMATTED" in chips(scene)
        assert "Axial 6 of 16" in lines(scene)
        assert f"P {5 * SPACING_MM:.1f} mm" in lines(scene)


def test_coronal_and_sagittal_planes_hold_the_voxels_with_head_up(paths: list[Path]) -> None:
    with Scene(paths, (300, 300)) as scene:
        center = (-192.0 + 20 * SPACING_MM, -192.0 + 30 * SPACING_MM, 0.0)
        look(scene, VolumeView(orientation=Orientation.CORONAL, center_mm=center))
        letters = scene.viewport().shown.texts.letters
        assert (letters.left, letters.right, letters.top, letters.bottom) == ("R", "L", "H", "F")
        assert np.array_equal(displayed(scene).stored.values - 1024, voxels()[::-1, 30, :])  # type: ignore[union-attr]  # displayed() looked
        change(scene, VolumeView(orientation=Orientation.SAGITTAL, center_mm=center))
        scene.settle()
        letters = scene.viewport().shown.texts.letters
        assert (letters.left, letters.right, letters.top, letters.bottom) == ("A", "P", "H", "F")
        assert np.array_equal(displayed(scene).stored.values - 1024, voxels()[::-1, :, 20])  # type: ignore[union-attr]


def test_a_slab_says_how_thick_it_is_and_how_it_is_made(paths: list[Path]) -> None:
    with Scene(paths, (600, 400)) as scene:
        look(scene, VolumeView(thickness_mm=4.5, projection=Projection.MAXIMUM))
        assert "SLAB 4.5 mm MIP" in chips(scene)
        assert "MIP of 4.5 mm" in lines(scene)
        scene.workspace.scroll(3)  # the slab stays on
        scene.settle()
        assert "SLAB 4.5 mm MIP" in chips(scene)


def test_images_and_planes_share_the_automatic_window(tmp_path: Path) -> None:
    elements = {"WindowCenter": None, "WindowWidth": None}
    paths = write_ct_series(tmp_path, COUNT, SIZE, slice_step_mm=SPACING_MM, elements=elements)
    with Scene(paths, (300, 300)) as scene:
        scene.show(index=3)
        image = displayed(scene).rendered.voi
        state = scene.workspace.viewport(0)
        scene.workspace.change(replace(state, volume=VolumeView(center_mm=UNPLACED)), "Volume")
        scene.settle()
        assert displayed(scene).look is not None
        assert displayed(scene).rendered.voi == image


def test_views_of_one_display_set_share_one_volume(paths: list[Path]) -> None:
    steps = Steps()
    steps.may_finish.set()
    with Scene(paths, load=steps) as scene:
        scene.workspace.set_layout(1, 2)
        look(scene, VolumeView(), 0)
        look(scene, VolumeView(orientation=Orientation.CORONAL), 1)
        assert len(steps.calls) == 1
        one, other = displayed(scene, 0).look, displayed(scene, 1).look
        assert one is not None
        assert other is not None
        assert one.volume is other.volume


def test_what_is_there_is_shown_while_the_rest_comes_and_says_so(paths: list[Path]) -> None:
    steps = Steps()
    with Scene(paths, load=steps) as scene:
        look(scene, VolumeView(), waits=False)
        work_off(lambda: "LOADING 40 %" in chips(scene) and scene.workspace.displayed(0) is not None)
        coarse = displayed(scene)
        assert scene.grid.is_loading()
        assert any("on its way" in note.text for note in notes_at(scene.workspace, 0))
        steps.may_finish.set()
        scene.settle()
        assert not [chip for chip in chips(scene) if chip.startswith("LOADING")]
        assert coarse.look is not None
        assert displayed(scene).look is not None
        assert displayed(scene).rendered.request.frame_key != coarse.rendered.request.frame_key
        assert not np.array_equal(displayed(scene).rendered.pixels, coarse.rendered.pixels)


def test_before_the_first_voxels_it_is_said_whose_volume_comes(paths: list[Path]) -> None:
    may_begin = threading.Event()
    steps = Steps()
    steps.may_finish.set()

    def late(phases: Sequence[DisplaySet], progress: Progress, tell: Told, budget_bytes: int) -> SeriesVolume:
        progress.report(1, 2)
        may_begin.wait(10)
        return steps(phases, progress, tell, budget_bytes)

    with Scene(paths, load=late) as scene:
        identity = scene.show().shown.texts.identity
        look(scene, VolumeView(), waits=False)
        work_off(lambda: "LOADING 50 %" in chips(scene))
        assert scene.viewport().shown.rendered is None
        assert scene.viewport().shown.texts.identity == identity
        assert scene.workspace.displayed(0) is None
        may_begin.set()
        scene.settle()
        assert scene.viewport().shown.rendered is not None


def test_a_stopped_volume_says_that_it_is_not_all(paths: list[Path]) -> None:
    steps = Steps()
    with Scene(paths, load=steps) as scene:
        look(scene, VolumeView(), waits=False)
        work_off(lambda: scene.workspace.displayed(0) is not None)
        scene.volumes.stop(scene.sets[0].key)
        scene.settle()
        assert "INCOMPLETE" in chips(scene)
        assert steps.was_cancelled.wait(5)
        assert any("stopped" in note.text for note in notes_at(scene.workspace, 0))


def test_loading_ends_when_no_view_waits_for_it(paths: list[Path]) -> None:
    steps = Steps()
    with Scene(paths, load=steps) as scene:
        look(scene, VolumeView(), waits=False)
        work_off(lambda: scene.workspace.displayed(0) is not None)
        scene.workspace.undo()
        scene.settle()
        assert steps.was_cancelled.wait(5)
        assert scene.volumes.volume(scene.sets[0].key) is None
        assert displayed(scene).look is None


def test_what_is_no_volume_says_why_and_what_to_do(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, COUNT, SIZE, slice_step_mm=SPACING_MM)
    failure = VolumeError("The slices lie like the spokes of a wheel", advice="Look at the images one by one")
    with Scene(paths, load=Steps(failure=failure)) as scene:
        look(scene, VolumeView())
        texts = scene.viewport().shown.texts
        assert texts.message == "The slices lie like the spokes of a wheel. Look at the images one by one"
        assert texts.identity
        assert chips(scene) == ["NO PIXELS"]
        assert scene.workspace.displayed(0) is None
        scene.workspace.undo()
        scene.settle()
        assert displayed(scene).look is None


def test_a_display_set_that_grows_is_built_anew_when_it_rests(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, COUNT, SIZE, slice_step_mm=SPACING_MM)
    with Scene(paths[:10], (300, 300)) as scene:
        look(scene, VolumeView(orientation=Orientation.CORONAL))
        before = displayed(scene)
        assert displayed(scene).stored.shape[0] == 10  # type: ignore[union-attr]
        scene.add(paths[10:13])
        scene.add(paths[13:])
        assert scene.volumes.standing(scene.sets[0].key).is_loading
        assert displayed(scene) is before  # it stays to look at meanwhile
        scene.settle()
        assert displayed(scene).stored.shape[0] == COUNT  # type: ignore[union-attr]


def test_planes_are_coarse_under_the_hand_and_exact_when_it_rests(paths: list[Path]) -> None:
    with Scene(paths, (300, 300)) as scene:
        center = (0.0, -192.0 + 30 * SPACING_MM, 0.0)
        look(scene, VolumeView(orientation=Orientation.CORONAL, center_mm=center))
        seen = []
        scene.viewport().picture_shown.connect(lambda: seen.append((displayed(scene), chips(scene))))
        moved = (0.0, center[1] + 0.3, 0.0)
        change(scene, VolumeView(orientation=Orientation.CORONAL, center_mm=moved))
        scene.settle()
        (quick, said), (exact, _said) = seen[0], seen[-1]
        assert quick.rendered.request.is_interacting
        assert "COARSE" in said
        assert not exact.rendered.request.is_interacting
        assert "COARSE" not in chips(scene)
        assert not np.array_equal(quick.rendered.pixels, exact.rendered.pixels)
        assert REST_MS < 200  # the hand rests soon


def test_the_probe_tells_the_value_between_voxels_at_the_very_place(paths: list[Path]) -> None:
    with Scene(paths, (300, 300)) as scene:
        depth = -192.0 + 30.25 * SPACING_MM
        look(scene, VolumeView(orientation=Orientation.CORONAL, center_mm=(0.0, depth, 0.0)))
        placement = scene.viewport().placement
        assert placement is not None
        at = placement.to_viewport((20.5, COUNT - 7 + 0.5))  # the centre of column 20, slice 6
        scene.viewport().aids.show_probe(at)
        probe = scene.viewport().aids.item.probe
        assert probe is not None
        values = voxels()
        expected = round(0.75 * values[6, 30, 20] + 0.25 * values[6, 31, 20])
        assert probe[1][0].replace("−", "-") == f"{expected} HU"
        assert probe[1][1] == "between voxels 21.0, 31.2, 7.0"
        assert probe[1][2] == f"R {192 - 20 * SPACING_MM:.1f}  A {-depth:.1f}  H {6 * SPACING_MM:.1f} mm"


def test_undo_and_redo_go_through_volumes_and_back(paths: list[Path]) -> None:
    with Scene(paths, (300, 300)) as scene:
        scene.show(index=4)
        state = scene.workspace.viewport(0)
        scene.workspace.change(replace(state, volume=VolumeView(center_mm=(0.0, 0.0, 1.5))), "Planes")
        scene.settle()
        change(scene, VolumeView(orientation=Orientation.SAGITTAL, center_mm=(-170.0, 0.0, 1.5)))
        scene.settle()
        scene.workspace.undo()
        scene.settle()
        shown = displayed(scene).look
        assert shown is not None
        assert shown.view.orientation is Orientation.AXIAL
        scene.workspace.undo()
        scene.settle()
        assert displayed(scene).look is None
        assert scene.workspace.viewport(0).index == 4
        scene.workspace.redo()
        scene.settle()
        shown = displayed(scene).look
        assert shown is not None
        assert shown.view.orientation is Orientation.AXIAL


def test_what_is_not_plain_wears_a_badge_with_a_sentence_behind_it(paths: list[Path]) -> None:
    condition = VolumeCondition(
        gaps=(Gap(3, 2, 2.25),), is_irregular=True, tilt_deg=12.5, reduction=(2, 2, 1), missing_slices=(4,)
    )
    steps = Steps(condition=condition)
    steps.may_finish.set()
    with Scene(paths, (900, 700), load=steps) as scene:
        look(scene, VolumeView())
        assert {"GAPS", "IRREGULAR", "TILTED", "THINNED OUT", "MISSING SLICES", "REFORMATTED"} <= set(chips(scene))
        said = " ".join(note.text for note in notes_at(scene.workspace, 0))
        for words in ("2 slices are missing in 1 places", "not equally far apart", "tilted by 12.5°", "thinned out"):
            assert words in said


def test_a_projection_shows_the_whole_depth(paths: list[Path]) -> None:
    with Scene(paths, (300, 300)) as scene:
        look(scene, VolumeView(kind=VolumeKind.PROJECTION, projection=Projection.MAXIMUM))
        letters = scene.viewport().shown.texts.letters
        assert (letters.left, letters.right, letters.top, letters.bottom) == ("R", "L", "H", "F")
        assert "MIP" in chips(scene)
        values = displayed(scene).stored.values - 1024  # type: ignore[union-attr]
        middle = values[:, values.shape[1] // 2 - SIZE // 2 : values.shape[1] // 2 + SIZE // 2]
        assert np.nanmax(middle) == voxels().max()


class Painter:
    """Renders grey squares: a coarse one at once, the final one when it is let go on."""

    def __init__(self) -> None:
        self.asked: list[PictureAsk] = []
        self.told: list[Tell] = []
        self.is_closed = False

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
        pass

    def close(self) -> None:
        self.is_closed = True


def test_renderings_come_from_elsewhere_coarse_ones_first(paths: list[Path]) -> None:
    steps, painter = Steps(), Painter()
    steps.may_finish.set()
    with Scene(paths, (300, 300), load=steps) as scene:
        scene.rendering.pictures = painter
        view = VolumeView(kind=VolumeKind.RENDERING, rendering=RenderingView(is_perspective=False))
        look(scene, view, waits=False)
        work_off(lambda: bool(painter.asked) and painter.asked[-1].volume.is_complete)
        painter.tell(50, is_final=False)
        work_off(lambda: scene.workspace.displayed(0) is not None)
        assert displayed(scene).rendered.pixels[5, 5].tolist() == [50, 50, 50]
        assert "COARSE" in chips(scene) or "REDUCED" in chips(scene)
        assert scene.grid.is_loading()
        painter.tell(90, is_final=True)
        scene.settle()
        assert displayed(scene).rendered.pixels[5, 5].tolist() == [90, 90, 90]
        texts = scene.viewport().shown.texts
        assert (texts.letters.right, texts.letters.bottom) == ("L", "F")
        assert texts.scale_bar is not None
        assert texts.scale_bar.device_pixels_per_mm == pytest.approx(2.0)
        assert texts.identity
        assert "RENDERING" in chips(scene)
        assert "painted" in lines(scene)
        scene.viewport().aids.show_probe((20.0, 20.0))
        assert scene.viewport().aids.item.probe is None  # colours are no values
    assert painter.is_closed


def test_a_rendering_asked_before_another_is_not_shown_after_it(paths: list[Path]) -> None:
    steps, painter = Steps(), Painter()
    steps.may_finish.set()
    with Scene(paths, (300, 300), load=steps) as scene:
        scene.rendering.pictures = painter
        look(scene, VolumeView(kind=VolumeKind.RENDERING), waits=False)
        work_off(lambda: bool(painter.asked) and painter.asked[-1].volume.is_complete)
        first = len(painter.asked) - 1
        painter.tell(50, is_final=True)
        work_off(lambda: scene.workspace.displayed(0) is not None)
        change(scene, VolumeView(kind=VolumeKind.RENDERING, rendering=RenderingView(azimuth_deg=30.0)))
        work_off(lambda: len(painter.asked) > first + 1 and not painter.asked[-1].is_interacting)
        painter.tell(120, is_final=True)
        painter.tell(70, is_final=True, number=first)
        scene.settle()
        assert displayed(scene).rendered.pixels[5, 5].tolist() == [120, 120, 120]


def test_planes_read_no_images_ahead(paths: list[Path]) -> None:
    steps = Steps()
    steps.may_finish.set()
    with Scene(paths, (300, 300), load=steps) as scene:
        scene.workspace.show(scene.sets[0].key, 0)
        look(scene, VolumeView())
        scene.cache.clear()
        change(scene, VolumeView(center_mm=(0.0, 0.0, 3.0)))
        scene.settle()
        assert len(scene.cache) == 0
        assert REPLAN_DISTANCE > 0


def test_cubic_and_nearest_are_told(paths: list[Path]) -> None:
    with Scene(paths, (300, 300)) as scene:
        look(scene, VolumeView())
        assert "linear interpolation" in lines(scene)
        state = scene.workspace.viewport(0)
        scene.workspace.change(replace(state, interpolation=Interpolation.NEAREST), "Interpolation")
        scene.settle()
        assert "nearest voxel" in lines(scene)
