"""Brush and threshold region against brute force: distances to segments, flood fill by a queue, numpy's statistics."""

import math
import random
from collections import deque

import numpy as np
import pytest
from numpy.typing import NDArray

from viewer.dicom.pixel_spacing import PixelSpacing, SpacingSource
from viewer.dicom.ultrasound_regions import SpatialFormat, UltrasoundRegion, Unit
from viewer.measurement.annotation import Annotation, ImageAnchor, Point
from viewer.measurement.ground import Ground, GroundValues
from viewer.measurement.kinds.brush import RADIUS, Brush, radii
from viewer.measurement.kinds.mask_kind import MaskKind
from viewer.measurement.kinds.region_pixels import region_histogram, region_pixels
from viewer.measurement.kinds.threshold_region import HIGH, LOW, ThresholdRegion, bounds, connected
from viewer.measurement.reading import HOUNSFIELD, Reading
from viewer.measurement.region_mask import MASK, mask_of, trimmed, with_mask

ANCHOR = ImageAnchor("1.2", "1.2.3", "1.2.840.10008.5.1.4.1.1.2", "1.2.3.4")
ROWS, COLUMNS = 50, 70


def ground(
    values: NDArray[np.float64] | None = None, counts: NDArray[np.bool_] | None = None, *, is_scaled: bool = True
) -> Ground:
    spacing = PixelSpacing(0.8, 0.4, SpacingSource.PATIENT) if is_scaled else PixelSpacing()
    given = None if values is None else GroundValues(values, counts, HOUNSFIELD)
    return Ground(
        ROWS, COLUMNS, spacing, aspect=2.0, modality="CT", read_values=None if given is None else lambda: given
    )


def blank(kind: MaskKind, **parameters: float | str) -> Annotation:
    return Annotation("1", kind.id, ANCHOR, (), parameters=tuple(sorted(parameters.items())))


def pixels(annotation: Annotation) -> NDArray[np.bool_]:
    return mask_of(annotation).over(ROWS, COLUMNS)


def near_stroke(stroke: list[Point], step: Point, radius: float) -> NDArray[np.bool_]:
    """By brute force: every centre's distance to a thousand discs along each piece of the stroke."""
    y, x = (np.mgrid[:ROWS, :COLUMNS] + 0.5) * np.array([step[1], step[0]])[:, None, None]
    found = np.zeros((ROWS, COLUMNS), np.bool_)
    for start, end in zip(stroke, stroke[1:] or stroke, strict=False):
        for share in np.linspace(0, 1, 1000):
            at = [(a + share * (b - a)) * size for a, b, size in zip(start, end, step, strict=True)]
            found |= np.hypot(x - at[0], y - at[1]) <= radius
    for column, row in stroke:
        if 0 <= column < COLUMNS and 0 <= row < ROWS:
            found[int(row), int(column)] = True
    return found


def value(readings: tuple[Reading, ...], title: str) -> float:
    (found,) = (each for each in readings if each.title == title)
    assert found.value is not None, found.refusal
    return found.value


@pytest.mark.parametrize("seed", range(6))
def test_strokes_paint_what_comes_under_the_disc_in_mm_and_in_pixels(seed: int) -> None:
    random.seed(seed)
    stroke = [(random.uniform(-5, COLUMNS + 5), random.uniform(-5, ROWS + 5)) for _point in range(random.randint(1, 4))]
    radius = random.uniform(0.3, 6.0)
    for on, step in ((ground(), (0.4, 0.8)), (ground(is_scaled=False), (1.0, 2.0))):
        painted = Brush().painted(blank(Brush(), **{RADIUS: radius}), stroke, on)
        # The brute force's discs are apart by up to 1/1000 of a piece: what lies as near to the edge may differ.
        differs = pixels(painted) ^ near_stroke(stroke, step, radius)
        assert differs.sum() <= 2
        assert not (near_stroke(stroke, step, radius) & ~pixels(painted)).any()
    in_pixels = blank(Brush(), radius=radius, radius_unit="px")
    assert radii(in_pixels, ground()) == pytest.approx((radius, radius / 2.0))


