"""Where words stand, and which mark is under the pointer."""

import itertools
import random

import numpy as np
import pytest

from viewer.imaging.spatial_transform import Point, SpatialTransform
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.ui.measuring.label_layout import Box, LabelWishes, placed_labels
from viewer.ui.measuring.mark_shapes import Hold, MarkMap, Part, shape_of
from viewer.workspace.measuring.marks_shown import ShownMark

AREA = (0.0, 0.0, 600.0, 400.0)
ANCHOR = ImageAnchor("1", "2", "3", "4")


def wishes(
    anchors: list[Point],
    *,
    size: Point = (60.0, 14.0),
    wanted: frozenset[str] = frozenset(),
    lines: tuple[list[Point], ...] = (),
    fixed: dict[str, Point] | None = None,
) -> LabelWishes:
    points = np.array(anchors, np.float64).reshape(-1, 2)
    count = len(anchors)
    return LabelWishes(
        [str(number) for number in range(count)],
        points,
        np.hstack([points - 1, points + 1]),
        np.array([size] * count, np.float64),
        np.zeros(count, np.bool_),
        [np.array(line, np.float64) for line in lines],
        wanted,
        fixed,
    )


def boxes(asked: LabelWishes, placed: dict[str, Point]) -> dict[str, Box]:
    found = {}
    for key, (x, y) in placed.items():
        left, top = asked.anchors[int(key)] + (x, y)
        found[key] = (left, top, left + asked.sizes[int(key), 0], top + asked.sizes[int(key), 1])
    return found


def overlap(one: Box, other: Box) -> bool:
    return min(one[2], other[2]) > max(one[0], other[0]) and min(one[3], other[3]) > max(one[1], other[1])


def test_words_stand_beside_their_mark_within_the_viewport() -> None:
    asked = wishes([(5.0, 5.0), (595.0, 395.0), (300.0, 200.0), (595.0, 5.0)])
    for left, top, right, bottom in boxes(asked, placed_labels(asked, AREA, {})).values():
        assert left >= 0
        assert top >= 0
        assert right <= 600
        assert bottom <= 400


def test_words_lie_over_no_other_words() -> None:
    chance = random.Random(3)
    asked = wishes([(chance.uniform(0, 600), chance.uniform(0, 400)) for _number in range(300)])
    placed = boxes(asked, placed_labels(asked, AREA, {}, [(200.0, 0.0, 400.0, 60.0)]))
    assert len(placed) > 60
    for one, other in itertools.combinations(placed.values(), 2):
        assert not overlap(one, other)
    assert not any(overlap(each, (200.0, 0.0, 400.0, 60.0)) for each in placed.values())


def test_few_labels_and_those_that_are_wanted_are_always_shown() -> None:
    assert len(placed_labels(wishes([(300.0, 200.0)] * 30), AREA, {})) == 30
    crowd = wishes([(300.0, 200.0)] * 200, wanted=frozenset({"150"}))
    placed = placed_labels(crowd, AREA, {})
    assert "150" in placed
    assert len(placed) < 200


def test_words_keep_away_from_lines_where_they_can() -> None:
    line = [(300.0, 200.0), (500.0, 200.0)]
    asked = wishes([(300.0, 200.0)], lines=(line,))
    (box,) = boxes(asked, placed_labels(asked, AREA, {})).values()
    assert not overlap(box, (300.0, 199.0, 500.0, 201.0))


def test_what_has_a_good_place_keeps_it_and_what_the_reader_placed_stays() -> None:
    asked = wishes([(300.0, 200.0)])
    first = placed_labels(asked, AREA, {})
    assert placed_labels(asked, AREA, {"0": (-67.0, -7.0)}) == {"0": (-67.0, -7.0)}
    assert placed_labels(asked, AREA, first) == first
    assert placed_labels(wishes([(300.0, 200.0)], fixed={"0": (90.0, -80.0)}), AREA, first) == {"0": (90.0, -80.0)}


def test_nothing_is_placed_of_nothing() -> None:
    assert placed_labels(wishes([]), AREA, {}) == {}


# Which mark is meant


def mark(uid: str, kind: str, *points: Point) -> Annotation:
    return Annotation(uid, kind, ANCHOR, points)


@pytest.mark.parametrize("rotation", [0.0, 90.0, 33.0])
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_handles_are_found_before_lines_and_lines_within_a_few_pixels(rotation: float, ratio: float) -> None:
    placement = SpatialTransform(rotation, zoom=1.5).place(100, 100, 1.3, (600, 400))
    marks = MarkMap([shape_of(ShownMark(mark("a", "length", (20.0, 20.0), (80.0, 60.0))))])

    def at(point: Point, away: float = 0.0) -> Hold | None:
        x, y = placement.to_viewport(point)
        return marks.hold_at((x / ratio + away, y / ratio), placement, ratio)

    assert at((20.0, 20.0)) == Hold("a", Part.HANDLE, 0)
    assert at((80.0, 60.0), 5.0) == Hold("a", Part.HANDLE, 1)
    assert at((50.0, 40.0)) == Hold("a", Part.LINE)
    assert at((50.0, 70.0)) is None


def test_of_marks_over_each_other_the_selected_one_is_meant_then_the_newest() -> None:
    placement = SpatialTransform().place(100, 100, 1.0, (500, 500))
    shapes = [shape_of(ShownMark(mark(uid, "length", (20.0, 20.0), (80.0, 20.0)))) for uid in "abc"]
    marks = MarkMap(shapes)
    point = placement.to_viewport((50.0, 20.0))
    newest, chosen = marks.hold_at(point, placement, 1.0), marks.hold_at(point, placement, 1.0, frozenset({"a"}))
    assert newest == Hold("c", Part.LINE)
    assert chosen == Hold("a", Part.LINE)


def test_the_inside_of_a_region_is_left_to_other_tools() -> None:
    placement = SpatialTransform().place(100, 100, 1.0, (500, 500))
    marks = MarkMap([shape_of(ShownMark(mark("a", "rectangle", (20.0, 20.0), (80.0, 80.0))))])
    assert marks.hold_at(placement.to_viewport((50.0, 50.0)), placement, 1.0) is None
    assert marks.hold_at(placement.to_viewport((80.0, 50.0)), placement, 1.0) == Hold("a", Part.LINE)


def test_a_kind_of_a_later_version_shows_its_points() -> None:
    shape = shape_of(ShownMark(mark("a", "of_tomorrow", (20.0, 20.0), (80.0, 80.0))))
    assert shape.graphics[0].points == ((20.0, 20.0), (80.0, 80.0))
    assert shape.handles == ()
