"""Regions of an image, and which pixels belong to them.

The rule, everywhere in this program: a pixel belongs to a region when its centre, (column + 0.5, row + 0.5), lies
inside or on the edge (within 1e-9 of a pixel). Inside is even-odd: on a line from the centre outwards the outline is
crossed an odd number of times, so that what a self-crossing outline goes round twice is outside. Nothing is weighted.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viewer.measurement.outline_crossings import crossings, even_odd_area

if TYPE_CHECKING:
    from viewer.measurement.scales import Scale

Point = tuple[float, float]

HAIR = 1e-9
"""Pixels: what rounding may do to a centre that lies on an edge."""
_AGM_STEPS = 40
_AGM_EXACT = 1e-15


@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed outline of straight lines; the last point leads back to the first."""

    points: tuple[Point, ...]

    @property
    def ends(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        xs, ys = [x for x, _y in self.points], [y for _x, y in self.points]
        return min(xs), min(ys), max(xs), max(ys)

    @property
    def outline(self) -> tuple[Point, ...]:
        """Its points, the first again at the end."""
        return (*self.points, self.points[0])

    @property
    def crosses_itself(self) -> bool:
        """Whether the outline crosses itself."""
        return bool(crossings(self.points).size)

    def area(self, scale: "Scale") -> float:
        """Return the area inside by even-odd, in square units of the scale."""
        return even_odd_area(tuple(map(scale.to_units, self.points)))

    def perimeter(self, scale: "Scale") -> float:
        """Return the length of the outline, in units of the scale."""
        return scale.path(self.outline)

    def is_inside(self, across: NDArray[np.float64], down: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return for each of the rows and columns of a grid whether its place belongs."""
        return _even_odd(self.points, across, down)


@dataclass(frozen=True, slots=True)
class Ellipse:
    """An ellipse, in any direction.

    Attributes:
        first: From the centre to a point of the edge.
        second: To another, at a right angle to it where lengths are true: a conjugate half diameter in the image.
    """

    center: Point
    first: Point
    second: Point

    @property
    def ends(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        (x, y), across, down = self.center, *(math.hypot(*pair) for pair in zip(self.first, self.second, strict=True))
        return x - across, y - down, x + across, y + down

    @property
    def outline(self) -> tuple[Point, ...]:
        """Points of its edge at most 1/1000 of it apart, the first again at the end."""
        (x, y), (a, b), (c, d) = self.center, self.first, self.second
        count = 1024
        turns = (2 * math.pi * step / count for step in range(count + 1))
        waves = ((math.cos(turn), math.sin(turn)) for turn in turns)
        return tuple((x + a * cosine + c * sine, y + b * cosine + d * sine) for cosine, sine in waves)

    @property
    def crosses_itself(self) -> bool:
        """No ellipse does."""
        return False

    def semi_axes(self, scale: "Scale | None" = None) -> tuple[float, float]:
        """Return half the greatest and half the least diameter, in units of the scale or pixels."""
        (a, b), (c, d) = self.first, self.second
        if scale is not None:
            (a, b), (c, d) = scale.to_units((a, b)), scale.to_units((c, d))
        # Singular values of the matrix whose columns are the half diameters.
        total, product = a * a + b * b + c * c + d * d, abs(a * d - b * c)
        plus, minus = math.sqrt(total + 2 * product), math.sqrt(max(total - 2 * product, 0.0))
        return (plus + minus) / 2, (plus - minus) / 2

    def area(self, scale: "Scale") -> float:
        """Return π·a·b in square units of the scale."""
        a, b = self.semi_axes(scale)
        return math.pi * a * b

    def perimeter(self, scale: "Scale") -> float:
        """Return the circumference, exact to rounding, in units of the scale."""
        return ellipse_circumference(*self.semi_axes(scale))

    def is_inside(self, across: NDArray[np.float64], down: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return for each of the rows and columns of a grid whether its place belongs."""
        (x, y), (a, b), (c, d) = self.center, self.first, self.second
        determinant = a * d - b * c
        if determinant == 0.0:
            return np.zeros((down.size, across.size), np.bool_)
        dx, dy = (across - x)[None, :], (down - y)[:, None]
        u, v = (d * dx - c * dy) / determinant, (a * dy - b * dx) / determinant
        inside: NDArray[np.bool_] = u * u + v * v <= 1 + HAIR
        return inside


Outline = Polygon | Ellipse


@dataclass(frozen=True, slots=True, eq=False)
class RegionPixels:
    """The pixels of a region.

    Attributes:
        left: Column of the part of the image that holds them all.
        top: Row of it.
        mask: Which of them belong; (rows, columns) of the part.
    """

    left: int
    top: int
    mask: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """How many belong."""
        return int(np.count_nonzero(self.mask))

    @property
    def part(self) -> tuple[slice, slice]:
        """Rows and columns of the part in the image."""
        rows, columns = self.mask.shape
        return slice(self.top, self.top + rows), slice(self.left, self.left + columns)

    def of(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the values of an image that belong."""
        found: NDArray[Any] = values[self.part][self.mask]
        return found


def pixels_of(region: Outline | NDArray[np.bool_], rows: int, columns: int) -> RegionPixels:
    """Return the pixels of an image of so many rows and columns that belong to a region, by the rule above.

    Args:
        region: An outline, or a mask of the whole image.
        rows: Of the image.
        columns: Of the image.
    """
    if isinstance(region, np.ndarray):
        return _of_mask(region[:rows, :columns])
    left, top, right, bottom = region.ends
    first_column, first_row = max(0, math.ceil(left - 0.5 - HAIR)), max(0, math.ceil(top - 0.5 - HAIR))
    last_column = min(columns - 1, math.floor(right - 0.5 + HAIR))
    last_row = min(rows - 1, math.floor(bottom - 0.5 + HAIR))
    across = np.arange(first_column, last_column + 1, dtype=np.float64) + 0.5
    down = np.arange(first_row, last_row + 1, dtype=np.float64) + 0.5
    if not across.size or not down.size:
        return RegionPixels(0, 0, np.zeros((0, 0), np.bool_))
    return RegionPixels(first_column, first_row, region.is_inside(across, down))


def ellipse_circumference(a: float, b: float) -> float:
    """Return the circumference of an ellipse of two semi-axes, by the arithmetic-geometric mean (Gauss)."""
    a, b = max(a, b), min(a, b)
    if a <= 0.0:
        return 0.0
    if b <= _AGM_EXACT * a:
        return 4.0 * a
    mean, root, total, weight = a, b, a * a - (a * a - b * b) / 2, 1.0
    for _step in range(_AGM_STEPS):
        difference = (mean - root) / 2
        mean, root = (mean + root) / 2, math.sqrt(mean * root)
        total -= weight * difference * difference
        weight *= 2.0
        if abs(difference) <= _AGM_EXACT * mean:
            break
    return 2.0 * math.pi * total / mean


def _of_mask(mask: NDArray[np.bool_]) -> RegionPixels:
    lines, places = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not lines.size:
        return RegionPixels(0, 0, np.zeros((0, 0), np.bool_))
    top, left = int(lines[0]), int(places[0])
    part = mask[top : int(lines[-1]) + 1, left : int(places[-1]) + 1]
    return RegionPixels(left, top, np.ascontiguousarray(part, np.bool_))


def _even_odd(points: Sequence[Point], across: NDArray[np.float64], down: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the pixels of a grid of unit steps inside an outline, row by row: what lies between crossings."""
    ends = np.asarray(points, np.float64).reshape(-1, 2)
    starts, ends = ends, np.roll(ends, -1, axis=0)
    upper, lower = np.minimum(starts[:, 1], ends[:, 1]), np.maximum(starts[:, 1], ends[:, 1])
    # Every pair of an edge and a row whose centre line it meets, its ends included.
    first = np.clip(np.ceil(upper - HAIR - down[0]).astype(np.int64), 0, down.size)
    last = np.clip(np.floor(lower + HAIR - down[0]).astype(np.int64) + 1, 0, down.size)
    counts = np.maximum(last - first, 0)
    edge = np.repeat(np.arange(counts.size), counts)
    row = np.arange(edge.size) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
    (x0, y0), (x1, y1) = starts[edge].T, ends[edge].T
    y = down[row]
    is_level = np.abs(y1 - y0) <= HAIR
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.where(
            is_level, np.minimum(x0, x1), x0 + (np.clip(y, upper[edge], lower[edge]) - y0) * (x1 - x0) / (y1 - y0)
        )
    toggles = np.zeros((down.size, across.size + 1), np.bool_)
    # A crossing counts for its upper end and not for its lower one, so that a corner is crossed once or twice rightly.
    crosses = (upper[edge] <= y) & (y < lower[edge])
    column = np.clip(np.ceil(x - across[0]), 0, across.size)
    np.logical_xor.at(toggles, (row[crosses], column[crosses].astype(np.int64)), crosses[crosses])
    inside = np.logical_xor.accumulate(toggles[:, :-1], axis=1)
    far = np.where(is_level, np.maximum(x0, x1), x)
    on_first = np.clip(np.ceil(x - HAIR - across[0]), 0, across.size).astype(np.int64)
    on_last = np.clip(np.floor(far + HAIR - across[0]) + 1, 0, across.size).astype(np.int64)
    for line, start, stop in zip(*(each[on_last > on_first] for each in (row, on_first, on_last)), strict=True):
        inside[line, start:stop] = True
    return inside
