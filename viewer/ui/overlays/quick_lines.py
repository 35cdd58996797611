"""Many thin lines, arrow heads and crosses of one colour, drawn by OpenCV while the hand moves.

Qt needs several times as long. What rests is drawn by Qt (graphic_paths): both put every line at the same place, to
less than a pixel. Here lines have no soft edges, for OpenCV draws those five times as slowly.
"""

import functools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.imaging.interpolated_curve import curve_through

Floats = NDArray[np.float32]
Affine = tuple[float, float, float, float, float, float]
"""x = a * column + b * row + shift_x, and y = c, d, shift_y likewise, in device pixels."""
_SHIFT = 8
"""Lines begin and end on parts of a pixel: 2 to this power."""
_OFF_PX = 0.2
"""So far a round line may be from the straight pieces it is drawn of."""
_LEAST_PIECES, _MOST_PIECES = 8, 512
_STEPS, _SHORT_PX = (4, 2), 5.0
"""Of a curve's points every fourth or second is enough where pieces do not become longer than this."""
_FAR = 1 << 30
"""Whole numbers beyond are no places: what is drawn is far inside of them."""

curve_points = functools.lru_cache(4096)(curve_through)


class QuickLines:
    """Graphics of one colour and unit, all lines one device pixel wide, neither dashed nor filled.

    Args:
        graphics: Points are drawn as crosses.
    """

    def __init__(self, graphics: Sequence[GraphicObject]) -> None:
        self._lines = _Pieces([_array(each.points) for each in _of(graphics, GraphicType.POLYLINE, 2)])
        self._curves = _Curves(
            [_array(curve_points(each.points)) for each in _of(graphics, GraphicType.INTERPOLATED, 2)]
        )
        rounds = np.array([part for each in graphics for part in _round(each)], np.float32).reshape(-1, 6)
        octaves = np.floor(np.log2(np.maximum(np.abs(rounds[:, 2:]).max(axis=1, initial=0.0), 1.0)))
        self._rounds = [_Rounds(rounds[octaves == octave]) for octave in np.unique(octaves)]
        self._crosses = _array([point for each in graphics if each.type is GraphicType.POINT for point in each.points])
        arrows = [each.points for each in graphics if each.style.has_arrow and len(each.points) > 1]
        self._tips = _array([points[-1] for points in arrows])
        self._tails = _array(
            [next((at for at in reversed(points) if at != points[-1]), points[-1]) for points in arrows]
        )

    def draw(
        self,
        mask: NDArray[np.uint8],
        affine: Affine,
        *,
        cross: tuple[float, float] = (6.0, 1.5),
        head: tuple[float, float] = (11.0, 4.0),
        width: int = 1,
    ) -> None:
        """Draw into a mask.

        Args:
            mask: (height, width); becomes 255 where something is drawn.
            affine: From the graphics' own units to device pixels.
            cross: How far the arms of a cross reach, and its gap, in device pixels.
            head: Length and half the width of an arrow's head.
            width: Of the arms of crosses.
        """
        import cv2

        size = mask.shape[1], mask.shape[0]
        lines = [line for pieces in self._pieces(affine) for line in pieces.seen(affine, size)]
        if lines:
            cv2.polylines(mask, lines, isClosed=False, color=255, lineType=cv2.LINE_8, shift=_SHIFT)
        arms = self._arms(affine, size, *cross)
        if len(arms):
            cv2.polylines(mask, list(arms), isClosed=False, color=255, thickness=width, shift=_SHIFT)
        for corners in self._heads(affine, size, *head):
            cv2.fillConvexPoly(mask, corners, 255, cv2.LINE_8, _SHIFT)

    def _pieces(self, affine: Affine) -> "list[_Pieces]":
        a, b, _x, c, d, _y = affine
        scale = max(math.hypot(a, c), math.hypot(b, d))
        return [self._lines, self._curves.of(scale), *(rounds.of(scale) for rounds in self._rounds)]

    def _arms(self, affine: Affine, size: tuple[int, int], reach: float, gap: float) -> NDArray[np.int32]:
        at = _in_sight(_on_screen(self._crosses, affine), size, reach)[:, np.newaxis, np.newaxis]
        ways = np.array([(1, 0), (-1, 0), (0, 1), (0, -1)], np.float32)
        ends = np.stack([ways * gap, ways * reach], axis=1)
        return _fixed(at + ends).reshape(-1, 2, 2)

    def _heads(self, affine: Affine, size: tuple[int, int], length: float, half: float) -> NDArray[np.int32]:
        tips, tails = _on_screen(self._tips, affine), _on_screen(self._tails, affine)
        way = tips - tails
        far = np.hypot(way[:, 0], way[:, 1])
        chosen = (far > 0) & _is_in_sight(tips, size, length)
        tips, way = tips[chosen], way[chosen] / far[chosen, np.newaxis]
        aside = np.stack([-way[:, 1], way[:, 0]], axis=1) * half
        foot = tips - way * length
        return _fixed(np.stack([tips, foot + aside, foot - aside], axis=1))


