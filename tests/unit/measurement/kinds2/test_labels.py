"""Labels: what comes after one, the codes of what they name (against pydicom's dictionaries), where they stand."""

import math

import pytest

from viewer.dicom.graphic_objects import GraphicType
from viewer.dicom.image_plane import ImagePlane
from viewer.measurement.annotation import Annotation, ImageAnchor, Point
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.arrow import Arrow
from viewer.measurement.kinds.callout import Callout
from viewer.measurement.kinds.kind import Kind
from viewer.measurement.kinds.marker import Marker
from viewer.measurement.kinds.rib_label import RibLabel
from viewer.measurement.kinds.spine_label import SpineLabel
from viewer.measurement.kinds.text import Text
from viewer.measurement.label_places import point_on, point_patient
from viewer.measurement.sequence_labels import (
    RIBS,
    SPINE,
    following_rib,
    following_vertebra,
    rib_side,
    suggested_number,
    suggested_rib,
    suggested_vertebra,
    vertebra_code,
)

ANCHOR = ImageAnchor("1.2", "1.2.3", "1.2.840.10008.5.1.4.1.1.2", "1.2.3.4")


def marked(kind: Kind, *points: Point, text: str = "") -> Annotation:
    return Annotation("1.2.3.4.5", kind.id, ANCHOR, points, text)


def test_the_spine_is_counted_from_the_atlas_to_the_sacrum_and_back() -> None:
    assert len(SPINE) == 25
    label, down = "C1", ["C1"]
    while label := following_vertebra(label):
        down.append(label)
    assert down == [f"C{n}" for n in range(1, 8)] + [f"T{n}" for n in range(1, 13)] + [f"L{n}" for n in range(1, 6)] + [
        "S1"
    ]
    label, up = "S1", ["S1"]
    while label := following_vertebra(label, -1):
        up.append(label)
    assert up == down[::-1]


@pytest.mark.parametrize(
    ("label", "step", "after"),
    [
        ("T13", 1, "L1"),
        ("T13", -1, "T12"),
        ("L6", 1, "S1"),
        ("L6", -1, "L5"),
        ("l4", 1, "L5"),
        ("T 7", -1, "T6"),
        ("C8", 1, ""),
        ("C1", -1, ""),
        ("S1", 1, ""),
        ("S2", -1, "S1"),
        ("T0", 1, ""),
        ("disc", 1, ""),
        ("", 1, ""),
    ],
)
def test_variants_and_other_words(label: str, step: int, after: str) -> None:
    assert following_vertebra(label, step) == after


@pytest.mark.parametrize(
    ("before", "next_one"),
    [
        ([], "C1"),
        (["L5"], "S1"),
        (["L5", "L4"], "L3"),
        (["L1", "T12"], "T11"),
        (["T11", "T12", "T13"], "L1"),
        (["T11", "L1"], "L2"),  # no T12
        (["L4", "L5", "L6"], "S1"),
        (["L5", "L4", "L5"], "S1"),
        (["S1", "L5"], "L4"),
        (["C1"], "C2"),
        (["tumour"], ""),
    ],
)
def test_the_next_label_goes_on_as_the_last_two_went(before: list[str], next_one: str) -> None:
    assert suggested_vertebra(before) == next_one
    assert SpineLabel().suggested_text(before) == next_one


def test_a_label_that_is_placed_already_is_not_suggested() -> None:
    assert suggested_vertebra(["T2", "T1"]) == "C7"
    assert suggested_vertebra(["T2", "T3", "T1"]) == "C7"
    assert suggested_vertebra(["T2", "T1", "x", "T1"]) == ""


def test_ribs_are_counted_on_either_side() -> None:
    assert len(RIBS) == 24
    assert [following_rib(label) for label in ("R1", "r11", "R12", "L3", "L13", "x")] == ["R2", "R12", "", "L4", "", ""]
    assert following_rib("L13", -1) == "L12"
    assert suggested_rib([]) == "R1"
    assert suggested_rib(["L9", "L8"]) == "L7"
    assert RibLabel().suggested_text(["R1", "R2"]) == "R3"


def test_markers_are_counted_on_from_the_highest() -> None:
    assert suggested_number([]) == "1"
    assert suggested_number(["1", "A", "7", "3"]) == "8"
    assert Marker().suggested_text(["²"]) == "1"


def test_codes_of_labels_are_those_of_the_dictionaries() -> None:
    from pydicom.sr.codedict import codes

    for label in SPINE[:-1]:
        code = vertebra_code(label)
        assert code is not None
        known = getattr(codes.SCT, f"{label}Vertebra")
        assert (code.value, code.scheme, code.meaning) == (known.value, "SCT", known.meaning)
    for code, keyword in (
        (vertebra_code("S1"), "Sacrum"),
        (vertebra_code("S3"), "Sacrum"),
        (vertebra_code("L6"), "Vertebra"),
        (vertebra_code("T13"), "Vertebra"),
        (RibLabel().site("R4"), "Rib"),
        (rib_side("R4"), "Right"),
        (rib_side("L11"), "Left"),
    ):
        assert code is not None
        known = getattr(codes.SCT, keyword)
        assert (code.value, code.meaning) == (known.value, known.meaning)
    assert vertebra_code("L7") is None
    assert SpineLabel().site("mass") is None
    assert rib_side("T4") is None
    assert Marker().site("1") is None


def test_labels_stand_in_the_patient_and_appear_on_other_planes() -> None:
    sagittal = ImagePlane((12.0, -100.0, 300.0), (0.0, 1.0, 0.0), (0.0, 0.0, -1.0), 0.75, 0.5)
    label = marked(SpineLabel(), (40.5, 80.5), text="L1")
    place = point_patient(label, sagittal)
    assert place == pytest.approx((12.0, -100.0 + 40 * 0.5, 300.0 - 80 * 0.75))
    axial = ImagePlane((-50.0, -120.0, 238.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), 0.4, 0.8)
    (column, row), distance = point_on(place, axial)
    assert (column, row) == pytest.approx((62.0 / 0.8 + 0.5, 40.0 / 0.4 + 0.5))
    assert distance == pytest.approx(2.0)
    assert SpineLabel.is_everywhere
    assert RibLabel.is_everywhere
    assert not Marker.is_everywhere


def test_labels_are_drawn_and_have_no_numbers() -> None:
    for kind in (Arrow(), Callout(), Text(), Marker(), SpineLabel(), RibLabel()):
        points = ((3.0, 4.0), (9.0, 2.0))[: kind.most]
        mark = marked(kind, *points, text="x")
        assert kind.readings(mark, Ground(10, 10)) == ()
        assert all(math.isfinite(part) for graphic in kind.drawing(mark) for point in graphic.points for part in point)
    (arrow,) = Arrow().drawing(marked(Arrow(), (1.0, 1.0), (5.0, 5.0)))
    assert arrow.style.has_arrow
    assert arrow.points[-1] == (1.0, 1.0)  # the head is at what was placed first
    assert Arrow().label_point(marked(Arrow(), (9.0, 1.0), (5.0, 5.0))) == (5.0, 5.0)
    target, line = Callout().drawing(marked(Callout(), (1.0, 1.0), (5.0, 5.0)))
    assert (target.type, target.points) == (GraphicType.POINT, ((1.0, 1.0),))
    assert line.points == ((1.0, 1.0), (5.0, 5.0))
    assert Callout().label_point(marked(Callout(), (9.0, 1.0), (5.0, 5.0))) == (5.0, 5.0)
