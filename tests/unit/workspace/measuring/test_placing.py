from collections.abc import Sequence

import pytest

from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, KindGroup, Placing
from viewer.workspace.measuring.placing import Stroke, straightened

ANCHOR = ImageAnchor("1", "1.1", "1.2", "1.3")
GROUND = Ground(100, 100)
A, B, C, D = (10.0, 10.0), (20.0, 15.0), (30.0, 40.0), (5.0, 50.0)


class Two(Kind):
    id, title, help, group, icon = "two", "", "", KindGroup.LINES, ""


class Three(Two):
    least = most = 3


class One(Two):
    least = most = 1


class Many(Two):
    least, most = 3, None


class Freehand(Many):
    placing = Placing.FREEHAND


class Box(Two):
    """Two corners are given, four handles come of it."""

    least = most = 4

    def settled(self, points: Sequence[tuple[float, float]], ground: Ground) -> tuple[tuple[float, float], ...]:
        del ground
        if len(points) != 2:
            return tuple(points)
        (left, top), (right, bottom) = points
        return (left, top), (right, top), (right, bottom), (left, bottom)


def stroke(kind: Kind) -> Stroke:
    return Stroke(kind, Annotation("u", kind.id, ANCHOR, ()), GROUND)


def clicked(given: Stroke, *points: tuple[float, float]) -> Stroke:
    for point in points:
        given = given.moved(point).pressed(point).released(point, was_drag=False)
    return given


def dragged(given: Stroke, start: tuple[float, float], *way: tuple[float, float]) -> Stroke:
    given = given.pressed(start)
    for point in way:
        given = given.moved(point)
    return given.released(way[-1], was_drag=True)


@pytest.mark.parametrize("kind", [Two(), Three()])
def test_a_line_is_placed_by_clicks(kind: Kind) -> None:
    points = (A, B, C)[: kind.most]
    for count in range(1, len(points)):
        assert not clicked(stroke(kind), *points[:count]).is_whole
    placed = clicked(stroke(kind), *points)
    assert placed.is_whole
    assert placed.result.points == points


def test_one_drag_gives_two_points() -> None:
    placed = dragged(stroke(Two()), A, C, B)
    assert placed.is_whole
    assert placed.result.points == (A, B)
    arms = dragged(stroke(Three()), A, B)
    assert not arms.is_whole
    assert arms.moved(C).annotation.points == (A, B, C)
    assert clicked(arms, C).result.points == (A, B, C)


def test_while_the_hand_moves_the_next_point_is_where_it_is() -> None:
    one = clicked(stroke(Two()), A)
    assert one.moved(C).annotation.points == (A, C)
    assert not one.moved(C).is_whole
    assert stroke(Two()).pressed(A).moved(B).annotation.points == (A, B)


def test_a_single_point_follows_the_hand_until_it_is_let_go() -> None:
    held = stroke(One()).pressed(A).moved(B)
    assert held.annotation.points == (B,)
    assert not held.is_whole
    placed = held.released(B, was_drag=True)
    assert placed.is_whole
    assert placed.result.points == (B,)


def test_as_many_points_as_the_reader_likes_until_they_are_ended() -> None:
    three = clicked(stroke(Many()), A, B, C)
    assert not three.is_whole
    assert three.ended().is_whole
    assert three.ended().result.points == (A, B, C)
    assert clicked(three, D).moved(A).ended().result.points == (A, B, C, D)
    assert not clicked(stroke(Many()), A, B).ended().is_whole


def test_a_second_click_at_the_same_place_is_no_point() -> None:
    assert clicked(stroke(Many()), A, B, B).given == (A, B)


def test_points_are_taken_back_one_by_one() -> None:
    three = clicked(stroke(Many()), A, B, C)
    two = three.taken_back()
    assert two is not None
    assert two.given == (A, B)
    one = two.taken_back()
    assert one is not None
    assert one.taken_back() is None


def test_a_freehand_line_is_the_way_of_one_drag() -> None:
    placed = dragged(stroke(Freehand()), A, B, C, D)
    assert placed.is_whole
    assert placed.result.points == (A, B, C, D)
    assert placed.is_worth_keeping


def test_what_a_kind_completes_is_whole_at_once() -> None:
    placed = dragged(stroke(Box()), A, C)
    assert placed.is_whole
    assert placed.result.points == ((10.0, 10.0), (30.0, 10.0), (30.0, 40.0), (10.0, 40.0))
    assert stroke(Box()).pressed(A).moved(B).annotation.points[2] == B


def test_a_slip_of_the_hand_is_not_kept() -> None:
    assert not stroke(Freehand()).pressed(A).released(A, was_drag=False).is_worth_keeping
    assert not stroke(Two()).pressed(A).ended().is_whole


@pytest.mark.parametrize(
    ("at", "wanted"),
    [((10.0, 1.0), (10.05, 0.0)), ((7.0, 8.0), (7.52, 7.52)), ((-1.0, 9.0), (0.0, 9.055))],
)
def test_a_line_can_be_made_straight(at: tuple[float, float], wanted: tuple[float, float]) -> None:
    assert straightened((0.0, 0.0), at, 1.0) == pytest.approx(wanted, abs=0.01)


def test_straight_is_meant_in_the_patient() -> None:
    x, y = straightened((0.0, 0.0), (10.0, 4.0), 2.0)
    assert y * 2.0 == pytest.approx(x)
