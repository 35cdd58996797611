"""Display shutters: parts of an image that are covered (PS3.3 C.7.6.11, C.7.6.15).

Presentation only: covered pixels are still in the file, so a shutter never takes an identity away.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Edges in rows and columns from 1; the edges themselves stay visible."""

    left: int
    right: int
    upper: int
    lower: int


@dataclass(frozen=True, slots=True)
class Circle:
    """Centre in row and column from 1, radius in pixels along a row: an ellipse where pixels are not square."""

    row: float
    column: float
    radius: float


@dataclass(frozen=True, slots=True)
class Polygon:
    """Vertices (row, column) from 1; closed by itself."""

    vertices: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class DisplayShutter:
    """All shapes at once: what any of them covers is covered.

    Attributes:
        overlay_group: Of the overlay whose 1 bits are covered (a bitmap shutter); 0 for none.
        p_value: Fill of the covered part on grey, 0..65535.
        cielab: Fill on colour as the file codes it; None for black.
    """

    shapes: tuple[Rectangle | Circle | Polygon, ...] = ()
    overlay_group: int = 0
    p_value: int = 0
    cielab: tuple[int, int, int] | None = None

    def covered(self, rows: int, columns: int, aspect: float = 1.0) -> NDArray[np.bool_]:
        """Return where the shapes cover an image; the bitmap shutter is not among them.

        Args:
            rows: Of the image.
            columns: Of the image.
            aspect: Height of a pixel over its width.
        """
        visible = np.ones((rows, columns), np.bool_)
        for shape in self.shapes:
            visible &= _visible(shape, rows, columns, aspect)
        return ~visible


def _visible(shape: Rectangle | Circle | Polygon, rows: int, columns: int, aspect: float) -> NDArray[np.bool_]:
    visible = np.zeros((rows, columns), np.bool_)
    if isinstance(shape, Rectangle):
        visible[max(shape.upper - 1, 0) : max(shape.lower, 0), max(shape.left - 1, 0) : max(shape.right, 0)] = True
        return visible
    if isinstance(shape, Circle):
        down = (np.arange(1, rows + 1)[:, None] - shape.row) * aspect
        across = np.arange(1, columns + 1)[None, :] - shape.column
        return np.asarray(across * across + down * down <= shape.radius * shape.radius, np.bool_)
    import cv2

    canvas = np.zeros((rows, columns), np.uint8)
    limit = 1 << 20  # a vertex far outside must not overflow the filler's fixed point
    corners = [(_held(column - 1, limit), _held(row - 1, limit)) for row, column in shape.vertices]
    cv2.fillPoly(canvas, [np.array(corners, np.int32)], (1,))
    return canvas.astype(np.bool_)


def _held(value: int, limit: int) -> int:
    return max(-limit, min(limit, value))


def cielab_to_srgb(coded: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return 8-bit sRGB of a CIELab value coded in 16 bits, white point D50 (PS3.3 C.10.7.1.1)."""
    lightness = coded[0] * 100.0 / 65535.0
    a, b = (part * 255.0 / 65535.0 - 128.0 for part in coded[1:])
    y = (lightness + 16.0) / 116.0
    white = (0.9642, 1.0, 0.8249)
    x, y, z = (scale * _inverse_f(value) for scale, value in zip(white, (y + a / 500.0, y, y - b / 200.0), strict=True))
    # D50 XYZ to linear sRGB, adapted to D65 by Bradford.
    linear = (
        3.1338561 * x - 1.6168667 * y - 0.4906146 * z,
        -0.9787684 * x + 1.9161415 * y + 0.0334540 * z,
        0.0719453 * x - 0.2289914 * y + 1.4052427 * z,
    )
    red, green, blue = (_gamma(part) for part in linear)
    return red, green, blue


def _inverse_f(value: float) -> float:
    return value**3 if value > 6 / 29 else 3 * (6 / 29) ** 2 * (value - 4 / 29)


def _gamma(linear: float) -> int:
    linear = min(max(linear, 0.0), 1.0)
    coded = 12.92 * linear if linear <= 0.0031308 else 1.055 * math.pow(linear, 1 / 2.4) - 0.055
    return round(coded * 255.0)
