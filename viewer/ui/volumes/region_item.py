"""Draws the regions whose curves are followed over the pictures they lie in, each in the colour of its curve."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from viewer.ui.overlays.outlined_text import draw_text, line_height
from viewer.ui.overlays.painting import NORMAL_PX
from viewer.ui.theme import colours
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.curve_book import FollowedRegion
from viewer.workspace.curve_placing import curves_at
from viewer.workspace.phase_curves import seen_from
from viewer.workspace.viewport_state import DisplayedImage
from viewer.workspace.volume_planes import spacing_along
from viewer.workspace.volume_view import VolumeKind
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.ui.viewports.viewport import Viewport

CURVE_COLOURS = ("#56b4e9", "#e69f00", "#4fc79a", "#e884b4", "#f0e442", "#b7a6ea", "#ff8a65", "#9aa7b1")
"""Apart for colour-blind eyes too (after Okabe and Ito), and light enough over black."""
_CROSS_PX, _GAP_PX, _LABEL_PX = 7.0, 2.0, 4.0
_NEAR_MM = 0.01


def colour_of(region: FollowedRegion) -> str:
    """Return the colour of a region and its curve."""
    return CURVE_COLOURS[(region.number - 1) % len(CURVE_COLOURS)]


@dataclass(frozen=True, slots=True)
class RegionMark:
    """A region as a viewport shows it, in logical pixels.

    Attributes:
        points: Its outline; one for a point.
    """

    points: tuple[tuple[float, float], ...]
    colour: str
    label: str


class RegionItem(QGraphicsObject):
    """An item between a viewport's pixels and its aids."""

    def __init__(self) -> None:
        super().__init__()
        self._area = QRectF()
        self.marks: tuple[RegionMark, ...] = ()
        self.setVisible(False)

    def resize(self, area: QRectF) -> None:
        """Fill another area."""
        self.prepareGeometryChange()
        self._area = area

    def show_marks(self, marks: tuple[RegionMark, ...]) -> None:
        """Draw other regions."""
        if marks != self.marks:
            self.marks = marks
            self.setVisible(bool(marks))
            self.update()

    def boundingRect(self) -> QRectF:
        """Return the whole viewport."""
        return self._area

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw what there is."""
        painter.save()
        painter.setClipRect(self._area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for mark in self.marks:
            _paint_mark(painter, mark)
        painter.restore()


def _paint_mark(painter: QPainter, mark: RegionMark) -> None:
    points = [QPointF(*point) for point in mark.points]
    for tone, width in ((colours().overlay_outline, 3.2), (mark.colour, 1.4)):
        painter.setPen(QPen(QColor(tone), width))
        if len(points) > 1:
            painter.drawPolyline(QPolygonF(points))
        else:
            _paint_cross(painter, points[0])
    right = max(point.x() for point in points) + (_LABEL_PX if len(points) > 1 else _CROSS_PX + _LABEL_PX)
    top = min(point.y() for point in points) - line_height(NORMAL_PX) / 2
    draw_text(painter, right, top, mark.label, NORMAL_PX, mark.colour)


def _paint_cross(painter: QPainter, at: QPointF) -> None:
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        way = QPointF(dx, dy)
        painter.drawLine(at + way * _GAP_PX, at + way * _CROSS_PX)


class RegionMarks(QObject):
    """Keeps the regions of one window's viewports up to date with their pictures.

    Args:
        workspace: Of the window.
        viewports: Of the window, by cell; read anew at every change.
        parent: Owns it.
    """

    def __init__(self, workspace: Workspace, viewports: "Mapping[int, Viewport]", parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._viewports = viewports
        self._connections: list[Callable[[], object]] = [workspace.displayed_changed.connect(self._update)]
        if workspace.shared.curves is not None:
            self._connections.append(workspace.shared.curves.changed.connect(lambda _key: self.update_all()))

    def release(self) -> None:
        """Stop: the window closes."""
        for disconnect in self._connections:
            disconnect()
        self._connections.clear()

    def update_all(self) -> None:
        """Follow the regions there are."""
        for cell in self._viewports:
            self._update(cell)

    def _update(self, cell: int) -> None:
        viewport = self._viewports.get(cell)
        if viewport is not None and viewport.isVisible():
            viewport.regions.show_marks(marks_on(self._workspace, cell, viewport.devicePixelRatioF()))


def marks_on(workspace: Workspace, cell: int, ratio: float) -> tuple[RegionMark, ...]:
    """Return the regions that the picture in a cell shows: those drawn on it, and those its plane lies in."""
    book, displayed, view = workspace.shared.curves, workspace.displayed(cell), workspace.viewport(cell).volume
    if book is None or displayed is None or (view is not None and view.kind is not VolumeKind.PLANE):
        return ()
    marks = []
    for each in curves_at(workspace, cell):
        outline = _outline(each.region, displayed)
        if outline is not None:
            seen = (displayed.rendered.placement.to_viewport(point) for point in outline)
            points = tuple((x / ratio, y / ratio) for x, y in seen)
            marks.append(RegionMark(points, colour_of(each.region), str(each.region.number)))
    return tuple(marks)


def _outline(followed: FollowedRegion, displayed: DisplayedImage) -> tuple[tuple[float, float], ...] | None:
    """Return the outline of a region in image points of the picture on screen; None where it does not show it."""
    images = followed.course.images
    if displayed.look is None and any(each.image.identity == displayed.image.identity for each in images):
        return followed.region.outline
    plane = displayed.rendered.state.plane
    if followed.plane is None or plane is None:
        return None
    points, away = seen_from(followed.region, followed.plane, plane)
    return points if away <= _near_mm(followed, displayed) else None


def _near_mm(followed: FollowedRegion, displayed: DisplayedImage) -> float:
    """Return how far from the picture's plane a region may lie to be in it: half a voxel, or half a slab."""
    look, drawn = displayed.look, followed.course.plane
    near = drawn.thickness_mm / 2 if drawn is not None else 0.0
    if look is None or displayed.rendered.state.plane is None:
        return max(near, _NEAR_MM)
    geometry: VolumeGeometry = look.volume.geometry
    half_voxel = spacing_along(geometry, displayed.rendered.state.plane.normal) / 2
    return max(near, look.view.thickness_mm / 2, half_voxel)
