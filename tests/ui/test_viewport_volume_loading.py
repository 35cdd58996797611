"""Volumes in viewports as they come and go: loading, growing and failing in sight; renderings, coarse ones first."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.builders.ct_series import write_ct_series
from tests.ui.viewport_scene import Scene
from tests.ui.volume_views import (
    COUNT,
    SIZE,
    SPACING_MM,
    Painter,
    Steps,
    Told,
    change,
    chips,
    displayed,
    lines,
    look,
    work_off,
)
from viewer.base.errors import VolumeError
from viewer.base.jobs import Progress
from viewer.ui.viewports.render_service import REPLAN_DISTANCE
from viewer.volume.reslice import warm_up
from viewer.volume.series_volume import Gap, SeriesVolume, VolumeCondition
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.viewport_notes import notes_at
from viewer.workspace.volume_view import Orientation, RenderingView, VolumeKind, VolumeView

pytestmark = pytest.mark.usefixtures("qtbot")


@pytest.fixture(scope="module", autouse=True)
def _kernels() -> None:
    warm_up()


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return write_ct_series(tmp_path / "ct", COUNT, SIZE, slice_step_mm=SPACING_MM)


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
        assert "SEE NOTES" not in chips(scene)  # it is said there
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
        painter.forgotten.clear()
        change(scene, VolumeView())
        scene.settle()
        assert painter.asked[-1].owner in painter.forgotten  # a plane needs no camera


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


def test_a_view_out_of_sight_lets_its_volume_go(paths: list[Path]) -> None:
    with Scene(paths, (400, 300)) as scene:
        scene.workspace.set_layout(1, 2)
        look(scene, VolumeView(), 1)
        scene.workspace.toggle_maximized(0)
        assert not scene.viewport(1).isVisible()
        scene.workspace.change(replace(scene.workspace.viewport(1), volume=None), "Images", cell=1)
        assert not scene.volumes.is_wanted
