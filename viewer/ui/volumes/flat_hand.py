"""The hand on a plane laid flat along the centre line: the mark of a cross-section is dragged along the line."""

import itertools
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QCursor

from viewer.workspace.curve_path import change_curve
from viewer.workspace.volume_stepping import group_cells
from viewer.workspace.volume_view import CurvedKind, VolumeKind

if TYPE_CHECKING:
    from viewer.ui.viewports.viewport import Viewport
    from viewer.volume.curved_reslice import CurvedSheet

REACH_PX = 6.0
_FIRST_DRAG = 5_000_000_000
"""Numbers of drags along the line lie above those of other drags."""
_drag_numbers = itertools.count(_FIRST_DRAG)


class FlatHand:
    """Belongs to one viewport; its crosshair hand asks it first.

    Attributes:
        mark: Where the cross-section cuts the picture, in logical pixels; None for nowhere.
    """

    def __init__(self, viewport: "Viewport") -> None:
        self._viewport = viewport
        self._workspace = viewport.workspace
        self._section: tuple[int, float] | None = None
        self._drag = 0
        self.mark: QLineF | None = None

    @property
    def is_held(self) -> bool:
        """Whether the mark is in the hand."""
        return bool(self._drag)

    def follow(self) -> None:
        """Follow the picture on screen and the cross-section of the group."""
        self._section = self._section_beside()
        sheet = self._sheet() if self._section is not None else None
        self.mark = self._mark(sheet, self._section[1]) if sheet is not None and self._section is not None else None

    def hovered(self, at: QPointF) -> bool:
        """Show that the mark is under the pointer; False when it is not."""
        if not self._is_near(at):
            return False
        mark = self.mark
        is_level = mark is not None and abs(mark.dx()) > abs(mark.dy())
        shape = Qt.CursorShape.SizeVerCursor if is_level else Qt.CursorShape.SizeHorCursor
        self._viewport.setCursor(QCursor(shape))
        return True

    def pressed(self, at: QPointF, gesture: str) -> bool:
        """Take hold of the mark; False when it is not under the pointer."""
        if gesture != "left" or not self._is_near(at):
            return False
        self._drag = next(_drag_numbers)
        return True

    def moved(self, at: QPointF) -> str | None:
        """Move the cross-section, and return where it is; None when the mark is not held."""
        sheet = self._sheet()
        if not self._drag or self._section is None or sheet is None:
            return None
        column, row = self._image_point(at)
        position = sheet.position_at(column if sheet.is_line_across else row)
        change_curve(self._workspace, position_mm=position, cell=self._section[0], drag=self._drag)
        return f"{min(max(position, 0.0), sheet.line.length_mm):.1f} mm"

    def released(self) -> bool:
        """Let go; False when nothing was held."""
        was_held, self._drag = bool(self._drag), 0
        return was_held

    def _section_beside(self) -> tuple[int, float] | None:
        """Return the cell of the group's cross-section and its place along the line; None where there is none."""
        workspace, cell = self._workspace, self._viewport.cell
        own = workspace.viewport(cell).volume
        if own is None or own.kind is not VolumeKind.CURVED or own.path.kind is CurvedKind.CROSS_SECTION:
            return None
        states = workspace.volume_states()
        for each in group_cells(states, cell):
            view = states[each].volume
            if view is not None and view.kind is VolumeKind.CURVED and view.path.kind is CurvedKind.CROSS_SECTION:
                return each, view.path.position_mm
        return None

    def _sheet(self) -> "CurvedSheet | None":
        from viewer.volume.curved_frame import CurvedFrame

        displayed = self._workspace.displayed(self._viewport.cell)
        stored = displayed.stored if displayed is not None else None
        return stored.sheet if isinstance(stored, CurvedFrame) else None

    def _mark(self, sheet: "CurvedSheet", position_mm: float) -> QLineF | None:
        displayed = self._workspace.displayed(self._viewport.cell)
        if displayed is None:
            return None
        ratio, placement = self._viewport.devicePixelRatioF(), displayed.rendered.placement
        place = sheet.place_along(position_mm) + 0.5
        ends = [(place, 0.0), (place, sheet.rows)] if sheet.is_line_across else [(0.0, place), (sheet.columns, place)]
        (x1, y1), (x2, y2) = (placement.to_viewport((float(x), float(y))) for x, y in ends)
        return QLineF(x1 / ratio, y1 / ratio, x2 / ratio, y2 / ratio)

    def _is_near(self, at: QPointF) -> bool:
        mark = self.mark
        if mark is None or not mark.length():
            return False
        offset = at - mark.p1()
        across = (offset.x() * mark.dy() - offset.y() * mark.dx()) / mark.length()
        along = (offset.x() * mark.dx() + offset.y() * mark.dy()) / mark.length()
        return abs(across) <= REACH_PX and 0 <= along <= mark.length()

    def _image_point(self, at: QPointF) -> tuple[float, float]:
        displayed = self._workspace.displayed(self._viewport.cell)
        if displayed is None:
            return 0.0, 0.0
        ratio = self._viewport.devicePixelRatioF()
        column, row = displayed.rendered.placement.to_image((at.x() * ratio, at.y() * ratio))
        return column - 0.5, row - 0.5
