"""The hand on the crosshair of three planes: what it takes hold of, and what the planes do then."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QLabel

from tests.builders.ct_series import write_ct_series
from tests.ui.program_window import open_window, pass_time, running
from viewer.ui.main_window import MainWindow
from viewer.ui.viewports.viewport import Viewport
from viewer.ui.volumes.crosshair_shape import GAP_PX, CrosshairShape, LineShape, Part, hold_at
from viewer.ui.volumes.volume_panel import VolumePanel
from viewer.ui.volumes.volume_section import VolumeSection
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.curve_path import add_point, change_curve, length_mm, points_at
from viewer.workspace.multiplanar import show_view
from viewer.workspace.quaternion import angle_deg
from viewer.workspace.volume_view import NO_TURN, CurvedKind, Orientation, VolumeKind, VolumeView

NOTHING = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def window(qapp: QApplication, tmp_path: Path) -> Iterator[MainWindow]:
    """Return a window whose viewports show three planes of 24 slices, and a projection."""
    write_ct_series(tmp_path / "series", 24, 64)
    with running(qapp, tmp_path) as programme:
        window = open_window(programme, tmp_path / "series")
        BY_ID["volume.multiplanar"].run(window.workspace)
        for _each in range(400):
            pass_time(0.02)
            if all(viewport_at(window, cell).crosshair.shape is not None for cell in range(3)):
                break
        yield window


def viewport_at(window: MainWindow, cell: int) -> Viewport:
    viewport = window.widget_at(cell)
    assert isinstance(viewport, Viewport)
    return viewport


def shape_at(window: MainWindow, cell: int) -> CrosshairShape:
    shape = viewport_at(window, cell).crosshair.shape
    assert shape is not None
    return shape


def line_of(window: MainWindow, cell: int, orientation: Orientation) -> LineShape:
    return next(line for line in shape_at(window, cell).lines if line.orientation is orientation)


def view_at(window: MainWindow, cell: int) -> VolumeView:
    view = window.workspace.viewport(cell).volume
    assert view is not None
    return view


def drag(viewport: Viewport, start: QPointF, *ways: QPointF, modifiers: Qt.KeyboardModifier = NOTHING) -> None:
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton

    def send(kind: QEvent.Type, at: QPointF, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
        QApplication.sendEvent(viewport, QMouseEvent(kind, at, viewport.mapToGlobal(at), button, held, modifiers))

    send(QEvent.Type.MouseButtonPress, start, left, left)
    for way in ways:
        send(QEvent.Type.MouseMove, way, none, left)
    send(QEvent.Type.MouseButtonRelease, ways[-1], left, none)
    pass_time(0.05)


def test_every_plane_shows_the_other_two_and_nothing_covers_where_they_cross(window: MainWindow) -> None:
    for cell, orientation in enumerate(Orientation):
        shape = shape_at(window, cell)
        assert shape.own is orientation
        assert {line.orientation for line in shape.lines} == set(Orientation) - {orientation}
        for line in shape.lines:
            ends = [point for piece in line.pieces for point in (piece.p1(), piece.p2())]
            assert min(np.hypot(*(end - shape.center).toTuple()) for end in ends) >= GAP_PX - 0.01
    assert viewport_at(window, 3).crosshair.shape is None


def test_dragging_the_centre_moves_the_other_planes_and_is_undone_in_one_step(window: MainWindow) -> None:
    before = view_at(window, 0).center_mm
    center = shape_at(window, 0).center
    drag(viewport_at(window, 0), center, center + QPointF(20, 5), center + QPointF(40, -30))
    after = view_at(window, 1).center_mm
    assert after[0] > before[0] + 1
    assert after[1] < before[1] - 1
    assert after[2] == pytest.approx(before[2])
    moved = shape_at(window, 0).center - center
    assert moved.toTuple() == pytest.approx((40, -30), abs=0.5)
    window.workspace.undo()
    assert view_at(window, 2).center_mm == before


def test_dragging_a_line_moves_its_plane_alone(window: MainWindow) -> None:
    before = view_at(window, 0).center_mm
    line, center = line_of(window, 0, Orientation.CORONAL), shape_at(window, 0).center
    start = center + line.direction * 34.0
    drag(viewport_at(window, 0), start, start + QPointF(25, 15))
    after = view_at(window, 0).center_mm
    assert after[0] == pytest.approx(before[0])
    assert after[1] > before[1] + 1


def test_a_round_handle_turns_the_lines_over_a_picture_that_stays(window: MainWindow) -> None:
    line, center = line_of(window, 0, Orientation.CORONAL), shape_at(window, 0).center
    handle = line.turns[0]
    radius = handle - center
    end = center + QPointF(radius.x() * 0.866 - radius.y() * 0.5, radius.x() * 0.5 + radius.y() * 0.866)
    drag(viewport_at(window, 0), handle, end)
    assert [angle_deg(view_at(window, cell).turn) for cell in range(3)] == pytest.approx([0, 30, 30], abs=0.5)
    turned = line_of(window, 0, Orientation.CORONAL).direction
    sine = line.direction.x() * turned.y() - line.direction.y() * turned.x()
    assert sine == pytest.approx(0.5, abs=0.01)  # clockwise, as the hand went


def test_with_shift_lines_turn_by_five_degrees_and_with_ctrl_one_alone(window: MainWindow) -> None:
    center = shape_at(window, 1).center
    handle = line_of(window, 1, Orientation.AXIAL).turns[0]
    radius = handle - center
    end = center + QPointF(radius.x() - radius.y() * 0.2, radius.x() * 0.2 + radius.y())  # 11.3°
    drag(viewport_at(window, 1), handle, end, modifiers=Qt.KeyboardModifier.ShiftModifier)
    assert angle_deg(view_at(window, 0).turn) == pytest.approx(10.0)
    assert angle_deg(view_at(window, 2).turn) == pytest.approx(10.0)
    window.workspace.undo()
    pass_time(0.1)
    drag(viewport_at(window, 1), handle, end, modifiers=Qt.KeyboardModifier.ControlModifier)
    assert angle_deg(view_at(window, 0).turn) == pytest.approx(11.3, abs=0.3)
    assert view_at(window, 2).turn == NO_TURN


def test_squares_make_a_slab_that_stays_on_while_scrolling(window: MainWindow) -> None:
    line = line_of(window, 0, Orientation.CORONAL)
    assert not line.edges
    square = line.squares[0]
    drag(viewport_at(window, 0), square, square + QPointF(0, 24))
    thickness = view_at(window, 1).thickness_mm
    assert thickness > 1
    line = line_of(window, 0, Orientation.CORONAL)
    assert len(line.edges) == 2
    assert abs(line.edges[0].y1() - line.edges[1].y1()) == pytest.approx(48, abs=1)
    window.workspace.scroll(2, 1)
    pass_time(0.1)
    assert view_at(window, 2).thickness_mm == thickness
    edge = line_of(window, 0, Orientation.CORONAL)
    drag(viewport_at(window, 0), edge.squares[0], shape_at(window, 0).center + edge.direction * 40.0)
    assert view_at(window, 1).thickness_mm == 0.0


def test_the_hand_is_told_what_it_would_take_hold_of(window: MainWindow) -> None:
    viewport, shape = viewport_at(window, 0), shape_at(window, 0)
    viewport.crosshair.hovered(shape.center)
    assert viewport.cursor().shape() is Qt.CursorShape.SizeAllCursor
    line = line_of(window, 0, Orientation.CORONAL)
    viewport.crosshair.hovered(shape.center + line.direction * 34.0)
    assert viewport.cursor().shape() is Qt.CursorShape.SizeVerCursor
    for part, point in ((Part.TURN, line.turns[0]), (Part.SLAB, line.squares[0])):
        hold = hold_at(shape, point)
        assert hold is not None
        assert hold.part is part
    assert not viewport.crosshair.hovered(shape.center + QPointF(45, 45))


def test_a_crosshair_that_is_off_leaves_everything_to_the_tools(window: MainWindow) -> None:
    before = view_at(window, 0).center_mm
    center = shape_at(window, 0).center
    BY_ID["volume.crosshair"].run(window.workspace)
    pass_time(0.1)
    viewport = viewport_at(window, 0)
    assert viewport.crosshair.shape is None
    drag(viewport, center, center + QPointF(30, 30))
    assert view_at(window, 0).center_mm == before
    assert window.workspace.undo_titles[0] == "Window"


def test_the_page_tells_of_the_planes_and_changes_them(window: MainWindow) -> None:
    BY_ID["volume.panel"].run(window.workspace)
    panel = window.findChild(VolumePanel)
    assert panel is not None
    pass_time(0.2)
    texts = {label.text() for label in panel.findChildren(QLabel) if label.isVisible()}
    assert "along the patient's axes" in texts
    field = next(each for each in panel.findChildren(QDoubleSpinBox) if each.isVisible())
    field.setValue(8.0)
    assert [view_at(window, cell).thickness_mm for cell in range(3)] == [8.0] * 3


def test_the_page_is_made_piece_by_piece_so_that_the_window_answers_meanwhile(window: MainWindow) -> None:
    panel = VolumePanel(window.workspace)
    panel.show()
    try:
        assert [type(each).__name__ for each in panel.findChildren(VolumeSection)] == ["EntrySection"]
        while panel.is_busy:
            pass_time(0.02)
        made = {type(each).__name__: each.isVisible() for each in panel.findChildren(VolumeSection)}
        assert made["PlaneSection"]
        assert made["LinkingSection"]
        assert not made["RenderingSection"]
    finally:
        panel.close()
        panel.deleteLater()


def press_at(viewport: Viewport, at: QPointF) -> None:
    drag(viewport, at, at)


def test_a_centre_line_is_picked_dragged_and_shown_flat(window: MainWindow) -> None:
    workspace = window.workspace
    workspace.activate(2)
    BY_ID["tool.curve"].run(workspace)
    viewport = viewport_at(window, 2)
    middle = QPointF(viewport.rect().center())
    picked = [middle + QPointF(-40, -60), middle + QPointF(20, 0), middle + QPointF(-10, 70)]
    for at in picked:
        press_at(viewport, at)
    points = points_at(workspace)
    assert len(points) == 3
    assert points[0][2] > points[1][2] > points[2][2]
    assert view_at(window, 2).center_mm == view_at(window, 0).center_mm  # nothing was dragged by it
    drag(viewport, picked[1], picked[1] + QPointF(15, 5))
    assert points_at(workspace)[1][1] > points[1][1] + 1
    assert len(points_at(workspace)) == 3
    BY_ID["volume.curved"].run(workspace)
    for _each in range(200):
        pass_time(0.02)
        displayed = workspace.displayed(3)
        if displayed is not None and "straightened" in " ".join(displayed.rendered.state.notes):
            break
    assert displayed is not None
    assert displayed.rendered.state.plane is None
    spacing = displayed.rendered.state.spacing
    assert spacing is not None
    assert spacing.row_mm is not None
    length = displayed.rendered.state.pixels.rows * spacing.row_mm
    assert length == pytest.approx(length_mm(points_at(workspace)), abs=2 * spacing.row_mm)
    assert workspace.active == 2
    assert BY_ID["curve.stretched"].enabled(workspace)  # beside the plane that was picked on, too
    BY_ID["curve.stretched"].run(workspace)
    assert view_at(window, 3).path.kind is CurvedKind.STRETCHED
    assert BY_ID["curve.stretched"].checked(workspace)  # type: ignore[misc]  # it has a mark


def test_a_double_click_takes_a_point_away_and_a_press_on_the_line_puts_one_between(window: MainWindow) -> None:
    workspace = window.workspace
    BY_ID["tool.curve"].run(workspace)
    viewport = viewport_at(window, 0)
    middle = QPointF(viewport.rect().center())
    ends = [middle + QPointF(-60, 40), middle + QPointF(60, 40)]
    for at in ends:
        press_at(viewport, at)
    press_at(viewport, middle + QPointF(0, 40))
    points = points_at(workspace)
    assert points[0][0] < points[1][0] < points[2][0]
    left = Qt.MouseButton.LeftButton
    at = ends[0]
    kind = QEvent.Type.MouseButtonDblClick
    event = QMouseEvent(kind, at, viewport.mapToGlobal(at), left, left, NOTHING)
    QApplication.sendEvent(viewport, event)
    assert points_at(workspace) == points[1:]
    assert workspace.layout.maximized is None


def test_a_cross_section_is_dragged_along_the_line_laid_flat(window: MainWindow) -> None:
    workspace = window.workspace
    geometry = workspace.geometry_at(2)
    assert geometry is not None
    for k in (3.0, 12.0, 20.0):
        add_point(workspace, geometry.point_patient(32.0, 32.0, k))
    for cell in (3, 1):
        show_view(workspace, VolumeKind.CURVED, Orientation.SAGITTAL, cell)
    change_curve(workspace, kind=CurvedKind.CROSS_SECTION, position_mm=10.0, cell=1)
    flat = viewport_at(window, 3)
    for _each in range(200):
        pass_time(0.02)
        if flat.crosshair.mark is not None:
            break
    mark = flat.crosshair.mark
    assert mark is not None
    assert mark.dy() == pytest.approx(0.0)
    length = length_mm(points_at(workspace))
    drag(flat, mark.center(), mark.center() + QPointF(0, 30))
    section = view_at(window, 1).path
    assert 10.0 < section.position_mm < length
    moved = flat.crosshair.mark
    assert moved is not None
    assert moved.y1() - mark.y1() == pytest.approx(30.0, abs=1.0)
    drag(flat, moved.center(), moved.center() + QPointF(0, 3000))
    assert view_at(window, 1).path.position_mm == pytest.approx(length)
    workspace.undo()
    workspace.undo()
    assert view_at(window, 1).path.position_mm == 10.0


def test_lines_over_a_picture_on_its_way_come_with_it(window: MainWindow) -> None:
    workspace = window.workspace
    before = {cell: shape_at(window, cell) for cell in range(3)}
    states = {}
    for cell in range(3):
        state, view = workspace.viewport(cell), view_at(window, cell)
        x, y, z = view.center_mm
        states[cell] = replace(state, volume=replace(view, center_mm=(x + 3.0, y + 4.0, z + 5.0)))
    workspace.change_together(states, "Drag", drag=1)
    assert all(viewport_at(window, cell).is_awaiting for cell in range(3))
    assert all(shape_at(window, cell) is before[cell] for cell in range(3))
    for _each in range(400):
        pass_time(0.02)
        if not any(viewport_at(window, cell).is_awaiting for cell in range(3)):
            break
    assert all(shape_at(window, cell).center != before[cell].center for cell in range(3))
