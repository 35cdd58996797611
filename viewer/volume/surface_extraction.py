"""Triangles between the voxels inside and outside of something: flying edges, each corner put where it belongs.

Runs before surface, which turns indices into millimetres. Voxel indices (i, j, k) count columns, rows and slices.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import VolumeError
from viewer.base.translation import _
from viewer.volume.surface_repair import Triangles

MOST_VERTICES = 30_000_000
"""Some 60 million triangles, a file of 3 GB: noise, not anatomy."""

_NEAREST = 1 / 256
"""No corner comes nearer to a voxel's centre than this part of a voxel: corners that fall together are no surface."""
_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """Where the values between a voxel inside and one outside cross a threshold.

    Attributes:
        ends: The thresholds in the array's values; infinite where there is none.
    """

    values: NDArray[Any]
    padding: NDArray[np.bool_] | None
    ends: tuple[float, float]

    def fraction(
        self, inside: NDArray[np.intp], outside: NDArray[np.intp], is_beyond: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return how far from the inner voxel towards the outer one it lies; half way to padding and to the border.

        Args:
            inside: Flat indices of voxels inside.
            outside: Flat indices of their neighbours outside; of any voxel where the volume ends.
            is_beyond: Where the volume ends.
        """
        flat = self.values.reshape(-1)
        first, second = flat[inside].astype(np.float64), flat[outside].astype(np.float64)
        wanted = np.where(second < self.ends[0], self.ends[0], self.ends[1])
        unlike = is_beyond if self.padding is None else is_beyond | self.padding.reshape(-1)[outside]
        unlike = unlike | (first == second) | ~np.isfinite(wanted) | ~np.isfinite(second)
        steps = np.where(unlike, 1.0, second - first)
        fractions = np.where(unlike, 0.5, (wanted - first) / steps)
        return fractions.clip(_NEAREST, 1 - _NEAREST)


def between(values: NDArray[Any], ends: tuple[float, float]) -> NDArray[np.bool_]:
    """Return which values lie from the lower to the upper end, both included."""
    low, high = ends
    if values.dtype.kind in "iu":  # compared as they are: no copy in floating point
        held = np.iinfo(values.dtype)
        first, last = np.ceil(max(low, held.min)), np.floor(min(high, held.max))
        if first > held.max or last < held.min:
            return np.zeros(values.shape, np.bool_)
        low, high = int(first), int(last)
        mask = values >= low
        return mask if high == held.max else mask & (values <= high)
    mask = values >= low
    return mask if np.isinf(high) else mask & (values <= high)


def cropped(mask: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], tuple[int, int, int]]:
    """Return the part of a mask that is not empty, and its first slice, row and column."""
    spans = []
    for axis in range(3):
        (filled,) = np.nonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        spans.append(slice(int(filled[0]), int(filled[-1]) + 1))
    return mask[spans[0], spans[1], spans[2]], (spans[0].start, spans[1].start, spans[2].start)


def largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the largest part of voxels that touch by their faces."""
    from scipy import ndimage

    labels, count = ndimage.label(mask)
    if count < 2:
        return mask
    sizes = np.bincount(labels.reshape(-1))
    sizes[0] = 0
    return np.asarray(labels == int(sizes.argmax()), np.bool_)


def check_size(mask: NDArray[np.bool_]) -> None:
    """Raise VolumeError where so many voxels lie at the surface that it is none; there is one vertex between two."""
    count = sum(int(np.count_nonzero(np.diff(mask, axis=axis))) for axis in range(3))
    if count > MOST_VERTICES:
        raise VolumeError(
            _("The surface would have more than {0} million triangles: it is mostly noise").format(
                2 * MOST_VERTICES // 1_000_000
            ),
            advice=_("Choose another threshold"),
        )


def flying_edges(mask: NDArray[np.bool_]) -> tuple[NDArray[np.float32], Triangles]:
    """Return triangles whose corners lie half way between voxels inside and outside, in indices (x, y, z)."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

    padded = np.pad(mask, 1).view(np.uint8)
    image = vtkImageData()
    image.SetDimensions(*reversed(padded.shape))
    image.GetPointData().SetScalars(numpy_to_vtk(padded.reshape(-1)))
    edges = vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, 0.5)
    edges.ComputeNormalsOff()
    edges.ComputeGradientsOff()
    edges.ComputeScalarsOff()
    edges.Update()
    found = edges.GetOutput()
    middles = np.array(vtk_to_numpy(found.GetPoints().GetData()), np.float32) - np.float32(1)
    triangles = np.array(vtk_to_numpy(found.GetPolys().GetConnectivityArray()), np.int32).reshape(-1, 3)
    return middles, triangles


def corner_indices(
    middles: NDArray[np.float32], mask: NDArray[np.bool_], corner: tuple[int, int, int], crossing: Crossing | None
) -> NDArray[np.float64]:
    """Return the corners' voxel indices (i, j, k) in the whole volume, each where the threshold is crossed."""
    start = np.array(corner[::-1], np.float64)
    places = middles.astype(np.float64)
    if crossing is not None:
        for begin in range(0, len(places), _AT_ONCE):
            part = places[begin : begin + _AT_ONCE]
            part[:] = _crossed(part, mask, corner, crossing)
    places += start
    return places


def _crossed(
    middles: NDArray[np.float64], mask: NDArray[np.bool_], corner: tuple[int, int, int], crossing: Crossing
) -> NDArray[np.float64]:
    below = np.floor(middles).astype(np.intp)[:, ::-1]
    above = np.ceil(middles).astype(np.intp)[:, ::-1]
    limits = np.array(mask.shape)
    in_crop = ((below >= 0) & (below < limits)).all(axis=1)
    nearest = below.clip(0, limits - 1)
    is_below_inside = in_crop & mask[nearest[:, 0], nearest[:, 1], nearest[:, 2]]
    inside = np.where(is_below_inside[:, None], below, above) + np.array(corner)
    outside = np.where(is_below_inside[:, None], above, below) + np.array(corner)
    shape = crossing.values.shape
    is_beyond = ((outside < 0) | (outside >= np.array(shape))).any(axis=1)
    flat = [np.ravel_multi_index(tuple(each.clip(0, np.array(shape) - 1).T), shape) for each in (inside, outside)]
    fractions = crossing.fraction(flat[0], flat[1], is_beyond)
    inner = inside - np.array(corner)
    return np.asarray((inner + (outside - inside) * fractions[:, None])[:, ::-1], np.float64)
