"""How an image lies in its viewport: rotation, flip, zoom and pan, without any pixels (PS3.3 C.10.6, C.10.4).

Points of the image are (column, row) with 0.0, 0.0 at the top left CORNER of the first pixel, whose centre is 0.5, 0.5,
as in presentation states. Points of the viewport are (x, y) in device pixels, 0.0, 0.0 at its top left corner.
Patient geometry counts from pixel centres: subtract 0.5 from both before asking an ImagePlane.
"""

import enum
import math
from dataclasses import dataclass, replace

Point = tuple[float, float]
Matrix2 = tuple[tuple[float, float], tuple[float, float]]

MIN_SCALE = 1e-4
MAX_SCALE = 1e4


class FitMode(enum.Enum):
    """What zoom is relative to."""

    FIT = "fit"
    """The whole image is just visible at zoom 1."""
    FILL = "fill"
    """The viewport is just filled at zoom 1."""
    FIXED = "fixed"
    """Zoom is device pixels per image column."""


@dataclass(frozen=True, slots=True)
class SpatialTransform:
    """What the reader chose; it fits any image and any viewport.

    Attributes:
        rotation_deg: Clockwise, before the flip.
        is_flipped: Left to right, after the rotation.
        fit: What zoom is relative to.
        zoom: Times the fitting scale, or device pixels per image column where fit is FIXED.
        pan: The image point in the middle of the viewport less the middle of the image: (columns, rows).
        area: The part of the image that fit and pan mean instead of the whole, as left, top, right and bottom image
            points; it may exceed the image (PS3.3 C.10.4). None for the whole.
    """

    rotation_deg: float = 0.0
    is_flipped: bool = False
    fit: FitMode = FitMode.FIT
    zoom: float = 1.0
    pan: Point = (0.0, 0.0)
    area: tuple[float, float, float, float] | None = None

    def rotated(self, clockwise_deg: float) -> "SpatialTransform":
        """Return this turned clockwise as the reader sees it."""
        turn = -clockwise_deg if self.is_flipped else clockwise_deg
        return replace(self, rotation_deg=(self.rotation_deg + turn) % 360.0)

    def flipped_horizontally(self) -> "SpatialTransform":
        """Return this with left and right of the view exchanged."""
        return replace(self, is_flipped=not self.is_flipped)

    def flipped_vertically(self) -> "SpatialTransform":
        """Return this with top and bottom of the view exchanged."""
        return replace(self, is_flipped=not self.is_flipped, rotation_deg=(self.rotation_deg + 180.0) % 360.0)

    def fitted(self) -> "SpatialTransform":
        """Return this showing the whole image."""
        return replace(self, fit=FitMode.FIT, zoom=1.0, pan=(0.0, 0.0), area=None)

    def at_scale(self, pixels_per_column: float) -> "SpatialTransform":
        """Return this at a fixed number of device pixels per image column: 1.0 shows every pixel once."""
        return replace(self, fit=FitMode.FIXED, zoom=pixels_per_column)

    @property
    def display_matrix(self) -> Matrix2:
        """Directions of the image (right, down) to directions of the view (right, down), without scale."""
        cosine, sine = _cosine_sine(self.rotation_deg)
        sign = -1.0 if self.is_flipped else 1.0
        return (sign * cosine, -sign * sine), (sine, cosine)

    @property
    def is_axis_aligned(self) -> bool:
        """Whether the rotation is by quarter turns."""
        return self.rotation_deg % 90.0 == 0.0

    def place(self, columns: int, rows: int, aspect: float, size: tuple[int, int]) -> "ImagePlacement":
        """Return where the pixels of an image fall.

        Args:
            columns: Of the image.
            rows: Of the image.
            aspect: Height of a pixel over its width.
            size: Width and height of the viewport in device pixels.
        """
        matrix = self.display_matrix
        left, top, right, bottom = self.area or (0.0, 0.0, columns, rows)
        scale = self._scale(right - left, (bottom - top) * aspect, size)
        a, b = matrix[0][0] * scale, matrix[0][1] * scale * aspect
        c, d = matrix[1][0] * scale, matrix[1][1] * scale * aspect
        x, y = (left + right) / 2 + self.pan[0], (top + bottom) / 2 + self.pan[1]
        shift_x, shift_y = size[0] / 2 - a * x - b * y, size[1] / 2 - c * x - d * y
        if self.is_axis_aligned:
            # Pixel edges on device pixel edges: at 1:1 nothing is blurred by half a pixel.
            shift_x, shift_y = float(math.floor(shift_x + 0.5)), float(math.floor(shift_y + 0.5))
        return ImagePlacement(columns, rows, size, (a, b, shift_x, c, d, shift_y), scale, scale * aspect, self)

    def _scale(self, width: float, height: float, size: tuple[int, int]) -> float:
        if self.fit is FitMode.FIXED:
            return min(max(self.zoom, MIN_SCALE), MAX_SCALE)
        cosine, sine = (abs(part) for part in _cosine_sine(self.rotation_deg))
        across = size[0] / (cosine * width + sine * height)
        down = size[1] / (sine * width + cosine * height)
        fitting = min(across, down) if self.fit is FitMode.FIT else max(across, down)
        return min(max(fitting * self.zoom, MIN_SCALE), MAX_SCALE)


