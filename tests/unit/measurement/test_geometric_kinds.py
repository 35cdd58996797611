"""The geometric tools: their codes, handles, drawings, and what follows when one is moved."""

import importlib
import math
from dataclasses import replace

import numpy as np
import pytest
from pydicom.sr.codedict import codes
from scipy.interpolate import CubicHermiteSpline

from tests.unit.measurement.measured_images import ANCHOR, ground_on, ground_with, image, main, readings
from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import GraphicType
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.region_kind import RegionKind
from viewer.measurement.kinds.table import KINDS, is_known, kind_of
from viewer.measurement.plane_angles import angle_deg
from viewer.measurement.regions import Ellipse
from viewer.measurement.smooth_outline import STEPS, smooth_outline

Points = tuple[tuple[float, float], ...]
ANISOTROPIC = image("MR", PixelSpacing=[0.8, 0.5])
PLACED: dict[str, Points] = {
    "length": ((10.0, 10.0), (50.0, 30.0)),
    "polyline": ((10.0, 10.0), (50.0, 30.0), (70.0, 20.0)),
    "bidirectional": ((10.0, 10.0), (50.0, 40.0)),
    "angle": ((10.0, 10.0), (50.0, 30.0), (70.0, 20.0)),
    "open_angle": ((10.0, 10.0), (50.0, 30.0), (10.0, 60.0), (50.0, 40.0)),
    "cobb": ((10.0, 10.0), (50.0, 20.0), (10.0, 90.0), (50.0, 80.0)),
    "perpendicular_distance": ((10.0, 10.0), (50.0, 30.0), (20.0, 60.0)),
    "rectangle": ((50.0, 30.0), (10.0, 10.0)),
    "ellipse": ((10.0, 10.0), (50.0, 30.0)),
    "circle": ((50.0, 50.0), (60.0, 55.0)),
    "polygon": ((10.0, 10.0), (50.0, 12.0), (40.0, 60.0), (12.0, 40.0)),
    "freehand": tuple((60 + 30 * math.cos(t / 16), 60 + 25 * math.sin(t / 16)) for t in range(100)),
    "spline": ((10.0, 10.0), (50.0, 12.0), (40.0, 60.0), (12.0, 40.0)),
}

GEOMETRIC = list(PLACED)


def ground() -> Ground:
    return ground_on(ANISOTROPIC)


def placed(kind_id: str, points: Points | None = None, on: Ground | None = None) -> Annotation:
    kind = kind_of(kind_id)
    settled = kind.settled(points or PLACED[kind_id], on or ground())
    return Annotation("u", kind_id, ANCHOR, settled)


def in_mm(annotation: Annotation) -> list[np.ndarray]:
    return [np.array((x * 0.5, y * 0.8)) for x, y in annotation.points]


def test_every_kind_is_listed_once() -> None:
    ids = [kind.id for kind in KINDS]
    assert len(set(ids)) == len(ids)
    assert set(GEOMETRIC) <= set(ids)
    assert is_known("length")
    assert not is_known("lenght")


@pytest.mark.parametrize("kind_id", GEOMETRIC)
def test_unfinished_ones_are_drawn_and_have_no_numbers(kind_id: str) -> None:
    kind = kind_of(kind_id)
    for count in range(1, kind.least):
        half = Annotation("u", kind_id, ANCHOR, PLACED[kind_id][:count])
        assert kind.drawing(half)
        kind.label_point(half)
        assert kind.readings(half, ground()) == ()


@pytest.mark.parametrize("kind_id", GEOMETRIC)
def test_drawings_hold_to_the_standards_numbers_of_points(kind_id: str) -> None:
    for graphic in kind_of(kind_id).drawing(placed(kind_id)):
        count = len(graphic.points)
        assert {GraphicType.CIRCLE: count == 2, GraphicType.ELLIPSE: count == 4}.get(graphic.type, count >= 2)


