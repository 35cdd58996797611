"""The hand on a viewport's crosshair: what it is near to, and what dragging that does. Points are logical pixels."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QCursor

from viewer.base.translation import _
from viewer.dicom.image_plane import ImagePlane, Vector, subtract
from viewer.imaging.spatial_transform import ImagePlacement
from viewer.ui.viewports.cursors import cursor_of
from viewer.ui.volumes.crosshair_item import CrosshairItem
from viewer.ui.volumes.crosshair_shape import CrosshairShape, Hold, Part, crosshair_shape, hold_at
from viewer.ui.volumes.curve_hand import CurveHand
from viewer.ui.volumes.flat_hand import FlatHand
from viewer.workspace.crosshair import angle_dragged, line_moved, planes_of, thickness_dragged
from viewer.workspace.tools.tool import Tool
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.volume_group import move_center, set_slab, turn_lines
from viewer.workspace.volume_planes import UNPLACED
from viewer.workspace.volume_readings import position_text
from viewer.workspace.volume_stepping import group_cells
from viewer.workspace.volume_view import VolumeKind, VolumeView

if TYPE_CHECKING:
    from viewer.ui.viewports.viewport import Viewport

SNAP_DEG = 5.0
"""With Shift lines turn by multiples of it."""
GESTURES = {
    Part.CENTER: frozenset({"left"}),
    Part.LINE: frozenset({"left"}),
    Part.TURN: frozenset({"left", "shift+left", "ctrl+left"}),
    Part.SLAB: frozenset({"left"}),
}
"""With Ctrl one line turns alone."""
_FIRST_DRAG = 3_000_000_000
"""Numbers of the crosshair's drags lie above those of other drags."""
_drag_numbers = itertools.count(_FIRST_DRAG)


@dataclass(slots=True, eq=False)
class _Drag:
    """A part in the hand, with what it started from."""

    hold: Hold
    gesture: str
    number: int
    plane: ImagePlane
    placement: ImagePlacement
    start: Vector
    view: VolumeView
    states: Mapping[int, ViewportState]


