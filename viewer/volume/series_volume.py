"""A series as a volume: voxels on an upright grid, with everything a reader must know of how they came there.

volume_plan works the grid out from the slices, volume_loading fills it; planes, projections, renderings and surfaces
read it and never change it.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.frame_state import FrameState
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.modality_lut import Rescale
from viewer.imaging.padding import Padding, background_mask
from viewer.volume.volume_geometry import VolumeGeometry

MOST_TYPICAL = 1 << 19
"""Values of a phase that stand for all of it."""
MOST_PHASES = 4


@dataclass(frozen=True, slots=True)
class Gap:
    """Where slices are missing.

    Attributes:
        after_slice: Index of the given slice (in the order of positions, from 0) after which it lies.
        missing: How many slices would fill it.
        width_mm: From the slice before it to the slice after it.
    """

    after_slice: int
    missing: int
    width_mm: float


@dataclass(frozen=True, slots=True)
class VolumeCondition:
    """What is not plain about a volume: shown as badges, and read before anything is measured.

    Attributes:
        gaps: Where slices are missing; what is shown there is interpolated over the gap.
        duplicates: Positions along the normal, in mm, at which more than one slice lay; the first was taken.
        is_irregular: Slices were not equally far apart and were resampled onto a regular grid.
        tilt_deg: Between the slices' normal and the line through their first pixels; 0 for an upright stack. A tilted
            stack was sheared upright by interpolation.
        is_sampled: Volumetric Properties (0008,9206) is SAMPLED or MIXED: a projection, not what was measured.
        reduction: By how much columns, rows and slices were thinned out to fit into memory; (1, 1, 1) for not at all.
        missing_slices: Slices whose pixels could not be read; they show as padding.
        refusal: Why nothing may be measured, translated; empty where it may.
        notes: What else the reader must be told, translated.
    """

    gaps: tuple[Gap, ...] = ()
    duplicates: tuple[float, ...] = ()
    is_irregular: bool = False
    tilt_deg: float = 0.0
    is_sampled: bool = False
    reduction: tuple[int, int, int] = (1, 1, 1)
    missing_slices: tuple[int, ...] = ()
    refusal: str = ""
    notes: tuple[str, ...] = ()

    @property
    def is_tilted(self) -> bool:
        """Whether the stack was sheared upright."""
        return self.tilt_deg != 0.0

    @property
    def is_reduced(self) -> bool:
        """Whether voxels were thinned out to fit into memory."""
        return self.reduction != (1, 1, 1)

    @property
    def is_plain(self) -> bool:
        """Whether every voxel is a pixel of a slice, and none is missing."""
        return not (self.gaps or self.duplicates or self.is_irregular or self.is_tilted or self.is_sampled) and not (
            self.is_reduced or self.missing_slices
        )


@dataclass(frozen=True, slots=True, eq=False)
class SeriesVolume:
    """Voxels with their place and their truth.

    Attributes:
        key: Of the display set it was built from.
        generation: Grows while it is being loaded and refined: the same key and generation always show the same.
        geometry: Of the voxels.
        phases: One array (slices, rows, columns) a phase, C-contiguous, all of one shape and type: uint8, int8, uint16,
            int16 or float32. Not to be written to by those who read it.
        rescale: From the arrays' values to modality units.
        padding: Values of the arrays that stand for "nothing here"; None when there are none. Not interpolated into.
        condition: What is not plain about it.
        state: The rendering truth of its middle slice: identity, window choices, presentation, lossiness.
        value_range: Lowest and highest modality value without padding.
        images: The slices of each phase by ascending position along the stack, duplicates left out.
        phase_names: As a reader tells the phases apart; one for each, empty for a single phase.
        loaded: Which part of the voxels is there, 0 to 1; the rest shows the nearest slice that is.
    """

    key: str
    generation: int
    geometry: VolumeGeometry
    phases: tuple[NDArray[Any], ...]
    rescale: Rescale
    state: FrameState
    padding: Padding | None = None
    condition: VolumeCondition = field(default_factory=VolumeCondition)
    value_range: tuple[float, float] = (0.0, 1.0)
    images: tuple[tuple[ImageRef, ...], ...] = ()
    phase_names: tuple[str, ...] = ("",)
    loaded: float = 1.0
    _typical: list[NDArray[Any]] = field(default_factory=list, init=False, repr=False)

    @property
    def is_complete(self) -> bool:
        """Whether nothing of it is still on its way."""
        return self.loaded >= 1.0

    @property
    def typical_values(self) -> NDArray[Any]:
        """Some of the arrays' values without padding, evenly from everywhere, few enough to be looked at at once."""
        if not self._typical:
            step = max(1, math.ceil((self.phases[0].size / MOST_TYPICAL) ** (1 / 3)))
            chosen = self.phases[:: max(1, len(self.phases) // MOST_PHASES)]
            values = np.concatenate([phase[::step, ::step, ::step].ravel() for phase in chosen])
            nothing = background_mask(values, self.padding)
            self._typical.append(values if nothing is None else values[~nothing])
        return self._typical[0]

    def array(self, phase: int = 0) -> NDArray[Any]:
        """Return the voxels of a phase, the last one for a phase beyond it; shape (slices, rows, columns)."""
        return self.phases[min(max(phase, 0), len(self.phases) - 1)]

    def modality_values(self, phase: int = 0) -> NDArray[np.float32]:
        """Return a copy of a phase in modality units; padding is turned like any other value."""
        values = self.array(phase).astype(np.float32)
        if not self.rescale.is_identity:
            values *= np.float32(self.rescale.slope)
            values += np.float32(self.rescale.intercept)
        return values
