"""Marks of images on the planes through a volume that coincide with them, at places worked out by numpy alone."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from tests.builders.ct_series import write_ct_series
from tests.ui.measuring_hand_scene import Hand
from tests.ui.viewport_scene import Scene
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.measuring.mark_deeds import marks_at
from viewer.workspace.measuring.marks_shown import ShownMark
from viewer.workspace.volume_group import move_center

COUNT, SIZE, STEP_MM = 40, 64, 2.0
AXIAL, CORONAL, SAGITTAL = range(3)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_ct_series(tmp_path_factory.mktemp("image_marks"), COUNT, SIZE, label="marks", slice_step_mm=STEP_MM)


@pytest.fixture
def scene(files: list[Path], qtbot: QtBot) -> Iterator[Scene]:
    del qtbot  # there must be an application
    with Scene(files, (900, 700)) as made:
        made.show(0, index=20)
        yield made


def marked(scene: Scene, kind: str) -> Annotation:
    hand = Hand(scene)
    hand.take(kind)
    hand.drag(QPoint(380, 300), QPoint(520, 390))
    (mark,) = hand.marks()
    assert isinstance(mark.anchor, ImageAnchor)
    return mark


def in_patient(files: list[Path], mark: Annotation) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the points of a mark of an image in the patient, from the bare data elements (C.7.6.2.1.1)."""
    assert isinstance(mark.anchor, ImageAnchor)
    headers = (pydicom.dcmread(path, stop_before_pixels=True) for path in files)
    header = next(each for each in headers if each.SOPInstanceUID == mark.anchor.sop_instance_uid)
    directions = np.array(header.ImageOrientationPatient, float).reshape(2, 3)
    down_mm, along_mm = map(float, header.PixelSpacing)
    return np.array(
        [
            np.array(header.ImagePositionPatient, float)
            + directions[0] * along_mm * (column - 0.5)
            + directions[1] * down_mm * (row - 0.5)
            for column, row in mark.points
        ]
    )


def lay_planes(scene: Scene, center: tuple[float, float, float]) -> None:
    BY_ID["volume.multiplanar"].run(scene.workspace)
    scene.settle(30)
    move_center(scene.workspace, center, AXIAL)
    scene.settle(30)


def seen(scene: Scene, cell: int) -> tuple[ShownMark, ...]:
    return marks_at(scene.workspace, cell)


@pytest.mark.parametrize("kind", ["length", "rectangle", "ellipse", "circle"])
@pytest.mark.parametrize("away_mm", [0.0, 0.9, -0.9])
def test_a_mark_of_an_image_is_where_it_is_in_the_patient(
    scene: Scene, files: list[Path], kind: str, away_mm: float
) -> None:
    mark = marked(scene, kind)
    patient = in_patient(files, mark)
    x, y, z = patient.mean(axis=0).tolist()
    lay_planes(scene, (x, y, z + away_mm))
    (shown,) = seen(scene, AXIAL)
    displayed = scene.workspace.displayed(AXIAL)
    assert displayed is not None
    plane = displayed.rendered.state.plane
    assert plane is not None
    offset = patient - np.array(plane.position)
    wanted = np.stack(
        [
            offset @ np.array(plane.row_direction) / plane.column_spacing_mm + 0.5,
            offset @ np.array(plane.column_direction) / plane.row_spacing_mm + 0.5,
        ],
        axis=1,
    )
    assert np.abs(np.array(shown.annotation.points) - wanted).max() < 0.01
    assert shown.is_elsewhere
    assert shown.annotation.readings == mark.readings
    assert scene.workspace.shared.annotations.get(mark.uid) == mark
    drawn = scene.viewport(AXIAL).marks.map.by_uid[mark.uid]
    assert drawn.annotation.points == shown.annotation.points


def test_it_shows_on_no_plane_that_lies_elsewhere_or_crosses(scene: Scene, files: list[Path]) -> None:
    mark = marked(scene, "length")
    x, y, z = in_patient(files, mark).mean(axis=0).tolist()
    lay_planes(scene, (x, y, z))
    assert [len(seen(scene, cell)) for cell in (AXIAL, CORONAL, SAGITTAL)] == [1, 0, 0]
    move_center(scene.workspace, (x, y, z + 1.2), AXIAL)
    scene.settle(30)
    assert seen(scene, AXIAL) == ()


def test_on_the_image_nothing_changes_by_it(scene: Scene, files: list[Path]) -> None:
    mark = marked(scene, "rectangle")
    x, y, z = in_patient(files, mark).mean(axis=0).tolist()
    lay_planes(scene, (x, y, z))
    BY_ID["volume.images"].run(scene.workspace)
    scene.settle(30)
    assert scene.workspace.shared.annotations.get(mark.uid) == mark
