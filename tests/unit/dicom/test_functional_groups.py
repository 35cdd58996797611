"""Truths: plain walks through the sequences of real enhanced objects, and the Standard's rules on small made ones."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.sequence import Sequence

from viewer.base.errors import DicomError
from viewer.dicom.functional_groups import FrameOrderBasis, FunctionalGroups

POSITION, ORIENTATION, SPACING = 0x00200032, 0x00200037, 0x00280030


def made(**elements: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def item(**elements: object) -> Sequence:
    return Sequence([made(**elements)])


def enhanced(frames: list[dict[str, object]], *, with_dimensions: bool = True) -> Dataset:
    per_frame = []
    for frame in frames:
        group = made(PlanePositionSequence=item(ImagePositionPatient=[0, 0, frame["z"]]))
        content = {key: value for key, value in frame.items() if key != "z"}
        group.FrameContentSequence = item(**content)
        per_frame.append(group)
    dataset = made(
        NumberOfFrames=len(frames),
        SharedFunctionalGroupsSequence=item(
            PlaneOrientationSequence=item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0]),
            PixelMeasuresSequence=item(PixelSpacing=[0.5, 0.25], SliceThickness=3),
        ),
        PerFrameFunctionalGroupsSequence=Sequence(per_frame),
        SliceThickness=99,
        RescaleSlope=2,
    )
    if with_dimensions:
        pointers = (0x00209056, 0x00209057, 0x00209128)
        dataset.DimensionIndexSequence = Sequence([made(DimensionIndexPointer=pointer) for pointer in pointers])
    return dataset


def test_a_frame_s_own_group_wins_then_the_shared_then_the_top_level() -> None:
    dataset = enhanced([{"z": 1}, {"z": 2}])
    dataset.PerFrameFunctionalGroupsSequence[1].PixelMeasuresSequence = item(PixelSpacing=[9, 9])
    groups = FunctionalGroups(dataset)
    assert groups.frame(0).numbers(SPACING) == (0.5, 0.25)
    assert groups.frame(1).numbers(SPACING) == (9, 9)
    assert groups.frame(0).number(0x00180050) == 3
    assert groups.frame(0).number(0x00281053) == 2
    assert groups.frame(0).value(0x00281052) is None
    plane = groups.frame(1).plane
    assert plane is not None
    assert list(plane.position) == [0, 0, 2]
    with pytest.raises(DicomError):
        groups.frame(2)


def test_frames_are_ordered_by_their_dimension_indices_the_first_varying_slowest() -> None:
    indices = [[1, 2, 1], [1, 1, 2], [2, 1, 1], [1, 1, 1], [1, 2, 2], [1, 10, 1]]
    groups = FunctionalGroups(enhanced([{"z": -n, "DimensionIndexValues": v} for n, v in enumerate(indices)]))
    order = groups.order()
    assert order.basis is FrameOrderBasis.DIMENSIONS
    assert [indices[frame] for frame in order.frames] == sorted(indices)
    assert groups.dimensions == (0x00209056, 0x00209057, 0x00209128)


@pytest.mark.parametrize("values", [[1, 1], None, [1, 1, 1]])
def test_unsound_indices_give_way_to_stacks(values: list[int] | None) -> None:
    frames: list[dict[str, Any]] = [
        {"z": 5, "StackID": "10", "InStackPositionNumber": 1, "TemporalPositionIndex": 1},
        {"z": 3, "StackID": "2", "InStackPositionNumber": 2, "TemporalPositionIndex": 1},
        {"z": 4, "StackID": "2", "InStackPositionNumber": 1, "TemporalPositionIndex": 2},
        {"z": 4, "StackID": "2", "InStackPositionNumber": 1, "TemporalPositionIndex": 1},
    ]
    for frame in frames:
        if values is not None:
            frame["DimensionIndexValues"] = values
    order = FunctionalGroups(enhanced(frames)).order()
    assert order.basis is FrameOrderBasis.STACK
    assert order.frames == (3, 2, 1, 0)


def test_without_stacks_frames_are_ordered_by_position() -> None:
    order = FunctionalGroups(enhanced([{"z": z} for z in (5, -1, 3)], with_dimensions=False)).order()
    assert order.basis is FrameOrderBasis.POSITION
    assert order.frames == (1, 2, 0)


def test_a_classic_multi_frame_keeps_its_order_and_its_top_level() -> None:
    groups = FunctionalGroups(made(NumberOfFrames=3, RescaleSlope="1.5"))
    assert groups.order().frames == (0, 1, 2)
    assert groups.order().basis is FrameOrderBasis.STORED
    assert not groups.is_present
    assert groups.frame(2).number(0x00281053) == 1.5
    assert groups.frame(2).plane is None


def test_missing_groups_are_said_and_their_frames_keep_the_shared_ones() -> None:
    dataset = enhanced([{"z": 1}, {"z": 2}])
    dataset.NumberOfFrames = 4
    groups = FunctionalGroups(dataset)
    assert "2 per-frame functional groups for 4 frames" in groups.problem
    assert groups.frame(3).numbers(SPACING) == (0.5, 0.25)
    assert len(groups.order().frames) == 4


def test_a_million_frames_without_groups_are_not_looked_at_one_by_one() -> None:
    dataset = enhanced([{"z": 1}, {"z": 2}])
    dataset.NumberOfFrames = 1_000_000
    groups = FunctionalGroups(dataset)
    order = groups.order()
    assert (order.basis, len(order.frames)) == (FrameOrderBasis.STORED, 1_000_000)
    dataset.NumberOfFrames = 2_000_000_000
    assert FunctionalGroups(dataset).frame_count == 2


def test_a_concatenation_tells_where_its_part_begins() -> None:
    assert FunctionalGroups(made(NumberOfFrames=2, ConcatenationFrameOffsetNumber=40)).concatenation_offset == 40


@pytest.mark.real_data
def test_real_enhanced_mr_frames_agree_with_a_plain_walk(shared_data: Path) -> None:
    seen = 0
    for path in sorted((shared_data / "mr-enhanced").iterdir()):
        dataset = dcmread(path, stop_before_pixels=True)
        if "PerFrameFunctionalGroupsSequence" not in dataset:
            continue
        groups = FunctionalGroups(dataset)
        assert groups.problem == ""
        order = groups.order()
        assert sorted(order.frames) == list(range(dataset.NumberOfFrames))
        assert order.basis is FrameOrderBasis.DIMENSIONS
        tuples = []
        for frame, walked in zip(groups, dataset.PerFrameFunctionalGroupsSequence, strict=True):
            assert frame.numbers(POSITION) == tuple(walked.PlanePositionSequence[0].ImagePositionPatient)
            assert frame.numbers(ORIENTATION) == tuple(walked.PlaneOrientationSequence[0].ImageOrientationPatient)
            assert frame.number(0x00189082) == walked.MREchoSequence[0].EffectiveEchoTime
            assert frame.text(0x00089007) == "\\".join(walked.MRImageFrameTypeSequence[0].FrameType)
            assert (
                frame.number(0x00180080)
                == dataset.SharedFunctionalGroupsSequence[0].MRTimingAndRelatedParametersSequence[0].RepetitionTime
            )
            tuples.append(tuple(walked.FrameContentSequence[0].DimensionIndexValues))
            seen += 1
        assert [tuples[frame] for frame in order.frames] == sorted(tuples)
    assert seen > 100


@pytest.mark.real_data
def test_a_real_enhanced_ct_has_its_planes(shared_data: Path) -> None:
    dataset = dcmread(shared_data / "colour-and-frames" / "eCT_Supplemental.dcm", stop_before_pixels=True)
    groups = FunctionalGroups(dataset)
    assert groups.is_present
    assert groups.frame_count == dataset.NumberOfFrames
    for frame, walked in zip(groups, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        assert frame.plane is not None
        assert list(frame.plane.position) == list(walked.PlanePositionSequence[0].ImagePositionPatient)


def test_thousands_of_frames_are_quick() -> None:
    frames: list[dict[str, object]] = [
        {"z": n, "DimensionIndexValues": [1, 3000 - n, 1], "InStackPositionNumber": n} for n in range(3000)
    ]
    groups = FunctionalGroups(enhanced(frames))
    start = time.process_time()
    order = groups.order()
    positions = np.array([frame.numbers(POSITION) for frame in groups])
    taken = time.process_time() - start
    assert order.frames == tuple(reversed(range(3000)))
    assert positions.shape == (3000, 3)
    assert taken < 3, f"{taken:.2f} s for 3,000 frames"
