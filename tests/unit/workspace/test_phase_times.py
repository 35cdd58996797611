"""When phases were taken: from whatever attribute states it, and never from what is no course of time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset

from tests.builders.data_sets import item
from tests.builders.volume_stores import images_of
from viewer.imaging.image_ref import ImageRef
from viewer.workspace.phase_times import PhaseTimes, phase_times

Make = Callable[..., Any]


def _phases(make_header: Make, *phases: dict[str, Any], slices: int = 1) -> list[list[ImageRef]]:
    return [[ImageRef(make_header(**values)) for _slice in range(slices)] for values in phases]


def test_trigger_times_are_a_rate_and_count_from_the_trigger(make_header: Make) -> None:
    phases = _phases(make_header, *({"trigger_time": str(t), "acquisition_time": "100000"} for t in (20, 70, 145)))
    times = phase_times(phases)
    assert times == PhaseTimes((0.02, 0.07, 0.145), "Trigger Time", is_rate=True)
    assert times.intervals_s == pytest.approx((0.05, 0.075, 0.0625))


def test_a_phase_begins_with_its_first_slice(make_header: Make) -> None:
    phases = [
        [ImageRef(make_header(acquisition_time=f"2359{second:02d}.25", raw=_DATE)) for second in seconds]
        for seconds in ((10, 8, 9), (31, 30, 32))
    ]
    times = phase_times(phases)
    assert times is not None
    assert times.seconds == (0.0, 22.0)
    assert not times.is_rate


_DATE = {0x00080022: b"20260301"}


def test_a_run_over_midnight_goes_on(make_header: Make) -> None:
    before = ImageRef(make_header(acquisition_time="235959.500000", raw={0x00080022: b"20251231"}))
    after = ImageRef(make_header(acquisition_time="000001.250000", raw={0x00080022: b"20260101"}))
    times = phase_times([[before], [after]])
    assert times is not None
    assert times.seconds == (0.0, 1.75)


def test_temporal_positions_need_their_resolution(make_header: Make) -> None:
    resolution = {0x00200110: b"2500"}
    with_it = _phases(make_header, {"temporal": "1", "raw": resolution}, {"temporal": "3", "raw": resolution})
    assert phase_times(with_it) == PhaseTimes((0.0, 5.0), "Temporal Resolution", is_rate=True)
    assert phase_times(_phases(make_header, {"temporal": "1"}, {"temporal": "3"})) is None


def test_pet_frames_have_reference_times(make_header: Make) -> None:
    phases = _phases(make_header, *({"raw": {0x00541300: str(ms).encode()}} for ms in (5000, 15000, 45000)))
    times = phase_times(phases)
    assert times is not None
    assert (times.seconds, times.source) == ((5.0, 15.0, 45.0), "Frame Reference Time")


def test_a_frame_time_vector_adds_up(make_header: Make) -> None:
    header = make_header(frames="4", frame_vector="0\\40\\20\\100", modality="XA")
    times = phase_times([[ImageRef(header, index)] for index in range(4)])
    assert times == PhaseTimes((0.0, 0.04, 0.06, 0.16), "Frame Time Vector", is_rate=True)


def test_frame_time_counts_frames(make_header: Make) -> None:
    header = make_header(frames="3", frame_time="66.5", modality="XA")
    times = phase_times([[ImageRef(header, index)] for index in range(3)])
    assert times is not None
    assert times.seconds == pytest.approx((0.0, 0.0665, 0.133))


@pytest.mark.parametrize("clock", [("100002", "100001"), ("100001", "100001"), ("100001", "")])
def test_times_that_do_not_grow_are_none(make_header: Make, clock: tuple[str, str]) -> None:
    assert phase_times(_phases(make_header, *({"acquisition_time": each, "raw": _DATE} for each in clock))) is None


def test_echoes_are_no_course_of_time(make_header: Make) -> None:
    phases = _phases(
        make_header,
        {"echo_time": "10", "acquisition_time": "100000"},
        {"echo_time": "90", "acquisition_time": "100001"},
    )
    assert phase_times(phases) is None


def test_one_phase_has_no_times(make_header: Make) -> None:
    assert phase_times(_phases(make_header, {"trigger_time": "5"})) is None


# Nuclear medicine


def _nuclear(path: Path, frames: int, pointer: list[int], **elements: Any) -> list[list[ImageRef]]:
    made = Dataset()
    made.file_meta = pydicom.dataset.FileMetaDataset()
    made.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = pydicom.uid.NuclearMedicineImageStorage
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.UID("2.25.77")
    made.StudyInstanceUID, made.SeriesInstanceUID, made.Modality = "2.25.1", "2.25.2", "NM"
    made.Rows = made.Columns = 2
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PixelRepresentation = 1, "MONOCHROME2", 0
    made.BitsAllocated = made.BitsStored = 16
    made.HighBit, made.NumberOfFrames, made.FrameIncrementPointer = 15, frames, pointer
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    made.PixelData = bytes(8 * frames)
    path.mkdir()
    made.save_as(path / "nm.dcm", enforce_file_format=True)
    return [[image] for image in images_of(path)]


def test_frames_of_a_dynamic_study_add_up_with_pauses_and_delays(tmp_path: Path) -> None:
    phases = [
        item(NumberOfFramesInPhase=2, ActualFrameDuration=1000, PauseBetweenFrames=250, PhaseDelay=90),
        item(NumberOfFramesInPhase=2, ActualFrameDuration=5000, PauseBetweenFrames=0, PhaseDelay=500),
    ]
    images = _nuclear(
        tmp_path / "nm",
        4,
        [0x00540030, 0x00540100],
        PhaseVector=[1, 1, 2, 2],
        TimeSliceVector=[1, 2, 1, 2],
        PhaseInformationSequence=phases,
    )
    times = phase_times(images)
    assert times is not None
    assert times.seconds == (0.0, 1.25, 2.75, 7.75)


def test_slots_of_a_gated_study_are_as_long_as_it_says(tmp_path: Path) -> None:
    gated = [item(DataInformationSequence=[item(FrameTime=55)])]
    images = _nuclear(tmp_path / "nm", 3, [0x00540070], TimeSlotVector=[1, 2, 3], GatedInformationSequence=gated)
    times = phase_times(images)
    assert times is not None
    assert times.seconds == pytest.approx((0.0, 0.055, 0.11))
