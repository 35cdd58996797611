"""Volumes of phases and of multi-frame objects: enhanced, nuclear medicine, dose grids, courses in time."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import BreastTomosynthesisImageStorage, NuclearMedicineImageStorage, RTDoseStorage

from tests.builders.data_sets import item, made_uid, set_pixels, write_part_10
from tests.builders.enhanced import CT_INTERCEPT, enhanced_frame, write_enhanced_ct, write_enhanced_mr
from tests.builders.phantoms import loaded_volume, ramp, upright_stack, write_phantom
from tests.builders.volume_stores import images_of, plain_store
from viewer.base.errors import Cancelled, VolumeError
from viewer.base.jobs import Progress
from viewer.cli.volume_opening import opened_volumes
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.volume_loading import load_volume
from viewer.volume.volume_plan import plan_volume

STACK = upright_stack((12, 10, 6), (1, 1, 2))


def write_phases(folder: Path, values: list[dict[str, object]], names: list[str] | None = None) -> None:
    for number, elements in enumerate(values):
        write_phantom(
            folder,
            STACK,
            ramp((1, 1, 1), 100.0 * number),
            first_number=1 + 6 * number,
            elements=elements,
            name=(names or ["IM"] * len(values))[number],
        )


@pytest.mark.parametrize(
    "values",
    [
        [{"TemporalPositionIdentifier": 1}, {"TemporalPositionIdentifier": 2}, {"TemporalPositionIdentifier": 3}],
        [{"AcquisitionNumber": 1}, {"AcquisitionNumber": 2}, {"AcquisitionNumber": 10}],
        [{"Modality": "MR", "EchoTime": 5, "EchoNumbers": 1}, {"Modality": "MR", "EchoTime": 15, "EchoNumbers": 2}],
        [{"AcquisitionTime": "101730"}, {"AcquisitionTime": "101740"}, {"AcquisitionTime": "101750"}],
    ],
)
def test_runs_over_the_same_positions_are_phases(tmp_path: Path, values: list[dict[str, object]]) -> None:
    write_phases(tmp_path, values)
    with opened_volumes([tmp_path]) as volumes:
        assert len(volumes) == 1
        volume = volumes[0].load()
    assert len(volume.phases) == len(values)
    assert len(set(volume.phase_names)) == len(values)
    assert volume.condition.is_plain
    for number in range(len(values)):
        assert np.array_equal(volume.array(number), volume.array(0) + 100 * number)


def test_kernels_are_not_phases(tmp_path: Path) -> None:
    write_phases(tmp_path, [{"ConvolutionKernel": "SOFT"}, {"ConvolutionKernel": "BONE"}])
    with opened_volumes([tmp_path]) as volumes:
        assert [len(each.plan.phases) for each in volumes] == [1, 1]
        assert {each.description for each in volumes} == {"phantom · SOFT", "phantom · BONE"}


def test_a_phase_that_lacks_a_slice_says_so(tmp_path: Path) -> None:
    write_phases(tmp_path, [{"TemporalPositionIdentifier": number} for number in (1, 2, 3)])
    next(path for path in tmp_path.iterdir() if path.name.endswith("000009")).unlink()
    volume = loaded_volume(tmp_path)
    assert len(volume.phases) == 3
    assert any("Phase 2" in note for note in volume.condition.notes)
    assert np.abs(volume.array(1).astype(int) - volume.array(0) - 100).max() <= 1


@pytest.mark.parametrize(("missing", "place"), [("000007", 0), ("000012", -1)])
def test_where_a_phase_ends_earlier_there_is_nothing(tmp_path: Path, missing: str, place: int) -> None:
    write_phases(tmp_path, [{"TemporalPositionIdentifier": number} for number in (1, 2, 3)])
    next(path for path in tmp_path.iterdir() if path.name.endswith(missing)).unlink()
    told: list[SeriesVolume] = []
    with opened_volumes([tmp_path]) as volumes:
        volume = load_volume(volumes[0].plan, volumes[0].store, tell=told.append)
    assert any("Phase 2 lacks 1 slices at its ends" in note for note in volume.condition.notes)
    assert volume.padding is not None
    for each in (*told, volume):
        assert (each.array(1)[place] == volume.padding.low).all()
    kept = slice(1, None) if place == 0 else slice(None, -1)
    assert np.array_equal(volume.array(1)[kept], volume.array(0)[kept] + 100)
    assert np.array_equal(volume.array(2), volume.array(0) + 200)


def test_an_enhanced_object_is_a_volume(tmp_path: Path) -> None:
    write_enhanced_ct(tmp_path / "1.dcm", 7, 32, order=[3, 1, 6, 0, 2, 5, 4])
    volume = loaded_volume(tmp_path)
    assert volume.geometry.dimensions == (32, 32, 7)
    assert volume.geometry.spacing_mm == pytest.approx((2.5, 2.5, 2.5))
    wanted = np.stack([enhanced_frame(position, 0, 32) for position in range(7)]) + CT_INTERCEPT
    assert np.array_equal(volume.modality_values(), wanted)
    assert volume.rescale.unit == "HU"


def test_a_tomosynthesis_that_says_where_its_slices_lie_is_a_volume(tmp_path: Path) -> None:
    elements = {"SOPClassUID": BreastTomosynthesisImageStorage, "Modality": "MG"}
    write_enhanced_ct(tmp_path / "1.dcm", 7, 32, slice_step_mm=1.0, elements=elements)
    volume = loaded_volume(tmp_path)
    assert volume.geometry.dimensions == (32, 32, 7)
    assert volume.geometry.spacing_mm[2] == 1.0


def test_an_enhanced_object_in_time_has_phases(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    order = [(position, time) for time in range(3) for position in rng.permutation(6).tolist()]
    write_enhanced_mr(tmp_path / "1.dcm", 6, 3, 32, order=order)
    volume = loaded_volume(tmp_path)
    assert len(volume.phases) == 3
    for time in range(3):
        wanted = np.stack([enhanced_frame(position, time, 32) for position in range(6)])
        assert np.array_equal(volume.array(time), wanted)


def test_frames_that_say_they_are_distorted_are_refused(tmp_path: Path) -> None:
    path = write_enhanced_ct(tmp_path / "1.dcm", 7, 32)
    data_set = dcmread(path)
    data_set.VolumetricProperties = "MIXED"
    data_set.SharedFunctionalGroupsSequence[0].CTImageFrameTypeSequence[0].VolumetricProperties = "DISTORTED"
    data_set.save_as(path)
    with pytest.raises(VolumeError, match="distorted"):
        loaded_volume(tmp_path)


def test_planning_many_frames_can_be_cancelled(tmp_path: Path) -> None:
    write_enhanced_ct(tmp_path / "1.dcm", 7, 32)
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        plan_volume([images_of(tmp_path)], plain_store(), progress=progress)


def nuclear(kind: str, **elements: object) -> Dataset:
    detector = item(ImagePositionPatient=[-10, -20, 100], ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    data_set = item(
        SOPClassUID=NuclearMedicineImageStorage,
        SOPInstanceUID=made_uid("nm"),
        StudyInstanceUID=made_uid("nm study"),
        SeriesInstanceUID=made_uid("nm series"),
        FrameOfReferenceUID=made_uid("nm frame"),
        Modality="NM",
        PatientID="NM",
        ImageType=["ORIGINAL", "PRIMARY", kind, "EMISSION"],
        PixelSpacing=[4, 4],
        SpacingBetweenSlices=-4,
        DetectorInformationSequence=[detector],
    )
    for keyword, value in elements.items():
        setattr(data_set, keyword, value)
    return data_set


def frames(count: int) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint16]]]:
    return [np.full((8, 8), 10 * (number + 1), np.uint16) for number in range(count)]


def test_a_reconstructed_tomograph_is_a_volume_whichever_way_it_is_stacked(tmp_path: Path) -> None:
    data_set = nuclear("RECON TOMO", FrameIncrementPointer=[Tag(0x0054, 0x0080)], SliceVector=[1, 2, 3, 4, 5])
    set_pixels(data_set, frames(5))
    data_set.NumberOfFrames = 5
    write_part_10(tmp_path / "nm.dcm", data_set)
    volume = loaded_volume(tmp_path)
    assert volume.geometry.dimensions == (8, 8, 5)
    assert volume.geometry.spacing_mm == (4.0, 4.0, 4.0)
    assert volume.geometry.origin_mm == (-10.0, -20.0, 84.0)  # the spacing is negative: the last frame lies lowest
    assert volume.array()[:, 0, 0].tolist() == [50, 40, 30, 20, 10]


def test_a_gated_tomograph_has_phases(tmp_path: Path) -> None:
    pointers = [Tag(0x0054, 0x0060), Tag(0x0054, 0x0070), Tag(0x0054, 0x0080)]
    data_set = nuclear(
        "RECON GATED TOMO",
        SpacingBetweenSlices=4,
        FrameIncrementPointer=pointers,
        RRIntervalVector=[1] * 12,
        TimeSlotVector=[1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3],
        SliceVector=[1, 2, 3, 4] * 3,
    )
    set_pixels(data_set, frames(12))
    data_set.NumberOfFrames = 12
    write_part_10(tmp_path / "nm.dcm", data_set)
    volume = loaded_volume(tmp_path)
    assert [phase[:, 0, 0].tolist() for phase in volume.phases] == [
        [10, 20, 30, 40],
        [50, 60, 70, 80],
        [90, 100, 110, 120],
    ]


def test_a_projection_tomograph_is_no_volume(tmp_path: Path) -> None:
    data_set = nuclear("TOMO")
    set_pixels(data_set, frames(5))
    data_set.NumberOfFrames = 5
    write_part_10(tmp_path / "nm.dcm", data_set)
    with pytest.raises(VolumeError, match="where they lie"):
        loaded_volume(tmp_path)


def test_a_dose_grid_is_a_volume_in_gray(tmp_path: Path) -> None:
    data_set = item(
        SOPClassUID=RTDoseStorage,
        SOPInstanceUID=made_uid("dose"),
        StudyInstanceUID=made_uid("dose study"),
        SeriesInstanceUID=made_uid("dose series"),
        FrameOfReferenceUID=made_uid("dose frame"),
        Modality="RTDOSE",
        PatientID="DOSE",
        PixelSpacing=[3, 2],
        ImagePositionPatient=[1, 2, 3],
        ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        GridFrameOffsetVector=[0, 5, 10, 15],
        DoseUnits="GY",
        DoseGridScaling=0.01,
    )
    set_pixels(data_set, [each.astype(np.uint32) for each in frames(4)])
    data_set.NumberOfFrames = 4
    data_set.FrameIncrementPointer = Tag(0x3004, 0x000C)
    write_part_10(tmp_path / "dose.dcm", data_set)
    volume = loaded_volume(tmp_path)
    assert volume.geometry.spacing_mm == (2.0, 3.0, 5.0)
    assert volume.geometry.origin_mm == (1.0, 2.0, 3.0)
    assert volume.modality_values()[:, 0, 0].tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert volume.rescale.unit == "Gy"
