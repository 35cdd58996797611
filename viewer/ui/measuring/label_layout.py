"""Where the words of marks stand: beside what they belong to, over no other words, and over as few lines as may be.

Lengths are logical pixels. A label that has a good place keeps it: nothing moves that the reader did not move. All
places are judged at once; only whether words lie over other words is asked one after another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.spatial_transform import Point

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""
Floats = NDArray[np.float64]
GAP_PX = 7.0
CELL_PX = 6
_ALL_SHOWN = 40
"""So few labels are all shown, even over each other."""
_OWN, _LINES, _WORDS, _OUTSIDE = 4.0, 6.0, 30.0, 60.0
_STAY_MOVING, _STAY = 8.0, 0.3
"""How much better another place must be before a label moves: under a moving hand, and at rest."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelWishes:
    """Labels that want a place.

    Attributes:
        keys: The marks' uids, the most important first.
        anchors: (n, 2): what each belongs to.
        bounds: (n, 4): of its mark, left, top, right, bottom.
        sizes: (n, 2): width and height of its words.
        is_area: (n,): whether its mark encloses pixels, which are not to be hidden.
        lines: Of all marks.
        wanted: Keys of those that must be shown: their marks are selected, or under the pointer.
        fixed: Where the reader put top left corners, from the anchor.
    """

    keys: Sequence[str]
    anchors: Floats
    bounds: Floats
    sizes: Floats
    is_area: NDArray[np.bool_]
    lines: Sequence[Floats]
    wanted: frozenset[str] = frozenset()
    fixed: Mapping[str, Point] | None = None


def placed_labels(
    wishes: LabelWishes,
    area: Box,
    before: Mapping[str, Point],
    taken: Sequence[Box] = (),
    *,
    is_moving: bool = False,
) -> dict[str, Point]:
    """Return the top left corner of each label from its anchor; those without room are left out.

    Args:
        wishes: What wants a place.
        area: Of the viewport.
        before: Where labels stood until now, from their anchors.
        taken: What else must not be written over.
        is_moving: Whether the picture moves under the hand.
    """
    if not wishes.keys:
        return {}
    fixed = wishes.fixed or {}
    plan = _Plan(area, wishes.lines)
    offsets = _candidates(wishes, area)
    stood = np.array([before.get(key, (np.nan, np.nan)) for key in wishes.keys], np.float64)
    offsets = np.concatenate([stood[:, np.newaxis], offsets], axis=1)
    costs, cells = plan.judged(wishes, offsets)
    costs[:, 0] -= _STAY_MOVING if is_moving else _STAY
    order = np.argsort(costs, axis=1, kind="stable")
    for box in taken:
        plan.take(*plan.cells_of(box))
    placed: dict[str, Point] = {}
    for at in sorted(
        range(len(wishes.keys)), key=lambda n: (wishes.keys[n] not in fixed, wishes.keys[n] not in wishes.wanted)
    ):
        key = wishes.keys[at]
        if key in fixed:
            x, y = wishes.anchors[at] + fixed[key]
            width, height = wishes.sizes[at]
            plan.take(*plan.cells_of((x, y, x + width, y + height)))
            placed[key] = fixed[key]
            continue
        choice = plan.first_free(cells[at], order[at], costs[at])
        if choice is None:
            if key not in wishes.wanted and len(wishes.keys) > _ALL_SHOWN:
                continue
            choice = int(order[at, 0])
        plan.take(*cells[at, choice])
        placed[key] = (float(offsets[at, choice, 0]), float(offsets[at, choice, 1]))
    return placed


