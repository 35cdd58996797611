"""Segmentations that are made here: over which images, with which strokes, mended, measured, saved, as surfaces."""

from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.builders.ct_series import RESCALE_INTERCEPT, ct_slice, write_ct_series
from tests.builders.segmentations import square, written_segmentation, written_structure_set
from tests.builders.segmenting import Segmenting
from viewer.base.errors import DicomError, VolumeError
from viewer.base.jobs import Progress
from viewer.dicom.segmentation.values import SegmentationType
from viewer.imaging.segmentation.painting import Brush
from viewer.workspace.segmenting.held_segmentation import MENDINGS
from viewer.workspace.segmenting.mending_jobs import SegmentValues, measure, mend
from viewer.workspace.segmenting.own_segmentation import add_segment, begin, edit_copy, remove_segment
from viewer.workspace.segmenting.segment_saving import MakeSegmentation
from viewer.workspace.segmenting.segment_surface import surface_of_segment
from viewer.workspace.segmenting.showing import go_to, toggle_all

SIZE, SLICES, SPACING, STEP = 32, 7, 0.75, 2.0
START, END = (-186.0, -184.0, 6.0), (-180.0, -182.0, 6.0)


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_ct_series(tmp_path_factory.mktemp("ct"), SLICES, SIZE, slice_step_mm=STEP)


@pytest.fixture
def program(series: list[Path]) -> Segmenting:
    made = Segmenting(series)
    made.begin()
    return made


def test_a_new_segmentation_lies_over_its_series(program: Segmenting, series: list[Path]) -> None:
    grid = program.shape().grid
    assert grid is not None
    assert (grid.rows, grid.columns, len(grid.planes)) == (SIZE, SIZE, SLICES)
    assert grid.spacing_mm == pytest.approx(STEP)
    assert program.book.target == (program.held.uid, 1)
    assert program.held.shapes is not None
    assert program.held.shapes.source_uids == {str(pydicom.dcmread(path).SOPInstanceUID) for path in series}


def test_each_segment_is_drawn_for_itself_and_undone_in_order(program: Segmenting) -> None:
    program.draw(START, END, Brush(3.0, is_ball=True))
    add_segment(program.workspace, program.held.uid)
    program.draw(START, END, Brush(2.0), number=2)
    assert program.volume(2).sum() < program.volume(1).sum()
    for _step in range(2):
        program.workspace.undo()
    assert program.held.shapes is not None
    assert [each.number for each in program.held.shapes.shapes] == [1]
    remove_segment(program.workspace, program.held.uid, 1)
    assert not program.book.all_held
    program.workspace.undo()
    assert program.volume(1).any()


def test_values_are_numpy_s(program: Segmenting) -> None:
    program.draw(START, END, Brush(4.0, is_ball=True))
    found: list[SegmentValues] = []
    measure(program.workspace, found.append, pytest.fail)
    values = np.concatenate([ct_slice(place, SIZE)[mask != 0] for place, mask in enumerate(program.volume())]).astype(
        float
    )
    values += RESCALE_INTERCEPT
    (told,) = found
    assert told.count == values.size
    assert told.mean == pytest.approx(values.mean())
    assert told.sd == pytest.approx(values.std(ddof=1))
    assert (told.minimum, told.maximum, told.median) == (values.min(), values.max(), np.median(values))
    assert told.volume_ml == pytest.approx(values.size * SPACING * SPACING * STEP / 1000)
    assert told.unit == "HU"


def test_mending_is_one_step_of_undo(program: Segmenting) -> None:
    program.draw(START, END, Brush(4.0, is_ball=True))
    program.draw(START, START, Brush(1.0, is_erasing=True))
    before = program.volume()
    for kind in MENDINGS:
        assert not mend(program.workspace, kind)
    assert not np.array_equal(program.volume(), before)
    while not np.array_equal(program.volume(), before):
        program.workspace.undo()


def test_the_surface_of_a_ball_holds_its_voxels(program: Segmenting) -> None:
    middle = (-180.0, -180.0, 6.0)
    program.draw(middle, middle, Brush(5.5, is_ball=True))
    surface = surface_of_segment(program.shape(), smooth=0)
    voxels = program.volume().sum() * SPACING * SPACING * STEP
    assert surface.is_closed
    assert surface.volume_mm3 == pytest.approx(voxels, rel=0.15)
    assert np.allclose(surface.vertices.mean(axis=0), middle, atol=0.5)


