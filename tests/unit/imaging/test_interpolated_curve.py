import numpy as np
import pytest

from viewer.imaging.interpolated_curve import SAMPLES, curve_through, is_closed

POINTS = ((0.0, 0.0), (10.0, 3.0), (12.0, 20.0), (40.0, 18.0))


def test_the_curve_goes_through_every_point_in_order() -> None:
    curve = curve_through(POINTS)
    assert len(curve) == 3 * SAMPLES + 1
    assert curve[::SAMPLES] == pytest.approx(np.array(POINTS))


def test_a_closed_curve_ends_where_it_began_without_a_corner_there() -> None:
    square = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0), (0.0, 0.0))
    curve = np.array(curve_through(square))
    assert is_closed(square)
    assert curve[0] == pytest.approx(curve[-1])
    before, after = curve[-1] - curve[-2], curve[1] - curve[0]
    turn = np.cross([*before, 0.0], [*after, 0.0])[2] / (np.hypot(*before) * np.hypot(*after))
    assert abs(turn) < np.sin(np.radians(15))
    # By symmetry the curve bulges alike on all four sides.
    assert curve[:, 0].min() == pytest.approx(10.0 - curve[:, 0].max())


def test_points_on_a_line_give_that_line() -> None:
    curve = np.array(curve_through(((0.0, 0.0), (1.0, 2.0), (4.0, 8.0), (5.0, 10.0))))
    assert curve[:, 1] == pytest.approx(2 * curve[:, 0])
    assert (np.diff(curve[:, 0]) > 0).all()


@pytest.mark.parametrize("points", [(), ((1.0, 2.0),), ((1.0, 2.0), (3.0, 4.0)), ((1.0, 2.0), (1.0, 2.0))])
def test_few_points_give_what_they_are(points: tuple[tuple[float, float], ...]) -> None:
    assert curve_through(points) == tuple(dict.fromkeys(points))


def test_repeated_points_break_nothing() -> None:
    curve = np.array(curve_through((POINTS[0], POINTS[0], *POINTS[1:], POINTS[-1])))
    assert np.isfinite(curve).all()
