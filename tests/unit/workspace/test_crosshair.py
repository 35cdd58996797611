"""Lines of planes on other planes, and what dragging them does, against vectors worked out with numpy."""

from dataclasses import replace

import numpy as np
import pytest

from viewer.dicom.image_plane import added, dot, scaled
from viewer.volume.reslice_plane import Projection
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.crosshair import (
    angle_dragged,
    crosshair_lines,
    line_moved,
    moved_to,
    planes_of,
    shared_from,
    thickness_dragged,
    turned_by,
)
from viewer.workspace.quaternion import about
from viewer.workspace.volume_planes import view_axes
from viewer.workspace.volume_view import Orientation, VolumeKind, VolumeView

GEOMETRY = VolumeGeometry(
    (50, 60, 70), (1.0, 1.0, 1.5), (-25.0, -30.0, 10.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
)
CENTER = GEOMETRY.center_mm
GROUP = {each: VolumeView(group="g", orientation=each, center_mm=CENTER) for each in Orientation}


def test_an_axial_plane_is_cut_by_the_coronal_one_sideways_and_by_the_sagittal_one_front_to_back() -> None:
    lines = {line.orientation: line for line in crosshair_lines(GROUP[Orientation.AXIAL], GROUP)}
    assert set(lines) == {Orientation.CORONAL, Orientation.SAGITTAL}
    assert np.abs(lines[Orientation.CORONAL].direction) == pytest.approx((1.0, 0.0, 0.0))
    assert np.abs(lines[Orientation.SAGITTAL].direction) == pytest.approx((0.0, 1.0, 0.0))


def test_lines_lie_in_both_planes_however_they_are_turned() -> None:
    turns = {
        Orientation.AXIAL: about((1.0, 0.3, 0.0), 20.0),
        Orientation.CORONAL: about((0.0, 1.0, 1.0), 35.0),
        Orientation.SAGITTAL: about((1.0, 0.0, 1.0), -15.0),
    }
    group = {each: replace(view, turn=turns[each]) for each, view in GROUP.items()}
    for view in group.values():
        normal = view_axes(view)[2]
        for line in crosshair_lines(view, group):
            other = view_axes(group[line.orientation])[2]
            assert dot(line.direction, normal) == pytest.approx(0.0, abs=1e-12)
            assert dot(line.direction, other) == pytest.approx(0.0, abs=1e-12)
            assert dot(line.across, line.direction) == pytest.approx(0.0, abs=1e-12)
            assert line.sine == pytest.approx(np.linalg.norm(np.cross(normal, other)))


def test_planes_that_nearly_coincide_have_no_line() -> None:
    group = {**GROUP, Orientation.CORONAL: replace(GROUP[Orientation.CORONAL], turn=about((1.0, 0.0, 0.0), -89.0))}
    found = {line.orientation for line in crosshair_lines(GROUP[Orientation.AXIAL], group)}
    assert found == {Orientation.SAGITTAL}


def test_a_plane_that_is_not_on_screen_has_no_line() -> None:
    view = GROUP[Orientation.AXIAL]
    group = {Orientation.AXIAL: view, Orientation.SAGITTAL: GROUP[Orientation.SAGITTAL]}
    assert [line.orientation for line in crosshair_lines(view, group)] == [Orientation.SAGITTAL]
    assert crosshair_lines(view, {}) == ()


def test_the_edges_of_a_slab_are_half_its_thickness_away_and_farther_where_planes_cut_at_a_slant() -> None:
    view = replace(GROUP[Orientation.AXIAL], thickness_mm=12.0)
    assert crosshair_lines(view, GROUP)[0].half_width_mm == pytest.approx(6.0)
    slanted = {**GROUP, Orientation.CORONAL: replace(GROUP[Orientation.CORONAL], turn=about((1.0, 0.0, 0.0), 30.0))}
    line = next(each for each in crosshair_lines(view, slanted) if each.orientation is Orientation.CORONAL)
    assert line.half_width_mm == pytest.approx(6.0 / np.cos(np.radians(30.0)))
    edge = added(CENTER, scaled(line.across, line.half_width_mm))
    other = view_axes(slanted[Orientation.CORONAL])[2]
    assert abs(dot(np.subtract(edge, CENTER), other)) == pytest.approx(6.0)  # type: ignore[arg-type]  # three parts
    assert thickness_dragged(view, line, edge) == pytest.approx(12.0)


def test_dragging_an_edge_onto_its_line_switches_the_slab_off() -> None:
    view = GROUP[Orientation.AXIAL]
    line = crosshair_lines(view, GROUP)[0]
    assert thickness_dragged(view, line, added(CENTER, scaled(line.across, 0.05))) == 0.0
    assert thickness_dragged(view, line, added(CENTER, scaled(line.across, -4.0))) == pytest.approx(8.0)


def test_the_centre_stays_in_the_volume() -> None:
    view = moved_to(GROUP[Orientation.AXIAL], GEOMETRY, (999.0, CENTER[1], CENTER[2]))
    assert view.center_mm == pytest.approx((24.0, CENTER[1], CENTER[2]))


def test_dragging_a_line_moves_the_centre_across_it_alone() -> None:
    view = GROUP[Orientation.AXIAL]
    line = next(each for each in crosshair_lines(view, GROUP) if each.orientation is Orientation.CORONAL)
    moved = line_moved(view, GEOMETRY, line, (7.0, 5.0, 0.0))
    assert np.subtract(moved.center_mm, CENTER) == pytest.approx((0.0, 5.0, 0.0))


def test_dragging_round_the_centre_turns_by_the_angle_of_the_drag() -> None:
    view = GROUP[Orientation.AXIAL]
    start, end = added(CENTER, (10.0, 0.0, 3.0)), added(CENTER, (0.0, 20.0, 3.0))
    assert angle_dragged(view, start, end) == pytest.approx(90.0)
    assert angle_dragged(view, start, CENTER) == 0.0
    turned = turned_by(GROUP[Orientation.CORONAL], view_axes(view)[2], 90.0)
    assert view_axes(turned)[0] == pytest.approx((0.0, 1.0, 0.0))


def test_planes_of_a_group_are_found_by_orientation() -> None:
    other = VolumeView(group="other")
    whole = VolumeView(VolumeKind.PROJECTION, "g")
    assert planes_of([other, whole, *GROUP.values()], "g") == GROUP


def test_a_group_shares_centre_slab_and_phase_but_a_projection_keeps_how_it_projects() -> None:
    source = VolumeView(
        group="g",
        center_mm=(1.0, 2.0, 3.0),
        thickness_mm=5.0,
        projection=Projection.MINIMUM,
        phase=2,
        shows_crosshair=False,
    )
    plane = shared_from(source, GROUP[Orientation.CORONAL])
    assert (plane.orientation, plane.turn) == (Orientation.CORONAL, GROUP[Orientation.CORONAL].turn)
    assert (plane.center_mm, plane.thickness_mm, plane.projection) == ((1.0, 2.0, 3.0), 5.0, Projection.MINIMUM)
    assert (plane.phase, plane.shows_crosshair) == (2, False)
    whole = shared_from(source, VolumeView(VolumeKind.PROJECTION, "g", projection=Projection.MAXIMUM))
    assert (whole.projection, whole.thickness_mm, whole.phase) == (Projection.MAXIMUM, 0.0, 2)
    assert shared_from(whole, plane).projection is Projection.MINIMUM
