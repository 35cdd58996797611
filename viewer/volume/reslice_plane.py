"""A plane or slab through a volume, as a question: where it lies, how fine it is, what a slab shows of its depth."""

import enum
import math
from dataclasses import dataclass

from viewer.base.errors import VolumeError
from viewer.base.translation import _
from viewer.dicom.image_plane import ImagePlane

Vector = tuple[float, float, float]


class Projection(enum.StrEnum):
    """What a slab shows of the samples along its depth."""

    MEAN = "mean"
    MAXIMUM = "max"
    MINIMUM = "min"
    SUM = "sum"


class VolumeInterpolation(enum.StrEnum):
    """How values between voxels are made."""

    NEAREST = "nearest"
    LINEAR = "linear"
    CUBIC = "cubic"


@dataclass(frozen=True, slots=True)
class ReslicePlane:
    """A grid of samples on a plane through the patient.

    Attributes:
        plane: Centre of the first sample, directions along a row and down a column, and the distance of samples: all as
            in an image of a slice. A slab lies half before and half behind it along plane.normal.
        columns: Samples in a row.
        rows: Samples in a column.
        thickness_mm: Of a slab; 0 for the plane alone.
        projection: What a slab shows.
        interpolation: Between voxels.
        phase: Of a volume with several, from 0.
    """

    plane: ImagePlane
    columns: int
    rows: int
    thickness_mm: float = 0.0
    projection: Projection = Projection.MEAN
    interpolation: VolumeInterpolation = VolumeInterpolation.LINEAR
    phase: int = 0

    def __post_init__(self) -> None:
        if self.columns < 1 or self.rows < 1:
            raise VolumeError(_("A plane of {0} × {1} samples").format(self.columns, self.rows))
        if not (math.isfinite(self.thickness_mm) and self.thickness_mm >= 0):
            raise VolumeError(_("A slab cannot be {0} mm thick").format(self.thickness_mm))
