"""A diagram of curves over phases: the pointer reads all of them at one phase, a click goes to it."""

import html
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.ui.theme import colours

_LINE_PX, _DOT_PX, _BAND_ALPHA, _PICTURE_SCALE = 1.8, 6, 40, 2
_LEGEND_GROUND = (0, 0, 0, 110)
_MANY = 120
"""From so many phases on dots would hide the line."""


@dataclass(frozen=True, slots=True, eq=False)
class PlottedCurve:
    """A curve as it is drawn.

    Attributes:
        phases: The number of each point's phase, from 0.
        places: Where they stand along the axis, growing.
        values: NaN where there is none.
        band: Half the height of the band around each value; NaN for none.
    """

    title: str
    colour: str
    phases: tuple[int, ...]
    places: tuple[float, ...]
    values: tuple[float, ...]
    band: tuple[float, ...] = ()


class CurvePlot(QWidget):
    """Left and right go from phase to phase while it has the keyboard.

    Signals:
        read_changed: The phase the pointer is at; None when it left.
        phase_wanted: A phase that was clicked, or gone to by a key.
    """

    read_changed = Signal(object)
    phase_wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._curves: tuple[PlottedCurve, ...] = ()
        self._shown: int | None = None
        self._read: int | None = None
        self.plot = pg.PlotWidget(background=colours().panel)
        self.plot.setMenuEnabled(False)
        self.plot.setMouseEnabled(False, False)
        self.plot.hideButtons()
        self.plot.showGrid(x=True, y=True, alpha=0.15)
        for side in ("bottom", "left"):
            axis = self.plot.getAxis(side)
            axis.enableAutoSIPrefix(False)
            axis.setPen(colours().hairline)
            axis.setTextPen(colours().secondary)
        self._legend = self.plot.addLegend(offset=(-8, 8), labelTextColor=colours().text, brush=_LEGEND_GROUND)
        self._marker = pg.InfiniteLine(angle=90, movable=False, pen=pg.mkPen(colours().accent, width=1.2))
        self._cursor = pg.InfiniteLine(
            angle=90, movable=False, pen=pg.mkPen(colours().secondary, width=1, style=Qt.PenStyle.DashLine)
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(_("Curves over phases"))
        self.plot.viewport().setMouseTracking(True)
        self.plot.viewport().installEventFilter(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)

    def show_curves(self, curves: Sequence[PlottedCurve], across: str, up: str) -> None:
        """Draw other curves.

        Args:
            curves: Over one axis.
            across: What the axis is, plain text.
            up: What the values are, plain text.
        """
        self._curves = tuple(curves)
        self.plot.clear()
        self._legend.clear()
        self.plot.setLabel("bottom", html.escape(across), color=colours().secondary)
        self.plot.setLabel("left", html.escape(up), color=colours().secondary)
        for curve in self._curves:
            self._draw(curve)
        self.plot.addItem(self._marker, ignoreBounds=True)
        self.plot.addItem(self._cursor, ignoreBounds=True)
        self.plot.autoRange(padding=0.06)
        self._place(self._marker, self._shown)
        self._place(self._cursor, self._read)

    def show_phase(self, phase: int | None) -> None:
        """Mark the phase that is shown on screen."""
        self._shown = phase
        self._place(self._marker, phase)

    def picture(self) -> QImage:
        """Return the diagram as a picture, finer than the screen."""
        size = self.plot.size()
        image = QImage(size * _PICTURE_SCALE, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(_PICTURE_SCALE)
        image.fill(QColor(colours().panel))
        painter = QPainter(image)
        self._cursor.setVisible(False)
        self.plot.render(painter)
        self._place(self._cursor, self._read)
        painter.end()
        return image

    def place_on_screen(self, phase: int) -> QPointF | None:
        """Return where a phase is, in the widget's own points; None where there is none."""
        place = self._place_of(phase)
        if place is None:
            return None
        box = self.plot.getViewBox()
        scene = box.mapViewToScene(QPointF(place, sum(box.viewRange()[1]) / 2))
        return QPointF(self.plot.viewport().mapTo(self, self.plot.mapFromScene(scene)))

    # The hand

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Read at the pointer, and go to the phase of a click."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove:
            self._set_read(self._phase_at(event.position()))
        elif event.type() == QEvent.Type.Leave:
            self._set_read(None)
        elif isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            phase = self._phase_at(event.position())
            if phase is not None and event.button() == Qt.MouseButton.LeftButton:
                self.setFocus(Qt.FocusReason.MouseFocusReason)
                self.phase_wanted.emit(phase)
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from phase to phase."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        phases = sorted({phase for curve in self._curves for phase in curve.phases})
        if step is None or not phases:
            super().keyPressEvent(event)
            return
        at = bisect_left(phases, self._shown) if self._shown is not None else 0
        self.phase_wanted.emit(phases[min(max(at + step, 0), len(phases) - 1)])

    def _set_read(self, phase: int | None) -> None:
        if phase != self._read:
            self._read = phase
            self._place(self._cursor, phase)
            self.read_changed.emit(phase)

    def _phase_at(self, at: QPointF) -> int | None:
        """Return the phase that is nearest to a point of the diagram; None outside it."""
        box = self.plot.getViewBox()
        scene = self.plot.mapToScene(at.toPoint())
        if not self._curves or not box.sceneBoundingRect().contains(scene):
            return None
        x = box.mapSceneToView(scene).x()
        points = [
            (abs(place - x), phase)
            for curve in self._curves
            for place, phase in zip(curve.places, curve.phases, strict=True)
        ]
        return min(points)[1] if points else None

    # Drawing

    def _draw(self, curve: PlottedCurve) -> None:
        pen = pg.mkPen(curve.colour, width=_LINE_PX)
        if curve.band and any(math.isfinite(half) for half in curve.band):
            places, values, halves = (np.array(each) for each in (curve.places, curve.values, curve.band))
            has_value, halves = np.isfinite(values), np.nan_to_num(halves)
            low, high = (
                pg.PlotCurveItem(places[has_value], (values + side * halves)[has_value], pen=None) for side in (-1, 1)
            )
            shade = QColor(curve.colour)
            shade.setAlpha(_BAND_ALPHA)
            for item in (low, high):
                self.plot.addItem(item)
            self.plot.addItem(pg.FillBetweenItem(low, high, brush=shade))
        symbol = "o" if len(curve.places) <= _MANY else None
        self.plot.plot(
            curve.places,
            curve.values,
            pen=pen,
            symbol=symbol,
            symbolSize=_DOT_PX,
            symbolBrush=curve.colour,
            symbolPen=None,
            name=html.escape(curve.title),
            connect="finite",
        )

    def _place(self, line: pg.InfiniteLine, phase: int | None) -> None:
        place = None if phase is None else self._place_of(phase)
        line.setVisible(place is not None)
        if place is not None:
            line.setValue(place)

    def _place_of(self, phase: int) -> float | None:
        return next((curve.places[curve.phases.index(phase)] for curve in self._curves if phase in curve.phases), None)
