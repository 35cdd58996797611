"""Where the planes of a volume's views lie: their axes, their nominal grids, how they scroll (PS3.3 C.7.6.2).

Pure geometry in LPS millimetres. The nominal grid of a plane covers the whole volume as it is seen along the plane's
normal, and does not move with the centre: what is on screen stays where it is while the reader scrolls.
"""

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np

from viewer.dicom.image_plane import ImagePlane, Vector, added, cross, dot, scaled, subtract
from viewer.dicom.orientation import AS_STORED, DisplayMatrix, EdgeLabels, ImageOrientation
from viewer.imaging.spatial_transform import FitMode, SpatialTransform
from viewer.imaging.viewport_image import Interpolation
from viewer.volume.reslice_plane import ReslicePlane, VolumeInterpolation
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.quaternion import from_axes, turned
from viewer.workspace.volume_view import (
    NO_TURN,
    Orientation,
    Quaternion,
    RenderingView,
    VolumeKind,
    VolumeView,
)

Axes = tuple[Vector, Vector, Vector]
"""To the right, down, and away from the reader (right × down)."""

UNPLACED: Vector = (math.inf, math.inf, math.inf)
"""Centre of a view whose volume is not there yet: its planes lie as it was acquired, through its middle (placed)."""
LARGEST_SIDE = 4096
"""Of a nominal grid, in samples: beyond it the grid is made coarser. Pixels on screen are sampled from the volume."""
_GROWTH_STEP = 1 / 16
_PARALLEL = 1 - 1e-9
_HAIR = 1e-6

_UPRIGHT: dict[Orientation, tuple[Vector, Vector]] = {
    Orientation.AXIAL: ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    Orientation.CORONAL: ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
    Orientation.SAGITTAL: ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
}


# Directions


def orientation_axes(orientation: Orientation, turn: Quaternion = NO_TURN) -> Axes:
    """Return the axes of one of a group's three planes."""
    right, down = (turned(axis, turn) for axis in _UPRIGHT[orientation])
    return right, down, cross(right, down)


def camera_axes(rendering: RenderingView) -> Axes:
    """Return the axes of the picture a camera sees.

    A growing azimuth takes the camera from the front to the patient's left, a growing elevation above the head, and a
    growing roll turns the camera clockwise (the picture counter-clockwise).
    """
    azimuth, elevation, roll = (
        math.radians(angle) for angle in (rendering.azimuth_deg, rendering.elevation_deg, rendering.roll_deg)
    )
    level: Vector = (math.cos(azimuth), math.sin(azimuth), 0.0)
    away: Vector = (
        -math.sin(azimuth) * math.cos(elevation),
        math.cos(azimuth) * math.cos(elevation),
        -math.sin(elevation),
    )
    below = cross(away, level)
    right = added(scaled(level, math.cos(roll)), scaled(below, math.sin(roll)))
    return right, cross(away, right), away


def view_axes(view: VolumeView) -> Axes:
    """Return the directions of a view: to the right, down, and away from the reader.

    A projection and a rendering are seen by their camera; planes lie as their group is turned.
    """
    if view.kind in {VolumeKind.PROJECTION, VolumeKind.RENDERING}:
        return camera_axes(view.rendering)
    return orientation_axes(view.orientation, view.turn)


def view_letters(
    view: VolumeView, display: DisplayMatrix = AS_STORED, *, is_quadruped: bool = False, body_part: str = ""
) -> EdgeLabels:
    """Return the letters at the edges of a view under the matrix that displays it."""
    right, down, _normal = view_axes(view)
    orientation = ImageOrientation((right, down), is_quadruped=is_quadruped, body_part=body_part)
    return orientation.edge_labels(display)


def acquisition_turn(geometry: VolumeGeometry) -> Quaternion:
    """Return the turn from the patient's axes to the volume's own that are nearest to them.

    Planes turned so run through voxel centres and show the slices as they were acquired.
    """
    best, axes = -math.inf, ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    for order in itertools.permutations(geometry.axes):
        for x_sign, y_sign in itertools.product((1.0, -1.0), repeat=2):
            x_axis, y_axis = scaled(order[0], x_sign), scaled(order[1], y_sign)
            z_axis = cross(x_axis, y_axis)
            nearness = x_axis[0] + y_axis[1] + z_axis[2]
            if nearness > best + _HAIR:
                best, axes = nearness, (x_axis, y_axis, z_axis)
    return from_axes(*axes)


# Grids


@dataclass(frozen=True, slots=True)
class _Extent:
    """The rectangle that a volume fills as it is seen, about its middle: width and height in mm, and how fine it is."""

    width_mm: float
    height_mm: float
    column_spacing_mm: float
    row_spacing_mm: float


