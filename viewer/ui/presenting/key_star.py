"""The star that tells key images, in the corner of a picture."""

import functools
import math

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPolygonF

from viewer.ui.theme import colours

STAR_PX = 16
_POINTS, _INNER = 5, 0.45


@functools.cache
def star_path(size: float) -> QPainterPath:
    """Return a star in a square of a size."""
    half = size / 2
    corners = []
    for number in range(2 * _POINTS):
        radius = half * (1.0 if number % 2 == 0 else _INNER)
        angle = math.pi * (number / _POINTS - 0.5)
        corners.append(QPointF(half + radius * math.cos(angle), half + radius * math.sin(angle)))
    path = QPainterPath()
    path.addPolygon(QPolygonF(corners))
    path.closeSubpath()
    return path


def paint_star(painter: QPainter, frame: QRect) -> None:
    """Draw a star into the upper right corner of a picture, with a dark edge so that it is seen on any grey."""
    place = QRectF(frame.right() - STAR_PX - 1, frame.top() + 2, STAR_PX, STAR_PX)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(place.topLeft())
    painter.setPen(QColor(colours().overlay_outline))
    painter.setBrush(QColor(colours().measurement))
    painter.drawPath(star_path(float(STAR_PX)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.restore()
