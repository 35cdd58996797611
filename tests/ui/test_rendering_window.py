"""Renderings in the whole program: turned, enlarged, cut and clipped by the hand, steered at the right, remembered."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSpinBox

from tests.builders.ct_series import write_ct_series
from tests.ui.program_window import open_window, running
from viewer.application.programme import Programme
from viewer.application.screenshot import wait_until_settled
from viewer.ui.main_window import MainWindow
from viewer.ui.viewports.grid import ViewportGrid
from viewer.ui.viewports.viewport import Viewport
from viewer.ui.volumes.function_editor import FunctionEditor
from viewer.ui.volumes.rendering_section import RenderingSection
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.rendering_view import change_rendering, rendering_at
from viewer.workspace.tools.tool import Tool
from viewer.workspace.volume_view import RenderingView
from viewer.workspace.workspace import Workspace

pytestmark = pytest.mark.usefixtures("qtbot")
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton


class Rendering:
    """A window that shows one, and the hand."""

    def __init__(self, programme: Programme, folder: Path) -> None:
        self.programme = programme
        self.window: MainWindow = open_window(programme, folder, size=(1000, 700))
        self.workspace: Workspace = self.window.workspace
        self.run("rendering.show")

    @property
    def viewport(self) -> Viewport:
        grid = self.window.findChild(ViewportGrid)
        found = grid.viewport_of(self.workspace.active) if grid is not None else None
        assert found is not None
        return found

    @property
    def look(self) -> RenderingView:
        found = rendering_at(self.workspace)
        assert found is not None
        return found

    @property
    def pixels(self) -> np.ndarray:
        picture = self.viewport.picture
        assert picture is not None
        return np.asarray(picture.rendered.pixels)

    def run(self, command: str) -> None:
        assert BY_ID[command].enabled(self.workspace)
        BY_ID[command].run(self.workspace)
        self.settle()

    def settle(self) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        wait_until_settled(application, self.programme, self.window)

    def drag(self, *way: tuple[int, int], button: Qt.MouseButton = LEFT) -> None:
        viewport, none = self.viewport, Qt.KeyboardModifier.NoModifier
        QTest.mousePress(viewport, button, none, QPoint(*way[0]))
        for point in way[1:]:
            at = QPointF(*point)
            event = QMouseEvent(
                QEvent.Type.MouseMove, at, viewport.mapToGlobal(at), Qt.MouseButton.NoButton, button, none
            )
            QApplication.sendEvent(viewport, event)
        QTest.mouseRelease(viewport, button, none, QPoint(*way[-1]))
        self.settle()

    def wheel(self, notches: int, at: tuple[int, int], modifiers: Qt.KeyboardModifier) -> None:
        event = QWheelEvent(
            QPointF(*at), self.viewport.mapToGlobal(QPointF(*at)), QPoint(), QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(self.viewport, event)
        self.settle()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("ct")
    write_ct_series(place, 24, 64)
    return place


@pytest.fixture(scope="module")
def window(folder: Path, tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Iterator[Rendering]:
    with running(qapp, tmp_path_factory.mktemp("config")) as programme:
        yield Rendering(programme, folder)


@pytest.fixture
def shown(window: Rendering) -> Rendering:
    """Return the window with nothing done to its rendering."""
    change_rendering(window.workspace, "begin", lambda _look: RenderingView())
    window.workspace.set_tool(Tool.WINDOW_LEVEL)
    window.settle()
    return window


def test_the_left_button_turns_and_undo_turns_back(shown: Rendering) -> None:
    before = shown.pixels
    assert before.shape[2] == 3
    assert before.any()
    shown.drag((200, 200), (260, 200), (300, 230))
    assert shown.look.azimuth_deg != 0
    assert shown.look.elevation_deg != 0
    assert (shown.pixels != before).any()
    shown.workspace.undo()
    shown.settle()
    assert shown.look == RenderingView()


def test_the_near_side_follows_the_hand(shown: Rendering) -> None:
    shown.drag((200, 200), (260, 200))  # to the right: the patient's right side comes forward
    assert 270 < shown.look.azimuth_deg < 360
    shown.workspace.undo()
    shown.drag((200, 200), (200, 260))  # down: the head comes forward
    assert 0 < shown.look.elevation_deg < 90


def test_pan_zoom_and_window_keep_their_gestures(shown: Rendering) -> None:
    shown.drag((200, 200), (230, 210), button=MIDDLE)
    assert shown.look.pan_mm[0] < 0  # the camera goes the other way
    shown.wheel(2, (150, 150), Qt.KeyboardModifier.ControlModifier)
    assert shown.look.zoom > 1
    shown.wheel(1, (150, 150), Qt.KeyboardModifier.NoModifier)
    assert shown.look.azimuth_deg == 355.0 or shown.look.azimuth_deg == 5.0
    shown.run("view.zoom_in")
    zoom = shown.look.zoom
    assert zoom > 1.2
    shown.run("rendering.fit")
    assert (shown.look.zoom, shown.look.pan_mm) == (1.0, (0.0, 0.0, 0.0))


def test_the_scalpel_cuts_what_was_outlined_and_undo_heals(shown: Rendering) -> None:
    before = shown.pixels
    shown.workspace.set_tool(Tool.CUT)
    size = shown.viewport.width(), shown.viewport.height()
    left, right, top, bottom = size[0] // 2, size[0] - 2, 5, size[1] - 5
    shown.drag((left, top + 60), (right, top + 60), (right, bottom), (left, bottom))
    assert len(shown.look.cuts) == 1
    cut = shown.pixels
    inside = (slice(top + 70, bottom - 10), slice(left + 4, right - 4))
    cube = shown.pixels.shape[1] - 80
    assert before[inside][:, : cube - left].any()
    assert not cut[inside][:, : cube - left - 10].any()
    assert (cut[:, : left - 4] == before[:, : left - 4]).mean() > 0.98
    assert any(chip.text == "CUT" for chip in shown.viewport.shown.texts.chips)
    shown.run("rendering.undo_cut")
    assert (shown.pixels == before).all()
    shown.workspace.undo()
    assert len(shown.look.cuts) == 1


def test_the_sides_of_the_clipping_box_are_dragged(shown: Rendering) -> None:
    shown.run("rendering.box")
    box = shown.look.clip_box
    shape = shown.viewport.box.shape
    assert box is not None
    assert shape is not None
    high = next(handle for handle in shape.handles if handle.end == 1)
    start = high.at.toPoint()
    way = QPoint(start.x() - 40, start.y())
    shown.drag((start.x(), start.y()), (start.x() - 20, start.y()), (way.x(), way.y()))
    moved = shown.look.clip_box
    assert moved is not None
    assert moved[1] < box[1]
    assert (moved[0], *moved[2:]) == (box[0], *box[2:])
    after = shown.viewport.box.shape
    assert after is not None
    assert abs(next(handle for handle in after.handles if handle.end == 1).at.x() - way.x()) < 8
    section, _editor = _section(shown)
    fields = section._clip.findChildren(QSpinBox)
    assert [field.value() - 1 for field in fields] == list(moved)
    fields[4].setValue(9)
    assert shown.look.clip_box == (*moved[:4], 8, moved[5])
    shown.run("rendering.restore")
    assert shown.look.clip_box is None


def test_perspective_says_that_nothing_is_measured(shown: Rendering) -> None:
    picture = shown.viewport.picture
    assert picture is not None
    assert picture.rendered.state.plane is not None
    shown.run("rendering.perspective")
    picture = shown.viewport.picture
    assert picture is not None
    assert picture.rendered.state.plane is None
    assert any(chip.text == "PERSPECTIVE" for chip in shown.viewport.shown.texts.chips)


def test_sides_are_lettered(shown: Rendering) -> None:
    for command, letters in (
        ("rendering.from_front", ("R", "L", "H", "F")),
        ("rendering.from_back", ("L", "R", "H", "F")),
        ("rendering.from_left", ("A", "P", "H", "F")),
        ("rendering.from_head", ("R", "L", "P", "A")),
    ):
        shown.run(command)
        found = shown.viewport.shown.texts.letters
        assert (found.left, found.right, found.top, found.bottom) == letters, command


def test_points_of_the_curve_are_dragged_and_moved_by_keys(shown: Rendering) -> None:
    section, editor = _section(shown)
    functions = editor._functions
    assert functions is not None
    index = 2
    point = functions.opacity[index]
    start = editor.place_of(point.value, point.opacity).toPoint()
    before = shown.pixels
    QTest.mousePress(editor, LEFT, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(editor, QPoint(start.x(), start.y() - 30))
    QTest.mouseRelease(editor, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(start.x(), start.y() - 30))
    shown.settle()
    assert shown.look.functions
    assert (shown.pixels != before).any()
    editor.setFocus()
    QTest.keyClick(editor, Qt.Key.Key_Insert)
    assert editor._functions is not None
    assert len(editor._functions.opacity) == len(functions.opacity) + 1
    QTest.keyClick(editor, Qt.Key.Key_Delete)
    assert len(editor._functions.opacity) == len(functions.opacity)
    chosen = editor.chosen
    QTest.keyClick(editor, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert section._opacity.value() == pytest.approx(editor._functions.opacity[chosen].opacity * 100, abs=1)
    shown.run("rendering.next_preset")
    assert shown.look.functions == ""


def test_a_look_and_own_presets_are_there_again(folder: Path, tmp_path: Path, qapp: QApplication) -> None:
    with running(qapp, tmp_path) as programme:
        shown = Rendering(programme, folder)
        shown.drag((200, 200), (260, 240))
        section, _editor = _section(shown)
        functions = section._functions()
        assert functions is not None
        section._kept("Mein Knochen", functions)
        shown.settle()
        look = shown.look
        assert look.preset.startswith("own-mein-knochen")
    kept = list((tmp_path / "config").rglob("*.toml"))
    text = "\n".join(path.read_text("utf-8") for path in kept if "rendering" in str(path))
    header = shown.programme.tree.patients()[0]
    assert header.patient_id not in text or not header.patient_id
    assert all("1.2." not in path.name and "2.25" not in path.name for path in kept)
    with running(qapp, tmp_path) as programme:
        shown = Rendering(programme, folder)
        assert shown.look == look
        assert any(preset.title == "Mein Knochen" for preset in programme.shared.renderings.presets)
        programme.shared.renderings.remove_preset(look.preset)
        assert not list((tmp_path / "config" / "rendering_presets").glob("*.toml"))


def _section(shown: Rendering) -> tuple[RenderingSection, FunctionEditor]:
    shown.run("volume.panel")
    QTest.qWait(150)
    shown.settle()
    section = shown.window.findChild(RenderingSection)
    assert section is not None
    editor = section.findChild(FunctionEditor)
    assert editor is not None
    return section, editor