@dataclass(frozen=True, slots=True)
class ImagePlacement:
    """A SpatialTransform worked out for one image in one viewport.

    Attributes:
        size: Width and height of the viewport in device pixels.
        forward: a, b, tx, c, d, ty: x = a*column + b*row + tx, y = c*column + d*row + ty.
        scale_x: Device pixels per image column.
        scale_y: Device pixels per image row.
    """

    columns: int
    rows: int
    size: tuple[int, int]
    forward: tuple[float, float, float, float, float, float]
    scale_x: float
    scale_y: float
    transform: SpatialTransform

    @property
    def inverse(self) -> tuple[float, float, float, float, float, float]:
        """The same form as forward, from viewport to image."""
        a, b, tx, c, d, ty = self.forward
        determinant = a * d - b * c
        ia, ib, ic, id_ = d / determinant, -b / determinant, -c / determinant, a / determinant
        return ia, ib, -(ia * tx + ib * ty), ic, id_, -(ic * tx + id_ * ty)

    @property
    def is_one_to_one(self) -> bool:
        """Whether every device pixel shows exactly one image pixel, turned or flipped at most."""
        return self.transform.is_axis_aligned and self.scale_x == 1.0 and self.scale_y == 1.0

    @property
    def shown_rectangle(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom (beyond the last) of the device pixels whose centres can lie on the image."""
        corners = [self.to_viewport((x, y)) for x in (0, self.columns) for y in (0, self.rows)]
        left, right = _centers_between([corner[0] for corner in corners], self.size[0])
        top, bottom = _centers_between([corner[1] for corner in corners], self.size[1])
        return left, top, max(left, right), max(top, bottom)

    def cropped(self, left: int, top: int, right: int, bottom: int) -> "ImagePlacement":
        """Return this for a part of the viewport."""
        a, b, tx, c, d, ty = self.forward
        return replace(self, size=(right - left, bottom - top), forward=(a, b, tx - left, c, d, ty - top))

    def to_viewport(self, point_image: Point) -> Point:
        """Return where an image point is seen."""
        return _mapped(self.forward, point_image)

    def to_image(self, point_viewport: Point) -> Point:
        """Return the image point seen at a viewport point; it may lie outside the image."""
        return _mapped(self.inverse, point_viewport)

    def pixel_at(self, point_viewport: Point) -> tuple[int, int] | None:
        """Return (column, row), from 0, of the image pixel seen at a viewport point; None outside the image."""
        column, row = (math.floor(part) for part in self.to_image(point_viewport))
        return (column, row) if 0 <= column < self.columns and 0 <= row < self.rows else None

    def panned(self, dx: float, dy: float) -> SpatialTransform:
        """Return the transform that moves the image by device pixels."""
        ia, ib, _, ic, id_, _ = self.inverse
        pan = self.transform.pan
        return replace(self.transform, pan=(pan[0] - ia * dx - ib * dy, pan[1] - ic * dx - id_ * dy))

    def zoomed(self, factor: float, about_viewport: Point) -> SpatialTransform:
        """Return the transform that magnifies while one viewport point keeps its image point."""
        scale = min(max(self.scale_x * factor, MIN_SCALE), MAX_SCALE)
        factor = scale / self.scale_x
        fixed = self.to_image(about_viewport)
        middle = self.to_image((self.size[0] / 2, self.size[1] / 2))
        left, top, right, bottom = self.transform.area or (0.0, 0.0, self.columns, self.rows)
        pan = (
            fixed[0] + (middle[0] - fixed[0]) / factor - (left + right) / 2,
            fixed[1] + (middle[1] - fixed[1]) / factor - (top + bottom) / 2,
        )
        return replace(self.transform, zoom=self.transform.zoom * factor, pan=pan)


def _cosine_sine(angle_deg: float) -> tuple[float, float]:
    quarters, rest = divmod(angle_deg % 360.0, 90.0)
    if rest == 0.0:  # exact for quarter turns
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarters) % 4]
    return math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))


def _mapped(matrix: tuple[float, float, float, float, float, float], point: Point) -> Point:
    a, b, tx, c, d, ty = matrix
    return a * point[0] + b * point[1] + tx, c * point[0] + d * point[1] + ty


def _centers_between(ends: list[float], size: int) -> tuple[int, int]:
    # A hair of slack: an edge computed to lie at a pixel's centre must not lose the pixel to rounding.
    low, high = math.ceil(min(ends) - 0.5 - 1e-9), math.ceil(max(ends) - 0.5 - 1e-9)
    return min(max(low, 0), size), min(max(high, 0), size)
