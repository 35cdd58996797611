"""Undo of what was drawn, where another window drew as well, or the study was closed meanwhile."""

from pathlib import Path

import numpy as np
import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.segmenting import Segmenting
from viewer.imaging.segmentation.painting import Brush
from viewer.workspace.segmenting.own_segmentation import add_segment, rename_segment
from viewer.workspace.workspace import Workspace

START, END = (-186.0, -184.0, 6.0), (-180.0, -182.0, 6.0)
OTHER = (-180.0, -182.0, 10.0)


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_ct_series(tmp_path_factory.mktemp("ct"), 7, 32, slice_step_mm=2.0)


@pytest.fixture
def program(series: list[Path], tmp_path: Path) -> Segmenting:
    made = Segmenting(series, tmp_path)
    made.begin()
    return made


def draw_in_another_window(program: Segmenting) -> Workspace:
    first = program.workspace
    program.workspace = Workspace(first.shared)
    program.draw(START, END, Brush(3.0, is_ball=True))
    return first


def test_undo_of_a_name_leaves_what_another_window_drew(program: Segmenting) -> None:
    rename_segment(program.workspace, program.held.uid, 1, "Lesion")
    first = draw_in_another_window(program)
    drawn = program.volume()
    first.undo()
    assert program.shape().label == "Segment 1"
    assert drawn.any()
    assert np.array_equal(program.volume(), drawn)


def test_undo_of_a_stroke_leaves_slices_that_another_window_drew_on(program: Segmenting) -> None:
    program.draw(START, START, Brush(3.0))
    program.draw(OTHER, OTHER, Brush(3.0))
    first = draw_in_another_window(program)
    both = program.volume()
    first.undo()
    first.undo()
    assert np.array_equal(program.volume()[3], both[3])


def test_undo_of_beginning_leaves_what_another_window_drew(program: Segmenting) -> None:
    first = draw_in_another_window(program)
    drawn = program.volume()
    first.undo()
    assert np.array_equal(program.volume(), drawn)


def test_undo_of_a_new_segment_leaves_what_another_window_drew_in_it(program: Segmenting) -> None:
    add_segment(program.workspace, program.held.uid)
    first = program.workspace
    program.workspace = Workspace(first.shared)
    program.draw(START, END, Brush(2.0), number=2)
    first.undo()
    assert program.volume(2).any()


def test_redo_puts_nothing_into_a_study_that_was_closed(
    program: Segmenting, series: list[Path], tmp_path: Path
) -> None:
    program.draw(START, END, Brush(3.0))
    drawn = program.volume()
    for study in tuple(program.tree.studies()):
        program.tree.remove_study(study.key)
    for _step in range(2):
        program.workspace.undo()
    program.workspace.redo()
    assert not program.book.all_held
    assert np.array_equal(Segmenting(series, tmp_path).volume(), drawn)
