"""Planes of volumes in viewports: the pixels, words and manners of images."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.builders.ct_series import write_ct_series
from tests.ui.viewport_scene import Scene
from tests.ui.volume_views import (
    COUNT,
    ONE_TO_ONE,
    SIZE,
    SPACING_MM,
    WINDOW,
    change,
    chips,
    displayed,
    lines,
    look,
    voxels,
    work_off,
)
from viewer.imaging.viewport_image import Interpolation
from viewer.imaging.voi_lut import Window
from viewer.ui.viewports.viewport import REST_MS
from viewer.volume.reslice import warm_up
from viewer.volume.reslice_plane import Projection
from viewer.workspace.volume_planes import UNPLACED
from viewer.workspace.volume_view import CurvedPath, Orientation, VolumeKind, VolumeView

pytestmark = pytest.mark.usefixtures("qtbot")


@pytest.fixture(scope="module", autouse=True)
def _kernels() -> None:
    warm_up()


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return write_ct_series(tmp_path / "ct", COUNT, SIZE, slice_step_mm=SPACING_MM)


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
        assert f"H {5 * SPACING_MM:.1f} mm" in lines(scene)


def test_coronal_and_sagittal_planes_hold_the_voxels_with_head_up(paths: list[Path]) -> None:
    with Scene(paths, (300, 300)) as scene:
        center = (-192.0 + 20 * SPACING_MM, -192.0 + 30 * SPACING_MM, 0.0)
        look(scene, VolumeView(orientation=Orientation.CORONAL, center_mm=center))
        letters = scene.viewport().shown.texts.letters
        assert (letters.left, letters.right, letters.top, letters.bottom) == ("R", "L", "H", "F")
        assert np.array_equal(displayed(scene).stored.values - 1024, voxels()[::-1, 30, :])  # type: ignore[union-attr]  # displayed() looked
        change(scene, VolumeView(orientation=Orientation.SAGITTAL, center_mm=center))
        scene.settle()
        assert f"R {192.0 - 20 * SPACING_MM:.1f} mm" in lines(
            scene
        )  # the side of the patient, and how far from its middle
        letters = scene.viewport().shown.texts.letters
        assert (letters.left, letters.right, letters.top, letters.bottom) == ("A", "P", "H", "F")
        assert np.array_equal(displayed(scene).stored.values - 1024, voxels()[::-1, :, 20])  # type: ignore[union-attr]


def test_a_slab_says_how_thick_it_is_and_how_it_is_made(paths: list[Path]) -> None:
    with Scene(paths, (600, 400)) as scene:
        look(scene, VolumeView(thickness_mm=4.5, projection=Projection.MAXIMUM))
        assert "reformatted, linear interpolation\nMIP of 4.5 mm" in lines(scene)
        assert not any("4.5" in chip for chip in chips(scene))  # said once
        scene.workspace.scroll(3)  # the slab stays on
        scene.settle()
        assert "MIP of 4.5 mm" in lines(scene)


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


def test_a_projection_shows_the_whole_depth(paths: list[Path]) -> None:
    with Scene(paths, (300, 300)) as scene:
        look(scene, VolumeView(kind=VolumeKind.PROJECTION, projection=Projection.MAXIMUM))
        letters = scene.viewport().shown.texts.letters
        assert (letters.left, letters.right, letters.top, letters.bottom) == ("R", "L", "H", "F")
        assert "MIP" in chips(scene)
        values = displayed(scene).stored.values - 1024  # type: ignore[union-attr]
        middle = values[:, values.shape[1] // 2 - SIZE // 2 : values.shape[1] // 2 + SIZE // 2]
        assert np.nanmax(middle) == voxels().max()


def test_cubic_and_nearest_are_told(paths: list[Path]) -> None:
    with Scene(paths, (300, 300)) as scene:
        look(scene, VolumeView())
        assert "linear interpolation" in lines(scene)
        state = scene.workspace.viewport(0)
        scene.workspace.change(replace(state, interpolation=Interpolation.NEAREST), "Interpolation")
        scene.settle()
        assert "nearest voxel" in lines(scene)


def test_tools_of_images_work_on_planes(paths: list[Path]) -> None:
    with Scene(paths, (400, 300)) as scene:
        center = (0.0, -192.0 + 30 * SPACING_MM, 0.0)
        look(scene, VolumeView(orientation=Orientation.CORONAL, center_mm=center))
        viewport = scene.viewport()
        placement = viewport.placement
        assert placement is not None
        start, end = (placement.to_viewport(point) for point in ((10.2, 2.2), (40.8, 12.8)))
        viewport.aids.fit_window(start, end, 1)
        expected = voxels()[::-1, 30, :][2:13, 10:41]
        work_off(lambda: scene.workspace.viewport(0).view.voi != WINDOW)
        window = scene.workspace.viewport(0).view.voi
        assert isinstance(window, Window)
        assert window.center - window.width / 2 == pytest.approx(expected.min(), abs=1)
        assert window.center + window.width / 2 == pytest.approx(expected.max(), abs=1)
        scene.settle()
        middle = placement.to_viewport((30.0, 8.0))
        viewport.aids.show_magnifier(middle)
        work_off(lambda: viewport.aids.item.glass is not None)
        glass = viewport.aids.item.glass
        assert glass is not None
        assert glass.rendered.placement.scale_x == pytest.approx(2.5)
        assert glass.rendered.request.frame_key == displayed(scene).rendered.request.frame_key
        viewport.aids.show_magnifier(None)


def test_a_plane_says_so_without_corner_texts_too(paths: list[Path]) -> None:
    with Scene(paths, (400, 300)) as scene:
        look(scene, VolumeView(thickness_mm=3.0))
        scene.workspace.set_options(replace(scene.workspace.options, corner_texts="none"))
        scene.settle()
        assert lines(scene) == ""
        assert {"REFORMATTED", "SLAB 3 mm mean"} <= set(chips(scene))


def test_curves_are_laid_flat_along_their_line(paths: list[Path]) -> None:
    with Scene(paths, (400, 300)) as scene:
        row = -192.0 + 30 * SPACING_MM
        points = tuple((-192.0 + column * SPACING_MM, row, 6.0) for column in (10.0, 30.0, 50.0))
        view = VolumeView(kind=VolumeKind.CURVED, center_mm=(0.0, row, 6.0))
        look(scene, view)  # no line yet: the plane it is picked on
        assert displayed(scene).rendered.state.plane is not None
        change(scene, replace(view, path=CurvedPath(points)))
        scene.settle()
        state = displayed(scene).rendered.state
        assert state.plane is None  # no one plane, and no letters
        assert scene.viewport().shown.texts.letters.right == ""
        assert "CURVED" in chips(scene)
        assert "straightened along a line" in lines(scene)
        assert "SEE NOTES" not in chips(scene)
        assert 41 in displayed(scene).stored.shape  # type: ignore[union-attr]  # 40 voxels from end to end
        moved = replace(view, path=CurvedPath(points), center_mm=(0.0, row, 7.0))
        before = displayed(scene).rendered.request.frame_key
        change(scene, moved)
        scene.settle()
        assert displayed(scene).rendered.request.frame_key == before  # the line is where it was
