import random
import struct
from typing import Any

import pytest

from viewer.workspace.display_set import DisplaySet, DisplaySetKind, WarningCode
from viewer.workspace.display_sets import display_sets_of
from viewer.workspace.frame_facts import FrameFacts

MR = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
NM = "1.2.840.10008.5.1.4.1.1.20"


def _heights(display_set: DisplaySet) -> list[float]:
    return [image.header.numbers(0x00200032)[2] for image in display_set.images]


def _total(sets: tuple[DisplaySet, ...]) -> int:
    return sum(len(each.images) for each in sets)


def test_slices_stand_by_position_not_by_number_or_name(make_stack: Any) -> None:
    stack = make_stack(20)
    numbers = list(range(1, 21))
    random.Random(1).shuffle(stack)
    for header, number in zip(stack, numbers, strict=True):
        header.elements[0x00200013] = str(number).encode()
    (only,) = display_sets_of("s", stack)
    assert only.kind is DisplaySetKind.STACK
    assert _heights(only) == [-100.0 + 5 * index for index in range(20)]
    assert only.is_complete
    assert only.geometry is not None
    assert only.geometry.spacing_mm == 5.0


def test_an_oblique_stack_stands_along_its_own_normal(make_header: Any) -> None:
    # Rows to the back, columns to the feet: the normal points to the right (-x).
    stack = [
        make_header(orientation="0\\1\\0\\0\\0\\-1", position=f"{x}\\0\\0", number=str(x)) for x in (3, 1, 2, 5, 4)
    ]
    (only,) = display_sets_of("s", stack)
    assert [image.header.number(0x00200032) for image in only.images] == [5, 4, 3, 2, 1]


def test_localizers_stand_apart(make_stack: Any) -> None:
    scout = make_stack(2, image_type="ORIGINAL\\PRIMARY\\LOCALIZER", orientation="1\\0\\0\\0\\0\\-1")
    sets = display_sets_of("s", [*make_stack(10, image_type="ORIGINAL\\PRIMARY\\AXIAL"), *scout])
    assert sorted((each.kind.value, len(each.images)) for each in sets) == [("localizer", 2), ("stack", 10)]


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([{"orientation": "1\\0\\0\\0\\1\\0"}, {"orientation": "1\\0\\0\\0\\0\\-1"}], ["axial", "coronal"]),
        ([{"image_type": "ORIGINAL\\PRIMARY\\M"}, {"image_type": "ORIGINAL\\PRIMARY\\P"}], ["M", "P"]),
        ([{"echo_time": "10"}, {"echo_time": "90"}], ["Echo 10", "Echo 90"]),
        ([{"temporal": "1"}, {"temporal": "2"}], ["Time 1", "Time 2"]),
        ([{"acquisition": "1"}, {"acquisition": "2"}], ["Acquisition 1", "Acquisition 2"]),
        (
            [{"raw": {0x00189087: struct.pack("<d", 0)}}, {"raw": {0x00189087: struct.pack("<d", 1000)}}],
            ["b 0", "b 1000"],
        ),
        ([{"raw": {0x00280010: b"\4\0"}}, {"raw": {0x00280010: b"\x08\0"}}], ["4×4", "4×8"]),
    ],
)
def test_what_differs_stands_apart_and_says_in_what(
    make_stack: Any, values: list[dict[str, Any]], labels: list[str]
) -> None:
    headers = [header for each in values for header in make_stack(6, modality="MR", sop_class=MR, number=None, **each)]
    random.Random(2).shuffle(headers)
    sets = display_sets_of("s", headers)
    assert sorted(each.label for each in sets) == labels
    assert [len(each.images) for each in sets] == [6, 6]
    assert all(each.is_complete for each in sets)


def test_an_acquisition_number_of_its_own_for_each_slice_splits_nothing(make_stack: Any) -> None:
    stack = make_stack(8)
    for index, header in enumerate(stack):
        header.elements[0x00200012] = str(index).encode()
    assert [len(each.images) for each in display_sets_of("s", stack)] == [8]


def test_orientations_that_differ_by_rounding_are_one(make_stack: Any) -> None:
    headers = [*make_stack(4), *make_stack(4, first=-80, orientation="0.999999\\0\\0\\0\\1\\0.000001")]
    assert [len(each.images) for each in display_sets_of("s", headers)] == [8]


