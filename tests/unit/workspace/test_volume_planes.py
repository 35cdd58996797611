"""Planes of volumes against numpy, scipy's rotations and the images the volumes were made of."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from viewer.dicom.image_plane import Vector
from viewer.imaging.spatial_transform import ImagePlacement, SpatialTransform
from viewer.imaging.viewport_image import Interpolation
from viewer.volume.reslice_plane import Projection, ReslicePlane, VolumeInterpolation
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.quaternion import about, after, angle_deg, from_axes, inverse, turned
from viewer.workspace.volume_planes import (
    LARGEST_SIDE,
    acquisition_turn,
    depth_mm,
    held_inside,
    kept_in_place,
    orientation_axes,
    reslice_plane_of,
    scroll_index,
    scroll_range,
    scrolled,
    scrolled_to,
    start_center,
    view_axes,
    view_letters,
    volume_interpolation,
)
from viewer.workspace.volume_view import NO_TURN, Orientation, Quaternion, RenderingView, VolumeKind, VolumeView

UPRIGHT = VolumeGeometry(
    (64, 48, 20), (0.5, 0.75, 3.0), (-10.0, 20.0, -30.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
)
RNG = np.random.default_rng(20261123)


def oblique(matrix: NDArray[np.float64], dimensions: tuple[int, int, int] = (30, 40, 22)) -> VolumeGeometry:
    """Return a volume whose axes are the columns of a matrix."""
    axes = [tuple(float(part) for part in matrix[:, column]) for column in range(3)]
    return VolumeGeometry(dimensions, (0.9, 0.9, 1.3), (5.0, -7.0, 11.0), (axes[0], axes[1], axes[2]))  # type: ignore[arg-type]  # three parts each


def random_turn() -> Quaternion:
    x, y, z, w = (float(part) for part in Rotation.random(random_state=RNG).as_quat())
    return w, x, y, z


def scipy_turned(vector: Vector, turn: Quaternion) -> NDArray[np.float64]:
    return np.asarray(Rotation.from_quat([*turn[1:], turn[0]]).apply(vector))


def centers(grid: ReslicePlane) -> tuple[Vector, Vector]:
    """Return the first and the last sample."""
    return grid.plane.position, grid.plane.point_patient(grid.columns - 1, grid.rows - 1)


# Quaternions


def test_turning_is_what_scipy_says() -> None:
    for _each in range(50):
        first, second = random_turn(), random_turn()
        vector = tuple(float(part) for part in RNG.normal(size=3))
        assert np.allclose(turned(vector, first), scipy_turned(vector, first), atol=1e-12)  # type: ignore[arg-type]
        both = turned(turned(vector, first), second)  # type: ignore[arg-type]
        assert np.allclose(turned(vector, after(second, first)), both, atol=1e-12)  # type: ignore[arg-type]
        assert np.allclose(turned(turned(vector, first), inverse(first)), vector, atol=1e-12)  # type: ignore[arg-type]


def test_a_turn_is_found_again_from_the_axes_it_makes() -> None:
    halves = [about(axis, 180.0) for axis in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))]
    for turn in (*(random_turn() for _each in range(50)), *halves):
        axes = [turned(axis, turn) for axis in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))]
        found = from_axes(*axes)
        assert abs(sum(a * b for a, b in zip(found, turn, strict=True))) == pytest.approx(1.0)


def test_a_turn_about_an_axis_is_right_handed_and_as_large_as_asked() -> None:
    assert turned((1.0, 0.0, 0.0), about((0.0, 0.0, 2.0), 90.0)) == pytest.approx((0.0, 1.0, 0.0))
    assert angle_deg(about((1.0, 1.0, 0.0), 30.0)) == pytest.approx(30.0)
    assert about((1.0, 0.0, 0.0), 0.0) == NO_TURN


# Directions


def test_letters_of_the_three_upright_planes() -> None:
    edges = {each: view_letters(VolumeView(orientation=each)) for each in Orientation}
    told = {each: (value.left, value.right, value.top, value.bottom) for each, value in edges.items()}
    assert told == {
        Orientation.AXIAL: ("R", "L", "A", "P"),
        Orientation.CORONAL: ("R", "L", "H", "F"),
        Orientation.SAGITTAL: ("A", "P", "H", "F"),
    }


def test_letters_of_a_turned_plane_tell_the_largest_part_first() -> None:
    view = VolumeView(turn=about((0.0, 0.0, 1.0), 30.0))
    edges = view_letters(view)
    assert (edges.right, edges.bottom) == ("LP", "PR")
    flipped = view_letters(view, SpatialTransform().flipped_horizontally().display_matrix)
    assert (flipped.left, flipped.bottom) == ("LP", "PR")


def test_letters_of_a_quadruped_are_its_own() -> None:
    assert view_letters(VolumeView(), is_quadruped=True).right == "LE"


def test_the_axes_of_every_view_are_right_handed() -> None:
    cameras = [RenderingView(azimuth_deg=a, elevation_deg=e, roll_deg=r) for a, e, r in RNG.uniform(-180, 180, (30, 3))]
    views = [VolumeView(VolumeKind.PROJECTION, rendering=camera) for camera in cameras]
    views += [VolumeView(orientation=each, turn=random_turn()) for each in Orientation]
    for view in views:
        matrix = np.array(view_axes(view))
        assert np.allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(matrix) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("azimuth", "elevation", "letters"),
    [(0, 0, "RLHF"), (90, 0, "APHF"), (180, 0, "LRHF"), (270, 0, "PAHF"), (0, 90, "RLPA"), (0, -90, "RLAP")],
)
def test_a_camera_goes_to_the_patients_left_and_over_the_head(azimuth: float, elevation: float, letters: str) -> None:
    camera = RenderingView(azimuth_deg=azimuth, elevation_deg=elevation)
    edges = view_letters(VolumeView(VolumeKind.PROJECTION, rendering=camera))
    assert edges.left + edges.right + edges.top + edges.bottom == letters


def test_roll_turns_the_picture_counter_clockwise() -> None:
    edges = view_letters(VolumeView(VolumeKind.PROJECTION, rendering=RenderingView(roll_deg=90.0)))
    assert (edges.top, edges.right) == ("L", "F")


# Grids


def test_an_upright_plane_has_the_grid_of_the_slices() -> None:
    view = VolumeView(center_mm=UPRIGHT.point_patient(3.0, 4.0, 7.0))
    grid = reslice_plane_of(view, UPRIGHT)
    assert (grid.columns, grid.rows) == (64, 48)
    assert (grid.plane.column_spacing_mm, grid.plane.row_spacing_mm) == pytest.approx((0.5, 0.75))
    assert grid.plane.position == pytest.approx(UPRIGHT.point_patient(0.0, 0.0, 7.0), abs=1e-9)
    assert centers(grid)[1] == pytest.approx(UPRIGHT.point_patient(63.0, 47.0, 7.0), abs=1e-9)


def test_the_other_upright_planes_are_as_fine_both_ways_and_cover_the_volume() -> None:
    for orientation, size in ((Orientation.CORONAL, (32.0, 60.0)), (Orientation.SAGITTAL, (36.0, 60.0))):
        grid = reslice_plane_of(VolumeView(orientation=orientation, center_mm=UPRIGHT.center_mm), UPRIGHT)
        assert grid.plane.row_spacing_mm == grid.plane.column_spacing_mm
        fine = 0.5 if orientation is Orientation.CORONAL else 0.75
        assert grid.plane.column_spacing_mm == pytest.approx(fine)
        assert grid.columns * fine == pytest.approx(size[0])
        assert grid.rows * fine == pytest.approx(size[1])


def test_every_acquisition_is_shown_on_its_own_voxels_in_one_of_the_three_planes() -> None:
    rotations = [np.asarray(Rotation.random(random_state=RNG).as_matrix()) for _each in range(20)]
    rotations += list(_signed_permutations())
    for matrix in rotations:
        geometry = oblique(matrix)
        turn = acquisition_turn(geometry)
        normals = {each: orientation_axes(each, turn)[2] for each in Orientation}
        along = max(Orientation, key=lambda each: abs(np.dot(normals[each], geometry.normal)))
        view = VolumeView(orientation=along, turn=turn, center_mm=start_center(geometry))
        grid = reslice_plane_of(view, geometry)
        corners = [grid.plane.point_patient(c, r) for c in (0, grid.columns - 1) for r in (0, grid.rows - 1)]
        indices = np.array([geometry.index_of(corner) for corner in corners])
        assert np.allclose(indices, np.round(indices), atol=1e-6)
        assert set(np.round(indices[:, 2])) == {11.0}
        assert indices[:, 0].max() == pytest.approx(29)
        assert indices[:, 1].max() == pytest.approx(39)
        assert np.allclose(indices.min(axis=0)[:2], 0.0, atol=1e-6)


def _signed_permutations() -> list[NDArray[np.float64]]:
    found = []
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1.0, -1.0), repeat=3):
            matrix = np.zeros((3, 3))
            for column, (row, sign) in enumerate(zip(order, signs, strict=True)):
                matrix[row, column] = sign
            found.append(matrix)
    return found


def test_the_turn_of_an_acquisition_is_never_farther_than_it_must_be() -> None:
    for _each in range(40):
        geometry = oblique(np.asarray(Rotation.random(random_state=RNG).as_matrix()))
        assert angle_deg(acquisition_turn(geometry)) <= 62.8  # the farthest any turn is from those of a cube
    assert acquisition_turn(UPRIGHT) == NO_TURN


def test_a_turned_grid_holds_the_whole_volume_and_runs_through_the_centre() -> None:
    for _each in range(60):
        geometry = oblique(np.asarray(Rotation.random(random_state=RNG).as_matrix()))
        center = tuple(float(part) for part in np.array(geometry.center_mm) + RNG.uniform(-9, 9, 3))
        view = VolumeView(
            orientation=list(Orientation)[_each % 3],
            turn=random_turn(),
            center_mm=center,  # type: ignore[arg-type]
        )
        grid = reslice_plane_of(view, geometry)
        assert grid.plane.point_image(view.center_mm)[2] == pytest.approx(0.0, abs=1e-9)
        for corner in geometry.corners_mm:
            column, row, _distance = grid.plane.point_image(tuple(corner))
            assert -0.5 - 1e-6 <= column <= grid.columns - 0.5 + 1e-6
            assert -0.5 - 1e-6 <= row <= grid.rows - 0.5 + 1e-6


def test_a_grid_stays_where_it_is_while_the_plane_scrolls() -> None:
    view = VolumeView(turn=about((1.0, 2.0, 0.5), 20.0), center_mm=UPRIGHT.center_mm)
    first, second = (reslice_plane_of(each, UPRIGHT) for each in (view, scrolled(view, UPRIGHT, 3)))
    assert (first.columns, first.rows) == (second.columns, second.rows)
    column, row, distance = first.plane.point_image(second.plane.position)
    assert (column, row) == pytest.approx((0.0, 0.0), abs=1e-9)
    assert distance == pytest.approx(3 * scroll_range(view, UPRIGHT).step_mm)


def test_a_slab_and_a_phase_are_passed_on() -> None:
    view = VolumeView(thickness_mm=7.5, projection=Projection.MINIMUM, phase=2)
    grid = reslice_plane_of(view, UPRIGHT, VolumeInterpolation.CUBIC)
    assert (grid.thickness_mm, grid.projection, grid.phase) == (7.5, Projection.MINIMUM, 2)
    assert grid.interpolation is VolumeInterpolation.CUBIC


def test_a_projection_is_a_slab_of_the_whole_volume() -> None:
    for azimuth, elevation, roll in ((0.0, 0.0, 0.0), (37.0, 0.0, 0.0), (10.0, 50.0, 0.0), (200.0, -20.0, 33.0)):
        camera = RenderingView(azimuth_deg=azimuth, elevation_deg=elevation, roll_deg=roll)
        view = VolumeView(VolumeKind.PROJECTION, rendering=camera, thickness_mm=4.0, projection=Projection.MAXIMUM)
        grid = reslice_plane_of(view, UPRIGHT)
        points = [grid.plane.point_image(tuple(corner)) for corner in UPRIGHT.corners_mm]
        assert max(abs(distance) for _c, _r, distance in points) == pytest.approx(grid.thickness_mm / 2)
        assert all(-0.5 - 1e-6 <= column <= grid.columns - 0.5 + 1e-6 for column, _r, _d in points)
        assert all(-0.5 - 1e-6 <= row <= grid.rows - 0.5 + 1e-6 for _c, row, _d in points)


def test_a_projection_stays_as_large_while_it_turns_about_the_long_axis() -> None:
    sizes = set()
    for azimuth in range(0, 360, 15):
        view = VolumeView(VolumeKind.PROJECTION, rendering=RenderingView(azimuth_deg=float(azimuth)))
        grid = reslice_plane_of(view, UPRIGHT)
        sizes.add((grid.columns, grid.rows, grid.plane.column_spacing_mm))
    assert len(sizes) == 1


def test_a_grid_is_made_coarser_before_it_grows_beyond_bounds() -> None:
    long = VolumeGeometry((512, 512, 9000), (0.8, 0.8, 0.1), (0.0, 0.0, 0.0), UPRIGHT.axes)
    grid = reslice_plane_of(VolumeView(orientation=Orientation.CORONAL, turn=about((1.0, 0.0, 0.0), 9.0)), long)
    assert max(grid.columns, grid.rows) <= LARGEST_SIDE + 1
    upright = reslice_plane_of(VolumeView(orientation=Orientation.CORONAL, center_mm=long.center_mm), long)
    assert max(upright.columns, upright.rows) <= LARGEST_SIDE


def test_the_depth_of_a_volume_is_that_of_its_corners() -> None:
    for _each in range(20):
        geometry = oblique(np.asarray(Rotation.random(random_state=RNG).as_matrix()))
        direction = RNG.normal(size=3)
        direction /= np.linalg.norm(direction)
        along = geometry.corners_mm @ direction
        assert depth_mm(geometry, tuple(direction)) == pytest.approx(along.max() - along.min())


# Zoom and pan


def test_turning_keeps_scale_and_centre_on_the_screen() -> None:
    start = VolumeView(center_mm=UPRIGHT.point_patient(40.0, 11.0, 9.0), orientation=Orientation.CORONAL)
    size = (700, 500)
    transforms = (
        SpatialTransform(zoom=1.7, pan=(4.0, -3.0)),
        SpatialTransform().at_scale(2.5).rotated(30.0).flipped_horizontally(),
    )
    for transform, turn in itertools.product(transforms, (about((0.2, 1.0, 0.0), 25.0), random_turn())):
        other = replace(start, turn=turn)
        old, new = reslice_plane_of(start, UPRIGHT), reslice_plane_of(other, UPRIGHT)
        kept = kept_in_place(transform, old, new, start.center_mm)
        before, behind = _place(transform, old, size), _place(kept, new, size)
        assert _seen(before, old, start.center_mm) == pytest.approx(_seen(behind, new, start.center_mm), abs=1.01)
        scales = [place.scale_x / grid.plane.column_spacing_mm for place, grid in ((before, old), (behind, new))]
        assert scales[0] == pytest.approx(scales[1], rel=0.02)  # grids end at whole samples


def _place(transform: SpatialTransform, grid: ReslicePlane, size: tuple[int, int]) -> ImagePlacement:
    return transform.place(grid.columns, grid.rows, grid.plane.row_spacing_mm / grid.plane.column_spacing_mm, size)


def _seen(placement: ImagePlacement, grid: ReslicePlane, point: Vector) -> tuple[float, float]:
    column, row, _distance = grid.plane.point_image(point)
    return placement.to_viewport((column + 0.5, row + 0.5))


# Scrolling


def test_scrolling_goes_from_slice_to_slice_and_stops_at_the_ends() -> None:
    view = VolumeView(center_mm=start_center(UPRIGHT))
    assert scroll_range(view, UPRIGHT).count == 20
    assert scroll_index(view, UPRIGHT) == 10
    on = scrolled(view, UPRIGHT, 1)
    assert UPRIGHT.index_of(on.center_mm) == pytest.approx((32.0, 24.0, 11.0))
    assert UPRIGHT.index_of(scrolled(view, UPRIGHT, 500).center_mm)[2] == pytest.approx(19.0)
    assert UPRIGHT.index_of(scrolled(view, UPRIGHT, -500).center_mm)[2] == pytest.approx(0.0)
    for index in range(20):
        there = scrolled_to(view, UPRIGHT, index)
        assert UPRIGHT.index_of(there.center_mm)[2] == pytest.approx(index)
        assert scroll_index(there, UPRIGHT) == index


def test_scrolling_a_turned_plane_moves_the_centre_along_its_normal_through_the_volume() -> None:
    view = VolumeView(turn=about((1.0, 0.0, 0.0), 40.0), center_mm=UPRIGHT.center_mm)
    normal = np.array(view_axes(view)[2])
    way = np.array(scrolled(view, UPRIGHT, 2).center_mm) - np.array(view.center_mm)
    step = scroll_range(view, UPRIGHT).step_mm
    assert np.allclose(way, 2 * step * normal)
    assert 0.75 < step < 3.0
    places = scroll_range(view, UPRIGHT)
    assert places.count * step <= depth_mm(UPRIGHT, tuple(normal)) + 1e-6


def test_a_centre_outside_the_places_is_not_pulled_in_by_standing_still() -> None:
    view = VolumeView(center_mm=UPRIGHT.point_patient(3.0, 3.0, 19.4))
    assert scrolled(view, UPRIGHT, 0).center_mm == pytest.approx(view.center_mm)


def test_a_place_outside_is_held_at_the_border() -> None:
    assert held_inside(UPRIGHT, UPRIGHT.center_mm) == UPRIGHT.center_mm
    held = held_inside(UPRIGHT, UPRIGHT.point_patient(-9.0, 5.0, 99.0))
    assert UPRIGHT.index_of(held) == pytest.approx((0.0, 5.0, 19.0))


def test_the_readers_interpolation_between_pixels_holds_between_voxels() -> None:
    told = {each: volume_interpolation(each).value for each in Interpolation}
    assert told == {
        Interpolation.NEAREST: "nearest",
        Interpolation.LINEAR: "linear",
        Interpolation.CUBIC: "cubic",
        Interpolation.LANCZOS: "cubic",
    }
    assert math.isclose(UPRIGHT.finest_mm, 0.5)
