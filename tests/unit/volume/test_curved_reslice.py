"""Curved planes through phantoms whose lines are known: arcs, helices, tubes around them."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from tests.builders.plain_volumes import geometry_of, plain_volume, sampled
from viewer.base.errors import VolumeError
from viewer.imaging.spatial_transform import FitMode, SpatialTransform
from viewer.imaging.viewport_image import GeometryCache, RenderRequest, render_viewport
from viewer.volume.center_line import center_line
from viewer.volume.curved_frame import CurvedFrame, curved_frame
from viewer.volume.curved_reslice import CurvedLayout, CurvedPlane, cross_section, curved_sheet
from viewer.volume.plane_frame import PlaneFrame
from viewer.volume.reslice_plane import Projection
from viewer.volume.series_volume import SeriesVolume

RADIUS, PITCH, TURNS, TUBE = 18.0, 24.0, 1.5, 4.0
Z_AXIS = (0.0, 0.0, 1.0)


def helix(t: NDArray[np.float64]) -> NDArray[np.float64]:
    angle = 2 * np.pi * t
    return np.stack([30 + RADIUS * np.cos(angle), 30 + RADIUS * np.sin(angle), 12 + PITCH * t], axis=-1)


HELIX_LENGTH = TURNS * math.hypot(2 * math.pi * RADIUS, PITCH)
PICKED = tuple((float(x), float(y), float(z)) for x, y, z in helix(np.linspace(0, TURNS, 25)))


@pytest.fixture(scope="module")
def tube() -> SeriesVolume:
    """1000 on the helix, 100 less every mm beside it: a cone around the line."""
    tree = cKDTree(helix(np.linspace(-0.3, TURNS + 0.3, 6000)))
    geometry = geometry_of((60, 70, 70), origin_mm=(-5.0, -5.0, 0.0))

    def field(points: NDArray[np.float64]) -> NDArray[Any]:
        return np.asarray(1000 - 100 * tree.query(points.reshape(-1, 3))[0].reshape(points.shape[:-1]))

    return plain_volume(sampled(geometry, field).astype(np.int16), geometry)


def plane(layout: CurvedLayout, **choices: Any) -> CurvedPlane:
    given: dict[str, Any] = {"points_mm": PICKED, "sweep": Z_AXIS, "spacing_mm": 0.5, "width_mm": 14.0}
    return CurvedPlane(layout=layout, **{**given, **choices})


def test_the_arc_of_a_line_is_true_to_a_thousandth() -> None:
    assert center_line(PICKED, Z_AXIS).length_mm == pytest.approx(HELIX_LENGTH, rel=1e-3)
    straight = center_line([(0.0, 0.0, 0.0), (3.0, 4.0, 12.0)], Z_AXIS)
    assert straight.length_mm == pytest.approx(13.0, rel=1e-9)
    angles = np.linspace(0, np.pi, 14)
    half_circle = center_line([(40 * math.cos(a), 40 * math.sin(a), 0.0) for a in angles], Z_AXIS)
    assert half_circle.length_mm == pytest.approx(40 * math.pi, rel=1e-3)
    np.testing.assert_allclose(half_circle.at(np.array([20 * math.pi])), [[0.0, 40.0, 0.0]], atol=0.05)


def test_lines_go_through_their_points_also_unevenly_picked_ones() -> None:
    points = [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 0.0, 0.0), (30.0, 5.0, 0.0), (31.0, 9.0, 4.0), (31.0, 30.0, 4.0)]
    line = center_line(points, Z_AXIS)
    for point in points:
        assert np.linalg.norm(line.places - np.array(point), axis=1).min() < 1e-9
    # Centripetal: it stays near its chords, without loops.
    assert (np.diff(line.places[:, 0])[: len(line.places) // 3] > -1e-9).all()
    assert line.places[:, 1].max() < 30.5


def test_axes_along_a_line_are_upright_and_do_not_twist() -> None:
    line = center_line(PICKED, (1.0, 0.0, 0.0))
    tangents, across, third = line.axes(np.linspace(0, line.length_mm, 400))
    for a, b in ((tangents, across), (tangents, third), (across, third)):
        assert np.abs((a * b).sum(axis=1)).max() < 1e-9
    turn = np.gradient(across, line.length_mm / 399, axis=0)
    assert np.abs((turn * third).sum(axis=1))[2:-2].max() < 2e-3  # radians a mm about the line
    flat = center_line([(0.0, 0.0, 0.0), (20.0, 3.0, 0.0), (30.0, 20.0, 0.0), (10.0, 40.0, 0.0)], Z_AXIS)
    np.testing.assert_allclose(flat.across, np.broadcast_to(Z_AXIS, flat.across.shape), atol=1e-9)


@pytest.mark.parametrize("angle", [0.0, 37.0, 90.0, 200.0])
def test_a_straightened_tube_is_straight(tube: SeriesVolume, angle: float) -> None:
    frame = CurvedFrame(tube, plane(CurvedLayout.STRAIGHTENED, angle_deg=angle))
    rows, columns = frame.shape
    assert columns == 29
    assert (rows - 1) * 0.5 == pytest.approx(HELIX_LENGTH, abs=1.01)
    truth = 1000 - 100 * np.abs(np.arange(columns) - 14) * 0.5
    beside = np.r_[8:13, 16:21]  # 1 to 3 mm from the tip of the cone, which voxels cut off
    assert np.abs(frame.values[:, beside] - truth[beside]).max() < 40
    assert frame.values[:, 14].min() > 900
    assert np.argmax(frame.values, axis=1).min() >= 13
    assert np.argmax(frame.values, axis=1).max() <= 15


def test_places_of_a_straightened_plane_are_where_the_line_is(tube: SeriesVolume) -> None:
    sheet = curved_sheet(plane(CurvedLayout.STRAIGHTENED))
    for t in (0.1, 0.7, 1.3):
        row = HELIX_LENGTH * t / TURNS / 0.5
        np.testing.assert_allclose(sheet.point_patient(14, row), helix(np.array(t)), atol=0.1)
        frame = CurvedFrame(tube, plane(CurvedLayout.STRAIGHTENED))
        assert frame.point_patient((14.5, row + 0.5)) == pytest.approx(sheet.point_patient(14, row))
        assert sheet.place_along(HELIX_LENGTH * t / TURNS) == pytest.approx(row, abs=1e-6)
    left, right = sheet.point_patient(0, 100), sheet.point_patient(28, 100)
    assert math.dist(left, right) == pytest.approx(14.0, abs=1e-9)


def test_a_stretched_helix_is_the_straight_line_of_its_slope(tube: SeriesVolume) -> None:
    frame, state = curved_frame(tube, plane(CurvedLayout.STRETCHED))
    assert isinstance(frame, CurvedFrame)
    rows, columns = frame.shape
    assert (columns - 1) * 0.5 == pytest.approx(TURNS * 2 * math.pi * RADIUS, abs=1.01)  # the circle rolled out
    assert (rows - 1) * 0.5 == pytest.approx(TURNS * PITCH + 14.0, abs=1.01)
    turns = np.arange(columns) * 0.5 / (2 * math.pi * RADIUS)
    expected = (rows - 1) / 2 + (TURNS / 2 - turns) * PITCH / 0.5  # towards the head is up
    for column, row in enumerate(expected):
        beside = frame.values[round(row) - 4 : round(row) + 5, column]
        assert abs(int(np.argmax(beside)) - 4) <= 1
        assert beside.max() > 900
    assert state.plane is None
    assert not state.image_orientation


def test_a_cross_section_is_a_disc(tube: SeriesVolume) -> None:
    for position in (15.0, 60.0, 120.0):
        section = cross_section(plane(CurvedLayout.CROSS_SECTION, position_mm=position, spacing_mm=0.25))
        frame, state = curved_frame(
            tube, plane(CurvedLayout.CROSS_SECTION, position_mm=position, spacing_mm=0.25, angle_deg=20.0)
        )
        assert isinstance(frame, PlaneFrame)
        assert state.plane is not None
        t = position / HELIX_LENGTH * TURNS
        middle = section.plane.point_patient((section.columns - 1) / 2, (section.rows - 1) / 2)
        np.testing.assert_allclose(middle, helix(np.array(t)), atol=0.1)
        tangent = helix(np.array(t + 1e-4)) - helix(np.array(t - 1e-4))
        assert abs(np.dot(section.plane.normal, tangent / np.linalg.norm(tangent))) > 0.9995
        area = float((frame.values > 1000 - 100 * TUBE).sum()) * 0.25**2
        assert area == pytest.approx(math.pi * TUBE**2, rel=0.03)


def test_slabs_reach_to_both_sides_of_the_bent_plane(tube: SeriesVolume) -> None:
    thin = CurvedFrame(tube, plane(CurvedLayout.STRAIGHTENED))
    thick = CurvedFrame(tube, plane(CurvedLayout.STRAIGHTENED, thickness_mm=6.0, projection=Projection.MEAN))
    depth = np.abs(np.linspace(-3, 3, 601))
    truth = 1000 - 100 * depth.mean()
    inner = slice(20, -20)
    assert np.abs(thick.values[inner, 14] - truth).max() < 25
    assert (thin.values[inner, 14] > thick.values[inner, 14]).all()


TURNED: list[Callable[[SpatialTransform], SpatialTransform]] = [
    lambda transform: transform,
    lambda transform: transform.rotated(90),
    lambda transform: transform.rotated(180).flipped_horizontally(),
    lambda transform: transform.rotated(270).flipped_vertically(),
]


@pytest.mark.parametrize("layout", [CurvedLayout.STRAIGHTENED, CurvedLayout.STRETCHED])
def test_device_pixels_are_the_same_places_however_the_picture_is_turned(
    tube: SeriesVolume, layout: CurvedLayout
) -> None:
    frame = CurvedFrame(tube, plane(layout))
    rows, columns = frame.shape
    own = frame.values
    for turn in TURNED:
        transform = turn(SpatialTransform(fit=FitMode.FIXED, zoom=1.0))
        size = (columns, rows) if transform.rotation_deg % 180 == 0 else (rows, columns)
        placement = transform.place(columns, rows, 1.0, size)
        sampled_values, keep = frame.sample(placement, "linear", is_quick=False)
        places = [[placement.pixel_at((x + 0.5, y + 0.5)) for x in range(size[0])] for y in range(size[1])]
        expected = np.array([[own[each[1], each[0]] if each else np.nan for each in line] for line in places])
        shown = ~np.isnan(expected)
        assert shown.mean() > 0.95
        assert keep is None or (keep[shown] > 0).mean() > 0.99
        assert np.abs(sampled_values - expected)[shown].max() <= 0.51
        quick, _keep = frame.sample(placement, "linear", is_quick=True)
        assert np.abs(quick - expected)[shown].mean() < 12
    oblique = SpatialTransform(rotation_deg=30.0).place(columns, rows, 1.0, (200, 200))
    from_grid, keep = frame.sample(oblique, "linear", is_quick=False)
    column, row = oblique.to_image((100.5, 100.5))
    assert keep is not None
    assert abs(from_grid[100, 100] - own[int(row), int(column)]) < 120


def test_a_viewport_shows_it_and_says_what_may_be_measured(tube: SeriesVolume) -> None:
    for layout in (CurvedLayout.STRAIGHTENED, CurvedLayout.STRETCHED):
        frame, state = curved_frame(tube, plane(layout))
        shown = render_viewport(frame, state, RenderRequest("curved", (300, 300)), GeometryCache())
        assert shown.pixels.max() > 200
        assert any("true along the line" in note for note in shown.notes)
        assert "reformatted" in shown.notes


@pytest.mark.parametrize("points", [(), (PICKED[0],), (PICKED[0], PICKED[0])])
def test_a_line_needs_two_places(points: tuple[Any, ...]) -> None:
    with pytest.raises(VolumeError, match="two points"):
        curved_sheet(plane(CurvedLayout.STRAIGHTENED, points_mm=points))


def test_a_line_is_not_stretched_along_itself() -> None:
    points = ((0.0, 0.0, 0.0), (0.0, 0.0, 30.0))
    with pytest.raises(VolumeError, match="stretched"):
        curved_sheet(plane(CurvedLayout.STRETCHED, points_mm=points))
    assert curved_sheet(plane(CurvedLayout.STRAIGHTENED, points_mm=points)).rows == 61
