"""Threshold regions through a volume: the voxels connected to a seed whose values lie between two bounds.

Voxels are connected by their faces. The region is grown slice by slice, so that it can be stopped, and refused as soon
as it grows too large; padding never belongs. Counts are exact; the volume is their number times that of a voxel.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import VolumeError
from viewer.base.jobs import Progress
from viewer.base.translation import N_, _
from viewer.dicom.codes import Code
from viewer.dicom.image_plane import Vector
from viewer.imaging.modality_lut import STORED_VALUES
from viewer.imaging.padding import background_mask
from viewer.measurement.ground import GroundValues
from viewer.measurement.kinds.region_kind import MAXIMUM, MEAN, MEDIAN, MINIMUM, STANDARD_DEVIATION
from viewer.measurement.kinds.threshold_region import likely_bounds
from viewer.measurement.reading import CUBIC_MILLIMETER, Reading
from viewer.measurement.roi_statistics import Statistics, statistics_of_values
from viewer.measurement.value_units import value_concept, value_unit
from viewer.volume.series_volume import SeriesVolume

VOLUME = Code("118565006", "SCT", "Volume")
MOST_VOXELS = 1 << 25
"""More than a liver in the finest slices: beyond it bounds are wrong, or the background was hit."""
_REACH = 2
_VOLUME_TITLE = N_("Volume")
_STATISTICS = (
    (N_("Mean in 3D"), MEAN, "mean"),
    (N_("SD in 3D"), STANDARD_DEVIATION, "sd"),
    (N_("Min in 3D"), MINIMUM, "minimum"),
    (N_("Max in 3D"), MAXIMUM, "maximum"),
    (N_("Median in 3D"), MEDIAN, "median"),
)


@dataclass(frozen=True, slots=True, eq=False)
class ThresholdVolume:
    """A region of voxels.

    Attributes:
        start: First slice, row and column of the box around it.
        voxels: Of the box, (slices, rows, columns); not to be written to.
        bounds: The values between which voxels belong, both included, in modality units.
        statistics: Of its values, in modality units.
        notes: What the volume rests on that the reader must see, translated.
    """

    start: tuple[int, int, int]
    voxels: NDArray[np.bool_]
    bounds: tuple[float, float]
    volume_mm3: float
    statistics: Statistics
    modality: str = ""
    notes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many voxels belong."""
        return self.statistics.count

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Volume and statistics, as readings."""
        found, caution = self.statistics, "; ".join(self.notes)
        concept = value_concept(found.unit, self.modality)
        numbers = ((title, code, getattr(found, name)) for title, code, name in _STATISTICS)
        return (
            Reading(VOLUME, _VOLUME_TITLE, self.volume_mm3, CUBIC_MILLIMETER, caution=caution),
            *(
                Reading(concept, title, value, found.unit, found.source, code)
                for title, code, value in numbers
                if value is not None
            ),
        )

    def over(self, dimensions: tuple[int, int, int]) -> NDArray[np.bool_]:
        """Return it as an array of a whole volume of so many columns, rows and slices."""
        whole = np.zeros(dimensions[::-1], np.bool_)
        box = tuple(slice(first, first + size) for first, size in zip(self.start, self.voxels.shape, strict=True))
        whole[box] = self.voxels
        return whole


@dataclass(frozen=True, slots=True, eq=False)
class GrowThresholdVolume:
    """A job: grows a region through a volume.

    Attributes:
        seed: A place in the patient.
        low: In modality units, included; None with high for what is likely around the seed.
        high: Likewise.
        most: Voxels beyond which it is refused.
    """

    volume: SeriesVolume
    seed: Vector
    low: float | None = None
    high: float | None = None
    phase: int = 0
    most: int = MOST_VOXELS

    def run(self, progress: Progress) -> ThresholdVolume:
        """Return the region.

        Raises:
            VolumeError: The volume lets nothing be measured, the seed lies outside it or not between the bounds, or the
                region is too large.
            Cancelled: It was stopped.
        """
        volume = self.volume
        if volume.condition.refusal:
            raise VolumeError(volume.condition.refusal)
        if not volume.is_complete:
            raise VolumeError(_("The volume is still loading"))
        if not volume.geometry.holds(self.seed):
            raise VolumeError(_("The place lies outside the volume"))
        counts = zip(volume.geometry.index_of(self.seed), volume.geometry.dimensions, strict=True)
        column, row, slice_ = (min(max(int(np.floor(at + 0.5)), 0), size - 1) for at, size in counts)
        bounds = self._bounds((slice_, row, column))
        candidates = _Candidates(volume, self.phase, bounds)
        if not candidates.of(slice_)[row, column]:
            raise VolumeError(_("The value at this place does not lie between the two values"))
        grown = _grown(candidates, (slice_, row, column), self.most, progress)
        return _result(volume, self.phase, grown, bounds, progress)

    def _bounds(self, seed: tuple[int, int, int]) -> tuple[float, float]:
        if self.low is not None and self.high is not None:
            return min(self.low, self.high), max(self.low, self.high)
        array = self.volume.array(self.phase)
        part = tuple(slice(max(0, at - _REACH), at + _REACH + 1) for at in seed)
        low, high = likely_bounds(_values(self.volume, array[part]), float(_values(self.volume, array[seed])))
        if not np.isfinite(low):
            raise VolumeError(_("There is padding at this place"))
        return (low if self.low is None else self.low), (high if self.high is None else self.high)


class _Candidates:
    """Which voxels of a slice lie between the bounds."""

    def __init__(self, volume: SeriesVolume, phase: int, bounds: tuple[float, float]) -> None:
        self._volume = volume
        self._array = volume.array(phase)
        self._bounds = bounds

    @property
    def shape(self) -> tuple[int, ...]:
        return self._array.shape

    def of(self, slice_: int) -> NDArray[np.bool_]:
        values = _values(self._volume, self._array[slice_])
        inside: NDArray[np.bool_] = (values >= self._bounds[0]) & (values <= self._bounds[1])
        return inside


def _values(volume: SeriesVolume, stored: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return modality values with NaN for padding."""
    stored = np.asarray(stored)
    values = stored.astype(np.float64) * volume.rescale.slope + volume.rescale.intercept
    background = background_mask(stored, volume.padding)
    return values if background is None else np.where(background, np.nan, values)


