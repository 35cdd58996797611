"""Surfaces against bodies whose volume, area and place are known by formula."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders.plain_volumes import UPRIGHT, Vector, geometry_of, plain_volume, sampled, turned
from viewer.base.errors import Cancelled, VolumeError
from viewer.base.jobs import Progress
from viewer.imaging.modality_lut import Rescale
from viewer.imaging.padding import Padding
from viewer.volume.series_volume import VolumeCondition
from viewer.volume.surface import Surface, surface_of, surface_of_mask
from viewer.volume.volume_geometry import VolumeGeometry

GRIDS = {
    "even": ((50, 50, 50), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)),
    "flat": ((17, 61, 61), (0.8, 0.8, 3.0), (0.0, 0.0, 0.0)),
    "tall": ((70, 36, 50), (0.9, 1.3, 0.7), (20.0, 0.0, 0.0)),
    "oblique": ((52, 46, 49), (1.0, 1.1, 0.9), (30.0, -40.0, 65.0)),
}
RADIUS = 19.3


def ball(
    center: Vector, radius: float = RADIUS, height: float = 40.0
) -> Callable[[NDArray[np.float64]], NDArray[np.int16]]:
    def values(places: NDArray[np.float64]) -> NDArray[np.int16]:
        distance = np.linalg.norm(places - np.array(center), axis=-1)
        return np.asarray(((radius - distance) * height).clip(-1000, 1000).round(), np.int16)

    return values


def grid(name: str, *, is_left_handed: bool = False) -> VolumeGeometry:
    shape, spacing, angles = GRIDS[name]
    x, y, z = turned(angles)
    if is_left_handed:
        z = (-z[0], -z[1], -z[2])
    return geometry_of(shape, spacing, (-120.5, 33.25, 801.0), (x, y, z))


def outward(surface: Surface, center: Vector) -> float:
    """Return the part of the triangles that look away from a point inside a convex body."""
    a, b, c = (surface.vertices[surface.triangles[:, corner]].astype(np.float64) for corner in range(3))
    away = np.einsum("ij,ij->i", np.cross(b - a, c - a), (a + b + c) / 3 - np.array(center))
    return float((away > 0).mean())


@pytest.mark.parametrize("is_left_handed", [False, True])
@pytest.mark.parametrize("name", GRIDS)
def test_a_sphere_has_its_volume_area_and_place_on_any_grid(name: str, is_left_handed: bool) -> None:
    geometry = grid(name, is_left_handed=is_left_handed)
    center = geometry.center_mm
    surface = surface_of(plain_volume(sampled(geometry, ball(center)), geometry), 0.0)
    assert surface.is_closed
    assert surface.volume_mm3 == pytest.approx(4 / 3 * math.pi * RADIUS**3, rel=0.01)
    assert surface.area_mm2 == pytest.approx(4 * math.pi * RADIUS**2, rel=0.02)
    distances = np.linalg.norm(surface.vertices - np.array(center), axis=1)
    assert np.abs(distances - RADIUS).max() < 0.1 * geometry.finest_mm
    assert outward(surface, center) > 0.999
    assert surface.frame_of_reference_uid == geometry.frame_of_reference_uid


@pytest.mark.parametrize("smooth", [1, 2, 20, 60])
def test_smoothing_keeps_the_size(smooth: int) -> None:
    geometry = grid("oblique")
    mask = sampled(geometry, ball(geometry.center_mm)) >= 0
    surface = surface_of_mask(mask, geometry, smooth=smooth)
    assert surface.is_closed
    assert surface.volume_mm3 == pytest.approx(4 / 3 * math.pi * RADIUS**3, rel=0.01)


def test_a_segment_gets_smoother() -> None:
    geometry = grid("even")
    mask = sampled(geometry, ball(geometry.center_mm)) >= 0
    rough, fine = (surface_of_mask(mask, geometry, smooth=smooth) for smooth in (0, 30))
    distances = [np.linalg.norm(each.vertices - np.array(geometry.center_mm), axis=1).std() for each in (rough, fine)]
    assert distances[1] < 0.6 * distances[0]
    assert fine.area_mm2 == pytest.approx(4 * math.pi * RADIUS**2, rel=0.02)


@pytest.mark.parametrize("fraction", [0.5, 0.9])
def test_taking_triangles_away_keeps_it_closed_and_its_size(fraction: float) -> None:
    geometry = grid("flat")
    volume = plain_volume(sampled(geometry, ball(geometry.center_mm)), geometry)
    whole, fewer = surface_of(volume, 0.0), surface_of(volume, 0.0, decimate=fraction)
    assert fewer.is_closed
    assert len(fewer.triangles) == pytest.approx((1 - fraction) * len(whole.triangles), rel=0.02)
    assert fewer.volume_mm3 == pytest.approx(whole.volume_mm3, rel=0.01)


def test_noise_stays_closed_when_triangles_are_taken_away() -> None:
    noise = np.random.default_rng(3).normal(0, 100, (22, 20, 21)).astype(np.float32)
    surface = surface_of(plain_volume(noise), 60.0, smooth=10, decimate=0.7)
    assert surface.is_closed


def test_noise_is_closed_and_no_two_corners_fall_together() -> None:
    noise = np.random.default_rng(4).integers(-2, 3, (25, 24, 23)).astype(np.int16)  # many exactly on the threshold
    surface = surface_of(plain_volume(noise, geometry_of((25, 24, 23), (0.3, 0.3, 0.4), (-250.0, 210.0, 1500.0))), 1.0)
    assert surface.is_closed
    assert len(np.unique(surface.vertices, axis=0)) == len(surface.vertices)


def test_a_box_that_fills_the_volume_ends_half_a_voxel_beyond_the_outer_centres() -> None:
    geometry = geometry_of((20, 30, 40), (0.5, 0.7, 2.0), (10.0, 20.0, 30.0), turned((10.0, 20.0, 30.0)))
    surface = surface_of(plain_volume(np.full((20, 30, 40), 100, np.int16), geometry), 50.0)
    assert surface.is_closed
    assert surface.volume_mm3 == pytest.approx(20 * 30 * 40 * 0.5 * 0.7 * 2.0, rel=0.01)
    indices = np.array([geometry.index_of((x, y, z)) for x, y, z in surface.vertices.tolist()])
    assert np.allclose(indices.min(axis=0), -0.5, atol=1e-4)
    assert np.allclose(indices.max(axis=0), np.array(geometry.dimensions) - 0.5, atol=1e-4)


def test_a_box_has_the_volume_of_its_voxels() -> None:
    array = np.full((40, 40, 40), -1000, np.int16)
    array[5:35, 8:36, 10:30] = 1000  # the threshold lies half way: corners half way between voxels
    surface = surface_of(plain_volume(array), 0.0)
    assert surface.volume_mm3 == pytest.approx(30 * 28 * 20, rel=0.01)
    assert surface.bounds_mm[0] == pytest.approx((9.5, 7.5, 4.5), abs=1e-5)
    assert surface.bounds_mm[1] == pytest.approx((29.5, 35.5, 34.5), abs=1e-5)


def test_corners_lie_where_a_ramp_crosses_the_threshold() -> None:
    array = np.broadcast_to(np.arange(30, dtype=np.int16) * 10, (6, 6, 30))
    surface = surface_of(plain_volume(array), 123.0)
    flat = surface.vertices[surface.vertices[:, 0] < 12.9]
    assert np.allclose(flat[:, 0], 12.3, atol=1e-5)


def test_a_cavity_is_taken_off_and_stays_with_the_largest_part() -> None:
    shell = np.zeros((30, 30, 40), np.int16)
    shell[2:22, 2:22, 2:22] = 2
    shell[8:16, 8:16, 8:16] = 0
    shell[10:14, 10:14, 30:36] = 2
    whole, largest = (surface_of(plain_volume(shell), 1.0, keep_largest=keep) for keep in (False, True))
    assert whole.volume_mm3 == pytest.approx(20**3 - 8**3 + 4 * 4 * 6, rel=0.01)
    assert largest.volume_mm3 == pytest.approx(20**3 - 8**3, rel=0.01)
    assert largest.bounds_mm[1][0] == pytest.approx(21.5)
    assert largest.is_closed


def test_an_upper_threshold_leaves_what_is_denser_out() -> None:
    geometry = grid("even")
    center = geometry.center_mm
    surface = surface_of(plain_volume(sampled(geometry, ball(center)), geometry), 0.0, upper=400.0)
    inner = RADIUS - 10.0
    assert surface.volume_mm3 == pytest.approx(4 / 3 * math.pi * (RADIUS**3 - inner**3), rel=0.01)
    assert surface.is_closed


@pytest.mark.parametrize(
    ("rescale", "dtype"),
    [
        (Rescale(1.0, -1024.0, "HU"), np.uint16),
        (Rescale(0.25, 10.0, "HU"), np.int16),
        (Rescale(-1.0, 2000.0, "HU"), np.int16),
        (Rescale(1.0, 0.0, "HU"), np.float32),
    ],
)
def test_thresholds_are_in_modality_units(rescale: Rescale, dtype: "type[np.generic]") -> None:
    geometry = grid("even")
    wanted = sampled(geometry, ball(geometry.center_mm)).astype(np.float64)
    stored = ((wanted - rescale.intercept) / rescale.slope).round().astype(dtype)
    surface = surface_of(plain_volume(stored, geometry, rescale=rescale), 100.0)
    assert surface.volume_mm3 == pytest.approx(4 / 3 * math.pi * (RADIUS - 2.5) ** 3, rel=0.01)
    assert outward(surface, geometry.center_mm) > 0.999


def test_padding_is_outside_whatever_its_value() -> None:
    array = np.full((12, 12, 12), 3000, np.int16)
    array[4:8, 4:8, 4:8] = 100
    surface = surface_of(plain_volume(array, padding=Padding(3000, 3000)), 50.0)
    assert surface.bounds_mm[0] == pytest.approx((3.5, 3.5, 3.5))
    assert surface.bounds_mm[1] == pytest.approx((7.5, 7.5, 7.5))


def test_values_that_are_no_numbers_are_outside() -> None:
    array = np.full((10, 10, 10), np.nan, np.float32)
    array[3:7, 3:7, 3:7] = 5
    surface = surface_of(plain_volume(array), 1.0)
    assert surface.is_closed
    assert surface.bounds_mm[0] == pytest.approx((2.5, 2.5, 2.5))


def test_what_cannot_be_a_surface_is_refused_in_words() -> None:
    volume = plain_volume(np.zeros((5, 5, 5), np.int16))
    with pytest.raises(VolumeError, match="Nothing in the volume"):
        surface_of(volume, 10.0)
    with pytest.raises(VolumeError, match="upper threshold"):
        surface_of(volume, 10.0, upper=5.0)
    with pytest.raises(VolumeError, match="must be a number"):
        surface_of(volume, math.nan)
    with pytest.raises(VolumeError, match="from 0 to"):
        surface_of(volume, -1.0, decimate=1.0)
    with pytest.raises(VolumeError, match="smoothed"):
        surface_of(volume, -1.0, smooth=-1)
    with pytest.raises(VolumeError, match="not measured"):
        surface_of(plain_volume(np.ones((5, 5, 5)), condition=VolumeCondition(refusal="not measured")), 0.5)
    with pytest.raises(VolumeError, match="segment is empty"):
        surface_of_mask(np.zeros((2, 2, 2), np.bool_), geometry_of((2, 2, 2)))
    with pytest.raises(VolumeError, match="size of the volume"):
        surface_of_mask(np.ones((2, 2, 3), np.bool_), geometry_of((2, 2, 2)))


def test_noise_beyond_all_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer.volume.surface_extraction.MOST_VERTICES", 100)
    noise = np.random.default_rng(1).integers(0, 2, (9, 9, 9)).astype(np.int16)
    with pytest.raises(VolumeError, match="mostly noise"):
        surface_of(plain_volume(noise), 1.0)


def test_a_cancelled_surface_stops() -> None:
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        surface_of(plain_volume(np.ones((5, 5, 5), np.int16)), 1.0, progress=progress)


def test_what_the_volume_rests_on_is_told() -> None:
    condition = VolumeCondition(is_irregular=True, tilt_deg=12.0, notes=("made up",))
    surface = surface_of(plain_volume(np.ones((5, 5, 5), np.int16), condition=condition), 1.0)
    assert "made up" in surface.notes
    assert len(surface.notes) == 3


def test_one_voxel_is_a_body() -> None:
    array = np.zeros((1, 1, 1), np.int16)
    surface = surface_of(plain_volume(array + 1, geometry_of((1, 1, 1), (2.0, 2.0, 2.0), axes=UPRIGHT)), 1.0)
    assert surface.is_closed
    assert len(surface.triangles) == 8
    assert surface.volume_mm3 == pytest.approx(8 / 6)  # an octahedron between half voxels


def test_thin_walls_that_meet_are_parted_again() -> None:
    rng = np.random.default_rng(8)
    walls = np.zeros((20, 40, 40), np.int16)
    walls[3:17:3, 2:38, 2:38] = 2  # walls of one voxel, a voxel apart in places
    walls[rng.random(walls.shape) < 0.08] = 2
    volume = plain_volume(walls)
    whole, fewer = surface_of(volume, 1.0, smooth=15), surface_of(volume, 1.0, smooth=15, decimate=0.8)
    assert whole.is_closed
    assert fewer.is_closed
    assert len(fewer.triangles) < 0.7 * len(whole.triangles)
    assert fewer.volume_mm3 == pytest.approx(whole.volume_mm3, rel=0.1)
