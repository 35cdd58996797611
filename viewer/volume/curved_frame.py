"""A curved plane as a frame: see plane_frame. It lies on no plane, so it has no place and no letters."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.translation import _
from viewer.imaging.frame_state import FrameState
from viewer.imaging.resampling import image_coverage, resample_scalar
from viewer.imaging.spatial_transform import ImagePlacement
from viewer.imaging.stored_frame import SampledFrame
from viewer.volume.curved_reslice import CurvedLayout, CurvedPlane, CurvedSheet, cross_section, curved_sheet
from viewer.volume.plane_frame import (
    PlaneFrame,
    as_stored,
    both,
    float_pixels,
    interpolation_of,
    making_notes,
    measured_spacing,
    plane_state,
    shown_rescale,
    with_nan,
)
from viewer.volume.reslice import Resliced, sample_lines, spread
from viewer.volume.reslice_plane import VolumeInterpolation
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.voxel_grid import Slab, VoxelGrid, depth_samples

_QUICK_REDUCTION = 2
_ANY: tuple[float, float, float] = (1.0, 1.0, 1.0)


class CurvedFrame(SampledFrame):
    """The frame of a straightened or stretched plane; what it shows never changes."""

    __slots__ = ("_values", "plane", "sheet", "volume")

    volume: SeriesVolume
    plane: CurvedPlane
    sheet: CurvedSheet
    _values: NDArray[np.float32] | None

    def __init__(self, volume: SeriesVolume, plane: CurvedPlane) -> None:
        """Lay the plane out; nothing is cut yet.

        Raises:
            VolumeError: If there is no such plane.
        """
        super().__init__()
        object.__setattr__(self, "volume", volume)
        object.__setattr__(self, "plane", plane)
        object.__setattr__(self, "sheet", curved_sheet(plane))
        object.__setattr__(self, "_values", None)

    @property
    def values(self) -> NDArray[Any]:
        """Float32 stored values of the plane's own grid, NaN where there are none."""
        if self._values is None:
            sheet = self.sheet
            cut = self._cut(np.arange(float(sheet.along)), 0.0, 1.0, sheet.across, self.plane.interpolation)
            values = with_nan(cut)
            object.__setattr__(self, "_values", np.ascontiguousarray(values.T) if sheet.is_line_across else values)
        assert self._values is not None  # noqa: S101 - made above
        return self._values

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of that grid."""
        return self.sheet.rows, self.sheet.columns

    @property
    def typical_values(self) -> NDArray[Any]:
        """Some values of the whole volume: the same for all its planes."""
        return self.volume.typical_values

    def point_patient(self, point_image: tuple[float, float]) -> tuple[float, float, float] | None:
        """Return the place in the patient of an image point."""
        return self.sheet.point_patient(point_image[0] - 0.5, point_image[1] - 0.5)

    def sample(
        self, placement: ImagePlacement, kernel: str, *, is_quick: bool
    ) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
        """Return stored values at device pixels, of the voxels' type where it holds them; and 255 where there are any.

        Straight from the voxels unless the picture is turned by an angle between quarter turns; then from its own grid.
        """
        ia, ib, itx, ic, id_, ity = placement.inverse
        of_column, of_row = (ia, ib, itx - 0.5), (ic, id_, ity - 0.5)
        along, across = (of_column, of_row) if self.sheet.is_line_across else (of_row, of_column)
        if along[0] == across[1] == 0.0:
            cut = self._lines(along[1:], (across[0], across[2]), placement.size, kernel, is_quick=is_quick)
        elif along[1] == across[0] == 0.0:
            size = placement.size[1], placement.size[0]
            cut = self._lines((along[0], along[2]), across[1:], size, kernel, is_quick=is_quick)
            cut = Resliced(cut.values.T, None if cut.keep is None else cut.keep.T)
        else:
            cut = self._from_own_grid(placement, kernel)
        keep = both(cut.keep, image_coverage(placement))
        return np.ascontiguousarray(as_stored(cut, self.volume, self.plane.projection)), keep

    def _lines(
        self,
        along: tuple[float, float],
        across: tuple[float, float],
        size: tuple[int, int],
        kernel: str,
        *,
        is_quick: bool,
    ) -> Resliced:
        """Return device pixels whose rows go across the line: (slope, start) of sample numbers, centres at halves."""
        factor = _QUICK_REDUCTION if is_quick else 1
        rows = (np.arange(-(-size[1] // factor), dtype=np.float64) + 0.5) * factor
        interpolation = VolumeInterpolation.LINEAR if is_quick else interpolation_of(kernel)
        first, step = across[0] * 0.5 * factor + across[1], across[0] * factor
        cut = self._cut(along[0] * rows + along[1], first, step, -(-size[0] // factor), interpolation)
        return spread(cut, factor, *size) if is_quick else cut

    def _cut(
        self, along: NDArray[np.float64], first: float, step: float, width: int, interpolation: VolumeInterpolation
    ) -> Resliced:
        geometry = self.volume.geometry
        lines = self.sheet.lines(along, first, step)
        to_voxels = geometry.inverse_affine
        lines = lines @ to_voxels[:3, :3].T
        lines[:, 0] += to_voxels[:3, 3]
        slab = Slab(self.plane.thickness_mm, self.plane.projection)
        steepest = float(np.abs(lines[:, 2]).max())
        depths = depth_samples(VoxelGrid(_ANY, _ANY, _ANY, (steepest, 0.0, 0.0), 1, 1), slab, interpolation)
        return sample_lines(self.volume, self.volume.array(self.plane.phase), lines, width, slab, depths, interpolation)

    def _from_own_grid(self, placement: ImagePlacement, kernel: str) -> Resliced:
        values = self.values.astype(np.float64)
        missing = np.isnan(values)
        values[missing] = 0.0
        mask = missing if missing.any() else None
        sampled, keep = resample_scalar(values, mask, placement, kernel, is_area_true=False)
        return Resliced(sampled.astype(np.float32), keep)


def curved_frame(volume: SeriesVolume, plane: CurvedPlane) -> tuple[SampledFrame, FrameState]:
    """Return the frame of a curved plane, or of a cross-section of it, and its rendering truth.

    Raises:
        VolumeError: If there is no such plane.
    """
    if plane.layout is CurvedLayout.CROSS_SECTION:
        section = cross_section(plane)
        state = plane_state(volume, section)
        return PlaneFrame(volume, section), replace(
            state, notes=tuple(dict.fromkeys((*curved_notes(plane), *state.notes)))
        )
    frame = CurvedFrame(volume, plane)
    return frame, curved_state(frame)


def curved_state(frame: CurvedFrame) -> FrameState:
    """Return the rendering truth of a curved plane: the volume's identity and windows, no place, no letters.

    Spacing is that of the sheet: true along the line, and along the sheet where it is stretched; a straight line across
    a straightened one is straight in the patient. Whoever measures says so; nothing else is a length.
    """
    volume, plane, sheet = frame.volume, frame.plane, frame.sheet
    return replace(
        volume.state,
        frame_number=1,
        pixels=float_pixels(sheet.rows, sheet.columns),
        plane=None,
        image_orientation=(),
        patient_orientation=(),
        laterality="",
        spacing=measured_spacing(volume, sheet.spacing_mm, sheet.spacing_mm, curved_truth(plane.layout)),
        aspect=1.0,
        modality_transform=shown_rescale(volume, plane.thickness_mm, plane.projection),
        padding=None,
        shutter=None,
        overlays=(),
        cine=None,
        notes=tuple(dict.fromkeys((*curved_notes(plane), *volume.state.notes, *volume.condition.notes))),
    )


def curved_notes(plane: CurvedPlane) -> tuple[str, ...]:
    """Return what a reader must know of how a curved plane was made, translated."""
    made = making_notes(plane.interpolation, plane.thickness_mm, plane.projection)
    if plane.layout is CurvedLayout.CROSS_SECTION:
        return (*made, _("across the line at {0:.1f} mm").format(plane.position_mm))
    return (*made, _LAYOUTS[plane.layout](), curved_truth(plane.layout))


def curved_truth(layout: CurvedLayout) -> str:
    """Return what may be measured on a curved plane laid flat, translated."""
    if layout is CurvedLayout.STRETCHED:
        return _("lengths are true along the line and on the bent plane")
    return _("lengths are true along the line and straight across it alone")


_LAYOUTS = {
    CurvedLayout.STRETCHED: lambda: _("stretched along a line"),
    CurvedLayout.STRAIGHTENED: lambda: _("straightened along a line"),
}
