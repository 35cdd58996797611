"""Whether images are a volume, and which: the upright grid, what each of its slices is made of, how values are kept.

Reads headers only; volume_loading reads the pixels.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import VolumeError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.image_plane import added, dot, scaled
from viewer.imaging.frame_store import FrameStore
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.modality_lut import STORED_VALUES, Rescale
from viewer.imaging.padding import Padding
from viewer.volume.phase_slices import PhaseSlices, sorted_phases
from viewer.volume.series_volume import VolumeCondition
from viewer.volume.slice_stack import (
    Blend,
    Grid,
    UprightFrame,
    blends_at,
    grid_of,
    slides_of,
    tilt_of,
    upright_frame,
    wanders,
)
from viewer.volume.source_slices import SliceKind, SliceReader, SourceSlice
from viewer.volume.stored_type import StoredType, stored_type_of
from viewer.volume.volume_checks import check_images, check_slices, sampling_of
from viewer.volume.volume_geometry import VolumeGeometry

_SLICE_THICKNESS = 0x00180050
_FRAME_OF_REFERENCE = 0x00200052
_NO_UNITS = frozenset({"", "US", STORED_VALUES})
_LEAST_TILT_DEG = 0.01
"""Of a stack whose phases lie beside each other: not upright, and never taken for it."""


@dataclass(frozen=True, slots=True)
class PlannedPhase:
    """The slices of one phase.

    Attributes:
        slices: By ascending position.
        slides: Column and row of the grid at which each slice's first pixel lies, with fractions.
        blends: What each slice of the grid is made of, by index of slices.
    """

    slices: tuple[SourceSlice, ...]
    slides: tuple[tuple[float, float], ...]
    blends: tuple[Blend, ...]


@dataclass(frozen=True, slots=True)
class VolumePlan:
    """A volume that can be loaded.

    Attributes:
        key: Of the display set it comes from.
        geometry: Of the voxels.
        condition: What is known of it before its pixels are read.
        phases: One for each phase.
        phase_names: One for each phase.
        stored: How voxels are kept.
        full_shape: Rows and columns of the grid before anything is thinned out.
        is_moved: Whether slices are moved within their planes (tilt); then each is interpolated.
    """

    key: str
    geometry: VolumeGeometry
    condition: VolumeCondition
    phases: tuple[PlannedPhase, ...]
    phase_names: tuple[str, ...]
    stored: StoredType
    full_shape: tuple[int, int]
    is_moved: bool = False

    @property
    def images(self) -> tuple[tuple[ImageRef, ...], ...]:
        """The slices of each phase by ascending position, duplicates left out."""
        return tuple(tuple(each.image for each in phase.slices) for phase in self.phases)

    @property
    def middle_image(self) -> ImageRef:
        """The image that stands for the volume."""
        slices = self.phases[0].slices
        return slices[len(slices) // 2].image

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the voxels."""
        return self.stored.dtype

    @property
    def rescale(self) -> Rescale:
        """From voxels to modality units."""
        return self.stored.rescale

    @property
    def padding(self) -> Padding | None:
        """Voxels that stand for nothing."""
        return self.stored.padding

    @property
    def byte_count(self) -> int:
        """Bytes that all voxels take."""
        return math.prod(self.geometry.dimensions) * self.dtype.itemsize * len(self.phases)

    def reduced(self, factors: tuple[int, int, int]) -> "VolumePlan":
        """Return the plan of every so manieth column, row and slice."""
        across, down, through = factors
        geometry = self.geometry
        columns, rows, slices = geometry.dimensions
        wide, tall, deep = geometry.spacing_mm
        coarse = replace(
            geometry,
            dimensions=(-(-columns // across), -(-rows // down), -(-slices // through)),
            spacing_mm=(wide * across, tall * down, deep * through),
        )
        phases = tuple(PlannedPhase(phase.slices, phase.slides, phase.blends[::through]) for phase in self.phases)
        return replace(
            self,
            geometry=coarse,
            condition=replace(self.condition, reduction=factors),
            phases=phases,
        )


def plan_volume(
    phases: Sequence[Sequence[ImageRef]],
    store: FrameStore,
    phase_names: Sequence[str] = (),
    *,
    key: str = "",
    progress: Progress | None = None,
) -> VolumePlan:
    """Return the plan of a volume.

    Args:
        phases: The images of each phase (of each run of a series over the same positions). Images that come several
            times at every position of a single phase (mosaics, gated tomographs) are told apart by their order.
        store: Asked for the truth of frames where headers do not tell.
        phase_names: As a reader tells the phases apart.
        key: Of the display set.
        progress: Cancels: thousands of frames of one object take seconds.

    Raises:
        VolumeError: If the images are no volume; it says why and what can be done.
        ViewerError: If a file cannot be read.
        Cancelled: If it was cancelled.
    """
    check_images(phases)
    reader = SliceReader(store, progress or Progress())
    read = [reader.read(images) for images in phases if images]
    check_slices([each for phase in read for each in phase])
    given = sorted_phases(read, phase_names)
    if len(given.positions_mm) < 2:
        raise VolumeError(_("All images lie at one position: they are no volume"), advice=_("Play them as a cine"))
    return _planned(given, key)


def _planned(given: PhaseSlices, key: str) -> VolumePlan:
    first = given.phases[0][0]
    grid = grid_of(given.positions_mm, _thicknesses(given))
    slides = [slides_of([each.plane for each in phase], first.plane) for phase in given.phases]
    frame = upright_frame(np.concatenate(slides), first.kind.pixels.columns, first.kind.pixels.rows)
    geometry = _geometry(given, grid, frame)
    sampling = sampling_of([each for phase in given.phases for each in phase])
    tilt, notes = _tilt(given, slides) if frame.is_moved else (0.0, ())
    condition = VolumeCondition(
        gaps=grid.gaps,
        duplicates=given.duplicates_mm,
        is_irregular=grid.is_irregular,
        tilt_deg=tilt,
        is_sampled=sampling.is_sampled,
        refusal=sampling.refusal,
        notes=(*given.notes, *sampling.notes, *notes),
    )
    phases = tuple(
        PlannedPhase(
            slices,
            frame.places(slid),
            grid.blends
            if len(slices) == len(given.positions_mm)
            else blends_at(grid.places_mm, positions, grid.spacing_mm / 2),
        )
        for slices, positions, slid in zip(given.phases, given.phase_positions_mm, slides, strict=True)
    )
    kinds = list({id(each.kind): each.kind for phase in given.phases for each in phase}.values())
    has_nothing = any(blend.is_nothing for phase in phases for blend in phase.blends)
    stored = stored_type_of(kinds, needs_padding=frame.is_moved or has_nothing)
    condition = replace(condition, notes=(*condition.notes, *_unit_notes(kinds)))
    return VolumePlan(
        key, geometry, condition, phases, given.names, stored, (frame.rows, frame.columns), frame.is_moved
    )


def _tilt(given: PhaseSlices, slides: Sequence[NDArray[np.float64]]) -> tuple[float, tuple[str, ...]]:
    """Return the angle of a stack that does not stand upright, and what must be said of it besides."""
    planes = [each.plane for each in given.phases[0]]
    tilt = tilt_of(planes[0], planes[-1])
    phases = zip(slides, given.phase_positions_mm, strict=True)
    if not any(len(positions) > 1 and wanders(slid, positions) for slid, positions in phases):
        return tilt, ()
    steepest = max(tilt_of(one, other) for one, other in itertools.pairwise(planes))
    return max(tilt, steepest, _LEAST_TILT_DEG), (
        _("The slices lie shifted against each other: each was moved to its place by interpolation"),
    )


def _unit_notes(kinds: Sequence[SliceKind]) -> tuple[str, ...]:
    """Return that slices are in different units where they are: numbers of one would be read as the other's."""
    units = {kind.transform.unit if kind.transform.unit not in _NO_UNITS else "?" for kind in kinds}
    if len(units) < 2:
        return ()
    return (_("The slices state their values in different units: {0}").format(", ".join(sorted(units))),)


def _geometry(given: PhaseSlices, grid: Grid, frame: UprightFrame) -> VolumeGeometry:
    first = given.phases[0][0]
    plane = first.plane
    distance = grid.first_mm - dot(plane.position, plane.normal)  # another phase may begin lower
    start = added(plane.point_patient(frame.left, frame.top), scaled(plane.normal, distance))
    return VolumeGeometry(
        (frame.columns, frame.rows, len(grid.blends)),
        (plane.column_spacing_mm, plane.row_spacing_mm, grid.spacing_mm),
        start,
        (plane.row_direction, plane.column_direction, plane.normal),
        first.image.header.ascii(_FRAME_OF_REFERENCE),
    )


def _thicknesses(given: PhaseSlices) -> list[float]:
    slices = given.phases[0]
    if len(slices) != len(given.positions_mm):
        return []
    return [each.image.header.number(_SLICE_THICKNESS) or 0.0 for each in slices]
