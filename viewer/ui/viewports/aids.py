"""What appears over a picture only while the hand does something: probe, magnifier, region, window slider."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from viewer.imaging.viewport_image import RenderedViewport
from viewer.imaging.voi_lut import Window
from viewer.ui.overlays.outlined_text import draw_text, line_height, text_width
from viewer.ui.overlays.painting import NORMAL_PX
from viewer.ui.overlays.window_slider import SliderScale, paint_slider
from viewer.ui.theme import colours

_AWAY = 14.0
"""How far from the pointer its text stands."""


@dataclass(frozen=True, slots=True, eq=False)
class Glass:
    """A magnified part of the picture, around a point of the viewport."""

    rendered: RenderedViewport
    image: QImage
    middle: QPointF


class Aids(QGraphicsObject):
    """An item over FinishedPixels; it never holds identity, which is the picture's."""

    def __init__(self) -> None:
        super().__init__()
        self._area = QRectF()
        self.probe: tuple[QPointF, tuple[str, ...]] | None = None
        self.region: QRectF | None = None
        self.outline: QPolygonF | None = None
        self.glass: Glass | None = None
        self.slider: tuple[SliderScale, Window] | None = None
        self.setVisible(False)

    def resize(self, area: QRectF) -> None:
        """Fill another area."""
        self.prepareGeometryChange()
        self._area = area

    def changed(self) -> None:
        """Draw again after something was put here or taken away."""
        self.setVisible(
            any(each is not None for each in (self.probe, self.region, self.outline, self.glass, self.slider))
        )
        self.update()

    def boundingRect(self) -> QRectF:
        """Return the whole viewport."""
        return self._area

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw what there is."""
        if self.glass is not None:
            self._paint_glass(painter, self.glass)
        if self.region is not None:
            self._frame(painter, self.region, colours().measurement)
        if self.outline is not None:
            self._paint_outline(painter, self.outline)
        if self.slider is not None:
            paint_slider(painter, self._area, *self.slider)
        if self.probe is not None:
            self._paint_probe(painter, *self.probe)

    def _paint_glass(self, painter: QPainter, glass: Glass) -> None:
        ratio = painter.device().devicePixelRatio()
        glass.image.setDevicePixelRatio(ratio)
        width, height = glass.image.width() / ratio, glass.image.height() / ratio
        area = QRectF(glass.middle.x() - width / 2, glass.middle.y() - height / 2, width, height)
        painter.drawImage(area.topLeft(), glass.image)
        self._frame(painter, area, colours().accent)

    def _paint_probe(self, painter: QPainter, at: QPointF, lines: tuple[str, ...]) -> None:
        height, width = line_height(NORMAL_PX), max(text_width(line, NORMAL_PX) for line in lines)
        x = at.x() + _AWAY if at.x() + _AWAY + width < self._area.right() else at.x() - _AWAY - width
        y = at.y() + _AWAY if at.y() + _AWAY + height * len(lines) < self._area.bottom() else at.y() - _AWAY
        y -= height * len(lines) if y < at.y() else 0.0
        for line in lines:
            draw_text(painter, x, y, line, NORMAL_PX, colours().measurement)
            y += height

    @staticmethod
    def _paint_outline(painter: QPainter, outline: QPolygonF) -> None:
        """Draw the way of the hand, and dashed how it closes."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for tone, width in ((colours().overlay_outline, 3.0), (colours().measurement, 1.2)):
            pen = QPen(QColor(tone), width)
            painter.setPen(pen)
            painter.drawPolyline(outline)
            pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.drawLine(outline.last(), outline.first())

    @staticmethod
    def _frame(painter: QPainter, area: QRectF, colour: str) -> None:
        pen = QPen(QColor(colour))
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area)