def test_repeats_that_nothing_names_become_phases_in_order_of_time(make_stack: Any) -> None:
    headers = [
        header for second in (3, 1, 2) for header in make_stack(5, number=None, acquisition_time=f"12000{second}")
    ]
    sets = display_sets_of("s", headers)
    assert [each.phase for each in sets] == [(1, 3), (2, 3), (3, 3)]
    times = [{image.header.ascii(0x00080032) for image in each.images} for each in sets]
    assert times == [{"120001"}, {"120002"}, {"120003"}]


def test_one_position_in_time_is_one_set_sorted_by_trigger_time(make_header: Any) -> None:
    headers = [
        make_header(
            orientation="1\\0\\0\\0\\1\\0", position="0\\0\\0", trigger_time=str(ms), modality="MR", sop_class=MR
        )
        for ms in (300, 0, 100, 1000, 200)
    ]
    (only,) = display_sets_of("s", headers)
    assert only.kind is DisplaySetKind.TIME_RUN
    assert [image.header.number(0x00181060) for image in only.images] == [0, 100, 200, 300, 1000]


def test_uneven_repeats_are_separate_stacks_and_warned_of(make_stack: Any) -> None:
    sets = display_sets_of("s", [*make_stack(6, number=None), *make_stack(3, number=None)])
    assert sorted(len(each.images) for each in sets) == [3, 6]
    assert all(WarningCode.UNEVEN_PHASES in {warning.code for warning in each.warnings} for each in sets)


def test_a_second_copy_of_a_file_stands_apart_and_is_counted(make_stack: Any) -> None:
    stack = make_stack(5)
    copy = make_stack(1, sop_instance=stack[2].sop_instance_uid)
    sets = display_sets_of("s", [*stack, *copy])
    assert [(each.kind, len(each.images)) for each in sets] == [
        (DisplaySetKind.STACK, 5),
        (DisplaySetKind.REPEATED, 1),
    ]
    assert all(WarningCode.REPEATED_FILE in {warning.code for warning in each.warnings} for each in sets)


def test_images_without_positions_stand_by_number_and_say_so(make_header: Any) -> None:
    headers = [make_header(number=str(number)) for number in (2, 10, 1)]
    (only,) = display_sets_of("s", headers)
    assert [image.header.number(0x00200013) for image in only.images] == [1, 2, 10]


def test_every_multi_frame_stands_alone_with_all_its_frames(make_header: Any) -> None:
    headers = [make_header(modality="US", frames=frames) for frames in (10, 20)]
    sets = display_sets_of("s", headers)
    assert [(each.kind, len(each.images)) for each in sets] == [(DisplaySetKind.MULTI_FRAME, n) for n in (10, 20)]
    assert [image.frame_index for image in sets[0].images] == list(range(10))


def test_objects_without_pixels_are_listed_as_what_they_are(make_header: Any) -> None:
    root = "1.2.840.10008.5.1.4.1.1."
    classes = {"88.11": "report", "11.1": "presentation state", "104.1": "document", "481.3": "radiotherapy",
               "9.1.1": "waveform", "88.59": "key objects", "66": "other object"}  # fmt: skip
    headers = [make_header(has_pixels=False, modality="OT", sop_class=root + suffix) for suffix in classes]
    sets = display_sets_of("s", headers)
    assert sorted(each.kind.value for each in sets) == sorted(classes.values())
    assert not any(each.is_image for each in sets)


def test_frames_of_an_enhanced_object_stand_by_position_and_apart_by_frame_type(make_header: Any) -> None:
    header = make_header(modality="MR", sop_class=ENHANCED_MR, frames=8)
    (stored,) = display_sets_of("s", [header])
    assert not stored.is_final
    axial = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    facts = tuple(
        FrameFacts((0.0, 0.0, float(z)), axial, {"frame_type": ("ORIGINAL", "PRIMARY", kind)}, rank)
        for rank, (kind, z) in enumerate([(kind, z) for kind in ("M", "P") for z in (30, 10, 20, 0)])
    )
    sets = display_sets_of("s", [header], {header.source: facts})
    assert [[image.frame_index for image in each.images] for each in sets] == [[3, 1, 2, 0], [7, 5, 6, 4]]
    assert [each.label for each in sets] == ["M", "P"]
    assert all(each.is_final for each in sets)


