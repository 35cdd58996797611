"""Where an image lies in the patient: position, directions and spacing of its pixels (PS3.3 C.7.6.2).

Coordinates are the patient's, in mm: +x to the left, +y to the back, +z to the head (bipeds). Pixel indices start at 0
and name the centre of a pixel.
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.instance_header import InstanceHeader

Vector = tuple[float, float, float]

# Direction cosines are decimal strings: beyond this they are no longer a rounding but another geometry.
_REFUSED_DEVIATION = 1e-2
_PARALLEL_COSINE = 1 - 1e-4

_IMAGE_POSITION_PATIENT = 0x00200032
_IMAGE_ORIENTATION_PATIENT = 0x00200037
_PIXEL_SPACING = 0x00280030


@dataclass(frozen=True, slots=True)
class ImagePlane:
    """The plane of an image; directions are made exactly orthonormal, and refused where they are far from it.

    Attributes:
        position: Centre of the first pixel.
        row_direction: Along a row, towards higher columns: the first triplet of Image Orientation (Patient).
        column_direction: Along a column, towards higher rows: the second triplet.
        row_spacing_mm: Between the centres of adjacent rows: the first value of Pixel Spacing.
        column_spacing_mm: Between the centres of adjacent columns: the second value.
    """

    position: Vector
    row_direction: Vector
    column_direction: Vector
    row_spacing_mm: float
    column_spacing_mm: float

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, self.position)):
            raise DicomError(_("Image Position (Patient) is not three numbers"))
        spacings = (self.row_spacing_mm, self.column_spacing_mm)
        if not all(math.isfinite(spacing) and spacing > 0 for spacing in spacings):
            raise DicomError(
                _("Pixel Spacing {row:g}\\{column:g} is not two positive numbers").format(
                    row=spacings[0], column=spacings[1]
                )
            )
        row, column = orthonormal(self.row_direction, self.column_direction)
        object.__setattr__(self, "row_direction", row)
        object.__setattr__(self, "column_direction", column)

    @property
    def normal(self) -> Vector:
        """The unit vector row × column."""
        return cross(self.row_direction, self.column_direction)

    @property
    def distance_along_normal(self) -> float:
        """Of the plane from the origin, in mm: what slices of a stack are sorted by."""
        return dot(self.position, self.normal)

    def point_patient(self, column: float, row: float) -> Vector:
        """Return the place in the patient of a pixel index, whole numbers being centres (C.7.6.2.1.1)."""
        # Moving along a row crosses columns, so the row direction goes with the column spacing.
        along, down = column * self.column_spacing_mm, row * self.row_spacing_mm
        x, y, z = (
            start + across * along + below * down
            for start, across, below in zip(self.position, self.row_direction, self.column_direction, strict=True)
        )
        return (x, y, z)

    def point_image(self, point_patient: Vector) -> tuple[float, float, float]:
        """Return column and row of a place in the patient, and its signed distance in mm from the plane."""
        offset = subtract(point_patient, self.position)
        return (
            dot(offset, self.row_direction) / self.column_spacing_mm,
            dot(offset, self.column_direction) / self.row_spacing_mm,
            dot(offset, self.normal),
        )

    def is_parallel_to(self, other: "ImagePlane") -> bool:
        """Return whether rows and columns point the same way within the rounding of decimal strings."""
        return (
            dot(self.row_direction, other.row_direction) >= _PARALLEL_COSINE
            and dot(self.column_direction, other.column_direction) >= _PARALLEL_COSINE
        )

    def moved_to(self, position: Vector) -> "ImagePlane":
        """Return the same plane through another first pixel."""
        return ImagePlane(
            position, self.row_direction, self.column_direction, self.row_spacing_mm, self.column_spacing_mm
        )


def plane_from(position: Sequence[float], orientation: Sequence[float], pixel_spacing: Sequence[float]) -> ImagePlane:
    """Return the plane of the three attributes' values.

    Raises:
        DicomError: A value is missing, not finite, not positive or not orthonormal.
    """
    if len(position) != 3:
        raise DicomError(_("Image Position (Patient) has {count} values, not 3").format(count=len(position)))
    if len(orientation) != 6:
        raise DicomError(_("Image Orientation (Patient) has {count} values, not 6").format(count=len(orientation)))
    if len(pixel_spacing) != 2:
        raise DicomError(_("Pixel Spacing has {count} values, not 2").format(count=len(pixel_spacing)))
    return ImagePlane(
        (position[0], position[1], position[2]),
        (orientation[0], orientation[1], orientation[2]),
        (orientation[3], orientation[4], orientation[5]),
        pixel_spacing[0],
        pixel_spacing[1],
    )


def plane_of(header: InstanceHeader) -> ImagePlane | None:
    """Return the plane of a single-frame image; None when it has none or states it wrongly (see plane_problem)."""
    try:
        return plane_from(*_plane_values(header))
    except DicomError:
        return None


def plane_problem(header: InstanceHeader) -> str:
    """Return what is wrong with the plane an image states; empty when it is right or states none."""
    tags = (_IMAGE_POSITION_PATIENT, _IMAGE_ORIENTATION_PATIENT)
    if not any(header.elements.get(tag, b"").strip(b" \0") for tag in tags):
        return ""
    try:
        plane_from(*_plane_values(header))
    except DicomError as error:
        return str(error)
    return ""


def _plane_values(header: InstanceHeader) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    return (
        header.numbers(_IMAGE_POSITION_PATIENT),
        header.numbers(_IMAGE_ORIENTATION_PATIENT),
        header.numbers(_PIXEL_SPACING),
    )


@functools.lru_cache(maxsize=4096)
def orthonormal(row: Vector, column: Vector) -> tuple[Vector, Vector]:
    """Return two directions made exactly orthonormal, each turned by the same amount.

    Raises:
        DicomError: They are not unit vectors at a right angle within 1 %.
    """
    if not all(map(math.isfinite, (*row, *column))):
        raise DicomError(_("Image Orientation (Patient) is not six numbers"))
    row_length, column_length, cosine = math.hypot(*row), math.hypot(*column), dot(row, column)
    if max(abs(row_length - 1), abs(column_length - 1), abs(cosine)) > _REFUSED_DEVIATION:
        raise DicomError(_("Image Orientation (Patient) is not two unit vectors at a right angle"))
    row, column = scaled(row, 1 / row_length), scaled(column, 1 / column_length)
    sum_, difference = added(row, column), subtract(row, column)  # at a right angle whatever row and column are
    sum_, difference = (scaled(vector, math.sqrt(0.5) / math.hypot(*vector)) for vector in (sum_, difference))
    return added(sum_, difference), subtract(sum_, difference)


def dot(a: Vector, b: Vector) -> float:
    """Return the scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    """Return the vector product."""
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def added(a: Vector, b: Vector) -> Vector:
    """Return a + b."""
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def subtract(a: Vector, b: Vector) -> Vector:
    """Return a − b."""
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def scaled(a: Vector, factor: float) -> Vector:
    """Return a times a number."""
    return (a[0] * factor, a[1] * factor, a[2] * factor)
