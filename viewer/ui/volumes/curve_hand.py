"""The hand on the centre line: points are added with its tool, dragged, and taken away by a double click."""

import itertools
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QCursor

from viewer.dicom.image_plane import ImagePlane, Vector, added, dot, scaled, subtract
from viewer.imaging.spatial_transform import ImagePlacement
from viewer.ui.viewports.cursors import cursor_of
from viewer.ui.volumes.curve_shape import CurveShape, curve_shape, gap_at, point_at
from viewer.workspace.curve_path import add_point, length_mm, move_point, points_at, remove_point
from viewer.workspace.tools.tool import Tool
from viewer.workspace.volume_planes import spacing_along, view_axes
from viewer.workspace.volume_stepping import group_cells
from viewer.workspace.volume_view import CurvedKind, VolumeKind

if TYPE_CHECKING:
    from viewer.ui.viewports.viewport import Viewport

Shown = tuple[ImagePlane, ImagePlacement]
_FIRST_DRAG = 4_000_000_000
"""Numbers of drags of points lie above those of other drags."""
_drag_numbers = itertools.count(_FIRST_DRAG)


class CurveHand:
    """Belongs to one viewport; its crosshair hand asks it first."""

    def __init__(self, viewport: "Viewport") -> None:
        self._viewport = viewport
        self._workspace = viewport.workspace
        self._shown: Shown | None = None
        self._drag: tuple[int, int, Vector] | None = None
        self.shape: CurveShape | None = None
        self.held: int | None = None

    def follow(self, shown: Shown | None) -> None:
        """Follow the picture on screen, where it is a plane, and the points of the group."""
        self._shown = shown
        self.shape = self._shape(shown) if shown is not None else None

    def hovered(self, at: QPointF) -> bool:
        """Show what is under the pointer; False when that is nothing."""
        self.held = point_at(self.shape, at) if self.shape is not None else None
        is_picking = self._workspace.tool is Tool.CURVE and self._shown is not None
        if self.held is not None:
            self._viewport.setCursor(QCursor(Qt.CursorShape.PointingHandCursor))
        elif is_picking:
            self._viewport.setCursor(cursor_of(Tool.CURVE))
        return self.held is not None or is_picking

    def left(self) -> None:
        """The pointer went away."""
        if self._drag is None:
            self.held = None

    def pressed(self, at: QPointF, gesture: str) -> bool:
        """Take hold of a point, or pick a new one; False when there is nothing to do here."""
        if gesture != "left" or self._shown is None:
            return False
        cell, shape = self._viewport.cell, self.shape
        number, point = next(_drag_numbers), self._patient(self._shown, at)
        held = point_at(shape, at) if shape is not None else None
        if held is None:
            if self._workspace.tool is not Tool.CURVE:
                return False
            before = gap_at(shape, at) if shape is not None else None
            held = add_point(self._workspace, point, cell, before=before, drag=number)
        else:
            picked = points_at(self._workspace, cell)[held]
            normal = self._shown[0].normal
            depth = dot(subtract(picked, point), normal)
            point = added(point, scaled(normal, depth))  # it moves along the plane, not into it
        picked = points_at(self._workspace, cell)[held]
        self._drag = (held, number, subtract(picked, point))
        self.held = held
        return True

    def moved(self, at: QPointF) -> str | None:
        """Drag the point that is held, and return what to say of it; None when none is."""
        if self._drag is None or self._shown is None:
            return None
        held, number, offset = self._drag
        points = points_at(self._workspace, self._viewport.cell)
        if held >= len(points):
            return None
        plane = self._shown[0]
        way = subtract(added(self._patient(self._shown, at), offset), points[held])
        level = subtract(way, scaled(plane.normal, dot(way, plane.normal)))
        move_point(self._workspace, held, added(points[held], level), self._viewport.cell, drag=number)
        length = length_mm(points_at(self._workspace, self._viewport.cell))
        return f"{length:.1f} mm" if length else ""

    def released(self) -> bool:
        """Let go; False when nothing was held."""
        was_held, self._drag = self._drag is not None, None
        return was_held

    def double_clicked(self, at: QPointF) -> bool:
        """Take the point away that is under the pointer; False when there is none, and no line is being picked."""
        held = point_at(self.shape, at) if self.shape is not None else None
        if held is not None:
            self._drag = None
            remove_point(self._workspace, held, self._viewport.cell)
        return held is not None or (self._workspace.tool is Tool.CURVE and self._shown is not None)

    def _shape(self, shown: Shown) -> CurveShape | None:
        workspace, cell = self._workspace, self._viewport.cell
        view, geometry = workspace.viewport(cell).volume, workspace.geometry_at(cell)
        if view is None or geometry is None or not view.path.points_mm:
            return None
        near = max(view.thickness_mm / 2, spacing_along(geometry, view_axes(view)[2]))
        return curve_shape(view.path.points_mm, self._section(), shown, near, self._viewport.devicePixelRatioF())

    def _section(self) -> float | None:
        """Return where a view of the group cuts the line across; None for none."""
        states = self._workspace.volume_states()
        for cell in group_cells(states, self._viewport.cell):
            view = states[cell].volume
            if view is not None and view.kind is VolumeKind.CURVED and view.path.kind is CurvedKind.CROSS_SECTION:
                return view.path.position_mm
        return None

    def _patient(self, shown: Shown, at: QPointF) -> Vector:
        ratio = self._viewport.devicePixelRatioF()
        column, row = shown[1].to_image((at.x() * ratio, at.y() * ratio))
        return shown[0].point_patient(column - 0.5, row - 0.5)
