"""The inside of outlines against points tested one by one, and areas against the shoelace formula."""

import numpy as np
import pytest
from numpy.typing import NDArray

from viewer.dicom.segmentation.structure_set import Contour, ContourType, RegionOfInterest
from viewer.imaging.segmentation.contour_masks import contoured_slices
from viewer.imaging.segmentation.outlines import even_odd_area, even_odd_mask

Points = NDArray[np.float64]


def inside(outlines: list[Points], column: float, row: float) -> bool:
    """Count crossings of a ray to the left, the textbook's way."""
    crossings = 0
    for outline in outlines:
        for (x1, y1), (x2, y2) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
            if (y1 <= row) != (y2 <= row) and x1 + (row - y1) / (y2 - y1) * (x2 - x1) <= column:
                crossings += 1
    return crossings % 2 == 1


def test_masks_equal_points_tested_one_by_one() -> None:
    rng = np.random.default_rng(3)
    for count in (1, 2, 4):
        outlines = [rng.uniform(-3, 23, (rng.integers(3, 12), 2)) for _each in range(count)]
        mask = even_odd_mask(outlines, 18, 20)
        truth = [[inside(outlines, column, row) for column in range(20)] for row in range(18)]
        assert np.array_equal(mask, np.array(truth, np.uint8))


def test_the_area_of_a_star_shaped_outline_is_the_shoelace_formula_s() -> None:
    angles = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    radii = 30 + 9 * np.cos(5 * angles)
    outline = np.column_stack([radii * np.cos(angles), radii * np.sin(angles)])
    x, y = outline.T
    shoelace = abs(float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum())) / 2
    assert even_odd_area([outline]) == pytest.approx(shoelace, rel=1e-4)


def square(low: float, side: float) -> Points:
    return np.array([[low, low], [low + side, low], [low + side, low + side], [low, low + side]])


def test_an_outline_within_another_is_a_hole_and_one_within_that_is_not() -> None:
    nested = [square(0, 10), square(2, 6), square(4, 2)]
    assert even_odd_area(nested) == pytest.approx(100 - 36 + 4, rel=1e-3)


def test_a_keyhole_has_the_area_of_the_ring() -> None:
    channel = np.array(
        [[0, 0], [10, 0], [10, 10], [0, 10], [0, 5], [3, 5], [3, 7], [7, 7], [7, 3], [3, 3], [3, 5], [0, 5]]
    )
    assert even_odd_area([channel.astype(float)]) == pytest.approx(100 - 16, rel=1e-3)


def region(contours: list[tuple[ContourType, Points]]) -> RegionOfInterest:
    return RegionOfInterest(1, "r", contours=tuple(Contour(kind, points) for kind, points in contours))


def at(flat: Points, z: float) -> Points:
    return np.column_stack([flat, np.full(len(flat), z)])


def test_volumes_are_areas_times_the_distance_of_planes() -> None:
    closed = ContourType.CLOSED_PLANAR
    drawn = [(closed, at(square(0, 10), z)) for z in (0.0, 2.0, 4.0)] + [(closed, at(square(2, 6), 2.0))]
    found = contoured_slices(region(drawn))
    assert found is not None
    assert found.volume_ml == pytest.approx((100 + 64 + 100) * 2 / 1000, rel=1e-3)
    assert found.grid.spacing_mm == pytest.approx(2)
    assert found.slices[0].count == pytest.approx(100 / 0.25, rel=0.06)
    assert found.slices[1].count == pytest.approx(64 / 0.25, rel=0.06)


def test_the_volume_of_turned_contours_is_the_same() -> None:
    angle = np.radians(33)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    drawn = [(ContourType.CLOSED_PLANAR, at(square(0, 10), z) @ turn.T) for z in (0.0, 2.0, 4.0)]
    drawn[1] = (drawn[1][0], drawn[1][1][::-1])  # drawn the other way round
    found = contoured_slices(region(drawn))
    assert found is not None
    assert found.volume_ml == pytest.approx(300 * 2 / 1000)


def test_points_and_open_lines_enclose_nothing() -> None:
    points = at(square(0, 10), 0.0)
    assert contoured_slices(region([(ContourType.POINT, points[:1]), (ContourType.OPEN_PLANAR, points)])) is None
