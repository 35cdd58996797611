"""Graphics (dicom.graphic_objects) as Qt's paths, made once in their own units, and drawn through any placement.

Lines keep their width, points and arrow heads their size on screen, however the image is magnified.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from viewer.dicom.graphic_objects import GraphicObject, GraphicType, GraphicUnits
from viewer.imaging.spatial_transform import ImagePlacement
from viewer.ui.overlays.colour_planes import ColourPlanes
from viewer.ui.overlays.quick_lines import QuickLines, curve_points

THIN_PX = 1.0
"""Qt draws lines of one device pixel twenty times as fast as wider ones."""
CROSS_PX, CROSS_GAP_PX = 6.0, 1.5
HEAD_PX, HEAD_HALF_PX = 11.0, 4.0
_DASHES = (5.0, 4.0)
_MANY = 80
"""More lines than so many stay one device pixel wide where pixels are dense: wider ones would hold the hand up."""


class Pen(NamedTuple):
    """What lines that are drawn together have in common."""

    units: GraphicUnits
    colour: str
    width_px: float
    is_dashed: bool
    is_filled: bool


@dataclass(slots=True)
class _Points:
    """What keeps its size on screen.

    Attributes:
        heads: From where, and the tip of each arrow.
    """

    crosses: list[QPointF] = field(default_factory=list)
    heads: list[tuple[QPointF, QPointF]] = field(default_factory=list)


class GraphicPaths:
    """Graphics made into paths.

    Args:
        inked: Each with the colour it has where its own style tells none.
    """

    def __init__(self, inked: Iterable[tuple[GraphicObject, str]]) -> None:
        self._paths: dict[Pen, QPainterPath] = {}
        self._points: defaultdict[Pen, _Points] = defaultdict(_Points)
        self._count = 0
        self._graphics: defaultdict[Pen, list[GraphicObject]] = defaultdict(list)
        self._quick: dict[Pen, QuickLines] = {}
        for graphic, colour in inked:
            self._add(graphic, pen_of(graphic, colour))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is drawn."""
        return not self._paths and not self._points

    @property
    def quick(self) -> frozenset[Pen]:
        """What OpenCV draws faster than Qt: many thin lines."""
        if self._count <= _MANY:
            return frozenset()
        return frozenset(
            pen for pen in self._graphics if not pen.is_dashed and not pen.is_filled and pen.width_px == THIN_PX
        )

    def draw_quickly(self, planes: ColourPlanes, placement: ImagePlacement, ratio: float) -> None:
        """Draw what is drawn quickly, in device pixels.

        Args:
            planes: What is drawn into.
            placement: Of the image.
            ratio: Device pixels per logical pixel.
        """
        quick = self.quick
        for pen, graphics in self._graphics.items():
            if pen not in quick:
                continue
            if pen not in self._quick:
                self._quick[pen] = QuickLines(graphics)
            to_screen, tone = transform_of(pen.units, placement, 1.0), QColor(pen.colour)
            self._quick[pen].draw(
                planes.mask,
                (to_screen.m11(), to_screen.m21(), to_screen.dx(), to_screen.m12(), to_screen.m22(), to_screen.dy()),
                cross=(CROSS_PX * ratio, CROSS_GAP_PX * ratio),
                head=(HEAD_PX * ratio, HEAD_HALF_PX * ratio),
                width=max(1, round(ratio)),
            )
            planes.lay((tone.blue(), tone.green(), tone.red()))

    def has_more_than(self, pens: frozenset[Pen]) -> bool:
        """Whether something is drawn with other pens."""
        return any(pen not in pens for pen in self._graphics)

    def paint(
        self,
        painter: QPainter,
        placement: ImagePlacement,
        ratio: float,
        *,
        widen: float = 1.0,
        colour: str = "",
        drawn: frozenset[Pen] = frozenset(),
    ) -> None:
        """Draw everything, in logical pixels.

        Args:
            painter: With no transform of its own.
            placement: Of the image, in device pixels.
            ratio: Device pixels per logical pixel.
            widen: Times the width of lines.
            colour: Instead of each one's own; empty for its own.
            drawn: What is drawn already.
        """
        for pen, path in self._paths.items():
            if pen in drawn:
                continue
            tone = QColor(colour or pen.colour)
            # A cosmetic line counts device pixels, whatever their density.
            line = QPen(tone, pen.width_px * widen * (ratio if self._count <= _MANY else 1.0))
            line.setCosmetic(True)
            line.setCapStyle(Qt.PenCapStyle.FlatCap)
            if pen.is_dashed:
                line.setDashPattern(list(_DASHES))
            painter.setPen(line)
            painter.setBrush(tone if pen.is_filled else Qt.BrushStyle.NoBrush)
            painter.save()
            painter.setTransform(transform_of(pen.units, placement, ratio), combine=True)
            painter.drawPath(path)
            painter.restore()
        for pen, points in self._points.items():
            if pen in drawn:
                continue
            tone = QColor(colour or pen.colour)
            _paint_points(painter, points, transform_of(pen.units, placement, ratio), QPen(tone, pen.width_px * widen))

    def _add(self, graphic: GraphicObject, pen: Pen) -> None:
        self._graphics[pen].append(graphic)
        if graphic.type is GraphicType.POINT:
            self._points[pen].crosses += [QPointF(*point) for point in graphic.points]
            return
        path = path_of(graphic)
        if path is None:
            return
        if pen not in self._paths:
            self._paths[pen] = QPainterPath()
            self._paths[pen].setFillRule(Qt.FillRule.WindingFill)
        self._paths[pen].addPath(path)
        self._count += 1
        if graphic.style.has_arrow and len(graphic.points) > 1:
            tail, tip = _tail_of(graphic.points)
            self._points[pen].heads.append((QPointF(*tail), QPointF(*tip)))


