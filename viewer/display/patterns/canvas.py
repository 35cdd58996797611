"""What a pattern is drawn on: levels exact at any size, edges on whole pixels.

Patterns are defined on a square of 1024 units (the "1k" form of AAPM TG18). The square is as large as fits and stands
in the middle; what has no place in the definition (a monitor is seldom square) keeps the background. Places and sizes
are scaled and rounded to pixels; what is defined in pixels (lines, bars) is drawn in pixels, never scaled.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.display.patterns.glyphs import GLYPH_HEIGHT, glyph_of

UNITS = 1024
"""The side of the square that definitions speak of."""
WHITE = 255.0
"""Levels are given as the definitions give them: 8-bit code values, with fractions where a picture is deeper."""
_KINDS: dict[int, tuple[type[np.uint8 | np.uint16], int]] = {8: (np.uint8, 1), 16: (np.uint16, 257)}
"""By bits: the type of a code value, and its factor; 255 becomes 65535."""
_GAP_DOTS = 3
"""Between lines of letters."""

Rectangle = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels; right and bottom are outside."""


class Canvas:
    """A picture being drawn.

    Attributes:
        width: In pixels.
        height: In pixels.
        scale: Pixels for a unit.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.width, self.height = size
        side = min(size)
        self.scale = side / UNITS
        self._left = (self.width - side) / 2
        self._top = (self.height - side) / 2
        self._levels = np.zeros((self.height, self.width), np.float32)

    @property
    def whole(self) -> Rectangle:
        """All of the picture."""
        return 0, 0, self.width, self.height

    @property
    def is_native(self) -> bool:
        """Whether it has a size for which the reports give pixels: a unit is one or two of them."""
        return self.scale in {1.0, 2.0}

    def column(self, x: float) -> int:
        """Return the pixel column a place begins at, in units from the left of the square."""
        return math.floor(self._left + x * self.scale + 0.5)

    def row(self, y: float) -> int:
        """Return the pixel row a place begins at, in units from the top of the square."""
        return math.floor(self._top + y * self.scale + 0.5)

    def length(self, units: float) -> int:
        """Return a length in whole pixels, at least one."""
        return max(1, math.floor(units * self.scale + 0.5))

    def rectangle(self, left: float, top: float, right: float, bottom: float) -> Rectangle:
        """Return the pixels of a rectangle given in units."""
        return self.column(left), self.row(top), self.column(right), self.row(bottom)

    def fill(self, level: float, rectangle: Rectangle | None = None) -> None:
        """Set a rectangle of pixels, or the whole picture; what lies outside the picture is left out."""
        left, top, right, bottom = self._inside(self.whole if rectangle is None else rectangle)
        self._levels[top:bottom, left:right] = level

    def fill_units(self, level: float, left: float, top: float, right: float, bottom: float) -> Rectangle:
        """Set a rectangle given in units and return its pixels."""
        rectangle = self.rectangle(left, top, right, bottom)
        self.fill(level, rectangle)
        return rectangle

    def outline(self, level: float, rectangle: Rectangle, thickness: int = 1) -> None:
        """Draw the frame of a rectangle, inside it, with lines of so many pixels."""
        left, top, right, bottom = rectangle
        self.fill(level, (left, top, right, top + thickness))
        self.fill(level, (left, bottom - thickness, right, bottom))
        self.fill(level, (left, top, left + thickness, bottom))
        self.fill(level, (right - thickness, top, right, bottom))

    def shade(
        self,
        rectangle: Rectangle,
        level: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]],
    ) -> None:
        """Set a rectangle from a function of its columns (1 x n) and rows (n x 1), counted from its own corner."""
        left, top, right, bottom = self._inside(rectangle)
        rows, columns = np.mgrid[top - rectangle[1] : bottom - rectangle[1], left - rectangle[0] : right - rectangle[0]]
        self._levels[top:bottom, left:right] = level(columns.astype(np.float64), rows.astype(np.float64))

    def add(self, rectangle: Rectangle, change: NDArray[np.float64]) -> None:
        """Add to the levels of a rectangle that lies inside."""
        left, top, right, bottom = rectangle
        self._levels[top:bottom, left:right] += change.astype(np.float32)

    def stamp(self, level: float, left: int, top: int, mask: NDArray[np.bool_]) -> None:
        """Set the pixels of a mask whose upper left corner is given; what lies outside is left out."""
        height, width = mask.shape
        x0, y0, x1, y1 = self._inside((left, top, left + width, top + height))
        self._levels[y0:y1, x0:x1][mask[y0 - top : y1 - top, x0 - left : x1 - left]] = level

    def text(self, words: str, level: float, left: int, top: int, dot: int) -> None:
        """Write in the program's own letters: the same on every machine.

        Args:
            words: Capitals, digits and a few signs (glyphs.py).
            level: Of the letters.
            left: Of the first letter, in pixels.
            top: Of the letters, in pixels.
            dot: Side of a letter's dots in pixels.
        """
        for letter in words:
            mask = np.kron(glyph_of(letter), np.ones((dot, dot), np.bool_)).astype(np.bool_)
            self.stamp(level, left, top, mask)
            left += mask.shape[1] + dot

    def lines(self, lines: Iterable[str], level: float, y: float) -> None:
        """Write small lines one under the other in the middle of the width, from y units below the top."""
        dot = max(1, round(self.scale))
        row = self.row(y)
        for words in lines:
            self.text(words, level, (self.width - text_width(words, dot)) // 2, row, dot)
            row += (GLYPH_HEIGHT + _GAP_DOTS) * dot

    def origin(self, name: str) -> tuple[str, ...]:
        """Return what a picture drawn after a report must say: that it is synthetic, and whether it is scaled."""
        return (f"AFTER {name}", *self.origin_notes)

    @property
    def origin_notes(self) -> tuple[str, ...]:
        """The same without the name."""
        return ("SYNTHETIC",) if self.is_native else ("SYNTHETIC", "SCALED")

    def finished(self, bits: int) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Return the picture as code values of 8 or 16 bits, rounded to the nearest."""
        if bits not in _KINDS:
            raise ValueError(f"A pattern has 8 or 16 bits, not {bits}")
        kind, factor = _KINDS[bits]
        values: NDArray[Any] = np.empty(self._levels.shape, kind)
        for row, levels in enumerate(self._levels):  # line by line: the largest pictures would fill the memory
            values[row] = np.floor(levels.astype(np.float64).clip(0.0, WHITE) * factor + 0.5)
        return values

    def _inside(self, rectangle: Rectangle) -> Rectangle:
        left, top, right, bottom = rectangle
        x0, y0 = min(max(left, 0), self.width), min(max(top, 0), self.height)
        return x0, y0, max(min(right, self.width), x0), max(min(bottom, self.height), y0)


def text_width(words: str, dot: int) -> int:
    """Return how many pixels a line of the program's own letters takes."""
    return sum((glyph_of(letter).shape[1] + 1) * dot for letter in words) - dot if words else 0


def text_height(dot: int) -> int:
    """Return how many pixels the program's own letters are high."""
    return GLYPH_HEIGHT * dot
