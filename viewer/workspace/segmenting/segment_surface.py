"""The surface of a segment, for printing and modelling."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from viewer.base.errors import VolumeError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.imaging.segmentation.shapes import SegmentShape

if TYPE_CHECKING:
    from viewer.volume.surface import Surface

USUAL_SMOOTHING = 20
_SHEARED = 0.01
_UNEQUAL = 0.01


def surface_of_segment(
    shape: SegmentShape,
    *,
    smooth: int = USUAL_SMOOTHING,
    keep_largest: bool = False,
    decimate: float = 0.0,
    progress: Progress | None = None,
) -> "Surface":
    """Return the surface of a segment's voxels.

    Args:
        shape: With a grid.
        smooth: Iterations; without any the steps of the voxels show.
        keep_largest: Whether only the largest connected part stays.
        decimate: Fraction of the triangles to take away.
        progress: Gets steps; checked between them.

    Raises:
        VolumeError: If it is empty, or its slices are no upright grid.
        Cancelled: If progress was cancelled.
    """
    from viewer.volume.surface import surface_of_mask
    from viewer.volume.volume_geometry import VolumeGeometry

    grid, bounds = shape.grid, shape.bounds
    if bounds is None:
        raise VolumeError(_("The segment is empty"))
    if grid is None or not grid.is_spacing_known:
        raise VolumeError(_("It is not known how far apart the slices of the segment are"))
    if np.abs(grid.shears).max(initial=0.0) > _SHEARED:
        raise VolumeError(_("The slices of the segment do not lie one above the other"))
    (_first, top, left), (_last, bottom, right) = bounds
    bottom, right = min(bottom, grid.rows), min(right, grid.columns)
    first = min(shape.slices)
    along = (grid.distances - grid.distances[first]) / grid.spacing_mm
    steps = np.rint(along).astype(int)
    if np.abs(along - steps).max() > _UNEQUAL:
        raise VolumeError(_("The slices of the segment are not equally far apart"))
    mask = np.zeros((int(steps[max(shape.slices)]) + 1, bottom - top, right - left), np.bool_)
    for place, packed in shape.slices.items():
        mask[steps[place]] = packed.unpacked(grid.rows, grid.columns)[top:bottom, left:right]
    plane = grid.planes[first]
    geometry = VolumeGeometry(
        mask.shape[::-1],
        (plane.column_spacing_mm, plane.row_spacing_mm, grid.spacing_mm),
        plane.point_patient(left, top),
        (plane.row_direction, plane.column_direction, plane.normal),
        shape.frame_of_reference_uid,
    )
    return surface_of_mask(
        mask, geometry, smooth=smooth, keep_largest=keep_largest, decimate=decimate, progress=progress
    )


@dataclass(frozen=True, slots=True, eq=False)
class WriteSegmentSurface:
    """Makes the surface of a segment and writes it into a file."""

    shape: SegmentShape
    path: Path
    color: tuple[int, int, int]

    def run(self, progress: Progress) -> tuple[Path, ...]:
        """Return what was written.

        Raises:
            VolumeError: If there is no surface.
            MediaError: If it cannot be written.
            Cancelled: If progress was cancelled; nothing is left then.
        """
        from viewer.volume.surface_files import write_surface

        surface = surface_of_segment(self.shape, progress=progress)
        return write_surface(surface, self.path, color=self.color, progress=progress)
