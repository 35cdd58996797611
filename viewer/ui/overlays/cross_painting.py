"""Draws reference lines, the 3D cursor and the frame of linked viewports. Lengths are logical pixels.

Lines are thin and quiet; those of the active viewport are brighter, those of a stack's ends dotted. A dark outline
keeps them readable over any pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from viewer.imaging.spatial_transform import ImagePlacement, Point
from viewer.ui.overlays.outlined_text import draw_text, line_height, text_width
from viewer.ui.overlays.painting import EDGE, SMALL_PX
from viewer.ui.theme import colours
from viewer.workspace.viewport_lines import ViewportCursor, ViewportLine

_LABEL_ROOM = 90.0
"""A shorter line, or a lower or narrower viewport, carries no label."""
_ARM, _HOLE = 11.0, 4.0
"""Of the cursor's cross: how far it reaches, and what it leaves free about the point."""
_QUIET, _ACTIVE = 150, 230
_OUTLINE = 130
_DOTS = (1.0, 3.0)
_DASHES = (4.0, 3.0)


@dataclass(frozen=True, slots=True, eq=False)
class CrossScene:
    """What is drawn over one viewport for the others' sake.

    Attributes:
        placement: Of the image on screen, in device pixels.
        is_linked: Whether other viewports follow this one.
    """

    lines: tuple[ViewportLine, ...] = ()
    cursor: ViewportCursor | None = None
    placement: ImagePlacement | None = None
    is_linked: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is drawn."""
        return not self.is_linked and (self.placement is None or (not self.lines and self.cursor is None))


def paint_cross(painter: QPainter, area: QRectF, scene: CrossScene) -> None:
    """Draw everything."""
    if scene.is_linked:
        _paint_linked_frame(painter, area)
    placement = scene.placement
    if placement is None:
        return
    ratio = painter.device().devicePixelRatio()

    def seen(point: Point) -> QPointF:
        x, y = placement.to_viewport(point)
        return QPointF(x / ratio, y / ratio)

    painter.save()
    painter.setClipRect(area)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for line in scene.lines:
        _paint_line(painter, area, line, seen)
    if scene.cursor is not None:
        _paint_cursor(painter, area, scene.cursor, seen(scene.cursor.point_image))
    painter.restore()


def clipped(line: QLineF, area: QRectF) -> QLineF | None:
    """Return the part of a line that is in an area; None when none is (Liang and Barsky)."""
    start, end = 0.0, 1.0
    dx, dy = line.dx(), line.dy()
    sides = (
        (-dx, line.x1() - area.left()),
        (dx, area.right() - line.x1()),
        (-dy, line.y1() - area.top()),
        (dy, area.bottom() - line.y1()),
    )
    for way, room in sides:
        if way == 0:
            if room < 0:
                return None
            continue
        at = room / way
        if way < 0:
            start = max(start, at)
        else:
            end = min(end, at)
    return QLineF(line.pointAt(start), line.pointAt(end)) if start < end else None


def _paint_line(painter: QPainter, area: QRectF, line: ViewportLine, seen: Callable[[Point], QPointF]) -> None:
    whole = QLineF(seen(line.segment[0]), seen(line.segment[1]))
    visible = clipped(whole, area)
    if visible is None:
        return
    alpha = _ACTIVE if line.is_active and not line.is_end else _QUIET
    colour = colours().accent if line.is_active else colours().overlay_secondary
    dots = _DOTS if line.is_end else ()
    _stroke(painter, [visible], colour, alpha, dots)
    if line.label and visible.length() >= _LABEL_ROOM:
        _paint_label(painter, area, visible, line.label, colour)


def _stroke(painter: QPainter, lines: list[QLineF], colour: str, alpha: int, dots: tuple[float, ...] = ()) -> None:
    for tone, opacity, width in ((colours().overlay_outline, _OUTLINE, 2.5), (colour, alpha, 1.0)):
        shade = QColor(tone)
        shade.setAlpha(opacity)
        pen = QPen(shade)
        pen.setWidthF(width)
        if dots:
            pen.setDashPattern([length / width for length in dots])
        painter.setPen(pen)
        painter.drawLines(lines)


def _paint_label(painter: QPainter, area: QRectF, line: QLineF, text: str, colour: str) -> None:
    """Write beside the end that is farther to the right, or lower: there corners and letters leave the most room."""
    wide, high = text_width(text, SMALL_PX), line_height(SMALL_PX)
    end, start = line.p2(), line.p1()
    if abs(line.dx()) >= abs(line.dy()):
        right, left = (end, start) if end.x() >= start.x() else (start, end)
        share = min(1.0, max(0.0, (right.x() - wide - 4 * EDGE - left.x()) / max(right.x() - left.x(), 1.0)))
        at = left + (right - left) * share
        x, y = at.x(), at.y() - high - 1.0
    else:
        low, top = (end, start) if end.y() >= start.y() else (start, end)
        at = top + (low - top) * 0.72
        x, y = at.x() + 4.0, at.y()
    x = min(max(x, area.left() + EDGE), area.right() - EDGE - wide)
    y = min(max(y, area.top() + EDGE), area.bottom() - EDGE - high)
    if wide + 2 * EDGE < area.width():
        draw_text(painter, x, y, text, SMALL_PX, colour)


def _paint_cursor(painter: QPainter, area: QRectF, cursor: ViewportCursor, at: QPointF) -> None:
    colour = colours().measurement if cursor.is_on_plane else colours().overlay_caution
    lines = [
        QLineF(at.x() + dx * _HOLE, at.y() + dy * _HOLE, at.x() + dx * _ARM, at.y() + dy * _ARM)
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))
    ]
    _stroke(painter, lines, colour, 255 if cursor.is_on_plane else _ACTIVE, () if cursor.is_on_plane else (2.0, 1.5))
    if cursor.label:
        wide, high = text_width(cursor.label, SMALL_PX), line_height(SMALL_PX)
        x = at.x() + _ARM + 3.0 if at.x() + _ARM + 3.0 + wide < area.right() - EDGE else at.x() - _ARM - 3.0 - wide
        draw_text(painter, max(x, area.left() + EDGE), at.y() - high - 2.0, cursor.label, SMALL_PX, colour)


def _paint_linked_frame(painter: QPainter, area: QRectF) -> None:
    pen = QPen(QColor(colours().accent))
    pen.setWidth(1)
    pen.setCosmetic(True)
    pen.setDashPattern(list(_DASHES))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(area.adjusted(0.0, 0.0, -1.0, -1.0))
