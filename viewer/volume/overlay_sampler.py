"""A volume as an overlay: its values wherever another image has pixels (imaging.fusion.OverlaySampler)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.frame_transform import IDENTITY, FrameTransform
from viewer.imaging.fusion import PatientGrid
from viewer.volume.reslice import modality_of, sample_affine
from viewer.volume.reslice_plane import Projection, Vector, VolumeInterpolation
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.voxel_grid import Slab


@dataclass(frozen=True, slots=True, eq=False)
class VolumeSampler:
    """One phase of a volume, sampled linearly.

    Attributes:
        to_volume: From places in the image's frame of reference to those in the volume's.
    """

    volume: SeriesVolume
    phase: int = 0
    to_volume: FrameTransform = IDENTITY

    def sample(self, grid: PatientGrid, thickness_mm: float, projection: str, *, is_quick: bool) -> NDArray[np.float32]:
        """Return modality values at a grid, NaN where there are none."""
        matrix = self._to_voxels()
        cut = sample_affine(
            self.volume,
            _vector(matrix @ np.array([*grid.origin, 1.0])),
            _vector(matrix[:3, :3] @ np.array(grid.right)),
            _vector(matrix[:3, :3] @ np.array(grid.down)),
            grid.width,
            grid.height,
            deep_ijk=_vector(matrix[:3, :3] @ np.array(grid.normal)),
            slab=Slab(thickness_mm, Projection(projection)),
            interpolation=VolumeInterpolation.LINEAR,
            phase=self.phase,
            is_quick=is_quick,
        )
        return modality_of(cut, self.volume)

    def _to_voxels(self) -> NDArray[np.float64]:
        matrix: NDArray[np.float64] = self.volume.geometry.inverse_affine @ self.to_volume.array
        return matrix


def _vector(values: NDArray[np.float64]) -> Vector:
    return float(values[0]), float(values[1]), float(values[2])
