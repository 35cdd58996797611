"""Scrolling in views of volumes: planes along their normal, projections round the patient, sections along their path.

Where a 2D viewport counts images, these count places from 0: whoever scrolls, plays or shows how far it is asks here.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

from viewer.dicom.image_plane import added, subtract
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.crosshair import shared_from
from viewer.workspace.curve_line import line_through
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.volume_planes import placed, scroll_index, scroll_range, scrolled, scrolled_to
from viewer.workspace.volume_view import CurvedKind, VolumeKind, VolumeView

AZIMUTH_STEP_DEG = 5.0
"""From one place of a projection to the next, round the patient's long axis."""
AZIMUTH_STEPS = round(360 / AZIMUTH_STEP_DEG)
WHOLE = frozenset({VolumeKind.PROJECTION, VolumeKind.RENDERING})
"""Views of the whole volume, seen by a camera."""


def place_count(view: VolumeView, geometry: VolumeGeometry) -> int:
    """Return how many places a view can be scrolled to."""
    if view.kind in WHOLE:
        return AZIMUTH_STEPS
    if view.kind is VolumeKind.CURVED:
        if view.path.kind is not CurvedKind.CROSS_SECTION:
            return AZIMUTH_STEPS
        return math.floor(_length(view) / geometry.finest_mm) + 1
    return scroll_range(placed(view, geometry), geometry).count


def place_index(view: VolumeView, geometry: VolumeGeometry) -> int:
    """Return where a view stands among its places, from 0."""
    if view.kind in WHOLE:
        return math.floor(view.rendering.azimuth_deg / AZIMUTH_STEP_DEG + 0.5) % AZIMUTH_STEPS
    if view.kind is VolumeKind.CURVED:
        if view.path.kind is CurvedKind.CROSS_SECTION:
            return math.floor(view.path.position_mm / geometry.finest_mm + 0.5)
        return math.floor(view.path.angle_deg / AZIMUTH_STEP_DEG + 0.5) % AZIMUTH_STEPS
    return scroll_index(placed(view, geometry), geometry)


def stepped(view: VolumeView, geometry: VolumeGeometry, steps: int) -> VolumeView:
    """Return the view so many places on; round and round where it goes round, else to the end at most."""
    if view.kind in WHOLE:
        return _at_azimuth(view, view.rendering.azimuth_deg + steps * AZIMUTH_STEP_DEG)
    if view.kind is VolumeKind.CURVED:
        return at_place(view, geometry, place_index(view, geometry) + steps)
    return scrolled(placed(view, geometry), geometry, steps)


def at_place(view: VolumeView, geometry: VolumeGeometry, index: int) -> VolumeView:
    """Return the view at one of its places."""
    if view.kind in WHOLE:
        return _at_azimuth(view, index * AZIMUTH_STEP_DEG)
    if view.kind is VolumeKind.CURVED:
        return _along_curve(view, geometry, index)
    return scrolled_to(placed(view, geometry), geometry, index)


def restored_view(view: VolumeView, left: VolumeView | None, current: VolumeView) -> VolumeView:
    """Return a view that comes back, scrolled as far since it was left as the reader has scrolled."""
    if left is None or left.kind is not current.kind or not all(map(math.isfinite, (*left.center_mm, *view.center_mm))):
        return view
    way = subtract(current.center_mm, left.center_mm)
    return replace(view, center_mm=added(view.center_mm, way))


def with_group(states: Mapping[int, ViewportState], cell: int, view: VolumeView) -> dict[int, ViewportState]:
    """Return the states that a cell and the others of its group have when the cell's view is another one."""
    changed = {cell: replace(states[cell], volume=view)}
    for other in group_cells(states, cell):
        state = states[other]
        if other != cell and state.volume is not None:
            changed[other] = replace(state, volume=shared_from(view, state.volume))
    return changed


def group_cells(states: Mapping[int, ViewportState], cell: int) -> tuple[int, ...]:
    """Return the cells of a cell's group, itself among them; none where it shows no volume."""
    view = states[cell].volume if cell in states else None
    if view is None:
        return ()
    alike = (each for each, state in states.items() if state.volume is not None and state.volume.group == view.group)
    return tuple(sorted(alike)) if view.group else (cell,)


def _along_curve(view: VolumeView, geometry: VolumeGeometry, index: int) -> VolumeView:
    """Return a curved view turned about its line, or a cross-section farther along it."""
    path = view.path
    if path.kind is CurvedKind.CROSS_SECTION:
        held = min(max(index * geometry.finest_mm, 0.0), _length(view))
        return replace(view, path=replace(path, position_mm=held))
    return replace(view, path=replace(path, angle_deg=index * AZIMUTH_STEP_DEG % 360.0))


def _length(view: VolumeView) -> float:
    line = line_through(view.path.points_mm)
    return line.length_mm if line is not None else 0.0


def _at_azimuth(view: VolumeView, azimuth_deg: float) -> VolumeView:
    return replace(view, rendering=replace(view.rendering, azimuth_deg=azimuth_deg % 360.0))
