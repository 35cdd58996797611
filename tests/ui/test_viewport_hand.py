"""What the hand does to a viewport: wheel, drags, double click, tools, keys."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QEventLoop, QMimeData, QPoint, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.builders.ct_series import RESCALE_INTERCEPT, ct_slice, write_ct_series
from tests.ui.viewport_scene import Scene
from viewer.imaging.voi_lut import Window
from viewer.ui.drags import DISPLAY_SET_MIME
from viewer.ui.overlays.window_slider import y_of
from viewer.workspace.tools.tool import Tool
from viewer.workspace.viewport_state import CineState

COUNT, SIZE = 24, 64
LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    first = write_ct_series(tmp_path_factory.mktemp("one"), COUNT, SIZE, label="one")
    return first + write_ct_series(tmp_path_factory.mktemp("two"), 5, SIZE, label="two")


@pytest.fixture
def scene(files: list[Path], qtbot: QtBot) -> Iterator[Scene]:
    del qtbot  # there must be an application
    with Scene(files) as made:
        made.show(0)
        yield made


def _drag(scene: Scene, button: Qt.MouseButton, start: QPoint, *way: QPoint, cell: int = 0) -> None:
    viewport = scene.viewport(cell)
    QTest.mousePress(viewport, button, Qt.KeyboardModifier.NoModifier, start)
    for point in way:
        _move(scene, point, button, cell)
    QTest.mouseRelease(viewport, button, Qt.KeyboardModifier.NoModifier, way[-1])
    scene.settle()


def _move(scene: Scene, point: QPoint, buttons: Qt.MouseButton, cell: int = 0) -> None:
    viewport = scene.viewport(cell)
    at = QPointF(point)
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(
        QEvent.Type.MouseMove, at, viewport.mapToGlobal(at), none, buttons, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(viewport, event)


def _wait(milliseconds: int) -> None:
    """Let events and threads run; QTest.qWait would not let the threads."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def _maximized(scene: Scene) -> int | None:
    return scene.workspace.layout.maximized


def _window(scene: Scene) -> Window:
    picture = scene.viewport().picture
    assert picture is not None
    assert isinstance(picture.rendered.voi, Window)
    return picture.rendered.voi


def test_one_notch_is_one_image(scene: Scene) -> None:
    for notch in range(1, 5):
        scene.turn_wheel(1)
        assert scene.workspace.viewport(0).index == notch
        _wait(40)
    scene.turn_wheel(-1)
    assert scene.workspace.viewport(0).index == 3


def test_the_wheel_stops_at_the_ends(scene: Scene) -> None:
    for _notch in range(60):
        scene.turn_wheel(1)
    assert scene.workspace.viewport(0).index == COUNT - 1
    for _notch in range(60):
        scene.turn_wheel(-1)
    assert scene.workspace.viewport(0).index == 0


def test_shift_and_wheel_goes_ten_images(scene: Scene) -> None:
    scene.turn_wheel(1, modifiers=Qt.KeyboardModifier.ShiftModifier)
    assert scene.workspace.viewport(0).index == 10


def test_the_picture_follows_the_wheel(scene: Scene) -> None:
    scene.turn_wheel(1)
    scene.settle()
    picture = scene.viewport().picture
    assert picture is not None
    assert np.array_equal(picture.loaded.stored.values, ct_slice(1, SIZE))


def test_ctrl_and_wheel_zooms_about_the_pointer(scene: Scene) -> None:
    viewport = scene.viewport()
    before = viewport.placement
    assert before is not None
    middle = (viewport.width() / 2, viewport.height() / 2)
    point = before.to_image(middle)
    scene.turn_wheel(-2, modifiers=Qt.KeyboardModifier.ControlModifier)
    scene.settle()
    after = viewport.placement
    assert after is not None
    assert after.scale_x == pytest.approx(before.scale_x * 1.15**2)
    assert after.to_image(middle) == pytest.approx(point, abs=0.6 / after.scale_x)


def test_a_window_drag_widens_to_the_right_and_darkens_downwards(scene: Scene) -> None:
    before = _window(scene)
    _drag(scene, LEFT, QPoint(200, 200), QPoint(220, 200), QPoint(250, 200))
    wider = _window(scene)
    assert wider.width > before.width
    assert wider.center == before.center
    grey = scene.viewport().shown.rendered
    assert grey is not None
    brightness = float(grey.pixels.mean())
    _drag(scene, LEFT, QPoint(200, 200), QPoint(200, 260))
    assert _window(scene).center > wider.center
    darker = scene.viewport().shown.rendered
    assert darker is not None
    assert float(darker.pixels.mean()) < brightness


def test_a_window_drag_that_comes_back_changes_nothing_and_undo_takes_one_drag_back(scene: Scene) -> None:
    before = _window(scene)
    _drag(scene, LEFT, QPoint(200, 200), QPoint(300, 290), QPoint(200, 200))
    assert _window(scene) == before
    _drag(scene, LEFT, QPoint(200, 200), QPoint(240, 200), QPoint(280, 240))
    assert _window(scene) != before
    scene.workspace.undo()
    scene.settle()
    assert _window(scene) == before


