"""Volumes of regions over slices: against cones, oblique and irregular stacks worked out apart, with gaps told."""

import math
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from viewer.dicom.image_plane import ImagePlane, Vector
from viewer.dicom.pixel_spacing import PixelSpacing, SpacingSource
from viewer.imaging.image_ref import ImageRef
from viewer.measurement.annotation import Annotation, ImageAnchor, PlaneAnchor
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.stacked_volume import StackedVolume
from viewer.workspace.measuring.annotation_book import AnnotationBook
from viewer.workspace.measuring.stacking import StackVolume, stack_of, stack_readings, stack_readings_at, stack_volume

if TYPE_CHECKING:
    from viewer.dicom.instance_header import InstanceHeader
    from viewer.workspace.workspace import Workspace

TILT = math.radians(20)
ROW: Vector = (1.0, 0.0, 0.0)
COLUMN: Vector = (0.0, math.cos(TILT), math.sin(TILT))
NORMAL = np.cross(ROW, COLUMN)


def plane(along_mm: float) -> ImagePlane:
    x, y, z = (np.array([5.0, 7.0, 11.0]) + NORMAL * along_mm).tolist()
    return ImagePlane((x, y, z), ROW, COLUMN, 0.5, 0.25)


def volume(found: StackVolume | str) -> StackVolume:
    assert isinstance(found, StackVolume), found
    return found


def test_a_cone_cut_into_slices_comes_near_its_volume_and_is_just_the_sum() -> None:
    height, radius, step = 90.0, 40.0, 1.5
    at = np.arange(step / 2, height, step)
    areas = math.pi * (radius * at / height) ** 2
    found = volume(stack_volume([(plane(p), a) for p, a in zip(at, areas, strict=True)], map(plane, at)))
    assert found.volume_mm3 == pytest.approx(areas.sum() * step, rel=1e-9)
    assert found.volume_mm3 == pytest.approx(math.pi * radius**2 * height / 3, rel=1e-3)
    assert found.spacing_mm == pytest.approx(step)
    assert (found.slices, found.gaps, found.caution) == (60, (), "")


@pytest.mark.parametrize("is_turned", [False, True])
def test_the_order_and_the_direction_of_slices_do_not_matter(is_turned: bool) -> None:
    places = [0.0, 3.0, 6.0, 9.0]
    drawn = [(plane(3.0), 100.0), (plane(6.0), 50.0)]
    found = volume(stack_volume(drawn[::-1] if is_turned else drawn, [plane(at) for at in places[::-1]]))
    assert found.volume_mm3 == pytest.approx(450.0)


def test_slices_without_a_region_between_others_are_told_and_count_for_nothing() -> None:
    places = [2.0 * number for number in range(10)]
    found = volume(stack_volume([(plane(at), 10.0) for at in (2.0, 4.0, 12.0)], map(plane, places)))
    assert found.volume_mm3 == pytest.approx(3 * 10.0 * 2.0)
    (gap,) = found.gaps
    assert gap.width_mm == pytest.approx(8.0)
    assert (gap.undrawn, gap.missing) == (3, 0)
    assert "3" in found.caution


def test_slices_missing_in_the_series_are_not_bridged() -> None:
    places = [0.0, 2.0, 4.0, 10.0, 12.0, 14.0]
    found = volume(stack_volume([(plane(at), 10.0) for at in places], map(plane, places)))
    assert found.volume_mm3 == pytest.approx(6 * 10.0 * 2.0)
    (gap,) = found.gaps
    assert gap.after_mm - float(NORMAL @ [5.0, 7.0, 11.0]) == pytest.approx(4.0)
    assert (gap.undrawn, gap.missing) == (0, 2)
    assert found.is_uneven


def test_uneven_slices_stand_for_the_space_to_half_way() -> None:
    places = [0.0, 2.0, 4.5, 7.0, 9.0]
    areas = [3.0, 5.0, 7.0, 11.0, 13.0]
    found = volume(stack_volume([(plane(p), a) for p, a in zip(places, areas, strict=True)], map(plane, places)))
    edges = [-1.0, 1.0, 3.25, 5.75, 8.0, 10.0]
    assert found.volume_mm3 == pytest.approx(float(np.diff(edges) @ areas))
    assert found.caution


def test_phases_at_the_same_place_count_once_and_two_regions_of_a_slice_are_added() -> None:
    places = [0.0, 2.0, 4.0] * 3
    found = volume(stack_volume([(plane(2.0), 4.0), (plane(2.0), 6.0)], map(plane, places)))
    assert found.volume_mm3 == pytest.approx(20.0)
    assert (found.slices, found.regions) == (1, 2)
    assert found.readings[0].code.value == "121216"
    assert found.caution


@pytest.mark.parametrize(("count", "code"), [(1, "121216"), (2, "121218"), (3, "121217"), (7, "121217")])
def test_the_code_says_on_how_many_slices_it_rests(count: int, code: str) -> None:
    places = [float(number) for number in range(9)]
    (reading,) = volume(stack_volume([(plane(at), 1.0) for at in places[:count]], map(plane, places))).readings
    assert (reading.code.value, reading.unit.ucum) == (code, "mm3")


