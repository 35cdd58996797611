"""Cardiothoracic ratio, leg length and hip angles against trigonometry on shapes built, turned and stretched here."""

import cmath
import math
import random

import pytest

from viewer.dicom.pixel_spacing import PixelSpacing, SpacingSource
from viewer.dicom.ultrasound_regions import SpatialFormat, UltrasoundRegion, Unit
from viewer.measurement.annotation import Annotation, ImageAnchor, Point
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.cardiothoracic_ratio import CardiothoracicRatio
from viewer.measurement.kinds.hip_alpha_angle import HipAlphaAngle
from viewer.measurement.kinds.hip_ce_angle import REFERENCE, VERTICAL, HipCeAngle
from viewer.measurement.kinds.kind import Kind
from viewer.measurement.kinds.leg_length import LegLength
from viewer.measurement.reading import Reading
from viewer.measurement.sides import FIRST_SIDE

ANCHOR = ImageAnchor("1.2", "1.2.3", "1.2.840.10008.5.1.4.1.1.1.1", "1.2.3.4")


def ground(row_mm: float = 0.14, column_mm: float = 0.14, source: SpacingSource = SpacingSource.CALIBRATED) -> Ground:
    return Ground(4000, 4000, PixelSpacing(row_mm, column_mm, source), aspect=row_mm / column_mm, modality="DX")


def read(kind: Kind, on: Ground, points: list[Point], **parameters: str) -> list[Reading]:
    mark = Annotation("1", kind.id, ANCHOR, tuple(points), parameters=tuple(sorted(parameters.items())))
    assert kind.drawing(mark)
    return list(kind.readings(mark, on))


def placed(places_mm: list[complex], turn_deg: float, row_mm: float, column_mm: float) -> list[Point]:
    """Turn places in mm (x to the right, y down) about the origin, shift them, and give them as image points."""
    turn = cmath.exp(1j * math.radians(turn_deg))
    moved = [place * turn + complex(260, 240) for place in places_mm]
    return [(place.real / column_mm, place.imag / row_mm) for place in moved]


def test_the_cardiothoracic_ratio_in_a_few_hundred_turned_and_stretched_chests() -> None:
    random.seed(3)
    for _case in range(300):
        row, column = random.uniform(0.1, 0.3), random.uniform(0.1, 0.3)
        right, left = random.uniform(20, 60), random.uniform(50, 90)
        inner_right, inner_left = random.uniform(60, 150), random.uniform(95, 150)
        chest = [complex(0, -90), complex(0, 90), complex(-right, 20), complex(left, 40)]
        chest += [complex(-inner_right, 70), complex(inner_left, 75)]
        points = placed(chest, random.uniform(-180, 180), row, column)
        ratio, one, other, thorax = read(CardiothoracicRatio(), ground(row, column), points)
        assert ratio.value == pytest.approx(100 * (right + left) / (inner_right + inner_left), rel=1e-9)
        assert ratio.unit.ucum == "%"
        assert [one.value, other.value, thorax.value] == pytest.approx([right, left, inner_right + inner_left])
        assert one.unit.ucum == "mm"


def test_a_ratio_needs_no_spacing_but_true_proportions() -> None:
    chest = [complex(0, -90), complex(0, 90), complex(-40, 20), complex(60, 40), complex(-100, 70), complex(100, 75)]
    unscaled = Ground(4000, 4000, aspect=2.0)
    ratio, one, *_rest = read(CardiothoracicRatio(), unscaled, placed(chest, 33.0, 0.4, 0.2))
    assert ratio.value == pytest.approx(50.0)
    assert one.unit.symbol == "px"
    wrong = Ground(4000, 4000, PixelSpacing(problem="x"))
    (refusal,) = read(CardiothoracicRatio(), wrong, placed(chest, 0.0, 0.2, 0.2))
    assert refusal.refusal


