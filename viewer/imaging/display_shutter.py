"""Display shutters: parts of an image that are covered (PS3.3 C.7.6.11, C.7.6.15).

Presentation only: covered pixels are still in the file, so a shutter never takes an identity away.
"""

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
