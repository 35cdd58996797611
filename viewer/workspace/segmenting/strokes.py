"""A stroke of the brush, from the press to the release: what it changes is seen at once, and undone in one step."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import ViewerError
from viewer.base.translation import N_, _
from viewer.dicom.image_plane import ImagePlane, Vector
from viewer.imaging.segmentation.mask_grid import MaskGrid
from viewer.imaging.segmentation.painting import Brush, Way, Window, painted
from viewer.imaging.segmentation.shapes import SegmentShape
from viewer.imaging.spatial_transform import Point
from viewer.workspace.image_places import frame_of, is_plane
from viewer.workspace.segmenting.held_segmentation import OwnFacts
from viewer.workspace.segmenting.segment_deeds import change_slices
from viewer.workspace.segmenting.segmentation_book import SegmentationBook, drawable, own_of
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.imaging.segmentation.packed_slices import PackedSlice

STROKE, ERASE = N_("Brush"), N_("Eraser")


def stroke_at(workspace: Workspace, cell: int, *, is_erasing: bool) -> "Stroke | str":
    """Return a stroke that begins in a cell; or why nothing can be drawn there, translated."""
    book, displayed = workspace.shared.segmentations, workspace.displayed(cell)
    found = drawable(book)
    if book is None or found is None:
        return _("Begin a segmentation first, and choose the segment")
    held, shape = found
    own = own_of(held)
    if own is None or not held.is_shown or not held.look(shape.number).is_visible:
        return _("The segment is hidden")
    plane = displayed.rendered.state.plane if displayed is not None else None
    if displayed is None or not is_plane(workspace.viewport(cell)) or plane is None:
        return _("Segments are drawn on images and planes")
    if frame_of(displayed.image) != shape.frame_of_reference_uid or shape.grid is None:
        return _("The segment does not lie in these images")
    settings = book.brush
    brush = Brush(settings.radius_mm, settings.is_ball, is_erasing)
    values = _Values(book, own, shape.grid) if settings.is_threshold and not is_erasing else None
    return Stroke(workspace, held.uid, shape, plane, brush, values)


class Stroke:
    """One stroke on one plane.

    Args:
        workspace: Of the window.
        uid: Of the segmentation.
        shape: The segment, as it is before.
        plane: It is drawn on.
        brush: What the hand holds.
        values: What limits it; None for nothing.
    """

    def __init__(
        self,
        workspace: Workspace,
        uid: str,
        shape: SegmentShape,
        plane: ImagePlane,
        brush: Brush,
        values: "_Values | None",
    ) -> None:
        self._workspace, self._uid, self._number = workspace, uid, shape.number
        self._slices, self._grid = dict(shape.slices), shape.grid
        self._plane, self._brush, self._values = plane, brush, values
        self._before: dict[int, PackedSlice | None] = {}
        self._after: dict[int, PackedSlice | None] = {}
        self._last: Vector | None = None

    def to(self, point_image: Point) -> None:
        """Go on to a point of the image, (0, 0) being the corner of its first pixel.

        Raises:
            ViewerError: The values that limit it cannot be read.
        """
        book = self._workspace.shared.segmentations
        if book is None or self._grid is None:
            return
        point = self._plane.point_patient(point_image[0] - 0.5, point_image[1] - 0.5)
        way = Way(self._last or point, point, self._plane.normal)
        self._last = point
        changes = painted(self._slices, self._grid, self._brush, way, self._values)
        if not changes:
            return
        for place, after in changes.items():
            self._before.setdefault(place, self._slices.get(place))
            self._after[place] = after
            if after is None:
                self._slices.pop(place, None)
            else:
                self._slices[place] = after
        book.put_slices(self._uid, self._number, changes)

    def end(self) -> None:
        """The hand lets go: keep what was drawn."""
        title = ERASE if self._brush.is_erasing else STROKE
        change_slices(self._workspace, self._uid, self._number, self._before, self._after, title)
        self._before, self._after = {}, {}


class _Values:
    """Where the images' values lie within the limits; the slices that were asked for are kept for the stroke."""

    def __init__(self, book: SegmentationBook, own: OwnFacts, grid: MaskGrid) -> None:
        self._book, self._own, self._grid = book, own, grid
        self._within: dict[int, NDArray[np.bool_]] = {}

    def __call__(self, place: int, window: Window) -> NDArray[np.bool_]:
        """Return where a brush may paint in a part of a slice."""
        if place not in self._within:
            settings = self._book.brush
            values = modality_values(self._book, self._own, place)
            self._within[place] = (values >= settings.low) & (values <= settings.high)
        top, left, bottom, right = window
        return self._within[place][top:bottom, left:right]


def modality_values(book: SegmentationBook, own: OwnFacts, place: int) -> NDArray[np.float64]:
    """Return the values of the image of a slice in its unit, NaN for padding; blocks.

    Raises:
        ViewerError: It cannot be read, or has colours.
    """
    from viewer.imaging.modality_lut import apply_modality
    from viewer.imaging.padding import background_mask

    image = own.images[place]
    stored, state = book.frames.stored(image), book.frames.state(image)
    if stored.is_color or state.is_color:
        raise ViewerError(_("Images in colour have no values to draw by"))
    values = apply_modality(stored.values, state.modality_transform).astype(np.float64)
    padding = background_mask(stored.values, state.padding)
    if padding is not None:
        values[padding] = np.nan
    if stored.missing_rows:
        values[-stored.missing_rows :] = np.nan
    return values
