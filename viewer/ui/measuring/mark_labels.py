"""The words beside the marks of one picture: their places, kept while the picture moves under the hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

from viewer.imaging.spatial_transform import ImagePlacement, Point
from viewer.measurement.annotation import Annotation
from viewer.ui.measuring.label_layout import Box, Floats, LabelWishes, placed_labels
from viewer.ui.measuring.mark_shapes import WIDEST_PX, MarkShape
from viewer.ui.overlays.outlined_text import line_height, text_width
from viewer.ui.overlays.painting import SMALL_PX

LABEL_X, LABEL_Y = "label_x", "label_y"
"""Parameters that keep where the reader put the words: image pixels from the label's point."""
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
    if not annotation.parameters:
        return None
    x, y = annotation.parameter(LABEL_X, ""), annotation.parameter(LABEL_Y, "")
    return (x, y) if isinstance(x, float) and isinstance(y, float) else None


@dataclass(frozen=True, slots=True, eq=False)
class _Worded:
    """Marks with words, and what of them does not change with the placement."""

    shapes: tuple[MarkShape, ...]
    points: Floats
    bounds: Floats
    sizes: Floats
    is_area: NDArray[np.bool_]
    own: Mapping[int, Point]

    @classmethod
    def of(cls, shapes: tuple[MarkShape, ...]) -> "_Worded":
        """Return what is worked out once."""
        own = {at: own_offset(shape.annotation) for at, shape in enumerate(shapes)}
        return cls(
            shapes,
            np.array([shape.label_point for shape in shapes], np.float64).reshape(-1, 2),
            np.array([shape.bounds for shape in shapes], np.float64).reshape(-1, 4),
            np.array([size_of(shape.words) for shape in shapes], np.float64).reshape(-1, 2),
            np.array([shape.kind is not None and shape.kind.is_region for shape in shapes], np.bool_),
            {at: offset for at, offset in own.items() if offset is not None},
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Screen:
    """Where all that is, in logical pixels; and which marks are in sight."""

    placement: ImagePlacement
    ratio: float
    anchors: Floats
    bounds: Floats
    places: tuple[int, ...]


class MarkLabels:
    """Belongs to one viewport."""

    def __init__(self) -> None:
        self._offsets: dict[str, Point] = {}
        self._shapes: Sequence[MarkShape] = ()
        self._worded = _Worded.of(())
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
            shapes: Of all marks.
            placement: Of the picture, in device pixels.
            ratio: Device pixels per logical pixel.
            area: Of the viewport.
            wanted: Uids of marks whose words must be shown.
            is_at_rest: Whether the hand rests: then all places are looked at again.
            taken: What must not be written over.
        """
        worded = self._worded_of(shapes)
        screen = self._on_screen(placement, ratio, area)
        is_moving = not is_at_rest and bool(self._forward) and placement.forward != self._forward
        if len(screen.places) <= _FEW or is_at_rest:
            found = placed_labels(
                self._wishes(screen, screen.places, wanted), _inner(area), self._offsets, taken, is_moving=is_moving
            )
            self._offsets = {**self._offsets, **found} if is_moving else found
        elif wanted:
            mine = tuple(at for at in screen.places if worded[at].uid in wanted)[:_FEW]
            self._offsets |= placed_labels(self._wishes(screen, mine, wanted), _inner(area), self._offsets)
        self._forward = placement.forward
        fixed = self._fixed(screen, screen.places)
        anchors = screen.anchors.tolist()
        self.labels = tuple(
            self._label(at, anchors[at], fixed) for at in screen.places if worded[at].uid in self._offsets
        )

    def _worded_of(self, shapes: Sequence[MarkShape]) -> tuple[MarkShape, ...]:
        """Note the marks that have words, and return them."""
        if shapes is not self._shapes:
            self._shapes = shapes
            worded, old = tuple(shape for shape in shapes if shape.words), self._worded.shapes
            if len(worded) != len(old) or any(a is not b for a, b in zip(worded, old, strict=True)):
                self._worded = _Worded.of(worded)
        return self._worded.shapes

    def label_at(self, at: Point) -> Label | None:
        """Return the words under a point, those drawn last first."""
        return next((label for label in reversed(self.labels) if label.box.contains(*at)), None)

    def _on_screen(self, placement: ImagePlacement, ratio: float, area: QRectF) -> _Screen:
        worded = self._worded
        anchors = on_screen(worded.points, placement, ratio)
        corners = on_screen(worded.bounds[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2), placement, ratio)
        corners = corners.reshape(-1, 4, 2)
        low, high = corners.min(axis=1), corners.max(axis=1)
        first, last = np.array([area.left(), area.top()]), np.array([area.right(), area.bottom()])
        seen = (high >= first).all(axis=1) & (low <= last).all(axis=1)
        low, high = np.clip(low, first, last), np.clip(high, first, last)
        # Of a mark that reaches out of sight the words stand at what is seen of it.
        anchors = np.clip(anchors, low, np.maximum(low, high))
        return _Screen(placement, ratio, anchors, np.hstack([low, high]), tuple(np.flatnonzero(seen).tolist()))

    def _wishes(self, screen: _Screen, places: Sequence[int], wanted: frozenset[str]) -> LabelWishes:
        worded, chosen = self._worded, np.array(places, np.intp)
        lines = [on_screen(line, screen.placement, screen.ratio) for at in places for line in worded.shapes[at].lines]
        fixed = self._fixed(screen, places)
        return LabelWishes(
            [worded.shapes[at].uid for at in places],
            screen.anchors[chosen],
            screen.bounds[chosen],
            worded.sizes[chosen],
            worded.is_area[chosen],
            lines,
            wanted,
            {worded.shapes[at].uid: offset for at, offset in fixed.items()},
        )

    def _fixed(self, screen: _Screen, places: Sequence[int]) -> dict[int, Point]:
        """Return where the reader put words, from their anchors on screen."""
        worded, found = self._worded, {}
        for at in worded.own.keys() & set(places):
            own = worded.own[at]
            x, y = screen.placement.to_viewport((worded.points[at, 0] + own[0], worded.points[at, 1] + own[1]))
            anchor = screen.anchors[at]
            found[at] = float(x / screen.ratio - anchor[0]), float(y / screen.ratio - anchor[1])
        return found

    def _label(self, at: int, anchor: Sequence[float], fixed: Mapping[int, Point]) -> Label:
        shape = self._worded.shapes[at]
        x, y = anchor
        offset = fixed.get(at) or self._offsets[shape.uid]
        width, height = self._worded.sizes[at]
        return Label(shape, QRectF(x + offset[0], y + offset[1], width, height), shape.words, (x, y))


def _inner(area: QRectF) -> Box:
    return area.left() + _EDGE_PX, area.top() + _EDGE_PX, area.right() - _EDGE_PX, area.bottom() - _EDGE_PX


def on_screen(points: Floats, placement: ImagePlacement, ratio: float) -> Floats:
    """Return where image points are seen, in logical pixels."""
    a, b, shift_x, c, d, shift_y = (part / ratio for part in placement.forward)
    seen: Floats = points @ np.array([[a, c], [b, d]]) + (shift_x, shift_y)
    return seen


def size_of(lines: Sequence[str]) -> Point:
    """Return width and height of words."""
    widest = max((text_width(line, SMALL_PX) for line in lines), default=0.0)
    return min(widest, WIDEST_PX), line_height(SMALL_PX) * len(lines)
