"""From one Frame of Reference to another: a 4×4 matrix over points in mm (PS3.3 C.20.2.1.1)."""

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.image_plane import Vector

_SAME = 1e-6
_RIGID_TOLERANCE = 1e-3
"""Matrices are decimal strings of sixteen characters: cosines beyond this are no longer a rounding."""
_LEAST_DETERMINANT = 1e-6


class TransformKind(enum.StrEnum):
    """Frame of Reference Transformation Matrix Type (0070,030C); the value is the Standard's."""

    RIGID = "RIGID"
    RIGID_SCALE = "RIGID_SCALE"
    AFFINE = "AFFINE"


@dataclass(frozen=True, slots=True)
class FrameTransform:
    """Takes points of one frame into another.

    Attributes:
        matrix: Sixteen numbers, row by row; the last row is 0 0 0 1.
    """

    matrix: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)

    def __post_init__(self) -> None:
        if len(self.matrix) != 16 or not all(map(math.isfinite, self.matrix)):
            raise DicomError(_("A transformation matrix is not sixteen numbers"))
        if any(abs(value - wanted) > _SAME for value, wanted in zip(self.matrix[12:], (0, 0, 0, 1), strict=True)):
            raise DicomError(_("The last row of a transformation matrix is not 0 0 0 1"))
        if abs(self.determinant) < _LEAST_DETERMINANT:
            raise DicomError(_("A transformation matrix flattens space: it cannot be turned round"))

    @classmethod
    def of(cls, matrix: "NDArray[np.float64] | Sequence[Sequence[float]]") -> "FrameTransform":
        """Return the transform of a 4×4 array."""
        return cls(tuple(float(value) for row in matrix for value in row))

    @property
    def array(self) -> NDArray[np.float64]:
        """The 4×4 matrix."""
        return np.array(self.matrix, np.float64).reshape(4, 4)

    @property
    def determinant(self) -> float:
        """Of its upper left 3×3 part: the volume of what was a unit cube."""
        a, b, c, _x, d, e, f, _y, g, h, i, *_rest = self.matrix
        return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)

    @property
    def is_identity(self) -> bool:
        """Whether nothing is moved."""
        return self.matrix == FrameTransform().matrix

    @property
    def is_rigid(self) -> bool:
        """Whether distances and handedness are kept, within the rounding of decimal strings."""
        turn = self.array[:3, :3]
        return self.determinant > 0 and bool(np.allclose(turn @ turn.T, np.eye(3), atol=_RIGID_TOLERANCE))

    @property
    def inverse(self) -> "FrameTransform":
        """The way back."""
        inverse = np.linalg.inv(self.array).astype(np.float64)
        inverse[3] = (0.0, 0.0, 0.0, 1.0)
        return FrameTransform.of(inverse)

    @property
    def angle_deg(self) -> float:
        """By how much a rigid transform turns, about whatever axis."""
        turn = self.array[:3, :3]
        # From sine and cosine both: the cosine alone tells nothing of small angles.
        sine = math.hypot(turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]) / 2
        return math.degrees(math.atan2(sine, (float(np.trace(turn)) - 1) / 2))

    def after(self, first: "FrameTransform") -> "FrameTransform":
        """Return the transform that does first, and then this one."""
        return FrameTransform.of(self.array @ first.array)

    def point(self, point: Vector) -> Vector:
        """Return where a point comes to lie."""
        m, (x, y, z) = self.matrix, point
        return (
            m[0] * x + m[1] * y + m[2] * z + m[3],
            m[4] * x + m[5] * y + m[6] * z + m[7],
            m[8] * x + m[9] * y + m[10] * z + m[11],
        )

    def direction(self, direction: Vector) -> Vector:
        """Return what becomes of a way between two points."""
        m, (x, y, z) = self.matrix, direction
        return (
            m[0] * x + m[1] * y + m[2] * z,
            m[4] * x + m[5] * y + m[6] * z,
            m[8] * x + m[9] * y + m[10] * z,
        )

    def shift_at(self, point: Vector) -> float:
        """Return how far a point is moved, in mm."""
        return math.dist(point, self.point(point))


IDENTITY = FrameTransform()
