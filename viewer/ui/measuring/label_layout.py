"""Where the words of marks stand: beside what they belong to, over no other words, and over as few lines as may be.

Lengths are logical pixels. A label that has a good place keeps it: nothing moves that the reader did not move.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.spatial_transform import Point

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""
GAP_PX = 7.0
CELL_PX = 6
_ALL_SHOWN = 40
"""So few labels are all shown, even over each other."""
_OWN, _LINES, _WORDS, _OUTSIDE = 4.0, 6.0, 30.0, 60.0
_STAY_MOVING, _STAY = 8.0, 0.3
"""How much better another place must be before a label moves: under a moving hand, and at rest."""


@dataclass(frozen=True, slots=True)
class LabelWish:
    """A label that wants a place.

    Attributes:
        key: The mark's uid.
        anchor: What it belongs to.
        bounds: Of its mark.
        lines: Of its mark.
        is_area: Whether it encloses pixels, which are not to be hidden.
        size: Width and height of its words.
        is_wanted: Whether it must be shown: its mark is selected, or under the pointer.
        fixed: Where the reader put its top left corner, from the anchor; None where it may stand anywhere.
    """

    key: str
    anchor: Point
    bounds: Box
    size: Point
    lines: tuple[NDArray[np.float64], ...] = ()
    is_area: bool = False
    is_wanted: bool = False
    fixed: Point | None = None


def placed_labels(
    wishes: Sequence[LabelWish],
    area: Box,
    before: Mapping[str, Point],
    taken: Sequence[Box] = (),
    *,
    is_moving: bool = False,
) -> dict[str, Point]:
    """Return the top left corner of each label from its anchor; those without room are left out.

    Args:
        wishes: The most important first.
        area: Of the viewport.
        before: Where labels stood until now, from their anchors.
        taken: What else must not be written over.
        is_moving: Whether the picture moves under the hand.
    """
    plan = _Plan(area, _STAY_MOVING if is_moving else _STAY)
    for box in taken:
        plan.take_words(box)
    plan.take_lines([line for wish in wishes for line in wish.lines])
    placed: dict[str, Point] = {}
    for wish in sorted(wishes, key=lambda each: (each.fixed is None, not each.is_wanted)):
        offset, cost = plan.best(wish, before.get(wish.key))
        if cost >= _WORDS and not wish.is_wanted and wish.fixed is None and len(wishes) > _ALL_SHOWN:
            continue
        placed[wish.key] = offset
        plan.take_words(_box(wish, offset))
    return placed


class _Plan:
    """What is where in a viewport, on a coarse grid."""

    def __init__(self, area: Box, stay: float) -> None:
        self._stay = stay
        self._left, self._top = area[0], area[1]
        rows = max(1, int((area[3] - area[1]) / CELL_PX) + 1)
        columns = max(1, int((area[2] - area[0]) / CELL_PX) + 1)
        self._lines = np.zeros((rows, columns), np.uint8)
        self._words = np.zeros((rows, columns), np.float32)
        self._area = area

    def take_lines(self, lines: Sequence[NDArray[np.float64]]) -> None:
        """Note where lines run."""
        import cv2

        rows, columns = self._lines.shape
        corner, most = np.array([self._left, self._top]), 4.0 * max(rows, columns)
        cells = [np.clip((line - corner) / CELL_PX, -most, most).astype(np.int32) for line in lines]
        cv2.polylines(self._lines, cells, isClosed=False, color=1)

    def take_words(self, box: Box) -> None:
        """Note words."""
        rows, columns = self._cells(box)
        self._words[rows, columns] += 1.0

    def best(self, wish: LabelWish, before: Point | None) -> tuple[Point, float]:
        """Return the best place, and what it costs."""
        if wish.fixed is not None:
            return wish.fixed, 0.0
        costs = [(self._cost(wish, offset), number, offset) for number, offset in enumerate(_candidates(wish))]
        cost, _number, offset = min(costs)
        if before is not None:
            own = self._cost(wish, before)
            if own <= cost + self._stay:
                return before, own
        return offset, cost

    def _cost(self, wish: LabelWish, offset: Point) -> float:
        box = _box(wish, offset)
        rows, columns = self._cells(box)
        lines, words = self._lines[rows, columns], self._words[rows, columns]
        cost = _LINES * _mean(lines) + (_WORDS if words.any() else 0.0)
        cost += _OWN * _share(box, wish.bounds) if wish.is_area else 0.0
        area = self._area
        outside = box[0] < area[0] or box[1] < area[1] or box[2] > area[2] or box[3] > area[3]
        return cost + (_OUTSIDE if outside else 0.0)

    def _cells(self, box: Box) -> tuple[slice, slice]:
        left, right = (int((x - self._left) // CELL_PX) for x in (box[0], box[2]))
        top, bottom = (int((y - self._top) // CELL_PX) for y in (box[1], box[3]))
        rows, columns = self._lines.shape
        return (
            slice(min(max(top, 0), rows), min(max(bottom + 1, 0), rows)),
            slice(min(max(left, 0), columns), min(max(right + 1, 0), columns)),
        )


def _mean(values: NDArray[np.uint8]) -> float:
    return float(values.mean()) if values.size else 0.0


def _share(box: Box, other: Box) -> float:
    """Return which part of a box another one covers."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    return width * height / area if width > 0 and height > 0 and area else 0.0


def _box(wish: LabelWish, offset: Point) -> Box:
    left, top = wish.anchor[0] + offset[0], wish.anchor[1] + offset[1]
    return left, top, left + wish.size[0], top + wish.size[1]


def _candidates(wish: LabelWish) -> list[Point]:
    """Return places from the anchor: beside it, then round the frame of the mark."""
    width, height = wish.size
    x, y = wish.anchor
    left, top, right, bottom = (wish.bounds[0] - x, wish.bounds[1] - y, wish.bounds[2] - x, wish.bounds[3] - y)
    middle_x, middle_y = (left + right - width) / 2, (top + bottom - height) / 2
    return [
        (GAP_PX, -height / 2),
        (GAP_PX, GAP_PX / 2),
        (GAP_PX, -height - GAP_PX / 2),
        (right + GAP_PX, middle_y),
        (right + GAP_PX, bottom - height),
        (middle_x, bottom + GAP_PX),
        (left - GAP_PX - width, middle_y),
        (middle_x, top - GAP_PX - height),
        (-GAP_PX - width, -height / 2),
        (right + GAP_PX, top),
    ]
