"""Reads curves of regions: jobs over the images of a run, or over the phases of a volume."""

from dataclasses import dataclass

import numpy as np

from viewer.base.errors import VolumeError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.imaging.frame_state import FrameState
from viewer.imaging.frame_store import AHEAD, FrameStore
from viewer.imaging.modality_lut import STORED_VALUES, apply_modality
from viewer.imaging.padding import background_mask
from viewer.imaging.stored_frame import StoredFrame
from viewer.measurement.regions import RegionPixels
from viewer.volume.reslice_plane import Projection, ReslicePlane
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.curve_courses import RunImage
from viewer.workspace.phase_curves import (
    PhaseCurve,
    Region,
    RegionValues,
    region_pixels,
    region_plane,
    values_of,
)
from viewer.workspace.phase_times import phase_times


@dataclass(frozen=True, slots=True)
class ReadRunCurve:
    """The curve of a region through images of one place."""

    store: FrameStore
    images: tuple[RunImage, ...]
    region: Region
    lacking: int = 0
    cautions: tuple[str, ...] = ()

    def run(self, progress: Progress) -> PhaseCurve:
        """Return the curve.

        Raises:
            ViewerError: If an image cannot be read, or they cannot be compared.
            Cancelled: If it was cancelled.
        """
        found: list[RegionValues] = []
        units: list[str] = []
        is_lossy = False
        shape: tuple[int, int] | None = None
        for each in self.images:
            progress.check()
            state = self.store.state(each.image)
            stored = self.store.stored(each.image, priority=AHEAD, progress=progress)
            if stored.is_color or state.is_color:
                raise VolumeError(_("Colours are no measured values"))
            if shape is not None and stored.shape != shape:
                raise VolumeError(_("The images are not of one size: there is no curve through them"))
            if shape is None:
                shape = stored.shape
                pixels = region_pixels(self.region, *shape)
                if not pixels.count:
                    raise VolumeError(_("No pixel has its centre in the region"), advice=_("Draw a larger one"))
            found.append(_of_frame(pixels, stored, state))
            units.append(state.unit)
            is_lossy = is_lossy or state.lossiness.is_lossy
            progress.report(len(found), len(self.images))
        times = phase_times([(each.image,) for each in self.images])
        return PhaseCurve(
            tuple(each.phase for each in self.images),
            tuple(found),
            times,
            unit=_unit(units),
            notes=tuple(self._notes(units, is_lossy=is_lossy)),
        )

    def _notes(self, units: list[str], *, is_lossy: bool) -> list[str]:
        notes = [*self.cautions]
        if self.lacking:
            notes.append(_("{0} phases have no image of this place and are left out").format(self.lacking))
        if len(set(units)) > 1:
            notes.append(_("The images are not all in one unit"))
        if is_lossy:
            notes.append(_lossy())
        return notes


@dataclass(frozen=True, slots=True)
class ReadVolumeCurve:
    """The curve of a region of a plane through the phases of a volume; values between voxels are mixed linearly."""

    volume: SeriesVolume
    plane: ReslicePlane
    region: Region
    cautions: tuple[str, ...] = ()

    def run(self, progress: Progress) -> PhaseCurve:
        """Return the curve.

        Raises:
            ViewerError: If a file cannot be read.
            Cancelled: If it was cancelled.
        """
        from dataclasses import replace

        from viewer.volume.reslice import resliced

        volume = self.volume
        part, mask = region_plane(self.plane, self.region)
        found = []
        for phase in range(len(volume.phases)):
            progress.check()
            cut = resliced(volume, replace(part, phase=phase))
            values = cut.values.astype(np.float64) * volume.rescale.slope + volume.rescale.intercept
            keep = mask if cut.keep is None else mask & (cut.keep != 0)
            found.append(values_of(values[keep]))
            progress.report(phase + 1, len(volume.phases))
        has_images = len(volume.images) == len(volume.phases)
        return PhaseCurve(
            tuple(range(len(volume.phases))),
            tuple(found),
            phase_times(volume.images) if has_images else None,
            volume.phase_names,
            _unit([volume.rescale.unit]),
            self._notes(),
        )

    def _notes(self) -> tuple[str, ...]:
        condition, notes = self.volume.condition, [*self.cautions]
        if self.plane.thickness_mm:
            projection = {
                Projection.MEAN: _("mean"),
                Projection.MAXIMUM: _("MIP"),
                Projection.MINIMUM: _("MinIP"),
                Projection.SUM: _("sum"),
            }[self.plane.projection]
            notes.append(_("Of a slab of {0:.1f} mm ({1})").format(self.plane.thickness_mm, projection))
        if self.volume.state.lossiness.is_lossy:
            notes.append(_lossy())
        if condition.is_reduced:
            notes.append(_("The volume is thinned out: its values are not all that were measured"))
        return (*notes, *condition.notes)


def _of_frame(pixels: RegionPixels, stored: StoredFrame, state: FrameState) -> RegionValues:
    cells = pixels.of(stored.values)
    counts = np.ones(cells.shape, np.bool_)
    if (nothing := background_mask(cells, state.padding)) is not None:
        counts &= ~nothing
    if stored.missing_rows:
        rows = np.broadcast_to(np.arange(pixels.mask.shape[0])[:, None], pixels.mask.shape)[pixels.mask]
        counts &= rows + pixels.top < stored.shape[0] - stored.missing_rows
    return values_of(apply_modality(cells[counts], state.modality_transform))


def _lossy() -> str:
    return _("The images were compressed with loss: their values are not quite what was measured")


def _unit(units: list[str]) -> str:
    """Return the unit of values as it may be shown; empty for stored values, and where they differ."""
    one = units[0] if len(set(units)) == 1 else ""
    return "" if one == STORED_VALUES else one
