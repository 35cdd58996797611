"""Delete or duplicate each slice of 50 series, and more: all of it is said (hazard: missing images)."""

import random
import struct
from typing import Any

import pytest

from viewer.workspace.completeness import expected_warnings
from viewer.workspace.display_set import DisplaySet, WarningCode
from viewer.workspace.display_sets import display_sets_of

AXIAL = "1\\0\\0\\0\\1\\0"


def _codes(sets: tuple[DisplaySet, ...]) -> set[WarningCode]:
    return {warning.code for each in sets for warning in each.warnings}


def _series(make_stack: Any, seed: int) -> list[Any]:
    """Return a series whose files announce how many there are, as some scanners do."""
    generator = random.Random(seed)
    count = generator.randint(3, 24)
    step = generator.choice([0.5, 0.625, 1.0, 3.27, 5.0])
    values: dict[str, Any] = {"orientation": generator.choice([AXIAL, "0\\1\\0\\0\\0\\-1", "1\\0\\0\\0\\0.8\\0.6"])}
    stack = make_stack(count, images_in_acquisition=str(count), acquisition="1", **values)
    for index, header in enumerate(stack):
        header.elements[0x00200032] = f"{index * step:.3f}\\{-index * step:.3f}\\{index * step:.3f}".encode()
    return stack  # type: ignore[no-any-return]  # a list of headers


@pytest.mark.parametrize("seed", range(50))
def test_every_deleted_and_every_doubled_slice_is_said(make_stack: Any, make_header: Any, seed: int) -> None:
    stack = _series(make_stack, seed)
    whole = display_sets_of("s", stack)
    assert _codes(whole) <= {WarningCode.TILTED}
    assert all(each.is_complete for each in whole)
    for index in range(len(stack)):
        missing = display_sets_of("s", [*stack[:index], *stack[index + 1 :]])
        assert not any(each.is_complete for each in missing), index
        again = make_header(path=f"/copy/{index}")
        again.elements.update(stack[index].elements)
        assert WarningCode.REPEATED_FILE in _codes(display_sets_of("s", [*stack, again]))
        again.elements[0x00080018] = b"1.9.9"
        assert WarningCode.UNEVEN_PHASES in _codes(display_sets_of("s", [*stack, again]))


def test_a_gap_names_its_place_and_how_many_are_missing(make_stack: Any) -> None:
    stack = make_stack(10, number=None)
    del stack[4:6]
    (only,) = display_sets_of("s", stack)
    (gap,) = only.warnings
    assert (gap.code, gap.after_image) == (WarningCode.GAP, 3)
    assert str(gap) == "Between images 4 and 5 lie 15 mm instead of 5 mm: about 2 images are missing"


def test_the_first_slice_is_missed_by_its_number(make_stack: Any) -> None:
    (only,) = display_sets_of("s", make_stack(10)[1:])
    assert [str(warning) for warning in only.warnings] == ["Image numbers 1 are not here"]


def test_numbers_that_count_on_from_another_series_are_no_gap(make_stack: Any) -> None:
    stack = make_stack(10)
    for index, header in enumerate(stack):
        header.elements[0x00200013] = str(101 + index).encode()
    assert _codes(display_sets_of("s", stack)) == set()


def test_thicker_slices_that_follow_each_other_are_irregular_but_no_gap(make_stack: Any) -> None:
    fossa = make_stack(8, step=5, first=0, thickness="5", number=None)
    cerebrum = make_stack(8, step=10, first=42.5, thickness="10", number=None)
    assert _codes(display_sets_of("s", [*fossa, *cerebrum])) == {WarningCode.IRREGULAR_SPACING}


def test_a_tilted_gantry_is_measured_by_its_shear(make_stack: Any) -> None:
    stack = make_stack(6)
    for index, header in enumerate(stack):
        header.elements[0x00200032] = f"0\\{index * 2}\\{index * 5}".encode()
    (only,) = display_sets_of("s", stack)
    assert only.geometry is not None
    assert only.geometry.spacing_mm == pytest.approx(5)
    assert only.geometry.shear_mm == pytest.approx(2)
    assert {warning.code for warning in only.warnings} == {WarningCode.TILTED}


def test_fewer_points_in_time_than_announced_are_said(make_stack: Any) -> None:
    headers = [h for time in (1, 2) for h in make_stack(4, number=None, temporal=str(time), temporal_positions="3")]
    assert WarningCode.FEWER_THAN_EXPECTED in _codes(display_sets_of("s", headers))


def test_a_pet_with_an_unfinished_last_time_slice_is_said(make_stack: Any) -> None:
    slices = {0x00540081: struct.pack("<H", 6)}
    assert WarningCode.FEWER_THAN_EXPECTED in _codes(
        display_sets_of("s", make_stack(5, modality="PT", number=None, raw=slices))
    )
    assert _codes(display_sets_of("s", make_stack(6, modality="PT", number=None, raw=slices))) == set()


def test_a_file_that_holds_fewer_frames_than_it_announces_is_said(make_header: Any) -> None:
    header = make_header(modality="US", frames=10)
    short = make_header(modality="US", frames=10, raw={0x00280100: struct.pack("<H", 32)})
    assert _codes(display_sets_of("s", [header])) == set()
    assert _codes(display_sets_of("s", [short])) == {WarningCode.FRAME_COUNT}


def test_what_a_directory_expects_is_compared_with_what_came() -> None:
    assert expected_warnings(5, None) == []
    assert expected_warnings(5, 5) == []
    assert [warning.code for warning in expected_warnings(4, 5)] == [WarningCode.FEWER_THAN_EXPECTED]
    assert [warning.code for warning in expected_warnings(6, 5)] == [WarningCode.MORE_THAN_EXPECTED]
