"""A plane through a volume as a frame, so that everything that shows, windows and measures images takes it.

The frame's own grid is that of the ReslicePlane; viewports get their device pixels straight from the voxels.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.translation import _
from viewer.dicom.image_plane import added, scaled
from viewer.dicom.pixel_spacing import PixelSpacing, SpacingSource
from viewer.imaging.frame_state import FrameState
from viewer.imaging.modality_lut import STORED_VALUES, SUM, Rescale
from viewer.imaging.resampling import image_coverage
from viewer.imaging.spatial_transform import ImagePlacement
from viewer.imaging.stored_frame import PixelDescription, SampledFrame
from viewer.volume.reslice import Resliced, resliced, sample_grid
from viewer.volume.reslice_plane import Projection, ReslicePlane, Vector, VolumeInterpolation
from viewer.volume.sample_areas import sample_areas
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.voxel_grid import Slab, VoxelGrid, voxel_grid


class PlaneFrame(SampledFrame):
    """The frame of a plane or slab; what it shows never changes."""

    __slots__ = ("_values", "plane", "volume")

    volume: SeriesVolume
    plane: ReslicePlane
    _values: NDArray[np.float32] | None

    def __init__(self, volume: SeriesVolume, plane: ReslicePlane) -> None:
        """Name the plane; nothing is cut yet."""
        super().__init__()
        object.__setattr__(self, "volume", volume)
        object.__setattr__(self, "plane", plane)
        object.__setattr__(self, "_values", None)

    @property
    def values(self) -> NDArray[Any]:
        """Float32 stored values of the plane's own grid, NaN where there are none."""
        if self._values is None:
            object.__setattr__(self, "_values", with_nan(resliced(self.volume, self.plane)))
        assert self._values is not None  # noqa: S101 - made above
        return self._values

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the plane's own grid."""
        return self.plane.rows, self.plane.columns

    @property
    def typical_values(self) -> NDArray[Any]:
        """Some values of the whole volume: the same for all its planes."""
        return self.volume.typical_values

    def sample(
        self, placement: ImagePlacement, kernel: str, *, is_quick: bool
    ) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
        """Return stored values at device pixels, of the voxels' type where it holds them; and 255 where there are any.

        The kernel is the viewport's; what the ReslicePlane says of interpolation holds for its own grid.
        """
        plane = self.plane
        grid = placed_grid(voxel_grid(self.volume.geometry, plane.plane, plane.columns, plane.rows), placement)
        slab = Slab(plane.thickness_mm, plane.projection)
        if is_quick:
            cut = sample_grid(self.volume, grid, slab, interpolation_of(kernel), phase=plane.phase, is_quick=True)
        else:
            cut = sample_areas(self.volume, grid, slab, interpolation_of(kernel), phase=plane.phase)
        return as_stored(cut, self.volume, plane.projection), both(cut.keep, image_coverage(placement))


def interpolation_of(kernel: str) -> VolumeInterpolation:
    """Return how voxels are mixed for a viewport's kernel; the finest there is for those that are finer still."""
    try:
        return VolumeInterpolation(kernel)
    except ValueError:
        return VolumeInterpolation.CUBIC


def placed_grid(grid: VoxelGrid, placement: ImagePlacement) -> VoxelGrid:
    """Return the device pixels of a placement of a grid as a grid of their own."""
    ia, ib, itx, ic, id_, ity = placement.inverse
    # Image points count from the corner of the first pixel, grids from its centre; both from there in the viewport.
    column, row = ia * 0.5 + ib * 0.5 + itx - 0.5, ic * 0.5 + id_ * 0.5 + ity - 0.5

    def step(columns: float, rows: float) -> Vector:
        return added(scaled(grid.right, columns), scaled(grid.down, rows))

    origin = added(grid.origin, step(column, row))
    return VoxelGrid(origin, step(ia, ic), step(ib, id_), grid.deep, *placement.size)


def with_nan(cut: Resliced) -> NDArray[np.float32]:
    """Return values as float32 with NaN where there are none."""
    values = cut.values.astype(np.float32)
    if cut.keep is not None:
        values[cut.keep == 0] = np.nan
    return values


