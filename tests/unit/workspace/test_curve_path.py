"""The centre line of a group: shared points, each view's own way to lay it flat, places along it."""

from typing import Any

import numpy as np
import pytest

from tests.unit.workspace.volumes_at_hand import VolumesAtHand
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.curve_path import (
    add_point,
    change_curve,
    length_mm,
    move_point,
    nearest_place,
    points_at,
    remove_point,
)
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.multiplanar import enter
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.tools.tool import Tool
from viewer.workspace.volume_view import CurvedKind, Orientation, VolumeKind, VolumeView
from viewer.workspace.workspace import SharedState, Workspace

GEOMETRY = VolumeGeometry(
    (64, 64, 40), (1.0, 1.0, 2.0), (-32.0, -32.0, 0.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
)
STRAIGHT = ((0.0, 0.0, 10.0), (0.0, 0.0, 30.0), (0.0, 0.0, 50.0))


@pytest.fixture
def planes(make_stack: Any) -> Workspace:
    """Return a workspace in the multiplanar view of a volume that is there."""
    tree, volumes = StudyTree(), VolumesAtHand()
    tree.add(make_stack(30))
    workspace = Workspace(SharedState(tree, DisplaySetCatalogue(tree), lambda _paths: None, volumes=volumes.as_store()))
    series = next(iter(tree.all_series()))
    workspace.show_series(series.key)
    volumes.put(workspace.viewport(0).display_set_key, GEOMETRY)
    enter(workspace)
    return workspace


def run(workspace: Workspace, *ids: str) -> None:
    for command_id in ids:
        assert BY_ID[command_id].enabled(workspace), command_id
        BY_ID[command_id].run(workspace)


def curved(workspace: Workspace, cell: int = 3) -> VolumeView:
    view = workspace.viewport(cell).volume
    assert view is not None
    assert view.kind is VolumeKind.CURVED
    return view


def test_points_are_shared_by_all_views_and_come_back_one_by_one(planes: Workspace) -> None:
    for cell, point in enumerate(STRAIGHT):
        add_point(planes, point, cell)
    assert all(points_at(planes, cell) == STRAIGHT for cell in range(4))
    assert length_mm(STRAIGHT) == pytest.approx(40.0)
    planes.undo()
    assert points_at(planes, 3) == STRAIGHT[:2]
    planes.redo()
    remove_point(planes, 0)
    assert points_at(planes, 1) == STRAIGHT[1:]
    run(planes, "curve.remove_point", "curve.clear")
    assert points_at(planes) == ()


def test_a_line_is_picked_from_the_keyboard_alone(planes: Workspace) -> None:
    for _each in range(3):
        run(planes, "curve.add_point", "scroll.leap_forward", "volume.move_right")
    assert len(points_at(planes)) == 3
    assert [point[0] for point in points_at(planes)] == pytest.approx([0.0, 1.0, 2.0])
    assert length_mm(points_at(planes)) > 20.0


def test_a_point_between_two_others_goes_between_them(planes: Workspace) -> None:
    for point in STRAIGHT:
        add_point(planes, point)
    assert add_point(planes, (3.0, 0.0, 20.0), before=1) == 1
    assert points_at(planes)[:3] == (STRAIGHT[0], (3.0, 0.0, 20.0), STRAIGHT[1])


def test_dragging_a_point_is_one_step_and_stays_in_the_volume(planes: Workspace) -> None:
    for point in STRAIGHT:
        add_point(planes, point)
    for x in (5.0, 50.0, 999.0):
        move_point(planes, 1, (x, 0.0, 30.0), drag=5)
    assert points_at(planes, 2)[1] == pytest.approx((31.0, 0.0, 30.0))
    planes.undo()
    assert points_at(planes, 2) == STRAIGHT


def test_the_curved_plane_takes_the_fourth_viewport_seen_from_the_plane_picked_on(planes: Workspace) -> None:
    for point in STRAIGHT:
        add_point(planes, point)
    planes.activate(2)
    run(planes, "tool.curve", "volume.curved")
    assert planes.tool is Tool.CURVE
    assert curved(planes).orientation is Orientation.SAGITTAL
    assert curved(planes).path.points_mm == STRAIGHT
    assert planes.viewport(2).volume is not None


def test_each_view_lays_the_line_flat_in_its_own_way_and_is_scrolled_so(planes: Workspace) -> None:
    for point in STRAIGHT:
        add_point(planes, point)
    run(planes, "volume.curved")
    planes.activate(3)
    planes.scroll(3)
    assert curved(planes).path.angle_deg == 15.0
    planes.scroll(-4)
    assert curved(planes).path.angle_deg == 355.0
    run(planes, "curve.cross_section")
    assert planes.place_at(3) == (0, 41)
    planes.scroll(7)
    assert curved(planes).path.position_mm == pytest.approx(7.0)
    run(planes, "scroll.last")
    assert curved(planes).path.position_mm == pytest.approx(40.0)
    change_curve(planes, position_mm=99.0)
    assert curved(planes).path.position_mm == pytest.approx(40.0)
    view = planes.viewport(0).volume
    assert view is not None
    assert view.path.kind is CurvedKind.STRAIGHTENED
    remove_point(planes)
    assert curved(planes).path.position_mm == pytest.approx(20.0)


def test_the_nearest_place_along_a_bow_is_found() -> None:
    angles = np.linspace(0.0, np.pi / 2, 7)
    bow = tuple((30.0 * float(np.cos(a)), 30.0 * float(np.sin(a)), 0.0) for a in angles)
    assert length_mm(bow) == pytest.approx(30.0 * np.pi / 2, rel=2e-3)
    middle = (21.2, 21.2, 4.0)
    assert nearest_place(bow, middle) == pytest.approx(30.0 * np.pi / 4, abs=0.3)
    assert nearest_place((), middle) == 0.0
