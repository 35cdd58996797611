"""Regions of single pixels, as brushes paint them and thresholds find them: kept as run lengths beside a point.

The first point of such an annotation is the top left corner of the box around its pixels: who moves it moves them all,
by whole pixels. The text "width height n n n …" counts pixels row by row, outside and inside in turn, outside first.
"""

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import RefusedError
from viewer.base.translation import _
from viewer.measurement.annotation import Annotation, Point

MASK = "mask"
"""The parameter that keeps the run lengths."""
MOST_PIXELS = 1 << 26
"""Of the box around a region: more than any image that is painted on, less than would harm."""
MOST_EDGES = 60_000
"""Of pixels, in outlines that are drawn: of what is more ragged, larger and larger squares are gone round."""
_KEPT_MASKS = 64
_Edge = tuple[tuple[int, int], int]
"""Where a pixel's edge starts, and its direction as an index of _STEPS."""
_STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))
"""Right, down, left, up: each is a right turn from the one before."""


@dataclass(frozen=True, slots=True, eq=False)
class RegionMask:
    """Pixels of an image.

    Attributes:
        column: Of the left of its box.
        row: Of the top of its box.
        pixels: Of the box; not to be written to. Empty for no pixel at all.
    """

    column: int
    row: int
    pixels: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """How many pixels it has."""
        return int(np.count_nonzero(self.pixels))

    @property
    def text(self) -> str:
        """Its run lengths."""
        rows, columns = self.pixels.shape
        flat = self.pixels.ravel()
        turns = np.flatnonzero(flat[1:] != flat[:-1]) + 1
        starts = [0, *([0] if flat.size and flat[0] else []), *turns.tolist(), flat.size]
        runs = [after - before for before, after in itertools.pairwise(starts)] if flat.size else []
        return " ".join(map(str, (columns, rows, *runs)))

    def over(self, rows: int, columns: int) -> NDArray[np.bool_]:
        """Return it as an array of a whole image; what lies beside the image is left out."""
        whole = np.zeros((rows, columns), np.bool_)
        height, width = self.pixels.shape
        top, bottom = max(self.row, 0), min(self.row + height, rows)
        left, right = max(self.column, 0), min(self.column + width, columns)
        if top < bottom and left < right:
            part = self.pixels[top - self.row : bottom - self.row, left - self.column : right - self.column]
            whole[top:bottom, left:right] = part
        return whole

    def united(self, other: "RegionMask") -> "RegionMask":
        """Return the pixels of either."""
        if not self.count or not other.count:
            return other if not self.count else self
        left, top = min(self.column, other.column), min(self.row, other.row)
        right = max(each.column + each.pixels.shape[1] for each in (self, other))
        bottom = max(each.row + each.pixels.shape[0] for each in (self, other))
        _refuse_size(right - left, bottom - top)
        whole = np.zeros((bottom - top, right - left), np.bool_)
        for each in (self, other):
            height, width = each.pixels.shape
            whole[each.row - top : each.row - top + height, each.column - left : each.column - left + width] |= (
                each.pixels
            )
        return trimmed(whole, left, top)

    def without(self, other: "RegionMask") -> "RegionMask":
        """Return its pixels that the other has not."""
        height, width = self.pixels.shape
        moved = replace(other, column=other.column - self.column, row=other.row - self.row)
        return trimmed(self.pixels & ~moved.over(height, width), self.column, self.row)


NO_PIXELS = RegionMask(0, 0, np.zeros((0, 0), np.bool_))