def as_stored(cut: Resliced, volume: SeriesVolume, projection: Projection) -> NDArray[Any]:
    """Return values in the voxels' type, rounded; sums stay what they are, for no type of voxel may hold them."""
    voxels = volume.phases[0].dtype
    if voxels.kind == "f" or cut.values.dtype == voxels or projection is Projection.SUM:
        return cut.values
    limits = np.iinfo(voxels)
    rounded: NDArray[Any] = np.clip(np.rint(cut.values), limits.min, limits.max).astype(voxels)
    return rounded


def both(a: NDArray[np.uint8] | None, b: NDArray[np.uint8] | None) -> NDArray[np.uint8] | None:
    """Return where both masks are set; None is everywhere."""
    if a is None or b is None:
        return b if a is None else a
    return a & b


def plane_state(volume: SeriesVolume, plane: ReslicePlane) -> FrameState:
    """Return the rendering truth of a plane: identity and window of the volume, place and spacing of the plane."""
    place = plane.plane
    return replace(
        volume.state,
        frame_number=1,
        pixels=float_pixels(plane.rows, plane.columns),
        plane=place,
        image_orientation=(*place.row_direction, *place.column_direction),
        patient_orientation=(),
        spacing=measured_spacing(volume, place.row_spacing_mm, place.column_spacing_mm),
        aspect=place.row_spacing_mm / place.column_spacing_mm,
        modality_transform=shown_rescale(volume, plane.thickness_mm, plane.projection),
        padding=None,
        shutter=None,
        overlays=(),
        cine=None,
        notes=tuple(dict.fromkeys((*plane_notes(plane), *volume.state.notes, *volume.condition.notes))),
    )


def shown_rescale(volume: SeriesVolume, thickness_mm: float, projection: Projection) -> Rescale:
    """Return the rescale of what a plane or slab shows: a sum is in no unit of its voxels."""
    rescale = volume.rescale
    if thickness_mm <= 0 or projection is not Projection.SUM:
        return rescale
    return replace(rescale, unit=f"{SUM} {rescale.unit}" if rescale.unit not in {"", STORED_VALUES} else SUM)


def measured_spacing(volume: SeriesVolume, row_mm: float, column_mm: float, description: str = "") -> PixelSpacing:
    """Return the spacing of a made grid; none where nothing may be measured in the volume, with the reason."""
    if volume.condition.refusal:
        return PixelSpacing(description=volume.condition.refusal)
    return PixelSpacing(row_mm, column_mm, SpacingSource.PATIENT, description)


def float_pixels(rows: int, columns: int) -> PixelDescription:
    """Return the description of a frame whose values are made."""
    return PixelDescription(
        rows, columns, bits_allocated=32, bits_stored=32, high_bit=31, is_signed=True, is_float=True
    )


def plane_notes(plane: ReslicePlane) -> tuple[str, ...]:
    """Return what a reader must know of how a plane was made, translated."""
    return making_notes(plane.interpolation, plane.thickness_mm, plane.projection)


def making_notes(interpolation: VolumeInterpolation, thickness_mm: float, projection: Projection) -> tuple[str, ...]:
    """Return what a reader must know of how values were made, translated."""
    notes = [_("reformatted"), _INTERPOLATIONS[interpolation]()]
    if thickness_mm > 0:
        notes.append(_PROJECTIONS[projection]().format(thickness_mm))
    return tuple(notes)


_INTERPOLATIONS = {
    VolumeInterpolation.NEAREST: lambda: _("nearest voxel"),
    VolumeInterpolation.LINEAR: lambda: _("linear interpolation"),
    VolumeInterpolation.CUBIC: lambda: _("cubic interpolation"),
}

_PROJECTIONS = {
    Projection.MEAN: lambda: _("mean of {0:.1f} mm"),
    Projection.MAXIMUM: lambda: _("MIP of {0:.1f} mm"),
    Projection.MINIMUM: lambda: _("MinIP of {0:.1f} mm"),
    Projection.SUM: lambda: _("sum over {0:.1f} mm"),
}
