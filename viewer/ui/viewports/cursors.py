"""The cursor tells the tool: Qt's own shapes where one means it, small drawn ones for the others."""

import functools

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QCursor, QPainter, QPen, QPixmap

from viewer.workspace.tools.tool import Tool

_SIZE = 24
_SHAPES = {
    Tool.PAN: Qt.CursorShape.SizeAllCursor,
    Tool.SCROLL: Qt.CursorShape.SizeVerCursor,
    Tool.FAST_SCROLL: Qt.CursorShape.SplitVCursor,
    Tool.PROBE: Qt.CursorShape.CrossCursor,
    Tool.WINDOW_REGION: Qt.CursorShape.CrossCursor,
    Tool.PHASE_REGION: Qt.CursorShape.CrossCursor,
}

_BRUSHES = frozenset({Tool.SEGMENT_BRUSH, Tool.SEGMENT_ERASER})


@functools.lru_cache(maxsize=16)
def cursor_of(tool: Tool) -> QCursor:
    """Return the cursor of a tool."""
    if tool in _SHAPES:
        return QCursor(_SHAPES[tool])
    picture = QPixmap(_SIZE, _SIZE)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for colour, width in (("#000000", 3.5), ("#ffffff", 1.5)):
        pen = QPen(QColor(colour))
        pen.setWidthF(width)
        painter.setPen(pen)
        (_draw_brush if tool in _BRUSHES else _draw)(painter, tool)
    if tool is Tool.WINDOW_LEVEL:
        painter.setBrush(QColor("#ffffff"))
        painter.drawPie(QRectF(5, 5, 14, 14), 90 * 16, 180 * 16)
    painter.end()
    return QCursor(picture, _SIZE // 2, _SIZE // 2)


def _draw_brush(painter: QPainter, tool: Tool) -> None:
    """Draw the middle of a brush or an eraser: its size is shown by a ring about it."""
    middle = QRectF(9, 9, 6, 6)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(middle) if tool is Tool.SEGMENT_BRUSH else painter.drawRect(middle)


def _draw(painter: QPainter, tool: Tool) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if tool is Tool.WINDOW_LEVEL:
        painter.drawEllipse(QRectF(5, 5, 14, 14))
    elif tool in {Tool.CUT, Tool.KEEP}:  # a blade, its point where it cuts
        painter.drawPolyline([QPointF(12, 12), QPointF(20, 4), QPointF(21, 8), QPointF(12, 12)])
        painter.drawLine(QPointF(12, 12), QPointF(5, 19))
        if tool is Tool.KEEP:  # what is inside stays
            painter.drawEllipse(QRectF(2, 2, 8, 8))
    elif tool is Tool.CURVE:  # a bent line through the point that is picked
        painter.drawArc(QRectF(0, 12, 24, 16), 20 * 16, 140 * 16)
        painter.drawEllipse(QPointF(12, 12), 3.0, 3.0)
    elif tool in {Tool.CURSOR_3D, Tool.MEASURE}:  # open where the point is
        if tool is Tool.CURSOR_3D:
            painter.drawEllipse(QRectF(7, 7, 10, 10))
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            painter.drawLine(QPointF(12 + 3 * dx, 12 + 3 * dy), QPointF(12 + 9 * dx, 12 + 9 * dy))
    elif tool is Tool.ROTATE:
        painter.drawArc(QRectF(5, 5, 14, 14), 60 * 16, 270 * 16)
        painter.drawPolyline([QPointF(12, 2), QPointF(16, 6), QPointF(12, 9)])
    else:  # ZOOM and MAGNIFIER: a lens
        painter.drawEllipse(QRectF(4, 4, 11, 11))
        painter.drawLine(QPointF(14, 14), QPointF(20, 20))
        if tool is Tool.ZOOM:
            painter.drawLine(QPointF(7, 9.5), QPointF(12, 9.5))
            painter.drawLine(QPointF(9.5, 7), QPointF(9.5, 12))
