"""Where the slices of a mask lie in the patient: parallel planes of one size, each for itself, sorted along the normal.

A place belongs to the nearest slice when it is no farther than half a slice distance from it: what is missing between
sparse slices is empty.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.image_plane import ImagePlane, dot, subtract

_SAME_SPACING = 1e-4
_SAME_PLACE_MM = 1e-3
_EVEN = 1e-3
_WHOLE_STEPS = 0.05
"""Gaps of sparse slices are whole multiples of the smallest within this part of it."""


@dataclass(frozen=True, eq=False)
class MaskGrid:
    """Slices by their number, which counts along the normal.

    Attributes:
        planes: Sorted along their normal.
        spacing_mm: Between neighbouring slices, also where some between are absent.
        is_spacing_known: Whether volumes may be worked out with it.
        is_dense: Whether no slice is absent: then each reaches half the way to its neighbours, however far that is.
    """

    planes: tuple[ImagePlane, ...]
    rows: int
    columns: int
    spacing_mm: float
    is_spacing_known: bool = True
    is_dense: bool = False

    @functools.cached_property
    def distances(self) -> NDArray[np.float64]:
        """Of the slices along the normal of the first one, from the origin, in mm."""
        normal = self.planes[0].normal
        return np.array([dot(plane.position, normal) for plane in self.planes])

    @functools.cached_property
    def shears(self) -> NDArray[np.float64]:
        """Columns and rows by which each slice's first pixel lies off the first slice's."""
        first = self.planes[0]
        return np.array([first.point_image(plane.position)[:2] for plane in self.planes])

    @functools.cached_property
    def is_even(self) -> bool:
        """Whether no slice is absent, and all are equally far apart to a thousandth."""
        steps = (self.distances - self.distances[0]) / self.spacing_mm
        return bool(np.abs(steps - np.arange(len(steps))).max() < _EVEN)

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel."""
        plane = self.planes[0]
        return plane.row_spacing_mm * plane.column_spacing_mm * self.spacing_mm / 1000.0

    def slice_at(self, distance: float) -> int | None:
        """Return the slice that a distance along the normal belongs to; None between and beyond them."""
        place = int(np.argmin(np.abs(self.distances - distance)))
        return place if abs(self.distances[place] - distance) <= self.reaches[place] else None

    @functools.cached_property
    def reaches(self) -> NDArray[np.float64]:
        """How far from its middle each slice reaches where another is not nearer, in mm."""
        gaps = np.diff(self.distances)
        if not self.is_dense or not gaps.size:
            return np.full(len(self.planes), self.reach_mm)
        ends = np.concatenate([gaps[:1], gaps, gaps[-1:]])
        return np.asarray(np.maximum(ends[1:], ends[:-1]) / 2 * (1 + 1e-6))

    @property
    def reach_mm(self) -> float:
        """Half of the spacing."""
        return self.spacing_mm / 2 * (1 + 1e-6)


def mask_grid(
    planes: Sequence[ImagePlane],
    rows: int,
    columns: int,
    stated_mm: float | None,
    thickness_mm: float | None = None,
    *,
    is_dense: bool = False,
) -> MaskGrid:
    """Return the grid of slices that are sorted already.

    Args:
        planes: Sorted along their normal.
        rows: Of each.
        columns: Of each.
        stated_mm: Spacing Between Slices; None when not stated.
        thickness_mm: Slice Thickness: for a single slice that does not state more.
        is_dense: Whether no slice is absent.

    Raises:
        DicomError: They are not parallel, not of one spacing, or two lie at the same place.
    """
    first = planes[0]
    for plane in planes[1:]:
        sizes = (
            abs(plane.row_spacing_mm / first.row_spacing_mm - 1),
            abs(plane.column_spacing_mm / first.column_spacing_mm - 1),
        )
        if not plane.is_parallel_to(first) or max(sizes) > _SAME_SPACING:
            raise DicomError(_("Its slices are not parallel or not of one size"))
    places = np.array([dot(subtract(plane.position, first.position), first.normal) for plane in planes])
    gaps = np.diff(places)
    if gaps.size and gaps.min() <= _SAME_PLACE_MM:
        raise DicomError(_("Several of its slices lie at the same place"))
    spacing, is_known = _spacing(gaps, stated_mm, thickness_mm)
    return MaskGrid(tuple(planes), rows, columns, spacing, is_known, is_dense)


def _spacing(gaps: NDArray[np.float64], stated_mm: float | None, thickness_mm: float | None) -> tuple[float, bool]:
    """Return the distance of neighbours, and whether it may be believed."""
    if stated_mm is not None and (not gaps.size or stated_mm <= gaps.min() * (1 + _WHOLE_STEPS)):
        return stated_mm, True
    if not gaps.size:
        return (thickness_mm, True) if thickness_mm is not None else (1.0, False)
    smallest = float(gaps.min())
    steps = gaps / smallest
    is_regular = bool(np.all(np.abs(steps - np.rint(steps)) <= _WHOLE_STEPS * np.maximum(np.rint(steps), 1)))
    return smallest, is_regular
