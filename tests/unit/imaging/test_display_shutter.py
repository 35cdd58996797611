"""Shutters: 1-based, row before column, the least image where several meet."""

import numpy as np

from viewer.imaging.display_shutter import Circle, DisplayShutter, Polygon, Rectangle


def visible(*shapes: Rectangle | Circle | Polygon, rows: int = 40, columns: int = 60, aspect: float = 1) -> np.ndarray:
    return ~DisplayShutter(tuple(shapes)).covered(rows, columns, aspect)


def test_a_rectangle_keeps_its_edges() -> None:
    expected = np.zeros((40, 60), bool)
    expected[4:20, 9:30] = True
    assert (visible(Rectangle(left=10, right=30, upper=5, lower=20)) == expected).all()


def test_a_circle_is_an_ellipse_where_pixels_are_not_square() -> None:
    for aspect in (1.0, 2.0, 0.5):
        found = visible(Circle(row=20, column=30, radius=8), aspect=aspect)
        for row in range(1, 41):
            for column in range(1, 61):
                inside = (column - 30) ** 2 + ((row - 20) * aspect) ** 2 <= 64
                assert found[row - 1, column - 1] == inside


def test_a_polygon_is_row_and_column_and_closes_itself() -> None:
    found = visible(Polygon(((5, 10), (5, 50), (30, 50))))
    assert found[4, 9]
    assert found[4, 49]
    assert found[29, 49]
    assert found[9, 40]
    assert not found[29, 9]
    assert not found[35, 30]


def test_several_shapes_leave_what_all_leave() -> None:
    both = visible(Rectangle(1, 30, 1, 40), Circle(20, 30, 10))
    assert (both == (visible(Rectangle(1, 30, 1, 40)) & visible(Circle(20, 30, 10)))).all()


def test_shapes_far_outside_hide_everything_or_nothing() -> None:
    assert not visible(Rectangle(100, 200, 100, 200)).any()
    assert visible(Circle(20, 30, 1e9)).all()
    assert visible(
        Polygon(((-(2**31), -(2**31)), (-(2**31), 2**31 - 1), (2**31 - 1, 2**31 - 1), (2**31 - 1, -(2**31))))
    ).all()
