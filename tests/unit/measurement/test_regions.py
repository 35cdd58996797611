"""Which pixels belong to a region: the stated rule, against OpenCV's and against counting by hand."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import ellipe

from viewer.measurement.outline_crossings import crossings, even_odd_area, signed_area
from viewer.measurement.regions import Ellipse, Point, Polygon, ellipse_circumference, pixels_of

ROWS, COLUMNS = 40, 50


def whole(region: Polygon | Ellipse | NDArray[np.bool_], rows: int = ROWS, columns: int = COLUMNS) -> NDArray[np.bool_]:
    """Return a region's pixels as a mask of the image."""
    out = np.zeros((rows, columns), np.bool_)
    pixels = pixels_of(region, rows, columns)
    out[pixels.part] = pixels.mask
    assert pixels.count == out.sum()
    return out


def by_opencv(points: list[Point]) -> NDArray[np.bool_]:
    """Return where pointPolygonTest finds a pixel's centre inside or on the edge."""
    outline = np.array(points, np.float32).reshape(-1, 1, 2)
    tests = [cv2.pointPolygonTest(outline, (c + 0.5, r + 0.5), False) for r in range(ROWS) for c in range(COLUMNS)]
    return np.array(tests).reshape(ROWS, COLUMNS) >= 0


def by_hand(points: list[Point]) -> NDArray[np.bool_]:
    """Return even-odd by a ray to the right from every centre, edges by their distance."""
    out = np.zeros((ROWS, COLUMNS), np.bool_)
    for row in range(ROWS):
        for column in range(COLUMNS):
            x, y = column + 0.5, row + 0.5
            odd = on_edge = False
            for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
                if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
                    odd = not odd
                length = (x1 - x0) ** 2 + (y1 - y0) ** 2
                share = (
                    0.0 if length == 0 else min(max(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length, 0.0), 1.0)
                )
                on_edge |= math.hypot(x - x0 - share * (x1 - x0), y - y0 - share * (y1 - y0)) < 1e-10
            out[row, column] = odd or on_edge
    return out


# Coordinates of quarter pixels: centres fall on edges and corners, and every sum is exact in OpenCV's floats too.
quarter = st.integers(-20, 220).map(lambda n: n / 4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(quarter, quarter), min_size=3, max_size=7, unique=True))
def test_polygons_that_may_cross_themselves_are_even_odd_with_their_edge(points: list[Point]) -> None:
    assert (whole(Polygon(tuple(points))) == by_hand(points)).all()


@pytest.mark.parametrize("seed", range(30))
def test_polygons_are_opencvs(seed: int) -> None:
    random = np.random.default_rng(seed)
    turns = np.sort(random.uniform(0, 2 * math.pi, int(random.integers(3, 40))))
    sizes = random.uniform(3, 24, turns.size)
    places = np.stack((25 + sizes * np.cos(turns), 20 + sizes * np.sin(turns)), axis=1)
    places = np.round(places * 8) / 8  # exact in float32
    points = [(float(x), float(y)) for x, y in places]
    if crossings(points).size == 0:
        assert (whole(Polygon(tuple(points))) == by_opencv(points)).all()


def test_centres_on_the_edge_belong() -> None:
    square = Polygon(((2.5, 3.5), (6.5, 3.5), (6.5, 5.5), (2.5, 5.5)))
    assert np.argwhere(whole(square)).tolist() == [[row, column] for row in (3, 4, 5) for column in range(2, 7)]


def test_whole_pixels_between_their_corners() -> None:
    square = Polygon(((2.0, 3.0), (6.0, 3.0), (6.0, 5.0), (2.0, 5.0)))
    assert np.argwhere(whole(square)).tolist() == [[row, column] for row in (3, 4) for column in range(2, 6)]


def test_a_region_outside_the_image_has_no_pixels() -> None:
    for far in (-100.0, 200.0):
        assert not whole(Polygon(((far, far), (far + 10, far), (far + 10, far + 10)))).any()
        assert not whole(Ellipse((far, far), (5.0, 0.0), (0.0, 3.0))).any()


def test_a_region_larger_than_the_image_has_all() -> None:
    assert whole(Polygon(((-9.0, -9.0), (99.0, -9.0), (99.0, 99.0), (-9.0, 99.0)))).all()


