"""Work on a whole segment in the background: mending it, and what the images' values are within it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from viewer.base.errors import ViewerError
from viewer.base.jobs import INTERACTION, Progress
from viewer.base.translation import _
from viewer.imaging.segmentation.shapes import SegmentShape
from viewer.workspace.segmenting.held_segmentation import MENDINGS, OwnFacts
from viewer.workspace.segmenting.segment_deeds import change_slices
from viewer.workspace.segmenting.segmentation_book import SegmentationBook, drawable, own_of
from viewer.workspace.segmenting.strokes import modality_values
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.imaging.segmentation.painting import Changes

SMOOTHING_MM = 1.0
"""Width of the Gaussian: details below it go."""


@dataclass(frozen=True, slots=True, eq=False)
class Mend:
    """Mends a segment."""

    shape: SegmentShape
    kind: str

    def run(self, progress: Progress) -> "Changes":
        """Return its slices that are other ones."""
        from viewer.imaging.segmentation import mending

        grid = self.shape.grid
        if grid is None:
            return {}
        slices = self.shape.slices
        if self.kind == "fill_holes":
            return mending.filled_holes(slices, grid, progress)
        if self.kind == "interpolate":
            return mending.interpolated(slices, grid, progress)
        if self.kind == "smooth":
            return mending.smoothed(slices, grid, SMOOTHING_MM, progress)
        return mending.largest_part(slices, grid, progress)


def mend(workspace: Workspace, kind: str) -> str:
    """Mend the chosen segment in the background; return why that cannot be, translated."""
    book = workspace.shared.segmentations
    found = drawable(book)
    if book is None or found is None:
        return _("Begin a segmentation first, and choose the segment")
    held, shape = found
    if not shape.slices:
        return _("The segment is empty")

    def put(changes: "Changes") -> None:
        now = book.get(held.uid)
        current = now.shapes.shape(shape.number) if now is not None and now.shapes is not None else None
        if current is not shape:
            _tell(workspace, _("The segment was changed meanwhile: nothing was mended"))
            return
        before = {place: shape.slices.get(place) for place in changes}
        change_slices(workspace, held.uid, shape.number, before, changes, MENDINGS[kind])
        if not changes:
            _tell(workspace, _("There was nothing to mend"))

    book.runner.submit(Mend(shape, kind), lane=INTERACTION, done=put)
    return ""


@dataclass(frozen=True, slots=True)
class SegmentValues:
    """What the images' values are within a segment; padding is left out.

    Attributes:
        count: Voxels with a value.
        sd: Of a sample: n − 1.
        unit: Of the values.
    """

    count: int
    volume_ml: float | None
    mean: float
    sd: float
    minimum: float
    maximum: float
    median: float
    unit: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class MeasureValues:
    """Reads the values within a segment."""

    book: SegmentationBook
    own: OwnFacts
    shape: SegmentShape
    unit: str = field(default="")

    def run(self, progress: Progress) -> SegmentValues:
        """Return them.

        Raises:
            ViewerError: The images cannot be read, have no values, or the segment is empty.
        """
        found = []
        for done, (place, packed) in enumerate(sorted(self.shape.slices.items())):
            progress.check()
            progress.report(done, len(self.shape.slices), _("Reading the values"))
            mask = packed.unpacked(self.shape.rows, self.shape.columns).astype(np.bool_)
            found.append(modality_values(self.book, self.own, place)[mask])
        values = np.concatenate(found) if found else np.empty(0)
        values = values[np.isfinite(values)]
        if not values.size:
            raise ViewerError(_("The segment is empty"))
        state = self.book.frames.state(self.own.images[0])
        return SegmentValues(
            int(values.size),
            self.shape.measured_ml,
            float(values.mean()),
            float(values.std(ddof=1)) if values.size > 1 else 0.0,
            float(values.min()),
            float(values.max()),
            float(np.median(values)),
            state.unit,
        )


def measure(workspace: Workspace, done: Callable[[SegmentValues], None], failed: Callable[[str], None]) -> None:
    """Read the values within the chosen segment in the background."""
    book = workspace.shared.segmentations
    found = drawable(book)
    own = own_of(found[0]) if found is not None else None
    if book is None or found is None or own is None:
        failed(_("Begin a segmentation first, and choose the segment"))
        return

    def told(error: Exception) -> None:
        if not isinstance(error, ViewerError):
            raise error
        failed(error.one_line())

    book.runner.submit(MeasureValues(book, own, found[1]), lane=INTERACTION, done=done, failed=told)


def _tell(workspace: Workspace, text: str) -> None:
    if workspace.window is not None:
        workspace.window.show_message(text)
