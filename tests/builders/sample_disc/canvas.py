"""A slice being painted: shapes with soft edges, given in patient millimetres (x to the left, y to the back)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]

# 5 x 7 dots, one text row a line, for letters that show which side is which.
_GLYPHS = {
    "A": ".###. #...# #...# ##### #...# #...# #...#",
    "C": ".#### #.... #.... #.... #.... #.... .####",
    "F": "##### #.... #.... ####. #.... #.... #....",
    "H": "#...# #...# #...# ##### #...# #...# #...#",
    "L": "#.... #.... #.... #.... #.... #.... #####",
    "P": "####. #...# #...# ####. #.... #.... #....",
    "R": "####. #...# #...# ####. #.#.. #..#. #...#",
}
GLYPH_ROWS, GLYPH_COLUMNS = 7, 5


def glyph(letter: str) -> NDArray[np.bool_]:
    """Return a letter's dots, 7 rows of 5."""
    return np.array([[dot == "#" for dot in row] for row in _GLYPHS[letter].split()])


def curve(at: float, points: Sequence[tuple[float, float]]) -> float:
    """Interpolate smoothly (flat at every control point) between (position, value) points."""
    if at <= points[0][0]:
        return points[0][1]
    for (start, first), (end, last) in pairwise(points):
        if at <= end:
            share = (at - start) / (end - start)
            return first + (last - first) * share * share * (3 - 2 * share)
    return points[-1][1]


@dataclass(slots=True)
class Canvas:
    """One axial slice in HU.

    Attributes:
        x_mm: Patient x of each column.
        y_mm: Patient y of each row.
        z_mm: Patient z of the slice.
        hu: The values, painted from the back to the front.
    """

    x_mm: FloatArray
    y_mm: FloatArray
    z_mm: float
    hu: FloatArray

    @property
    def edge_mm(self) -> float:
        """Width over which an edge goes from outside to inside: about a pixel."""
        return float(max(abs(self.x_mm[1] - self.x_mm[0]), abs(self.y_mm[1] - self.y_mm[0])))

    def inside(self, distance_mm: FloatArray) -> FloatArray:
        """Return 1 inside (negative distance), 0 outside, with a soft edge."""
        return np.asarray(np.clip(0.5 - distance_mm / self.edge_mm, 0, 1), np.float32)

    def paint(self, weight: FloatArray, hu: float | FloatArray) -> None:
        """Cover the slice where weight is 1, mix where it is between 0 and 1."""
        self.hu += weight * (hu - self.hu)

    def oval_distance(self, center: tuple[float, float], radii: tuple[float, float], power: float = 2.0) -> FloatArray:
        """Return how far outside an oval each pixel lies (negative inside); true near the edge."""
        x = np.abs((self.x_mm - center[0]) / radii[0])[None, :]
        y = np.abs((self.y_mm - center[1]) / radii[1])[:, None]
        x_slope, y_slope = x ** (power - 1), y ** (power - 1)
        radius = (x * x_slope + y * y_slope) ** (1 / power)
        steepness = np.hypot(x_slope / radii[0], y_slope / radii[1])
        mm_per_radius = np.minimum(radius ** (power - 1) / np.maximum(steepness, 1e-9), max(radii))
        return np.asarray((radius - 1) * mm_per_radius, np.float32)

    def _window(self, center: tuple[float, float], reach_mm: float) -> tuple[slice, slice]:
        reach = reach_mm + 2 * self.edge_mm
        rows = np.searchsorted(self.y_mm, [center[1] - reach, center[1] + reach])
        columns = np.searchsorted(self.x_mm, [center[0] - reach, center[0] + reach])
        return slice(int(rows[0]), int(rows[1])), slice(int(columns[0]), int(columns[1]))

    def oval(
        self,
        center: tuple[float, float],
        radii: tuple[float, float],
        hu: float,
        angle_deg: float = 0.0,
        strength: float = 1.0,
    ) -> None:
        """Paint an ellipse, turned by an angle (from x towards y)."""
        if min(radii) <= 0:
            return
        rows, columns = self._window(center, max(radii))
        x = (self.x_mm[columns] - center[0])[None, :]
        y = (self.y_mm[rows] - center[1])[:, None]
        cosine, sine = np.cos(np.deg2rad(angle_deg)), np.sin(np.deg2rad(angle_deg))
        along, across = x * cosine + y * sine, y * cosine - x * sine
        radius = np.hypot(along / radii[0], across / radii[1])
        steepness = np.hypot(along / radii[0] ** 2, across / radii[1] ** 2)
        distance = (radius - 1) * np.minimum(radius / np.maximum(steepness, 1e-9), max(radii))
        part = self.hu[rows, columns]
        part += self.inside(distance) * np.float32(strength) * (np.float32(hu) - part)

    def ellipsoid(
        self,
        center: tuple[float, float, float],
        radii: tuple[float, float, float],
        hu: float,
        angle_deg: float = 0.0,
    ) -> None:
        """Paint the cut of an ellipsoid, turned about z."""
        share = 1 - ((self.z_mm - center[2]) / radii[2]) ** 2
        if share > 0:
            scale = float(np.sqrt(share))
            self.oval(center[:2], (radii[0] * scale, radii[1] * scale), hu, angle_deg)

    def tube(
        self,
        start: tuple[float, float, float],
        end: tuple[float, float, float],
        radius_mm: float,
        hu: float,
    ) -> None:
        """Paint the cut of a straight tube with round ends."""
        low, high = sorted((start[2], end[2]))
        if not low - radius_mm < self.z_mm < high + radius_mm:
            return
        first, axis = np.array(start), np.subtract(end, start)
        length2 = float(axis @ axis) or 1.0
        middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        reach = float(np.hypot(axis[0], axis[1])) / 2 + radius_mm
        rows, columns = self._window(middle, reach)
        x = (self.x_mm[columns] - first[0])[None, :]
        y = (self.y_mm[rows] - first[1])[:, None]
        z = self.z_mm - first[2]
        share = np.clip((x * axis[0] + y * axis[1] + z * axis[2]) / length2, 0, 1)
        distance = np.sqrt((x - share * axis[0]) ** 2 + (y - share * axis[1]) ** 2 + (z - share * axis[2]) ** 2)
        part = self.hu[rows, columns]
        part += self.inside((distance - radius_mm).astype(np.float32)) * (np.float32(hu) - part)

    def path(self, points: Sequence[tuple[float, float, float]], radius_mm: float, hu: float) -> None:
        """Paint the cut of a tube through several points."""
        for start, end in pairwise(points):
            self.tube(start, end, radius_mm, hu)

    def letter(self, name: str, center: tuple[float, float], dot_mm: float, hu: float) -> None:
        """Paint a letter that reads upright when x runs to the right and y down."""
        rows = np.floor((self.y_mm - center[1]) / dot_mm + GLYPH_ROWS / 2).astype(int)
        columns = np.floor((self.x_mm - center[0]) / dot_mm + GLYPH_COLUMNS / 2).astype(int)
        dots = np.zeros((GLYPH_ROWS + 1, GLYPH_COLUMNS + 1), bool)
        dots[:-1, :-1] = glyph(name)
        rows[(rows < 0) | (rows > GLYPH_ROWS)] = GLYPH_ROWS
        columns[(columns < 0) | (columns > GLYPH_COLUMNS)] = GLYPH_COLUMNS
        self.hu[dots[np.ix_(rows, columns)]] = hu
