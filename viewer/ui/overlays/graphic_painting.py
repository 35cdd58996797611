"""Draws graphics and texts over an image with a dark halo, so that they read over any pixels. Lengths: logical pixels.

What was drawn for a placement is kept as a picture until the placement or what is drawn changes.
"""

from collections.abc import Callable, Hashable, Sequence

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from viewer.dicom.graphic_objects import GraphicLayer, GraphicStyle, Justification, TextObject
from viewer.imaging.spatial_transform import ImagePlacement
from viewer.ui.overlays.graphic_paths import THIN_PX, GraphicPaths, grey_name, transform_of
from viewer.ui.overlays.outlined_text import draw_text, line_height, text_width
from viewer.ui.overlays.painting import NORMAL_PX
from viewer.ui.theme import colours

HALO_OPACITY = 0.62


class HaloedPicture:
    """A transparent picture the size of a viewport, with a halo about what is drawn in it."""

    def __init__(self) -> None:
        self._key: Hashable = None
        self._lines: QImage | None = None
        self._halo: QImage | None = None

    def paint(self, painter: QPainter, area: QRectF, key: Hashable, draw: Callable[[QPainter], None]) -> None:
        """Draw over something.

        Args:
            painter: Of the viewport.
            area: Of the viewport.
            key: What the picture depends on; with the same one as before it is not drawn again.
            draw: Draws lines, in logical pixels.
        """
        ratio = painter.device().devicePixelRatio()
        size = max(1, round(area.width() * ratio)), max(1, round(area.height() * ratio))
        key = (key, size, ratio)
        if self._key != key or self._lines is None:
            self._draw(size, ratio, draw)
            self._key = key
        if self._lines is None or self._halo is None:
            return
        painter.setOpacity(HALO_OPACITY)
        painter.drawImage(area.topLeft(), self._halo)
        painter.setOpacity(1.0)
        painter.drawImage(area.topLeft(), self._lines)

    def _draw(self, size: tuple[int, int], ratio: float, draw: Callable[[QPainter], None]) -> None:
        import cv2

        width, height = size
        lines = self._lines
        if lines is None or (lines.width(), lines.height()) != size:
            lines = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
        lines.setDevicePixelRatio(ratio)
        lines.fill(0)
        own = QPainter(lines)
        own.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw(own)
        own.end()
        pixels = np.frombuffer(lines.constBits(), np.uint8).reshape(height, lines.bytesPerLine() // 4, 4)[:, :width]
        reach = 2 * max(1, round(ratio)) + 1
        spread = cv2.dilate(cv2.extractChannel(pixels, 3), np.ones((reach, reach), np.uint8))
        halo = QImage(spread.data, width, height, spread.strides[0], QImage.Format.Format_Alpha8).copy()
        halo.setDevicePixelRatio(ratio)
        self._lines, self._halo = lines, halo


class LayersPainter:
    """Draws the layers of a presentation state."""

    def __init__(self) -> None:
        self._layers: tuple[GraphicLayer, ...] = ()
        self._paths = GraphicPaths(())
        self._picture = HaloedPicture()

    def paint(
        self, painter: QPainter, area: QRectF, layers: tuple[GraphicLayer, ...], placement: ImagePlacement
    ) -> None:
        """Draw layers in their order.

        Args:
            painter: Of the viewport.
            area: Of the viewport.
            layers: The same tuple as long as they are the same.
            placement: Of the image, in device pixels.
        """
        if not layers:
            return
        if layers is not self._layers:
            ordered = sorted(layers, key=lambda layer: layer.order)
            self._paths = GraphicPaths((each, layer_colour(layer)) for layer in ordered for each in layer.graphics)
            self._layers = layers
        ratio = painter.device().devicePixelRatio()

        def draw(own: QPainter) -> None:
            self._paths.paint(own, placement, ratio)
            for layer in layers:
                paint_anchor_lines(own, layer.texts, placement, ratio, layer_colour(layer))

        painter.save()
        painter.setClipRect(area)
        self._picture.paint(painter, area, (id(layers), placement.forward), draw)
        for layer in sorted(layers, key=lambda each: each.order):
            for text in layer.texts:
                paint_text_object(painter, text, placement, ratio, layer_colour(layer))
        painter.restore()


def layer_colour(layer: GraphicLayer) -> str:
    """Return the colour a layer recommends, or that of texts."""
    if layer.rgb is not None:
        return QColor(*layer.rgb).name()
    return grey_name(layer.p_value) if layer.p_value is not None else colours().overlay_text


def style_colour(style: GraphicStyle, colour: str) -> str:
    """Return the colour of a style, or that of its layer where it tells none."""
    if style.rgb is not None:
        return QColor(*style.rgb).name()
    return grey_name(style.p_value) if style.p_value is not None else colour


def text_area(text: TextObject, placement: ImagePlacement, ratio: float) -> QRectF:
    """Return where the lines of a text stand: from the top of its box, or beside its anchor."""
    lines = text.text.splitlines() or [""]
    width, height = max(text_width(line, NORMAL_PX) for line in lines), line_height(NORMAL_PX) * len(lines)
    if text.box is not None:
        transform = transform_of(text.units, placement, ratio)
        box = QRectF(transform.map(QPointF(*text.box[0])), transform.map(QPointF(*text.box[1]))).normalized()
        room = {Justification.LEFT: 0.0, Justification.CENTER: 0.5, Justification.RIGHT: 1.0}[text.justification]
        return QRectF(box.left() + (box.width() - width) * room, box.top(), width, height)
    at = transform_of(text.anchor_units, placement, ratio).map(QPointF(*(text.anchor or (0.0, 0.0))))
    return QRectF(at.x() + 4.0, at.y() - height / 2, width, height)


def paint_text_object(
    painter: QPainter, text: TextObject, placement: ImagePlacement, ratio: float, colour: str
) -> None:
    """Draw a text, upright whatever the image's turn; it is taken as it is, nothing in it is markup."""
    place = text_area(text, placement, ratio)
    tone = style_colour(text.style, colour)
    share = {Justification.LEFT: 0.0, Justification.CENTER: 0.5, Justification.RIGHT: 1.0}[text.justification]
    for number, line in enumerate(text.text.splitlines()):
        shift = (place.width() - text_width(line, NORMAL_PX)) * share
        draw_text(painter, place.left() + shift, place.top() + number * line_height(NORMAL_PX), line, NORMAL_PX, tone)


def paint_anchor_lines(
    painter: QPainter, texts: Sequence[TextObject], placement: ImagePlacement, ratio: float, colour: str
) -> None:
    """Draw the lines from texts to what they belong to, where they are wanted."""
    for text in texts:
        if text.anchor is not None and text.is_anchor_visible and text.box is not None:
            at = transform_of(text.anchor_units, placement, ratio).map(QPointF(*text.anchor))
            painter.setPen(QPen(QColor(style_colour(text.style, colour)), THIN_PX))
            painter.drawLine(leader(text_area(text, placement, ratio), at))


def leader(box: QRectF, at: QPointF) -> QLineF:
    """Return the line from the nearest point of a box's edge to a point."""
    x, y = min(max(at.x(), box.left()), box.right()), min(max(at.y(), box.top()), box.bottom())
    return QLineF(QPointF(x, y), at)
