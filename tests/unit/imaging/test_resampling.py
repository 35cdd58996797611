"""Resampling against numpy's own interpolation and true means; padding never flows."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewer.imaging.resampling import CUBIC, LANCZOS, LINEAR, NEAREST, image_coverage, resample, resample_scalar
from viewer.imaging.spatial_transform import FitMode, ImagePlacement, SpatialTransform

SIZE = (61, 47)

TRANSFORMS = st.builds(
    SpatialTransform,
    rotation_deg=st.one_of(st.sampled_from([0.0, 90.0, 180.0, 270.0]), st.floats(1, 359)),
    is_flipped=st.booleans(),
    fit=st.just(FitMode.FIXED),
    zoom=st.floats(0.3, 6),
    pan=st.tuples(st.floats(-15, 15), st.floats(-15, 15)),
)


def image(dtype: type = np.uint16) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 250, (23, 31)).astype(dtype)


def each_pixel(placement: ImagePlacement, at: Callable[[float, float], float]) -> np.ndarray:
    width, height = placement.size
    return np.array([[at(*placement.to_image((x + 0.5, y + 0.5))) for x in range(width)] for y in range(height)])


@settings(max_examples=30)
@given(TRANSFORMS)
def test_nearest_is_the_pixel_under_the_centre(transform: SpatialTransform) -> None:
    placement = transform.place(31, 23, 1.0, SIZE)
    source = image()
    found = resample(source, placement, NEAREST)
    coverage = image_coverage(placement)
    for y in range(SIZE[1]):
        for x in range(SIZE[0]):
            column, row = placement.to_image((x + 0.5, y + 0.5))
            on_edge = min(abs(column - round(column)), abs(row - round(row))) < 1e-9
            inside = 0 <= column < 31 and 0 <= row < 23
            if not on_edge:
                assert (coverage is None or coverage[y, x] == 255) == inside
            if inside and not on_edge:
                assert found[y, x] == source[int(row), int(column)]


@settings(max_examples=20)
@given(TRANSFORMS)
def test_linear_is_the_mean_of_four_by_distance(transform: SpatialTransform) -> None:
    placement = transform.place(31, 23, 1.0, SIZE)
    source = image().astype(np.float64)

    def at(column: float, row: float) -> float:
        c, r = np.clip(column - 0.5, 0, 30), np.clip(row - 0.5, 0, 22)
        c0, r0 = min(int(c), 29), min(int(r), 21)
        fc, fr = c - c0, r - r0
        top = source[r0, c0] * (1 - fc) + source[r0, c0 + 1] * fc
        bottom = source[r0 + 1, c0] * (1 - fc) + source[r0 + 1, c0 + 1] * fc
        return float(top * (1 - fr) + bottom * fr)

    coverage = image_coverage(placement)
    inside = np.ones(SIZE[::-1], bool) if coverage is None else coverage == 255
    expected = each_pixel(placement, at)
    for kind in (np.float32, np.uint16):
        found = resample(source.astype(kind), placement, LINEAR).astype(float)
        assert np.abs(found - expected)[inside].max(initial=0) <= (0.02 if kind is np.float32 else 0.52)


def test_area_true_reduction_is_the_mean() -> None:
    source = np.random.default_rng(5).integers(0, 60000, (400, 600)).astype(np.uint16)
    placement = SpatialTransform().place(600, 400, 1.0, (60, 40))
    found = resample(source, placement, LINEAR, is_area_true=True)
    means = source.reshape(40, 10, 60, 10).mean(axis=(1, 3))
    assert np.abs(found - means).max() <= 0.51
    aliased = resample(source, placement, LINEAR)
    assert np.abs(aliased - means).mean() > 1000


def test_area_true_keeps_the_place_under_rotation() -> None:
    row, column = np.mgrid[0:400, 0:600]
    ramp = (column * 50.0 + row * 20.0).astype(np.float32)
    for angle in (0.0, 90.0, 180.0, 33.0):
        placement = SpatialTransform(angle, zoom=0.9, pan=(13, 7)).place(600, 400, 1.0, (80, 70))
        found = resample(ramp, placement, LINEAR, is_area_true=True)
        expected = each_pixel(placement, lambda c, r: (c - 0.5) * 50 + (r - 0.5) * 20)
        inner = each_pixel(placement, lambda c, r: 20 < c < 580 and 20 < r < 380).astype(bool)
        assert np.abs(found - expected)[inner].max() < 50 * 600 / 80 * 0.5


@pytest.mark.parametrize("kernel", [CUBIC, LANCZOS])
def test_smooth_kernels_keep_straight_slopes_and_invent_nothing(kernel: str) -> None:
    column = np.tile(np.arange(40, dtype=np.float32) * 10, (30, 1))
    placement = SpatialTransform(fit=FitMode.FIXED, zoom=4.0).place(40, 30, 1.0, (100, 80))
    found = resample(column, placement, kernel)
    expected = each_pixel(placement, lambda c, _r: (c - 0.5) * 10)
    assert np.abs(found - expected).max() < 0.5  # a twentieth of a step: the kernel is quantised
    edge = np.zeros((20, 20), np.uint16)
    edge[:, 10:] = 1000
    out, _keep = resample_scalar(edge, None, SpatialTransform().place(20, 20, 1.0, (90, 90)), kernel)
    assert out.max() <= 1000


@settings(max_examples=30)
@given(TRANSFORMS, st.sampled_from([NEAREST, LINEAR, CUBIC, LANCZOS]), st.booleans())
def test_padding_never_flows_into_its_neighbours(transform: SpatialTransform, kernel: str, is_area_true: bool) -> None:
    rng = np.random.default_rng(11)
    source = rng.integers(1000, 1100, (23, 31)).astype(np.uint16)
    background = rng.random((23, 31)) < 0.3
    background[5:9] = True
    source[background] = 0
    placement = transform.place(31, 23, 1.0, SIZE)
    out, keep = resample_scalar(source, background, placement, kernel, is_area_true=is_area_true)
    assert keep is not None
    shown = out[keep == 255]
    assert shown.size == 0 or (shown.min() >= 1000 and shown.max() <= 1099)


def test_the_edge_of_padding_lies_in_the_middle_between_pixels() -> None:
    source = np.full((10, 10), 500, np.uint16)
    background = np.zeros((10, 10), bool)
    background[:, :5] = True
    placement = SpatialTransform().place(10, 10, 1.0, (100, 100))
    for kernel in (NEAREST, LINEAR, CUBIC):
        _out, keep = resample_scalar(source, background, placement, kernel)
        assert keep is not None
        assert np.abs((keep == 255).sum(axis=1) - 50).max() <= 1


def test_all_padding_and_undefined_floats() -> None:
    source = np.full((5, 5), np.nan)
    placement = SpatialTransform().place(5, 5, 1.0, (20, 20))
    _out, keep = resample_scalar(source, np.ones((5, 5), bool), placement, LINEAR)
    assert keep is not None
    assert not keep.any()
    source[2, 2] = 7.0
    out, keep = resample_scalar(source, np.isnan(source), placement, LINEAR)
    assert keep is not None
    assert set(out[keep == 255].tolist()) == {7.0}


def test_a_one_pixel_image_and_a_one_pixel_viewport() -> None:
    one = np.array([[9]], np.uint8)
    for kernel in (NEAREST, LINEAR, CUBIC):
        assert (resample(one, SpatialTransform().place(1, 1, 1.0, (7, 5)), kernel) == 9).all()
    assert resample(image(), SpatialTransform().place(31, 23, 1.0, (1, 1)), LINEAR, is_area_true=True).shape == (1, 1)