def test_painting_adds_and_erasing_takes_away_until_nothing_is_left() -> None:
    brush, on = Brush(), ground()
    one = brush.painted(blank(brush, **{RADIUS: 3.0}), [(20.0, 20.0)], on)
    both = brush.painted(one, [(40.0, 30.0)], on)
    other = brush.painted(blank(brush, **{RADIUS: 3.0}), [(40.0, 30.0)], on)
    assert np.array_equal(pixels(both), pixels(one) | pixels(other))
    assert np.array_equal(pixels(brush.painted(both, [(40.0, 30.0)], on, is_erasing=True)), pixels(one))
    gone = brush.painted(one, [(20.0, 20.0)], on, is_erasing=True)
    assert gone.points == ()
    assert gone.parameter(MASK) == ""
    assert brush.readings(gone, on) == ()
    assert brush.painted(gone, [(math.nan, 1.0)], on).points == ()
    assert brush.painted(gone, [(-50.0, 1.0)], on).points == ()


def test_area_and_values_of_a_painted_region_equal_numpys() -> None:
    values = np.random.default_rng(4).normal(100.0, 30.0, (ROWS, COLUMNS))
    counts = np.random.default_rng(5).random((ROWS, COLUMNS)) < 0.9
    brush, on = Brush(), ground(values, counts)
    painted = brush.painted(blank(brush), [(20.0, 20.0), (45.0, 33.0)], on)
    inside = values[pixels(painted) & counts]
    found = brush.readings(painted, on)
    assert value(found, "Area") == pytest.approx(pixels(painted).sum() * 0.4 * 0.8)
    assert value(found, "Mean") == pytest.approx(inside.mean())
    assert value(found, "SD") == pytest.approx(inside.std(ddof=1))
    assert value(found, "Median") == pytest.approx(np.median(inside))
    assert (value(found, "Min"), value(found, "Max")) == (inside.min(), inside.max())
    assert value(found, "Pixels") == inside.size
    histogram = region_histogram(brush, painted, on)
    assert histogram is not None
    assert sum(histogram.counts) == inside.size
    assert brush.readings(painted, ground(is_scaled=False))[0].unit.symbol == "px²"


def test_a_region_that_was_moved_over_the_edge_says_what_is_left_out() -> None:
    brush = Brush()
    painted = brush.painted(blank(brush), [(20.0, 20.0)], ground())
    moved = brush.shifted(painted, -25.0, 0.0)
    reading = brush.readings(moved, ground())[0]
    assert reading.caution
    assert reading.value == pytest.approx(pixels(moved).sum() * 0.32)


def test_a_damaged_region_is_refused_and_still_drawn() -> None:
    broken = Annotation("1", "brush", ANCHOR, ((3.0, 4.0),), parameters=((MASK, "2 2 9"),))
    assert Brush().readings(broken, ground())[0].refusal
    assert Brush().drawing(broken)[0].points == ((3.0, 4.0),)
    assert Brush().label_point(broken) == (3.0, 4.0)
    assert region_pixels(Brush(), broken, ground()) is None
    assert Brush().drawing(blank(Brush())) == ()


def test_a_region_beyond_an_ultrasound_region_has_no_area() -> None:
    image = UltrasoundRegion(
        10,
        10,
        40,
        40,
        SpatialFormat.TWO_D,
        1,
        0,
        (0.0, 0.0),
        (0.0, 0.0),
        (0.02, 0.01),
        Unit.CENTIMETER,
        Unit.CENTIMETER,
    )
    on = Ground(ROWS, COLUMNS, regions=(image,), modality="US")
    whole = np.zeros((ROWS, COLUMNS), np.bool_)
    whole[10:41, 10:41] = True
    assert value(Brush().readings(with_mask(blank(Brush()), trimmed(whole)), on), "Area") == pytest.approx(
        31 * 31 * 0.02
    )
    whole[41, 20] = True
    assert Brush().readings(with_mask(blank(Brush()), trimmed(whole)), on)[0].refusal


def flooded(values: NDArray[np.float64], seed: tuple[int, int], low: float, high: float) -> NDArray[np.bool_]:
    found = np.zeros(values.shape, np.bool_)
    waiting = deque([seed] if low <= values[seed] <= high else [])
    while waiting:
        row, column = waiting.popleft()
        if found[row, column]:
            continue
        found[row, column] = True
        for at in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if 0 <= at[0] < ROWS and 0 <= at[1] < COLUMNS and low <= values[at] <= high:
                waiting.append(at)
    return found


