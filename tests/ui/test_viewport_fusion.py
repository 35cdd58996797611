"""Fusion in viewports: places, values and words of both volumes; one step of undo for a group; refusals in words."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from PySide6.QtWidgets import QApplication

from tests.builders.gray_images import write
from tests.builders.pet_ct import HOT_MM, PEAK_BQ_ML, write_ct, write_pet
from tests.builders.presentation_states import presentation_state
from tests.ui.viewport_scene import Scene
from viewer.imaging.voi_lut import Window, exact_window_between
from viewer.ui.viewports.probe import probe_lines
from viewer.volume.reslice import warm_up
from viewer.workspace.commands.presenting import put
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.fusion import candidates, change_fusion
from viewer.workspace.multiplanar import enter
from viewer.workspace.presenting.state_book import StateBook
from viewer.workspace.viewport_state import DisplayedImage
from viewer.workspace.volume_view import VolumeKind

pytestmark = pytest.mark.usefixtures("qtbot")

SUV_PER_BQ = 70_000 / (370e6 * 2 ** (-3600 / 6586.2))


@pytest.fixture(scope="module", autouse=True)
def _kernels() -> None:
    warm_up()


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return [*write_ct(tmp_path), *write_pet(tmp_path)]


def displayed(scene: Scene, cell: int = 0) -> DisplayedImage:
    found = scene.workspace.displayed(cell)
    assert found is not None
    return found


def run(scene: Scene, *ids: str) -> None:
    for command_id in ids:
        BY_ID[command_id].run(scene.workspace)
        scene.settle()


def await_suv(scene: Scene) -> None:
    """Wait until the SUV of the PET series is known."""
    book = scene.workspace.shared.suv
    pet = next(each for each in scene.sets if each.images[0].header.modality == "PT")
    assert book is not None
    end = time.monotonic() + 10
    while book.of(pet) is None:
        assert time.monotonic() < end
        QApplication.processEvents()


def show_ct(scene: Scene, index: int = 5) -> None:
    place = next(at for at, each in enumerate(scene.sets) if each.images[0].header.modality == "CT")
    scene.show(place, index=index)
    state = scene.workspace.viewport(0)
    scene.workspace.change(replace(state, view=replace(state.view, voi=Window(200, 800))), "Window")
    scene.settle()


def centre(weights: NDArray[np.float64]) -> tuple[float, float]:
    y, x = np.indices(weights.shape) + 0.5
    return float((x * weights).sum() / weights.sum()), float((y * weights).sum() / weights.sum())


@pytest.mark.parametrize("command", ["", "volume.axial"])
def test_both_volumes_show_the_spot_at_its_place(paths: list[Path], command: str) -> None:
    with Scene(paths, (400, 360)) as scene:
        show_ct(scene)
        await_suv(scene)
        run(scene, *([command] if command else []), "fusion.toggle")
        state = scene.workspace.viewport(0)
        assert state.fusion is not None
        change_fusion(
            scene.workspace, "", lambda each: replace(each, palette="gray", opacity=1.0, is_clear_below=False)
        )
        scene.settle()
        shown = displayed(scene).rendered
        plane = shown.state.plane
        assert plane is not None
        assert shown.pixels.shape[2] == 3
        column, row, distance = plane.point_image(HOT_MM)
        assert abs(distance) < 2.1
        wanted = shown.placement.to_viewport((column + 0.5, row + 0.5))
        light = shown.pixels[..., 1].astype(np.float64)
        x, y = centre(np.maximum(light - light.max() * 0.6, 0.0))
        assert abs(x - wanted[0]) < 0.5
        assert abs(y - wanted[1]) < 0.5


def test_the_pointer_reads_both_values_in_their_units(paths: list[Path]) -> None:
    with Scene(paths, (400, 360)) as scene:
        show_ct(scene)
        await_suv(scene)
        run(scene, "fusion.toggle")
        shown = displayed(scene)
        plane = shown.rendered.state.plane
        assert plane is not None
        column, row, _distance = plane.point_image(HOT_MM)
        lines = probe_lines(shown, (column + 0.5, row + 0.5))
        assert "HU" in lines[0]
        told = next(line for line in lines if line.startswith("SUVbw"))
        name, value, unit = told.split(" ")
        # Linear interpolation over 4 mm flattens a peak of 7 mm by some percent.
        assert float(value) == pytest.approx(PEAK_BQ_ML * SUV_PER_BQ, rel=0.1)
        assert (name, unit) == ("SUVbw", "g/ml")
        texts = scene.viewport().shown.texts
        assert texts.color_bar is not None
        assert (texts.color_bar.title, texts.color_bar.ends) == ("SUVbw g/ml", ("0", "10"))
        chips = [chip.text for chip in texts.chips]
        assert "FUSED SUVbw" in chips
        assert "NOT CALIBRATED" in chips  # the greys below are what they were


def test_one_step_lays_pet_over_a_whole_group_and_takes_it_away(paths: list[Path]) -> None:
    with Scene(paths, (500, 460)) as scene:
        show_ct(scene)
        await_suv(scene)
        enter(scene.workspace, VolumeKind.PROJECTION)  # beside CT stands a rendering, over which nothing is laid
        scene.settle()
        run(scene, "fusion.toggle")
        assert all(scene.workspace.viewport(cell).fusion is not None for cell in range(4))
        assert all(displayed(scene, cell).rendered.pixels.ndim == 3 for cell in range(4))
        overlay = displayed(scene, 3).rendered.request.overlay
        assert overlay is not None
        assert overlay.projection == "max"
        assert overlay.thickness_mm > 40
        scene.workspace.undo()
        scene.settle()
        assert all(scene.workspace.viewport(cell).fusion is None for cell in range(4))
        assert displayed(scene).rendered.pixels.ndim == 2


def test_windows_and_opacity_are_the_overlays_own(paths: list[Path]) -> None:
    with Scene(paths, (300, 300)) as scene:
        show_ct(scene)
        await_suv(scene)
        run(scene, "fusion.toggle")
        window = exact_window_between(1.0, 3.0)
        change_fusion(scene.workspace, "", lambda each: replace(each, window=window, suv_type="bsa"))
        run(scene, "fusion.more", "fusion.palette")
        overlay = displayed(scene).rendered.request.overlay
        assert overlay is not None
        assert (overlay.low, overlay.high, overlay.unit) == (1.0, 3.0, "cm2/ml")
        assert overlay.opacity == pytest.approx(0.6)
        assert overlay.palette != "hot-iron"
        assert displayed(scene).rendered.voi == Window(200, 800)


def test_another_frame_of_reference_is_refused_and_said(tmp_path: Path) -> None:
    paths = [*write_ct(tmp_path), *write_pet(tmp_path, frame="2.25.78")]
    with Scene(paths, (300, 300)) as scene:
        show_ct(scene)
        found = candidates(scene.workspace)
        assert [each.display_set.images[0].header.modality for each in found] == ["PT"]
        assert "Frame of Reference" in found[0].refusal
        run(scene, "fusion.toggle")
        assert scene.workspace.viewport(0).fusion is None


def test_suv_that_is_wanted_and_not_there_is_no_overlay(tmp_path: Path) -> None:
    paths = [*write_ct(tmp_path), *write_pet(tmp_path, PatientWeight=None)]
    with Scene(paths, (300, 300)) as scene:
        show_ct(scene)
        await_suv(scene)
        run(scene, "fusion.toggle")
        overlay = displayed(scene).rendered.request.overlay
        assert overlay is not None
        assert (overlay.title, overlay.unit) == ("PT", "Bq/ml")
        assert any("(0010,1030)" in note for note in displayed(scene).rendered.notes)
        change_fusion(scene.workspace, "", lambda each: replace(each, suv_type="bw"))
        scene.settle()
        assert displayed(scene).rendered.request.overlay is None
        assert "NO OVERLAY" in [chip.text for chip in scene.viewport().shown.texts.chips]


@pytest.mark.parametrize("command", ["", "volume.coronal"])
def test_pet_alone_is_read_in_suv(paths: list[Path], command: str) -> None:
    with Scene(paths, (300, 300)) as scene:
        place = next(at for at, each in enumerate(scene.sets) if each.images[0].header.modality == "PT")
        scene.show(place, index=7)
        await_suv(scene)
        run(scene, *([command] if command else []))
        own = displayed(scene)
        run(scene, "fusion.suv")
        shown = displayed(scene)
        assert shown.rendered.state.unit == "SUVbw g/ml"
        assert shown.rendered.voi == exact_window_between(0.0, 10.0)
        assert scene.workspace.viewport(0).view.inverted
        assert "SUVbw" in [chip.text for chip in scene.viewport().shown.texts.chips]
        point = (12.5, 11.5)
        before, after = (float(probe_lines(each, point)[0].split()[0]) for each in (own, shown))
        assert after == pytest.approx(before * SUV_PER_BQ, rel=1e-3)
        scene.workspace.undo()
        scene.settle()
        assert displayed(scene).rendered.state.unit == own.rendered.state.unit


@pytest.mark.parametrize("rescale", [{}, {"RescaleSlope": 5, "RescaleIntercept": 0, "RescaleType": "US"}])
def test_suv_under_a_presentation_state_is_of_what_was_acquired(tmp_path: Path, rescale: dict[str, Any]) -> None:
    paths = write_pet(tmp_path)
    made = presentation_state(*(dcmread(path) for path in paths), **rescale)
    with Scene([], (300, 300)) as scene:
        scene.workspace.shared.states = StateBook(scene.tree)
        scene.add([*paths, write(tmp_path / "state.dcm", made)])
        place = next(at for at, each in enumerate(scene.sets) if each.images[0].header.modality == "PT")
        scene.show(place, index=7)
        await_suv(scene)
        own = displayed(scene)
        put(scene.workspace, "1.2.3.99")
        scene.settle()
        run(scene, "fusion.suv")
        shown = displayed(scene)
        assert shown.rendered.state.presentation_uid == "1.2.3.99"
        assert shown.rendered.state.unit == "SUVbw g/ml"
        before, after = (float(probe_lines(each, (12.5, 11.5))[0].split()[0]) for each in (own, shown))
        assert after == pytest.approx(before * SUV_PER_BQ, rel=1e-3)
