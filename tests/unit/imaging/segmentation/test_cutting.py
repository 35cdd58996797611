"""Masks at device pixels against SimpleITK's nearest neighbours, on images turned every way and on planes across."""

import itertools

import numpy as np
import pytest
import SimpleITK
from numpy.typing import NDArray

from viewer.dicom.image_plane import ImagePlane, Vector
from viewer.imaging.fusion import PatientGrid, device_grid
from viewer.imaging.segmentation.cutting import Cut, coarse_cut, cut_in_patient, cut_on_image, is_askew
from viewer.imaging.segmentation.layer import LayerStyle, argb_layer, outline_of
from viewer.imaging.segmentation.mask_grid import MaskGrid, mask_grid
from viewer.imaging.segmentation.packed_slices import packed_slice
from viewer.imaging.segmentation.shapes import SegmentShape
from viewer.imaging.spatial_transform import SpatialTransform

ROWS, COLUMNS, SLICES = 23, 31, 9
SPACING = (0.7, 1.1, 2.3)  # columns, rows, slices
RIGHT, DOWN, DEEP = (np.array(axis) for axis in ([0.8, 0.6, 0.0], [-0.6, 0.8, 0.0], [0.0, 0.0, 1.0]))
ORIGIN = np.array([-7.0, 4.0, 11.0])


def grid_of(places: range = range(SLICES)) -> MaskGrid:
    planes = [plane_at(ORIGIN + place * SPACING[2] * DEEP) for place in places]
    return mask_grid(planes, ROWS, COLUMNS, None)


def plane_at(position: NDArray[np.float64]) -> ImagePlane:
    return ImagePlane(vector(position), vector(RIGHT), vector(DOWN), SPACING[1], SPACING[0])


def vector(values: NDArray[np.float64]) -> Vector:
    x, y, z = values.tolist()
    return x, y, z


@pytest.fixture(scope="module")
def mask() -> NDArray[np.uint8]:
    rng = np.random.default_rng(1)
    whole = (rng.random((SLICES, ROWS, COLUMNS)) > 0.5).astype(np.uint8)
    whole[:, :3], whole[:, :, 25:] = 0, 0
    return whole


def shape_of(mask: NDArray[np.uint8], grid: MaskGrid) -> SegmentShape:
    slices = {place: packed for place, one in enumerate(mask) if (packed := packed_slice(one)) is not None}
    return SegmentShape(1, "s", None, slices, grid, ROWS, COLUMNS)


def whole_of(cut: Cut | None, width: int, height: int) -> NDArray[np.uint8]:
    whole = np.zeros((height, width), np.uint8)
    if cut is not None:
        rows, columns = cut.mask.shape
        whole[cut.top : cut.top + rows, cut.left : cut.left + columns] = cut.mask
    return whole


def resampled(mask: NDArray[np.uint8], grid: PatientGrid) -> NDArray[np.uint8]:
    image = SimpleITK.GetImageFromArray(mask)
    image.SetSpacing(SPACING)
    image.SetOrigin(ORIGIN.tolist())
    image.SetDirection(np.column_stack([RIGHT, DOWN, DEEP]).ravel().tolist())
    right, down = np.array(grid.right), np.array(grid.down)
    across, below = np.linalg.norm(right), np.linalg.norm(down)
    axes = np.column_stack([right / across, down / below, np.cross(right / across, down / below)])
    wanted = SimpleITK.Image([grid.width, grid.height, 1], SimpleITK.sitkUInt8)
    wanted.SetOrigin(grid.origin)
    wanted.SetSpacing([across, below, 1.0])
    wanted.SetDirection(axes.ravel().tolist())
    found = SimpleITK.Resample(image, wanted, SimpleITK.Transform(), SimpleITK.sitkNearestNeighbor, 0)
    values: NDArray[np.uint8] = SimpleITK.GetArrayFromImage(found)[0]
    return values


def grid_through(middle: NDArray[np.float64], right: NDArray[np.float64], down: NDArray[np.float64]) -> PatientGrid:
    width, height = 120, 90
    origin = middle - right * (width - 1) / 2 - down * (height - 1) / 2
    normal = np.cross(right, down)
    return PatientGrid(
        vector(origin), vector(right), vector(down), vector(normal / np.linalg.norm(normal)), width, height
    )


