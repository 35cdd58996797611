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


class PlacedWords:
    """Where words stand on screen, in logical pixels; those drawn later are over the others.

    Attributes:
        shapes: Whose words they are.
        corners: (n, 2): top left.
        sizes: (n, 2): width and height.
        anchors: (n, 2): what they belong to.
    """

    def __init__(self, shapes: Sequence[MarkShape], corners: Floats, sizes: Floats, anchors: Floats) -> None:
        self.shapes, self.corners, self.sizes, self.anchors = tuple(shapes), corners, sizes, anchors
        self._labels: tuple[Label, ...] | None = None

    @property
    def labels(self) -> tuple[Label, ...]:
        """The same one by one; made when somebody asks, for a moving picture shows many and nobody does."""
        if self._labels is None:
            rows = np.hstack([self.corners, self.sizes, self.anchors]).tolist()
            self._labels = tuple(
                Label(shape, QRectF(left, top, width, height), shape.words, (x, y))
                for shape, (left, top, width, height, x, y) in zip(self.shapes, rows, strict=True)
            )
        return self._labels

    def leaders(self, least: float) -> dict[int, list[float]]:
        """Return the line from the edge of words to what they belong to, of all that are farther from it than that."""
        edges = np.clip(self.anchors, self.corners, self.corners + self.sizes)
        far = np.flatnonzero(np.abs(self.anchors - edges).max(axis=1, initial=0.0) > least)
        lines: list[list[float]] = np.hstack([edges[far], self.anchors[far]]).tolist()
        return dict(zip(far.tolist(), lines, strict=True))


NO_WORDS = PlacedWords((), *(np.zeros((0, 2), np.float64) for _part in range(3)))


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
    number: Mapping[str, int]
    points: Floats
    middles: Floats
    halves: Floats
    sizes: Floats
    is_area: NDArray[np.bool_]
    own: Mapping[int, Point]

    @classmethod
    def of(cls, shapes: tuple[MarkShape, ...]) -> "_Worded":
        """Return what is worked out once."""
        own = {at: own_offset(shape.annotation) for at, shape in enumerate(shapes)}
        bounds = np.array([shape.bounds for shape in shapes], np.float64).reshape(-1, 4)
        return cls(
            shapes,
            {shape.uid: at for at, shape in enumerate(shapes)},
            np.array([shape.label_point for shape in shapes], np.float64).reshape(-1, 2),
            (bounds[:, :2] + bounds[:, 2:]) / 2,
            (bounds[:, 2:] - bounds[:, :2]) / 2,
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
    places: NDArray[np.intp]


class MarkLabels:
    """Belongs to one viewport."""

    def __init__(self) -> None:
        self._offsets: dict[str, Point] = {}
        self._shapes: Sequence[MarkShape] = ()
        self._worded = _Worded.of(())
        self._forward: tuple[float, ...] = ()
        self._stand = np.zeros((0, 2), np.float64)
        self.words = NO_WORDS

    @property
    def labels(self) -> tuple[Label, ...]:
        """What is on screen."""
        return self.words.labels

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
                self._wishes(screen, screen.places.tolist(), wanted),
                _inner(area),
                self._offsets,
                taken,
                is_moving=is_moving,
            )
            self._place(found, is_all=not is_moving)
        elif wanted:
            mine = [at for at in screen.places.tolist() if worded[at].uid in wanted][:_FEW]
            self._place(placed_labels(self._wishes(screen, mine, wanted), _inner(area), self._offsets), is_all=False)
        self._forward = placement.forward
        self.words = self._on_their_places(screen)

    def _place(self, found: Mapping[str, Point], *, is_all: bool) -> None:
        """Note where labels stand from their anchors; others stay where they are, or (is_all) are not shown."""
        if is_all:
            self._offsets = {}
            self._stand.fill(np.nan)
        self._offsets.update(found)
        for uid, offset in found.items():
            self._stand[self._worded.number[uid]] = offset

    def _on_their_places(self, screen: _Screen) -> PlacedWords:
        shown = screen.places[~np.isnan(self._stand[screen.places, 0])]
        offsets = self._stand[shown]
        fixed = self._fixed(screen, shown.tolist()) if self._worded.own else {}
        for row, at in enumerate(shown.tolist() if fixed else ()):
            offsets[row] = fixed.get(at, offsets[row])
        anchors, shapes = screen.anchors[shown], self._worded.shapes
        return PlacedWords([shapes[at] for at in shown.tolist()], anchors + offsets, self._worded.sizes[shown], anchors)

    def _worded_of(self, shapes: Sequence[MarkShape]) -> tuple[MarkShape, ...]:
        """Note the marks that have words, and return them."""
        if shapes is not self._shapes:
            self._shapes = shapes
            worded, old = tuple(shape for shape in shapes if shape.words), self._worded.shapes
            if len(worded) != len(old) or any(a is not b for a, b in zip(worded, old, strict=True)):
                self._worded = _Worded.of(worded)
                none = (np.nan, np.nan)
                stand = [self._offsets.get(shape.uid, none) for shape in worded]
                self._stand = np.array(stand, np.float64).reshape(-1, 2)
        return self._worded.shapes

    def label_at(self, at: Point) -> Label | None:
        """Return the words under a point, those drawn last first."""
        return next((label for label in reversed(self.labels) if label.box.contains(*at)), None)

    def _on_screen(self, placement: ImagePlacement, ratio: float, area: QRectF) -> _Screen:
        worded = self._worded
        anchors = on_screen(worded.points, placement, ratio)
        a, b, _x, c, d, _y = (part / ratio for part in placement.forward)
        middles, reach = on_screen(worded.middles, placement, ratio), worded.halves @ np.abs([[a, c], [b, d]])
        low, high = middles - reach, middles + reach
        first, last = np.array([area.left(), area.top()]), np.array([area.right(), area.bottom()])
        seen = (high >= first).all(axis=1) & (low <= last).all(axis=1)
        low, high = np.clip(low, first, last), np.clip(high, first, last)
        # Of a mark that reaches out of sight the words stand at what is seen of it.
        anchors = np.clip(anchors, low, np.maximum(low, high))
        return _Screen(placement, ratio, anchors, np.hstack([low, high]), np.flatnonzero(seen))

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
