"""Brushes against distances worked out voxel by voxel, and mending against scipy on whole volumes."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from viewer.base.jobs import Progress
from viewer.dicom.image_plane import ImagePlane, Vector
from viewer.imaging.segmentation.mask_grid import MaskGrid, mask_grid
from viewer.imaging.segmentation.mending import filled_holes, interpolated, largest_part, smoothed
from viewer.imaging.segmentation.packed_slices import PackedSlice, packed_slice
from viewer.imaging.segmentation.painting import Brush, Changes, Way, painted

ROWS, COLUMNS, SLICES = 40, 53, 12
ROW_MM, COLUMN_MM, SLICE_MM = 0.9, 0.7, 2.2
ORIGIN = np.array([-12.0, 5.0, 30.0])
RIGHT, DOWN, DEEP = np.array([0.8, 0.6, 0.0]), np.array([-0.6, 0.8, 0.0]), np.array([0.0, 0.0, 1.0])
UP: Vector = (0.0, 0.0, 1.0)


@pytest.fixture(scope="module")
def grid() -> MaskGrid:
    planes = [
        ImagePlane(vector(ORIGIN + DEEP * SLICE_MM * k), vector(RIGHT), vector(DOWN), ROW_MM, COLUMN_MM)
        for k in range(SLICES)
    ]
    return mask_grid(planes, ROWS, COLUMNS, None)


def vector(values: NDArray[np.float64]) -> Vector:
    x, y, z = values.tolist()
    return x, y, z


def at(column: float, row: float, place: float) -> Vector:
    return vector(ORIGIN + RIGHT * COLUMN_MM * column + DOWN * ROW_MM * row + DEEP * SLICE_MM * place)


def whole(slices: dict[int, PackedSlice]) -> NDArray[np.uint8]:
    volume = np.zeros((SLICES, ROWS, COLUMNS), np.uint8)
    for place, packed in slices.items():
        volume[place] = packed.unpacked(ROWS, COLUMNS)
    return volume


def packed(volume: NDArray[np.generic]) -> dict[int, PackedSlice]:
    return {place: held for place, one in enumerate(volume) if (held := packed_slice(one)) is not None}


def put(slices: dict[int, PackedSlice], changes: Changes) -> dict[int, PackedSlice]:
    after = {place: held for place, held in slices.items() if place not in changes}
    return after | {place: held for place, held in changes.items() if held is not None}


def distances(start: Vector, end: Vector) -> NDArray[np.float64]:
    """Of every voxel's centre from the way, one by one."""
    k, r, c = np.indices((SLICES, ROWS, COLUMNS))
    points = ORIGIN + c[..., None] * COLUMN_MM * RIGHT + r[..., None] * ROW_MM * DOWN + k[..., None] * SLICE_MM * DEEP
    along = np.array(end) - np.array(start)
    offset = points - np.array(start)
    share = np.clip(offset @ along / max(float(along @ along), 1e-12), 0, 1)
    away: NDArray[np.float64] = np.linalg.norm(offset - share[..., None] * along, axis=-1)
    return away


def test_a_ball_paints_what_lies_within_its_radius(grid: MaskGrid) -> None:
    start, end = at(10.3, 12.1, 4.2), at(30.2, 20.4, 6.9)
    slices = put({}, painted({}, grid, Brush(6.0, is_ball=True), Way(start, end, UP)))
    assert np.array_equal(whole(slices), distances(start, end) <= 6.0)


def test_a_disc_paints_one_slice_and_erases_it(grid: MaskGrid) -> None:
    start, end = at(10.3, 12.1, 5), at(30.2, 20.4, 5)
    slices = put({}, painted({}, grid, Brush(6.0), Way(start, end, UP)))
    expected = distances(start, end) <= 6.0
    expected[[place for place in range(SLICES) if place != 5]] = False
    assert np.array_equal(whole(slices), expected)
    back = painted(slices, grid, Brush(3.0, is_erasing=True), Way(start, start, UP))
    expected &= ~(distances(start, start) <= 3.0)
    assert np.array_equal(whole(put(slices, back)), expected)
    gone = painted(slices, grid, Brush(200.0, is_erasing=True), Way(start, end, UP))
    assert gone == {5: None}


def test_a_disc_on_a_plane_across_is_as_thick_as_its_voxels(grid: MaskGrid) -> None:
    start = at(20, 18, 5.5)
    slices = put({}, painted({}, grid, Brush(7.0), Way(start, start, vector(DOWN))))
    volume = whole(slices)
    assert set(np.flatnonzero(volume.any(axis=(0, 2)))) == {18}
    assert np.array_equal(volume[:, 18], (distances(start, start) <= 7.0)[:, 18])


