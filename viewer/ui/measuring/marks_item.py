"""Draws the marks of a picture: lines with a halo, handles of one size on screen, and words beside them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from viewer.dicom.graphic_objects import GraphicUnits
from viewer.imaging.spatial_transform import ImagePlacement, Point
from viewer.ui.measuring.label_pictures import LabelPictures
from viewer.ui.measuring.mark_labels import NO_WORDS, Label, PlacedWords
from viewer.ui.measuring.mark_shapes import Hold, MarkShape, Part
from viewer.ui.overlays.graphic_painting import HaloedPicture
from viewer.ui.overlays.graphic_paths import GraphicPaths, transform_of
from viewer.ui.theme import colours

HANDLE_PX, HELD_PX = 3.5, 5.5
_LINE, _OUTLINE = 1.5, 3.4
_MANY = 40
"""More marks than so many in the hand are drawn as the others are."""
_LEADER_PX = 30.0
"""Words farther than this from their mark are led to it by a line."""
_SNAP_PX = 7.0
_GLASS_GAP_PX, _GLASS_CROSS_PX = 3.0, 10.0
_PIXEL = GraphicUnits.PIXEL


@dataclass(frozen=True, slots=True, eq=False)
class MarkView:
    """What is drawn.

    Attributes:
        shapes: Of all marks; the same objects as long as they are the same.
        placement: Of the picture, in device pixels; None for no picture.
        lively: Uids of marks that are selected, held or under the pointer.
        selected: Uids.
        hold: What is under the pointer, or in the hand.
        snapped: Where a point was drawn to, in image points.
        glass: Where the loupe is, in logical pixels, and where image points are in it; None for none.
        is_at_rest: Whether the hand rests: then lines are drawn as fine as can be.
    """

    shapes: tuple[MarkShape, ...] = ()
    placement: ImagePlacement | None = None
    lively: frozenset[str] = frozenset()
    selected: frozenset[str] = frozenset()
    words: PlacedWords = NO_WORDS
    hold: Hold | None = None
    snapped: Point | None = None
    glass: tuple[QRectF, ImagePlacement] | None = None
    is_at_rest: bool = False

    @property
    def labels(self) -> tuple[Label, ...]:
        """The words beside the marks."""
        return self.words.labels


@dataclass(slots=True)
class _Kept:
    """Lines of the marks that lie still, and of which marks they are: of all, but for those that lie apart."""

    shapes: tuple[MarkShape, ...] = ()
    paths: GraphicPaths = field(default_factory=lambda: GraphicPaths(()))
    version: int = 0
    of: tuple[MarkShape, ...] = ()
    apart: frozenset[str] = frozenset()


class MarksItem(QGraphicsObject):
    """An item over a viewport's pixels.

    Args:
        placement_of_pixels: Returns where image points are in the pixels on screen; None while there are none.
            Marks are drawn over the pixels they belong to, and over nothing else.
    """

    def __init__(self, placement_of_pixels: Callable[[], ImagePlacement | None]) -> None:
        super().__init__()
        self._placement_of_pixels = placement_of_pixels
        self._area = QRectF()
        self.view = MarkView()
        self._kept = _Kept()
        self._picture = HaloedPicture()
        self._words = LabelPictures()
        self.setVisible(False)

    def resize(self, area: QRectF) -> None:
        """Fill another area."""
        self.prepareGeometryChange()
        self._area = area

    def show_view(self, view: MarkView) -> None:
        """Draw something else."""
        self.view = view
        self.setVisible(bool(view.shapes) or view.snapped is not None)
        self.update()

    def boundingRect(self) -> QRectF:
        """Return the whole viewport."""
        return self._area

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw what there is."""
        view, placement = self.view, self._placement_of_pixels()
        if placement is None or view.placement is None or placement.forward != view.placement.forward:
            return
        ratio = painter.device().devicePixelRatio()
        lively = [shape for shape in view.shapes if shape.uid in view.lively] if view.lively else []
        apart = view.lively if len(lively) <= _MANY else frozenset()
        self._keep(view.shapes, apart)
        painter.save()
        painter.setClipRect(self._area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._kept.shapes:
            kept = self._kept
            is_moving = not view.is_at_rest
            self._picture.paint(painter, self._area, kept.version, placement, kept.paths, is_moving=is_moving)
        if apart:
            self._paint_lively(painter, lively, placement, ratio)
        self._paint_words(painter)
        self._paint_aids(painter, placement, ratio)
        painter.restore()

    def _keep(self, shapes: tuple[MarkShape, ...], apart: frozenset[str]) -> None:
        kept = self._kept
        if shapes is kept.of and apart == kept.apart:
            return
        still = tuple(shape for shape in shapes if shape.uid not in apart) if apart else shapes
        if len(still) != len(kept.shapes) or any(a is not b for a, b in zip(still, kept.shapes, strict=True)):
            inked = ((graphic, colour_of(shape)) for shape in still for graphic in shape.graphics)
            kept = self._kept = _Kept(still, GraphicPaths(inked), kept.version + 1)
        kept.of, kept.apart = shapes, apart

    def _paint_lively(
        self, painter: QPainter, shapes: Sequence[MarkShape], placement: ImagePlacement, ratio: float
    ) -> None:
        view = self.view
        for shape in shapes:
            colour = colours().selected if shape.uid in view.selected else colour_of(shape)
            paths = GraphicPaths((graphic, colour) for graphic in shape.graphics)
            paths.paint(painter, placement, ratio, widen=_OUTLINE, colour=colours().overlay_outline)
            paths.paint(painter, placement, ratio, widen=_LINE, colour=colour)
        transform = transform_of(_PIXEL, placement, ratio)
        for shape in shapes:
            if shape.annotation.is_locked:
                continue
            for number, point in shape.handles:
                is_held = view.hold is not None and view.hold == Hold(shape.uid, Part.HANDLE, number)
                self._paint_handle(painter, transform.map(QPointF(*point)), colour_of(shape), is_held=is_held)

    @staticmethod
    def _paint_handle(painter: QPainter, at: QPointF, colour: str, *, is_held: bool) -> None:
        radius = HELD_PX if is_held else HANDLE_PX
        painter.setPen(QPen(QColor(colours().overlay_outline), 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush if is_held else QColor(colour))
        painter.drawEllipse(at, radius + 0.8, radius + 0.8)
        if is_held:  # the point itself stays in sight
            painter.setPen(QPen(QColor(colours().selected), 1.4))
            painter.drawEllipse(at, radius, radius)

    def _paint_words(self, painter: QPainter) -> None:
        words, selected = self.view.words, self.view.selected
        if not words.shapes:
            return
        plain, chosen = colours().measurement, colours().selected
        tones = [
            chosen if selected and shape.uid in selected else shape.annotation.colour or plain for shape in words.shapes
        ]
        leaders = words.leaders(_LEADER_PX)
        for name in {tones[at] for at in leaders}:
            tone = QColor(name)
            tone.setAlpha(150)
            painter.setPen(QPen(tone, 1.0))
            painter.drawLines([QLineF(*line) for at, line in leaders.items() if tones[at] == name])
        self._words.paint(painter, words, tones)

    def _paint_aids(self, painter: QPainter, placement: ImagePlacement, ratio: float) -> None:
        view = self.view
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if view.snapped is not None:
            at = transform_of(_PIXEL, placement, ratio).map(QPointF(*view.snapped))
            painter.setPen(QPen(QColor(colours().accent), 1.5))
            painter.drawRect(QRectF(at.x() - _SNAP_PX, at.y() - _SNAP_PX, 2 * _SNAP_PX, 2 * _SNAP_PX))
        if view.glass is not None:
            self._paint_in_glass(painter, *view.glass, ratio)

    def _paint_in_glass(self, painter: QPainter, area: QRectF, placement: ImagePlacement, ratio: float) -> None:
        """Draw the marks in the hand over the loupe, thin: it is there to see what is under them."""
        painter.save()
        painter.setClipRect(area)
        painter.translate(area.topLeft())
        for shape in self.view.shapes:
            if shape.uid in self.view.lively:
                GraphicPaths((each, colour_of(shape)) for each in shape.graphics).paint(painter, placement, ratio)
        painter.restore()
        middle = area.center()
        painter.setPen(QPen(QColor(colours().selected), 1.0))
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            way = QPointF(dx, dy)
            painter.drawLine(middle + way * _GLASS_GAP_PX, middle + way * _GLASS_CROSS_PX)


def colour_of(shape: MarkShape) -> str:
    """Return the colour of a mark: its own, or that of measurements."""
    return shape.annotation.colour or colours().measurement