@pytest.mark.parametrize("kind_id", GEOMETRIC)
def test_moving_a_handle_puts_it_there_and_keeps_the_number_of_points(kind_id: str) -> None:
    kind, before = kind_of(kind_id), placed(kind_id)
    for handle in kind.handles(before):
        to = (before.points[handle][0] + 3.0, before.points[handle][1] - 2.0)
        after = kind.moved(before, handle, to, ground())
        assert len(after) == len(before.points)
        if kind_id != "bidirectional" or handle < 2:
            assert after[handle] == pytest.approx(to)
        assert all(each.value is not None for each in kind.readings(replace(before, points=after), ground()))


@pytest.mark.parametrize("kind_id", GEOMETRIC)
def test_moving_the_whole_changes_no_number(kind_id: str) -> None:
    kind, before = kind_of(kind_id), placed(kind_id)
    after = kind.shifted(before, 7.25, -3.5)
    for one, other in zip(kind.readings(before, ground()), kind.readings(after, ground()), strict=True):
        assert one.value == pytest.approx(other.value)


def test_codes_are_those_of_the_dictionaries() -> None:
    """Every SCT and DCM code of every kind's own modules means what pydicom's copy of PS3.16 says."""
    from pydicom.sr import _concepts_dict

    concepts: dict[str, dict[str, dict[str, object]]] = vars(_concepts_dict)["concepts"]
    known = {scheme: {value for entry in concepts[scheme].values() for value in entry} for scheme in ("SCT", "DCM")}
    modules = [*GEOMETRIC, "region_kind"]
    found = [
        value
        for name in modules
        for value in vars(importlib.import_module(f"viewer.measurement.kinds.{name}")).values()
        if isinstance(value, Code)
    ]
    assert len(found) > 12
    for code in found:
        assert code.scheme == "99NEGATOSCOPE" or code.value in known[code.scheme], code
    assert kind_of("length").code == (codes.SCT.Length.value, "SCT", codes.SCT.Length.meaning)
    assert kind_of("bidirectional").code == (codes.SCT.LongAxis.value, "SCT", codes.SCT.LongAxis.meaning)
    assert kind_of("cobb").code == (codes.SCT.CobbAngle.value, "SCT", codes.SCT.CobbAngle.meaning)
    assert kind_of("polyline").code == (codes.DCM.PathLength.value, "DCM", codes.DCM.PathLength.meaning)
    assert kind_of("ellipse").code == (codes.SCT.Area.value, "SCT", codes.SCT.Area.meaning)


def test_the_short_axis_is_offered_at_a_right_angle_in_the_patient() -> None:
    a, b, c, d = in_mm(placed("bidirectional"))
    assert (b - a) @ (d - c) == pytest.approx(0, abs=1e-9)
    assert (c + d) / 2 == pytest.approx((a + b) / 2)


@pytest.mark.parametrize("handle", range(4))
def test_axes_stay_at_a_right_angle_when_an_end_is_moved(handle: int) -> None:
    kind, before = kind_of("bidirectional"), placed("bidirectional")
    after = replace(before, points=kind.moved(before, handle, (33.0, 47.0), ground()))
    a, b, c, d = in_mm(after)
    assert (b - a) @ (d - c) == pytest.approx(0, abs=1e-9)
    assert not any(each.caution for each in kind.readings(after, ground()))
    if handle >= 2:  # the other end stays as far from the long axis as it was
        axis = (b - a) / np.linalg.norm(b - a)
        offs = [in_mm(each)[5 - handle] - a for each in (before, after)]
        away = [abs(axis[0] * off[1] - axis[1] * off[0]) for off in offs]
        assert away[0] == pytest.approx(away[1])


def test_axes_that_are_not_at_a_right_angle_are_told() -> None:
    askew: Points = ((10.0, 10.0), (50.0, 10.0), (20.0, 0.0), (40.0, 20.0))
    found = readings("bidirectional", askew, ground_on(image("CT", PixelSpacing=[1, 1])))
    assert [each.value for each in found] == pytest.approx([40.0, math.hypot(20, 20)])
    assert found[1].caution == "The axes are not at a right angle: 45°"


