"""Marks on planes through volumes, labels that show in every plane, and refusal on what is no plane."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from tests.builders.ct_series import write_ct_series
from tests.ui.measuring_hand_scene import Hand
from tests.ui.viewport_scene import Scene
from viewer.measurement.annotation import ImageAnchor, PlaneAnchor
from viewer.ui.measuring.mark_labels import LABEL_Y
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.measuring.here import here_at
from viewer.workspace.measuring.mark_deeds import marks_at
from viewer.workspace.measuring.marks_shown import held_mark, patient_place
from viewer.workspace.tools.tool import Tool

COUNT, SIZE = 40, 64
AXIAL, CORONAL, SAGITTAL = range(3)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_ct_series(tmp_path_factory.mktemp("planes"), COUNT, SIZE, label="planes", slice_step_mm=2.0)


@pytest.fixture
def scene(files: list[Path], qtbot: QtBot) -> Iterator[Scene]:
    del qtbot  # there must be an application
    with Scene(files, (900, 700)) as made:
        made.show(0, index=20)
        yield made


def planes(scene: Scene) -> None:
    """Lay the three planes out."""
    BY_ID["volume.multiplanar"].run(scene.workspace)
    scene.settle(30)


def shown(scene: Scene, cell: int) -> list[str]:
    return [mark.annotation.kind for mark in marks_at(scene.workspace, cell)]


def test_a_mark_on_a_plane_shows_where_that_plane_is_on_screen(scene: Scene) -> None:
    planes(scene)
    hand = Hand(scene, CORONAL)
    hand.take("length")
    hand.drag(QPoint(190, 150), QPoint(260, 190))
    (mark,) = hand.marks()
    assert isinstance(mark.anchor, PlaneAnchor)
    assert mark.readings[0].value is not None
    assert shown(scene, CORONAL) == ["length"]
    assert shown(scene, AXIAL) == []
    scene.workspace.scroll(2, CORONAL)
    scene.settle()
    assert shown(scene, CORONAL) == []
    scene.workspace.scroll(-2, CORONAL)
    scene.settle()
    assert shown(scene, CORONAL) == ["length"]


def test_the_length_on_a_plane_is_that_in_the_patient(scene: Scene) -> None:
    planes(scene)
    hand = Hand(scene, SAGITTAL)
    hand.take("length")
    start, end = QPoint(180, 150), QPoint(250, 200)
    hand.drag(start, end)
    (mark,) = hand.marks()
    displayed = scene.workspace.displayed(SAGITTAL)
    assert displayed is not None
    plane = displayed.rendered.state.plane
    assert plane is not None
    ends = [plane.point_patient(x - 0.5, y - 0.5) for x, y in (hand.image(start), hand.image(end))]
    wanted = sum((a - b) ** 2 for a, b in zip(*ends, strict=True)) ** 0.5
    assert mark.readings[0].value == pytest.approx(wanted, rel=1e-6)


def test_a_label_of_the_body_shows_in_every_plane_near_its_place(scene: Scene) -> None:
    hand = Hand(scene)
    hand.take("spine_label")
    hand.click(QPoint(450, 350))
    (mark,) = hand.marks()
    assert isinstance(mark.anchor, ImageAnchor)
    assert patient_place(mark) is not None
    scene.workspace.set_index(23)
    scene.settle()
    assert shown(scene, AXIAL) == []
    scene.workspace.set_index(21)
    scene.settle()
    assert shown(scene, AXIAL) == ["spine_label"]
    planes(scene)
    assert [shown(scene, cell) for cell in (AXIAL, CORONAL, SAGITTAL)] == [["spine_label"]] * 3
    scene.workspace.scroll(12, CORONAL)
    scene.settle()
    assert shown(scene, CORONAL) == []


def test_a_label_that_is_moved_in_another_plane_lies_there_from_then_on(scene: Scene) -> None:
    hand = Hand(scene)
    hand.take("spine_label")
    hand.click(QPoint(450, 350))
    before = patient_place(hand.marks()[0])
    planes(scene)
    coronal = Hand(scene, CORONAL)
    (seen,) = marks_at(scene.workspace, CORONAL)
    at = coronal.screen(seen.annotation, 0)
    coronal.drag(at, at + QPoint(8, 12), at + QPoint(12, 20))
    (mark,) = hand.marks()
    assert isinstance(mark.anchor, PlaneAnchor)
    after = patient_place(mark)
    assert before is not None
    assert after is not None
    assert after[1] == pytest.approx(before[1], abs=1.0)
    assert after[2] != pytest.approx(before[2], abs=0.5)
    assert len(shown(scene, CORONAL)) == 1


def test_words_that_are_moved_in_another_picture_leave_their_mark_where_it_was_measured(scene: Scene) -> None:
    planes(scene)
    hand = Hand(scene, AXIAL)
    hand.take("rectangle")
    hand.drag(QPoint(150, 130), QPoint(220, 190))
    (mark,) = hand.marks()
    BY_ID["volume.images"].run(scene.workspace)
    scene.settle(30)
    displayed = scene.workspace.displayed(0)
    assert displayed is not None
    assert displayed.look is None
    (seen,) = marks_at(scene.workspace, 0)
    assert seen.is_elsewhere
    marks = scene.viewport(0).marks
    label = marks.item.view.labels[0]
    at = label.box.center().toPoint()
    Hand(scene, 0).drag(at, at + QPoint(10, 30), at + QPoint(20, 60))
    (moved,) = hand.marks()
    assert moved.parameter(LABEL_Y) != ""
    assert (moved.anchor, moved.points, moved.readings) == (mark.anchor, mark.points, mark.readings)


def test_a_mark_that_is_moved_on_a_slab_or_an_image_is_of_that_from_then_on(scene: Scene) -> None:
    planes(scene)
    hand = Hand(scene, AXIAL)
    hand.take("rectangle")
    hand.drag(QPoint(150, 130), QPoint(220, 190))
    (mark,) = hand.marks()
    assert isinstance(mark.anchor, PlaneAnchor)
    BY_ID["volume.slab"].run(scene.workspace)
    scene.settle(30)
    corner = hand.screen(mark, 0)
    hand.drag(corner, corner + QPoint(6, 6), corner + QPoint(12, 12))
    (on_slab,) = hand.marks()
    assert isinstance(on_slab.anchor, PlaneAnchor)
    assert on_slab.anchor.thickness_mm > 0
    assert any("slab" in each.caution for each in on_slab.readings)
    BY_ID["volume.images"].run(scene.workspace)
    scene.settle(30)
    on_image = Hand(scene, 0)
    (seen,) = marks_at(scene.workspace, 0)
    corner = on_image.screen(seen.annotation, 0)
    on_image.drag(corner, corner + QPoint(6, 6), corner + QPoint(12, 12))
    assert isinstance(hand.marks()[0].anchor, ImageAnchor)
    assert not any("slab" in each.caution for each in hand.marks()[0].readings)


def test_marks_of_series_without_a_frame_of_reference_stay_in_their_series(scene: Scene) -> None:
    planes(scene)
    hand = Hand(scene, AXIAL)
    hand.take("length")
    hand.drag(QPoint(150, 130), QPoint(220, 190))
    (mark,) = hand.marks()
    assert isinstance(mark.anchor, PlaneAnchor)
    displayed = scene.workspace.displayed(AXIAL)
    assert displayed is not None
    header = displayed.image.header
    unplaced = {tag: value for tag, value in header.elements.items() if tag != 0x00200052}
    nowhere = replace(displayed, image=replace(displayed.image, header=replace(header, elements=unplaced)))
    own = replace(mark, anchor=replace(mark.anchor, frame_of_reference_uid=""))
    assert held_mark(own, nowhere) is not None
    assert held_mark(own, displayed) is None
    other = replace(own, anchor=replace(mark.anchor, frame_of_reference_uid="", series_instance_uid="1.9"))
    assert held_mark(other, nowhere) is None


def test_nothing_is_marked_where_points_cannot_be_found_again(scene: Scene) -> None:
    planes(scene)
    rendering = next(cell for cell in range(4) if cell not in (AXIAL, CORONAL, SAGITTAL))
    assert isinstance(here_at(scene.workspace, rendering), str)
    scene.workspace.set_tool(Tool.MEASURE)
    hand = Hand(scene, rendering)
    hand.drag(QPoint(100, 100), QPoint(150, 150))
    assert hand.marks() == ()