def reslice_plane_of(
    view: VolumeView, geometry: VolumeGeometry, interpolation: VolumeInterpolation = VolumeInterpolation.LINEAR
) -> ReslicePlane:
    """Return the nominal grid of a view's plane.

    A plane that lies as slices were acquired has exactly their grid. A projection is a slab through the volume's
    middle, as thick as the volume. A curved view gives the plane of its orientation, on which its points are picked.
    """
    view = placed(view, geometry)
    right, down, normal = view_axes(view)
    is_whole = view.kind in {VolumeKind.PROJECTION, VolumeKind.RENDERING}
    extent = _seen_extent(view, geometry) if is_whole else _plane_extent(view, geometry)
    columns = max(1, math.ceil(extent.width_mm / extent.column_spacing_mm - _HAIR))
    rows = max(1, math.ceil(extent.height_mm / extent.row_spacing_mm - _HAIR))
    middle = geometry.center_mm
    if not is_whole:
        middle = added(middle, scaled(normal, dot(subtract(view.center_mm, middle), normal)))
    left, up = (columns - 1) / 2 * extent.column_spacing_mm, (rows - 1) / 2 * extent.row_spacing_mm
    position = subtract(subtract(middle, scaled(right, left)), scaled(down, up))
    plane = ImagePlane(position, right, down, extent.row_spacing_mm, extent.column_spacing_mm)
    thickness = depth_mm(geometry, normal) if is_whole else view.thickness_mm
    return ReslicePlane(plane, columns, rows, thickness, view.projection, interpolation, view.phase)


def volume_interpolation(interpolation: Interpolation) -> VolumeInterpolation:
    """Return how voxels are interpolated where the reader chose so between pixels; Lanczos is cubic there."""
    if interpolation is Interpolation.NEAREST:
        return VolumeInterpolation.NEAREST
    return VolumeInterpolation.LINEAR if interpolation is Interpolation.LINEAR else VolumeInterpolation.CUBIC


def depth_mm(geometry: VolumeGeometry, direction: Vector) -> float:
    """Return how far the volume reaches along a direction, from outer edge to outer edge."""
    return sum(
        count * spacing * abs(dot(axis, direction))
        for count, spacing, axis in zip(geometry.dimensions, geometry.spacing_mm, geometry.axes, strict=True)
    )


def spacing_along(geometry: VolumeGeometry, direction: Vector) -> float:
    """Return the distance of voxels along a direction: their spacing along an axis, something between beside it."""
    squares = (
        (dot(axis, direction) / spacing) ** 2 for axis, spacing in zip(geometry.axes, geometry.spacing_mm, strict=True)
    )
    return 1.0 / math.sqrt(sum(squares))


def _plane_extent(view: VolumeView, geometry: VolumeGeometry) -> _Extent:
    """Return the extent as slices were acquired, grown alike in both directions where the plane is turned away from it.

    Growing alike keeps the shape, so that turning only needs another zoom (kept_in_place).
    """
    start = orientation_axes(view.orientation, acquisition_turn(geometry))
    width, height = depth_mm(geometry, start[0]), depth_mm(geometry, start[1])
    right, down, normal = orientation_axes(view.orientation, view.turn)
    if dot(right, start[0]) > _PARALLEL and dot(down, start[1]) > _PARALLEL:
        across, along = spacing_along(geometry, right), spacing_along(geometry, down)
        if abs(dot(normal, geometry.normal)) <= _PARALLEL:
            across = along = min(across, along)
        return _bounded(_Extent(width, height, across, along))
    growth = max(depth_mm(geometry, right) / width, depth_mm(geometry, down) / height, 1.0)
    growth = math.ceil(growth / _GROWTH_STEP - _HAIR) * _GROWTH_STEP
    return _bounded(_Extent(width * growth, height * growth, geometry.finest_mm, geometry.finest_mm))


def _seen_extent(view: VolumeView, geometry: VolumeGeometry) -> _Extent:
    """Return what holds the volume at any azimuth, so that it stays as large while it is turned about the long axis."""
    offsets = geometry.corners_mm - np.array(geometry.center_mm)
    radius, tall = float(np.hypot(offsets[:, 0], offsets[:, 1]).max()), float(np.abs(offsets[:, 2]).max())
    elevation, roll = math.radians(view.rendering.elevation_deg), math.radians(view.rendering.roll_deg)
    width = 2 * radius
    height = 2 * (tall * abs(math.cos(elevation)) + radius * abs(math.sin(elevation)))
    cosine, sine = abs(math.cos(roll)), abs(math.sin(roll))
    width, height = width * cosine + height * sine, width * sine + height * cosine
    return _bounded(_Extent(width, height, geometry.finest_mm, geometry.finest_mm))


