"""Reference lines, 3D cursor and links as they are on screen: in the pixels, in every window, over 2D and planes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QApplication

from tests.builders.ct_series import write_ct_series
from tests.ui.viewport_scene import Scene
from viewer.ui.viewports.grid import ViewportGrid
from viewer.volume.reslice import warm_up
from viewer.workspace.commands.table import BY_ID, COMMANDS
from viewer.workspace.keys import KeySettings, resolve
from viewer.workspace.linking import CursorPoint, LinesOf
from viewer.workspace.multiplanar import enter
from viewer.workspace.synchronization import Synchronizer
from viewer.workspace.tools.tool import Tool
from viewer.workspace.volume_view import Orientation, VolumeKind, VolumeView
from viewer.workspace.workspace import Workspace

pytestmark = pytest.mark.usefixtures("qtbot")

FRAME = "1.2.826.0.1.3680043.8.498.9"
SIDE = 64


@pytest.fixture(scope="module", autouse=True)
def _kernels() -> None:
    warm_up()


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """An axial and a sagittal stack over one cube of 64 mm about the origin, and an axial one of another frame."""
    made = []
    for number, (label, orientation, first, frame) in enumerate(
        [
            ("axial", (1.0, 0, 0, 0, 1.0, 0), (-31.5, -31.5, -30.0), FRAME),
            ("sagittal", (0, 1.0, 0, 0, 0, -1.0), (30.0, -31.5, 31.5), FRAME),
            ("elsewhere", (1.0, 0, 0, 0, 1.0, 0), (-31.5, -31.5, -30.0), FRAME + ".1"),
        ],
        start=1,
    ):
        made += write_ct_series(
            tmp_path / label,
            16,
            SIDE,
            pixel_spacing_mm=(1.0, 1.0),
            slice_step_mm=4.0,
            orientation=orientation,
            first_position_mm=first,
            label=label,
            elements={"SeriesNumber": number, "FrameOfReferenceUID": frame, "StudyInstanceUID": "1.2.3.4"},
        )
    return made


def _by_number(scene: Scene, number: int) -> str:
    return next(each.key for each in scene.tree.all_series() if each.number == number)


def _show(scene: Scene, *numbers: int) -> None:
    scene.workspace.set_layout(1, len(numbers))
    for cell, number in enumerate(numbers):
        scene.workspace.show_series(_by_number(scene, number), cell)
        scene.workspace.set_index(8, cell)
    scene.workspace.set_options(replace(scene.workspace.options, corner_texts="none", shows_scale_bar=False))
    scene.settle()
    _drawn(scene)


def _drawn(scene: Scene) -> None:
    for _each in range(4):
        QApplication.processEvents()
    scene.settle()


def _pixels(scene: Scene, cell: int) -> NDArray[np.uint8]:
    image = scene.viewport(cell).grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return np.array(raw[:, : image.width(), :3])


def _changed_rows(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The rows that changed over most of the image's middle, where no text stands."""
    width = before.shape[1]
    part = slice(width // 3, width // 2)
    return np.flatnonzero((before[:, part] != after[:, part]).any(axis=2).mean(axis=1) > 0.9)


def test_the_line_lies_where_the_slice_is(paths: list[Path]) -> None:
    with Scene(paths, (800, 400)) as scene:
        _show(scene, 1, 2)
        with_line = _pixels(scene, 1)
        scene.workspace.shared.linking.change(shows_lines=False)
        _drawn(scene)
        rows = _changed_rows(_pixels(scene, 1), with_line)
        # The axial image 9 lies at z = 2; row 0 of the sagittal one is centred at z = 31.5.
        placement = scene.viewport(1).placement
        assert placement is not None
        _x, y = placement.to_viewport((0.0, 31.5 - 2.0 + 0.5))
        assert rows.size
        assert abs(rows.mean() + 0.5 - y) < 0.6
        assert rows.size <= 4
        scene.workspace.shared.linking.change(shows_lines=True)
        scene.workspace.set_index(12, 0)
        scene.settle()
        _drawn(scene)
        (line,) = scene.viewport(1).cross.scene_shown.lines
        assert line.label == "series 1: 13"
        assert line.segment[0][1] == pytest.approx(31.5 - 18.0 + 0.5)


def test_no_line_without_a_common_frame(paths: list[Path]) -> None:
    with Scene(paths, (800, 400)) as scene:
        _show(scene, 3, 2)
        assert scene.viewport(0).cross.scene_shown.lines == ()
        assert scene.viewport(1).cross.scene_shown.lines == ()


def test_ends_and_the_active_viewport_alone(paths: list[Path]) -> None:
    with Scene(paths, (800, 400)) as scene:
        _show(scene, 1, 2)
        linking = scene.workspace.shared.linking
        scene.workspace.activate(0)
        linking.change(shows_ends=True)
        _drawn(scene)
        ends = [line.segment[0][1] for line in scene.viewport(1).cross.scene_shown.lines if line.is_end]
        assert sorted(ends) == pytest.approx([32.0 - 30.0, 32.0 + 30.0])
        assert len(scene.viewport(0).cross.scene_shown.lines) == 1
        linking.change(lines_of=LinesOf.ACTIVE.value)
        _drawn(scene)
        assert scene.viewport(0).cross.scene_shown.lines == ()
        scene.workspace.activate(1)
        _drawn(scene)
        assert [line.is_active for line in scene.viewport(0).cross.scene_shown.lines] == [True, True, True]


def test_lines_reach_other_windows_and_go_with_them(paths: list[Path]) -> None:
    with Scene(paths, (400, 400)) as scene:
        _show(scene, 2)
        other = Workspace(scene.workspace.shared)
        grid = ViewportGrid(other, scene.rendering, scene.monitors, resolve(COMMANDS, KeySettings()))
        grid.resize(300, 300)
        grid.show()
        other.show_series(_by_number(scene, 1), 0)
        other.set_index(3, 0)
        for _each in range(200):
            QApplication.processEvents()
            if other.displayed(0) is not None:
                break
        _drawn(scene)
        (line,) = scene.viewport(0).cross.scene_shown.lines
        assert line.segment[0][1] == pytest.approx(32.0 - (-30.0 + 3 * 4.0))
        other.close()
        grid.release()
        grid.close()
        _drawn(scene)
        assert scene.viewport(0).cross.scene_shown.lines == ()


def test_planes_of_a_volume_give_and_take_lines(paths: list[Path]) -> None:
    with Scene(paths, (900, 450)) as scene:
        _show(scene, 1, 2)
        view = VolumeView(group="a", orientation=Orientation.CORONAL, center_mm=(0.0, 10.0, 0.0))
        scene.workspace.change(replace(scene.workspace.viewport(0), volume=view), "Volume", cell=0)
        scene.settle()
        _drawn(scene)
        (line,) = scene.viewport(1).cross.scene_shown.lines
        columns = [point[0] for point in line.segment]
        assert columns == pytest.approx([31.5 + 10.0 + 0.5] * 2)
        assert line.label == "series 1: coronal"
        (back,) = scene.viewport(0).cross.scene_shown.lines
        displayed = scene.workspace.displayed(0)
        assert displayed is not None
        plane = displayed.rendered.state.plane
        assert plane is not None
        for column, row in back.segment:  # the sagittal image 9 lies at x = 30 − 8 · 4
            assert plane.point_patient(column - 0.5, row - 0.5)[0] == pytest.approx(-2.0)


def test_the_planes_of_one_group_have_their_crosshair_instead(paths: list[Path]) -> None:
    with Scene(paths, (900, 600)) as scene:
        _show(scene, 1)
        enter(scene.workspace)
        scene.settle()
        _drawn(scene)
        assert all(viewport.cross.scene_shown.lines == () for viewport in scene.grid.viewports.values())


def _move(
    scene: Scene, cell: int, at: QPointF, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    viewport = scene.viewport(cell)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        at,
        viewport.mapToGlobal(at),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        modifiers,
    )
    QApplication.sendEvent(viewport, event)
    _drawn(scene)


def _at(scene: Scene, cell: int, column: float, row: float) -> QPointF:
    placement = scene.viewport(cell).placement
    assert placement is not None
    return QPointF(*placement.to_viewport((column, row)))


def test_the_cursor_marks_the_point_elsewhere_and_says_how_far_it_is(paths: list[Path]) -> None:
    with Scene(paths, (800, 400)) as scene:
        _show(scene, 1, 2)
        _move(scene, 0, _at(scene, 0, 43.0, 20.0))
        assert scene.viewport(1).cross.scene_shown.cursor is None  # it is not switched on
        BY_ID["link.cursor"].run(scene.workspace)
        _move(scene, 0, _at(scene, 0, 43.0, 20.0))
        cursor = scene.viewport(1).cross.scene_shown.cursor
        assert cursor is not None
        # column 43 is x = 11, row 20 is y = −12, the slice z = 2; the sagittal image lies at x = −2
        assert cursor.point_image == pytest.approx((20.0, 30.0), abs=0.5)
        assert cursor.label == f"{abs(_x_of(scene, 43.0) + 2.0):.1f} mm off this image"
        assert scene.viewport(0).cross.scene_shown.cursor is None
        _move(scene, 0, _at(scene, 0, 43.0, 20.0), Qt.KeyboardModifier.ShiftModifier)
        assert scene.workspace.viewport(1).index == round((30.0 - _x_of(scene, 43.0)) / 4.0)
        QApplication.sendEvent(scene.viewport(0), QEvent(QEvent.Type.Leave))
        _drawn(scene)
        assert scene.viewport(1).cross.scene_shown.cursor is None


def _x_of(scene: Scene, column: float) -> float:
    """The x of the device pixel that the pointer is on: the pointer stands on whole pixels' corners."""
    placement = scene.viewport(0).placement
    assert placement is not None
    return placement.to_image(placement.to_viewport((column, 20.0)))[0] - 0.5 - 31.5


def test_the_tool_scrolls_all_to_the_point_and_leaves_it_marked(paths: list[Path]) -> None:
    with Scene(paths, (900, 400)) as scene:
        _show(scene, 1, 2, 3)
        Synchronizer(scene.workspace.shared)
        scene.workspace.set_tool(Tool.CURSOR_3D)
        viewport, at = scene.viewport(0), _at(scene, 0, 50.0, 30.0)
        for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
            is_down = kind == QEvent.Type.MouseButtonPress
            buttons = Qt.MouseButton.LeftButton if is_down else Qt.MouseButton.NoButton
            event = QMouseEvent(
                kind,
                at,
                QPointF(viewport.mapToGlobal(QPoint(0, 0))) + at,
                Qt.MouseButton.LeftButton,
                buttons,
                Qt.KeyboardModifier.NoModifier,
            )
            QApplication.sendEvent(viewport, event)
        _drawn(scene)
        assert scene.workspace.viewport(1).index == round((30.0 - 18.0) / 4.0)
        assert scene.workspace.viewport(2).index == 8
        assert scene.viewport(0).cross.scene_shown.cursor is not None
        found = scene.viewport(1).cross.scene_shown.cursor
        assert found is not None
        assert found.is_on_plane
        assert found.label == ""
        assert scene.viewport(2).cross.scene_shown.cursor is None
        BY_ID["link.remove_cursor"].run(scene.workspace)
        _drawn(scene)
        assert scene.viewport(1).cross.scene_shown.cursor is None


def test_the_keyboard_puts_the_cursor_into_the_middle(paths: list[Path]) -> None:
    with Scene(paths, (900, 400)) as scene:
        _show(scene, 1, 2)
        scene.workspace.activate(0)
        scene.workspace.set_index(3, 1)
        BY_ID["link.to_cursor"].run(scene.workspace)
        _drawn(scene)
        cursor = scene.workspace.shared.linking.cursor
        assert cursor is not None
        assert cursor.point_patient == pytest.approx((0.0, 0.0, 2.0), abs=0.1)
        assert scene.workspace.viewport(1).index in {7, 8}  # x 2 and −2: both are as near
        assert scene.viewport(0).cross.scene_shown.cursor is not None


def test_a_projection_shows_the_cursor_without_its_depth(paths: list[Path]) -> None:
    with Scene(paths, (900, 450)) as scene:
        _show(scene, 1, 2)
        view = VolumeView(kind=VolumeKind.PROJECTION, group="a", center_mm=(0.0, 0.0, 0.0))
        scene.workspace.change(replace(scene.workspace.viewport(0), volume=view), "Volume", cell=0)
        scene.settle()
        _drawn(scene)
        assert scene.viewport(1).cross.scene_shown.lines == ()
        cursor = CursorPoint((10.0, -20.0, 6.0), FRAME, (scene.workspace.number, 1), is_held=True)
        scene.workspace.shared.linking.put_cursor(cursor)
        _drawn(scene)
        shown, displayed = scene.viewport(0).cross.scene_shown.cursor, scene.workspace.displayed(0)
        assert shown is not None
        assert displayed is not None
        assert (shown.is_on_plane, shown.label) == (False, "in depth")
        plane = displayed.rendered.state.plane
        assert plane is not None
        foot = np.array(plane.point_patient(shown.point_image[0] - 0.5, shown.point_image[1] - 0.5))
        way = np.array(cursor.point_patient) - foot
        assert np.allclose(np.cross(way, plane.normal), 0.0, atol=1e-6)


def test_zoom_and_pan_show_the_same_millimetres_about_the_same_point(paths: list[Path], tmp_path: Path) -> None:
    finer = write_ct_series(
        tmp_path / "finer",
        24,
        96,
        pixel_spacing_mm=(0.5, 0.5),
        slice_step_mm=2.0,
        first_position_mm=(-20.0, -30.0, -25.0),
        label="finer",
        elements={"SeriesNumber": 4, "FrameOfReferenceUID": FRAME, "StudyInstanceUID": "1.2.3.4"},
    )
    with Scene([*paths, *finer], (900, 400)) as scene:
        _show(scene, 1, 4, 2)
        Synchronizer(scene.workspace.shared)
        scene.workspace.shared.linking.change(links_zoom=True)
        state = scene.workspace.viewport(0)
        scene.workspace.change(
            replace(state, transform=replace(state.transform, zoom=2.5, pan=(7.0, -4.0))), "Zoom", cell=0
        )
        scene.settle()
        looks = []
        for cell in (0, 1):
            displayed = scene.workspace.displayed(cell)
            assert displayed is not None
            rendered = displayed.rendered
            plane = rendered.state.plane
            assert plane is not None
            width, height = rendered.placement.size
            middle = rendered.placement.to_image((width / 2, height / 2))
            place = plane.point_patient(middle[0] - 0.5, middle[1] - 0.5)
            looks.append((*place[:2], rendered.placement.scale_x / plane.column_spacing_mm))
        assert looks[1] == pytest.approx(looks[0], abs=0.2)  # edges of pixels stand on edges of the screen's
        assert scene.workspace.viewport(2).transform.zoom == 1.0
        scene.workspace.undo()
        assert [scene.workspace.viewport(cell).transform.zoom for cell in (0, 1)] == [1.0, 1.0]


def test_planes_and_images_scroll_together_and_a_group_stays_one(paths: list[Path], tmp_path: Path) -> None:
    more = write_ct_series(
        tmp_path / "more",
        24,
        SIDE,
        pixel_spacing_mm=(1.0, 1.0),
        slice_step_mm=3.0,
        first_position_mm=(-31.5, -31.5, -29.0),
        label="more",
        elements={"SeriesNumber": 4, "FrameOfReferenceUID": FRAME, "StudyInstanceUID": "1.2.3.4"},
    )
    with Scene([*paths, *more], (900, 600)) as scene:
        workspace = scene.workspace
        Synchronizer(workspace.shared)
        _show(scene, 1)
        enter(workspace)
        workspace.show_series(_by_number(scene, 4), 3)
        scene.settle()
        workspace.shared.linking.change(links_scroll=True)
        axial = next(
            cell
            for cell in range(3)
            if (view := workspace.viewport(cell).volume) is not None and view.orientation is Orientation.AXIAL
        )
        workspace.scroll(3, axial)
        views = [workspace.viewport(cell).volume for cell in range(3)]
        centers = {view.center_mm for view in views if view is not None}
        assert len(centers) == 1
        (center,) = centers
        assert workspace.viewport(3).index == round((center[2] + 29.0) / 3.0)
        workspace.set_index(4, 3)
        views = [workspace.viewport(cell).volume for cell in range(3)]
        centers = {view.center_mm for view in views if view is not None}
        assert {round(each[2], 6) for each in centers} == {-17.0}
        assert {each[:2] for each in centers} == {center[:2]}
        workspace.set_index(23, 3)  # at 40 mm; the last plane of the volume lies at 30
        view = workspace.viewport(axial).volume
        assert view is not None
        assert view.center_mm[2] == pytest.approx(30.0)


def test_linked_viewports_wear_a_dotted_frame_and_a_chip(paths: list[Path], tmp_path: Path) -> None:
    more = write_ct_series(
        tmp_path / "more",
        8,
        SIDE,
        label="more",
        elements={"SeriesNumber": 4, "FrameOfReferenceUID": FRAME, "StudyInstanceUID": "1.2.3.4"},
    )
    with Scene([*paths, *more], (900, 400)) as scene:
        _show(scene, 1, 4, 3)
        Synchronizer(scene.workspace.shared)
        BY_ID["link.scroll"].run(scene.workspace)
        _drawn(scene)
        scene.workspace.activate(0)
        _drawn(scene)
        assert [scene.viewport(cell).cross.scene_shown.is_linked for cell in range(3)] == [False, True, False]
        chips = [[chip.text for chip in scene.viewport(cell).shown.texts.chips] for cell in range(3)]
        assert ["LINKED" in each for each in chips] == [True, True, False]
        BY_ID["link.manual"].run(scene.workspace)
        _drawn(scene)
        chips = [[chip.text for chip in scene.viewport(cell).shown.texts.chips] for cell in range(3)]
        assert any(text.startswith("MANUAL LINK") for text in chips[2])
        assert scene.viewport(2).cross.scene_shown.is_linked
