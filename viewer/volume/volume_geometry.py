"""Where the voxels of a volume lie in the patient (PS3.3 C.7.6.2): an upright grid, whatever its slices were.

Voxel indices (i, j, k) count columns, rows and slices from 0 and name centres; places are LPS millimetres.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import VolumeError
from viewer.base.translation import _

Vector = tuple[float, float, float]

_ORTHONORMAL_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class VolumeGeometry:
    """A regular grid with axes at right angles.

    Attributes:
        dimensions: Columns, rows, slices.
        spacing_mm: Between the centres of columns, rows and slices.
        origin_mm: Centre of voxel (0, 0, 0).
        axes: Unit vectors along columns (towards higher i), rows (j) and slices (k).
        frame_of_reference_uid: (0020,0052); empty when not stated: then nothing else may be laid over it.
    """

    dimensions: tuple[int, int, int]
    spacing_mm: Vector
    origin_mm: Vector
    axes: tuple[Vector, Vector, Vector]
    frame_of_reference_uid: str = ""

    def __post_init__(self) -> None:
        if min(self.dimensions) < 1 or not all(math.isfinite(each) and each > 0 for each in self.spacing_mm):
            raise VolumeError(_("A volume needs at least one voxel and positive spacing in every direction"))
        product = self.direction.T @ self.direction
        if not np.allclose(product, np.eye(3), atol=_ORTHONORMAL_TOLERANCE):
            raise VolumeError(_("The axes of the volume are not at right angles"))

    @property
    def direction(self) -> NDArray[np.float64]:
        """The axes as the columns of a 3×3 matrix, as ITK and VTK have it."""
        return np.array(self.axes, np.float64).T

    @property
    def affine(self) -> NDArray[np.float64]:
        """The 4×4 matrix from voxel indices to LPS millimetres."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.direction * np.array(self.spacing_mm)
        matrix[:3, 3] = self.origin_mm
        return matrix

    @property
    def inverse_affine(self) -> NDArray[np.float64]:
        """The 4×4 matrix from LPS millimetres to voxel indices."""
        return np.linalg.inv(self.affine).astype(np.float64)

    @property
    def normal(self) -> Vector:
        """The direction of the slices' stack; columns × rows, or its opposite for a left-handed volume."""
        return self.axes[2]

    @property
    def center_mm(self) -> Vector:
        """The middle of the volume."""
        columns, rows, slices = self.dimensions
        return self.point_patient((columns - 1) / 2, (rows - 1) / 2, (slices - 1) / 2)

    @property
    def corners_mm(self) -> NDArray[np.float64]:
        """The eight outer corners, half a voxel beyond the outer centres; shape (8, 3)."""
        ends = [(-0.5, count - 0.5) for count in self.dimensions]
        return np.array([self.point_patient(i, j, k) for k in ends[2] for j in ends[1] for i in ends[0]])

    @property
    def diagonal_mm(self) -> float:
        """From corner to corner."""
        return math.dist(self.corners_mm[0], self.corners_mm[7])

    @property
    def finest_mm(self) -> float:
        """The smallest of the three spacings."""
        return min(self.spacing_mm)

    def point_patient(self, i: float, j: float, k: float) -> Vector:
        """Return the place of a voxel index."""
        offsets = tuple(index * spacing for index, spacing in zip((i, j, k), self.spacing_mm, strict=True))
        x, y, z = (
            start + sum(offset * axis[part] for offset, axis in zip(offsets, self.axes, strict=True))
            for part, start in enumerate(self.origin_mm)
        )
        return x, y, z

    def index_of(self, point_patient: Vector) -> Vector:
        """Return the voxel index, with fractions, of a place; it may lie outside."""
        offset = [a - b for a, b in zip(point_patient, self.origin_mm, strict=True)]
        i, j, k = (
            sum(a * b for a, b in zip(offset, axis, strict=True)) / spacing
            for axis, spacing in zip(self.axes, self.spacing_mm, strict=True)
        )
        return i, j, k

    def holds(self, point_patient: Vector) -> bool:
        """Return whether a place lies in the volume, its outer half voxels included."""
        index = self.index_of(point_patient)
        return all(-0.5 <= each <= count - 0.5 for each, count in zip(index, self.dimensions, strict=True))