def test_the_pixel_under_the_hand_is_painted_however_small_the_brush(grid: MaskGrid) -> None:
    slices = put({}, painted({}, grid, Brush(0.01), Way(at(20.3, 18.4, 5), at(20.3, 18.4, 5), UP)))
    assert whole(slices).sum() == 1
    assert whole(slices)[5, 18, 20] == 1


def test_a_brush_outside_changes_nothing_and_at_the_edge_what_is_inside(grid: MaskGrid) -> None:
    assert painted({}, grid, Brush(5.0), Way(at(-30, 5, 5), at(-30, 5, 5), UP)) == {}
    edge = at(0, 0, 0)
    slices = put({}, painted({}, grid, Brush(5.0, is_ball=True), Way(edge, edge, UP)))
    assert np.array_equal(whole(slices), distances(edge, edge) <= 5.0)


def test_a_threshold_brush_paints_only_where_it_may(grid: MaskGrid) -> None:
    start, end = at(10.3, 12.1, 4.2), at(30.2, 20.4, 6.9)
    values = np.random.default_rng(2).random((SLICES, ROWS, COLUMNS))
    slices = put(
        {},
        painted(
            {},
            grid,
            Brush(6.0, is_ball=True),
            Way(start, end, UP),
            lambda place, window: values[place, window[0] : window[2], window[1] : window[3]] > 0.5,
        ),
    )
    assert np.array_equal(whole(slices), (distances(start, end) <= 6.0) & (values > 0.5))


def test_slices_are_never_written_to(grid: MaskGrid) -> None:
    way = Way(at(10, 10, 5), at(30, 20, 5), UP)
    slices = put({}, painted({}, grid, Brush(6.0), way))
    before = whole(slices)
    painted(slices, grid, Brush(4.0, is_erasing=True), way)
    painted(slices, grid, Brush(9.0), way)
    assert np.array_equal(whole(slices), before)


def test_holes_are_filled_slice_by_slice(grid: MaskGrid) -> None:
    volume = np.zeros((SLICES, ROWS, COLUMNS), np.uint8)
    volume[3, 5:20, 6:30], volume[3, 8:12, 9:20], volume[4, 0:9, 0:9] = 1, 0, 1
    after = put(packed(volume), filled_holes(packed(volume), grid, Progress()))
    assert np.array_equal(whole(after), [ndimage.binary_fill_holes(one) for one in volume])


def test_slices_between_equal_ones_are_equal_and_between_squares_squares(grid: MaskGrid) -> None:
    volume = np.zeros((SLICES, ROWS, COLUMNS), np.uint8)
    volume[2, 5:25, 5:25] = volume[6, 5:25, 5:25] = 1
    volume[10, 9:21, 9:21] = 1
    after = whole(put(packed(volume), interpolated(packed(volume), grid, Progress())))
    assert all(np.array_equal(after[place], volume[2]) for place in (3, 4, 5))
    areas = [int(after[place].sum()) for place in range(6, 11)]
    assert areas == sorted(areas, reverse=True)
    assert 12 * 12 < areas[2] < 20 * 20
    assert not after[:2].any()
    assert not after[11:].any()


def test_the_largest_part_stays_alone(grid: MaskGrid) -> None:
    volume = np.zeros((SLICES, ROWS, COLUMNS), np.uint8)
    volume[2:6, 5:25, 5:25], volume[2:9, 30:33, 40:44] = 1, 1
    after = whole(put(packed(volume), largest_part(packed(volume), grid, Progress())))
    assert after.sum() == 4 * 20 * 20


def test_smoothing_takes_single_voxels_away_and_leaves_large_parts(grid: MaskGrid) -> None:
    volume = np.zeros((SLICES, ROWS, COLUMNS), np.uint8)
    volume[2:9, 5:25, 5:25], volume[5, 35, 45] = 1, 1
    after = whole(put(packed(volume), smoothed(packed(volume), grid, 1.5, Progress())))
    assert not after[5, 35, 45]
    assert after[4:7, 8:22, 8:22].all()
    assert after.sum() == pytest.approx(volume.sum(), rel=0.15)


def test_slices_at_unequal_distances_reach_half_the_way_to_their_neighbours() -> None:
    places = [0.0, 1.0, 5.0, 12.0]
    planes = [ImagePlane((0.0, 0.0, z), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), 1.0, 1.0) for z in places]
    dense, sparse = (mask_grid(planes, 9, 9, None, is_dense=is_dense) for is_dense in (True, False))
    assert [dense.slice_at(z) for z in (-0.4, 0.4, 0.6, 2.9, 3.1, 8.4, 8.6, 15.0, 16.0)] == [
        0,
        0,
        1,
        1,
        2,
        2,
        3,
        3,
        None,
    ]
    assert [sparse.slice_at(z) for z in (0.4, 2.9, 5.3)] == [0, None, 2]
