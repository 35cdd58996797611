"""The curve of opacities over the histogram of a volume, its colours below; points are moved by hand or by keys."""

import math

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from viewer.base.translation import _
from viewer.ui.theme import colours
from viewer.volume.function_editing import added_point, moved_point, removed_point, uncolored
from viewer.volume.transfer_functions import Color, TransferFunctions
from viewer.volume.value_distribution import ValueDistribution

HEIGHT_PX, BAR_PX, EDGE_PX = 150, 14, 7
POINT_PX, REACH_PX = 4.0, 9.0
_KEY_SHARE, _KEY_OPACITY = 0.005, 0.02
_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
_OWN_KEYS = frozenset({*_STEPS, Qt.Key.Key_Insert, Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Return})


class FunctionEditor(QWidget):
    """An editor of transfer functions in modality units.

    Left and right go from point to point; with Ctrl arrows move the point. Insert adds one, Delete takes it away.

    Signals:
        edited: Other functions, and whether more of the same movement follows.
        point_chosen: The index of the point that has the keyboard.
        color_wanted: A value for which a colour is to be chosen.
    """

    edited = Signal(object, bool)
    point_chosen = Signal(int)
    color_wanted = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._functions: TransferFunctions | None = None
        self._distribution: ValueDistribution | None = None
        self._range = (0.0, 1.0)
        self.chosen = 0
        self._held = False
        self._histogram: tuple[QSize, QPainterPath] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName(_("Opacity of values"))
        self.setToolTip(
            _("Drag points; double-click for a new one, Delete takes it away; the bar below has the colours")
        )

    def sizeHint(self) -> QSize:
        """Return as much as a page has."""
        return QSize(264, HEIGHT_PX)

    def show_functions(self, functions: TransferFunctions, distribution: ValueDistribution | None) -> None:
        """Show other functions, in modality units, over the values there are; not while a point is held."""
        if self._held or (functions == self._functions and distribution is self._distribution):
            return
        if distribution is not self._distribution:
            self._histogram = None
        self._functions, self._distribution = functions, distribution
        self.chosen = min(self.chosen, len(functions.opacity) - 1)
        self._range = _range(functions, distribution)
        self.update()

    # Places

    @property
    def _plot(self) -> QRectF:
        return QRectF(EDGE_PX, EDGE_PX, self.width() - 2 * EDGE_PX, self.height() - BAR_PX - 3 * EDGE_PX)

    @property
    def _bar(self) -> QRectF:
        return QRectF(EDGE_PX, self.height() - BAR_PX - EDGE_PX, self.width() - 2 * EDGE_PX, BAR_PX)

    def _x(self, value: float) -> float:
        low, high = self._range
        share = min(max((value - low) / (high - low), 0.0), 1.0)
        return self._plot.left() + share * self._plot.width()

    def place_of(self, value: float, opacity: float) -> QPointF:
        """Return where a point of the curve is drawn; beyond the values there are at the edge."""
        return QPointF(self._x(value), self._plot.bottom() - opacity * self._plot.height())

    def _value_at(self, x: float) -> float:
        low, high = self._range
        return low + (high - low) * min(max((x - self._plot.left()) / self._plot.width(), 0.0), 1.0)

    def _opacity_at(self, y: float) -> float:
        return min(max((self._plot.bottom() - y) / self._plot.height(), 0.0), 1.0)

    def _point_at(self, at: QPointF) -> int | None:
        points = self._functions.opacity if self._functions is not None else ()
        places = [self.place_of(point.value, point.opacity) for point in points]
        ways = [math.hypot(place.x() - at.x(), place.y() - at.y()) for place in places]
        nearest = min(range(len(ways)), key=lambda each: ways[each], default=None)
        return nearest if nearest is not None and ways[nearest] <= REACH_PX else None

    @property
    def reach(self) -> float:
        """How far in values a click reaches."""
        return (self._range[1] - self._range[0]) * REACH_PX / max(1.0, self._plot.width())

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the point under the hand."""
        found = self._point_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and found is not None:
            self._held = True
            self._choose(found)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move it."""
        at = event.position()
        if self._held and self._functions is not None:
            self._put(
                moved_point(self._functions, self.chosen, self._value_at(at.x()), self._opacity_at(at.y())),
                goes_on=True,
            )
        else:
            is_handle = self._point_at(at) is not None or self._bar.contains(at)
            self.setCursor(Qt.CursorShape.PointingHandCursor if is_handle else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let it go."""
        if self._held and self._functions is not None:
            self._held = False
            self.edited.emit(self._functions, False)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Add a point, or choose the colour here."""
        at = event.position()
        if self._functions is None:
            return
        if self._bar.adjusted(0, -EDGE_PX / 2, 0, EDGE_PX).contains(at):
            self.color_wanted.emit(self._value_at(at.x()))
        elif self._point_at(at) is None:
            functions, index = added_point(self._functions, self._value_at(at.x()), self._opacity_at(at.y()))
            self._put(functions, goes_on=False)
            self._choose(index)
        self._held = False

    def event(self, event: QEvent) -> bool:
        """Keep the keys that move points from commands that have the same ones."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and event.key() in _OWN_KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose and move points by keys."""
        functions, key = self._functions, Qt.Key(event.key())
        if functions is None:
            return
        step = _STEPS.get(key)
        if step is not None and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            point = functions.opacity[self.chosen]
            value = point.value + step[0] * _KEY_SHARE * (self._range[1] - self._range[0])
            self._put(moved_point(functions, self.chosen, value, point.opacity + step[1] * _KEY_OPACITY), goes_on=False)
        elif step is not None and step[0]:
            self._choose(min(max(self.chosen + step[0], 0), len(functions.opacity) - 1))
        elif key == Qt.Key.Key_Insert:
            self._insert(functions)
        elif key in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self._put(removed_point(functions, self.chosen), goes_on=False)
            self._choose(min(self.chosen, len(self._functions.opacity) - 1) if self._functions else 0)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.color_wanted.emit(functions.opacity[self.chosen].value)
        else:
            super().keyPressEvent(event)

    def remove_color(self, value: float) -> None:
        """Take the colour at a value away."""
        if self._functions is not None:
            self._put(uncolored(self._functions, value, self.reach), goes_on=False)

    def _insert(self, functions: TransferFunctions) -> None:
        """Add a point half-way to the next."""
        last = len(functions.opacity) - 1
        first, second = functions.opacity[min(self.chosen, last - 1)], functions.opacity[min(self.chosen + 1, last)]
        value = (first.value + second.value) / 2
        added, index = added_point(functions, value, functions.opacity_at(value))
        self._put(added, goes_on=False)
        self._choose(index)

    def _put(self, functions: TransferFunctions, *, goes_on: bool) -> None:
        if functions != self._functions:
            self._functions = functions
            self.update()
            self.edited.emit(functions, goes_on)

    def _choose(self, index: int) -> None:
        self.chosen = index
        self.point_chosen.emit(index)
        self.update()

    # Drawing

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that keys arrive here."""
        super().focusInEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw histogram, curve, points and colours."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = colours()
        painter.fillRect(
            self._plot.adjusted(-EDGE_PX / 2, -EDGE_PX / 2, EDGE_PX / 2, EDGE_PX / 2), QColor(palette.window)
        )
        painter.setPen(QPen(QColor(palette.accent if self.hasFocus() else palette.hairline), 1.0))
        painter.drawRect(self._plot.adjusted(-EDGE_PX / 2, -EDGE_PX / 2, EDGE_PX / 2, EDGE_PX / 2))
        self._paint_histogram(painter)
        if self._functions is not None:
            self._paint_curve(painter, self._functions)
            self._paint_bar(painter, self._functions)

    def _paint_histogram(self, painter: QPainter) -> None:
        found = self._distribution
        if found is None or not found.counts.any():
            return
        if self._histogram is None or self._histogram[0] != self.size():
            self._histogram = (self.size(), self._histogram_path(found))
        painter.fillPath(self._histogram[1], QColor(colours().hairline))

    def _histogram_path(self, found: ValueDistribution) -> QPainterPath:
        heights = np.log1p(found.counts) / math.log1p(float(found.counts.max()))
        edges = np.linspace(found.lowest, found.highest, len(heights) + 1)
        path = QPainterPath(self.place_of(found.lowest, 0.0))
        for height, middle in zip(heights, (edges[1:] + edges[:-1]) / 2, strict=True):
            path.lineTo(self.place_of(float(middle), float(height)))
        path.lineTo(self.place_of(found.highest, 0.0))
        path.closeSubpath()
        return path

    def _paint_curve(self, painter: QPainter, functions: TransferFunctions) -> None:
        places = [self.place_of(point.value, point.opacity) for point in functions.opacity]
        line = [QPointF(self._plot.left(), places[0].y()), *places, QPointF(self._plot.right(), places[-1].y())]
        painter.setPen(QPen(QColor(colours().text), 1.5))
        painter.drawPolyline(QPolygonF(line))
        for index, (place, point) in enumerate(zip(places, functions.opacity, strict=True)):
            is_chosen = index == self.chosen
            painter.setPen(QPen(QColor(colours().measurement if is_chosen else colours().text), 1.5))
            painter.setBrush(_qt(functions.color_at(point.value)))
            size = POINT_PX + (1.5 if is_chosen else 0.0)
            painter.drawEllipse(place, size, size)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_bar(self, painter: QPainter, functions: TransferFunctions) -> None:
        bar = self._bar
        gradient = QLinearGradient(bar.left(), 0.0, bar.right(), 0.0)
        for step in range(65):
            gradient.setColorAt(
                step / 64, _qt(functions.color_at(self._value_at(bar.left() + bar.width() * step / 64)))
            )
        painter.fillRect(bar, gradient)
        painter.setPen(QPen(QColor(colours().text), 1.0))
        for point in functions.color:
            x = self._x(point.value)
            painter.drawLine(QPointF(x, bar.bottom()), QPointF(x, bar.bottom() + EDGE_PX / 2))


def _qt(color: Color) -> QColor:
    return QColor.fromRgbF(*color)


def _range(functions: TransferFunctions, distribution: ValueDistribution | None) -> tuple[float, float]:
    """Return the values from the left to the right edge: those there are, else those of the points."""
    if distribution is not None and distribution.highest > distribution.lowest:
        return distribution.lowest, distribution.highest
    low, high = functions.opacity[0].value, functions.opacity[-1].value
    return (low, high) if high > low else (low, low + 1.0)