@pytest.mark.parametrize(
    "chest",
    [
        [0, 0, -40 + 20j, 60 + 40j, -100, 100],
        [-90j, 90j, 40 + 20j, 60 + 40j, -100, 100],
        [-90j, 90j, -40 + 20j, 60 + 40j, 90, 100],
        [-90j, 90j, -40 + 20j, 60 + 40j, -30, 50],
    ],
)
def test_chests_that_make_no_sense_are_refused(chest: list[complex]) -> None:
    (refusal,) = read(CardiothoracicRatio(), ground(), placed([complex(each) for each in chest], 5.0, 0.14, 0.14))
    assert refusal.value is None
    assert refusal.refusal


def test_sides_are_named_only_when_the_reader_says_them() -> None:
    chest = [complex(0, -90), complex(0, 90), complex(-40, 20), complex(60, 40), complex(-100, 70), complex(100, 75)]
    points = placed(chest, 0.0, 0.14, 0.14)
    for side, titles in (("", ["Heart, 1st side", "Heart, 2nd side"]), ("L", ["Heart, left", "Heart, right"])):
        found = read(CardiothoracicRatio(), ground(), points, **{FIRST_SIDE: side})
        assert [each.title for each in found[1:3]] == titles
    assert read(CardiothoracicRatio(), ground(), points, **{FIRST_SIDE: "L"})[1].code.value == "heart-width-l"


def test_leg_lengths_and_their_difference() -> None:
    legs = [
        complex(-90, -400),
        complex(-80, 30),
        complex(-85, 400),
        complex(90, -395),
        complex(82, 28),
        complex(84, 390),
    ]
    points = placed(legs, 12.0, 0.2, 0.1)
    difference, total, femur, tibia, *others = read(LegLength(), ground(0.2, 0.1), points)
    expected = [abs(legs[0] - legs[2]), abs(legs[0] - legs[1]), abs(legs[1] - legs[2])]
    assert [total.value, femur.value, tibia.value] == pytest.approx(expected)
    assert difference.value == pytest.approx(abs(legs[0] - legs[2]) - abs(legs[3] - legs[5]))
    assert others[0].value == pytest.approx(abs(legs[3] - legs[5]))
    assert not any(each.caution for each in (total, femur, tibia))
    named = read(LegLength(), ground(0.2, 0.1), points, **{FIRST_SIDE: "L"})
    assert named[0].value == pytest.approx(-difference.value if difference.value else 0.0)
    assert named[0].title == "Right − left"
    assert [each.title for each in named[1:]] == [
        "Left leg",
        "Left femur",
        "Left tibia",
        "Right leg",
        "Right femur",
        "Right tibia",
    ]
    assert len(read(LegLength(), ground(), points[:3])) == 3
    assert len(read(LegLength(), ground(), points[:5])) == 3


def test_lengths_at_the_detector_say_that_they_are_magnified() -> None:
    points = placed([complex(0, -400), complex(0, 0), complex(0, 400)], 0.0, 0.14, 0.14)
    for source, is_told in ((SpacingSource.DETECTOR, True), (SpacingSource.FIDUCIAL, False)):
        found = read(LegLength(), ground(source=source), points)
        assert all(bool(each.caution) is is_told for each in found)
        assert found[0].source == source.value
    assert all(each.caution for each in read(LegLength(), Ground(4000, 4000), points))
    assert all(each.refusal for each in read(LegLength(), Ground(4000, 4000, refusal="truncated"), points))


def hips(first_deg: float, second_deg: float) -> list[complex]:
    """Heads 180 mm apart; the edges above them, at angles from the vertical, positive outwards."""
    up = [complex(math.sin(math.radians(angle)), -math.cos(math.radians(angle))) for angle in (first_deg, second_deg)]
    return [
        complex(-90, 0),
        complex(-90 - 35 * up[0].real, 35 * up[0].imag),
        complex(90, 0),
        complex(90, 0) + 30 * up[1],
    ]