def trimmed(pixels: NDArray[np.bool_], column: int = 0, row: int = 0) -> RegionMask:
    """Return the pixels of an array, in the smallest box around them.

    Args:
        pixels: Rows and columns.
        column: Of the array's first pixel in the image.
        row: Likewise.
    """
    rows, columns = (np.flatnonzero(pixels.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return NO_PIXELS
    box = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
    return RegionMask(column + int(columns[0]), row + int(rows[0]), box)


def mask_from_text(text: str, column: int = 0, row: int = 0) -> RegionMask:
    """Return the pixels of run lengths.

    Args:
        text: As RegionMask.text writes it.
        column: Of the left of the box.
        row: Of the top of the box.

    Raises:
        RefusedError: They are no run lengths, or claim more than any image has.
    """
    return replace(_box(text), column=column, row=row)


def mask_of(annotation: Annotation) -> RegionMask:
    """Return the pixels of an annotation; none where it has none.

    Raises:
        RefusedError: Its run lengths are damaged.
    """
    text = annotation.parameter(MASK)
    if not isinstance(text, str) or not text or not annotation.points:
        return NO_PIXELS
    column, row = (int(np.floor(part + 0.5)) for part in annotation.points[0])
    return mask_from_text(text, column, row)


def with_mask(annotation: Annotation, mask: RegionMask) -> Annotation:
    """Return an annotation that has these pixels instead of those it had; no point at all where there are none."""
    kept = [(name, value) for name, value in annotation.parameters if name != MASK]
    parameters = tuple(sorted([*kept, (MASK, mask.text)])) if mask.count else tuple(kept)
    corner = ((float(mask.column), float(mask.row)),)
    return replace(annotation, points=(*corner, *annotation.points[1:]) if mask.count else (), parameters=parameters)


def outlines(mask: RegionMask) -> tuple[tuple[Point, ...], ...]:
    """Return closed lines along the edges of pixels: round a region clockwise, round its holes the other way.

    Pixels that only touch at a corner are gone round one by one. Of a region with very many edges, the outlines are
    those of the squares of pixels that hold any of it: see is_coarse.
    """
    return tuple(tuple((x + mask.column, y + mask.row) for x, y in line) for line in _box_outlines(mask.text))


def is_coarse(mask: RegionMask) -> bool:
    """Return whether outlines of a region go round squares instead of single pixels."""
    return _coarseness(mask.pixels) > 1


def _coarseness(pixels: NDArray[np.bool_]) -> int:
    """Return the least side of squares, a power of two, whose outlines have few enough edges."""
    side = 1
    while _edge_count(_squares(pixels, side)) > MOST_EDGES:
        side *= 2
    return side


def _edge_count(pixels: NDArray[np.bool_]) -> int:
    wide = np.pad(pixels, 1)
    return int(np.count_nonzero(wide[1:] != wide[:-1]) + np.count_nonzero(wide[:, 1:] != wide[:, :-1]))


def _squares(pixels: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    """Return which squares of so many pixels hold any that belong."""
    if side == 1:
        return pixels
    rows, columns = (-(-size // side) for size in pixels.shape)
    whole = np.zeros((rows * side, columns * side), np.bool_)
    whole[: pixels.shape[0], : pixels.shape[1]] = pixels
    return np.asarray(whole.reshape(rows, side, columns, side).any(axis=(1, 3)), np.bool_)


def _refuse_size(columns: int, rows: int) -> None:
    if columns < 0 or rows < 0 or columns * rows > MOST_PIXELS:
        raise RefusedError(_("A region of {0} by {1} pixels is too large").format(columns, rows))


@functools.lru_cache(_KEPT_MASKS)
def _box(text: str) -> RegionMask:
    try:
        columns, rows, *runs = (int(part) for part in text.split())
    except ValueError as error:
        raise RefusedError(_("The pixels of a region are damaged")) from error
    _refuse_size(columns, rows)
    if min(runs, default=0) < 0 or sum(runs) != columns * rows:
        raise RefusedError(_("The pixels of a region are damaged"))
    flags = np.arange(len(runs)) % 2 == 1
    pixels = np.repeat(flags, runs).reshape(rows, columns)
    pixels.setflags(write=False)
    return RegionMask(0, 0, pixels)


@functools.lru_cache(_KEPT_MASKS)
def _box_outlines(text: str) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Return the outlines of a box at the image's corner, from run lengths, so that moving asks for nothing anew."""
    pixels = _box(text).pixels
    side, (height, width) = _coarseness(pixels), pixels.shape
    ways = _edges(_squares(pixels, side))
    left = {(place, direction) for place, directions in ways.items() for direction in directions}
    lines = []
    for edge in [(place, direction) for place, directions in ways.items() for direction in directions]:
        if edge in left:
            loop = _loop(edge, ways)
            left.difference_update(loop)
            lines.append(tuple((min(x * side, width), min(y * side, height)) for x, y in _corners(loop)))
    return tuple(lines)


def _edges(pixels: NDArray[np.bool_]) -> dict[tuple[int, int], list[int]]:
    """Return the directions of edges by where they start, the inside at their right hand."""
    wide = np.pad(pixels, 1)
    inside = wide[1:-1, 1:-1]
    edges: dict[tuple[int, int], list[int]] = {}
    for direction, (neighbour, x, y) in enumerate(
        (
            (wide[:-2, 1:-1], 0, 0),  # nothing above: along the top, to the right
            (wide[1:-1, 2:], 1, 0),
            (wide[2:, 1:-1], 1, 1),
            (wide[1:-1, :-2], 0, 1),
        )
    ):
        rows, columns = np.nonzero(inside & ~neighbour)
        for place in zip((columns + x).tolist(), (rows + y).tolist(), strict=True):
            edges.setdefault(place, []).append(direction)
    return edges


def _loop(edge: _Edge, ways: dict[tuple[int, int], list[int]]) -> list[_Edge]:
    """Return the edges of the closed line that an edge belongs to."""
    loop = [edge]
    while True:
        (x, y), direction = loop[-1]
        place = (x + _STEPS[direction][0], y + _STEPS[direction][1])
        onward = ways[place]
        # Where two pixels touch at a corner there are two ways: the right turn stays at the same pixel.
        after = (place, onward[0] if len(onward) == 1 else (direction + 1) % 4)
        if after == edge:
            return loop
        loop.append(after)


def _corners(loop: Sequence[_Edge]) -> tuple[tuple[int, int], ...]:
    """Return the points where a closed line turns, the first of them again at the end."""
    found = [place for (place, way), (_, before) in zip(loop, [loop[-1], *loop[:-1]], strict=True) if way != before]
    return (*found, found[0])
