"""Where frames lie: the formulas of the Standard, worked out anew with numpy."""

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from viewer.imaging.frame_state import FrameState, frame_states
from viewer.imaging.stored_frame import PixelDescription
from viewer.imaging.voi_lut import Window

OBLIQUE = [0.8, 0.6, 0.0, 0.0, 0.0, -1.0]


def _states(frames: int, **elements: Any) -> list[FrameState]:
    data_set = Dataset()
    data_set.PixelSpacing = [2.0, 3.0]
    for keyword, value in elements.items():
        setattr(data_set, keyword, value)
    states = frame_states(data_set, PixelDescription(4, 5, frame_count=frames))
    return [states.state(index) for index in range(frames)]


def _positions(states: list[FrameState]) -> list[tuple[float, ...] | None]:
    return [state.plane.position if state.plane is not None else None for state in states]


def test_a_dose_grid_steps_along_its_normal() -> None:
    offsets = [0.0, 2.5, 7.0]
    states = _states(
        3,
        Modality="RTDOSE",
        ImagePositionPatient=[1.0, 2.0, 3.0],
        ImageOrientationPatient=OBLIQUE,
        GridFrameOffsetVector=offsets,
    )
    normal = np.cross(OBLIQUE[:3], OBLIQUE[3:])
    for state, offset in zip(states, offsets, strict=True):
        assert state.plane is not None
        assert state.plane.position == pytest.approx(np.array([1.0, 2.0, 3.0]) + normal * offset)


def test_a_dose_grid_may_state_z_itself() -> None:
    elements = {"Modality": "RTDOSE", "ImagePositionPatient": [1, 2, 30], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}
    states = _states(3, **elements, GridFrameOffsetVector=[30, 27, 24])
    assert _positions(states) == [(1, 2, 30), (1, 2, 27), (1, 2, 24)]


@pytest.mark.parametrize("offsets", [[5.0, 6.0], [0.0], None])
def test_an_unsound_dose_grid_shows_no_position_but_its_first(offsets: list[float] | None) -> None:
    elements = {"Modality": "RTDOSE", "ImagePositionPatient": [1, 2, 3], "ImageOrientationPatient": OBLIQUE}
    if offsets is not None:
        elements["GridFrameOffsetVector"] = offsets
    states = _states(2, **elements)
    assert _positions(states) == [(1, 2, 3), None]
    assert states[1].warnings
    assert states[1].image_orientation == tuple(OBLIQUE)


@pytest.mark.real_data
def test_the_dose_of_a_plan_lies_on_its_grid(shared_data: Path) -> None:
    data_set = pydicom.dcmread(shared_data / "radiotherapy" / "dose.dcm", stop_before_pixels=True)
    pixels = PixelDescription(data_set.Rows, data_set.Columns, frame_count=int(data_set.NumberOfFrames))
    states = frame_states(data_set, pixels)
    z = [state.plane.position[2] for state in map(states.state, range(5)) if state.plane is not None]
    assert z == pytest.approx([-150, -75, 0, 75, 150])


@pytest.mark.parametrize("step", [4.0, -4.0])
def test_reconstructed_tomographs_lie_behind_each_other(step: float) -> None:
    detector = Dataset()
    detector.ImagePositionPatient, detector.ImageOrientationPatient = [1.0, 2.0, 3.0], OBLIQUE
    states = _states(
        3,
        Modality="NM",
        ImageType=["ORIGINAL", "PRIMARY", "RECON TOMO", "EMISSION"],
        DetectorInformationSequence=Sequence([detector]),
        SliceVector=[1, 2, 3],
        SpacingBetweenSlices=step,
    )
    normal = np.cross(OBLIQUE[:3], OBLIQUE[3:])
    for index, state in enumerate(states):
        assert state.plane is not None
        assert state.plane.position == pytest.approx(np.array([1.0, 2.0, 3.0]) + normal * step * index)


def test_turning_projections_have_a_position_for_the_first_only() -> None:
    detector = Dataset()
    detector.ImagePositionPatient, detector.ImageOrientationPatient = [1.0, 2.0, 3.0], OBLIQUE
    states = _states(
        2,
        Modality="NM",
        ImageType=["ORIGINAL", "PRIMARY", "TOMO", "EMISSION"],
        DetectorInformationSequence=Sequence([detector]),
    )
    assert _positions(states) == [(1, 2, 3), None]


def test_directions_that_contradict_the_letters_are_said() -> None:
    elements = {"Modality": "CT", "ImagePositionPatient": [0, 0, 0], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}
    assert not _states(1, **elements, PatientOrientation=["L", "P"])[0].warnings
    (warning,) = _states(1, **elements, PatientOrientation=["R", "P"])[0].warnings
    assert "R\\P" in warning


def test_directions_without_a_spacing_still_give_letters() -> None:
    (state,) = _states(1, Modality="US", ImageOrientationPatient=[1, 0, 0, 0, 1, 0], PixelSpacing=None)
    assert state.plane is None
    assert state.image_orientation == (1, 0, 0, 0, 1, 0)


def test_the_ratio_and_method_of_every_compression_are_told() -> None:
    (state,) = _states(
        1,
        LossyImageCompression="01",
        LossyImageCompressionRatio=[21.0, 9.5],
        LossyImageCompressionMethod=["ISO_10918_1", "ISO_15444_1"],
    )
    assert (state.lossiness.ratio, state.lossiness.method) == ("21:1 9.5:1", "JPEG, JPEG 2000")
    assert not _states(1, LossyImageCompressionRatio=[21.0])[0].lossiness.is_lossy


@pytest.mark.real_data
def test_the_full_range_of_a_label_map_is_that_of_its_segments(shared_data: Path) -> None:
    data_set = pydicom.dcmread(
        shared_data / "segmentation-and-sr" / "sparse-labelmap-noppv.dcm", stop_before_pixels=True
    )
    highest = max(int(segment.SegmentNumber) for segment in data_set.SegmentSequence)
    pixels = PixelDescription(data_set.Rows, data_set.Columns, bits_allocated=8, bits_stored=8, high_bit=7)
    window = frame_states(data_set, pixels).state(0).voi_options[0].voi
    assert isinstance(window, Window)
    assert (window.low, window.high) == (0, highest)
