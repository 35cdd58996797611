"""Where one image cuts another, and where a point of the patient lies on an image (digest 5.6).

Pure geometry over images with a place: those of files, and planes reformatted from volumes. Only images of one Frame of
Reference, or of frames that a registration joins, have anything to do with each other: everyone else gets None.
"""

import bisect
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from viewer.dicom.frame_transform import IDENTITY, FrameTransform
from viewer.dicom.image_plane import ImagePlane, Vector, cross, dot, scaled, subtract
from viewer.imaging.spatial_transform import Point

PARALLEL_COSINE = 0.996
"""Of the normals of images that are taken to lie side by side: lines are not drawn between them."""
_ON_PLANE_MM = 1e-9
_SAME_PLACE_MM = 1e-6

Segment = tuple[Point, Point]
"""From end to end in image points: 0.0, 0.0 is the corner of the first pixel, as in spatial_transform."""


@dataclass(frozen=True, slots=True)
class PlacedImage:
    """An image that knows where in the patient it lies.

    Attributes:
        plane: Of its pixels.
        columns: Pixels in a row.
        rows: Pixels in a column.
        frame_uid: Frame of Reference UID (0020,0052); empty when not stated: then it has to do with nothing else.
    """

    plane: ImagePlane
    columns: int
    rows: int
    frame_uid: str = ""

    @property
    def corners(self) -> tuple[Vector, Vector, Vector, Vector]:
        """The outer corners, half a pixel beyond the outer centres, in order round the image."""
        right, bottom = self.columns - 0.5, self.rows - 0.5
        at = self.plane.point_patient
        return at(-0.5, -0.5), at(right, -0.5), at(right, bottom), at(-0.5, bottom)

    @property
    def center(self) -> Vector:
        """The middle of the image."""
        return self.plane.point_patient((self.columns - 1) / 2, (self.rows - 1) / 2)


@dataclass(frozen=True, slots=True)
class PlacedPoint:
    """A point of the patient on an image.

    Attributes:
        point_image: Where its foot on the image's plane lies; it may be outside the image.
        distance_mm: From the plane, along its normal; signed.
        is_inside: Whether the foot lies on the image.
    """

    point_image: Point
    distance_mm: float
    is_inside: bool


def reference_line(
    image: PlacedImage, on: PlacedImage, transform: FrameTransform | None = IDENTITY, limit: float = PARALLEL_COSINE
) -> Segment | None:
    """Return the line along which an image's rectangle cuts the plane of another one.

    Args:
        image: Whose line it is.
        on: The image it is drawn on.
        transform: From the frame of image to that of on (FrameLinks.transform); None where nothing joins them.
        limit: Nothing is drawn where the cosine between the normals reaches this.

    Returns:
        None where there is no line: unjoined frames, images side by side, or a rectangle that does not reach the plane.
    """
    if transform is None or _cosine(image, on, transform) >= limit:
        return None
    corners = image.corners if transform is IDENTITY else [transform.point(corner) for corner in image.corners]
    cuts = _cuts(corners, [on.plane.point_image(corner)[2] for corner in corners])
    if len(cuts) < 2:
        return None
    start, end = max(itertools.combinations(cuts, 2), key=lambda pair: math.dist(*pair))
    return (_image_point(on, start), _image_point(on, end)) if math.dist(start, end) > _SAME_PLACE_MM else None


def placed_point(
    point_patient: Vector, on: PlacedImage, transform: FrameTransform | None = IDENTITY
) -> PlacedPoint | None:
    """Return where a point of the patient lies on an image, in whose frame transform puts it; None without a way."""
    if transform is None:
        return None
    column, row, distance = on.plane.point_image(transform.point(point_patient))
    is_inside = -0.5 <= column <= on.columns - 0.5 and -0.5 <= row <= on.rows - 0.5
    return PlacedPoint((column + 0.5, row + 0.5), distance, is_inside)


def point_under(point_image: Point, image: PlacedImage) -> Vector:
    """Return the point of the patient under an image point."""
    return image.plane.point_patient(point_image[0] - 0.5, point_image[1] - 0.5)


def are_parallel(one: PlacedImage, other: PlacedImage, transform: FrameTransform | None = IDENTITY) -> bool:
    """Return whether two images lie side by side, whichever way their normals point; False for unjoined frames.

    Args:
        one: An image.
        other: Another.
        transform: From the frame of one to that of the other.
    """
    return transform is not None and _cosine(one, other, transform) >= PARALLEL_COSINE


def nearest_slice(position_mm: float, positions_mm: Sequence[float]) -> int:
    """Return the index of the slice nearest to a position along the normal; the lower one of two equally near.

    Args:
        position_mm: Along the same normal as the slices'.
        positions_mm: Of the slices, ascending.
    """
    after = bisect.bisect_left(positions_mm, position_mm)
    if after == 0:
        return 0
    if after == len(positions_mm):
        return len(positions_mm) - 1
    before = after - 1
    return before if position_mm - positions_mm[before] <= positions_mm[after] - position_mm else after


def _cosine(image: PlacedImage, on: PlacedImage, transform: FrameTransform) -> float:
    """Return the cosine between two normals, without its sign; an affine way turns directions, not normals."""
    if transform is IDENTITY:
        return abs(dot(image.plane.normal, on.plane.normal))
    row = transform.direction(image.plane.row_direction)
    column = transform.direction(image.plane.column_direction)
    normal = cross(row, column)
    return abs(dot(normal, on.plane.normal)) / math.hypot(*normal)


def _cuts(corners: Sequence[Vector], distances: Sequence[float]) -> list[Vector]:
    """Return where the edges of a rectangle meet a plane, from which its corners have signed distances."""
    cuts = []
    for this in range(len(corners)):
        following = (this + 1) % len(corners)
        a, b = distances[this], distances[following]
        if abs(a) <= _ON_PLANE_MM:
            cuts.append(corners[this])
        elif a * b < 0 and abs(b) > _ON_PLANE_MM:
            way = subtract(corners[following], corners[this])
            step = scaled(way, a / (a - b))
            x, y, z = (start + part for start, part in zip(corners[this], step, strict=True))
            cuts.append((x, y, z))
    return cuts


def _image_point(on: PlacedImage, point_patient: Vector) -> Point:
    column, row, _distance = on.plane.point_image(point_patient)
    return column + 0.5, row + 0.5
