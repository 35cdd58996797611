"""The clipping box of a rendering: its edges and a handle in the middle of each side, and the hand that drags one.

Points are logical pixels of the viewport.
"""

import itertools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from viewer.base.translation import N_
from viewer.ui.theme import colours
from viewer.volume.rendering_camera import CameraPose, pose_of
from viewer.volume.rendering_request import ClipBox
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.rendering_view import camera_of, change_rendering, held_box, rendering_at, rendering_tool

if TYPE_CHECKING:
    from viewer.ui.viewports.viewport import Viewport

HANDLE_PX, REACH_PX = 4.5, 11.0
_LEAST_WAY = 0.12
"""A handle whose side would move less than so many pixels for one at the edge of the screen is not to be held."""
_FIRST_DRAG = 4_000_000_000
_drag_numbers = itertools.count(_FIRST_DRAG)


@dataclass(frozen=True, slots=True)
class BoxHandle:
    """The middle of a side.

    Attributes:
        end: Its place in a ClipBox.
        at: Where it shows.
        way: How it moves on screen when its side moves by one voxel.
    """

    end: int
    at: QPointF
    way: QPointF


@dataclass(frozen=True, slots=True)
class BoxShape:
    """A box on screen."""

    box: ClipBox
    edges: tuple[QLineF, ...]
    handles: tuple[BoxHandle, ...]

    def handle_at(self, at: QPointF) -> BoxHandle | None:
        """Return the handle under a point."""
        near = [(math.hypot(each.at.x() - at.x(), each.at.y() - at.y()), each) for each in self.handles]
        way, handle = min(near, key=lambda pair: pair[0], default=(math.inf, None))
        return handle if way <= REACH_PX else None