def test_an_empty_segment_has_no_surface(program: Segmenting) -> None:
    with pytest.raises(VolumeError):
        surface_of_segment(program.shape())


@pytest.mark.parametrize("kind", list(SegmentationType))
def test_what_is_saved_is_opened_again_as_it_was_drawn(
    program: Segmenting, series: list[Path], tmp_path: Path, kind: SegmentationType
) -> None:
    program.draw(START, END, Brush(4.0, is_ball=True))
    own = program.held.own
    assert own is not None
    (path,) = MakeSegmentation(program.held, own, kind, "Reader^One")(tmp_path, Progress())

    again = Segmenting([*series, path])
    assert not toggle_all(again.workspace)
    (held,) = again.book.shown
    assert held.shapes is not None
    (shape,) = held.shapes.shapes
    assert shape.label == "Segment 1"
    assert shape.measured_ml == pytest.approx(program.shape().measured_ml)
    assert not go_to(again.workspace, held, 1)
    largest = int(program.volume().reshape(SLICES, -1).sum(axis=1).argmax())
    assert again.workspace.viewport(0).index == largest
    if kind is not SegmentationType.FRACTIONAL:
        assert not edit_copy(again.workspace, held)
        assert np.array_equal(again.volume(), program.volume())


@pytest.mark.parametrize(
    ("spacing", "step"), [((1.5, 1.5), STEP), ((SPACING, 1.2 * SPACING), STEP), ((SPACING, SPACING), 1.7)]
)
def test_segments_of_other_pixels_or_slices_are_not_copied_onto_images(
    program: Segmenting, tmp_path: Path, spacing: tuple[float, float], step: float
) -> None:
    program.draw(START, END, Brush(4.0, is_ball=True))
    own = program.held.own
    assert own is not None
    (path,) = MakeSegmentation(program.held, own)(tmp_path, Progress())
    elements = {"FrameOfReferenceUID": str(pydicom.dcmread(path).FrameOfReferenceUID)}
    other = write_ct_series(
        tmp_path / "other", SLICES + 1, SIZE, pixel_spacing_mm=spacing, slice_step_mm=step, elements=elements
    )
    again = Segmenting([*other, path])
    (held,) = again.book.all_held
    again.book.show(held.uid)
    (held,) = again.book.all_held
    assert edit_copy(again.workspace, held) == "Its slices are not those of the images that are shown"


def test_nothing_is_saved_of_nothing(program: Segmenting, tmp_path: Path) -> None:
    own = program.held.own
    assert own is not None
    with pytest.raises(DicomError):
        MakeSegmentation(program.held, own)(tmp_path, Progress())


def test_images_without_a_place_bear_no_segmentation(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, 2, SIZE, elements={"FrameOfReferenceUID": ""})
    program = Segmenting(paths)
    assert begin(program.workspace)
    assert not program.book.all_held


def test_contours_are_shown_and_not_changed(series: list[Path], tmp_path: Path) -> None:
    source = pydicom.dcmread(series[0])
    about = {"StudyInstanceUID": source.StudyInstanceUID, "PatientID": source.PatientID}
    path = written_structure_set(
        tmp_path / "rs.dcm",
        {"Liver": [("CLOSED_PLANAR", square(-185, -185, 8, z)) for z in (2.0, 4.0)]},
        str(source.FrameOfReferenceUID),
        {**about, "PatientName": source.PatientName},
    )
    program = Segmenting([*series, path])
    assert not toggle_all(program.workspace)
    (held,) = program.book.shown
    assert edit_copy(program.workspace, held)
    assert not go_to(program.workspace, held, 1)
    assert program.workspace.viewport(0).index in {1, 2}


def test_damaged_objects_say_why_and_the_others_are_shown(series: list[Path], tmp_path: Path) -> None:
    masks = np.ones((SLICES, SIZE, SIZE, 1), np.uint8)
    good = written_segmentation(tmp_path / "good.dcm", series, masks)
    bad = written_segmentation(tmp_path / "bad.dcm", series, masks)
    data_set = pydicom.dcmread(bad)
    data_set.SegmentationType = "MIXED"
    data_set.save_as(bad)
    program = Segmenting([*series, good, bad])
    assert not toggle_all(program.workspace)
    assert len(program.book.shown) == 1
    assert any("MIXED" in each.failure for each in program.book.all_held)