def random_axes(rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    turned, _upper = np.linalg.qr(rng.normal(size=(3, 3)))
    return turned[:, 0] * rng.uniform(0.1, 0.5), turned[:, 1] * rng.uniform(0.1, 0.5)


MIDDLE = ORIGIN + RIGHT * 0.7 * 13.2 + DOWN * 1.1 * 11.3 + DEEP * 2.3 * 4.1


@pytest.mark.parametrize("seed", range(12))
def test_planes_turned_at_will(mask: NDArray[np.uint8], seed: int) -> None:
    rng = np.random.default_rng(seed)
    grid = grid_through(MIDDLE + rng.normal(size=3), *random_axes(rng))
    found = whole_of(cut_in_patient(shape_of(mask, grid_of()), grid), grid.width, grid.height)
    truth = resampled(mask, grid)
    assert truth.any()
    assert np.count_nonzero(found != truth) <= 2  # places on a border within rounding


@pytest.mark.parametrize("axes", list(itertools.permutations(range(3), 2)))
def test_planes_along_the_axes_of_the_mask(mask: NDArray[np.uint8], axes: tuple[int, int]) -> None:
    directions = (RIGHT, -DOWN, DEEP)
    grid = grid_through(MIDDLE, directions[axes[0]] * 0.31, directions[axes[1]] * 0.27)
    found = whole_of(cut_in_patient(shape_of(mask, grid_of()), grid), grid.width, grid.height)
    truth = resampled(mask, grid)
    assert truth.any()
    assert np.count_nonzero(found != truth) <= 2


TRANSFORMS = [
    SpatialTransform(),
    SpatialTransform(rotation_deg=90),
    SpatialTransform(rotation_deg=180, is_flipped=True),
    SpatialTransform(is_flipped=True),
    SpatialTransform(rotation_deg=33.0),
]


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_images_shown_turned_and_mirrored(mask: NDArray[np.uint8], transform: SpatialTransform) -> None:
    plane = plane_at(ORIGIN + 3 * SPACING[2] * DEEP)
    placement = transform.place(COLUMNS, ROWS, SPACING[1] / SPACING[0], (160, 130))
    shape = shape_of(mask, grid_of())
    by_place = whole_of(cut_in_patient(shape, device_grid(plane, placement)), 160, 130)
    by_pixel = whole_of(cut_on_image(shape.slices[3], (ROWS, COLUMNS), placement, (ROWS, COLUMNS)), 160, 130)
    assert np.count_nonzero(by_place != by_pixel) <= 2
    for row, column in ((5, 7), (20, 3), (11, 24), (4, 0)):
        x, y = placement.to_viewport((column + 0.5, row + 0.5))
        assert by_pixel[int(y), int(x)] == mask[3, row, column]


def test_between_sparse_slices_there_is_nothing(mask: NDArray[np.uint8]) -> None:
    planes = [plane_at(ORIGIN + place * SPACING[2] * DEEP) for place in (0, 1, 5)]
    shape = shape_of(mask[[0, 1, 5]], mask_grid(planes, ROWS, COLUMNS, None))
    away = grid_through(ORIGIN + RIGHT * 8 + DOWN * 9 + DEEP * SPACING[2] * 3, RIGHT * 0.2, DOWN * 0.2)
    near = grid_through(ORIGIN + RIGHT * 8 + DOWN * 9 + DEEP * SPACING[2] * 5.4, RIGHT * 0.2, DOWN * 0.2)
    assert cut_in_patient(shape, away) is None
    assert cut_in_patient(shape, near) is not None


def test_outlines_lie_inside_and_colours_are_premultiplied() -> None:
    mask = np.zeros((20, 20), np.uint8)
    mask[5:15, 5:15] = 1
    edge = outline_of(mask, 1)
    assert edge.sum() == 36
    assert not (edge & (mask == 0)).any()
    layer = argb_layer(20, 20, [(Cut(0, 0, mask), (200, 100, 0))], LayerStyle(0.5, has_outline=True, outline_px=1))
    assert layer is not None
    assert layer[0, 0] == 0
    assert layer[5, 5] == 0xFFC86400
    assert layer[10, 10] == (128 << 24 | 100 << 16 | 50 << 8)


def test_a_coarse_cut_is_the_fine_one_of_every_second_pixel(mask: NDArray[np.uint8]) -> None:
    rng = np.random.default_rng(3)
    grid = grid_through(MIDDLE, *random_axes(rng))
    shape = shape_of(mask, grid_of())
    assert is_askew(shape, grid)
    assert not is_askew(shape, grid_through(MIDDLE, RIGHT * 0.3, DEEP * 0.3))
    coarse = whole_of(coarse_cut(shape, grid, 3), grid.width, grid.height)
    fine = whole_of(cut_in_patient(shape, grid), grid.width, grid.height)
    assert np.array_equal(coarse[1::3, 1::3], fine[1::3, 1::3])
    assert np.array_equal(coarse[::3, ::3], coarse[1::3, 1::3])
