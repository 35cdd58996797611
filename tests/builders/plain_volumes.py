"""Volumes made of arrays and functions, without files: for what is worked out from voxels."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.frame_state import FrameState, PatientIdentity
from viewer.imaging.modality_lut import Rescale
from viewer.imaging.padding import Padding
from viewer.imaging.stored_frame import PixelDescription
from viewer.volume.series_volume import SeriesVolume, VolumeCondition
from viewer.volume.volume_geometry import VolumeGeometry

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
FRAME_OF_REFERENCE = "2.25.7"
Vector = tuple[float, float, float]
UPRIGHT: tuple[Vector, Vector, Vector] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def turned(angles_deg: Vector) -> tuple[Vector, Vector, Vector]:
    """Return the three axes turned about x, then y, then z."""
    matrix = np.eye(3)
    for axis, angle in enumerate(np.deg2rad(angles_deg)):
        cosine, sine = np.cos(angle), np.sin(angle)
        turn = np.eye(3)
        first, second = [index for index in range(3) if index != axis]
        turn[first, first] = turn[second, second] = cosine
        turn[first, second], turn[second, first] = -sine, sine
        matrix = turn @ matrix
    x, y, z = ((float(a), float(b), float(c)) for a, b, c in matrix.T)
    return x, y, z


def geometry_of(
    shape: tuple[int, int, int],
    spacing_mm: Vector = (1.0, 1.0, 1.0),
    origin_mm: Vector = (0.0, 0.0, 0.0),
    axes: tuple[Vector, Vector, Vector] = UPRIGHT,
) -> VolumeGeometry:
    """Return the geometry of an array of (slices, rows, columns)."""
    return VolumeGeometry((shape[2], shape[1], shape[0]), spacing_mm, origin_mm, axes, FRAME_OF_REFERENCE)


def plain_volume(
    array: NDArray[Any],
    geometry: VolumeGeometry | None = None,
    *,
    rescale: Rescale | None = None,
    padding: Padding | None = None,
    condition: VolumeCondition | None = None,
) -> SeriesVolume:
    """Return a volume of one phase around an array of (slices, rows, columns)."""
    rescale = rescale or Rescale(unit="HU")
    values = array.astype(np.float64) * rescale.slope + rescale.intercept
    return SeriesVolume(
        key="volume",
        generation=1,
        geometry=geometry or geometry_of((array.shape[0], array.shape[1], array.shape[2])),
        phases=(np.ascontiguousarray(array),),
        rescale=rescale,
        state=plain_state(array.shape[1], array.shape[2], rescale),
        padding=padding,
        condition=condition or VolumeCondition(),
        value_range=(float(values.min()), float(values.max())),
    )


def plain_state(rows: int, columns: int, rescale: Rescale) -> FrameState:
    """Return the truth of a CT slice that says no more than it must."""
    return FrameState(
        identity=PatientIdentity(name="Phantom^Sphere", patient_id="P1"),
        sop_instance_uid="2.25.1",
        sop_class_uid=CT_IMAGE,
        modality="CT",
        frame_number=1,
        pixels=PixelDescription(rows, columns, is_signed=True),
        modality_transform=rescale,
    )


def sampled(geometry: VolumeGeometry, values: Callable[[NDArray[np.float64]], NDArray[Any]]) -> NDArray[Any]:
    """Return what a function of places (…, 3) in LPS millimetres says at every voxel's centre."""
    columns, rows, slices = geometry.dimensions
    k, j, i = np.meshgrid(np.arange(slices), np.arange(rows), np.arange(columns), indexing="ij")
    places = np.stack([i, j, k, np.ones_like(i)], axis=-1) @ geometry.affine.T
    return values(places[..., :3])
