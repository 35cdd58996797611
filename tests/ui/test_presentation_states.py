"""Presentation states in the window: pixels as dcmp2pgm makes them, named, changed, scrolled past, listed, undone."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from PySide6.QtWidgets import QApplication

from tests.builders.data_sets import item
from tests.builders.gray_images import data_set, write
from tests.builders.presentation_states import (
    DCMP2PGM,
    annotation,
    displayed_area,
    graphic,
    layer,
    presentation_state,
    rendered_by_dcmtk,
    window,
)
from tests.ui.program_window import open_window, pass_time, running
from tests.ui.viewport_scene import Scene
from viewer.imaging.grayscale_pipeline import Stage, render_stage
from viewer.ui.presenting.state_panel import StatesPanel
from viewer.workspace.commands.presenting import put
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.presenting.state_book import StateBook

pytestmark = pytest.mark.usefixtures("qapp")

ROWS, COLUMNS = 60, 80
Y, X = np.mgrid[:ROWS, :COLUMNS]
PIXELS = ((X * 43 + Y * 17) % 4096).astype(np.uint16)


def image(number: int = 1, **elements: Any) -> Dataset:
    uid = f"1.2.3.4.{number}"
    return data_set(PIXELS, SOPInstanceUID=uid, InstanceNumber=number, BitsStored=12, HighBit=11, **elements)


def scene_of(folder: Path, *made: Dataset) -> Scene:
    paths = [write(folder / f"{number}.dcm", each) for number, each in enumerate(made)]
    scene = Scene(paths[:0])
    scene.workspace.shared.states = StateBook(scene.tree)
    scene.add(paths)
    return scene


def show_images(scene: Scene) -> None:
    place = next(place for place, each in enumerate(scene.sets) if each.is_image)
    scene.show(place)


def chips(scene: Scene) -> list[str]:
    return [chip.text for chip in scene.viewport().shown.texts.chips]


def shown_frame(scene: Scene) -> NDArray[np.float64]:
    """Return P-values in 256 levels of the frame as the window holds it: what is probed and measured too."""
    displayed = scene.workspace.displayed(0)
    assert displayed is not None
    assert displayed.stored is not None
    rendered = displayed.rendered
    found = render_stage(displayed.stored, rendered.state, rendered.request.view, Stage.P_VALUE)
    return np.rint(found / 257.0)


@pytest.mark.skipif(not DCMP2PGM.exists(), reason="DCMTK is not installed")
def test_the_frame_in_the_window_is_dcmtks(tmp_path: Path) -> None:
    one = image(RescaleSlope=3, RescaleIntercept=9, WindowCenter=10, WindowWidth=5)
    stages: dict[str, Any] = {"RescaleSlope": 2, "RescaleIntercept": -1024, "RescaleType": "HU"}
    made = presentation_state(one, PresentationLUTShape="INVERSE", SoftcopyVOILUTSequence=[window(900, 3000)], **stages)
    with scene_of(tmp_path, one, made) as scene:
        show_images(scene)
        BY_ID["presentation.next"].run(scene.workspace)
        scene.settle()
        assert np.abs(shown_frame(scene) - rendered_by_dcmtk(tmp_path, one, made)).max() <= 1.0
        displayed = scene.workspace.displayed(0)
        assert displayed is not None
        assert displayed.rendered.state.unit == "HU"
        assert "PR MADE" in chips(scene)


def test_a_change_of_the_readers_is_told_and_undo_takes_the_word_back(tmp_path: Path) -> None:
    one = image()
    with scene_of(tmp_path, one, presentation_state(one, ImageRotation=90, ImageHorizontalFlip="N")) as scene:
        show_images(scene)
        assert not any(text.startswith("PR") for text in chips(scene))
        put(scene.workspace, "1.2.3.99")
        scene.settle()
        assert "PR MADE" in chips(scene)
        BY_ID["view.invert"].run(scene.workspace)
        scene.settle()
        assert "PR MADE, changed" in chips(scene)
        scene.workspace.undo()
        scene.settle()
        assert "PR MADE" in chips(scene)
        scene.workspace.undo()
        scene.settle()
        assert not any(text.startswith("PR") for text in chips(scene))
        displayed = scene.workspace.displayed(0)
        assert displayed is not None
        assert displayed.rendered.state.presentation_uid == ""


def test_an_image_that_the_state_is_not_for_is_shown_as_acquired_and_says_so(tmp_path: Path) -> None:
    one, two = image(1), image(2)
    made = presentation_state(one, PresentationLUTShape="INVERSE")
    with scene_of(tmp_path, one, two, made) as scene:
        show_images(scene)
        put(scene.workspace, "1.2.3.99")
        scene.settle()
        inverse = shown_frame(scene)
        scene.workspace.set_index(1)
        scene.settle()
        assert "PR NOT FOR THIS" in chips(scene)
        displayed = scene.workspace.displayed(0)
        assert displayed is not None
        assert displayed.rendered.state.presentation_uid == ""
        scene.workspace.set_index(0)
        scene.settle()
        assert np.array_equal(shown_frame(scene), inverse)


def test_an_area_that_is_turned_fills_the_viewport_and_graphics_lie_on_it(tmp_path: Path) -> None:
    one = image()
    area = displayed_area((60, 11), (21, 50))
    box = graphic(
        "POLYLINE", [0.25, 0.25, 0.75, 0.25, 0.75, 0.75, 0.25, 0.75, 0.25, 0.25], "DISPLAY", GraphicFilled="Y"
    )
    made = presentation_state(
        one,
        ImageRotation=90,
        ImageHorizontalFlip="N",
        DisplayedAreaSelectionSequence=[area],
        GraphicLayerSequence=[layer("A", GraphicLayerRecommendedDisplayCIELabValue=[65535, 32896, 32896])],
        GraphicAnnotationSequence=[annotation("A", [box])],
        SoftcopyVOILUTSequence=[window(60000, 2)],  # everything else is black
    )
    with scene_of(tmp_path, one, made) as scene:
        show_images(scene)
        put(scene.workspace, "1.2.3.99")
        scene.settle()
        placement = scene.viewport().placement
        assert placement is not None
        height = placement.size[1]
        corners = [placement.to_viewport((column, row)) for column, row in ((20, 10), (60, 50))]
        assert abs(abs(corners[0][1] - corners[1][1]) - height) <= 1.0
        grabbed = scene.viewport().grab().toImage()
        middle = (scene.viewport().width() // 2, scene.viewport().height() // 2)
        assert grabbed.pixelColor(*middle).lightness() > 200
        side = height / scene.viewport().devicePixelRatioF()
        outside = middle[0] - round(side * 0.35), middle[1] + round(side * 0.1)
        assert grabbed.pixelColor(*outside).lightness() < 60
        BY_ID["view.overlays"].run(scene.workspace)
        scene.settle()
        assert scene.viewport().grab().toImage().pixelColor(*middle).lightness() < 60
        assert "GRAPHICS OFF" in chips(scene)


def test_an_angiogram_is_shown_less_its_mask_and_native_on_demand(tmp_path: Path) -> None:
    frames = np.stack([PIXELS // 2 + 100 * number for number in range(4)]).astype(np.uint16)
    one = data_set(frames, Modality="XA", SOPClassUID="1.2.840.10008.5.1.4.1.1.12.1", BitsStored=12, HighBit=11)
    one.PixelIntensityRelationship, one.RecommendedViewingMode = "LOG", "SUB"
    one.MaskSubtractionSequence = [item(MaskOperation="AVG_SUB", MaskFrameNumbers=1)]
    with scene_of(tmp_path, one) as scene:
        show_images(scene)
        scene.workspace.set_index(2)
        scene.settle()
        displayed = scene.workspace.displayed(0)
        assert displayed is not None
        assert displayed.stored is not None
        assert np.all(displayed.stored.values == 200)
        assert "mask subtracted" in displayed.rendered.notes
        BY_ID["presentation.native"].run(scene.workspace)
        scene.settle()
        displayed = scene.workspace.displayed(0)
        assert displayed is not None
        assert displayed.stored is not None
        assert np.array_equal(displayed.stored.values, frames[2])
        assert "NOT SUBTRACTED" in chips(scene)


def test_the_page_lists_states_and_says_why_some_do_not_fit(qapp: QApplication, tmp_path: Path) -> None:
    one, two = image(1), image(2)
    made = [
        one,
        two,
        presentation_state(one, SOPInstanceUID="9.1"),
        presentation_state(two, SOPInstanceUID="9.2", ContentLabel="OTHER"),
        presentation_state(one, SOPInstanceUID="9.3", ContentLabel="BROKEN", ImageRotation=45),
    ]
    folder = tmp_path / "study"
    folder.mkdir()
    for number, each in enumerate(made):
        write(folder / f"{number}.dcm", each)
    with running(qapp, tmp_path) as programme:
        shown = open_window(programme, folder)
        shown.actions_table.run("panel.states")
        shown.actions_table.run("presentation.next")
        pass_time(0.3)
        (panel,) = shown.findChildren(StatesPanel)
        lines = panel.lines
        assert lines[:2] == ("As acquired", "MADE · made for a test\nREADER One · 2026-01-02 10:15")
        assert "other images of this series" in lines[2]
        assert "45" in lines[3]
        assert shown.workspace.viewport(0).presentation == "9.1"
