"""Entering, steering and leaving views of volumes, on a workspace without a window."""

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.unit.workspace.volumes_at_hand import VolumesAtHand
from viewer.imaging.grayscale_pipeline import View
from viewer.imaging.viewport_image import Interpolation
from viewer.imaging.voi_lut import Window
from viewer.volume.reslice_plane import Projection
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.commands.table import BY_ID, COMMANDS
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.layout import Layout
from viewer.workspace.multiplanar import LAYOUT, enter
from viewer.workspace.quaternion import angle_deg
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.tools.window_level import with_window
from viewer.workspace.volume_group import move_center, set_interpolation, turn_group, turn_lines
from viewer.workspace.volume_planes import UNPLACED, reslice_plane_of, start_center, view_axes
from viewer.workspace.volume_view import NO_TURN, Orientation, VolumeKind, VolumeView
from viewer.workspace.workspace import SharedState, Workspace

GEOMETRY = VolumeGeometry(
    (4, 4, 30), (0.5, 0.5, 5.0), (-100.0, -100.0, -100.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
)


@pytest.fixture
def volumes() -> VolumesAtHand:
    return VolumesAtHand()


@pytest.fixture
def workspace(make_stack: Any, volumes: VolumesAtHand) -> Workspace:
    """Return a workspace of a stack of 30 slices, shown at its fourth, beside a series of 12."""
    tree = StudyTree()
    tree.add(make_stack(30))
    tree.add(make_stack(12, series="1.2.3.5", series_number="3"))
    shared = SharedState(tree, DisplaySetCatalogue(tree), lambda _paths: None, volumes=volumes.as_store())
    workspace = Workspace(shared)
    workspace.set_layout(1, 2)
    first, second = (each for series in tree.all_series() for each in workspace.catalogue.of_series(series.key))
    workspace.show(second.key, 1)
    workspace.show(first.key, 0, index=3)
    return workspace


def key_of(workspace: Workspace) -> str:
    return workspace.viewport(0).display_set_key


def view_at(workspace: Workspace, cell: int) -> VolumeView:
    view = workspace.viewport(cell).volume
    assert view is not None
    return view


def run(workspace: Workspace, *ids: str) -> None:
    for command_id in ids:
        assert BY_ID[command_id].enabled(workspace), command_id
        BY_ID[command_id].run(workspace)


@pytest.fixture
def planes(workspace: Workspace, volumes: VolumesAtHand) -> Workspace:
    """Return the workspace in the 3+1 layout, its volume at hand."""
    volumes.put(key_of(workspace), GEOMETRY)
    enter(workspace, VolumeKind.PROJECTION)
    return workspace


def test_the_multiplanar_view_is_three_planes_of_one_group_and_a_projection(planes: Workspace) -> None:
    assert planes.layout == LAYOUT
    views = [view_at(planes, cell) for cell in range(4)]
    assert [view.orientation for view in views[:3]] == list(Orientation)
    assert len({view.group for view in views}) == 1
    assert {view.center_mm for view in views} == {start_center(GEOMETRY)}
    assert (views[3].kind, views[3].projection) == (VolumeKind.PROJECTION, Projection.MAXIMUM)
    assert planes.active == 0


def test_of_ct_the_fourth_view_is_a_rendering(workspace: Workspace, volumes: VolumesAtHand) -> None:
    volumes.put(key_of(workspace), GEOMETRY)
    run(workspace, "volume.multiplanar")
    assert view_at(workspace, 3).kind is VolumeKind.RENDERING


def test_entering_is_one_step_of_undo_and_of_redo(planes: Workspace) -> None:
    planes.undo()
    assert planes.layout == Layout(1, 2)
    assert planes.viewport(0).volume is None
    assert planes.viewport(0).index == 3
    assert planes.viewport(1).display_set_key != key_of(planes)
    planes.redo()
    assert planes.layout == LAYOUT
    assert view_at(planes, 2).orientation is Orientation.SAGITTAL


def test_views_find_their_place_when_the_volume_comes(workspace: Workspace, volumes: VolumesAtHand) -> None:
    enter(workspace)
    assert view_at(workspace, 1).center_mm == UNPLACED
    assert workspace.place_at(1) == (0, 0)
    workspace.scroll(1)  # nothing to scroll in yet
    volumes.put(key_of(workspace), GEOMETRY)
    assert view_at(workspace, 1).center_mm == start_center(GEOMETRY)
    assert workspace.place_at(0) == (15, 30)


def test_a_readers_window_goes_with_the_series(workspace: Workspace, volumes: VolumesAtHand) -> None:
    volumes.put(key_of(workspace), GEOMETRY)
    window = Window(40.0, 400.0)
    workspace.adjust("window", lambda state: replace(state, view=with_window(state.view, window)))
    enter(workspace)
    assert all(workspace.viewport(cell).view == workspace.viewport(0).view for cell in range(4))


def test_the_same_key_leaves_again_to_the_images_where_the_planes_are(planes: Workspace) -> None:
    planes.scroll(5)
    run(planes, "volume.multiplanar")
    assert planes.layout == Layout(1, 2)
    assert planes.viewport(0).volume is None
    assert planes.viewport(0).index == 20
    assert planes.viewport(1).index == 0
    planes.undo()
    assert view_at(planes, 0).group


def test_scrolling_a_plane_moves_the_centre_of_all_and_is_no_step_of_undo(planes: Workspace) -> None:
    titles = planes.undo_titles
    run(planes, "scroll.next", "scroll.leap_forward", "scroll.previous")
    assert planes.place_at(0) == (25, 30)
    assert GEOMETRY.index_of(view_at(planes, 3).center_mm)[2] == pytest.approx(25.0)
    assert GEOMETRY.index_of(view_at(planes, 1).center_mm)[1] == pytest.approx(2.0)
    run(planes, "scroll.last", "scroll.next")
    assert planes.place_at(0) == (29, 30)
    run(planes, "scroll.first")
    assert planes.place_at(0) == (0, 30)
    assert planes.undo_titles == titles


def test_a_slab_stays_on_while_scrolling_and_holds_for_all_planes_but_the_projection(planes: Workspace) -> None:
    run(planes, "volume.slab", "volume.projection_min", "scroll.next")
    assert [view_at(planes, cell).thickness_mm for cell in range(4)] == [10.0, 10.0, 10.0, 0.0]
    assert [view_at(planes, cell).projection for cell in (0, 1, 2)] == [Projection.MINIMUM] * 3
    assert view_at(planes, 3).projection is Projection.MAXIMUM
    run(planes, "volume.thicker", "volume.thicker", "volume.thinner")
    assert view_at(planes, 2).thickness_mm == 15.0
    run(planes, "volume.slab")
    assert view_at(planes, 2).thickness_mm == 0.0
    run(planes, "volume.thicker", "volume.thinner", "volume.thinner")
    assert view_at(planes, 0).thickness_mm == 0.0


def test_undo_of_a_window_does_not_scroll_back(planes: Workspace) -> None:
    planes.adjust("window", lambda state: replace(state, view=with_window(state.view, Window(1.0, 2.0))))
    planes.scroll(4)
    planes.undo()
    assert planes.place_at(0)[0] == 19
    assert planes.viewport(0).view == View()


def test_a_drag_of_the_centre_is_one_step_for_all_views(planes: Workspace) -> None:
    for step in range(1, 4):
        move_center(planes, GEOMETRY.point_patient(1.0, 2.0, 15.0 + step), drag=7)
    assert GEOMETRY.index_of(view_at(planes, 2).center_mm) == pytest.approx((1.0, 2.0, 18.0))
    planes.undo()
    assert {view_at(planes, cell).center_mm for cell in range(4)} == {start_center(GEOMETRY)}
    planes.redo()
    assert GEOMETRY.index_of(view_at(planes, 3).center_mm) == pytest.approx((1.0, 2.0, 18.0))


def test_undo_of_a_drag_keeps_what_was_scrolled_since(planes: Workspace) -> None:
    move_center(planes, GEOMETRY.point_patient(1.0, 1.0, 15.0))
    planes.scroll(6)
    planes.undo()
    assert GEOMETRY.index_of(view_at(planes, 1).center_mm) == pytest.approx((2.0, 2.0, 21.0))
    planes.redo()
    assert GEOMETRY.index_of(view_at(planes, 1).center_mm) == pytest.approx((1.0, 1.0, 21.0))


def test_the_whole_group_turns_as_one(planes: Workspace) -> None:
    turn_group(planes, view_axes(view_at(planes, 0))[2], 30.0)
    assert [angle_deg(view_at(planes, cell).turn) for cell in range(3)] == pytest.approx([30.0] * 3)
    run(planes, "volume.align_patient")
    assert [view_at(planes, cell).turn for cell in range(3)] == [NO_TURN] * 3
    planes.undo()
    planes.undo()
    assert view_at(planes, 2).turn == NO_TURN


def test_lines_turn_over_a_picture_that_stays(planes: Workspace) -> None:
    start = planes.volume_states()
    for angle in (10.0, 20.0, 25.0):
        turn_lines(planes, 0, start, angle, drag=9)
    assert [angle_deg(view_at(planes, cell).turn) for cell in range(3)] == pytest.approx([0.0, 25.0, 25.0])
    normals = [view_axes(view_at(planes, cell))[2] for cell in range(3)]
    assert np.array(normals) @ np.array(normals).T == pytest.approx(np.eye(3), abs=1e-12)
    planes.undo()
    assert view_at(planes, 1).turn == NO_TURN
    assert planes.undo_titles[0] == "Multiplanar view"


def test_one_line_turns_alone_for_a_double_oblique_plane(planes: Workspace) -> None:
    turn_lines(planes, 0, planes.volume_states(), 10.0, Orientation.SAGITTAL)
    assert [angle_deg(view_at(planes, cell).turn) for cell in range(3)] == pytest.approx([0.0, 0.0, 10.0])
    turn_lines(planes, 1, planes.volume_states(), 20.0, Orientation.SAGITTAL)
    right, down, normal = view_axes(view_at(planes, 2))
    assert np.linalg.det(np.array([right, down, normal])) == pytest.approx(1.0)
    assert min(abs(part) for part in normal) > 0.05


def test_reset_takes_slab_turn_and_centre_back_in_one_step(planes: Workspace) -> None:
    run(planes, "volume.slab", "volume.turn_right", "volume.move_right", "volume.turn_clockwise")
    planes.scroll(-3)
    run(planes, "volume.reset")
    for cell in range(3):
        view = view_at(planes, cell)
        assert (view.center_mm, view.turn, view.thickness_mm) == (start_center(GEOMETRY), NO_TURN, 0.0)
    planes.undo()
    assert view_at(planes, 1).thickness_mm == 10.0


def test_keys_move_the_centre_by_a_voxel_as_it_is_seen(planes: Workspace) -> None:
    run(planes, "volume.move_left", "volume.move_up")
    assert GEOMETRY.index_of(view_at(planes, 0).center_mm) == pytest.approx((1.0, 1.0, 15.0))
    run(planes, "view.flip_horizontal", "volume.move_left")
    assert GEOMETRY.index_of(view_at(planes, 0).center_mm) == pytest.approx((2.0, 1.0, 15.0))


def test_turning_to_the_right_takes_the_right_edge_away_from_the_reader(planes: Workspace) -> None:
    before = view_axes(view_at(planes, 0))
    run(planes, "volume.turn_right")
    right = view_axes(view_at(planes, 0))[0]
    assert sum(a * b for a, b in zip(right, before[2], strict=True)) > 0.01
    run(planes, "volume.turn_left", "volume.turn_up")
    down = view_axes(view_at(planes, 0))[1]
    assert sum(a * b for a, b in zip(down, before[2], strict=True)) < -0.01


def test_a_projection_is_turned_by_the_wheel_and_the_arrows(planes: Workspace) -> None:
    planes.activate(3)
    planes.scroll(-1)
    assert view_at(planes, 3).rendering.azimuth_deg == 355.0
    assert planes.place_at(3) == (71, 72)
    run(planes, "volume.turn_right", "volume.turn_up", "volume.turn_clockwise")
    camera = view_at(planes, 3).rendering
    assert (camera.azimuth_deg, camera.elevation_deg, camera.roll_deg) == (353.0, -2.0, 358.0)
    assert view_at(planes, 0).turn == NO_TURN
    run(planes, "scroll.first")
    assert view_at(planes, 3).rendering.azimuth_deg == 0.0


def test_single_views_join_the_group_that_is_on_screen(planes: Workspace) -> None:
    move_center(planes, GEOMETRY.point_patient(1.0, 1.0, 4.0))
    planes.activate(3)
    run(planes, "volume.sagittal")
    assert view_at(planes, 3) == replace(view_at(planes, 0), orientation=Orientation.SAGITTAL)
    run(planes, "volume.images")
    assert planes.viewport(3).volume is None
    assert planes.viewport(3).index == 4
    assert planes.viewport(0).volume is not None


def test_interpolation_holds_for_the_group(planes: Workspace) -> None:
    set_interpolation(planes, Interpolation.CUBIC)
    assert {planes.viewport(cell).interpolation for cell in range(4)} == {Interpolation.CUBIC}
    planes.undo()
    assert planes.viewport(2).interpolation is Interpolation.LINEAR


def test_one_image_is_no_volume(workspace: Workspace, make_stack: Any) -> None:
    workspace.tree.add(make_stack(1, series="1.2.3.9", series_number="9"))
    series = next(each for each in workspace.tree.all_series() if each.number == 9)
    workspace.show_series(series.key)
    run(workspace, "volume.multiplanar", "volume.axial")
    assert workspace.viewport(0).volume is None
    assert workspace.layout == Layout(1, 2)


def test_tiles_come_back_when_the_planes_are_left(workspace: Workspace, volumes: VolumesAtHand) -> None:
    volumes.put(key_of(workspace), GEOMETRY)
    workspace.set_layout(2, 3, is_tiled=True)
    enter(workspace)
    assert view_at(workspace, 2).orientation is Orientation.SAGITTAL
    run(workspace, "volume.multiplanar")
    assert workspace.layout == Layout(2, 3, is_tiled=True)
    assert workspace.viewport(1).volume is None


def test_whatever_is_done_can_be_undone_and_done_again(workspace: Workspace, volumes: VolumesAtHand) -> None:
    for cell in (0, 1):
        volumes.put(workspace.viewport(cell).display_set_key, GEOMETRY)
    chance = random.Random(20261123)
    steps = [command for command in COMMANDS if command.id.partition(".")[0] in {"volume", "curve", "viewport"}]
    steps += [BY_ID[each] for each in ("view.flip_horizontal", "view.rotate_right", "view.invert", "view.reset")]
    before = arranged(workspace)
    for _each in range(400):
        command = chance.choice(steps)
        if command.enabled(workspace) and not command.id.endswith((".panel", ".clear", "save_turn")):
            command.run(workspace)
        for cell in workspace.layout.visible_cells:
            view = workspace.viewport(cell).volume
            if view is not None:
                assert GEOMETRY.holds(view.center_mm)
                assert np.linalg.norm(view.turn) == pytest.approx(1.0)
                grid = reslice_plane_of(view, GEOMETRY)
                assert grid.columns * grid.rows < 1_000_000
    while workspace.undo_titles[1]:
        workspace.redo()
    after = arranged(workspace)
    count = 0
    while workspace.undo_titles[0] and count < 150:
        workspace.undo()
        count += 1
    for _each in range(count):
        workspace.redo()
    assert arranged(workspace) == after
    assert count > 50
    assert before != after


def arranged(workspace: Workspace) -> object:
    """Return what a reader sees: the layout and what each cell shows."""
    return workspace.layout, [workspace.state_of(cell) for cell in range(4)]
