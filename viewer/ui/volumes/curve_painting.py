"""Draws the centre line over a plane: bright where the plane shows it, faint where it runs before or behind."""

from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from viewer.ui.theme import colours
from viewer.ui.volumes.curve_shape import CurveShape

_POINT_PX, _HELD_PX, _TICK_PX = 3.5, 5.0, 12.0
_BRIGHT, _FAINT, _OUTLINE = 235, 90, 130


def paint_curve(painter: QPainter, shape: CurveShape, held: int | None) -> None:
    """Draw line, points and the tick of a cross-section.

    Args:
        painter: Over the viewport.
        shape: Of the line.
        held: The point under or in the hand; None for none.
    """
    pieces = [QLineF(one, other) for one, other in pairwise(shape.line)]
    near = [one and other for one, other in pairwise(shape.is_line_near)]
    _stroke(painter, [piece for piece, is_near in zip(pieces, near, strict=True) if not is_near], _FAINT)
    _stroke(painter, [piece for piece, is_near in zip(pieces, near, strict=True) if is_near], _BRIGHT)
    if shape.section is not None:
        at, across = shape.section
        _stroke(painter, [QLineF(at - across * _TICK_PX, at + across * _TICK_PX)], _BRIGHT)
    for number, (point, is_near) in enumerate(zip(shape.points, shape.are_near, strict=True)):
        _paint_point(painter, point, is_near=is_near, is_held=number == held)


def _stroke(painter: QPainter, lines: list[QLineF], alpha: int) -> None:
    if not lines:
        return
    for tone, opacity, width in (
        (colours().overlay_outline, min(_OUTLINE, alpha), 2.6),
        (colours().measurement, alpha, 1.2),
    ):
        shade = QColor(tone)
        shade.setAlpha(opacity)
        pen = QPen(shade, width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLines(lines)


def _paint_point(painter: QPainter, at: QPointF, *, is_near: bool, is_held: bool) -> None:
    outline = QColor(colours().overlay_outline)
    fill = QColor(colours().selected if is_held else colours().measurement)
    size = _HELD_PX if is_held else _POINT_PX
    if is_near or is_held:
        painter.setPen(QPen(outline, 1.0))
        painter.setBrush(fill)
    else:
        fill.setAlpha(_BRIGHT // 2)
        painter.setPen(QPen(fill, 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(at, size, size)
    painter.setBrush(Qt.BrushStyle.NoBrush)
