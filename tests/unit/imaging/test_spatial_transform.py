"""Where image points fall: against rotations done by numpy, and round trips."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.imaging.spatial_transform import FitMode, SpatialTransform

ANGLES = st.one_of(st.sampled_from([0.0, 90.0, 180.0, 270.0]), st.floats(0, 359.9))
TRANSFORMS = st.builds(
    SpatialTransform,
    rotation_deg=ANGLES,
    is_flipped=st.booleans(),
    fit=st.sampled_from(FitMode),
    zoom=st.floats(0.1, 20),
    pan=st.tuples(st.floats(-200, 200), st.floats(-200, 200)),
)


@given(TRANSFORMS, st.integers(1, 5000), st.integers(1, 5000), st.floats(0.2, 5))
def test_points_come_back(transform: SpatialTransform, columns: int, rows: int, aspect: float) -> None:
    placement = transform.place(columns, rows, aspect, (801, 500))
    for point in ((0.0, 0.0), (columns, rows), (0.5, rows - 0.5)):
        back = placement.to_image(placement.to_viewport(point))
        assert back == pytest.approx(point, abs=1e-5 * max(columns, rows))


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("is_flipped", [False, True])
def test_corners_go_where_numpy_turns_them(quarters: int, is_flipped: bool) -> None:
    image = np.arange(6).reshape(2, 3)
    turned = np.rot90(image, -quarters)  # clockwise
    turned = np.fliplr(turned) if is_flipped else turned
    height, width = turned.shape
    transform = SpatialTransform(90.0 * quarters, is_flipped).at_scale(1.0)
    placement = transform.place(3, 2, 1.0, (width, height))
    for y in range(height):
        for x in range(width):
            column, row = placement.pixel_at((x + 0.5, y + 0.5)) or (-1, -1)
            assert image[row, column] == turned[y, x]
    assert placement.pixel_at((-0.5, 0.5)) is None


@given(ANGLES, st.booleans(), st.floats(0, 359))
def test_turning_and_flipping_are_as_seen(angle: float, is_flipped: bool, turn: float) -> None:
    start = SpatialTransform(angle, is_flipped)
    matrix = np.array(start.display_matrix)
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    assert np.allclose(start.rotated(turn).display_matrix, np.array([[c, -s], [s, c]]) @ matrix, atol=1e-9)
    assert np.allclose(start.flipped_horizontally().display_matrix, np.diag([-1, 1]) @ matrix, atol=1e-9)
    assert np.allclose(start.flipped_vertically().display_matrix, np.diag([1, -1]) @ matrix, atol=1e-9)


def test_rotation_comes_before_the_flip() -> None:
    # PS3.3 C.10.6: turned clockwise first; the right of the image then points down and stays there.
    assert SpatialTransform(90.0, is_flipped=True).display_matrix == ((0.0, 1.0), (1.0, 0.0))


@given(TRANSFORMS, st.floats(0.3, 3), st.floats(0, 800), st.floats(0, 500))
def test_zooming_keeps_the_point_under_the_hand(transform: SpatialTransform, factor: float, x: float, y: float) -> None:
    placement = transform.place(512, 400, 1.0, (800, 500))
    zoomed = placement.zoomed(factor, (x, y)).place(512, 400, 1.0, (800, 500))
    held = zoomed.to_viewport(placement.to_image((x, y)))
    slack = 0.51 if transform.is_axis_aligned else 1e-3  # edges snap to device pixels
    assert held == pytest.approx((x, y), abs=slack)
    assert zoomed.scale_x == pytest.approx(placement.scale_x * factor)


@given(TRANSFORMS, st.integers(-300, 300), st.integers(-300, 300))
def test_panning_moves_by_device_pixels(transform: SpatialTransform, dx: int, dy: int) -> None:
    placement = transform.place(512, 400, 1.3, (800, 500))
    moved = placement.panned(dx, dy).place(512, 400, 1.3, (800, 500))
    before, after = placement.to_viewport((10, 20)), moved.to_viewport((10, 20))
    slack = 1.01 if transform.is_axis_aligned else 1e-3
    assert after == pytest.approx((before[0] + dx, before[1] + dy), abs=slack)


def test_fitting_shows_all_and_filling_leaves_no_gap() -> None:
    fit = SpatialTransform().place(100, 50, 2.0, (300, 200))
    assert (fit.scale_x, fit.scale_y) == (2.0, 4.0)
    fill = SpatialTransform(fit=FitMode.FILL).place(100, 50, 2.0, (300, 200))
    assert fill.scale_x == 3.0
    turned = SpatialTransform(90.0).place(100, 50, 1.0, (300, 200))
    assert turned.scale_x == 2.0
    assert SpatialTransform(zoom=3, pan=(4, 5)).fitted() == SpatialTransform()


def test_one_to_one_is_known() -> None:
    assert SpatialTransform().at_scale(1.0).place(5, 5, 1.0, (9, 9)).is_one_to_one
    assert not SpatialTransform(10.0).at_scale(1.0).place(5, 5, 1.0, (9, 9)).is_one_to_one
    assert not SpatialTransform().at_scale(1.0).place(5, 5, 1.2, (9, 9)).is_one_to_one