@pytest.mark.parametrize("seed", range(40))
def test_turned_ellipses_are_their_equation(seed: int) -> None:
    random = np.random.default_rng(seed)
    x, y = random.uniform(-5, 50, 2)
    a, b = random.uniform(0.5, 25, 2)
    turn = random.uniform(0, math.pi)
    region = Ellipse((x, y), (a * math.cos(turn), a * math.sin(turn)), (-b * math.sin(turn), b * math.cos(turn)))
    across, down = np.arange(COLUMNS) + 0.5 - x, (np.arange(ROWS) + 0.5 - y)[:, None]
    along = across * math.cos(turn) + down * math.sin(turn)
    beside = -across * math.sin(turn) + down * math.cos(turn)
    assert (whole(region) == ((along / a) ** 2 + (beside / b) ** 2 <= 1)).all()


def test_a_flat_ellipse_has_no_pixels() -> None:
    assert not whole(Ellipse((20.0, 20.0), (5.0, 0.0), (0.0, 0.0))).any()


def test_a_mask_is_its_pixels() -> None:
    mask = np.random.default_rng(4).random((ROWS, COLUMNS)) < 0.05
    assert (whole(mask) == mask).all()
    assert not whole(np.zeros((ROWS, COLUMNS), np.bool_)).any()
    pixels = pixels_of(mask, ROWS, COLUMNS)
    values = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    assert pixels.of(values).tolist() == values[mask].tolist()


@pytest.mark.parametrize(("a", "b"), [(1, 1), (3, 2), (10, 0.1), (1e-3, 5), (7, 6.999)])
def test_circumferences_are_those_of_the_elliptic_integral(a: float, b: float) -> None:
    longer, shorter = max(a, b), min(a, b)
    expected = 4 * longer * float(ellipe(1 - (shorter / longer) ** 2))
    assert ellipse_circumference(a, b) == pytest.approx(expected, rel=1e-12)
    assert ellipse_circumference(0, 0) == 0
    assert ellipse_circumference(2, 0) == 8


def test_outlines_that_meet_themselves_are_told() -> None:
    bow = ((0.0, 0.0), (10.0, 10.0), (10.0, 0.0), (0.0, 10.0))
    assert crossings(bow).tolist() == [[5.0, 5.0]]
    at_a_corner = ((0.0, 0.0), (5.0, 5.0), (10.0, 0.0), (10.0, 10.0), (5.0, 5.0), (0.0, 10.0))
    assert Polygon(at_a_corner).crosses_itself
    assert even_odd_area(at_a_corner) == pytest.approx(50.0)
    square = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0))
    assert not Polygon(square).crosses_itself
    assert not Polygon((*square, square[0])).crosses_itself
    assert not Polygon((square[0], *square)).crosses_itself


def test_what_is_gone_round_twice_is_outside() -> None:
    """A square within a square, both the same way round: the shoelace formula counts the inner one twice."""
    twice = (
        (0.0, 0.0),
        (8.0, 0.0),
        (8.0, 8.0),
        (0.0, 8.0),
        (0.0, 0.0),
        (2.0, 2.0),
        (4.0, 2.0),
        (4.0, 4.0),
        (2.0, 4.0),
        (2.0, 2.0),
    )
    assert abs(signed_area(twice)) == 68.0
    assert even_odd_area(twice) == pytest.approx(60.0)


@pytest.mark.parametrize("seed", range(20))
def test_areas_of_crossing_outlines_are_those_of_fine_grids(seed: int) -> None:
    random = np.random.default_rng(seed)
    points = [(float(x), float(y)) for x, y in random.uniform(0, 10, (7, 2))]
    fine = 100
    grid = Polygon(tuple((x * fine, y * fine) for x, y in points))
    counted = pixels_of(grid, 10 * fine, 10 * fine).count / fine**2
    assert even_odd_area(points) == pytest.approx(counted, abs=0.06)


def test_long_outlines_are_quick_enough_and_right() -> None:
    turns = np.linspace(0, 2 * math.pi, 3000, endpoint=False)
    points = tuple((float(20 + 15 * math.cos(t)), float(20 + 15 * math.sin(t))) for t in turns)
    assert not Polygon(points).crosses_itself
    assert even_odd_area(points) == pytest.approx(math.pi * 225, rel=1e-5)
