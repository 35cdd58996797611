"""Draws the crosshair of a viewport: thin lines in quiet colours, one a plane, and handles while the hand is near."""

import math

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from viewer.ui.overlays.outlined_text import draw_text, line_height, text_width
from viewer.ui.overlays.painting import EDGE, NORMAL_PX
from viewer.ui.theme import colours
from viewer.ui.volumes.crosshair_shape import CrosshairShape, Hold, LineShape, Part
from viewer.ui.volumes.curve_painting import paint_curve
from viewer.ui.volumes.curve_shape import CurveShape
from viewer.workspace.volume_view import Orientation

PLANE_COLOURS = {
    Orientation.AXIAL: "#e39a86",
    Orientation.CORONAL: "#86c5a8",
    Orientation.SAGITTAL: "#b7a6ea",
}
"""Alike in lightness, apart for colour-blind eyes too; the lines' ends are told by the letters besides."""
_QUIET, _HELD, _OUTLINE = 215, 255, 140
_LEVEL_PX = 0.5
"""A line that rises by less over its whole length is level."""
_HANDLE_PX, _SQUARE_PX = 4.5, 3.5
_TAB = (26.0, 3.0)
"""Width and height of the mark that tells a viewport's own colour."""
_AWAY = 16.0
_EDGE_DASHES = (4.0, 4.0)