def test_centre_edge_angles_of_both_hips_however_the_pelvis_lies() -> None:
    random.seed(11)
    for _case in range(300):
        one, other, turn = random.uniform(-30, 60), random.uniform(-30, 60), random.uniform(-180, 180)
        row, column = random.uniform(0.1, 0.3), random.uniform(0.1, 0.3)
        points = placed(hips(one, other), turn, row, column)
        found = read(HipCeAngle(), ground(row, column), points)
        assert [each.value for each in found] == pytest.approx([one, other], abs=1e-6)
        swapped = read(HipCeAngle(), ground(row, column), [*points[2:], *points[:2]])
        assert [each.value for each in swapped] == pytest.approx([other, one], abs=1e-6)
        (single,) = read(HipCeAngle(), ground(row, column), points[:3])
        assert single.value == pytest.approx(one, abs=1e-6)
        assert single.unit.ucum == "deg"


def test_the_images_vertical_can_stand_for_that_of_the_pelvis() -> None:
    points = placed(hips(25.0, 31.0), 4.0, 0.14, 0.14)
    found = read(HipCeAngle(), ground(), points, **{REFERENCE: VERTICAL})
    # Turned clockwise by 4°, what points up and to the left is 4° nearer to the vertical.
    assert [each.value for each in found] == pytest.approx([21.0, 35.0])


def test_hips_of_one_point_are_refused() -> None:
    points = placed(hips(25.0, 31.0), 0.0, 0.14, 0.14)
    assert read(HipCeAngle(), ground(), [points[0], points[0], points[2]])[0].refusal
    assert read(HipCeAngle(), ground(), [points[0], points[1], points[0]])[0].refusal
    assert read(HipCeAngle(), ground(), [points[0], points[1], (points[0][0], 9.0)], **{REFERENCE: VERTICAL})[0].refusal


def test_alpha_and_beta_of_an_infants_hip_on_ultrasound() -> None:
    random.seed(5)
    image = UltrasoundRegion(
        0,
        0,
        799,
        599,
        SpatialFormat.TWO_D,
        1,
        0,
        (0.0, 0.0),
        (0.0, 0.0),
        (0.011, 0.007),
        Unit.CENTIMETER,
        Unit.CENTIMETER,
    )
    on = Ground(600, 800, regions=(image,), modality="US")
    for _case in range(200):
        alpha, beta, base = random.uniform(30, 80), random.uniform(30, 89), random.uniform(-180, 180)
        ways = [cmath.exp(1j * math.radians(angle)) for angle in (base, base + alpha, base - beta)]
        ends = [(complex(4, 2), complex(4, 2) + way * random.choice((-1, 1))) for way in ways]
        points = [(place.real / 0.011, place.imag / 0.007) for pair in ends for place in pair]
        found = read(HipAlphaAngle(), on, points)
        assert [each.value for each in found] == pytest.approx([alpha, beta], abs=1e-6)
        assert [each.value for each in read(HipAlphaAngle(), on, points[:5])] == pytest.approx([alpha], abs=1e-6)
    assert read(HipAlphaAngle(), on, [(1.0, 1.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0)])[0].refusal
    assert read(HipAlphaAngle(), on, [(1.0, 1.0), (5.0, 1.0), (2.0, 2.0), (3000.0, 3.0)])[0].refusal


@pytest.mark.parametrize("kind", [CardiothoracicRatio(), LegLength(), HipCeAngle(), HipAlphaAngle()])
def test_all_can_be_drawn_while_they_are_placed(kind: Kind) -> None:
    points = [(10.0 * number, 7.0 * number % 50) for number in range(kind.most or 0)]
    for count in range(1, len(points) + 1):
        mark = Annotation("1", kind.id, ANCHOR, tuple(points[:count]))
        drawn = {point for graphic in kind.drawing(mark) for point in graphic.points}
        assert set(points[:count]) <= drawn
        assert bool(kind.readings(mark, ground())) == (count >= kind.least)
