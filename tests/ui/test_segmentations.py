"""Segmentations in the window: on the right pixels however an image is turned, in the list, drawn by the mouse."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import UID
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.builders.ct_series import write_ct_series
from tests.builders.segmentations import square, written_segmentation, written_structure_set
from tests.ui.program_window import open_window, running
from viewer.application.programme import Programme
from viewer.application.screenshot import wait_until_settled
from viewer.base.jobs import Progress
from viewer.ui.main_window import MainWindow
from viewer.ui.segmenting.edit_section import EditSection
from viewer.ui.segmenting.list_section import ListSection
from viewer.ui.segmenting.segments_panel import SegmentsPanel
from viewer.ui.viewports.viewport import Viewport
from viewer.workspace.object_saving import IntoFolder, Make, Saved, save_objects
from viewer.workspace.segmenting.cell_layer import CellLayer
from viewer.workspace.segmenting.segmentation_book import SegmentationBook
from viewer.workspace.segmenting.strokes import stroke_at
from viewer.workspace.tools.tool import Tool

SIZE, SLICES = 64, 6
FRAME = "1.2.826.0.1.3680043.8.498.77"
ABOUT = {"FrameOfReferenceUID": FRAME, "StudyInstanceUID": "1.2.3.77", "SeriesDescription": "CT"}

ROWS, COLUMNS = slice(10, 22), slice(30, 50)


@pytest.fixture
def series(tmp_path: Path) -> list[Path]:
    return write_ct_series(tmp_path / "ct", SLICES, SIZE, slice_step_mm=2.0, elements=ABOUT)


@pytest.fixture
def segmentation(tmp_path: Path, series: list[Path]) -> Path:
    masks = np.zeros((SLICES, SIZE, SIZE, 2), np.uint8)
    masks[2:4, ROWS, COLUMNS, 0] = 1
    masks[3, 40:60, 5:9, 1] = 1
    return written_segmentation(tmp_path / "seg.dcm", series, masks, labels=["Liver", "Rest"])


class Seen:
    """A window with its program."""

    def __init__(self, programme: Programme, window: MainWindow) -> None:
        self.programme, self.window, self.workspace = programme, window, window.workspace
        book = self.workspace.shared.segmentations
        assert book is not None
        self.book: SegmentationBook = book

    def run(self, *commands: str) -> None:
        for command in commands:
            self.window.actions_table.run(command)
            self.settle()

    def settle(self) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        wait_until_settled(application, self.programme, self.window)

    def viewport(self, cell: int = 0) -> Viewport:
        found = self.window.findChildren(Viewport)
        return next(each for each in found if each.cell == cell and each.isVisible())

    @property
    def layer(self) -> CellLayer:
        return self.viewport().segments.layer

    def alpha_at(self, column: float, row: float) -> int:
        """Of the layer, at the middle of a pixel of the image."""
        placement = self.viewport().placement
        assert placement is not None
        if self.layer.argb is None:
            return 0
        x, y = placement.to_viewport((column + 0.5, row + 0.5))
        return int(self.layer.argb[int(y), int(x)]) >> 24

    def page(self) -> SegmentsPanel:
        self.window.show_panel("segments")
        self.settle()
        found = self.window.findChild(SegmentsPanel)
        assert isinstance(found, SegmentsPanel)
        found.refresh()
        return found

    def texts(self) -> str:
        return " ".join(chip.text for chip, _area in self.viewport()._surface.pixels.chips)


@pytest.fixture
def seen(qtbot: object, tmp_path: Path, series: list[Path], segmentation: Path) -> Iterator[Seen]:
    del qtbot, series
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    with running(application, tmp_path) as programme:
        window = open_window(programme, tmp_path / "ct", segmentation)
        shown = Seen(programme, window)
        images = [
            each
            for one in programme.tree.all_series()
            if one.modality == "CT"
            for each in programme.shared.catalogue.of_series(one.key)
        ]
        window.workspace.show(images[0].key, 0, 2)
        shown.settle()
        yield shown


def check_square(seen: Seen) -> None:
    for row in (10, 15, 21):
        for column in (30, 40, 49):
            assert seen.alpha_at(column, row), (row, column)
    for row, column in ((8, 40), (23, 40), (15, 28), (15, 51), (40, 40)):
        assert not seen.alpha_at(column, row), (row, column)


def test_segments_lie_on_their_pixels_however_the_image_is_turned(seen: Seen) -> None:
    assert seen.layer.is_empty
    seen.run("segment.toggle")
    check_square(seen)
    assert "SEGMENTS" in seen.texts()
    for command in ("view.rotate_right", "view.flip_horizontal", "view.flip_vertical", "view.rotate_left"):
        seen.run(command)
        check_square(seen)
    state = seen.workspace.viewport(0)
    seen.workspace.change(replace(state, transform=replace(state.transform, zoom=0.8, rotation_deg=33.0)), "Zoom")
    seen.settle()
    check_square(seen)
    seen.workspace.set_index(0)
    seen.settle()
    assert seen.layer.is_empty
    seen.run("segment.toggle")
    assert "SEGMENTS" not in seen.texts()


def test_the_list_hides_shows_and_goes_by_the_keyboard(seen: Seen) -> None:
    seen.run("segment.toggle")
    section = next(each for each in seen.page().sections if isinstance(each, ListSection))
    top = section.tree.topLevelItem(0)
    assert top is not None
    liver, rest = top.child(0), top.child(1)
    assert liver is not None
    assert rest is not None
    assert (liver.text(0), rest.text(0)) == ("Liver", "Rest")
    assert liver.text(1).startswith("0.54")  # 2 × 12 × 20 voxels of 0.75 × 0.75 × 2 mm
    section.tree.setFocus()
    section.tree.setCurrentItem(liver)
    QTest.keyClick(section.tree, Qt.Key.Key_Space)
    seen.settle()
    assert not seen.alpha_at(40, 15)
    QTest.keyClick(section.tree, Qt.Key.Key_Space)
    seen.settle()
    assert seen.alpha_at(40, 15)
    section.tree.setCurrentItem(rest)
    QTest.keyClick(section.tree, Qt.Key.Key_Return)
    seen.settle()
    assert seen.workspace.viewport(0).index == 3
    assert seen.alpha_at(7, 50)


def test_planes_through_the_volume_show_them_and_renderings_say_why_not(seen: Seen) -> None:
    seen.run("segment.toggle", "volume.multiplanar")
    held = seen.book.shown[0]
    from viewer.workspace.segmenting.showing import go_to

    assert not go_to(seen.workspace, held, 1)
    seen.settle()
    layers = [seen.viewport(cell).segments.layer for cell in seen.workspace.layout.visible_cells]
    assert all(layer.argb is not None and layer.argb.any() for layer in layers[:3])
    assert layers[3].is_empty
    assert layers[3].cautions


def test_contours_of_another_frame_of_reference_are_not_drawn(seen: Seen, tmp_path: Path) -> None:
    drawn = [("CLOSED_PLANAR", square(-180, -180, 10, z)) for z in (4.0, 6.0)]
    iso = [("POINT", np.array([[-160.0, -170.0, 4.0]]))]
    about = {"StudyInstanceUID": "1.2.3.77", "PatientID": "SYN-001"}
    seen.programme.opener.open(
        [
            written_structure_set(tmp_path / "here.dcm", {"Here": drawn, "Iso": iso}, FRAME, about),
            written_structure_set(tmp_path / "there.dcm", {"There": drawn}, FRAME + ".1", about),
        ]
    )
    seen.settle()
    for held in seen.book.all_held:
        seen.book.show(held.uid, is_shown=held.header is not None and held.header.modality == "RTSTRUCT")
    seen.settle()
    assert len(seen.book.shown) == 2
    assert seen.layer.names == (seen.book.shown[0].title,)
    inside = ((-175 + 192) / 0.75, (-175 + 192) / 0.75)
    assert seen.alpha_at(*inside)
    assert [label for _x, _y, _rgb, label in seen.layer.points] == ["Iso"]


def test_the_mouse_draws_and_undo_takes_the_stroke_back(seen: Seen) -> None:
    seen.run("segment.new")
    assert seen.workspace.tool is Tool.SEGMENT_BRUSH
    viewport = seen.viewport()
    placement = viewport.placement
    assert placement is not None
    points = [QPoint(*(round(part) for part in placement.to_viewport((column, 32.5)))) for column in (20.5, 30.5, 40.5)]
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mousePress(viewport, left, none, points[0])
    for point in points[1:]:
        QTest.mouseMove(viewport, point)
    QTest.mouseRelease(viewport, left, none, points[-1])
    seen.settle()
    assert all(seen.alpha_at(column, 32) for column in (20, 25, 30, 35, 40))
    radius = seen.book.brush.radius_mm / 0.75
    assert not seen.alpha_at(30, 32 + radius + 2)
    section = next(each for each in seen.page().sections if isinstance(each, EditSection))
    assert section.isVisible()
    seen.workspace.undo()
    seen.settle()
    assert not seen.alpha_at(30, 32)
    seen.workspace.redo()
    seen.settle()
    assert seen.alpha_at(30, 32)
    rows = next(each for each in seen.page().sections if isinstance(each, ListSection)).tree
    rows.setFocus()
    QTest.keyClick(rows, Qt.Key.Key_Delete)
    seen.settle()
    assert not seen.alpha_at(30, 32)
    seen.workspace.undo()
    seen.settle()
    assert seen.alpha_at(30, 32)


def test_frames_that_name_an_image_and_lie_elsewhere_are_told(seen: Seen, tmp_path: Path, segmentation: Path) -> None:
    data_set = pydicom.dcmread(segmentation)
    data_set.SOPInstanceUID = UID("2.25.4711")
    data_set.file_meta.MediaStorageSOPInstanceUID = UID("2.25.4711")
    for group in data_set.PerFrameFunctionalGroupsSequence:
        position = group.PlanePositionSequence[0]
        x, y, z = position.ImagePositionPatient
        position.ImagePositionPatient = [x, y, z + 4.0]
    data_set.save_as(tmp_path / "moved.dcm")
    seen.programme.opener.open([tmp_path / "moved.dcm"])
    seen.settle()
    seen.book.show("2.25.4711")
    seen.settle()
    assert "MISPLACED" in seen.texts()
    assert seen.layer.cautions
    assert not seen.alpha_at(40, 15)  # where they say that they lie goes before what they name
    seen.workspace.set_index(5)
    seen.settle()
    assert seen.alpha_at(40, 15)


def test_what_is_drawn_is_saved_where_the_reader_says(
    seen: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen.run("segment.new")
    stroke = stroke_at(seen.workspace, 0, is_erasing=False)
    assert not isinstance(stroke, str)
    stroke.to((20.5, 20.5))
    stroke.end()
    actions = seen.workspace.window
    assert actions is not None
    assert actions.objects is not None
    target = tmp_path / "saved"

    def ask(make: Make, study: str, title: str, done: Callable[[Saved], None] | None = None) -> None:
        assert (study, title) == ("1.2.3.77", "Segmentation 1")
        saved = save_objects(make, [IntoFolder(target)], None, Progress())
        assert done is not None
        done(saved)

    monkeypatch.setattr(actions.objects, "ask", ask)
    seen.run("segment.save")
    (path,) = target.iterdir()
    written = pydicom.dcmread(path)
    assert written.SegmentationType == "BINARY"
    assert written.StudyInstanceUID == "1.2.3.77"
    assert seen.book.shown[0].own is not None
    assert seen.book.shown[0].own.is_saved