@pytest.mark.parametrize("number", range(10))
def test_connected_pixels_equal_a_flood_fill(number: int) -> None:
    random = np.random.default_rng(number)
    values = random.normal(0.0, 1.0, (ROWS, COLUMNS))
    values[random.random((ROWS, COLUMNS)) < 0.05] = np.nan
    seed = (int(random.integers(ROWS)), int(random.integers(COLUMNS)))
    assert np.array_equal(connected(values, seed, -1.0, 0.6), flooded(values, seed, -1.0, 0.6))


def test_a_click_takes_the_connected_pixels_like_it_and_keeps_the_bounds() -> None:
    values = np.full((ROWS, COLUMNS), -1000.0)
    values[10:30, 10:30] = 50.0 + np.random.default_rng(1).normal(0.0, 4.0, (20, 20)).clip(-6, 6)
    values[10:30, 40:50] = 50.0
    kind, on = ThresholdRegion(), ground(values)
    found = kind.painted(blank(kind), [(20.5, 20.5)], on)
    near = values[18:23, 18:23]
    low, high = near.mean() - 2.5 * near.std(ddof=1), near.mean() + 2.5 * near.std(ddof=1)
    assert bounds(found) == pytest.approx((low, high))
    assert np.array_equal(pixels(found), flooded(values, (20, 20), low, high))
    both = kind.painted(found, [(45.0, 20.0)], on)
    assert both.points[1:] == ((20.5, 20.5), (45.0, 20.0))
    assert pixels(both)[10:30, 40:50].all()
    assert value(kind.readings(found, on), "Area") == pytest.approx(pixels(found).sum() * 0.32)
    less = kind.painted(both, [(45.0, 20.0)], on, is_erasing=True)
    assert np.array_equal(pixels(less), pixels(found))
    assert less.points[1:] == ((20.5, 20.5),)


def test_bounds_that_are_given_hold_and_new_ones_grow_it_anew() -> None:
    values = np.add.outer(np.arange(ROWS, dtype=np.float64), np.zeros(COLUMNS))
    kind, on = ThresholdRegion(), ground(values)
    found = kind.painted(blank(kind, **{LOW: 10.0, HIGH: 20.0}), [(5.0, 15.5)], on)
    assert np.array_equal(pixels(found), (values >= 10) & (values <= 20))
    wider = Annotation(
        "1", kind.id, ANCHOR, found.points, parameters=tuple(sorted({**dict(found.parameters), HIGH: 30.0}.items()))
    )
    grown = kind.completed(wider, on)
    assert np.array_equal(pixels(grown), (values >= 10) & (values <= 30))
    assert grown.points[1:] == found.points[1:]
    none = Annotation("1", kind.id, ANCHOR, found.points, parameters=((HIGH, 9.0), (LOW, 8.0), (MASK, "1 1 0 1")))
    empty = kind.completed(none, on)
    assert pixels(empty).sum() == 0
    assert empty.points[1:] == found.points[1:]
    assert kind.readings(empty, on)[0].refusal
    assert kind.drawing(empty) == ()
    again = kind.completed(Annotation("1", kind.id, ANCHOR, empty.points, parameters=((HIGH, 20.0), (LOW, 10.0))), on)
    assert np.array_equal(pixels(again), pixels(found))


def test_nothing_grows_from_padding_from_beside_the_image_or_without_values() -> None:
    values, counts = np.zeros((ROWS, COLUMNS)), np.ones((ROWS, COLUMNS), np.bool_)
    counts[20, 20] = False
    kind = ThresholdRegion()
    assert kind.painted(blank(kind), [(20.5, 20.5)], ground(values, counts)).points == ()
    assert kind.painted(blank(kind), [(-1.0, 20.5)], ground(values, counts)).points == ()
    assert kind.painted(blank(kind), [], ground(values, counts)).points == ()
    assert kind.painted(blank(kind), [(20.5, 20.5)], ground()).points == ()
    grown = kind.painted(blank(kind), [(2.5, 2.5)], ground(values, counts))
    assert np.array_equal(pixels(grown), counts)
    assert kind.completed(grown, ground()) is grown