def test_the_longer_axis_is_the_long_one() -> None:
    points: Points = ((10.0, 10.0), (20.0, 10.0), (15.0, 0.0), (15.0, 30.0))
    long_axis, short_axis = readings("bidirectional", points, ground_on(image("CT", PixelSpacing=[1, 1])))
    assert (long_axis.value, short_axis.value) == (30, 10)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("tilt", [0.0, 3.0, 20.0, 62.5, 89.0])
def test_cobb_angles_do_not_depend_on_the_way_lines_are_drawn(tilt: float, upper: bool, lower: bool) -> None:
    """Two end plates tilted against each other by twice the tilt; 178 degrees is no 2 degrees."""
    x, y = 20 * math.cos(math.radians(tilt)), 20 * math.sin(math.radians(tilt))
    first: Points = ((100 - x, 100 + y), (100 + x, 100 - y))
    second: Points = ((100 - x, 200 - y), (100 + x, 200 + y))
    points = (*(first[::-1] if upper else first), *(second[::-1] if lower else second))
    found = main("cobb", points, ground_on(image("DX", ImagerPixelSpacing=[0.1, 0.1])))
    assert found.value == pytest.approx(2 * tilt, abs=1e-9)


def test_cobbs_perpendiculars_are_that_and_meet() -> None:
    annotation = placed("cobb")
    a, b, c, d, e, f = in_mm(annotation)
    assert (b - a) @ (e - (a + b) / 2) == pytest.approx(0, abs=1e-9)
    assert (d - c) @ (f - (c + d) / 2) == pytest.approx(0, abs=1e-9)
    near = placed("cobb", ((10.0, 10.0), (50.0, 40.0), (10.0, 90.0), (50.0, 60.0)))
    assert in_mm(near)[4] == pytest.approx(in_mm(near)[5])
    parallel = placed("cobb", ((10.0, 10.0), (50.0, 10.0), (10.0, 90.0), (50.0, 90.0)))
    assert len(parallel.points) == 4
    assert main("cobb", parallel.points, ground()).value == 0


def test_the_foot_is_on_the_line_at_a_right_angle() -> None:
    a, b, p, foot = in_mm(placed("perpendicular_distance"))
    assert (b - a) @ (p - foot) == pytest.approx(0, abs=1e-9)
    assert main("perpendicular_distance", PLACED["perpendicular_distance"], ground()).value == pytest.approx(
        np.linalg.norm(p - foot)
    )
    beyond = placed("perpendicular_distance", ((10.0, 10.0), (50.0, 10.0), (90.0, 40.0)))
    assert len(kind_of("perpendicular_distance").drawing(beyond)) == 3  # dashed on to the foot


def test_circles_are_round_in_mm_and_ellipses_in_pixels() -> None:
    annotation = placed("circle")
    kind = kind_of("circle")
    outline = kind.outline(annotation) if isinstance(kind, RegionKind) else None
    assert isinstance(outline, Ellipse)
    center = np.array((50 * 0.5, 50 * 0.8))
    away = [np.linalg.norm(np.array((x * 0.5, y * 0.8)) - center) for x, y in outline.outline]
    assert away == pytest.approx([math.hypot(5, 4)] * len(away))
    (drawn,) = kind.drawing(annotation)
    assert drawn.type is GraphicType.ELLIPSE
    (round_one,) = kind.drawing(placed("circle", on=ground_on(image("CT", PixelSpacing=[1, 1]))))
    assert round_one.type is GraphicType.CIRCLE
    diameter = next(each for each in kind.readings(annotation, ground()) if each.title == "Diameter")
    assert diameter.value == pytest.approx(2 * math.hypot(5, 4))


