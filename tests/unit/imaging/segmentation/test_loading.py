"""Masks of segmentations against highdicom's own: packed bits across frames, sparse frames, fractions, labels."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

from tests.builders.ct_series import write_ct_series
from tests.builders.segmentations import written_segmentation
from viewer.base.byte_source import FileBytes
from viewer.base.errors import DicomError, RefusedError, ViewerError
from viewer.dicom.datasets import read_full_data_set
from viewer.dicom.header_scan import scan_header
from viewer.dicom.segmentation.reading import read_segmentation
from viewer.imaging.frame_decoding import InlineDecoder
from viewer.imaging.segmentation.loading import LoadedSegmentation, load_segmentation

SIZE, SLICES = 17, 5  # 289 bits a frame: no frame but the first begins at an octet's edge


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("ct")
    return write_ct_series(folder, SLICES, SIZE, slice_step_mm=2.5, pixel_spacing_mm=(0.5, 0.75))


@pytest.fixture
def masks() -> NDArray[np.uint8]:
    drawn = (np.random.default_rng(4).random((SLICES, SIZE, SIZE, 3)) > 0.6).astype(np.uint8)
    drawn[1, :, :, 0] = 0
    drawn[:, :, :, 2] = 0
    drawn[3, 4, 5, 2] = 1
    return drawn


def loaded(path: Path) -> LoadedSegmentation:
    header = scan_header(FileBytes(path))
    info = read_segmentation(read_full_data_set(header.source, stop_at_pixels=True).data_set)
    return load_segmentation(header, info, InlineDecoder())


def volume(found: LoadedSegmentation, segment: int) -> NDArray[np.uint8]:
    """Put a segment's slices where the source has them: sparse ones by their position."""
    whole = np.zeros((SLICES, SIZE, SIZE), np.uint8)
    for place, packed in found.masks[segment].items():
        plane = found.places[place].plane
        assert plane is not None
        whole[round(plane.position[2] / 2.5)] = packed.unpacked(SIZE, SIZE)
    return whole


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless])
def test_binary_frames_are_those_that_were_written(
    tmp_path: Path, series: list[Path], masks: NDArray[np.uint8], syntax: str
) -> None:
    kind = "FRACTIONAL" if syntax == RLELossless else "BINARY"
    found = loaded(written_segmentation(tmp_path / "seg.dcm", series, masks, kind, transfer_syntax_uid=syntax))

    for segment in (1, 2, 3):
        assert np.array_equal(volume(found, segment), masks[..., segment - 1])
        assert found.tallies[segment].voxels == masks[..., segment - 1].sum()
        assert found.volume_ml(segment) == pytest.approx(masks[..., segment - 1].sum() * 0.5 * 0.75 * 2.5 / 1000)
    assert found.tallies[3].frames == 1
    assert found.places[0].sources[0].sop_instance_uid == pydicom.dcmread(series[0]).SOPInstanceUID


def test_slices_that_are_left_out_stay_empty(tmp_path: Path, series: list[Path]) -> None:
    masks = np.zeros((SLICES, SIZE, SIZE, 1), np.uint8)
    masks[0, 2, 3], masks[3, 5, 6] = 1, 1
    found = loaded(written_segmentation(tmp_path / "seg.dcm", series, masks))

    assert np.array_equal(volume(found, 1), masks[..., 0])
    assert found.grid is not None
    assert found.grid.spacing_mm == pytest.approx(2.5)
    assert found.grid.slice_at(2.5) is None
    assert found.grid.slice_at(7.4) == 1


@pytest.mark.parametrize("kind", ["PROBABILITY", "OCCUPANCY"])
def test_fractions_are_shown_from_a_half_on(tmp_path: Path, series: list[Path], kind: str) -> None:
    fractions = np.random.default_rng(7).integers(0, 201, (SLICES, SIZE, SIZE, 1)) / 200
    found = loaded(written_segmentation(tmp_path / "seg.dcm", series, fractions, "FRACTIONAL", fractional=kind))

    assert np.array_equal(volume(found, 1), fractions[..., 0] >= 0.5)
    voxel = 0.5 * 0.75 * 2.5 / 1000
    expected = (fractions >= 0.5).sum() if kind == "PROBABILITY" else fractions.sum()
    assert found.volume_ml(1) == pytest.approx(expected * voxel)
    held = found.fraction(1, 0)
    assert held is not None
    assert np.array_equal(held, np.rint(fractions[0, ..., 0] * 200))


