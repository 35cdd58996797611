"""Draws graphics and texts over an image with a dark halo, so that they read over any pixels. Lengths: logical pixels.

What was drawn for a placement is kept as a picture until the placement or what is drawn changes.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from viewer.dicom.graphic_objects import GraphicLayer, GraphicStyle, Justification, TextObject
from viewer.imaging.spatial_transform import ImagePlacement
from viewer.ui.overlays.colour_planes import ColourPlanes
from viewer.ui.overlays.graphic_paths import THIN_PX, GraphicPaths, Pen, grey_name, transform_of
from viewer.ui.overlays.outlined_text import draw_text, line_height, text_width
from viewer.ui.overlays.painting import NORMAL_PX
from viewer.ui.theme import colours

HALO_OPACITY = 0.62
MARGIN_PX = 96
"""Beyond the viewport's edges, for pictures that are moved."""


class Drawing(Protocol):
    """What is drawn into a picture."""

    @property
    def quick(self) -> frozenset[Pen]:
        """What can be drawn quickly."""

    def draw_quickly(self, planes: ColourPlanes, placement: ImagePlacement, ratio: float) -> None:
        """Draw that, in device pixels."""

    def has_more_than(self, pens: frozenset[Pen]) -> bool:
        """Whether there is something else."""

    def paint(
        self, painter: QPainter, placement: ImagePlacement, ratio: float, *, drawn: frozenset[Pen] = frozenset()
    ) -> None:
        """Draw all but what is drawn, in logical pixels."""


class HaloedPicture:
    """Lines with a halo, kept as a transparent picture; one that is only moved is copied from where it is.

    While the hand moves they may be drawn quickly; at rest they are drawn by Qt.
    """

    def __init__(self) -> None:
        self._key: Hashable = None
        self._shift = (0.0, 0.0)
        self._margin = 0
        self._is_quick = False
        self._picture: QImage | None = None
        self._planes: ColourPlanes | None = None

    def paint(
        self,
        painter: QPainter,
        area: QRectF,
        key: Hashable,
        placement: ImagePlacement,
        drawing: Drawing,
        *,
        is_moving: bool = False,
    ) -> None:
        """Draw over something.

        Args:
            painter: Of the viewport.
            area: Of the viewport; its top left corner is 0, 0.
            key: What the picture depends on, beside the placement.
            placement: Of the image, in device pixels.
            drawing: What is drawn.
            is_moving: Whether the hand moves.
        """
        ratio = painter.device().devicePixelRatio()
        size = max(1, round(area.width() * ratio)), max(1, round(area.height() * ratio))
        a, b, x, c, d, y = placement.forward
        key = (key, size, ratio, a, b, c, d)
        moved = (x - self._shift[0], y - self._shift[1])
        is_same = self._key == key and self._picture is not None and all(part == round(part) for part in moved)
        is_same = is_same and (is_moving or not self._is_quick)
        if not is_same or max(map(abs, moved)) > self._margin:
            self._margin = MARGIN_PX if self._key == key else 0  # what was moved once will be moved again
            whole = size[0] + 2 * self._margin, size[1] + 2 * self._margin
            self._draw(whole, ratio, placement, drawing, is_moving=is_moving)
            self._key, self._shift, moved = key, (x, y), (0.0, 0.0)
        if self._picture is not None:
            corner = QPointF((moved[0] - self._margin) / ratio, (moved[1] - self._margin) / ratio)
            painter.drawImage(corner, self._picture)

    def _draw(
        self,
        size: tuple[int, int],
        ratio: float,
        placement: ImagePlacement,
        drawing: Drawing,
        *,
        is_moving: bool,
    ) -> None:
        width, height = size
        picture = self._picture
        if picture is None or (picture.width(), picture.height()) != size:
            picture = self._picture = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
        picture.setDevicePixelRatio(ratio)
        place = placement.cropped(-self._margin, -self._margin, width - self._margin, height - self._margin)
        pixels = np.frombuffer(picture.bits(), np.uint8).reshape(height, picture.bytesPerLine() // 4, 4)
        reach, drawn = max(1, round(ratio)), drawing.quick if is_moving else frozenset[Pen]()
        self._is_quick = bool(drawn)
        is_all = bool(drawn) and not drawing.has_more_than(drawn)
        if drawn:
            if self._planes is None or self._planes.size != size:
                self._planes = ColourPlanes(*size)
            self._planes.clear()
            drawing.draw_quickly(self._planes, place, ratio)
            self._planes.finish(pixels, reach if is_all else 0, round(HALO_OPACITY * 255))
        else:
            picture.fill(0)
        if not is_all:
            own = QPainter(picture)
            own.setRenderHint(QPainter.RenderHint.Antialiasing)
            drawing.paint(own, place, ratio, drawn=drawn)
            own.end()
            _add_halo(pixels, reach)


def _add_halo(pixels: NDArray[np.uint8], reach: int) -> None:
    """Lay a halo under lines: it is black, so that of its premultiplied pixels only the opacity is not 0."""
    import cv2

    opacity = cv2.extractChannel(pixels, 3)
    around = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    halo = cv2.convertScaleAbs(cv2.dilate(opacity, around), alpha=HALO_OPACITY)
    cv2.insertChannel(cv2.max(opacity, halo), pixels, 3)


class _LayersDrawing(NamedTuple):
    """The lines of layers."""

    paths: GraphicPaths
    layers: tuple[GraphicLayer, ...]

    @property
    def quick(self) -> frozenset[Pen]:
        """Nothing: layers lie still."""
        return frozenset()

    def draw_quickly(self, planes: ColourPlanes, placement: ImagePlacement, ratio: float) -> None:
        """Draw nothing."""

    def has_more_than(self, pens: frozenset[Pen]) -> bool:
        """Whether there is something else."""
        return self.paths.has_more_than(pens)

    def paint(
        self, painter: QPainter, placement: ImagePlacement, ratio: float, *, drawn: frozenset[Pen] = frozenset()
    ) -> None:
        """Draw the rest."""
        self.paths.paint(painter, placement, ratio, drawn=drawn)
        for layer in self.layers:
            paint_anchor_lines(painter, layer.texts, placement, ratio, layer_colour(layer))


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

        painter.save()
        painter.setClipRect(area)
        self._picture.paint(painter, area, id(layers), placement, _LayersDrawing(self._paths, layers))
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
