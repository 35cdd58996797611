"""Which images a reformatted series is to have: places along a plane's normal, or angles around the patient.

Runs before volume.derived_series, which writes them.
"""

import math
from dataclasses import dataclass, replace
from itertools import pairwise

from viewer.base.errors import VolumeError
from viewer.base.translation import _
from viewer.dicom.image_plane import added, dot, scaled
from viewer.imaging.frame_state import FrameState
from viewer.imaging.voi_lut import Window
from viewer.volume.reslice_plane import Projection, ReslicePlane, VolumeInterpolation
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.volume_planes import placed, reslice_plane_of, scroll_range, view_axes
from viewer.workspace.volume_readings import side_letters
from viewer.workspace.volume_view import VolumeKind, VolumeView

MOST_IMAGES = 2000
FULL_TURN_DEG = 360.0
DEFAULT_ANGLE_DEG = 10.0
USUAL_STEP_MM = 1.0
BYTES_PER_PIXEL = 2
_HAIR = 1e-6
_PARALLEL = 1 - 1e-9
SAVED_KINDS = frozenset({VolumeKind.PLANE, VolumeKind.PROJECTION})
"""Views that are images of a grid in the patient: a curved plane and a rendering are not."""


@dataclass(frozen=True, slots=True)
class SeriesChoice:
    """What the reader chose.

    Attributes:
        from_mm: The first plane, from the first place the view can be scrolled to.
        to_mm: No plane lies behind this.
        step_mm: From one plane to the next.
        thickness_mm: Of each slab; 0 for planes.
        projection: What slabs show.
        interpolation: Between voxels.
        angle_deg: Between the directions a projection of the whole volume is seen from.
        window: The images' first window; None for that of the source images.
        name: Description of the series.
    """

    from_mm: float = 0.0
    to_mm: float = 0.0
    step_mm: float = 1.0
    thickness_mm: float = 0.0
    projection: Projection = Projection.MEAN
    interpolation: VolumeInterpolation = VolumeInterpolation.LINEAR
    angle_deg: float = DEFAULT_ANGLE_DEG
    window: Window | None = None
    name: str = ""


def reach_mm(view: VolumeView, geometry: VolumeGeometry) -> float:
    """Return how far the last place a view can be scrolled to lies behind the first."""
    places = scroll_range(placed(view, geometry), geometry)
    return (places.count - 1) * places.step_mm


def start_choice(view: VolumeView, geometry: VolumeGeometry, interpolation: VolumeInterpolation) -> SeriesChoice:
    """Return the choice to begin with: the whole volume as the view shows it, no finer than a reader looks through.

    A plane that lies as slices were acquired has an image at every slice.
    """
    view = placed(view, geometry)
    places = scroll_range(view, geometry)
    is_acquired = abs(dot(view_axes(view)[2], geometry.normal)) > _PARALLEL
    return SeriesChoice(
        to_mm=reach_mm(view, geometry),
        step_mm=places.step_mm if is_acquired else max(places.step_mm, USUAL_STEP_MM),
        thickness_mm=view.thickness_mm,
        projection=view.projection,
        interpolation=interpolation,
    )


def ends_of(view: VolumeView, geometry: VolumeGeometry, state: FrameState | None = None) -> tuple[str, str]:
    """Return the letters of the sides that the first and the last place lie towards; state as in side_letters."""
    normal = view_axes(placed(view, geometry))[2]
    return side_letters(scaled(normal, -1.0), state), side_letters(normal, state)


def image_count(view: VolumeView, choice: SeriesChoice) -> int:
    """Return how many images a choice makes; 0 for none."""
    if view.kind is VolumeKind.PROJECTION:
        return max(1, round(FULL_TURN_DEG / choice.angle_deg)) if choice.angle_deg > 0 else 0
    if choice.step_mm <= 0 or choice.to_mm < choice.from_mm:
        return 0
    return math.floor((choice.to_mm - choice.from_mm) / choice.step_mm + _HAIR) + 1


def planes_of(view: VolumeView, geometry: VolumeGeometry, choice: SeriesChoice) -> tuple[ReslicePlane, ...]:
    """Return the planes of a choice, in their order.

    Raises:
        VolumeError: If there are none, or too many, or the view is none of a grid in the patient.
    """
    if view.kind not in SAVED_KINDS:
        raise VolumeError(_("Only planes and projections are saved as a series"))
    count = image_count(view, choice)
    if not 1 <= count <= MOST_IMAGES:
        raise VolumeError(_("A series has from 1 to {0} images, not {1}").format(MOST_IMAGES, count))
    view = placed(view, geometry)
    if view.kind is VolumeKind.PROJECTION:
        return tuple(_seen_from(view, geometry, choice, index, count) for index in range(count))
    return tuple(_at(view, geometry, choice, choice.from_mm + index * choice.step_mm) for index in range(count))


def size_words(planes: tuple[ReslicePlane, ...]) -> tuple[str, str]:
    """Return the size of the images, and what they take on the disk, to be read."""
    first = planes[0]
    total = sum(plane.columns * plane.rows for plane in planes) * BYTES_PER_PIXEL
    spacing = f"{first.plane.column_spacing_mm:.3g}"
    if abs(first.plane.column_spacing_mm - first.plane.row_spacing_mm) > _HAIR:
        spacing += f" × {first.plane.row_spacing_mm:.3g}"
    return f"{first.columns} × {first.rows}, {spacing} mm", f"{max(total / 1e6, 0.1):.1f} MB"


def has_gaps(choice: SeriesChoice, planes: tuple[ReslicePlane, ...]) -> bool:
    """Return whether slabs leave room between them that no image shows."""
    return len(planes) > 1 and 0 < choice.thickness_mm < choice.step_mm - _HAIR


def steps_mm(planes: tuple[ReslicePlane, ...]) -> tuple[float, ...]:
    """Return how far each plane lies from the one before, along the normal."""
    return tuple(
        dot(after.plane.position, after.plane.normal) - dot(before.plane.position, before.plane.normal)
        for before, after in pairwise(planes)
    )


def _at(view: VolumeView, geometry: VolumeGeometry, choice: SeriesChoice, distance_mm: float) -> ReslicePlane:
    normal = view_axes(view)[2]
    target = scroll_range(view, geometry).first_mm + distance_mm
    center = added(view.center_mm, scaled(normal, target - dot(view.center_mm, normal)))
    moved = replace(view, center_mm=center, thickness_mm=choice.thickness_mm, projection=choice.projection)
    return reslice_plane_of(moved, geometry, choice.interpolation)


def _seen_from(
    view: VolumeView, geometry: VolumeGeometry, choice: SeriesChoice, index: int, count: int
) -> ReslicePlane:
    azimuth = view.rendering.azimuth_deg + index * FULL_TURN_DEG / count
    rendering = replace(view.rendering, azimuth_deg=azimuth % FULL_TURN_DEG)
    seen = replace(view, rendering=rendering, projection=choice.projection)
    return reslice_plane_of(seen, geometry, choice.interpolation)
