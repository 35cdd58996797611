"""Key images of a report are printed as they were on screen: native or subtracted, under a named state, SUV."""

from pathlib import Path

import numpy as np
import pytest

from tests.builders.data_sets import item
from tests.builders.gray_images import data_set, write
from tests.builders.presentation_states import presentation_state
from tests.ui.viewport_scene import Scene
from viewer.base.jobs import Progress
from viewer.dicom.presentation_state.values import PresentationState
from viewer.imaging.voi_lut import Window
from viewer.workspace.commands.presenting import put
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.presenting.state_book import StateBook
from viewer.workspace.reporting.report_draft_marks import _named, image_on_screen
from viewer.workspace.reporting.report_rendering import DrawPictures, PrintedPicture, WantedPicture
from viewer.workspace.viewport_state import ViewportState

pytestmark = pytest.mark.usefixtures("qapp")

FRAMES = np.stack([np.arange(60 * 80, dtype=np.uint16).reshape(60, 80) // 4 + 50 * number for number in range(4)])


def angiogram(folder: Path) -> Path:
    one = data_set(FRAMES, Modality="XA", SOPClassUID="1.2.840.10008.5.1.4.1.1.12.1", BitsStored=12, HighBit=11)
    one.PixelIntensityRelationship, one.RecommendedViewingMode = "LOG", "SUB"
    one.MaskSubtractionSequence = [item(MaskOperation="AVG_SUB", MaskFrameNumbers=1)]
    return write(folder / "run.dcm", one)


def printed(scene: Scene, presentation: PresentationState | None = None) -> PrintedPicture:
    """Print what the viewport shows."""
    named, image = image_on_screen(scene.workspace, 0), scene.workspace.image_at(0)
    assert named is not None
    wanted = WantedPicture(named, image, presentation)
    (picture,) = DrawPictures(scene.rendering.store, (wanted,), "KIM").run(Progress())
    assert picture.failure == ""
    return picture


def test_an_angiogram_is_printed_subtracted_or_native_as_it_was_seen(tmp_path: Path) -> None:
    with Scene([angiogram(tmp_path)]) as scene:
        scene.workspace.shared.states = StateBook(scene.tree)
        scene.show(0, index=2)
        assert "SUBTRACTED" in printed(scene).title
        BY_ID["presentation.native"].run(scene.workspace)
        scene.settle()
        named = image_on_screen(scene.workspace, 0)
        assert named is not None
        assert named.presentation == ("", "")
        picture = printed(scene)
        assert "SUBTRACTED" not in picture.title
        assert picture.pixels is not None
        assert np.ptp(picture.pixels) > 30  # less its mask all of it is one grey


def test_the_state_that_a_picture_is_printed_under_is_named(tmp_path: Path) -> None:
    one = data_set(FRAMES[0])
    made = presentation_state(one, PresentationLUTShape="INVERSE")
    with Scene([]) as scene:
        scene.workspace.shared.states = book = StateBook(scene.tree)
        scene.add([write(tmp_path / "one.dcm", one), write(tmp_path / "state.dcm", made)])
        scene.show(next(at for at, each in enumerate(scene.sets) if each.is_image))
        put(scene.workspace, "1.2.3.99")
        scene.settle()
        assert "PR MADE" in printed(scene, book.get("1.2.3.99")).title


def test_a_window_of_suv_is_not_laid_on_other_values(tmp_path: Path) -> None:
    with Scene([write(tmp_path / "one.dcm", data_set(FRAMES[0]))]) as scene:
        scene.show(0)
        image = scene.workspace.image_at(0)
        assert image is not None
        own, suv = (
            dict(_named(scene.workspace, image, ViewportState("k", suv_type=kind), Window(5, 10)).view)
            for kind in ("", "bw")
        )
        assert own["center"] == 5
        assert "center" not in suv