class _Plan:
    """What is where in a viewport, on a coarse grid."""

    def __init__(self, area: Box, lines: Sequence[Floats]) -> None:
        import cv2

        self._area = area
        self._rows = max(1, int((area[3] - area[1]) / CELL_PX) + 1)
        self._columns = max(1, int((area[2] - area[0]) / CELL_PX) + 1)
        self._words = np.zeros((self._rows, self._columns), np.bool_)
        drawn = np.zeros((self._rows, self._columns), np.uint8)
        most = 4.0 * max(self._rows, self._columns)
        cells = [np.clip((line - area[:2]) / CELL_PX, -most, most).astype(np.int32) for line in lines]
        cv2.polylines(drawn, cells, isClosed=False, color=1)
        self._sums = np.zeros((self._rows + 1, self._columns + 1), np.int64)
        self._sums[1:, 1:] = drawn.cumsum(axis=0, dtype=np.int64).cumsum(axis=1)

    def judged(self, wishes: LabelWishes, offsets: Floats) -> tuple[Floats, NDArray[np.int64]]:
        """Return what each place of each label costs, words left out, and its cells: top, bottom, left, right."""
        corner = wishes.anchors[:, np.newaxis] + offsets
        far = corner + wishes.sizes[:, np.newaxis]
        boxes = np.nan_to_num(np.concatenate([corner, far], axis=2), nan=-1e6)
        left, top, right, bottom = (boxes[..., part] for part in range(4))
        cells = np.stack(
            [
                np.clip((top - self._area[1]) // CELL_PX, 0, self._rows),
                np.clip((bottom - self._area[1]) // CELL_PX + 1, 0, self._rows),
                np.clip((left - self._area[0]) // CELL_PX, 0, self._columns),
                np.clip((right - self._area[0]) // CELL_PX + 1, 0, self._columns),
            ],
            axis=2,
        ).astype(np.int64)
        first, last, start, end = (cells[..., part] for part in range(4))
        sums = self._sums
        lines = sums[last, end] - sums[first, end] - sums[last, start] + sums[first, start]
        costs = _LINES * lines / np.maximum((last - first) * (end - start), 1)
        bounds = wishes.bounds[:, np.newaxis]
        width = np.minimum(right, bounds[..., 2]) - np.maximum(left, bounds[..., 0])
        height = np.minimum(bottom, bounds[..., 3]) - np.maximum(top, bounds[..., 1])
        share = np.clip(width, 0, None) * np.clip(height, 0, None) / np.maximum((right - left) * (bottom - top), 1e-9)
        costs = costs + _OWN * share * wishes.is_area[:, np.newaxis]
        outside = (left < self._area[0]) | (top < self._area[1]) | (right > self._area[2]) | (bottom > self._area[3])
        costs = costs + _OUTSIDE * outside
        costs[np.isnan(offsets[..., 0])] = np.inf
        return costs, cells

    def first_free(self, cells: NDArray[np.int64], order: NDArray[np.int64], costs: Floats) -> int | None:
        """Return the best place without words on it; None where there is none."""
        words = self._words
        for choice in order.tolist():
            if costs[choice] >= _WORDS:
                return None
            top, bottom, left, right = cells[choice].tolist()
            if not words[top:bottom, left:right].any():
                return choice  # type: ignore[no-any-return]  # tolist of whole numbers
        return None

    def take(self, top: int, bottom: int, left: int, right: int) -> None:
        """Note words."""
        self._words[top:bottom, left:right] = True

    def cells_of(self, box: Box) -> tuple[int, int, int, int]:
        """Return the cells of a box."""
        left, right = (int((x - self._area[0]) // CELL_PX) for x in (box[0], box[2]))
        top, bottom = (int((y - self._area[1]) // CELL_PX) for y in (box[1], box[3]))
        return (
            min(max(top, 0), self._rows),
            min(max(bottom + 1, 0), self._rows),
            min(max(left, 0), self._columns),
            min(max(right + 1, 0), self._columns),
        )


def _candidates(wishes: LabelWishes, area: Box) -> Floats:
    """Return places from the anchors, (n, places, 2): beside it, then round the frame of the mark; all in sight."""
    width, height = wishes.sizes.T
    left, top = (wishes.bounds[:, :2] - wishes.anchors).T
    right, bottom = (wishes.bounds[:, 2:] - wishes.anchors).T
    gap, near = np.full_like(width, GAP_PX), np.full_like(width, GAP_PX / 2)
    middle_x, middle_y = (left + right - width) / 2, (top + bottom - height) / 2
    places = (
        (gap, -height / 2),
        (gap, near),
        (gap, -height - near),
        (right + gap, middle_y),
        (right + gap, bottom - height),
        (middle_x, bottom + gap),
        (left - gap - width, middle_y),
        (middle_x, top - gap - height),
        (-gap - width, -height / 2),
        (right + gap, top),
    )
    corners = np.stack([np.stack(place, axis=1) for place in places], axis=1) + wishes.anchors[:, np.newaxis]
    last = np.maximum(np.array(area[2:]) - wishes.sizes, area[:2])
    inside: Floats = np.clip(corners, area[:2], last[:, np.newaxis])
    return inside - wishes.anchors[:, np.newaxis]
