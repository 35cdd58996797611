"""Draws segments over the pictures they belong to: a layer of device pixels, contours and points as lines."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from viewer.ui.overlays.outlined_text import draw_text, line_height
from viewer.ui.overlays.painting import NORMAL_PX
from viewer.ui.theme import colours
from viewer.workspace.segmenting.cell_layer import NOTHING, CellLayer, cell_layer
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.ui.viewports.viewport import Viewport

_CROSS_PX, _LABEL_PX = 6.0, 4.0


class SegmentPainter:
    """Paints right over a viewport's pixels, and under its words.

    Args:
        changed: Has the viewport painted anew.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._image: QImage | None = None
        self.layer = NOTHING

    def show_layer(self, layer: CellLayer) -> None:
        """Draw another layer."""
        if layer.is_empty and self.layer.is_empty:
            self.layer = layer
            return
        self.layer, self._image = layer, None
        if layer.argb is not None:
            height, width = layer.argb.shape
            form = QImage.Format.Format_ARGB32_Premultiplied
            self._image = QImage(layer.argb.data, width, height, layer.argb.strides[0], form)
        self._changed()

    def paint(self, painter: QPainter, area: QRectF) -> None:
        """Draw what there is."""
        if self.layer.is_empty:
            return
        ratio = painter.device().devicePixelRatio()
        painter.save()
        painter.setClipRect(area)
        if self._image is not None:
            self._image.setDevicePixelRatio(ratio)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
            painter.drawImage(QPointF(0.0, 0.0), self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for line, rgb in self.layer.lines:
            points = QPolygonF([QPointF(x / ratio, y / ratio) for x, y in line.tolist()])
            for colour, width in ((QColor(colours().overlay_outline), 3.2), (QColor(*rgb), 1.6)):
                painter.setPen(QPen(colour, width))
                painter.drawPolyline(points)
        for x, y, rgb, label in self.layer.points:
            _paint_point(painter, QPointF(x / ratio, y / ratio), QColor(*rgb), label)
        painter.restore()


def _paint_point(painter: QPainter, at: QPointF, colour: QColor, label: str) -> None:
    for tone, width in ((QColor(colours().overlay_outline), 3.2), (colour, 1.6)):
        painter.setPen(QPen(tone, width))
        for way in (QPointF(_CROSS_PX, 0.0), QPointF(0.0, _CROSS_PX)):
            painter.drawLine(at - way, at + way)
    top = at.y() - line_height(NORMAL_PX) / 2
    draw_text(painter, at.x() + _CROSS_PX + _LABEL_PX, top, label, NORMAL_PX, colour.name())


class SegmentLayers(QObject):
    """Keeps the segments over one window's pictures up to date.

    Args:
        workspace: Of the window.
        viewports: Of the window, by cell; read anew at every change.
        parent: Owns it.
    """

    def __init__(self, workspace: Workspace, viewports: "Mapping[int, Viewport]", parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._viewports = viewports
        self._connections: list[Callable[[], object]] = [workspace.displayed_changed.connect(self._update)]
        self._connections.append(workspace.tool_changed.connect(lambda _tool: self._tool_changed()))
        if workspace.shared.segmentations is not None:
            self._connections.append(workspace.shared.segmentations.changed.connect(lambda _uid: self.update_all()))

    def release(self) -> None:
        """Stop: the window closes."""
        for disconnect in self._connections:
            disconnect()
        self._connections.clear()

    def update_all(self) -> None:
        """Draw what there is to be drawn now."""
        for cell in tuple(self._viewports):
            self._update(cell)

    def _tool_changed(self) -> None:
        """Take the rings of brushes away."""
        for viewport in self._viewports.values():
            viewport.aids.show_outline(())

    def _update(self, cell: int) -> None:
        viewport = self._viewports.get(cell)
        if viewport is None or not viewport.isVisible():
            return
        before = viewport.segments.layer
        layer = cell_layer(self._workspace, cell, viewport.devicePixelRatioF())
        viewport.segments.show_layer(layer)
        if (before.names, before.cautions) != (layer.names, layer.cautions):
            viewport.rewrite()