def test_left_and_right_together_are_window_level_whatever_the_tool(scene: Scene) -> None:
    scene.workspace.set_tool(Tool.PAN)
    before, transform = _window(scene), scene.workspace.viewport(0).transform
    viewport = scene.viewport()
    QTest.mousePress(viewport, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(200, 200))
    both = LEFT | RIGHT
    at = QPointF(200, 200)
    press = QMouseEvent(
        QEvent.Type.MouseButtonPress, at, viewport.mapToGlobal(at), RIGHT, both, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(viewport, press)
    _move(scene, QPoint(260, 200), both)
    QTest.mouseRelease(viewport, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(260, 200))
    scene.settle()
    assert _window(scene).width > before.width
    assert scene.workspace.viewport(0).transform == transform


def test_the_middle_button_pans_by_the_way_of_the_hand(scene: Scene) -> None:
    viewport = scene.viewport()
    before = viewport.placement
    assert before is not None
    _drag(scene, MIDDLE, QPoint(300, 200), QPoint(330, 180))
    after = viewport.placement
    assert after is not None
    x0, y0 = before.to_viewport((10.0, 10.0))
    assert after.to_viewport((10.0, 10.0)) == pytest.approx((x0 + 30, y0 - 20), abs=1.0)


def test_the_right_button_zooms_by_drag_and_asks_for_the_menu_by_click(scene: Scene) -> None:
    before = scene.viewport().placement
    assert before is not None
    asked: list[int] = []
    scene.grid.menu_wanted.connect(lambda cell, _at: asked.append(cell))
    _drag(scene, RIGHT, QPoint(300, 240), QPoint(300, 180), QPoint(300, 120))
    after = scene.viewport().placement
    assert after is not None
    assert after.scale_x == pytest.approx(before.scale_x * 2)
    assert asked == []
    QTest.mouseClick(scene.viewport(), RIGHT)
    assert asked == [0]


def test_a_double_click_maximises_and_another_undoes_it(scene: Scene) -> None:
    scene.workspace.set_layout(2, 2)
    scene.show(1, cell=1)
    QTest.mouseDClick(scene.viewport(1), LEFT)
    assert _maximized(scene) == 1
    assert scene.viewport(1).size() == scene.grid.size()
    assert not scene.viewport(0).isVisible()
    QTest.mouseDClick(scene.viewport(1), LEFT)
    assert _maximized(scene) is None
    assert scene.viewport(0).isVisible()


def test_a_press_makes_a_cell_active_and_tab_the_next_one(scene: Scene) -> None:
    scene.workspace.set_layout(1, 3)
    scene.settle()
    QTest.mouseClick(scene.viewport(1), LEFT)
    assert scene.workspace.active == 1
    QTest.keyClick(scene.viewport(1), Qt.Key.Key_Tab)
    assert scene.workspace.active == 2
    QTest.keyClick(scene.viewport(2), Qt.Key.Key_Tab)
    assert scene.workspace.active == 0


def test_the_cursor_tells_the_tool(scene: Scene) -> None:
    shapes = []
    for tool in Tool:
        scene.workspace.set_tool(tool)
        cursor = scene.viewport().cursor()
        key = cursor.pixmap().cacheKey() if cursor.shape() == Qt.CursorShape.BitmapCursor else cursor.shape()
        shapes.append(key)
    assert len(set(map(str, shapes))) >= len(Tool) - 2  # the probe and both regions share the cross


def test_the_probe_tells_stored_and_modality_value_and_position(scene: Scene) -> None:
    scene.workspace.set_tool(Tool.PROBE)
    viewport = scene.viewport()
    placement = viewport.placement
    assert placement is not None
    column, row = 40, 30
    x, y = placement.to_viewport((column + 0.5, row + 0.5))
    QTest.mousePress(viewport, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(round(x), round(y)))
    probe = viewport.aids.item.probe
    assert probe is not None
    stored = int(ct_slice(0, SIZE)[row, column])
    told = " | ".join(probe[1]).replace("−", "-")
    assert told.startswith(f"{stored + RESCALE_INTERCEPT} HU | ")
    assert str(stored) in told
    # The made series starts at -192, -192, 0 with pixels of 0.75 mm: LPS, so negative is right and anterior.
    assert f"R {192 - column * 0.75:.1f}  A {192 - row * 0.75:.1f}  H 0.0 mm" in told
    QTest.mouseRelease(viewport, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(round(x), round(y)))
    assert viewport.aids.item.probe is None


def test_a_region_fits_the_window_to_its_values(scene: Scene) -> None:
    scene.workspace.set_tool(Tool.WINDOW_REGION)
    placement = scene.viewport().placement
    assert placement is not None
    corners = [placement.to_viewport(point) for point in ((20.2, 22.2), (43.8, 40.8))]
    start, end = (QPoint(round(x), round(y)) for x, y in corners)
    _drag(scene, LEFT, start, end)
    _wait(50)
    scene.settle()
    values = ct_slice(0, SIZE)[22:41, 20:44].astype(float) + RESCALE_INTERCEPT
    window = _window(scene)
    assert window.low == pytest.approx(values.min(), abs=2)
    assert window.high == pytest.approx(values.max(), abs=2)


def test_the_magnifier_shows_the_pixels_under_it_larger(scene: Scene) -> None:
    scene.workspace.set_tool(Tool.MAGNIFIER)
    viewport = scene.viewport()
    placement = viewport.placement
    assert placement is not None
    at = QPoint(300, 240)
    QTest.mousePress(viewport, LEFT, Qt.KeyboardModifier.NoModifier, at)
    for _turn in range(200):
        _wait(5)
        if viewport.aids.item.glass is not None:
            break
    glass = viewport.aids.item.glass
    assert glass is not None
    assert glass.rendered.placement.scale_x == pytest.approx(placement.scale_x * 2.5)
    middle = (glass.rendered.placement.size[0] / 2, glass.rendered.placement.size[1] / 2)
    assert glass.rendered.placement.to_image(middle) == pytest.approx(placement.to_image((300.0, 240.0)), abs=0.2)
    QTest.mouseRelease(viewport, LEFT, Qt.KeyboardModifier.NoModifier, at)
    assert viewport.aids.item.glass is None


def test_the_slider_comes_up_at_the_right_edge_and_moves_white(scene: Scene) -> None:
    viewport = scene.viewport()
    _move(scene, QPoint(viewport.width() - 5, viewport.height() // 2), Qt.MouseButton.NoButton)
    slider = viewport.aids.item.slider
    assert slider is not None
    before = _window(scene)
    y = round(y_of(QRectF(viewport.rect()), slider[0], before.high))
    _drag(scene, LEFT, QPoint(viewport.width() - 5, y), QPoint(viewport.width() - 5, y - 20))
    after = _window(scene)
    assert after.high > before.high
    assert after.low == pytest.approx(before.low, abs=1e-6)
    _move(scene, QPoint(100, 100), Qt.MouseButton.NoButton)
    assert viewport.aids.item.slider is None


def test_a_series_dropped_on_a_cell_is_shown_there(scene: Scene) -> None:
    scene.workspace.set_layout(1, 2)
    mime = QMimeData()
    mime.setData(DISPLAY_SET_MIME, scene.sets[1].key.encode())
    at = scene.viewport(1).geometry().center()
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(at, Qt.DropAction.CopyAction, mime, LEFT, none)
    QApplication.sendEvent(scene.grid, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(scene.grid, QDropEvent(QPointF(at), Qt.DropAction.CopyAction, mime, LEFT, none))
    scene.settle()
    assert scene.workspace.viewport(1).display_set_key == scene.sets[1].key
    assert scene.workspace.active == 1


def test_a_grab_is_not_black_and_shows_the_slice_exactly_at_one_to_one(scene: Scene) -> None:
    state = scene.workspace.viewport(0)
    scene.workspace.change(replace(state, transform=state.transform.at_scale(1.0)), "1:1")
    scene.settle()
    viewport = scene.viewport()
    placement, rendered = viewport.placement, viewport.shown.rendered
    assert placement is not None
    assert rendered is not None
    grab = viewport.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(grab.constBits(), np.uint8).reshape(grab.height(), grab.bytesPerLine())[:, : grab.width()]
    left, top = (round(part) for part in placement.to_viewport((0.0, 0.0)))
    seen = rows[top : top + SIZE, left : left + SIZE]
    assert seen.max() > 100
    assert np.array_equal(seen, rendered.pixels[top : top + SIZE, left : left + SIZE])
    # The window 400/40 of PS3.3 C.11.2.1.2.1 by hand: black and white where the formula says so.
    values = ct_slice(0, SIZE).astype(float) + RESCALE_INTERCEPT
    ramp = (values - 39.5) / 399 + 0.5
    assert (seen[ramp <= 0] == 0).all()
    assert (seen[ramp >= 1] == 255).all()
    order = np.argsort(values, axis=None)
    assert (np.diff(seen.ravel()[order].astype(int)) >= 0).all()


def test_playing_turns_the_images_at_the_rate_asked(scene: Scene) -> None:
    state = scene.workspace.viewport(0)
    scene.workspace.change(replace(state, cine=CineState(is_playing=True, frames_per_second=40.0)), "Play")
    seen: list[int] = []
    viewport = scene.viewport()
    viewport.picture_shown.connect(lambda: seen.append(viewport.picture.ask.index if viewport.picture else -1))
    _wait(1000)
    player = scene.grid.cine.player(0)
    assert player is not None
    assert len(seen) > 25
    assert player.achieved_rate == pytest.approx(40.0, rel=0.25)
    scene.workspace.change(replace(scene.workspace.viewport(0), cine=CineState()), "Stop")
    assert scene.grid.cine.player(0) is None
