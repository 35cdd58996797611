"""Grids of slices: spacing, gaps, uneven distances, slides."""

import numpy as np
import pytest

from viewer.base.errors import VolumeError
from viewer.dicom.image_plane import ImagePlane
from viewer.volume.slice_stack import Blend, blends_at, grid_of, positions_of, slides_of, tilt_of, upright_frame

X, Y = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)


def test_slices_equally_far_apart_are_their_own_grid() -> None:
    grid = grid_of([0.0, 2.5, 5.0, 7.5])
    assert grid.spacing_mm == 2.5
    assert grid.blends == (Blend(0, 0), Blend(1, 1), Blend(2, 2), Blend(3, 3))
    assert not grid.gaps
    assert not grid.is_irregular


def test_rounded_positions_are_still_equally_far_apart() -> None:
    positions = [round(0.703125 * index, 2) for index in range(300)]
    grid = grid_of(positions)
    assert not grid.is_irregular
    assert grid.spacing_mm == pytest.approx(0.703125, abs=1e-4)


def test_missing_slices_are_gaps_filled_in_between() -> None:
    grid = grid_of([0.0, 1.0, 2.0, 5.0, 6.0, 7.0])
    assert [(gap.after_slice, gap.missing, gap.width_mm) for gap in grid.gaps] == [(2, 2, 3.0)]
    assert grid.spacing_mm == 1.0
    assert len(grid.blends) == 8
    assert grid.blends[3:5] == (Blend(2, 3, 1 / 3), Blend(2, 3, 2 / 3))
    assert not grid.is_irregular


def test_thicker_slices_are_no_gap() -> None:
    positions = [0.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0]
    thicknesses = [2.0, 2.0, 2.0, 2.0, 4.0, 4.0, 4.0]
    grid = grid_of(positions, thicknesses)
    assert [gap.after_slice for gap in grid.gaps] == []
    assert grid.is_irregular


def test_uneven_slices_are_resampled_between_the_first_and_the_last() -> None:
    positions = [0.0, 1.0, 2.0, 3.4, 4.4, 5.4]
    grid = grid_of(positions)
    assert grid.is_irregular
    assert grid.spacing_mm == pytest.approx(5.4 / 5)  # about the median, so that both ends are slices
    assert (grid.blends[0], grid.blends[-1]) == (Blend(0, 0), Blend(5, 5))
    made = [
        (1 - blend.weight) * positions[blend.lower] + blend.weight * positions[blend.upper] for blend in grid.blends
    ]
    assert made == pytest.approx(list(grid.places_mm))


def test_a_slow_drift_beyond_a_tenth_of_a_slice_is_uneven() -> None:
    steps = [1.0] * 100 + [1.009] * 100
    positions = [0.0, *np.cumsum(steps).tolist()]
    assert grid_of(positions).is_irregular


def test_positions_nearer_than_a_hundredth_are_one() -> None:
    assert positions_of([3.0, 1.0, 1.004, 2.0]) == [1.0, 2.0, 3.0]


def test_places_beyond_the_slices_show_the_outermost() -> None:
    assert blends_at(np.array([-1.0, 0.5, 3.0]), [0.0, 1.0]) == (Blend(0, 0), Blend(0, 1, 0.5), Blend(1, 1))


def test_a_stray_slice_far_away_makes_no_volume_of_nothing() -> None:
    with pytest.raises(VolumeError, match="missing"):
        grid_of([0.0, 1.0, 2.0, 3.0, 100000.0])


def test_a_frame_holds_slices_wherever_they_slide() -> None:
    reference = ImagePlane((0, 0, 0), X, Y, 0.5, 0.25)
    slides = slides_of([reference, reference.moved_to((1.0, -1.25, 3.0))], reference)
    assert slides.tolist() == [[0.0, 0.0], [4.0, -2.5]]
    frame = upright_frame(slides, 100, 100)
    assert (frame.columns, frame.rows, frame.left, frame.top) == (104, 103, 0, -3)
    assert frame.places(slides) == ((0.0, 3.0), (4.0, 0.5))


def test_slices_beside_each_other_are_no_volume() -> None:
    with pytest.raises(VolumeError, match="beside"):
        upright_frame(np.array([[0.0, 0.0], [3000.0, 3000.0]]), 100, 100)


def test_tilt_is_the_angle_to_the_normal() -> None:
    first = ImagePlane((0, 0, 0), X, Y, 1.0, 1.0)
    assert tilt_of(first, first.moved_to((0.0, 10.0, 10.0))) == pytest.approx(45)
    assert tilt_of(first, first.moved_to((0.0, 0.0, 10.0))) == 0
