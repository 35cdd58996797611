"""Which voxels a rendering takes: how many, from where, and that they stay in their place."""

import math

import numpy as np
import pytest

from tests.builders.plain_volumes import geometry_of, plain_volume, sampled
from viewer.imaging.padding import Padding
from viewer.volume.rendering_camera import RenderingCamera, fitted, pose_of
from viewer.volume.rendering_levels import (
    COARSE_VOXELS,
    GRADIENT_BYTES,
    LevelPlan,
    coarse_plan,
    full_plan,
    made_level,
    memory_allowed,
    seen_region,
    thinned,
    whole_region,
)
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.volume_geometry import VolumeGeometry


def unread(shape: tuple[int, int, int], spacing: tuple[float, float, float]) -> SeriesVolume:
    """Return a volume whose voxels take no memory."""
    array = np.broadcast_to(np.zeros(1, np.int16), shape)
    small = plain_volume(np.zeros((2, 2, 2), np.int16))
    return SeriesVolume("big", 1, geometry_of(shape, spacing), (array,), small.rescale, small.state)


def test_small_volumes_are_taken_as_they_are() -> None:
    volume = plain_volume(np.zeros((40, 50, 60), np.int16))
    plan = coarse_plan(volume, must_copy=False)
    assert not plan.is_copied
    assert made_level(volume, 0, plan).voxels is volume.array()
    assert made_level(volume, 0, plan).geometry == volume.geometry


def test_levels_keep_to_their_number_and_lie_where_the_voxels_lay() -> None:
    region = ((0, 512), (0, 512), (0, 1000))
    counts = thinned(region, (0.7, 0.7, 1.0), COARSE_VOXELS)
    assert 0.9 * COARSE_VOXELS < math.prod(counts) <= COARSE_VOXELS * 1.001
    plan = LevelPlan(region, counts, is_copied=True)
    whole = geometry_of((1000, 512, 512), (0.7, 0.7, 1.0))
    assert np.allclose(plan.geometry(whole).corners_mm, whole.corners_mm)
    sizes = plan.geometry(whole).spacing_mm
    assert max(sizes) / min(sizes) < 1.02  # as long along each axis


def test_thick_slices_are_thinned_last() -> None:
    assert thinned(((0, 512), (0, 512), (0, 100)), (0.5, 0.5, 5.0), 5_000_000)[2] == 100


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.float32])
@pytest.mark.parametrize("counts", [(20, 20, 20), (13, 17, 11), (39, 7, 40)])
def test_means_are_true_to_area(dtype: type, counts: tuple[int, int, int]) -> None:
    """A ramp stays the same ramp, sampled elsewhere; the mean of all stays what it was."""
    geometry = geometry_of((40, 40, 40), (1.0, 1.5, 2.0))
    ramp = sampled(geometry, lambda places: places @ np.array([0.9, 0.5, 0.2]))
    volume = plain_volume(ramp.astype(np.float32) if dtype == np.float32 else np.rint(ramp).astype(dtype), geometry)
    level = made_level(volume, 0, LevelPlan(whole_region(geometry), counts, is_copied=True))
    truth = sampled(level.geometry, lambda places: places @ np.array([0.9, 0.5, 0.2]))
    allowed = 0.3 if dtype == np.float32 else 1.3  # voxels that are shared out are steps, not slopes
    assert np.abs(level.voxels.astype(float) - truth).max() <= allowed
    assert level.voxels.mean() == pytest.approx(volume.array().mean(), abs=0.5 if dtype != np.float32 else 0.01)


def test_a_region_is_cut_out_in_its_place() -> None:
    geometry = geometry_of((20, 24, 30))
    volume = plain_volume(np.arange(20 * 24 * 30).reshape(20, 24, 30).astype(np.float32), geometry)
    level = made_level(volume, 0, LevelPlan(((5, 15), (6, 12), (7, 9)), (10, 6, 2), is_copied=True))
    assert (level.voxels == volume.array()[7:9, 6:12, 5:15]).all()
    assert level.geometry.origin_mm == geometry.point_patient(5, 6, 7)


@pytest.mark.parametrize("takes_highest", [False, True])
def test_padding_is_mixed_into_no_thinned_out_voxel(takes_highest: bool) -> None:
    array = np.full((8, 8, 8), 40, np.int16)
    array[:, :, 3:] = 3000
    plan = LevelPlan(((0, 8), (0, 8), (0, 8)), (4, 4, 4), is_copied=True)
    volume = plain_volume(array)
    level = made_level(
        volume, 0, plan, takes_highest=takes_highest, padding=Padding(3000, 3000), nothing=-1000.0
    ).voxels
    assert np.all(level[:, :, 0] == 40)
    assert np.all(level[:, :, 1] == (40 if takes_highest else (40 - 1000) / 2))
    assert np.all(level[:, :, 2:] == -1000)


def test_the_highest_value_of_each_part_is_kept() -> None:
    array = np.random.default_rng(1).integers(0, 1000, (12, 12, 12)).astype(np.int16)
    volume = plain_volume(array)
    plan = LevelPlan(whole_region(volume.geometry), (4, 6, 3), is_copied=True)
    level = made_level(volume, 0, plan, takes_highest=True)
    assert (level.voxels == array.reshape(3, 4, 6, 2, 4, 3).max(axis=(1, 3, 5))).all()