class CrosshairHand:
    """Belongs to one viewport."""

    def __init__(self, viewport: "Viewport", item: CrosshairItem) -> None:
        self._viewport = viewport
        self._workspace = viewport.workspace
        self._item = item
        self._drag: _Drag | None = None
        self._curve = CurveHand(viewport)
        self._flat = FlatHand(viewport)

    @property
    def shape(self) -> CrosshairShape | None:
        """The crosshair on screen; None where there is none."""
        return self._item.shape_shown

    @property
    def is_held(self) -> bool:
        """Whether the hand drags a part of the crosshair here."""
        return self._drag is not None

    @property
    def mark(self) -> QLineF | None:
        """Where a cross-section cuts the plane laid flat here; None for nowhere."""
        return self._flat.mark

    def update(self) -> None:
        """Follow the picture on screen, the planes of the group and its centre line."""
        self._item.show_shape(self._shape())
        self._curve.follow(self._plane_shown())
        self._flat.follow()
        self._show_curve()

    # The pointer

    def hovered(self, at: QPointF) -> bool:
        """Show the handles and what is under the pointer; False when that is nothing."""
        is_on_curve = self._curve.hovered(at) or self._flat.hovered(at)
        self._show_curve()
        if is_on_curve:
            self._item.show_hand(None, is_near=False)
            return True
        shape = self.shape
        hold = hold_at(shape, at) if shape is not None else None
        self._item.show_hand(hold, is_near=True)
        if hold is None:
            return False
        self._viewport.setCursor(_cursor(hold))
        return True

    def left(self) -> None:
        """The pointer went away."""
        self._curve.left()
        self._show_curve()
        if self._drag is None:
            self._item.show_hand(None, is_near=False)

    def pressed(self, at: QPointF, gesture: str) -> bool:
        """Take hold of what is under the pointer; False when that is nothing."""
        if self._curve.pressed(at, gesture) or self._flat.pressed(at, gesture):
            self._show_curve()
            return True
        shape, shown = self.shape, self._shown()
        hold = hold_at(shape, at) if shape is not None else None
        view = self._workspace.viewport(self._viewport.cell).volume
        if hold is None or shown is None or view is None or gesture not in GESTURES[hold.part]:
            return False
        states = self._workspace.volume_states()
        group = {cell: states[cell] for cell in group_cells(states, self._viewport.cell)}
        start = self._patient(*shown, at)
        self._drag = _Drag(hold, gesture, next(_drag_numbers), *shown, start, view, group)
        self._item.show_hand(hold, is_near=True)
        return True

    def moved(self, at: QPointF) -> bool:
        """Drag what is held; False when nothing is."""
        told = self._curve.moved(at)
        told = self._flat.moved(at) if told is None else told
        if told is not None:
            self._item.show_reading(at, told)
            return True
        drag = self._drag
        if drag is None:
            return False
        point = self._patient(drag.plane, drag.placement, at)
        reading = {
            Part.CENTER: self._drag_center,
            Part.LINE: self._drag_line,
            Part.TURN: self._drag_turn,
            Part.SLAB: self._drag_slab,
        }[drag.hold.part](drag, point)
        self._item.show_reading(at, reading)
        return True

    def released(self) -> bool:
        """Let go; False when nothing was held."""
        was_held = any([self._drag is not None, self._curve.released(), self._flat.released()])
        self._drag = None
        if was_held:
            self._item.show_reading(None)
        return was_held

    def double_clicked(self, at: QPointF) -> bool:
        """Take a point of the centre line away; False when the double click is not for it."""
        return self._curve.double_clicked(at)

    # What drags do

    def _drag_center(self, drag: _Drag, point: Vector) -> str:
        way = subtract(point, drag.start)
        x, y, z = (a + b for a, b in zip(drag.view.center_mm, way, strict=True))
        move_center(self._workspace, (x, y, z), self._viewport.cell, drag.number)
        return self._center_text()

    def _drag_line(self, drag: _Drag, point: Vector) -> str:
        geometry = self._workspace.geometry_at(self._viewport.cell)
        if geometry is not None and drag.hold.line is not None:
            moved = line_moved(drag.view, geometry, drag.hold.line.line, subtract(point, drag.start))
            move_center(self._workspace, moved.center_mm, self._viewport.cell, drag.number)
        return self._center_text()

    def _drag_turn(self, drag: _Drag, point: Vector) -> str:
        angle = angle_dragged(drag.view, drag.start, point)
        if drag.gesture == "shift+left":
            angle = round(angle / SNAP_DEG) * SNAP_DEG
        is_alone = drag.gesture == "ctrl+left" and drag.hold.line is not None
        only = drag.hold.line.orientation if is_alone and drag.hold.line is not None else None
        turn_lines(self._workspace, self._viewport.cell, drag.states, angle, only, drag.number)
        return f"{angle:+.1f}°"

    def _drag_slab(self, drag: _Drag, point: Vector) -> str:
        if drag.hold.line is None:
            return ""
        thickness = thickness_dragged(drag.view, drag.hold.line.line, point)
        set_slab(self._workspace, thickness, self._viewport.cell, drag.number)
        return f"{thickness:.1f} mm" if thickness else _("no slab")

    # Parts

    def _center_text(self) -> str:
        view = self._workspace.viewport(self._viewport.cell).volume
        displayed = self._workspace.displayed(self._viewport.cell)
        state = displayed.rendered.state if displayed is not None else None
        return position_text(view.center_mm, state) if view is not None else ""

    def _shape(self) -> CrosshairShape | None:
        workspace, cell = self._workspace, self._viewport.cell
        view, shown = workspace.viewport(cell).volume, self._shown()
        if shown is None or view is None or not view.shows_crosshair or view.center_mm == UNPLACED:
            return None
        if view.kind is not VolumeKind.PLANE:
            return None
        states = workspace.volume_states().values()
        planes = planes_of((state.volume for state in states if state.volume is not None), view.group)
        ratio = self._viewport.devicePixelRatioF()
        return crosshair_shape(view, planes, shown, QRectF(self._viewport.rect()), ratio)

    def _show_curve(self) -> None:
        self._item.show_curve(self._curve.shape, self._curve.held)
        self._item.show_mark(self._flat.mark)

    def _plane_shown(self) -> tuple[ImagePlane, ImagePlacement] | None:
        """Return where the picture lies that points are picked on; None for what is no plane."""
        view = self._workspace.viewport(self._viewport.cell).volume
        return self._shown() if view is not None and view.kind is VolumeKind.PLANE else None

    def _shown(self) -> tuple[ImagePlane, ImagePlacement] | None:
        displayed = self._workspace.displayed(self._viewport.cell)
        if displayed is None or displayed.look is None or displayed.rendered.state.plane is None:
            return None
        return displayed.rendered.state.plane, displayed.rendered.placement

    def _patient(self, plane: ImagePlane, placement: ImagePlacement, at: QPointF) -> Vector:
        ratio = self._viewport.devicePixelRatioF()
        column, row = placement.to_image((at.x() * ratio, at.y() * ratio))
        return plane.point_patient(column - 0.5, row - 0.5)


def _cursor(hold: Hold) -> QCursor:
    """Return the cursor that tells what a drag would do."""
    if hold.line is None:
        return QCursor(Qt.CursorShape.SizeAllCursor)
    if hold.part is Part.TURN:
        return cursor_of(Tool.ROTATE)
    angle = math.degrees(math.atan2(hold.line.direction.y(), hold.line.direction.x())) % 180.0
    shapes = (
        Qt.CursorShape.SizeVerCursor,
        Qt.CursorShape.SizeBDiagCursor,
        Qt.CursorShape.SizeHorCursor,
        Qt.CursorShape.SizeFDiagCursor,
    )
    return QCursor(shapes[round(angle / 45.0) % 4])
