"""The hand that holds a brush or an eraser for segments, and the ring that shows how large it is."""

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from viewer.base.errors import ViewerError
from viewer.imaging.spatial_transform import Point
from viewer.ui.viewports.drags import Drag
from viewer.workspace.image_places import is_plane
from viewer.workspace.segmenting.strokes import Stroke, stroke_at

if TYPE_CHECKING:
    from viewer.ui.viewports.viewport import Viewport

_CORNERS = 48


class BrushDrag(Drag):
    """Draws where the hand goes; a press without a move draws once."""

    is_erasing = False

    def begin(self) -> None:
        """Begin a stroke where the button went down."""
        begun = stroke_at(self.workspace, self.viewport.cell, is_erasing=self.is_erasing)
        self._stroke: Stroke | None = None if isinstance(begun, str) else begun
        if isinstance(begun, str) and self.workspace.window is not None:
            self.workspace.window.show_message(begun)
        self.move(self.start)

    def move(self, at: Point) -> None:
        """Draw to here."""
        show_ring(self.viewport, QPointF(*at))
        placement = self.viewport.placement
        if self._stroke is None or placement is None:
            return
        try:
            self._stroke.to(placement.to_image(self.device(at)))
        except ViewerError as error:
            self.end()
            if self.workspace.window is not None:
                self.workspace.window.show_message(error.one_line())

    def end(self) -> None:
        """Keep what was drawn."""
        if self._stroke is not None:
            self._stroke.end()
            self._stroke = None


class EraserDrag(BrushDrag):
    """Takes away where the hand goes."""

    is_erasing = True


def show_ring(viewport: "Viewport", at: QPointF | None) -> None:
    """Show how large the brush is at a point of a viewport; None takes the ring away."""
    book, displayed = viewport.workspace.shared.segmentations, viewport.workspace.displayed(viewport.cell)
    plane = displayed.rendered.state.plane if displayed is not None else None
    if at is None or book is None or displayed is None or plane is None or viewport.picture is None:
        viewport.aids.show_outline(())
        return
    if not is_plane(viewport.workspace.viewport(viewport.cell)):
        return
    placement, ratio = displayed.rendered.placement, viewport.devicePixelRatioF()
    across = book.brush.radius_mm / plane.column_spacing_mm * placement.scale_x / ratio
    below = book.brush.radius_mm / plane.row_spacing_mm * placement.scale_y / ratio
    radius = (across + below) / 2  # pixels are shown as large as they are in the patient: a ring is round
    turns = (2 * math.pi * k / _CORNERS for k in range(_CORNERS + 1))
    viewport.aids.show_outline(tuple((at.x() + radius * math.cos(a), at.y() + radius * math.sin(a)) for a in turns))
