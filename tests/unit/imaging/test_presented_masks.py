"""Digital subtraction against the Standard's formulas in numpy: averages, TID, reversed TID, shifts, logarithms."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders.data_sets import item
from tests.builders.gray_images import data_set, read, write
from tests.builders.presentation_states import lut, presentation_state, reference, window
from tests.unit.imaging.mask_states import angiogram_state
from viewer.base.byte_source import FileBytes
from viewer.dicom.datasets import read_data_set
from viewer.dicom.header_scan import scan_header
from viewer.dicom.presentation_state.reading import read_presentation_state
from viewer.dicom.presentation_state.values import MaskOperation, MaskSubtraction, PixelShift
from viewer.imaging.frame_state import FrameState
from viewer.imaging.mask_subtraction import less_own_mask, mask_frames, moved_mask, subtracted, symmetric_window
from viewer.imaging.presented_frame import presented, presented_pixels
from viewer.imaging.voi_lut import Window

FRAMES = np.random.default_rng(3).integers(200, 4000, (8, 24, 32)).astype(np.uint16)


def frame(number: int) -> NDArray[Any]:
    one: NDArray[Any] = FRAMES[number - 1]
    return one


def state_of(number: int) -> FrameState:
    return angiogram_state(number, FRAMES)


def difference(mask: MaskSubtraction, number: int) -> NDArray[np.float64]:
    done = subtracted(state_of(number), mask, frame)
    assert done is not None
    return done.values.astype(np.float64)


def test_the_mean_of_mask_frames_is_subtracted_from_the_mean_of_contrast_frames() -> None:
    mask = MaskSubtraction(MaskOperation.AVG_SUB, mask_frames=(1, 2), averaging=3)
    wanted = FRAMES[3:6].mean(axis=0) - FRAMES[0:2].mean(axis=0)
    assert np.allclose(difference(mask, 4), wanted, atol=1e-3)


def test_averaging_ends_with_the_last_frame_and_says_so() -> None:
    mask = MaskSubtraction(MaskOperation.AVG_SUB, mask_frames=(1,), averaging=3)
    done = subtracted(state_of(8), mask, frame)
    assert done is not None
    assert np.allclose(done.values, FRAMES[7].astype(float) - FRAMES[0], atol=1e-3)
    assert len(done.notes) == 1


@pytest.mark.parametrize(("offset", "number", "other"), [(1, 5, 4), (3, 5, 2), (-2, 5, 7)])
def test_tid_subtracts_the_frame_an_offset_before(offset: int, number: int, other: int) -> None:
    mask = MaskSubtraction(MaskOperation.TID, tid_offset=offset)
    assert np.allclose(difference(mask, number), FRAMES[number - 1].astype(float) - FRAMES[other - 1], atol=1e-3)


def test_tid_without_an_earlier_frame_subtracts_nothing() -> None:
    assert subtracted(state_of(1), MaskSubtraction(MaskOperation.TID, tid_offset=1), frame) is None


def test_reversed_tid_goes_back_as_the_standards_example() -> None:
    mask = MaskSubtraction(MaskOperation.REV_TID, frame_ranges=((20, 30),), tid_offset=5)
    assert [mask_frames(mask, number, 40) for number in (20, 21, 30)] == [(15,), (14,), (5,)]


def test_a_positive_shift_moves_the_mask_down_and_to_the_left() -> None:
    dot = np.zeros((9, 9))
    dot[4, 4] = 1.0
    assert np.argwhere(moved_mask(dot, (2.0, 3.0))).tolist() == [[6, 1]]
    half = moved_mask(dot, (0.5, 0.0))
    assert (half[4, 4], half[5, 4]) == (0.5, 0.5)
    quarter = moved_mask(dot, (0.0, -0.25))
    assert (quarter[4, 4], quarter[4, 5]) == (0.75, 0.25)


def test_a_region_moves_alone_and_only_under_its_frames() -> None:
    region = PixelShift((0.0, 1.0), ((3, 4),), ((1.0, 1.0), (10.0, 1.0), (10.0, 24.0), (1.0, 24.0)))
    mask = MaskSubtraction(MaskOperation.AVG_SUB, mask_frames=(1,), shifts=(region,))
    moved = np.hstack([FRAMES[0][:, 1:], FRAMES[0][:, -1:]]).astype(float)
    inside = np.arange(32) < 10
    wanted = FRAMES[2] - np.where(inside, moved, FRAMES[0])
    assert np.allclose(difference(mask, 3), wanted, atol=1e-3)
    assert np.allclose(difference(mask, 5), FRAMES[4].astype(float) - FRAMES[0], atol=1e-3)


@pytest.mark.parametrize("visibility", [0.0, 25.0, 100.0])
def test_the_mask_may_stay_partly_visible(visibility: float) -> None:
    mask = MaskSubtraction(MaskOperation.AVG_SUB, mask_frames=(1,), visibility=visibility)
    wanted = FRAMES[4] - (1 - visibility / 100) * FRAMES[0].astype(float)
    assert np.allclose(difference(mask, 5), wanted, atol=1e-2)


def test_linear_intensities_are_subtracted_as_logarithms() -> None:
    mask = MaskSubtraction(MaskOperation.AVG_SUB, mask_frames=(1,))
    linear = replace(state_of(5), intensity_relationship="LIN")
    done = subtracted(linear, mask, frame)
    assert done is not None
    scale = 4095 / np.log(4096)
    wanted = (np.log1p(FRAMES[4].astype(float)) - np.log1p(FRAMES[0].astype(float))) * scale
    assert np.allclose(done.values, wanted, atol=1e-2)
    # Twice the intensity everywhere is one and the same difference, whatever lies beneath.
    twice = subtracted(linear, mask, lambda number: (FRAMES[0].astype(np.int64) + 1) * (2 if number == 5 else 1) - 1)
    assert twice is not None
    assert np.ptp(twice.values) < 1e-2


def test_an_xa_state_subtracts_and_windows_and_names_itself(tmp_path: Path) -> None:
    image = data_set(FRAMES, SOPClassUID="1.2.840.10008.5.1.4.1.1.12.1", Modality="XA", BitsStored=12, HighBit=11)
    image.PixelIntensityRelationship = "LOG"
    table = lut(np.arange(4096)[::-1] // 2, 0, 12, LUTFunction="TO_LOG", LUTFrameRange=[1, 8])
    mask = item(MaskOperation="AVG_SUB", MaskFrameNumbers=[1, 2], ApplicableFrameRange=[3, 8])
    mask.PixelIntensityRelationshipLUTSequence = [table]
    made = presentation_state(image, kind="5", MaskSubtractionSequence=[mask])
    made.SoftcopyVOILUTSequence = [window(0, 500)]
    path = write(tmp_path / "i.dcm", image)
    state = read_presentation_state(read_data_set(scan_header(FileBytes(write(tmp_path / "p.dcm", made)))))
    stored, own = read(path, 4)
    pixels, shown = presented_pixels(presented(own, state), stored, lambda number: read(path, number - 1)[0].values)
    logs = (4095 - FRAMES.astype(np.int64)) // 2
    assert np.allclose(pixels.values, logs[4] - logs[:2].mean(axis=0), atol=1e-3)
    voi = shown.state.voi_options[0].voi
    assert isinstance(voi, Window)
    assert (voi.center, voi.width) == (0, 500)
    assert shown.state.is_subtracted
    native = presented(read(path, 0)[1], state)
    assert native.mask is None
    assert any("not subtracted" in note for note in native.notes)


def test_a_grayscale_state_names_the_frames_of_its_mask_by_reference(tmp_path: Path) -> None:
    image = data_set(FRAMES, SOPClassUID="1.2.840.10008.5.1.4.1.1.12.1", Modality="XA", BitsStored=12, HighBit=11)
    mask = item(MaskOperation="TID", TIDOffset=2, ReferencedImageSequence=[reference(image, [5])])
    made = presentation_state(image, RecommendedViewingMode="SUB", MaskSubtractionSequence=[mask])
    path = write(tmp_path / "i.dcm", image)
    state = read_presentation_state(read_data_set(scan_header(FileBytes(write(tmp_path / "p.dcm", made)))))
    assert presented(read(path, 4)[1], state).mask is not None
    assert presented(read(path, 5)[1], state).mask is None


def test_an_image_that_asks_for_it_is_shown_less_its_own_mask(tmp_path: Path) -> None:
    image = data_set(FRAMES, Modality="XA", BitsStored=12, HighBit=11, PixelIntensityRelationship="LOG")
    image.WindowCenter, image.WindowWidth = 2000, 1000
    image.MaskSubtractionSequence = [item(MaskOperation="AVG_SUB", MaskFrameNumbers=1)]
    image.RecommendedViewingMode = "SUB"
    path = write(tmp_path / "i.dcm", image)
    stored, own = read(path, 6)
    assert len(own.masks) == 1
    pixels, state = less_own_mask(stored, own, lambda number: read(path, number - 1)[0].values)
    assert np.allclose(pixels.values, FRAMES[6].astype(float) - FRAMES[0], atol=1e-3)
    first, second = state.voi_options[:2]
    assert isinstance(first.voi, Window)
    assert first.voi.center == 0
    other = less_own_mask(*read(path, 3), lambda number: read(path, number - 1)[0].values)[1]
    assert other.voi_options[0] == first  # a cine must not flicker
    assert isinstance(second.voi, Window)
    assert second.voi.center == 2000


def test_the_window_about_0_holds_98_percent() -> None:
    values = np.random.default_rng(1).normal(0, 50, 100_000).astype(np.float32)
    found = symmetric_window(values)
    assert found.center == 0
    assert (np.abs(values) <= found.width / 2).mean() == pytest.approx(0.98, abs=0.001)


def test_a_frame_of_an_enhanced_image_states_its_own_shift(tmp_path: Path) -> None:
    image = data_set(FRAMES, Modality="XA", SOPClassUID="1.2.840.10008.5.1.4.1.1.12.1.1", BitsStored=12, HighBit=11)
    image.MaskSubtractionSequence = [item(MaskOperation="AVG_SUB", MaskFrameNumbers=1, SubtractionItemID=7)]
    image.RecommendedViewingMode, image.PixelIntensityRelationship = "SUB", "LOG"
    shifts = [
        item(SubtractionItemID=7, MaskSubPixelShift=[0.0, 1.0]),
        item(SubtractionItemID=8, MaskSubPixelShift=[9, 9]),
    ]
    groups = [item(FramePixelShiftSequence=shifts if number == 4 else []) for number in range(8)]
    image.PerFrameFunctionalGroupsSequence = groups
    path = write(tmp_path / "i.dcm", image)
    plain, moved = (
        less_own_mask(*read(path, index), lambda number: read(path, number - 1)[0].values)[0].values for index in (3, 4)
    )
    assert np.allclose(plain, FRAMES[3].astype(float) - FRAMES[0], atol=1e-3)
    left = np.hstack([FRAMES[0][:, 1:], FRAMES[0][:, -1:]]).astype(float)
    assert np.allclose(moved, FRAMES[4] - left, atol=1e-3)