def _bounded(extent: _Extent) -> _Extent:
    coarser = max(
        extent.width_mm / extent.column_spacing_mm / LARGEST_SIDE,
        extent.height_mm / extent.row_spacing_mm / LARGEST_SIDE,
        1.0,
    )
    if coarser == 1.0:
        return extent
    return replace(
        extent,
        column_spacing_mm=extent.column_spacing_mm * coarser,
        row_spacing_mm=extent.row_spacing_mm * coarser,
    )


def kept_in_place(
    transform: SpatialTransform, before: ReslicePlane, after: ReslicePlane, point_patient: Vector
) -> SpatialTransform:
    """Return the transform that shows another grid as large as the one before, a point of both where it was."""
    old, new = before.plane, after.plane
    factor = new.column_spacing_mm / old.column_spacing_mm
    zoom = transform.zoom * factor
    if transform.fit is not FitMode.FIXED:
        zoom *= after.columns / before.columns
    was, now = _from_middle(before, point_patient), _from_middle(after, point_patient)
    pan = (
        now[0] - (was[0] - transform.pan[0]) / factor,
        now[1] - (was[1] - transform.pan[1]) * old.row_spacing_mm / new.row_spacing_mm,
    )
    return replace(transform, zoom=zoom, pan=pan)


def _from_middle(grid: ReslicePlane, point_patient: Vector) -> tuple[float, float]:
    column, row, _distance = grid.plane.point_image(point_patient)
    return column + 0.5 - grid.columns / 2, row + 0.5 - grid.rows / 2


# Scrolling


@dataclass(frozen=True, slots=True)
class ScrollRange:
    """The places a plane can be scrolled to.

    Attributes:
        first_mm: The first of them along the normal, from the origin.
        step_mm: From one to the next.
        count: How many there are.
    """

    first_mm: float
    step_mm: float
    count: int

    def index_of(self, distance_mm: float) -> int:
        """Return the nearest place."""
        return min(max(math.floor((distance_mm - self.first_mm) / self.step_mm + 0.5), 0), self.count - 1)


def scroll_range(view: VolumeView, geometry: VolumeGeometry) -> ScrollRange:
    """Return the places of a view: the slices themselves where it lies as they were acquired."""
    normal = view_axes(view)[2]
    step, depth = spacing_along(geometry, normal), depth_mm(geometry, normal)
    count = max(1, math.floor(depth / step + _HAIR))
    return ScrollRange(dot(geometry.center_mm, normal) - (count - 1) / 2 * step, step, count)


def scroll_index(view: VolumeView, geometry: VolumeGeometry) -> int:
    """Return where a view stands among its places, from 0."""
    return scroll_range(view, geometry).index_of(dot(view.center_mm, view_axes(view)[2]))


def scrolled(view: VolumeView, geometry: VolumeGeometry, steps: int) -> VolumeView:
    """Return the view so many steps farther along its normal, at the last place beyond the ends.

    A centre between two places stays between places.
    """
    places, normal = scroll_range(view, geometry), view_axes(view)[2]
    at = dot(view.center_mm, normal)
    last = places.first_mm + (places.count - 1) * places.step_mm
    low, high = min(places.first_mm, at), max(last, at)
    target = min(max(at + steps * places.step_mm, low), high)
    return replace(view, center_mm=added(view.center_mm, scaled(normal, target - at)))


def scrolled_to(view: VolumeView, geometry: VolumeGeometry, index: int) -> VolumeView:
    """Return the view at one of its places, from 0; beyond the ends at the last."""
    places, normal = scroll_range(view, geometry), view_axes(view)[2]
    target = places.first_mm + min(max(index, 0), places.count - 1) * places.step_mm
    return replace(view, center_mm=added(view.center_mm, scaled(normal, target - dot(view.center_mm, normal))))


def placed(view: VolumeView, geometry: VolumeGeometry) -> VolumeView:
    """Return a view with a place: one that had none goes through the middle, as the slices were acquired."""
    if view.center_mm != UNPLACED:
        return view
    return replace(view, center_mm=start_center(geometry), turn=acquisition_turn(geometry))


def start_center(geometry: VolumeGeometry) -> Vector:
    """Return the centre of the voxel in the middle: planes that start there show voxels as they are."""
    i, j, k = (float(count // 2) for count in geometry.dimensions)
    return geometry.point_patient(i, j, k)


def held_inside(geometry: VolumeGeometry, point_patient: Vector) -> Vector:
    """Return the nearest place in the volume."""
    index = geometry.index_of(point_patient)
    if geometry.holds(point_patient):
        return point_patient
    i, j, k = (min(max(each, 0.0), count - 1.0) for each, count in zip(index, geometry.dimensions, strict=True))
    return geometry.point_patient(i, j, k)
