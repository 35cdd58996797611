"""The words beside the marks of one picture: their places, kept while the picture moves under the hand."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from viewer.imaging.spatial_transform import ImagePlacement, Point
from viewer.measurement.annotation import Annotation
from viewer.ui.measuring.label_layout import Box, LabelWish, placed_labels
from viewer.ui.measuring.mark_shapes import MarkShape
from viewer.ui.overlays.outlined_text import draw_text, line_height, shortened, text_width
from viewer.ui.overlays.painting import SMALL_PX

LABEL_X, LABEL_Y = "label_x", "label_y"
"""Parameters that keep where the reader put the words: image pixels from the label's point."""
WIDEST_PX = 300.0
_EDGE_PX = 4.0
_FEW = 60
"""So many labels are laid out anew with every change; more when the hand rests."""


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """Words on screen, in logical pixels."""

    shape: MarkShape
    box: QRectF
    lines: tuple[str, ...]
    anchor: Point


def own_offset(annotation: Annotation) -> Point | None:
    """Return where the reader put the words of a mark, in image pixels from its label's point; None for nowhere."""
    x, y = annotation.parameter(LABEL_X, ""), annotation.parameter(LABEL_Y, "")
    return (x, y) if isinstance(x, float) and isinstance(y, float) else None


class MarkLabels:
    """Belongs to one viewport."""

    def __init__(self) -> None:
        self._offsets: dict[str, Point] = {}
        self._shapes: tuple[MarkShape, ...] = ()
        self._points = np.zeros((0, 2))
        self._bounds = np.zeros((0, 4))
        self._forward: tuple[float, ...] = ()
        self.labels: tuple[Label, ...] = ()

    def follow(
        self,
        shapes: Sequence[MarkShape],
        placement: ImagePlacement,
        ratio: float,
        area: QRectF,
        wanted: frozenset[str],
        *,
        is_at_rest: bool,
        taken: Sequence[Box] = (),
    ) -> None:
        """Follow other marks or another placement.

        Args:
            shapes: Of all marks with words.
            placement: Of the picture, in device pixels.
            ratio: Device pixels per logical pixel.
            area: Of the viewport.
            wanted: Uids of marks whose words must be shown.
            is_at_rest: Whether the hand rests: then all places are looked at again.
            taken: What must not be written over.
        """
        worded = tuple(shape for shape in shapes if shape.words)
        if len(worded) != len(self._shapes) or any(a is not b for a, b in zip(worded, self._shapes, strict=True)):
            self._shapes = worded
            self._points = np.array([shape.label_point for shape in worded], np.float64).reshape(-1, 2)
            self._bounds = np.array([shape.bounds for shape in worded], np.float64).reshape(-1, 4)
        anchors, boxes, seen = self._on_screen(placement, ratio, area)
        places = np.flatnonzero(seen)
        if len(places) <= _FEW or is_at_rest:
            wishes = [self._wish(int(at), anchors, boxes, placement, ratio, wanted) for at in places]
            is_moving = not is_at_rest and bool(self._forward) and placement.forward != self._forward
            found = placed_labels(wishes, _inner(area), self._offsets, taken, is_moving=is_moving)
            self._offsets = {**self._offsets, **found} if is_moving else found
        else:
            self._place_wanted(places, anchors, boxes, placement, ratio, wanted, area)
        self._forward = placement.forward
        self.labels = tuple(
            self._label(int(at), anchors, ratio, placement) for at in places if self._shapes[at].uid in self._offsets
        )

    def label_at(self, at: Point) -> Label | None:
        """Return the words under a point, those drawn last first."""
        return next((label for label in reversed(self.labels) if label.box.contains(*at)), None)

    def _place_wanted(
        self,
        places: NDArray[np.intp],
        anchors: NDArray[np.float64],
        boxes: NDArray[np.float64],
        placement: ImagePlacement,
        ratio: float,
        wanted: frozenset[str],
        area: QRectF,
    ) -> None:
        """Find places for labels that must be shown; all others keep theirs."""
        mine = [int(at) for at in places if self._shapes[at].uid in wanted]
        wishes = [self._wish(at, anchors, boxes, placement, ratio, wanted) for at in mine[:_FEW]]
        self._offsets.update(placed_labels(wishes, _inner(area), self._offsets))

    def _on_screen(
        self, placement: ImagePlacement, ratio: float, area: QRectF
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return the labels' points and the marks' frames on screen, and which marks are in sight."""
        a, b, shift_x, c, d, shift_y = (part / ratio for part in placement.forward)
        matrix, shift = np.array([[a, c], [b, d]]), np.array([shift_x, shift_y])
        anchors = self._points @ matrix + shift
        corners = self._bounds[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2) @ matrix + shift
        low, high = corners.min(axis=1), corners.max(axis=1)
        first, last = np.array([area.left(), area.top()]), np.array([area.right(), area.bottom()])
        seen = (high >= first).all(axis=1) & (low <= last).all(axis=1)
        low, high = np.clip(low, first, last), np.clip(high, first, last)
        # Of a mark that reaches out of sight the words stand at what is seen of it.
        return np.clip(anchors, low, np.maximum(low, high)), np.hstack([low, high]), seen

    def _wish(
        self,
        at: int,
        anchors: NDArray[np.float64],
        boxes: NDArray[np.float64],
        placement: ImagePlacement,
        ratio: float,
        wanted: frozenset[str],
    ) -> LabelWish:
        shape = self._shapes[at]
        anchor: Point = (float(anchors[at, 0]), float(anchors[at, 1]))
        bounds: Box = tuple(map(float, boxes[at]))  # type: ignore[assignment]  # four of them
        return LabelWish(
            shape.uid,
            anchor,
            bounds,
            size_of(shape.words),
            tuple(on_screen(line, placement, ratio) for line in shape.lines),
            shape.kind is not None and shape.kind.is_region,
            is_wanted=shape.uid in wanted,
            fixed=_fixed(shape, anchor, placement, ratio),
        )

    def _label(self, at: int, anchors: NDArray[np.float64], ratio: float, placement: ImagePlacement) -> Label:
        shape = self._shapes[at]
        anchor = float(anchors[at, 0]), float(anchors[at, 1])
        fixed = _fixed(shape, anchor, placement, ratio)
        offset = fixed if fixed is not None else self._offsets[shape.uid]
        width, height = size_of(shape.words)
        return Label(shape, QRectF(anchor[0] + offset[0], anchor[1] + offset[1], width, height), shape.words, anchor)


def _inner(area: QRectF) -> Box:
    return area.left() + _EDGE_PX, area.top() + _EDGE_PX, area.right() - _EDGE_PX, area.bottom() - _EDGE_PX


def on_screen(points: NDArray[np.float64], placement: ImagePlacement, ratio: float) -> NDArray[np.float64]:
    """Return where image points are seen, in logical pixels."""
    a, b, shift_x, c, d, shift_y = (part / ratio for part in placement.forward)
    seen: NDArray[np.float64] = points @ np.array([[a, c], [b, d]]) + (shift_x, shift_y)
    return seen


def _fixed(shape: MarkShape, anchor: Point, placement: ImagePlacement, ratio: float) -> Point | None:
    own = own_offset(shape.annotation)
    if own is None:
        return None
    at = shape.label_point
    x, y = placement.to_viewport((at[0] + own[0], at[1] + own[1]))
    return x / ratio - anchor[0], y / ratio - anchor[1]


def size_of(lines: Sequence[str]) -> Point:
    """Return width and height of words."""
    widest = max((text_width(line, SMALL_PX) for line in lines), default=0.0)
    return min(widest, WIDEST_PX), line_height(SMALL_PX) * len(lines)


def paint_label(painter: QPainter, label: Label, colour: str) -> None:
    """Draw the words of a mark; they are taken as they are, nothing in them is markup."""
    for number, line in enumerate(label.lines):
        text = shortened(line, SMALL_PX, WIDEST_PX)
        y = label.box.top() + number * label.box.height() / len(label.lines)
        draw_text(painter, label.box.left(), y, text, SMALL_PX, colour)
