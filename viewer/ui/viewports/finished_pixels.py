"""The surface of a viewport: finished pixels one to one on the screen's pixels, and what is written over them.

One paint call draws the pixels and the identity from one immutable picture: they cannot come apart.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsObject,
    QGraphicsScene,
    QGraphicsView,
    QStyleOptionGraphicsItem,
    QWidget,
)

from viewer.imaging.display_calibration import MoreGreys
from viewer.imaging.spatial_transform import ImagePlacement
from viewer.imaging.viewport_image import RenderedViewport
from viewer.ui.measuring.marks_item import MarksItem
from viewer.ui.overlays.graphic_painting import LayersPainter
from viewer.ui.overlays.overlay_texts import Chip, OverlayTexts
from viewer.ui.overlays.painting import paint_overlay
from viewer.ui.presenting.state_doubles import StateDoubles
from viewer.ui.reporting.report_marks_item import ReportMarksItem
from viewer.ui.segmenting.segment_painting import SegmentPainter
from viewer.ui.theme import colours
from viewer.ui.viewports.aids import Aids
from viewer.ui.viewports.cross_lines import CrossItem
from viewer.ui.volumes.clip_box import ClipBoxItem
from viewer.ui.volumes.crosshair_item import CrosshairItem
from viewer.ui.volumes.region_item import RegionItem


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What is on a viewport: pixels, or the reason why there are none, with the words that belong to them."""

    rendered: RenderedViewport | None = None
    image: QImage | None = None
    texts: OverlayTexts = field(default_factory=OverlayTexts)


NOTHING = Shown()


def picture_of(rendered: RenderedViewport) -> QImage:
    """Return the pixels as a picture without copying them; it lives no longer than rendered does."""
    return picture_of_pixels(rendered.pixels, rendered.calibration.more_greys)


def picture_of_pixels(pixels: NDArray[np.uint8] | NDArray[np.uint32], more_greys: MoreGreys) -> QImage:
    """Return pixels as a picture without copying them; it lives no longer than they do.

    Words of ten bits a channel are for surfaces of ten bits alone (surface_depth).
    """
    height, width = pixels.shape[:2]
    if pixels.ndim == 3:
        form = QImage.Format.Format_RGB888
    elif pixels.itemsize == 1:
        form = QImage.Format.Format_Grayscale8
    elif more_greys is MoreGreys.TEN_BITS:
        form = QImage.Format.Format_RGB30
    else:
        form = QImage.Format.Format_RGB32
    return QImage(pixels.data, width, height, pixels.strides[0], form)


class FinishedPixels(QGraphicsObject):
    """The item that fills a viewport."""

    def __init__(self) -> None:
        super().__init__()
        self._area = QRectF()
        self._layers = LayersPainter()
        self.segments = SegmentPainter(self.update)
        self.doubles: StateDoubles | None = None
        self.shown = NOTHING
        self.is_active = False
        self.banner = QRectF()
        self.chips: tuple[tuple[Chip, QRectF], ...] = ()
        self.taken: tuple[QRectF, ...] = ()

    def resize(self, area: QRectF) -> None:
        """Fill another area."""
        self.prepareGeometryChange()
        self._area = area

    def show_picture(self, shown: Shown) -> None:
        """Put another picture in the place of the old one."""
        self.shown = shown
        self.update()

    def placement(self) -> ImagePlacement | None:
        """Return where image points are in the pixels on screen; None while there are none."""
        return self.shown.rendered.placement if self.shown.rendered is not None else None

    def boundingRect(self) -> QRectF:
        """Return the whole viewport."""
        return self._area

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw pixels and words of one picture."""
        shown = self.shown
        painter.fillRect(self._area, QColor(colours().viewport))
        if shown.image is not None:
            ratio = painter.device().devicePixelRatio()
            shown.image.setDevicePixelRatio(ratio)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
            painter.drawImage(QPointF(0.0, 0.0), shown.image)
            self.segments.paint(painter, self._area)
        rendered = shown.rendered
        if rendered is not None and rendered.state.graphics and rendered.request.view.show_overlays:
            layers = self.doubles.without(rendered.state.graphics) if self.doubles else rendered.state.graphics
            self._layers.paint(painter, self._area, layers, rendered.placement)
        painted = paint_overlay(painter, self._area, shown.texts, is_active=self.is_active)
        self.banner, self.chips, self.taken = painted.banner, painted.chips, painted.taken


class Surface(QGraphicsView):
    """The view that shows a FinishedPixels item; mouse and keys are the viewport's business.

    A point of the scene is a point of the widget. The classes of Qt do for that: those of pyqtgraph bring all of
    pyqtgraph along, a fifth of the time to the first window.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        scene = QGraphicsScene(self)
        self.setScene(scene)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.pixels = FinishedPixels()
        self.report_marks = ReportMarksItem(self._placement)
        self.cross = CrossItem()
        self.crosshair = CrosshairItem()
        self.box = ClipBoxItem()
        self.regions = RegionItem()
        self.marks = MarksItem(self.pixels.placement)
        self.aids = Aids()
        # From the lowest to the highest; marks go over the loupe that shows what is under them.
        overlays: tuple[Any, ...] = (
            self.report_marks,
            self.cross,
            self.regions,
            self.crosshair,
            self.box,
            self.aids,
            self.marks,
        )
        self._items = (self.pixels, *overlays)
        for height, item in enumerate(self._items):
            item.setZValue(float(height))
            scene.addItem(item)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the scene as large as the widget."""
        self.setSceneRect(QRectF(self.rect()))
        super().resizeEvent(event)

    def _placement(self) -> ImagePlacement | None:
        rendered = self.pixels.shown.rendered
        return rendered.placement if rendered is not None else None

    def resize_items(self, area: QRectF) -> None:
        """Let all items fill the view."""
        for item in self._items:
            item.resize(area)