def box_shape(box: ClipBox, geometry: VolumeGeometry, pose: CameraPose, size: tuple[float, float]) -> BoxShape:
    """Return how a box shows on a picture.

    Args:
        box: Of voxels.
        geometry: Of the volume.
        pose: Of the camera.
        size: Of the picture in logical pixels.
    """
    ends = [(box[2 * axis] - 0.5, box[2 * axis + 1] + 0.5) for axis in range(3)]

    def at(i: float, j: float, k: float) -> QPointF:
        x, y = pose.on_picture(geometry.point_patient(i, j, k))
        return QPointF(x * size[0], y * size[1])

    corners = {
        bits: at(*(ends[axis][bit] for axis, bit in enumerate(bits))) for bits in itertools.product((0, 1), repeat=3)
    }
    pairs = itertools.combinations(corners, 2)
    edges = tuple(
        QLineF(corners[a], corners[b]) for a, b in pairs if sum(x != y for x, y in zip(a, b, strict=True)) == 1
    )
    middle = [sum(pair) / 2 for pair in ends]
    handles = []
    for end in range(6):
        place = list(middle)
        place[end // 2] = ends[end // 2][end % 2]
        here = at(*place)
        place[end // 2] += 1.0
        way = at(*place) - here
        if math.hypot(way.x(), way.y()) >= _LEAST_WAY:
            handles.append(BoxHandle(end, here, way))
    return BoxShape(box, edges, tuple(handles))


def dragged_box(box: ClipBox, handle: BoxHandle, way: QPointF, geometry: VolumeGeometry) -> ClipBox:
    """Return a box whose side was dragged by a way on screen: not past the opposite side, nor out of the volume."""
    length = handle.way.x() ** 2 + handle.way.y() ** 2
    steps = round((way.x() * handle.way.x() + way.y() * handle.way.y()) / length)
    ends = list(box)
    axis, is_high = divmod(handle.end, 2)
    low, high = (ends[2 * axis], geometry.dimensions[axis] - 1) if is_high else (0, ends[2 * axis + 1])
    ends[handle.end] = min(max(ends[handle.end] + steps, low), high)
    i0, i1, j0, j1, k0, k1 = ends
    return i0, i1, j0, j1, k0, k1


class ClipBoxItem(QGraphicsObject):
    """Draws it, between a viewport's pixels and its aids."""

    def __init__(self) -> None:
        super().__init__()
        self._area = QRectF()
        self.shape_shown: BoxShape | None = None
        self._held: int | None = None
        self.setVisible(False)

    def resize(self, area: QRectF) -> None:
        """Fill another area."""
        self.prepareGeometryChange()
        self._area = area

    def show_shape(self, shape: BoxShape | None, held: int | None = None) -> None:
        """Draw another box, with the handle that is held or under the hand; None for none."""
        if shape is None and self.shape_shown is None:
            return
        self.shape_shown, self._held = shape, held
        self.setVisible(shape is not None)
        self.update()

    def boundingRect(self) -> QRectF:
        """Return the whole viewport."""
        return self._area

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw edges and handles."""
        shape = self.shape_shown
        if shape is None:
            return
        painter.save()
        painter.setClipRect(self._area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for tone, alpha, width in ((colours().overlay_outline, 140, 2.5), (colours().accent, 190, 1.0)):
            shade = QColor(tone)
            shade.setAlpha(alpha)
            painter.setPen(QPen(shade, width))
            painter.drawLines(list(shape.edges))
        painter.setPen(QPen(QColor(colours().overlay_outline), 1.0))
        for handle in shape.handles:
            is_held = handle.end == self._held
            painter.setBrush(QColor(colours().selected if is_held else colours().accent))
            size = HANDLE_PX + (1.5 if is_held else 0.0)
            painter.drawEllipse(handle.at, size, size)
        painter.restore()


class ClipBoxHand:
    """The hand on a viewport's clipping box."""

    def __init__(self, viewport: "Viewport", item: ClipBoxItem) -> None:
        self._viewport = viewport
        self._workspace = viewport.workspace
        self._item = item
        self._drag: tuple[BoxHandle, QPointF, ClipBox, int] | None = None

    @property
    def shape(self) -> BoxShape | None:
        """The box on screen; None where there is none."""
        return self._item.shape_shown

    def update(self) -> None:
        """Follow the picture on screen."""
        self._item.show_shape(self._shape(), self._drag[0].end if self._drag is not None else None)

    def hovered(self, at: QPointF) -> bool:
        """Show what is under the pointer, and what a drag would do there; False when it is no handle."""
        if rendering_at(self._workspace, self._viewport.cell) is None:
            return False
        self._viewport.show_cursor(rendering_tool(self._workspace.tool, "left"))
        shape = self.shape
        if shape is None:
            return False
        handle = shape.handle_at(at)
        self._item.show_shape(shape, handle.end if handle is not None else None)
        if handle is not None:
            self._viewport.setCursor(_cursor(handle))
        return handle is not None

    def pressed(self, at: QPointF, gesture: str) -> bool:
        """Take hold of a handle; False when there is none under the pointer."""
        shape = self.shape
        handle = shape.handle_at(at) if shape is not None else None
        if shape is None or handle is None or gesture != "left":
            return False
        self._drag = (handle, at, shape.box, next(_drag_numbers))
        return True

    def moved(self, at: QPointF) -> bool:
        """Drag what is held; False when nothing is."""
        geometry = self._workspace.geometry_at(self._viewport.cell)
        if self._drag is None or geometry is None:
            return False
        handle, start, box, number = self._drag
        changed = dragged_box(box, handle, at - start, geometry)
        change_rendering(
            self._workspace,
            N_("Clipping box"),
            lambda look: replace(look, clip_box=changed),
            self._viewport.cell,
            number,
        )
        return True

    def released(self) -> bool:
        """Let go; False when nothing was held."""
        was_held, self._drag = self._drag is not None, None
        if was_held:
            self.update()
        return was_held

    def _shape(self) -> BoxShape | None:
        workspace, cell = self._workspace, self._viewport.cell
        look, geometry, picture = rendering_at(workspace, cell), workspace.geometry_at(cell), self._viewport.picture
        if look is None or geometry is None or picture is None or look.clip_box is None or picture.ask.look is None:
            return None
        size = picture.rendered.request.size
        seen = picture.ask.look.view.rendering  # the camera of the picture on screen, not of the one on its way
        pose = pose_of(camera_of(seen, geometry, size), geometry, size)
        ratio = self._viewport.devicePixelRatioF()
        box = held_box(look.clip_box, geometry) or look.clip_box
        return box_shape(box, geometry, pose, (size[0] / ratio, size[1] / ratio))


def _cursor(handle: BoxHandle) -> Qt.CursorShape:
    angle = math.degrees(math.atan2(handle.way.y(), handle.way.x())) % 180.0
    shapes = (
        Qt.CursorShape.SizeHorCursor,
        Qt.CursorShape.SizeFDiagCursor,
        Qt.CursorShape.SizeVerCursor,
        Qt.CursorShape.SizeBDiagCursor,
    )
    return shapes[round(angle / 45.0) % 4]
