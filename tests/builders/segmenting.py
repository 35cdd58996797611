"""A program without windows in which segments are drawn; run as a process, it draws until it is killed."""

import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.builders.volume_stores import plain_store
from viewer.base.byte_source import FileBytes
from viewer.base.jobs import Job, JobHandle, JobRunner, Progress
from viewer.dicom.header_scan import scan_header
from viewer.dicom.image_plane import Vector
from viewer.imaging.frame_decoding import InlineDecoder
from viewer.imaging.segmentation.painting import Brush, Way, painted
from viewer.imaging.segmentation.shapes import SegmentShape
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.segmenting.held_segmentation import HeldSegmentation
from viewer.workspace.segmenting.own_segmentation import BEGIN, begin
from viewer.workspace.segmenting.segment_deeds import change_slices
from viewer.workspace.segmenting.segment_journal import SegmentJournal
from viewer.workspace.segmenting.segmentation_book import SegmentationBook
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.workspace import SharedState, Workspace


class InlineRunner(JobRunner):
    """Runs every job where it is submitted."""

    def __init__(self) -> None:
        super().__init__(lambda call: call())

    def submit(
        self,
        job: Job[Any],
        *,
        lane: str,
        key: object = None,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        progress: Any = None,
    ) -> JobHandle[Any]:
        """Run a job."""
        del lane, key, progress
        try:
            answer = job.run(Progress())
        except Exception as error:
            if failed is None:
                raise
            failed(error)
        else:
            if done is not None:
                done(answer)
        return JobHandle(0, Progress())


class Segmenting:
    """One program.

    Args:
        paths: Files that are open.
        folder: Of the journals; None keeps nothing.
    """

    def __init__(self, paths: Sequence[Path], folder: Path | None = None) -> None:
        self.tree, self.runner = StudyTree(), InlineRunner()
        catalogue = DisplaySetCatalogue(self.tree)
        self.workspace = Workspace(SharedState(self.tree, catalogue, lambda _paths: None))
        self.book = SegmentationBook(self.runner, self.tree, InlineDecoder(), plain_store())
        self.workspace.shared.segmentations = self.book
        self.journal = SegmentJournal(self.book, self.tree, folder)
        self.told: list[str] = []
        self.journal.told.connect(self.told.append)
        self.tree.add([scan_header(FileBytes(path)) for path in paths])
        images = [each for series in self.tree.all_series() for each in catalogue.of_series(series.key)]
        self.workspace.show(next(each.key for each in images if each.is_image))

    def begin(self) -> HeldSegmentation:
        """Begin a segmentation over the series that is shown."""
        refusal = begin(self.workspace)
        assert not refusal, refusal
        return self.held

    @property
    def held(self) -> HeldSegmentation:
        """The segmentation that is drawn."""
        return next(each for each in self.book.all_held if each.own is not None)

    def shape(self, number: int = 1) -> SegmentShape:
        """Return a segment that is drawn."""
        shapes = self.held.shapes
        found = shapes.shape(number) if shapes is not None else None
        assert found is not None
        return found

    def draw(self, start: Vector, end: Vector, brush: Brush, number: int = 1) -> None:
        """Make a stroke."""
        shape = self.shape(number)
        assert shape.grid is not None
        after = painted(shape.slices, shape.grid, brush, Way(start, end, (0.0, 0.0, 1.0)))
        before = {place: shape.slices.get(place) for place in after}
        change_slices(self.workspace, self.held.uid, number, before, after, "Brush")

    def volume(self, number: int = 1) -> NDArray[np.uint8]:
        """Return all slices of a segment."""
        shape = self.shape(number)
        assert shape.grid is not None
        whole = np.zeros((len(shape.grid.planes), shape.rows, shape.columns), np.uint8)
        for place, packed in shape.slices.items():
            whole[place] = packed.unpacked(shape.rows, shape.columns)
        return whole

    def close(self) -> None:
        """End it in peace."""
        self.journal.close()
        self.book.close()
        self.runner.close()


def random_stroke(chance: random.Random, program: Segmenting) -> None:
    """Draw or take away something somewhere, or undo or redo."""
    what = chance.random()
    if what < 0.1 and program.workspace.undo_titles[0] != BEGIN:
        program.workspace.undo()
    elif what < 0.15:
        program.workspace.redo()
    else:
        grid = program.shape().grid
        assert grid is not None
        points = [
            grid.planes[chance.randrange(len(grid.planes))].point_patient(
                chance.uniform(0, grid.columns), chance.uniform(0, grid.rows)
            )
            for _end in range(2)
        ]
        brush = Brush(chance.uniform(1, 6), is_ball=chance.random() < 0.5, is_erasing=chance.random() < 0.3)
        program.draw(points[0], points[1], brush)


def main(folder: Path, seed: int, paths: Sequence[Path]) -> None:
    """Draw until killed, and say after each stroke what is drawn by then."""
    program = Segmenting(paths, folder)
    program.begin()
    chance = random.Random(seed)
    while True:
        random_stroke(chance, program)
        print(program.volume().tobytes().hex(), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), [Path(each) for each in sys.argv[3:]])
