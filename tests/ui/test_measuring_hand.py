"""What the hand does to marks in a viewport: placing, moving, selecting, writing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.builders.ct_series import write_ct_series
from tests.ui.measuring_hand_scene import ALT, CONTROL, FREE, SHIFT, A, B, C, D, Hand, middle, near
from tests.ui.viewport_scene import Scene
from viewer.measurement.kinds.table import KINDS
from viewer.ui.measuring.mark_shapes import Part
from viewer.ui.measuring.mark_text_field import MarkTextField
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.tools.tool import Tool

COUNT, SIZE = 5, 64


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_ct_series(tmp_path_factory.mktemp("marked"), COUNT, SIZE, label="marked")


@pytest.fixture
def scene(files: list[Path], qtbot: QtBot) -> Iterator[Scene]:
    del qtbot  # there must be an application
    with Scene(files) as made:
        made.show(0)
        yield made


@pytest.fixture
def hand(scene: Scene) -> Hand:
    return Hand(scene)


# Placing


def test_a_drag_places_a_length_that_is_measured_and_undone(hand: Hand, scene: Scene) -> None:
    hand.take("length")
    hand.drag(A, middle(A, B), B)
    (mark,) = hand.marks()
    assert near(mark.points[0], hand.image(A))
    assert near(mark.points[1], hand.image(B))
    assert mark.readings[0].value is not None
    assert not hand.selected()  # arrows go on scrolling
    scene.workspace.undo()
    assert hand.marks() == ()
    scene.workspace.redo()
    assert hand.marks() == (mark,)


def test_two_clicks_place_one_too_and_numbers_live_under_the_hand(hand: Hand, scene: Scene) -> None:
    hand.take("length")
    hand.click(A)
    hand.move(B)
    held = scene.workspace.shared.annotations.held
    assert held is not None
    first = held.readings[0].value
    hand.move(C)
    held = scene.workspace.shared.annotations.held
    assert held is not None
    assert held.readings[0].value != first
    assert hand.marks() == ()
    hand.click(C)
    assert len(hand.marks()) == 1
    assert scene.workspace.shared.annotations.held is None


@pytest.mark.parametrize("ending", ["enter", "double", "first point"])
def test_a_polygon_is_ended_in_three_ways(hand: Hand, scene: Scene, ending: str) -> None:
    hand.take("polygon")
    hand.click(A, B, C)
    if ending == "enter":
        hand.press(Qt.Key.Key_Return)
    elif ending == "double":
        QTest.mouseDClick(scene.viewport(), Qt.MouseButton.LeftButton, pos=C)
    else:
        hand.click(A)
    (mark,) = hand.marks()
    assert len(mark.points) == 3
    assert scene.workspace.layout.maximized is None


def test_backspace_takes_the_last_point_back_and_esc_goes_back_step_by_step(hand: Hand, scene: Scene) -> None:
    scene.workspace.set_tool(Tool.ZOOM)
    hand.take("polygon")
    hand.click(A, B, C, D)
    hand.press(Qt.Key.Key_Backspace)
    hand.press(Qt.Key.Key_Return)
    (mark,) = hand.marks()
    assert len(mark.points) == 3
    hand.click(A)  # takes hold of it
    assert hand.selected() == {mark.uid}
    hand.click(FREE)
    hand.press(Qt.Key.Key_Escape)
    assert scene.workspace.shared.annotations.held is None
    hand.click(middle(A, B))
    assert hand.selected() == {mark.uid}
    hand.press(Qt.Key.Key_Escape)
    assert not hand.selected()
    assert hand.tool() is Tool.MEASURE
    hand.press(Qt.Key.Key_Escape)
    assert hand.tool() is Tool.ZOOM
    assert hand.marks() == (mark,)


@pytest.mark.parametrize("kind", [kind.id for kind in KINDS])
def test_every_kind_can_be_placed_by_hand(hand: Hand, scene: Scene, kind: str) -> None:
    """Whatever it needs: clicks at different points, then Enter; words where it asks for them."""
    hand.take(kind)
    hand.drag(A, middle(A, B), B)
    for point in (C, D, QPoint(250, 200), QPoint(300, 250), QPoint(280, 330), QPoint(340, 280)):
        if hand.marks() or scene.viewport().findChild(MarkTextField) is not None:
            break
        hand.click(point)
    hand.press(Qt.Key.Key_Return)
    field = scene.viewport().findChild(MarkTextField)
    if field is not None and not hand.marks():
        QTest.keyClicks(field, "Words")
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert [mark.kind for mark in hand.marks()] == [kind]
    scene.viewport().grab()


def test_a_click_beside_the_image_places_nothing(hand: Hand) -> None:
    hand.take("length")
    hand.drag(QPoint(8, 240), QPoint(30, 260))
    assert hand.marks() == ()


def test_once_puts_the_tool_down_and_sticky_keeps_it(hand: Hand, scene: Scene) -> None:
    scene.workspace.set_tool(Tool.PAN)
    hand.take("length", is_once=True)
    hand.drag(A, B)
    assert hand.tool() is Tool.PAN
    hand.take("length")
    hand.drag(C, D)
    assert hand.tool() is Tool.MEASURE


def test_shift_makes_a_line_straight(hand: Hand) -> None:
    hand.take("length")
    hand.click(A)
    hand.drag(QPoint(A.x() + 100, A.y() + 9), QPoint(A.x() + 104, A.y() + 12), keys=SHIFT)
    (mark,) = hand.marks()
    assert mark.points[0][1] == pytest.approx(mark.points[1][1])


def test_words_are_asked_for_where_they_will_stand(hand: Hand, scene: Scene) -> None:
    hand.take("text")
    hand.click(A)
    assert hand.marks() == ()
    field = scene.viewport().findChild(MarkTextField)
    assert field is not None
    QTest.keyClicks(field, "m, d, a <b>")  # no key of them is a command
    QTest.keyClick(field, Qt.Key.Key_Return)
    (mark,) = hand.marks()
    assert mark.text == "m, d, a <b>"
    hand.click(B)
    other = next(each for each in scene.viewport().findChildren(MarkTextField) if each.isVisible())
    QTest.keyClick(other, Qt.Key.Key_Escape)
    assert hand.marks() == (mark,)


def test_vertebrae_are_counted_on(hand: Hand) -> None:
    hand.take("spine_label")
    hand.click(A, QPoint(A.x(), A.y() + 60), QPoint(A.x(), A.y() + 120))
    assert [mark.text for mark in hand.marks()] == ["C1", "C2", "C3"]


def test_a_brush_paints_on_and_erases(hand: Hand) -> None:
    hand.take("brush")
    hand.drag(A, middle(A, C), C)
    hand.drag(B, middle(B, D), D)
    (mark,) = hand.marks()
    area = mark.readings[0].value
    hand.drag(A, middle(A, C), keys=CONTROL)
    (mark,) = hand.marks()
    assert area is not None
    assert mark.readings[0].value is not None
    assert mark.readings[0].value < area


# Moving


def test_a_handle_is_dragged_whatever_kind_is_held(hand: Hand) -> None:
    hand.take("length")
    hand.drag(A, B)
    hand.take("ellipse")
    hand.drag(B, middle(B, C), C)
    (mark,) = hand.marks()
    assert near(mark.points[0], hand.image(A))
    assert near(mark.points[1], hand.image(C))
    assert hand.selected() == {mark.uid}


def test_a_line_is_moved_as_a_whole_and_comes_back_on_undo(hand: Hand, scene: Scene) -> None:
    hand.take("length")
    hand.drag(A, B)
    (before,) = hand.marks()
    start, end = middle(A, B), middle(A, B) + QPoint(30, 40)
    hand.drag(start, middle(start, end), end)
    (mark,) = hand.marks()
    way = hand.image(end)[0] - hand.image(start)[0], hand.image(end)[1] - hand.image(start)[1]
    assert near(mark.points[1], (before.points[1][0] + way[0], before.points[1][1] + way[1]))
    assert mark.readings[0].value == pytest.approx(before.readings[0].value)
    scene.workspace.undo()
    assert hand.marks()[0].points == before.points


def test_esc_puts_back_what_is_dragged(hand: Hand) -> None:
    hand.take("length")
    hand.drag(A, B)
    (before,) = hand.marks()
    hand.drag(B, C, lets_go=False)
    hand.press(Qt.Key.Key_Escape)
    QTest.mouseRelease(hand.scene.viewport(), Qt.MouseButton.LeftButton, pos=C)
    assert hand.marks()[0].points == before.points


def test_a_locked_mark_stays(hand: Hand, scene: Scene) -> None:
    hand.take("length")
    hand.drag(A, B)
    hand.click(middle(A, B))
    BY_ID["marks.lock"].run(scene.workspace)
    hand.drag(B, C)
    hand.press(Qt.Key.Key_Delete)
    (mark,) = hand.marks()
    assert mark.is_locked
    assert near(mark.points[1], hand.image(B))


def test_arrows_nudge_what_is_selected_in_one_step_and_scroll_otherwise(hand: Hand, scene: Scene) -> None:
    hand.take("length")
    hand.drag(A, B)
    (before,) = hand.marks()
    hand.click(middle(A, B))
    placement = scene.viewport().placement
    assert placement is not None
    for _time in range(3):
        hand.press(Qt.Key.Key_Right)
    hand.press(Qt.Key.Key_Down, SHIFT)
    (mark,) = hand.marks()
    moved = tuple(after - was for after, was in zip(mark.points[0], before.points[0], strict=True))
    assert moved == pytest.approx((3 / placement.scale_x, 10 / placement.scale_y))
    scene.workspace.undo()
    assert hand.marks()[0].points == before.points


def test_tab_goes_from_mark_to_mark_and_delete_removes(hand: Hand) -> None:
    hand.take("length")
    hand.drag(A, B)
    hand.drag(C, D)
    first, second = hand.marks()
    hand.press(Qt.Key.Key_Tab)
    assert hand.selected() == {first.uid}
    hand.press(Qt.Key.Key_Tab)
    assert hand.selected() == {second.uid}
    hand.press(Qt.Key.Key_Delete)
    assert hand.marks() == (first,)


def test_shift_adds_to_the_selection_and_all_of_it_moves(hand: Hand) -> None:
    hand.take("length")
    hand.drag(A, B)
    hand.drag(C, D)
    hand.click(middle(A, B))
    QTest.mouseClick(hand.scene.viewport(), Qt.MouseButton.LeftButton, SHIFT, middle(C, D))
    assert len(hand.selected()) == 2
    before = [mark.points for mark in hand.marks()]
    start = middle(A, B)
    hand.drag(start, start + QPoint(10, 10), start + QPoint(20, 20))
    moved = [after.points[0][0] - was[0][0] for after, was in zip(hand.marks(), before, strict=True)]
    assert moved[0] == pytest.approx(moved[1])
    assert moved[0] > 0


def test_words_are_dragged_away_and_led_to_their_mark(hand: Hand, scene: Scene) -> None:
    hand.take("length")
    hand.drag(A, B)
    marks = scene.viewport().marks
    (label,) = marks.item.view.labels
    at = label.box.center().toPoint()
    assert marks.hold_at(label.box.center()) == marks.hold_at(label.box.center())
    hold = marks.hold_at(label.box.center())
    assert hold is not None
    assert hold.part is Part.LABEL
    hand.drag(at, at + QPoint(20, 60), at + QPoint(40, 90))
    (moved,) = marks.item.view.labels
    assert moved.box.center().y() == pytest.approx(label.box.center().y() + 90, abs=1.5)
    assert near(hand.marks()[0].points[0], hand.image(A))


def test_points_are_drawn_to_points_of_other_marks(hand: Hand, scene: Scene) -> None:
    hand.take("length")
    hand.drag(A, B)
    (first,) = hand.marks()
    hand.click(D)
    hand.click(B + QPoint(-3, 4), keys=ALT)  # Alt turns it on where it is off
    _first, second = hand.marks()
    assert second.points[1] == first.points[1]
    BY_ID["marks.snaps"].run(scene.workspace)
    hand.drag(C, B + QPoint(3, 4))
    *_others, third = hand.marks()
    assert near(third.points[0], hand.image(C))
    assert third.points[1] == first.points[1]