def plan_of(volume: SeriesVolume, camera: RenderingCamera, before: LevelPlan | None = None) -> LevelPlan:
    size = (800, 800)
    pose = pose_of(camera, volume.geometry, size)
    return full_plan(
        volume,
        has_gradients=True,
        must_copy=False,
        seen=seen_region(pose, volume.geometry),
        pixel_mm=2 * pose.half_height_mm / 800,
        before=before,
    )


def test_what_is_lit_fits_beside_a_large_volume() -> None:
    volume = unread((1000, 512, 512), (0.7, 0.7, 1.0))
    for zoom in (1.0, 3.0, 8.0):
        plan = plan_of(volume, fitted(RenderingCamera(), volume.geometry, (800, 800)).zoomed(zoom))
        assert math.prod(plan.dimensions) * (2 + GRADIENT_BYTES) <= memory_allowed(volume)
    assert memory_allowed(volume) < 0.2 * volume.array().size * 2 + 250e6


def test_voxels_become_finer_with_zoom_until_they_are_the_volumes_own() -> None:
    volume = unread((1000, 512, 512), (0.7, 0.7, 1.0))
    camera = fitted(RenderingCamera(), volume.geometry, (800, 800))
    steps = [max(plan_of(volume, camera.zoomed(zoom)).steps) for zoom in (1.0, 2.0, 4.0, 8.0, 16.0)]
    assert steps == sorted(steps, reverse=True)
    assert steps[0] > 1.2
    assert steps[-1] == 1.0


def test_a_level_is_kept_while_another_would_not_be_finer() -> None:
    volume = unread((1000, 512, 512), (0.7, 0.7, 1.0))
    camera = fitted(RenderingCamera(), volume.geometry, (800, 800)).zoomed(4.0)
    first = plan_of(volume, camera)
    assert plan_of(volume, camera.panned(5.0, 5.0), first) is first
    assert plan_of(volume, camera.panned(0.0, 250.0), first) is not first


def test_the_seen_region_holds_every_voxel_on_the_picture() -> None:
    geometry = geometry_of((60, 70, 80), (1.0, 1.2, 2.0))
    for camera in (
        RenderingCamera(30, 20, 10, 3.0, (20.0, 5.0, -8.0)),
        RenderingCamera(-60, 70, 0, 5.0, is_perspective=True),
    ):
        pose = pose_of(camera, geometry, (300, 200))
        region = seen_region(pose, geometry)
        i, j, k = np.meshgrid(*(np.arange(count) for count in geometry.dimensions), indexing="ij")
        places = np.stack([i, j, k, np.ones_like(i)], axis=-1) @ geometry.affine.T @ pose.matrix.T
        x, y = places[..., 0] / places[..., 3], places[..., 1] / places[..., 3]
        seen = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
        inside = np.ones(seen.shape, bool)
        for axis, index in enumerate((i, j, k)):
            inside &= (index >= region[axis][0]) & (index < region[axis][1])
        assert not (seen & ~inside).any()


def test_what_lies_beside_the_picture_is_not_taken() -> None:
    geometry = geometry_of((60, 70, 80))
    (i0, i1), (j0, j1), (k0, k1) = seen_region(pose_of(RenderingCamera(zoom=6.0), geometry, (200, 200)), geometry)
    assert (j0, j1) == (0, 70)  # the whole depth
    assert i1 - i0 < 50
    assert k1 - k0 < 50


def turned_and_back(camera: RenderingCamera) -> RenderingCamera:
    right, up, _looks = camera.axes
    return RenderingCamera.looking(right, up, camera)


@pytest.mark.parametrize("azimuth", [-170.0, -90.0, 0.0, 45.0, 180.0])
@pytest.mark.parametrize("elevation", [-90.0, -35.0, 0.0, 60.0, 90.0])
@pytest.mark.parametrize("roll", [-100.0, 0.0, 30.0])
def test_angles_and_axes_say_the_same(azimuth: float, elevation: float, roll: float) -> None:
    camera = RenderingCamera(azimuth, elevation, roll)
    for first, second in zip(camera.axes, turned_and_back(camera).axes, strict=True):
        assert np.allclose(first, second, atol=1e-9)
    right, up, looks = camera.axes
    assert np.allclose(np.cross(right, up), -looks)


def test_a_point_on_the_near_side_goes_with_the_hand() -> None:
    geometry: VolumeGeometry = geometry_of((50, 50, 50))
    x, y, z = geometry.center_mm
    near = (x, y - 20.0, z)
    for camera in (RenderingCamera(), RenderingCamera(roll_deg=90.0), RenderingCamera(roll_deg=200.0)):
        before = pose_of(camera, geometry, (200, 200)).on_picture(near)
        right = pose_of(camera.turned(10.0, 0.0), geometry, (200, 200)).on_picture(near)
        down = pose_of(camera.turned(0.0, 10.0), geometry, (200, 200)).on_picture(near)
        assert right[0] > before[0] + 0.01
        assert abs(right[1] - before[1]) < 1e-6
        assert down[1] > before[1] + 0.01
        assert abs(down[0] - before[0]) < 1e-6
