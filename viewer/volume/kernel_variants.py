"""Compiles the loops over voxels for all that is usual, so that the compiler keeps them for later starts."""

import itertools

import numpy as np
from numpy.typing import DTypeLike

from viewer.imaging.frame_state import FrameState, PatientIdentity
from viewer.imaging.modality_lut import Rescale
from viewer.imaging.stored_frame import PixelDescription
from viewer.volume.kernel_parts import HIGHEST
from viewer.volume.reduced_voxels import reduced_voxels
from viewer.volume.reslice import sample_affine, warm_up
from viewer.volume.reslice_plane import Projection, VolumeInterpolation
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.volume.voxel_grid import Slab

VOXELS: tuple[DTypeLike, ...] = (np.int16, np.uint16, np.float32)
_SIDE = 4
_NO_PADDING = (np.inf, -np.inf)
_SLABS = (Slab(), Slab(2.0, Projection.MEAN))
"""A plane, and what is added up in more digits; highest and lowest values go as planes do."""


def compile_all() -> None:
    """Compile what most volumes need first, then the rest; takes half a minute the first time."""
    warm_up()
    for voxels, slab, interpolation in itertools.product(VOXELS, _SLABS, VolumeInterpolation):
        _sample(_volume(voxels), slab, interpolation)
    for voxels in VOXELS:
        reduced_voxels(np.zeros((_SIDE,) * 3, voxels), (4, 4, 4), HIGHEST, _NO_PADDING)


def _sample(volume: SeriesVolume, slab: Slab, interpolation: VolumeInterpolation) -> None:
    across, down, deep = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
    sample_affine(volume, (1.0, 1.0, 1.0), across, down, 2, 2, deep_ijk=deep, slab=slab, interpolation=interpolation)


def _volume(voxels: DTypeLike) -> SeriesVolume:
    upright = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    pixels = PixelDescription(_SIDE, _SIDE)
    return SeriesVolume(
        key="",
        generation=0,
        geometry=VolumeGeometry((_SIDE,) * 3, (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), upright),
        phases=(np.zeros((_SIDE,) * 3, voxels),),
        rescale=Rescale(),
        state=FrameState(PatientIdentity(), "", "", "CT", 1, pixels),
    )
