"""Copies of marks, marks out of sight, their menu, and what the keyboard alone does to them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from tests.builders.ct_series import write_ct_series
from tests.ui.measuring_hand_scene import FREE, RIGHT, SHIFT, A, B, C, D, Hand, middle
from tests.ui.viewport_scene import Scene
from viewer.measurement.kinds.table import KINDS
from viewer.ui.actions import Actions
from viewer.ui.measuring.mark_menu import mark_menu
from viewer.ui.measuring.mark_shapes import Part
from viewer.ui.measuring.mark_text_field import MarkTextField
from viewer.ui.measuring.measure_button import MeasureButton, fill_kinds
from viewer.ui.viewports.finished_pixels import NOTHING
from viewer.workspace.commands.table import BY_ID, COMMANDS
from viewer.workspace.measuring.marks_shown import hidden_chips
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


# Copies, sight


def test_marks_are_copied_to_the_next_image_and_measured_there(hand: Hand, scene: Scene) -> None:
    hand.take("rectangle")
    hand.drag(A, B)
    hand.click(A)
    BY_ID["marks.to_next"].run(scene.workspace)
    scene.settle()
    first, second = hand.marks()
    assert scene.workspace.viewport(0).index == 1
    assert first.points == second.points
    assert first.anchor != second.anchor
    assert second.readings[0].value is not None
    assert hand.selected() == {second.uid}


def test_copy_and_paste_make_a_mark_of_its_own(hand: Hand, scene: Scene) -> None:
    hand.take("length")
    hand.drag(A, B)
    hand.click(middle(A, B))
    BY_ID["marks.copy"].run(scene.workspace)
    BY_ID["marks.paste"].run(scene.workspace)
    first, second = hand.marks()
    assert first.uid != second.uid
    assert first.points != second.points
    scene.workspace.set_index(2)
    scene.settle()
    BY_ID["marks.paste"].run(scene.workspace)
    assert hand.marks()[-1].points == first.points


def test_hidden_marks_are_told_of(hand: Hand, scene: Scene) -> None:
    hand.take("length")
    hand.drag(A, B)
    image = scene.workspace.image_at(0)
    assert image is not None
    assert hidden_chips(scene.workspace, image) == ()
    BY_ID["marks.show"].run(scene.workspace)
    assert scene.viewport().marks.item.view.shapes == ()
    assert hidden_chips(scene.workspace, image) == (("1 MARK HIDDEN", True),)
    BY_ID["marks.show"].run(scene.workspace)
    hand.click(middle(A, B))
    BY_ID["marks.hide"].run(scene.workspace)
    assert scene.viewport().marks.item.view.shapes == ()
    assert hidden_chips(scene.workspace, image) != ()
    BY_ID["marks.show_hidden"].run(scene.workspace)
    assert len(scene.viewport().marks.item.view.shapes) == 1


def test_the_right_button_offers_what_is_done_to_a_mark(hand: Hand, scene: Scene) -> None:
    hand.take("length")
    hand.drag(A, B)
    marks = scene.viewport().marks
    menu = mark_menu(marks, hand.marks()[0].uid)
    texts = [action.text() for action in menu.actions() if action.text()]
    assert "Words…" in texts
    assert "Colour" in texts
    menu.close()
    shown = []
    scene.grid.menu_wanted.connect(lambda cell, _place: shown.append(cell))
    QTest.mouseClick(scene.viewport(), RIGHT, pos=middle(A, B))
    assert shown == []
    popup = QApplication.activePopupWidget()
    if popup is not None:
        popup.close()
    QTest.mouseClick(scene.viewport(), RIGHT, pos=FREE)
    assert shown == [0]


def test_marks_follow_the_image_wherever_it_is_turned(hand: Hand, scene: Scene) -> None:
    hand.take("length")
    hand.drag(A, B)
    mark = hand.marks()[0]
    BY_ID["view.rotate_right"].run(scene.workspace)
    scene.settle()
    hand.move(hand.screen(mark, 1))
    hold = scene.viewport().marks.item.view.hold
    assert hold is not None
    assert (hold.part, hold.handle) == (Part.HANDLE, 1)
    scene.workspace.set_index(3)
    scene.settle()
    assert scene.viewport().marks.item.view.shapes == ()


def test_marks_are_drawn_over_their_pixels_and_over_nothing_else(hand: Hand, scene: Scene) -> None:
    hand.take("rectangle")
    hand.drag(A, B)
    viewport = scene.viewport()
    yellow = viewport.grab().toImage().pixelColor(middle(A, QPoint(B.x(), A.y())))
    assert yellow.red() > yellow.blue() + 60
    viewport._surface.pixels.show_picture(NOTHING)
    black = viewport.grab().toImage().pixelColor(middle(A, QPoint(B.x(), A.y())))
    assert (black.red(), black.green(), black.blue()) == (0, 0, 0)


def test_a_mark_that_was_begun_on_another_image_is_dropped(hand: Hand, scene: Scene) -> None:
    hand.take("polygon")
    hand.click(A, B)
    scene.turn_wheel(1)
    scene.settle()
    assert scene.workspace.shared.annotations.held is None
    hand.click(C, D)
    hand.press(Qt.Key.Key_Return)
    assert hand.marks() == ()
    hand.click(A)
    hand.press(Qt.Key.Key_Return)
    assert [len(mark.points) for mark in hand.marks()] == [3]


def test_words_and_groups_are_asked_for_from_the_menu_too(hand: Hand, scene: Scene) -> None:
    hand.take("length")
    hand.drag(A, B)
    hand.click(middle(A, B))
    for command, text in (("marks.words", "Lesion 1"), ("marks.group", "Targets")):
        BY_ID[command].run(scene.workspace)
        field = next(each for each in scene.viewport().findChildren(MarkTextField) if each.isVisible())
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return)
    BY_ID["marks.colour_56b4e9"].run(scene.workspace)
    (mark,) = hand.marks()
    assert (mark.text, mark.group, mark.colour) == ("Lesion 1", "Targets", "#56b4e9")


def test_behind_the_last_mark_tab_goes_to_the_next_viewport(hand: Hand, scene: Scene) -> None:
    scene.workspace.set_layout(1, 2)
    scene.settle()
    hand.take("length")
    hand.drag(QPoint(120, 200), QPoint(200, 260))
    (mark,) = hand.marks()
    hand.press(Qt.Key.Key_Tab)
    assert hand.selected() == {mark.uid}
    assert scene.workspace.active == 0
    hand.press(Qt.Key.Key_Tab)
    assert scene.workspace.active == 1


@pytest.mark.parametrize("kind", [kind.id for kind in KINDS if not kind.is_label])
def test_every_kind_can_be_placed_and_moved_by_the_keyboard(hand: Hand, scene: Scene, kind: str) -> None:
    hand.take(kind)
    BY_ID["marks.place"].run(scene.workspace)
    (before,) = hand.marks()
    hand.press(Qt.Key.Key_Tab)
    hand.press(Qt.Key.Key_Right, SHIFT)
    (mark,) = hand.marks()
    assert mark.points != before.points


def test_the_keyboard_moves_a_single_point_too(hand: Hand, scene: Scene) -> None:
    hand.take("length")
    BY_ID["marks.place"].run(scene.workspace)
    (before,) = hand.marks()
    hand.press(Qt.Key.Key_Space)
    hand.press(Qt.Key.Key_Down)
    (mark,) = hand.marks()
    assert mark.points[0] != before.points[0]
    assert mark.points[1] == before.points[1]


def test_the_button_asks_for_one_mark_and_offers_what_fits_first(hand: Hand, scene: Scene) -> None:
    actions = Actions(scene.grid, scene.workspace, COMMANDS)
    button = MeasureButton(scene.workspace, actions, scene.grid)
    hand.take("ellipse")
    assert button.isChecked()
    assert "Ellipse" in button.accessibleName()
    scene.workspace.set_tool(Tool.PAN)
    button.resize(40, 30)
    QTest.mouseDClick(button, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    assert hand.tool() is Tool.MEASURE
    assert scene.workspace.measuring.is_once
    menu = QMenu()
    fill_kinds(menu, scene.workspace, actions)
    titles = [action.text() for action in menu.actions() if action.text()]
    assert titles[0] == "Spine label"  # it is a CT
    assert "Length" in titles