class CrosshairItem(QGraphicsObject):
    """An item between a viewport's pixels and its aids."""

    def __init__(self) -> None:
        super().__init__()
        self._area = QRectF()
        self.shape_shown: CrosshairShape | None = None
        self._hold: Hold | None = None
        self._reading: tuple[QPointF, str] | None = None
        self._is_near = False
        self._curve: CurveShape | None = None
        self._point: int | None = None
        self._mark: QLineF | None = None
        self.setVisible(False)

    def resize(self, area: QRectF) -> None:
        """Fill another area."""
        self.prepareGeometryChange()
        self._area = area

    def show_shape(self, shape: CrosshairShape | None) -> None:
        """Draw another crosshair; None for none."""
        if shape is None and self.shape_shown is None:
            return
        self.shape_shown = shape
        self._changed()

    def show_curve(self, curve: CurveShape | None, held: int | None) -> None:
        """Draw another centre line, and which of its points the hand is on; None for none."""
        if (curve, held) != (self._curve, self._point):
            self._curve, self._point = curve, held
            self._changed()

    def show_mark(self, mark: QLineF | None) -> None:
        """Draw where a cross-section cuts a plane laid flat; None for nowhere."""
        if mark != self._mark:
            self._mark = mark
            self._changed()

    def show_hand(self, hold: Hold | None, *, is_near: bool) -> None:
        """Show handles while the hand is in the viewport, and what it is on or holds."""
        is_same = (_key(hold), is_near) == (_key(self._hold), self._is_near)
        self._hold, self._is_near = hold, is_near
        if not is_same:
            self.update()

    def show_reading(self, at: QPointF | None, text: str = "") -> None:
        """Say beside the pointer what a drag comes to; None for nothing."""
        self._reading = (at, text) if at is not None else None
        self.update()

    def boundingRect(self) -> QRectF:
        """Return the whole viewport."""
        return self._area

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw what there is."""
        painter.save()
        painter.setClipRect(self._area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = self.shape_shown
        if shape is not None:
            for line in shape.lines:
                self._paint_line(painter, line)
            if self._hold is not None and self._hold.part is Part.CENTER:
                _paint_center(painter, shape.center)
            _paint_tab(painter, self._area, PLANE_COLOURS[shape.own])
        if self._curve is not None:
            paint_curve(painter, self._curve, self._point)
        if self._mark is not None:
            _stroke(painter, [self._mark], colours().measurement, 1.0, _QUIET)
        if self._reading is not None:
            _paint_reading(painter, self._area, *self._reading)
        painter.restore()

    def _changed(self) -> None:
        self.setVisible(any(each is not None for each in (self.shape_shown, self._curve, self._mark)))
        self.update()

    def _paint_line(self, painter: QPainter, shape: LineShape) -> None:
        colour = PLANE_COLOURS[shape.orientation]
        hold = self._hold
        is_held = hold is not None and hold.line is not None and hold.line.orientation is shape.orientation
        part = hold.part if hold is not None and is_held else None
        _stroke(painter, list(shape.pieces), colour, 1.6 if part is Part.LINE else 1.0, _HELD if is_held else _QUIET)
        _stroke(painter, list(shape.edges), colour, 1.0, _HELD if part is Part.SLAB else _QUIET, _EDGE_DASHES)
        if not self._is_near:
            return
        for point in shape.turns:
            _paint_handle(painter, point, colour, is_round=True, is_held=part is Part.TURN)
        for point in shape.squares:
            _paint_handle(painter, point, colour, is_round=False, is_held=part is Part.SLAB)


def _key(hold: Hold | None) -> object:
    return None if hold is None else (hold.part, hold.line.orientation if hold.line is not None else None)


def _stroke(
    painter: QPainter, lines: list[QLineF], colour: str, width: float, alpha: int, dashes: tuple[float, ...] = ()
) -> None:
    if not lines:
        return
    for tone, opacity, wide in ((colours().overlay_outline, _OUTLINE, width + 1.5), (colour, alpha, width)):
        shade = QColor(tone)
        shade.setAlpha(opacity)
        pen = QPen(shade)
        pen.setWidthF(wide)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if dashes:
            pen.setDashPattern([length / wide for length in dashes])
        painter.setPen(pen)
        painter.drawLines([_sharp(line) for line in lines])


def _sharp(line: QLineF) -> QLineF:
    """Return an upright or level line along the middle of pixels: between two of them it would be a faint band."""
    if abs(line.dx()) < _LEVEL_PX:
        x = math.floor(line.x1()) + 0.5
        return QLineF(x, line.y1(), x, line.y2())
    if abs(line.dy()) < _LEVEL_PX:
        y = math.floor(line.y1()) + 0.5
        return QLineF(line.x1(), y, line.x2(), y)
    return line


def _paint_handle(painter: QPainter, at: QPointF, colour: str, *, is_round: bool, is_held: bool) -> None:
    size = (_HANDLE_PX if is_round else _SQUARE_PX) + (1.0 if is_held else 0.0)
    outline = QColor(colours().overlay_outline)
    outline.setAlpha(200)
    painter.setPen(QPen(outline, 1.0))
    painter.setBrush(QColor(colours().selected if is_held else colour))
    if is_round:
        painter.drawEllipse(at, size, size)
    else:
        painter.drawRect(QRectF(at.x() - size, at.y() - size, 2 * size, 2 * size))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_center(painter: QPainter, at: QPointF) -> None:
    """Mark that the centre is under the hand, without covering it."""
    for tone, width in ((colours().overlay_outline, 2.5), (colours().selected, 1.0)):
        shade = QColor(tone)
        shade.setAlpha(_OUTLINE if width > 1 else _QUIET)
        painter.setPen(QPen(shade, width))
        painter.drawEllipse(at, 12.0, 12.0)


def _paint_tab(painter: QPainter, area: QRectF, colour: str) -> None:
    painter.fillRect(QRectF(area.center().x() - _TAB[0] / 2, area.top() + 1.0, *_TAB), QColor(colour))


def _paint_reading(painter: QPainter, area: QRectF, at: QPointF, text: str) -> None:
    wide, high = text_width(text, NORMAL_PX), line_height(NORMAL_PX)
    x = at.x() + _AWAY if at.x() + _AWAY + wide < area.right() - EDGE else at.x() - _AWAY - wide
    y = at.y() - _AWAY - high if at.y() - _AWAY - high > area.top() + EDGE else at.y() + _AWAY
    draw_text(painter, max(x, area.left() + EDGE), y, text, NORMAL_PX, colours().measurement)
