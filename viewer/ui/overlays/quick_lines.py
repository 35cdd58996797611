"""Many thin lines, arrow heads and crosses of one colour, drawn by OpenCV while the hand moves.

Qt needs several times as long. What rests is drawn by Qt (graphic_paths): both put every line at the same place, to
less than a pixel. Here lines have no soft edges, for OpenCV draws those five times as slowly.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.imaging.interpolated_curve import curve_through

Floats = NDArray[np.float32]
Affine = tuple[float, float, float, float, float, float]
"""x = a * column + b * row + shift_x, and y = c, d, shift_y likewise, in device pixels."""
_SHIFT = 4
"""Lines begin and end on sixteenths of a pixel."""
_OFF_PX = 0.2
"""So far a round line may be from the straight pieces it is drawn of."""
_LEAST_PIECES, _MOST_PIECES = 16, 512
_FAR = 1 << 30
"""Whole numbers beyond are no places: what is drawn is far inside of them."""


class QuickLines:
    """Graphics of one colour and unit, all lines one device pixel wide, neither dashed nor filled.

    Args:
        graphics: Points are drawn as crosses.
    """

    def __init__(self, graphics: Sequence[GraphicObject]) -> None:
        self._lines = _Pieces([line for graphic in graphics for line in _straight(graphic)])
        self._rounds = np.array([each for graphic in graphics for each in _round(graphic)], np.float32).reshape(-1, 6)
        self._round_pieces = (0, _Pieces([]))
        self._crosses = _array([point for each in graphics if each.type is GraphicType.POINT for point in each.points])
        arrows = [each.points for each in graphics if each.style.has_arrow and len(each.points) > 1]
        self._tips = _array([points[-1] for points in arrows])
        self._tails = _array(
            [next((at for at in reversed(points) if at != points[-1]), points[-1]) for points in arrows]
        )

    def draw(
        self,
        pixels: NDArray[np.uint8],
        affine: Affine,
        bgra: tuple[int, int, int, int],
        *,
        cross: tuple[float, float] = (6.0, 1.5),
        head: tuple[float, float] = (11.0, 4.0),
        width: int = 1,
    ) -> None:
        """Draw into premultiplied pixels.

        Args:
            pixels: (height, width, 4).
            affine: From the graphics' own units to device pixels.
            bgra: The colour, opaque.
            cross: How far the arms of a cross reach, and its gap, in device pixels.
            head: Length and half the width of an arrow's head.
            width: Of the arms of crosses.
        """
        import cv2

        size = pixels.shape[1], pixels.shape[0]
        lines = self._lines.seen(affine, size)
        if len(self._rounds):
            lines += self._of_rounds(affine).seen(affine, size)
        if lines:
            cv2.polylines(pixels, lines, isClosed=False, color=bgra, thickness=1, lineType=cv2.LINE_8, shift=_SHIFT)
        arms = self._arms(affine, size, *cross)
        if len(arms):
            cv2.polylines(
                pixels, list(arms), isClosed=False, color=bgra, thickness=width, lineType=cv2.LINE_8, shift=_SHIFT
            )
        for corners in self._heads(affine, size, *head):
            cv2.fillConvexPoly(pixels, corners, bgra, cv2.LINE_AA, _SHIFT)

    def _of_rounds(self, affine: Affine) -> "_Pieces":
        """Return circles and ellipses in as many pieces as they need at a size."""
        a, b, _x, c, d, _y = affine
        radius = float(np.abs(self._rounds[:, 2:]).max()) * max(math.hypot(a, c), math.hypot(b, d)) * math.sqrt(2)
        needed = math.pi / math.acos(max(1.0 - _OFF_PX / max(radius, 1.0), -1.0))
        count = _LEAST_PIECES
        while count < min(needed, _MOST_PIECES):
            count *= 2
        if count != self._round_pieces[0]:
            turn = np.linspace(0.0, 2 * math.pi, count + 1, dtype=np.float32)[np.newaxis, :, np.newaxis]
            middle, first, second = (self._rounds[:, np.newaxis, at : at + 2] for at in (0, 2, 4))
            self._round_pieces = count, _Pieces(list(middle + np.cos(turn) * first + np.sin(turn) * second))
        return self._round_pieces[1]

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


def _straight(graphic: GraphicObject) -> list[Floats]:
    points = graphic.points
    if graphic.type is GraphicType.POLYLINE and len(points) > 1:
        return [_array(points)]
    if graphic.type is GraphicType.INTERPOLATED and len(points) > 1:
        return [_array(curve_through(points))]
    return []


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
