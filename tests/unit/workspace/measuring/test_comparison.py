"""Lesions over studies: changes, sums of diameters, and what RECIST 1.1 says of the sum, worked out by hand."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.builders.annotations import image_anchor
from viewer.dicom.codes import Code
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.bidirectional import LONG_AXIS, SHORT_AXIS
from viewer.measurement.kinds.length import LENGTH
from viewer.measurement.reading import HOUNSFIELD, MILLIMETER, PIXEL, Reading, Unit
from viewer.workspace.measuring.comparison import Comparison, Timepoint, change_between, compare
from viewer.workspace.measuring.lesions import (
    NODE,
    ROLE,
    STATE,
    LesionState,
    Role,
    joined,
    lesion_of,
    own_name,
    pairs_by_name,
    renamed,
    with_node,
    with_parameter,
)

DATES = ("2026-01-05", "2026-03-05", "2026-05-05", "2026-07-05")


def axes(
    name: str,
    study: int,
    long: float | None,
    short: float | None = None,
    *,
    unit: Unit = MILLIMETER,
    source: str = "mm",
    role: Role = Role.TARGET,
    is_node: bool = False,
    refusal: str = "",
) -> Annotation:
    readings = (
        Reading(LONG_AXIS, "Long axis", long, unit, source, refusal=refusal),
        Reading(SHORT_AXIS, "Short axis", short, unit, source, refusal=refusal),
    )
    made = Annotation(
        f"{name}-{study}",
        "bidirectional",
        image_anchor(f"1.{study}"),
        ((0.0, 0.0),) * 4,
        tracking_id=name,
        tracking_uid=f"2.25.{name}",
        readings=readings,
    )
    return with_node(with_parameter(made, ROLE, role.value), is_node=is_node)


def compared(marks: Sequence[Annotation], studies: int, baseline: str = "") -> Comparison:
    times = [Timepoint(f"1.{number}", DATES[number]) for number in range(studies)]
    by_study: dict[str, list[Annotation]] = {time.study_instance_uid: [] for time in times}
    for mark in marks:
        by_study[mark.anchor.study_instance_uid].append(mark)
    return compare(reversed(times), by_study, baseline)


def test_sums_add_long_axes_and_the_short_axes_of_nodes() -> None:
    marks = [
        axes("A", 0, 30.25, 20.0),
        axes("B", 0, 40.0, 17.5, is_node=True),
        axes("C", 0, 99.0, role=Role.NON_TARGET),
    ]
    found = compared(marks, 1)
    (total,) = found.sums
    assert total.value_mm == 30.25 + 17.5
    assert [each.name for each in found.lesions] == ["A", "B", "C"]
    assert found.baseline == 0


@pytest.mark.parametrize(
    ("sizes", "categories"),
    [
        ((100.0, 71.0, 70.0), ["", "SD", "PR"]),
        ((100.0, 119.9, 120.0), ["", "SD", "PD"]),
        ((100.0, 50.0, 60.0), ["", "PR", "PD"]),  # 40 % below baseline, and 20 % above the smallest
        ((20.0, 10.0, 14.9), ["", "PR", "SD"]),  # 49 % up, but less than 5 mm, and 25.5 % below baseline
        ((20.0, 10.0, 15.0), ["", "PR", "PD"]),
        ((0.3, 0.21, 0.1), ["", "PR", "PR"]),  # 30 % exactly, whatever binary numbers make of it
    ],
)
def test_the_sum_alone_is_judged_by_the_rules(sizes: Sequence[float], categories: list[str]) -> None:
    found = compared([axes("A", place, size) for place, size in enumerate(sizes)], len(sizes))
    assert [each.category for each in found.sums] == categories
    assert all("RECIST 1.1, 4.3.1" in each.reason for each in found.sums[1:])


def test_a_lesion_that_is_gone_counts_nothing_and_a_normal_node_is_complete() -> None:
    node = [axes("N", 0, 30.0, 20.0, is_node=True), axes("N", 1, 20.0, 9.9, is_node=True)]
    gone = with_parameter(axes("A", 1, None, refusal="no"), STATE, LesionState.ABSENT.value)
    found = compared([*node, axes("A", 0, 20.0), gone], 2)
    assert [each.value_mm for each in found.sums] == [40.0, 9.9]
    assert found.sums[1].category == "CR"
    assert not found.sums[1].caution.count("Scales")
    later = compared([*node, axes("N", 2, 20.0, 10.0, is_node=True)], 3)
    assert [each.category for each in later.sums] == ["", "CR", "PR"]


def test_what_is_too_small_counts_five_millimeters() -> None:
    small = with_parameter(axes("A", 1, None, refusal="no"), STATE, LesionState.TOO_SMALL.value)
    found = compared([axes("A", 0, 20.0), small], 2)
    assert found.sums[1].value_mm == 5.0
    assert found.sums[1].category == "PR"
    assert "5 mm" in found.sums[1].caution


def test_a_sum_needs_every_target() -> None:
    found = compared([axes("A", 0, 20.0), axes("B", 0, 20.0), axes("A", 1, 10.0)], 2)
    assert found.sums[1].value_mm is None
    assert "B" in found.sums[1].refusal
    assert not found.sums[1].category


def test_pixels_and_refused_numbers_are_never_added() -> None:
    pixels = compared([axes("A", 0, 20.0), axes("B", 0, 20.0, unit=PIXEL)], 1)
    assert pixels.sums[0].value_mm is None
    assert "px" in pixels.sums[0].refusal
    refused = compared([axes("A", 0, None, refusal="truncated")], 1)
    assert "truncated" in refused.sums[0].refusal


def test_without_a_sum_in_between_the_smallest_is_not_known() -> None:
    found = compared([axes("A", 0, 20.0), axes("A", 2, 40.0)], 3)
    assert found.sums[2].baseline_percent == 100.0
    assert found.sums[2].nadir_mm is None
    assert not found.sums[2].category


def test_studies_of_no_order_give_no_category() -> None:
    times = [Timepoint("1.0", ""), Timepoint("1.1", "2026-01-01")]
    found = compare(times, {"1.0": [axes("A", 0, 20.0)], "1.1": [axes("A", 1, 10.0)]})
    assert not any(each.category for each in found.sums)
    assert any("order" in each for each in found.cautions)


def test_other_scales_are_told() -> None:
    found = compared([axes("A", 0, 20.0), axes("A", 1, 30.0, source="mm (cal. fiducial)")], 2)
    value = found.lesions[0].values[1]
    assert value is not None
    assert value.from_baseline is not None
    assert value.from_baseline.amount == 10.0
    assert "cal. fiducial" in value.from_baseline.caution
    assert "Not the same scale" in found.sums[1].caution
    mixed = compared([axes("A", 0, 20.0), axes("B", 0, 20.0, source="mm (cal. fiducial)")], 1)
    assert "different sources" in mixed.sums[0].caution


def test_changes_are_never_across_units_or_quantities() -> None:
    millimeters = Reading(LENGTH, "Length", 10.0, MILLIMETER)
    assert change_between(millimeters, replace(millimeters, unit=PIXEL)).amount is None
    assert change_between(millimeters, replace(millimeters, code=LONG_AXIS)).amount is None
    mean = Code("373098007", "SCT", "Mean")
    assert change_between(millimeters, replace(millimeters, derivation=mean)).amount is None
    density = Reading(Code("112031", "DCM", "Attenuation Coefficient"), "Mean", 40.0, HOUNSFIELD, derivation=mean)
    change = change_between(density, replace(density, value=60.0))
    assert (change.amount, change.percent) == (20.0, None)
    assert change_between(replace(millimeters, value=0.0), millimeters).percent is None
    assert change_between(None, millimeters).amount is None


def test_of_several_marks_the_greatest_diameter_counts_and_that_is_said() -> None:
    first, second = axes("A", 0, 20.0), replace(axes("A", 0, 25.0), uid="other")
    found = compared([first, second], 1)
    value = found.lesions[0].values[0]
    assert value is not None
    assert value.reading is not None
    assert value.reading.value == 25.0
    assert "2 marks" in value.caution


def test_a_single_line_is_a_diameter_and_an_area_is_none() -> None:
    line = Annotation("l", "length", image_anchor("1.0"), (), readings=(Reading(LENGTH, "Length", 12.0, MILLIMETER),))
    line = with_parameter(line, ROLE, Role.TARGET.value)
    assert compared([line], 1).sums[0].value_mm == 12.0
    node = compared([with_parameter(line, NODE, "yes")], 1)
    assert node.sums[0].value_mm == 12.0
    assert "short axis" in node.sums[0].caution
    area = replace(line, kind="ellipse", readings=(replace(line.readings[0], code=Code("42798000", "SCT", "Area")),))
    assert compared([area], 1).sums[0].value_mm is None


def test_limits_of_targets_are_told() -> None:
    liver = Code("10200004", "SCT", "Liver")
    marks = [replace(axes(name, 0, 9.0), site=liver) for name in "ABCDEF"]
    told = " ".join(compared(marks, 1).cautions)
    assert "More than 5" in told
    assert "More than 2 target lesions in one organ: Liver" in told
    assert "below 10 mm at baseline" in told


def test_new_lesions_are_named_where_they_are() -> None:
    found = compared([axes("A", 0, 20.0), axes("A", 1, 20.0), axes("N", 1, 8.0, role=Role.NEW)], 2)
    assert found.new == ((), ("N",))
    assert found.sums[1].value_mm == 20.0


def test_the_reader_chooses_the_baseline() -> None:
    found = compared([axes("A", place, size) for place, size in enumerate((50.0, 20.0, 22.0))], 3, "1.1")
    assert found.baseline == 1
    assert found.sums[2].baseline_mm == 2.0
    assert found.sums[0].baseline_mm is None


# Which mark is which lesion


def test_equal_names_pair_marks_of_different_studies_only() -> None:
    old = replace(axes("L1", 0, 20.0), tracking_uid="")
    new = replace(axes("l1", 1, 20.0), tracking_uid="", parameters=())
    found = pairs_by_name([old, new])
    assert lesion_of(found[new.uid]) == old.uid
    assert found[new.uid].parameter(ROLE) == "target"
    assert pairs_by_name([old, new, replace(new, uid="twice")]) == {}
    assert pairs_by_name([old, found[new.uid]]) == {}


def test_a_mark_is_renamed_where_its_name_stands() -> None:
    line = Annotation("l", "length", image_anchor(), ())
    assert renamed(line, "홍반 1").tracking_id == "홍반 1"
    words = replace(line, text="old\nmore")
    assert renamed(words, "new").text == "new\nmore"
    assert own_name(renamed(words, "new")) == "new"
    label = replace(line, kind="text", text="old", tracking_id="t")
    assert renamed(label, "new").text == "new"
    assert joined(line, words).tracking_id == "old"