def test_parts_of_a_concatenation_are_one_set_and_a_missing_part_is_said(make_header: Any) -> None:
    parts = [
        make_header(
            modality="MR",
            sop_class=ENHANCED_MR,
            frames=4,
            raw={
                0x00209161: b"1.2.9",
                0x00209162: struct.pack("<H", number),
                0x00209163: struct.pack("<H", 3),
                0x00209228: struct.pack("<I", 4 * (number - 1)),
            },
        )
        for number in (3, 1)
    ]
    (only,) = display_sets_of("s", parts, {part.source: () for part in parts})
    assert [image.header.unsigned_short(0x00209162) for image in only.images] == [1] * 4 + [3] * 4
    assert WarningCode.MISSING_PARTS in {warning.code for warning in only.warnings}


def test_nuclear_frames_stand_by_detector_and_then_in_time(make_header: Any) -> None:
    pointer = struct.pack("<4H", 0x54, 0x20, 0x54, 0x100)  # detector, time slice
    detectors, slices = [1, 2] * 3, [1, 1, 2, 2, 3, 3]
    raw = {0x00280009: pointer, 0x00540020: struct.pack("<6H", *detectors), 0x00540100: struct.pack("<6H", *slices)}
    sets = display_sets_of("s", [make_header(modality="NM", sop_class=NM, frames=6, raw=raw)])
    assert [[image.frame_index for image in each.images] for each in sets] == [[0, 2, 4], [1, 3, 5]]
    assert [each.label for each in sets] == ["Detector 1", "Detector 2"]


def test_mosaics_stand_in_time(make_header: Any) -> None:
    headers = [
        make_header(
            modality="MR",
            sop_class=MR,
            image_type="ORIGINAL\\PRIMARY\\M\\ND\\MOSAIC",
            orientation="1\\0\\0\\0\\1\\0",
            position="0\\0\\0",
            acquisition_time=f"1200{second:02}",
            number=str(second),
        )
        for second in (9, 3, 6)
    ]
    (only,) = display_sets_of("s", headers)
    assert only.kind is DisplaySetKind.MOSAIC
    assert [image.header.ascii(0x00080032) for image in only.images] == ["120003", "120006", "120009"]
    tiles = tuple(FrameFacts((0.0, 0.0, 3.0 * place), rank=place) for place in range(4))
    (cut,) = display_sets_of("s", headers, {header.source: tiles for header in headers})
    assert cut.key == only.key
    times = ["120003"] * 4 + ["120006"] * 4 + ["120009"] * 4
    assert [image.header.ascii(0x00080032) for image in cut.images] == times
    assert [image.frame_index for image in cut.images] == [0, 1, 2, 3] * 3
    # Whoever looked at a whole mosaic sees the first of its slices now.
    assert [cut.index_of(image) for image in only.images] == [0, 4, 8]
    (whole,) = display_sets_of("s", headers, {header.source: () for header in headers})
    assert [warning.code for warning in whole.warnings] == [WarningCode.UNREADABLE_FRAME_GROUPS]


def test_keys_stay_while_files_keep_arriving(make_stack: Any) -> None:
    stack = make_stack(30)
    assert display_sets_of("s", stack[:5])[0].key == display_sets_of("s", stack)[0].key


def test_every_file_and_frame_is_in_exactly_one_place(make_stack: Any) -> None:
    generator = random.Random(7)
    headers = []
    for index in range(60):
        headers += make_stack(
            generator.randint(1, 4),
            first=generator.choice([0, 5]),
            modality=generator.choice(["CT", "MR", "US", "CR", "PT", "OT"]),
            echo_time=generator.choice([None, "1", "2"]),
            frames=generator.choice([None, None, "3"]),
            image_type=generator.choice(
                ["ORIGINAL\\PRIMARY", "DERIVED\\SECONDARY\\MPR", "ORIGINAL\\PRIMARY\\LOCALIZER"]
            ),
            orientation=generator.choice([None, "1\\0\\0\\0\\1\\0", "nonsense", "1\\1\\0\\0\\1\\0"]),
            position=generator.choice([None, f"0\\0\\{index}"]),
        )
    sets = display_sets_of("s", headers)
    images = [image.identity for each in sets for image in each.images]
    assert len(set(images)) == len(images) == sum(header.frame_count for header in headers)