def _grown(candidates: _Candidates, seed: tuple[int, int, int], most: int, progress: Progress) -> NDArray[np.bool_]:
    """Return the voxels connected to a seed; slices are looked at again as long as anything reaches into them."""
    from scipy import ndimage

    grown = np.zeros(candidates.shape, np.bool_)
    first = np.zeros(candidates.shape[1:], np.bool_)
    first[seed[1:]] = True
    waiting: dict[int, NDArray[np.bool_]] = {seed[0]: first}
    count = 0
    while waiting:
        progress.report(count, most, _("Growing the region"))
        slice_ = min(waiting, key=lambda at: abs(at - seed[0]))
        reached = waiting.pop(slice_)
        inside = candidates.of(slice_) & ~grown[slice_]
        numbers, parts = ndimage.label(inside)
        is_reached = np.zeros(parts + 1, np.bool_)
        is_reached[numbers[reached & inside]] = True
        fresh = is_reached[numbers]
        added = int(np.count_nonzero(fresh))
        if not added:
            continue
        grown[slice_] |= fresh
        count += added
        if count > most:
            raise VolumeError(
                _("The region has more than {0} voxels").format(f"{most:,}"),
                advice=_("Bring the two values nearer to each other"),
            )
        for other in (slice_ - 1, slice_ + 1):
            if 0 <= other < candidates.shape[0]:
                spread = fresh & ~grown[other]
                waiting[other] = waiting[other] | spread if other in waiting else spread
    return grown


def _result(
    volume: SeriesVolume, phase: int, grown: NDArray[np.bool_], bounds: tuple[float, float], progress: Progress
) -> ThresholdVolume:
    box = []
    for axis in range(3):
        others = tuple(each for each in range(3) if each != axis)
        along = np.flatnonzero(grown.any(axis=others))
        box.append(slice(int(along[0]), int(along[-1]) + 1))
    part = grown[tuple(box)].copy()
    part.setflags(write=False)
    array = volume.array(phase)[tuple(box)]

    def values() -> Iterator[NDArray[np.float64]]:
        for stored, inside in zip(array, part, strict=True):
            progress.check()
            yield _values(volume, stored[inside])

    unit = value_unit(volume.rescale.unit or STORED_VALUES)
    given = GroundValues(np.empty((0, 0)), None, unit)
    found = statistics_of_values(np.concatenate(list(values())), given)
    spacing = volume.geometry.spacing_mm
    each = spacing[0] * spacing[1] * spacing[2]
    start = (box[0].start, box[1].start, box[2].start)
    return ThresholdVolume(
        start, part, bounds, found.count * each, found, volume.state.modality, _notes(volume, box, part)
    )


def _notes(volume: SeriesVolume, box: list[slice], part: NDArray[np.bool_]) -> tuple[str, ...]:
    """Return what the reader must be told, translated."""
    condition, told = volume.condition, []
    if condition.gaps:
        told.append(_("Slices are missing: what lies in the gaps is interpolated"))
    if condition.missing_slices:
        told.append(_("Slices could not be read"))
    if condition.is_reduced:
        told.append(_("The volume was thinned out to fit into memory"))
    if condition.is_irregular or condition.is_tilted:
        told.append(_("The volume was interpolated onto a regular grid"))
    shape = volume.array().shape
    at_edges = (
        part.take(end, axis).any()
        for axis in range(3)
        for end, is_there in ((0, box[axis].start == 0), (-1, box[axis].stop == shape[axis]))
        if is_there
    )
    if any(at_edges):
        told.append(_("The region reaches the edge of the volume"))
    return tuple(told)