class _Pieces:
    """Lines of straight pieces in one run of points."""

    def __init__(self, lines: Sequence[Floats]) -> None:
        self._points = np.concatenate([*lines, np.zeros((0, 2), np.float32)])
        self._whole = np.zeros((len(self._points), 1, 2), np.int32)
        ends = np.cumsum([0, *map(len, lines)])
        self._lines = [
            self._whole[first:last] for first, last in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
        ]
        low = np.array([line.min(axis=0) for line in lines], np.float32).reshape(-1, 2)
        high = np.array([line.max(axis=0) for line in lines], np.float32).reshape(-1, 2)
        self._middles: Floats = (low + high) * np.float32(0.5)
        self._halves: Floats = (high - low) * np.float32(0.5)

    def seen(self, affine: Affine, size: tuple[int, int]) -> list[NDArray[np.int32]]:
        """Return the lines that may be in sight, as OpenCV takes them; they hold until the next call."""
        if not self._lines:
            return []
        a, b, _x, c, d, _y = affine
        reach = self._halves @ np.abs(np.array([[a, c], [b, d]], np.float32)) + 2.0
        middles = _on_screen(self._middles, affine)
        seen = ((middles + reach >= 0) & (middles - reach <= size)).all(axis=1)
        if not seen.any():
            return []
        self._whole[:, 0] = _fixed(_on_screen(self._points, affine))
        if seen.all():
            return list(self._lines)
        return [self._lines[at] for at in np.flatnonzero(seen).tolist()]


class _Rounds:
    """Circles and ellipses of about one size.

    Args:
        parts: (n, 6): middle and two half axes of each.
    """

    def __init__(self, parts: Floats) -> None:
        self._parts = parts
        self._radius = float(np.abs(parts[:, 2:]).max(initial=0.0)) * math.sqrt(2)
        self._count, self._pieces = 0, _Pieces([])

    def of(self, scale: float) -> _Pieces:
        """Return them in as many pieces as they need where they are magnified."""
        needed = math.pi / math.acos(1.0 - _OFF_PX / max(self._radius * scale, 1.0))
        count = _LEAST_PIECES
        while count < min(needed, _MOST_PIECES):
            count *= 2
        if count != self._count:
            turn = np.linspace(0.0, 2 * math.pi, count + 1, dtype=np.float32)[np.newaxis, :, np.newaxis]
            middle, first, second = (self._parts[:, np.newaxis, at : at + 2] for at in (0, 2, 4))
            self._count, self._pieces = count, _Pieces(list(middle + np.cos(turn) * first + np.sin(turn) * second))
        return self._pieces


class _Curves:
    """Smooth curves; where they are small only some of their points are drawn."""

    def __init__(self, lines: Sequence[Floats]) -> None:
        self._lines = lines
        steps = [np.hypot(*np.diff(line, axis=0).T).max(initial=0.0) for line in lines]
        self._longest = float(max(steps, default=0.0))
        self._step, self._pieces = 0, _Pieces([])

    def of(self, scale: float) -> _Pieces:
        """Return them as fine as they must be where they are magnified."""
        step = next((step for step in _STEPS if self._longest * scale * step <= _SHORT_PX), 1)
        if step != self._step:
            self._step, self._pieces = (
                step,
                _Pieces([np.concatenate([each[:-1:step], each[-1:]]) for each in self._lines]),
            )
        return self._pieces


def _of(graphics: Sequence[GraphicObject], wanted: GraphicType, least: int) -> list[GraphicObject]:
    return [each for each in graphics if each.type is wanted and len(each.points) >= least]


def _round(graphic: GraphicObject) -> list[tuple[float, ...]]:
    """Return the middle and two half axes of a circle or an ellipse."""
    points = graphic.points
    if graphic.type is GraphicType.CIRCLE and len(points) > 1:
        radius = math.dist(points[0], points[1])
        return [(*points[0], radius, 0.0, 0.0, radius)]
    if graphic.type is GraphicType.ELLIPSE and len(points) > 3:
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = points[:4]
        return [((ax + bx) / 2, (ay + by) / 2, (bx - ax) / 2, (by - ay) / 2, (dx - cx) / 2, (dy - cy) / 2)]
    return []


def _array(points: Sequence[tuple[float, float]]) -> Floats:
    return np.array(points, np.float32).reshape(-1, 2)


def _on_screen(points: Floats, affine: Affine) -> Floats:
    """Return where points are, counted from the middle of the first device pixel."""
    a, b, shift_x, c, d, shift_y = affine
    seen: Floats = points @ np.array([[a, c], [b, d]], np.float32)
    seen += np.array([shift_x - 0.5, shift_y - 0.5], np.float32)
    return seen


def _fixed(points: Floats) -> NDArray[np.int32]:
    return np.rint(np.clip(points * (1 << _SHIFT), -_FAR, _FAR)).astype(np.int32)


def _is_in_sight(points: Floats, size: tuple[int, int], reach: float) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (points >= -reach) & (points <= np.array(size) + reach)
    return inside[:, 0] & inside[:, 1]


def _in_sight(points: Floats, size: tuple[int, int], reach: float) -> Floats:
    return points[_is_in_sight(points, size, reach)]