def test_label_maps_hold_one_segment_a_label(tmp_path: Path, series: list[Path]) -> None:
    labels = np.random.default_rng(9).integers(0, 4, (SLICES, SIZE, SIZE)).astype(np.uint8)
    found = loaded(written_segmentation(tmp_path / "seg.dcm", series, labels, "LABELMAP"))

    assert [each.number for each in found.info.segments] == [1, 2, 3]
    for segment in (1, 2, 3):
        assert np.array_equal(volume(found, segment), labels == segment)


def test_masks_that_are_cut_off_are_refused(tmp_path: Path, series: list[Path], masks: NDArray[np.uint8]) -> None:
    path = written_segmentation(tmp_path / "seg.dcm", series, masks)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ViewerError):
        loaded(path)


def _changed(path: Path, **values: object) -> Path:
    data_set = pydicom.dcmread(path)
    for keyword, value in values.items():
        setattr(data_set, keyword, value)
    data_set.save_as(path)
    return path


@pytest.mark.parametrize(
    "values",
    [
        {"NumberOfFrames": "999"},
        {"SegmentationType": "MIXED"},
        {"SegmentationType": "LABELMAP"},
        {"SegmentSequence": []},
        {"Rows": 400},
        {"PerFrameFunctionalGroupsSequence": []},
        {"SamplesPerPixel": 3},
    ],
)
def test_what_contradicts_itself_is_refused(
    tmp_path: Path, series: list[Path], masks: NDArray[np.uint8], values: dict[str, object]
) -> None:
    path = written_segmentation(tmp_path / "seg.dcm", series, masks)
    with pytest.raises((DicomError, RefusedError)):
        loaded(_changed(path, **values))


def test_frames_of_segments_that_are_not_described_are_refused(
    tmp_path: Path, series: list[Path], masks: NDArray[np.uint8]
) -> None:
    data_set = pydicom.dcmread(written_segmentation(tmp_path / "seg.dcm", series, masks))
    data_set.SegmentSequence = data_set.SegmentSequence[:1]
    data_set.save_as(tmp_path / "seg.dcm")
    with pytest.raises(DicomError, match="not described"):
        loaded(tmp_path / "seg.dcm")


def test_two_frames_of_one_segment_at_one_place_are_refused(
    tmp_path: Path, series: list[Path], masks: NDArray[np.uint8]
) -> None:
    data_set = pydicom.dcmread(written_segmentation(tmp_path / "seg.dcm", series, masks))
    groups = data_set.PerFrameFunctionalGroupsSequence
    groups[1] = groups[0]
    data_set.save_as(tmp_path / "seg.dcm")
    with pytest.raises(DicomError, match="two frames at the same place"):
        loaded(tmp_path / "seg.dcm")


def test_a_million_segments_are_refused_without_reading_them_all(tmp_path: Path, series: list[Path]) -> None:
    data_set = pydicom.dcmread(written_segmentation(tmp_path / "seg.dcm", series, np.ones((SLICES, SIZE, SIZE, 1))))
    data_set.SegmentSequence = []
    data_set.save_as(tmp_path / "seg.dcm")
    raw = (tmp_path / "seg.dcm").read_bytes()
    empty = bytes.fromhex("6200020053510000") + (0).to_bytes(4, "little")
    at = raw.index(empty)
    items = bytes.fromhex("feff00e000000000") * 1_000_000
    (tmp_path / "seg.dcm").write_bytes(raw[:at] + empty[:8] + len(items).to_bytes(4, "little") + items + raw[at + 12 :])
    with pytest.raises(RefusedError):
        loaded(tmp_path / "seg.dcm")