def pen_of(graphic: GraphicObject, colour: str) -> Pen:
    """Return what a graphic is drawn with; colour is what it has where its style tells none."""
    style = graphic.style
    if style.rgb is not None:
        colour = QColor(*style.rgb).name()
    elif style.p_value is not None:
        colour = grey_name(style.p_value)
    return Pen(graphic.units, colour, style.width_px or THIN_PX, style.is_dashed, graphic.is_filled)


def grey_name(p_value: int) -> str:
    """Return the colour of a P-value, 0 to 65535."""
    level = min(max(round(p_value / 257), 0), 255)
    return QColor(level, level, level).name()


def path_of(graphic: GraphicObject) -> QPainterPath | None:
    """Return the line of a graphic in its own units; None for points, and for what has too few points."""
    points, path = graphic.points, QPainterPath()
    if graphic.type is GraphicType.POLYLINE and len(points) > 1:
        path.addPolygon(QPolygonF([QPointF(*point) for point in points]))
    elif graphic.type is GraphicType.INTERPOLATED and len(points) > 1:
        path.addPolygon(QPolygonF([QPointF(*point) for point in curve_points(points)]))
    elif graphic.type is GraphicType.CIRCLE and len(points) > 1:
        radius = math.dist(points[0], points[1])
        path.addEllipse(QPointF(*points[0]), radius, radius)
    elif graphic.type is GraphicType.ELLIPSE and len(points) > 3:
        path.addPath(_ellipse(points))
    else:
        return None
    return path


def _ellipse(points: tuple[tuple[float, float], ...]) -> QPainterPath:
    """Return the ellipse with the ends of its two axes; they need not be at right angles on oblong pixels."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = points[:4]
    middle = ((ax + bx) / 2, (ay + by) / 2)
    unit = QPainterPath()
    unit.addEllipse(QPointF(0.0, 0.0), 1.0, 1.0)
    return QTransform((bx - ax) / 2, (by - ay) / 2, (dx - cx) / 2, (dy - cy) / 2, *middle).map(unit)


def _tail_of(points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the last point and the one before it that is not the same."""
    tip = points[-1]
    return next((point for point in reversed(points) if point != tip), tip), tip


def transform_of(units: GraphicUnits, placement: ImagePlacement, ratio: float) -> QTransform:
    """Return what takes points in some units to logical pixels."""
    a, b, shift_x, c, d, shift_y = (part / ratio for part in placement.forward)
    to_screen = QTransform(a, c, b, d, shift_x, shift_y)
    return displayed_area(placement) * to_screen if units is GraphicUnits.DISPLAY else to_screen


def displayed_area(placement: ImagePlacement) -> QTransform:
    """Return what takes fractions of the displayed area, as the reader sees it, to image points (C.10.5)."""
    transform = placement.transform
    left, top, right, bottom = transform.area or (0.0, 0.0, float(placement.columns), float(placement.rows))
    (across_x, across_y), (down_x, down_y) = transform.display_matrix
    if abs(across_x) >= abs(across_y):  # the image's rows are seen as rows
        first, last = (left, right) if across_x > 0 else (right, left)
        upper, lower = (top, bottom) if down_y > 0 else (bottom, top)
        return QTransform(last - first, 0.0, 0.0, lower - upper, first, upper)
    first, last = (top, bottom) if across_y > 0 else (bottom, top)
    upper, lower = (left, right) if down_x > 0 else (right, left)
    return QTransform(0.0, last - first, lower - upper, 0.0, upper, first)


def _paint_points(painter: QPainter, points: _Points, transform: QTransform, pen: QPen) -> None:
    """Draw what keeps its size on screen; in plain numbers, for there may be hundreds in a frame."""
    a, b, c, d = transform.m11(), transform.m12(), transform.m21(), transform.m22()
    shift_x, shift_y = transform.dx(), transform.dy()
    lines = []
    for cross in points.crosses:
        column, row = cross.x(), cross.y()
        x, y = a * column + c * row + shift_x, b * column + d * row + shift_y
        lines += [
            QLineF(x + CROSS_GAP_PX, y, x + CROSS_PX, y),
            QLineF(x - CROSS_GAP_PX, y, x - CROSS_PX, y),
            QLineF(x, y + CROSS_GAP_PX, x, y + CROSS_PX),
            QLineF(x, y - CROSS_GAP_PX, x, y - CROSS_PX),
        ]
    if lines:
        painter.setPen(pen)
        painter.drawLines(lines)
    heads = QPainterPath()
    heads.setFillRule(Qt.FillRule.WindingFill)
    for tail, tip in points.heads:
        column, row = tip.x(), tip.y()
        x, y = a * column + c * row + shift_x, b * column + d * row + shift_y
        column, row = column - tail.x(), row - tail.y()
        way_x, way_y = a * column + c * row, b * column + d * row
        length = math.hypot(way_x, way_y)
        if length:
            way_x, way_y = way_x / length, way_y / length
            foot_x, foot_y = x - way_x * HEAD_PX, y - way_y * HEAD_PX
            heads.moveTo(x, y)
            heads.lineTo(foot_x - way_y * HEAD_HALF_PX, foot_y + way_x * HEAD_HALF_PX)
            heads.lineTo(foot_x + way_y * HEAD_HALF_PX, foot_y - way_x * HEAD_HALF_PX)
            heads.closeSubpath()
    if not heads.isEmpty():
        painter.fillPath(heads, pen.color())