def test_an_ellipse_turned_in_the_patient_keeps_its_area_and_is_drawn_where_it_is() -> None:
    kind, before = kind_of("ellipse"), placed("ellipse")
    after = replace(before, points=kind.moved(before, 1, (47.0, 33.0), ground()))
    a, b, c, d = in_mm(after)
    assert (b - a) @ (d - c) == pytest.approx(0, abs=1e-9)
    assert np.linalg.norm(d - c) == pytest.approx(16.0)  # the other axis as long as it was: 20 rows of 0.8 mm
    expected = math.pi * np.linalg.norm(b - a) / 2 * 8.0
    assert kind.readings(after, ground())[0].value == pytest.approx(expected)
    (drawn,) = kind.drawing(after)
    major, minor = np.array(drawn.points[:2]), np.array(drawn.points[2:])
    assert (major[1] - major[0]) @ (minor[1] - minor[0]) == pytest.approx(0, abs=1e-9)
    assert np.linalg.norm(major[1] - major[0]) >= np.linalg.norm(minor[1] - minor[0])
    assert isinstance(kind, RegionKind)
    outline = kind.outline(after)
    middle, half, other = major.mean(axis=0), (major[1] - major[0]) / 2, (minor[1] - minor[0]) / 2
    for x, y in outline.outline[::64]:
        off = np.array((x, y)) - middle
        assert (off @ half / (half @ half)) ** 2 + (off @ other / (other @ other)) ** 2 == pytest.approx(1)


def test_a_frame_drawn_in_any_direction_is_the_same_ellipse() -> None:
    corners = [((10.0, 10.0), (50.0, 30.0)), ((50.0, 30.0), (10.0, 10.0)), ((10.0, 30.0), (50.0, 10.0))]
    assert len({placed("ellipse", pair).points for pair in corners}) == 1


def test_the_way_of_the_hand_is_kept_but_for_where_it_rested() -> None:
    points: Points = ((1.0, 1.0), (1.0, 1.0), (5.0, 1.0), (5.0, 5.0), (5.0, 5.0), (1.0, 1.0))
    assert placed("freehand", points).points == ((1.0, 1.0), (5.0, 1.0), (5.0, 5.0))


def test_a_bent_outline_stays_whole() -> None:
    kind, before = kind_of("freehand"), placed("freehand")
    handles = kind.handles(before)
    assert len(handles) == 16
    after = kind.moved(before, handles[3], (before.points[handles[3]][0] + 6, before.points[handles[3]][1]), ground())
    moved = [math.dist(a, b) for a, b in zip(before.points, after, strict=True)]
    assert max(moved) == moved[handles[3]] == pytest.approx(6)
    assert moved[handles[2]] < 0.5
    assert moved[handles[4]] < 0.5
    assert moved[handles[10]] == 0


def test_splines_are_scipys_through_every_point() -> None:
    points = np.array(PLACED["spline"])
    ring = np.concatenate((points, points[:1]))
    tangents = (np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)) / 2
    curve = CubicHermiteSpline(np.arange(5), ring, np.concatenate((tangents, tangents[:1])))
    places = np.arange(4 * STEPS) / STEPS
    assert np.array(smooth_outline(PLACED["spline"])) == pytest.approx(curve(places))
    slope = curve.derivative()
    fine = np.linspace(0, 4, 20001)
    xs, ys = curve(fine).T
    dxs, dys = slope(fine).T
    exact = abs(np.trapezoid(xs * dys - ys * dxs, fine)) / 2
    found = main("spline", PLACED["spline"], ground_on(image("CT", PixelSpacing=[1, 1])))
    assert found.value == pytest.approx(exact, rel=1e-3)


def test_self_crossing_outlines_are_told_beside_their_area() -> None:
    bow: Points = ((10.0, 10.0), (20.0, 20.0), (20.0, 10.0), (10.0, 20.0))
    found = readings("polygon", bow, ground_with(np.ones((40, 40), np.uint8)))
    assert found[0].value == pytest.approx(50 * 0.25)
    assert "crosses itself" in found[0].caution


def test_angles_are_precise_at_their_ends() -> None:
    assert angle_deg((1.0, 0.0), (1.0, 1e-9)) == pytest.approx(math.degrees(1e-9), rel=1e-12)
    assert angle_deg((1.0, 0.0), (-1.0, 1e-9)) == pytest.approx(180 - math.degrees(1e-9), rel=1e-15)
    assert angle_deg((0.0, 0.0), (1.0, 0.0)) is None
