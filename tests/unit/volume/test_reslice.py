"""Planes and slabs against analytic values, numpy and SimpleITK."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from tests.builders.plain_volumes import geometry_of, plain_volume, sampled, turned
from viewer.dicom.image_plane import ImagePlane
from viewer.imaging.modality_lut import Rescale
from viewer.imaging.padding import Padding
from viewer.volume.reslice import modality_of, resliced, sample_affine
from viewer.volume.reslice_plane import Projection, ReslicePlane, VolumeInterpolation
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.voxel_grid import Slab

TURN = turned((20.0, -35.0, 50.0))
SPACING = (0.7, 0.9, 1.6)


def plane_through(
    volume: SeriesVolume, axes: Any = None, size: tuple[int, int] = (41, 37), spacing: float = 0.45, **choices: Any
) -> ReslicePlane:
    right, down, _normal = axes if axes is not None else turned((33.0, 12.0, -71.0))
    half = [(count - 1) / 2 * spacing for count in size]
    x, y, z = (c - a * half[0] - b * half[1] for c, a, b in zip(volume.geometry.center_mm, right, down, strict=True))
    plane = ImagePlane((x, y, z), right, down, spacing, spacing)
    return ReslicePlane(plane, size[0], size[1], **choices)


def places_of(volume: SeriesVolume, plane: ReslicePlane, depth_mm: float = 0.0) -> NDArray[np.float64]:
    """Voxel indices (rows, columns, 3) by the affine matrix."""
    grid = plane.plane
    across, down = np.arange(plane.columns), np.arange(plane.rows)
    points = (
        np.array(grid.position)
        + across[None, :, None] * grid.column_spacing_mm * np.array(grid.row_direction)
        + down[:, None, None] * grid.row_spacing_mm * np.array(grid.column_direction)
        + depth_mm * np.array(grid.normal)
    )
    inverse = volume.geometry.inverse_affine
    return np.asarray(points @ inverse[:3, :3].T + inverse[:3, 3])


def ramp(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(points @ np.array([3.0, -2.0, 5.0]) + 17.0)


def noise(dtype: Any = np.int16, shape: tuple[int, int, int] = (20, 31, 36)) -> NDArray[Any]:
    return np.random.default_rng(4).integers(0, 200, shape).astype(dtype)


@pytest.mark.parametrize("interpolation", [VolumeInterpolation.LINEAR, VolumeInterpolation.CUBIC])
def test_a_ramp_is_exact_on_every_oblique_plane(interpolation: VolumeInterpolation) -> None:
    geometry = geometry_of((24, 40, 44), SPACING, (-11.0, 40.0, 7.0), TURN)
    volume = plain_volume(sampled(geometry, ramp).astype(np.float32), geometry)
    for angles in ((0.0, 0.0, 0.0), (90.0, 0.0, 0.0), (10.0, 20.0, 30.0), (45.0, 45.0, 45.0), (-80.0, 5.0, 160.0)):
        plane = plane_through(volume, turned(angles), interpolation=interpolation)
        cut = resliced(volume, plane)
        at = places_of(volume, plane)
        inside = ((at >= 0) & (at <= np.array(geometry.dimensions) - 1)).all(axis=-1)
        points = at @ geometry.affine[:3, :3].T + geometry.affine[:3, 3]
        assert inside.mean() > 0.5
        assert np.abs(cut.values - ramp(points))[inside].max() < 2e-4


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.uint16, np.float32])
def test_linear_and_nearest_equal_scipy_for_every_type_of_voxel(dtype: Any) -> None:
    array = noise(dtype) if dtype != np.uint16 else (noise() * 327).astype(np.uint16)
    array = noise() - 100 if dtype == np.int16 else array
    volume = plain_volume(array, geometry_of(array.shape, SPACING, axes=TURN))
    plane = plane_through(volume)
    at = np.moveaxis(places_of(volume, plane), -1, 0)[::-1]
    linear = map_coordinates(array.astype(np.float64), at, order=1, mode="nearest")
    inside = (at >= -0.5).all(axis=0) & (at <= np.array(array.shape)[:, None, None] - 0.5).all(axis=0)
    cut = resliced(volume, plane)
    assert cut.values.dtype == np.float32
    assert np.abs(cut.values - linear)[inside].max() < 0.02
    nearest = resliced(volume, plane_through(volume, interpolation=VolumeInterpolation.NEAREST))
    indices = np.clip(np.floor(at + 0.5), 0, np.array(array.shape)[:, None, None] - 1).astype(int)
    assert nearest.values.dtype == dtype
    np.testing.assert_array_equal(nearest.values[inside], array[tuple(indices)][inside])


def test_the_outer_half_voxels_are_shown_and_nothing_beyond() -> None:
    array = noise()
    volume = plain_volume(array, geometry_of(array.shape))
    step = 0.25
    plane = ReslicePlane(ImagePlane((-2.0, -2.0, 3.0), (1, 0, 0), (0, 1, 0), step, step), 180, 160)
    keep = resliced(volume, plane).keep
    assert keep is not None
    across, down = np.arange(180) * step - 2.0, np.arange(160) * step - 2.0
    expected = ((across >= -0.5) & (across <= 35.5))[None, :] & ((down >= -0.5) & (down <= 30.5))[:, None]
    np.testing.assert_array_equal(keep > 0, expected)
    for height, is_there in ((-0.5, True), (-0.51, False), (19.5, True), (19.51, False)):
        moved = ReslicePlane(ImagePlane((5.0, 5.0, height), (1, 0, 0), (0, 1, 0), 1, 1), 4, 4)
        assert (resliced(volume, moved).keep is None) is is_there
    edge = ReslicePlane(ImagePlane((0.0, 0.0, 19.4), (1, 0, 0), (0, 1, 0), 1, 1), 36, 31)
    np.testing.assert_array_equal(resliced(volume, edge).values, array[19])


@pytest.mark.parametrize("shape", [(1, 9, 8), (9, 1, 8), (9, 8, 1), (1, 1, 1), (2, 2, 2)])
@pytest.mark.parametrize("interpolation", list(VolumeInterpolation))
def test_volumes_one_voxel_thin_are_cut_too(shape: tuple[int, int, int], interpolation: VolumeInterpolation) -> None:
    for dtype in (np.int16, np.float32):
        array = noise(dtype, shape)
        volume = plain_volume(array, geometry_of(shape))
        plane = ReslicePlane(
            ImagePlane((0.0, 0.0, 0.0), (1, 0, 0), (0, 1, 0), 1, 1), shape[2], shape[1], interpolation=interpolation
        )
        np.testing.assert_allclose(resliced(volume, plane).values, array[0])


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("interpolation", list(VolumeInterpolation))
def test_padding_is_mixed_into_nothing(dtype: Any, interpolation: VolumeInterpolation) -> None:
    array = np.full((20, 30, 30), 100, dtype)
    array[:, :, :11] = -2000
    array[3, 20, 20] = -1990
    volume = plain_volume(array, geometry_of(array.shape), padding=Padding(-2000, -1990))
    for thickness in (0.0, 4.0):
        for projection in (Projection.MEAN, Projection.MAXIMUM, Projection.MINIMUM):
            plane = plane_through(volume, thickness_mm=thickness, projection=projection, interpolation=interpolation)
            cut = resliced(volume, plane)
            assert cut.keep is not None
            np.testing.assert_allclose(cut.values[cut.keep > 0], 100, rtol=1e-6)
            assert 0.3 < (cut.keep > 0).mean() < 0.9
    plane = plane_through(volume, interpolation=interpolation)
    cut, at = resliced(volume, plane), places_of(volume, plane)
    assert cut.keep is not None
    nearest = np.floor(at + 0.5).astype(int)
    expected = array[nearest[..., 2], nearest[..., 1], nearest[..., 0]] == 100
    np.testing.assert_array_equal(cut.keep > 0, expected)
    assert np.isnan(modality_of(cut, volume)[~expected]).all()


def test_undefined_voxels_are_padding() -> None:
    array = np.full((20, 30, 30), 7.0, np.float32)
    array[:, :, :9], array[5, 20, 20] = np.nan, np.inf
    volume = plain_volume(np.nan_to_num(array), geometry_of(array.shape))
    volume = type(volume)(
        volume.key, 1, volume.geometry, (array,), volume.rescale, volume.state, value_range=(7.0, 7.0)
    )
    for interpolation in VolumeInterpolation:
        cut = resliced(volume, plane_through(volume, interpolation=interpolation))
        assert cut.keep is not None
        np.testing.assert_allclose(cut.values[cut.keep > 0], 7.0, rtol=1e-6)
        assert (cut.values[cut.keep == 0] == 0.0).all()


@pytest.mark.parametrize("interpolation", [VolumeInterpolation.LINEAR, VolumeInterpolation.CUBIC])
def test_oblique_slabs_equal_numpy(interpolation: VolumeInterpolation) -> None:
    array = noise()
    volume = plain_volume(array, geometry_of(array.shape, SPACING), rescale=Rescale(2.0, -1000.0, "HU"))
    thickness = 5.0
    deep = np.abs(np.array(plane_through(volume).plane.normal) / np.array(SPACING)).max()
    parts = int(np.ceil(thickness * deep * 2))
    middles = (np.arange(parts) + 0.5) / parts * thickness - thickness / 2
    each_side = int(thickness / 2 * deep * 2)
    outward = np.arange(-each_side, each_side + 1) / deep / 2

    def planes(depths: NDArray[np.float64]) -> NDArray[np.float64]:
        found = []
        for depth in depths:
            moved = plane_through(volume, interpolation=interpolation)
            x, y, z = (a + depth * b for a, b in zip(moved.plane.position, moved.plane.normal, strict=True))
            single = ReslicePlane(
                moved.plane.moved_to((x, y, z)), moved.columns, moved.rows, interpolation=interpolation
            )
            found.append(modality_of(resliced(volume, single), volume))
        return np.array(found, np.float64)

    truths = {
        Projection.MEAN: np.nanmean(planes(middles), axis=0),
        Projection.SUM: np.nansum(planes(middles), axis=0) * thickness / parts * deep,
        Projection.MAXIMUM: np.nanmax(planes(outward), axis=0),
        Projection.MINIMUM: np.nanmin(planes(outward), axis=0),
    }
    for projection, truth in truths.items():
        plane = plane_through(volume, thickness_mm=thickness, projection=projection, interpolation=interpolation)
        np.testing.assert_allclose(modality_of(resliced(volume, plane), volume), truth, rtol=1e-5, atol=2e-3)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_slabs_along_slices_equal_numpy_over_the_slices(axis: int) -> None:
    array = noise(shape=(25, 26, 27))
    volume = plain_volume(array, geometry_of(array.shape, (2.0, 2.0, 2.0)))
    right, down = [((0, 1, 0), (0, 0, 1)), ((1, 0, 0), (0, 0, 1)), ((1, 0, 0), (0, 1, 0))][axis]
    position = [0.0, 0.0, 0.0]
    position[axis] = 20.0
    size = [(26, 25), (27, 25), (27, 26)][axis]
    along = {0: 2, 1: 1, 2: 0}[axis]
    five = array.take(range(8, 13), along)
    for projection, truth in ((Projection.MAXIMUM, five.max(along)), (Projection.MINIMUM, five.min(along))):
        for thickness in (8.0, 10.0, 11.0):
            plane = ReslicePlane(ImagePlane(tuple(position), right, down, 2, 2), *size, thickness, projection)  # type: ignore[arg-type] # three numbers, three numbers
            np.testing.assert_array_equal(resliced(volume, plane).values, truth)
    for projection, truth in ((Projection.MEAN, five.mean(along)), (Projection.SUM, five.sum(along))):
        plane = ReslicePlane(
            ImagePlane(tuple(position), right, down, 2, 2),  # type: ignore[arg-type] # three numbers, three numbers
            *size,
            10.0,
            projection,
            VolumeInterpolation.NEAREST,
        )
        np.testing.assert_allclose(resliced(volume, plane).values, truth, rtol=1e-6)


def test_a_projection_through_the_whole_volume_is_numpys_maximum() -> None:
    array = noise(shape=(30, 20, 25))
    volume = plain_volume(array, geometry_of(array.shape))
    for depth in (0.0, 3.3, -200.0):
        plane = ImagePlane((0.0, depth, 29.0), (1, 0, 0), (0, 0, -1), 1, 1)
        thick = ReslicePlane(plane, 25, 30, 2 * (volume.geometry.diagonal_mm + 200), Projection.MAXIMUM)
        np.testing.assert_array_equal(resliced(volume, thick).values, array.max(axis=1)[::-1])


def test_highest_means_highest_modality_value() -> None:
    array = noise()
    volume = plain_volume(array, geometry_of(array.shape), rescale=Rescale(-1.0, 500.0, "HU"))
    plane = ReslicePlane(ImagePlane((0.0, 0.0, 9.0), (1, 0, 0), (0, 1, 0), 1, 1), 36, 31, 4.0, Projection.MAXIMUM)
    np.testing.assert_array_equal(modality_of(resliced(volume, plane), volume), (500.0 - array[7:12]).max(axis=0))


def test_each_phase_is_cut_from_its_own_voxels() -> None:
    first = noise()
    volume = plain_volume(first, geometry_of(first.shape))
    volume = type(volume)(
        volume.key, 1, volume.geometry, (first, first + 1), volume.rescale, volume.state, phase_names=("a", "b")
    )
    cuts = [resliced(volume, plane_through(volume, phase=phase)).values for phase in (0, 1)]
    np.testing.assert_allclose(cuts[1] - cuts[0], 1.0, atol=1e-4)


def test_the_quick_way_is_the_same_picture_at_half_the_fineness() -> None:
    geometry = geometry_of((40, 60, 60))
    smooth = sampled(geometry, lambda points: 500 * np.sin(points / 9).sum(axis=-1)).astype(np.int16)
    volume = plain_volume(smooth, geometry)
    origin, right, down = (20.0, 5.0, 8.3), (0.3, 0.3, 0.1), (-0.2, 0.4, 0.2)
    for slab in (Slab(), Slab(6.0, Projection.MAXIMUM), Slab(6.0, Projection.MEAN)):
        exact, quick = (
            sample_affine(volume, origin, right, down, 61, 47, deep_ijk=(0.1, -0.3, 0.9), slab=slab, is_quick=is_quick)
            for is_quick in (False, True)
        )
        assert quick.values.shape == exact.values.shape == (47, 61)
        assert np.abs(quick.values - exact.values).max() < 30
        assert np.abs(quick.values - exact.values).mean() < 3


def test_simpleitk_agrees() -> None:
    sitk = pytest.importorskip("SimpleITK")
    geometry = geometry_of((26, 40, 44), SPACING, (-11.0, 40.0, 7.0), TURN)
    rng = np.random.default_rng(1)
    array = rng.normal(size=(26, 40, 44)).cumsum(0).cumsum(1).cumsum(2)
    array = (array / np.abs(array).max() * 3000).astype(np.int16)
    volume = plain_volume(array, geometry)
    image = sitk.GetImageFromArray(array.astype(np.float32))
    image.SetSpacing(geometry.spacing_mm)
    image.SetOrigin(geometry.origin_mm)
    image.SetDirection(geometry.direction.ravel().tolist())
    plane = plane_through(volume, spacing=0.6)
    grid = plane.plane
    directions = np.array([grid.row_direction, grid.column_direction, grid.normal]).T

    def by_itk(interpolator: Any) -> NDArray[np.float32]:
        filtered = sitk.Resample(
            image,
            (plane.columns, plane.rows, 1),
            sitk.Transform(),
            interpolator,
            grid.position,
            (grid.column_spacing_mm, grid.row_spacing_mm, 1.0),
            directions.ravel().tolist(),
            -9999.0,
        )
        return np.asarray(sitk.GetArrayFromImage(filtered)[0])

    truth = by_itk(sitk.sitkLinear)
    cut = resliced(volume, plane)
    there = (truth != -9999) & (True if cut.keep is None else cut.keep > 0)
    assert there.mean() > 0.7
    assert np.abs(cut.values - truth)[there].max() < 0.01
    # Another cubic: on what is smooth the two are the same but for little.
    cubic = resliced(volume, plane_through(volume, spacing=0.6, interpolation=VolumeInterpolation.CUBIC)).values
    at = places_of(volume, plane)
    deep = ((at >= 3) & (at <= np.array(geometry.dimensions) - 4)).all(axis=-1)
    spline = by_itk(sitk.sitkBSpline)
    assert np.sqrt(np.mean((cubic - spline)[deep] ** 2)) < 0.5 * np.sqrt(np.mean((truth - spline)[deep] ** 2))


def test_cubic_is_what_vtk_calls_cubic() -> None:
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkImagingCore import vtkImageReslice

    array = noise(np.float32)
    volume = plain_volume(array, geometry_of(array.shape, SPACING))
    plane = plane_through(volume, interpolation=VolumeInterpolation.CUBIC)
    image, reslice, grid = vtkImageData(), vtkImageReslice(), plane.plane
    image.SetDimensions(*volume.geometry.dimensions)
    image.SetSpacing(*SPACING)
    image.GetPointData().SetScalars(numpy_to_vtk(array.ravel()))
    reslice.SetInputData(image)
    reslice.SetResliceAxesDirectionCosines(*grid.row_direction, *grid.column_direction, *grid.normal)
    reslice.SetResliceAxesOrigin(*grid.position)
    reslice.SetOutputDimensionality(2)
    reslice.SetOutputOrigin(0, 0, 0)
    reslice.SetOutputSpacing(grid.column_spacing_mm, grid.row_spacing_mm, 1)
    reslice.SetOutputExtent(0, plane.columns - 1, 0, plane.rows - 1, 0, 0)
    reslice.SetInterpolationModeToCubic()
    reslice.Update()
    truth = vtk_to_numpy(reslice.GetOutput().GetPointData().GetScalars()).reshape(plane.rows, plane.columns)
    at = places_of(volume, plane)
    deep = ((at >= 1) & (at <= np.array(volume.geometry.dimensions) - 2)).all(axis=-1)
    assert deep.mean() > 0.5
    assert np.abs(resliced(volume, plane).values - truth)[deep].max() < 0.01
