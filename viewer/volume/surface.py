"""Surfaces of what lies between thresholds, or of a segment: closed, turned outwards, measured.

Voxels inside are told from those outside first; flying edges then give the triangles between them, and every corner is
put where the values between its two voxels cross the threshold. Where the volume ends, so does what is in it: half a
voxel beyond the outer centres.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import VolumeError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.imaging.padding import background_mask
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.surface_extraction import (
    Crossing,
    between,
    check_size,
    corner_indices,
    cropped,
    flying_edges,
    largest,
)
from viewer.volume.surface_mesh import decimated, is_closed, mesh_measures, smoothed
from viewer.volume.surface_repair import Triangles, Vertices
from viewer.volume.volume_geometry import VolumeGeometry

MOST_DECIMATION = 0.99

_STEPS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A mesh of triangles in the patient.

    Attributes:
        vertices: LPS millimetres, shape (n, 3).
        triangles: Three indices of vertices each, anticlockwise seen from outside, shape (m, 3).
        volume_mm3: That it holds, cavities taken off.
        area_mm2: Of its triangles, those of cavities too.
        is_closed: Whether every edge joins exactly two triangles.
        frame_of_reference_uid: That its millimetres belong to; empty when not stated.
        notes: What it rests on that the reader must see, translated.
    """

    vertices: Vertices
    triangles: Triangles
    volume_mm3: float
    area_mm2: float
    is_closed: bool
    frame_of_reference_uid: str = ""
    notes: tuple[str, ...] = ()

    @property
    def bounds_mm(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """The lowest and highest coordinates."""
        low, high = self.vertices.min(axis=0).tolist(), self.vertices.max(axis=0).tolist()
        return (low[0], low[1], low[2]), (high[0], high[1], high[2])


def surface_of(
    volume: SeriesVolume,
    threshold: float,
    *,
    upper: float | None = None,
    smooth: int = 0,
    keep_largest: bool = False,
    decimate: float = 0.0,
    phase: int = 0,
    progress: Progress | None = None,
) -> Surface:
    """Return the surface of everything with at least a value.

    Args:
        volume: Padding in it is outside.
        threshold: In modality units (HU for CT).
        upper: Highest value inside, in modality units; None for no limit.
        smooth: Iterations of the windowed sinc filter; 0 for the surface as it is.
        keep_largest: Whether only the largest connected part stays, with its cavities.
        decimate: Fraction of the triangles to take away, 0 to 0.99.
        phase: Of the volume, from 0.
        progress: Gets steps; checked between them.

    Raises:
        VolumeError: If nothing lies between the thresholds, or so much that it is noise, or the volume's geometry does
            not allow measuring.
        Cancelled: If progress was cancelled.
    """
    if volume.condition.refusal:
        raise VolumeError(volume.condition.refusal)
    if upper is not None and upper < threshold:
        raise VolumeError(_("The upper threshold lies below the lower one"))
    values = volume.array(phase)
    stored = _stored_ends(volume, threshold, upper)
    progress = progress or Progress()
    progress.report(0, _STEPS, _("Finding the surface"))
    mask = between(values, stored)
    padding = background_mask(values, volume.padding)
    if padding is not None:
        mask &= ~padding
    if not mask.any():
        low, high = volume.value_range
        raise VolumeError(
            _("Nothing in the volume has such values"),
            advice=_("They go from {0} to {1}").format(f"{low:g}", f"{high:g}"),
        )
    crossing = Crossing(values, padding, stored)
    options = _Options(smooth, keep_largest, decimate)
    surface = _surface(mask, volume.geometry, options, crossing, progress)
    return replace(surface, notes=_notes(volume))


def surface_of_mask(
    mask: NDArray[np.bool_],
    geometry: VolumeGeometry,
    *,
    smooth: int = 0,
    keep_largest: bool = False,
    decimate: float = 0.0,
    progress: Progress | None = None,
) -> Surface:
    """Return the surface of a segment; see surface_of.

    Args:
        mask: Which voxels belong to it, shape (slices, rows, columns).
        geometry: Of its voxels.
        smooth: Iterations of the windowed sinc filter: without it the steps of the voxels show.
        keep_largest: Whether only the largest connected part stays.
        decimate: Fraction of the triangles to take away.
        progress: Gets steps; checked between them.

    Raises:
        VolumeError: If it is empty, does not fit the geometry, or is noise.
        Cancelled: If progress was cancelled.
    """
    if mask.shape != geometry.dimensions[::-1]:
        raise VolumeError(_("The segment does not have the size of the volume"))
    if not mask.any():
        raise VolumeError(_("The segment is empty"))
    options = _Options(smooth, keep_largest, decimate)
    return _surface(mask, geometry, options, None, progress or Progress())


@dataclass(frozen=True, slots=True)
class _Options:
    smooth: int
    keep_largest: bool
    decimate: float

    def __post_init__(self) -> None:
        if self.smooth < 0:
            raise VolumeError(_("A surface cannot be smoothed {0} times").format(self.smooth))
        if not 0 <= self.decimate <= MOST_DECIMATION:
            raise VolumeError(_("The fraction of triangles to take away goes from 0 to {0}").format(MOST_DECIMATION))


def _surface(
    mask: NDArray[np.bool_],
    geometry: VolumeGeometry,
    options: _Options,
    crossing: Crossing | None,
    progress: Progress,
) -> Surface:
    mask, corner = cropped(mask)
    if options.keep_largest:
        progress.report(1, _STEPS, _("Finding the largest part"))
        mask = largest(mask)
    progress.report(2, _STEPS, _("Laying triangles"))
    check_size(mask)
    middles, triangles = flying_edges(mask)
    places = corner_indices(middles, mask, corner, crossing)
    vertices = _patient(places, geometry)
    del middles, places
    progress.report(3, _STEPS, _("Smoothing"))
    vertices = smoothed(vertices, triangles, options.smooth)
    progress.report(4, _STEPS, _("Taking triangles away"))
    vertices, triangles = decimated(vertices, triangles, options.decimate)
    if not len(triangles):
        raise VolumeError(_("Nothing is left of the surface"), advice=_("Take fewer triangles away"))
    progress.report(5, _STEPS, _("Measuring"))
    volume_mm3, area_mm2 = mesh_measures(vertices, triangles)
    if volume_mm3 < 0:  # a left-handed volume, or VTK's own turn
        triangles = np.ascontiguousarray(triangles[:, ::-1])
    uid = geometry.frame_of_reference_uid
    return Surface(vertices, triangles, abs(volume_mm3), area_mm2, is_closed(triangles), uid)


def _stored_ends(volume: SeriesVolume, threshold: float, upper: float | None) -> tuple[float, float]:
    """Return the thresholds in the array's values, the lower first."""
    if not np.isfinite(threshold) or (upper is not None and not np.isfinite(upper)):
        raise VolumeError(_("A threshold must be a number"))
    ends = sorted(
        (end - volume.rescale.intercept) / volume.rescale.slope for end in (threshold, upper) if end is not None
    )
    if upper is not None:
        return ends[0], ends[1]
    return (ends[0], np.inf) if volume.rescale.slope > 0 else (-np.inf, ends[0])


def _patient(places: NDArray[np.float64], geometry: VolumeGeometry) -> Vertices:
    affine = geometry.affine
    return np.ascontiguousarray(places @ affine[:3, :3].T + affine[:3, 3], np.float32)


def _notes(volume: SeriesVolume) -> tuple[str, ...]:
    condition = volume.condition
    notes = list(condition.notes)
    if condition.gaps:
        notes.append(_("Slices are missing: the surface is interpolated over the gap"))
    if condition.duplicates:
        text = _("At {0} positions there was more than one slice; the first is shown")
        notes.append(text.format(len(condition.duplicates)))
    if condition.missing_slices:
        notes.append(_("Slices could not be read: they count as empty"))
    if condition.is_reduced:
        notes.append(_("Voxels were thinned out to fit into memory: the surface is coarser"))
    if condition.is_irregular:
        notes.append(_("Slices lie at irregular distances: the surface is interpolated"))
    if condition.is_tilted:
        notes.append(_("Slices are tilted: the surface is interpolated"))
    if condition.is_sampled:
        notes.append(_("The images are projections: the surface is not that of a body"))
    return tuple(notes)
