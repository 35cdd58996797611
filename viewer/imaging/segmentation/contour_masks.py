"""Regions of structure sets as masks: contours of parallel planes filled on a grid of their own (PS3.3 C.8.8.6).

Volumes are those of the contours themselves: the area inside them, plane by plane, times the distance of the planes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.image_plane import ImagePlane
from viewer.dicom.segmentation.structure_set import Contour, RegionOfInterest, plane_normal
from viewer.imaging.segmentation.mask_grid import MaskGrid, mask_grid
from viewer.imaging.segmentation.outlines import even_odd_area, even_odd_mask
from viewer.imaging.segmentation.packed_slices import PackedSlice, packed_slice

FINEST_MM = 0.5
MOST_PIXELS = 2048
_SAME_PLANE_MM = 0.05
_PARALLEL = 1 - 1e-5
_MARGIN = 2


@dataclass(frozen=True, slots=True, eq=False)
class ContouredSlices:
    """The closed contours of a region as slices.

    Attributes:
        slices: By number, as the grid counts.
        outlines: Of each slice, in the patient.
        areas_mm2: Of each slice.
    """

    grid: MaskGrid
    slices: dict[int, PackedSlice]
    outlines: tuple[tuple[NDArray[np.float64], ...], ...]
    areas_mm2: tuple[float, ...]

    @property
    def volume_ml(self) -> float | None:
        """Volume inside; None where the distance of the slices is not known."""
        return sum(self.areas_mm2) * self.grid.spacing_mm / 1000 if self.grid.is_spacing_known else None


def contoured_slices(region: RegionOfInterest, thickness_mm: float | None = None) -> ContouredSlices | None:
    """Return the inside of a region; None where it has no closed contours.

    Args:
        region: What is filled.
        thickness_mm: Of the slices it was drawn on: for a region on a single plane.

    Raises:
        DicomError: Its contours are not parallel.
    """
    closed = [contour for contour in region.contours if contour.type.is_closed]
    normal = _common_normal(closed)
    if normal is None:
        return None
    right, down = _axes(normal)
    groups = _by_plane(closed, normal)
    flat = np.concatenate([contour.points for contour in closed])
    low = np.array([(flat @ right).min(), (flat @ down).min()])
    extent = float(max((flat @ right).max() - low[0], (flat @ down).max() - low[1]))
    pixel = max(FINEST_MM, extent / (MOST_PIXELS - 2 * _MARGIN))
    low = low - _MARGIN * pixel
    columns = math.ceil(((flat @ right).max() - low[0]) / pixel) + _MARGIN
    rows = math.ceil(((flat @ down).max() - low[1]) / pixel) + _MARGIN
    planes = [_plane(low, distance, (right, down, normal), pixel) for distance, _group in groups]
    grid = mask_grid(planes, rows, columns, None, thickness_mm)
    slices: dict[int, PackedSlice] = {}
    areas = []
    for number, (_distance, group) in enumerate(groups):
        on_plane = [np.column_stack([each.points @ right, each.points @ down]) for each in group]
        areas.append(even_odd_area(on_plane))
        mask = packed_slice(even_odd_mask([(each - low) / pixel for each in on_plane], rows, columns))
        if mask is not None:
            slices[number] = mask
    outlines = tuple(tuple(each.points for each in group) for _distance, group in groups)
    return ContouredSlices(grid, slices, outlines, tuple(areas))


def _common_normal(contours: Sequence[Contour]) -> NDArray[np.float64] | None:
    common: NDArray[np.float64] | None = None
    for contour in contours:
        normal = plane_normal(contour.points)
        if normal is None:
            continue
        if common is not None and abs(float(normal @ common)) < _PARALLEL:
            raise DicomError(_("Its contours are not parallel"))
        common = normal if common is None else common
    return common


def _axes(normal: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return directions to the right and down such that right × down is the normal."""
    start = np.array([1.0, 0.0, 0.0]) if abs(normal[0]) < 0.9 else np.array([0.0, 1.0, 0.0])
    right = start - (start @ normal) * normal
    right /= np.linalg.norm(right)
    return right, np.cross(normal, right)


def _by_plane(contours: Sequence[Contour], normal: NDArray[np.float64]) -> list[tuple[float, list[Contour]]]:
    """Return contours by their distance along the normal, ascending; those of one plane together."""
    placed = sorted(((float((each.points @ normal).mean()), each) for each in contours), key=lambda pair: pair[0])
    groups: list[tuple[float, list[Contour]]] = []
    for distance, contour in placed:
        if groups and distance - groups[-1][0] <= _SAME_PLANE_MM:
            groups[-1][1].append(contour)
        else:
            groups.append((distance, [contour]))
    return groups


def _plane(
    low: NDArray[np.float64], distance: float, axes: tuple[NDArray[np.float64], ...], pixel: float
) -> ImagePlane:
    right, down, normal = axes
    x, y, z = (low[0] * right + low[1] * down + distance * normal).tolist()
    return ImagePlane((x, y, z), tuple(right.tolist()), tuple(down.tolist()), pixel, pixel)
