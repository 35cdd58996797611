"""What is drawn comes back after a kill, whatever was torn; what was removed or saved stays away."""

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.segmenting import Segmenting, random_stroke
from viewer.imaging.segmentation.painting import Brush
from viewer.workspace.segmenting.own_segmentation import add_segment, mark_saved, remove_segment, rename_segment

SIZE, SLICES = 24, 5
KILLS = int(os.environ.get("NEGATOSCOPE_KILLS", "3"))
ROOT = Path(__file__).resolve().parents[4]
START = (-190.0, -188.0, 2.0)
END = (-180.0, -180.0, 2.0)


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_ct_series(tmp_path_factory.mktemp("ct"), SLICES, SIZE)


def test_all_of_it_comes_back(tmp_path: Path, series: list[Path]) -> None:
    program = Segmenting(series, tmp_path)
    program.begin()
    program.draw(START, END, Brush(3.0, is_ball=True))
    add_segment(program.workspace, program.held.uid)
    program.draw(START, START, Brush(2.0), number=2)
    rename_segment(program.workspace, program.held.uid, 2, "간 Leber")
    program.draw(START, START, Brush(1.0, is_erasing=True))
    expected = [program.volume(1), program.volume(2)]
    program.close()

    again = Segmenting(series, tmp_path)
    assert [again.volume(1).tolist(), again.volume(2).tolist()] == [each.tolist() for each in expected]
    assert again.shape(2).label == "간 Leber"
    assert len(again.told) == 1
    mode = [path.stat().st_mode & 0o777 for path in tmp_path.glob("*.segments.jsonl")]
    assert mode == [0o600] or os.name == "nt"
    assert b"Synthetic" not in next(tmp_path.glob("*.segments.jsonl")).read_bytes()
    again.close()


def test_undone_strokes_are_undone_there_too(tmp_path: Path, series: list[Path]) -> None:
    program = Segmenting(series, tmp_path)
    program.begin()
    program.draw(START, END, Brush(3.0, is_ball=True))
    first = program.volume()
    program.draw(START, END, Brush(6.0, is_ball=True))
    program.workspace.undo()
    assert np.array_equal(program.volume(), first)
    again = Segmenting(series, tmp_path)  # the first one was killed: nothing was closed
    assert np.array_equal(again.volume(), first)
    again.close()
    program.close()


def test_a_torn_line_costs_the_stroke_in_the_air_alone(tmp_path: Path, series: list[Path]) -> None:
    program = Segmenting(series, tmp_path)
    program.begin()
    program.draw(START, END, Brush(3.0, is_ball=True))
    first = program.volume()
    program.draw(START, END, Brush(6.0, is_ball=True))
    path = next(tmp_path.glob("*.segments.jsonl"))
    path.write_bytes(path.read_bytes()[:-9])
    again = Segmenting(series, tmp_path)
    assert np.array_equal(again.volume(), first)
    again.draw(START, START, Brush(1.0, is_erasing=True))
    expected = again.volume()
    assert np.array_equal(Segmenting(series, tmp_path).volume(), expected)


def test_what_was_removed_or_saved_stays_away(tmp_path: Path, series: list[Path]) -> None:
    program = Segmenting(series, tmp_path)
    program.begin()
    program.draw(START, END, Brush(3.0))
    mark_saved(program.book, program.held)
    assert not [each for each in Segmenting(series, tmp_path).book.all_held if each.own is not None]
    program.draw(START, END, Brush(6.0))  # it was changed since
    assert np.array_equal(Segmenting(series, tmp_path).volume(), program.volume())
    remove_segment(program.workspace, program.held.uid, 1)
    assert not [each for each in Segmenting(series, tmp_path).book.all_held if each.own is not None]
    program.workspace.undo()
    assert np.array_equal(Segmenting(series, tmp_path).volume(), program.volume())


def test_it_waits_for_its_images(tmp_path: Path, series: list[Path]) -> None:
    program = Segmenting(series, tmp_path)
    program.begin()
    program.draw(START, END, Brush(3.0))
    again = Segmenting(series[:2], tmp_path)
    assert not [each for each in again.book.all_held if each.own is not None]
    from viewer.base.byte_source import FileBytes
    from viewer.dicom.header_scan import scan_header

    again.tree.add([scan_header(FileBytes(path)) for path in series[2:]])
    assert np.array_equal(again.volume(), program.volume())


def test_what_cannot_be_written_is_said_and_tried_again(
    tmp_path: Path, series: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Segmenting(series, tmp_path)
    program.begin()
    from viewer.workspace.segmenting import segment_journal

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(segment_journal, "_append", full)
        program.draw(START, END, Brush(3.0))
        program.draw(END, END, Brush(3.0))
    assert len(program.told) == 1
    program.draw(START, START, Brush(1.0, is_erasing=True))
    assert np.array_equal(Segmenting(series, tmp_path).volume(), program.volume())


def test_long_journals_become_short(tmp_path: Path, series: list[Path]) -> None:
    program = Segmenting(series, tmp_path)
    program.begin()
    for _stroke in range(20):
        program.draw(START, END, Brush(3.0, is_ball=True))
        program.workspace.undo()
    program.draw(START, END, Brush(3.0, is_ball=True))
    path = next(tmp_path.glob("*.segments.jsonl"))
    long = path.stat().st_size
    assert np.array_equal(Segmenting(series, tmp_path).volume(), program.volume())
    assert path.stat().st_size < long / 4
    assert np.array_equal(Segmenting(series, tmp_path).volume(), program.volume())


def test_undo_and_redo_by_random_walks(series: list[Path]) -> None:
    chance = random.Random(11)
    program = Segmenting(series)
    program.begin()
    states = [program.volume()]
    for _stroke in range(40):
        grid = program.shape().grid
        assert grid is not None
        point = grid.planes[chance.randrange(SLICES)].point_patient(chance.uniform(0, SIZE), chance.uniform(0, SIZE))
        brush = Brush(chance.uniform(1, 6), is_ball=chance.random() < 0.5, is_erasing=chance.random() < 0.4)
        program.draw(point, point, brush)
        if not np.array_equal(program.volume(), states[-1]):
            states.append(program.volume())
    for expected in reversed(states[:-1]):
        program.workspace.undo()
        assert np.array_equal(program.volume(), expected)
    for expected in states[1:]:
        program.workspace.redo()
        assert np.array_equal(program.volume(), expected)


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_kill_costs_the_stroke_in_the_air_alone(tmp_path: Path, series: list[Path], seed: int) -> None:
    command = [sys.executable, "-m", "tests.builders.segmenting", str(tmp_path), str(seed), *map(str, series)]
    strokes = random.Random(seed).randrange(2, 30)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _stroke in range(strokes)]
        process.kill()
        lines += process.stdout.read().splitlines()
    told = [line.strip() for line in lines if len(line.strip()) == SLICES * SIZE * SIZE * 2]
    found = Segmenting(series, tmp_path).volume()
    # What was drawn after the last words may be there as well: it was kept before it could be told.
    program = Segmenting(series)
    program.begin()
    chance = random.Random(seed)
    for _stroke in told:
        random_stroke(chance, program)
    assert program.volume().tobytes().hex() == told[-1]
    last = program.volume()
    random_stroke(chance, program)
    assert any(np.array_equal(found, each) for each in (last, program.volume()))
