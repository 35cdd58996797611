"""The planes that `negatoscope reslice` is asked for, worked out from its options and the volume."""

import argparse
import math
from dataclasses import replace
from typing import TYPE_CHECKING

from viewer.base.errors import DicomError, UsageError
from viewer.base.translation import _

if TYPE_CHECKING:
    from viewer.volume.reslice_plane import ReslicePlane, Vector
    from viewer.volume.volume_geometry import VolumeGeometry

MOST_PLANES = 10_000
MAX_SIDE = 16_384
_HAIR = 1e-6  # of rounding


def plane_of(arguments: argparse.Namespace, geometry: "VolumeGeometry") -> "ReslicePlane":
    """Return the plane, or the slab, that is asked for.

    Raises:
        UsageError: If there can be no such plane.
    """
    from viewer.dicom.image_plane import ImagePlane, cross
    from viewer.volume.reslice_plane import Projection, ReslicePlane, VolumeInterpolation
    from viewer.workspace.volume_planes import depth_mm, spacing_along

    right, down = _directions(arguments)
    spacing = arguments.spacing or min(spacing_along(geometry, right), spacing_along(geometry, down))
    columns, rows = arguments.size or [
        max(math.ceil(depth_mm(geometry, axis) / spacing - _HAIR), 1) for axis in (right, down)
    ]
    if not max(columns, rows) <= MAX_SIDE:
        raise UsageError(_("A plane has at most {0} samples a side: give a larger --spacing").format(MAX_SIDE))
    position = _first_sample(arguments, geometry, (right, down, cross(right, down)), (columns, rows), spacing)
    return ReslicePlane(
        ImagePlane(position, right, down, spacing, spacing),
        columns,
        rows,
        arguments.slab,
        Projection(arguments.projection),
        VolumeInterpolation(arguments.interpolation),
        arguments.phase - 1,
    )


def all_planes(plane: "ReslicePlane", geometry: "VolumeGeometry", step_mm: float | None) -> "list[ReslicePlane]":
    """Return the planes parallel to one through the whole volume, in the order in which its normal meets them.

    Args:
        plane: One of them.
        geometry: Of the volume; its outer voxels' centres are the ends.
        step_mm: From one to the next; None for the distance of voxels along the normal.

    Raises:
        UsageError: If there would be too many.
    """
    from viewer.dicom.image_plane import added, dot, scaled, subtract
    from viewer.workspace.volume_planes import depth_mm, spacing_along

    normal = plane.plane.normal
    step = step_mm or spacing_along(geometry, normal)
    to_middle = dot(subtract(geometry.center_mm, plane.plane.position), normal)
    reach = (depth_mm(geometry, normal) - spacing_along(geometry, normal)) / 2
    first = math.ceil((to_middle - reach) / step - _HAIR)
    last = math.floor((to_middle + reach) / step + _HAIR)
    if last - first >= MOST_PLANES:
        raise UsageError(_("That would be {0} planes: give a larger --step").format(last - first + 1))
    places = [added(plane.plane.position, scaled(normal, number * step)) for number in range(first, last + 1)]
    return [replace(plane, plane=plane.plane.moved_to(place)) for place in places] or [plane]


def _directions(arguments: argparse.Namespace) -> "tuple[Vector, Vector]":
    from viewer.dicom.image_plane import orthonormal, scaled
    from viewer.workspace.volume_planes import orientation_axes
    from viewer.workspace.volume_view import Orientation

    if arguments.plane is not None:
        right, down, _normal = orientation_axes(Orientation(arguments.plane))
        return right, down
    lengths = [math.hypot(*axis) for axis in (arguments.right, arguments.down)]
    if not all(math.isfinite(length) and length > 0 for length in lengths):
        raise UsageError(_("--right and --down are two directions"))
    right, down = (scaled((x, y, z), 1 / math.hypot(x, y, z)) for x, y, z in (arguments.right, arguments.down))
    try:
        return orthonormal(right, down)
    except DicomError as error:
        raise UsageError(_("--right and --down are not at a right angle")) from error


def _first_sample(
    arguments: argparse.Namespace,
    geometry: "VolumeGeometry",
    axes: "tuple[Vector, Vector, Vector]",
    size: tuple[int, int],
    spacing: float,
) -> "Vector":
    """Return the centre of the first sample: --origin with a size, else the grid lies about the volume's middle."""
    from viewer.dicom.image_plane import added, dot, scaled, subtract
    from viewer.workspace.volume_planes import start_center

    given = None if arguments.origin is None else (arguments.origin[0], arguments.origin[1], arguments.origin[2])
    if given is not None and arguments.size is not None:
        return given
    right, down, normal = axes
    through = given or start_center(geometry)
    middle = added(geometry.center_mm, scaled(normal, dot(subtract(through, geometry.center_mm), normal)))
    back = added(scaled(right, (size[0] - 1) / 2 * spacing), scaled(down, (size[1] - 1) / 2 * spacing))
    return subtract(middle, back)