def test_what_is_no_stack_is_refused() -> None:
    assert isinstance(stack_volume([], [plane(0.0)]), str)
    assert isinstance(stack_volume([(plane(0.0), 1.0)], [plane(0.0)]), str)
    level = ImagePlane((0.0, 0.0, 9.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), 1.0, 1.0)
    assert isinstance(stack_volume([(plane(0.0), 1.0), (level, 1.0)], [plane(0.0), plane(1.0)]), str)
    assert isinstance(stack_volume([(plane(0.0), 1.0)], [plane(0.0), level]), str)


def measured(number: int, size: float, spacing: PixelSpacing) -> Annotation:
    anchor = ImageAnchor("1", "1.2", "1.2.840.10008.5.1.4.1.1.2", f"1.2.{number}")
    corners = ((10.0, 10.0), (10.0 + size, 10.0), (10.0 + size, 10.0 + size), (10.0, 10.0 + size))
    blank = Annotation(f"9.{number}", "stacked_volume", anchor, corners)
    return replace(blank, readings=StackedVolume().readings(blank, Ground(64, 64, spacing)))


def test_annotations_measured_on_their_slices_are_stacked() -> None:
    spacing = PixelSpacing(0.5, 0.25, SpacingSource.PATIENT)
    drawn = [measured(number, 8.0 + number, spacing) for number in range(4)]
    planes = {f"1.2.{number}": plane(3.0 * number) for number in range(6)}

    def plane_of(each: Annotation) -> ImagePlane | None:
        assert isinstance(each.anchor, ImageAnchor)
        return planes.get(each.anchor.sop_instance_uid)

    (reading,) = stack_readings(drawn, plane_of, planes.values())
    assert reading.value == pytest.approx(sum((8.0 + number) ** 2 * 0.125 * 3.0 for number in range(4)))
    assert reading.source == "mm"
    (refused,) = stack_readings([*drawn, measured(7, 5.0, spacing)], plane_of, planes.values())
    assert refused.refusal
    (in_pixels,) = stack_readings([measured(1, 5.0, PixelSpacing())], plane_of, planes.values())
    assert in_pixels.refusal


def test_a_stack_is_of_one_series_kind_and_group() -> None:
    spacing = PixelSpacing(1.0, 1.0, SpacingSource.PATIENT)
    one, other = measured(1, 5.0, spacing), measured(2, 5.0, spacing)
    elsewhere = replace(other, anchor=ImageAnchor("1", "1.3", "", "1.2.8"))
    grouped, outline = replace(other, group="liver"), replace(other, kind="freehand")
    assert stack_of(one, [one, other, elsewhere, grouped, outline]) == (one, other)
    assert stack_of(grouped, [one, grouped]) == (grouped,)


def window(headers: "list[InstanceHeader]", annotations: list[Annotation]) -> "Workspace":
    """A window whose active cell shows a stack of slices."""
    book = AnnotationBook()
    book.restore(annotations)
    images = tuple(ImageRef(header, 0) for header in headers)
    return cast(
        "Workspace",
        SimpleNamespace(
            shared=SimpleNamespace(annotations=book),
            display_set_at=lambda _cell: SimpleNamespace(images=images),
        ),
    )


def test_the_stack_of_a_window_is_measured_on_its_slices(make_stack: "Callable[..., list[InstanceHeader]]") -> None:
    headers = make_stack(6, step=2.5)
    spacing = PixelSpacing(0.5, 0.5, SpacingSource.PATIENT)
    drawn = [
        replace(measured(number, 8.0, spacing), anchor=ImageAnchor("1", "1.2", "", headers[number].sop_instance_uid))
        for number in (1, 2, 4)
    ]
    (reading,) = stack_readings_at(window(headers, drawn), 0, drawn[0])
    assert reading.value == pytest.approx(3 * 64 * 0.25 * 2.5)
    assert "1" in reading.caution
    elsewhere = [*drawn, measured(9, 8.0, spacing)]
    (refused,) = stack_readings_at(window(headers, elsewhere), 0, elsewhere[0])
    assert refused.refusal


def test_outlines_on_planes_through_a_volume_are_as_far_apart_as_they_were_drawn(
    make_stack: "Callable[..., list[InstanceHeader]]",
) -> None:
    spacing = PixelSpacing(0.5, 0.25, SpacingSource.PATIENT)
    drawn = [
        replace(measured(number, 8.0, spacing), anchor=PlaneAnchor("1", "1.2", "1.9", plane(1.25 * number), 64, 64))
        for number in range(4)
    ]
    (reading,) = stack_readings_at(window(make_stack(6), drawn), 0, drawn[0])
    assert reading.value == pytest.approx(4 * 64 * 0.125 * 1.25)
    assert reading.caution == ""
