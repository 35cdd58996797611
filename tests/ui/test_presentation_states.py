"""Presentation states in the window: pixels as dcmp2pgm makes them, named, changed, scrolled past, listed, undone."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from PySide6.QtWidgets import QApplication

from tests.builders.ct_series import write_ct_series
from tests.builders.data_sets import item
from tests.builders.gray_images import data_set, write
from tests.builders.presentation_states import (
    DCMP2PGM,
    annotation,
    displayed_area,
    graphic,
    layer,
    presentation_state,
    reference,
    rendered_by_dcmtk,
    window,
)
from tests.ui.program_window import open_window, pass_time, running
from tests.ui.viewport_scene import Scene
from viewer.imaging.display_calibration import UNCALIBRATED
from viewer.imaging.grayscale_pipeline import Stage, render_stage
from viewer.ui.presenting.state_panel import StatesPanel
from viewer.volume.reslice import warm_up
from viewer.workspace.commands.presenting import put
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.presenting.applying import choices_at
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
        assert "SUBTRACTED" in chips(scene)
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


def blending_state(base: Dataset, over: Dataset, others: tuple[Dataset, ...] = ()) -> Dataset:
    def blended(position: str, images: tuple[Dataset, ...], voi: Dataset) -> Dataset:
        named = [reference(each) for each in images]
        series = item(SeriesInstanceUID=images[0].SeriesInstanceUID, ReferencedImageSequence=named)
        return item(
            BlendingPosition=position,
            StudyInstanceUID=images[0].StudyInstanceUID,
            ReferencedSeriesSequence=[series],
            RescaleSlope=1,
            RescaleIntercept=-1024,
            RescaleType="HU",
            SoftcopyVOILUTSequence=[voi],
        )

    area = displayed_area((1, 1), (64, 64), "MAGNIFY", PresentationPixelMagnificationRatio=1.0)
    made = presentation_state(
        base, kind="4", ReferencedSeriesSequence=None, RelativeOpacity=0.25, DisplayedAreaSelectionSequence=[area]
    )
    made.BlendingSequence = [
        blended("UNDERLYING", (base,), window(0, 2000)),
        blended("SUPERIMPOSED", (over, *others), window(100, 1000, function="LINEAR_EXACT")),
    ]
    for name, entries in zip(
        ("Red", "Green", "Blue"), (np.arange(256), np.arange(256)[::-1], np.zeros(256)), strict=True
    ):
        setattr(made, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(made, f"{name}PaletteColorLookupTableData", (entries * 257).astype("<u2").tobytes())
    return made


def test_a_blending_state_mixes_both_series_by_its_opacity_and_palette(tmp_path: Path) -> None:
    warm_up()
    same = {"FrameOfReferenceUID": "1.9.9", "StudyInstanceUID": "1.9.1", "PatientID": "T1", "PatientName": "TEST^IMAGE"}
    under = write_ct_series(tmp_path / "under", 3, 64, label="under", elements=same)
    over = write_ct_series(tmp_path / "over", 3, 64, label="over", elements=same)
    base, *laid = (dcmread(path) for path in (under[1], *over))
    made = write(tmp_path / "state.dcm", blending_state(base, laid[1], (laid[0], laid[2])))
    scene = Scene([], (400, 300))
    scene.workspace.shared.states = StateBook(scene.tree)
    with scene:
        scene.add([*under, *over, made])
        place = next(
            place
            for place, each in enumerate(scene.sets)
            if each.images[0].header.sop_instance_uid == dcmread(under[0]).SOPInstanceUID
        )
        scene.show(place, index=1)
        put(scene.workspace, "1.2.3.99")
        scene.settle()
        rendered = scene.viewport().shown.rendered
        assert rendered is not None
        assert "PR MADE" in chips(scene)
        placement = rendered.placement
        levels = UNCALIBRATED.display_lut()
        values = base.pixel_array.astype(float) - 1024
        grey = levels[np.rint(np.clip((values + 0.5) / 1999 + 0.5, 0, 1) * 65535).astype(int)]
        places = np.clip((laid[1].pixel_array.astype(float) - 1024 - 100) / 1000 + 0.5, 0, 1) * 255
        colors = np.stack([places, 255 - places, np.zeros_like(places)], axis=-1)
        wanted = 0.75 * grey[..., None] + 0.25 * colors
        x, y = (round(part) for part in placement.to_viewport((0.0, 0.0)))
        assert np.abs(rendered.pixels[y : y + 64, x : x + 64].astype(float) - wanted)[1:-1, 1:-1].max() <= 2.0
        put(scene.workspace, "")
        assert scene.workspace.viewport(0).fusion is None


def test_a_blending_state_is_not_for_the_superimposed_series(tmp_path: Path) -> None:
    one = image(1, FrameOfReferenceUID="1.9", RescaleSlope=1, RescaleIntercept=-1024)
    two = image(2, FrameOfReferenceUID="1.9", SeriesInstanceUID="1.2.3.22")
    with scene_of(tmp_path, one, two, blending_state(one, two)) as scene:
        place = next(
            place for place, each in enumerate(scene.sets) if each.images[0].header.series_instance_uid == "1.2.3.22"
        )
        scene.show(place)
        (choice,) = choices_at(scene.workspace, 0)
        assert "over another series" in choice.reason
