"""Segmentations that we write: clean for dciodvfy, for highdicom voxel by voxel what was drawn, and back again."""

import shutil
import subprocess
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from tests.builders.ct_series import write_ct_series
from viewer.base.byte_source import FileBytes
from viewer.base.errors import DicomError
from viewer.dicom.codes import Code
from viewer.dicom.datasets import read_full_data_set
from viewer.dicom.derived_instance import new_uid
from viewer.dicom.header_scan import scan_header
from viewer.dicom.segmentation.reading import read_segmentation
from viewer.dicom.segmentation.values import Segment, SegmentationType
from viewer.dicom.segmentation.writing import WrittenSegmentation, segmentation_object, write_segmentation
from viewer.imaging.frame_decoding import InlineDecoder
from viewer.imaging.segmentation.loading import LoadedSegmentation, load_segmentation

SIZE, SLICES = 19, 6
LIVER = Code("10200004", "SCT", "Liver")
KINDS = list(SegmentationType)
PATIENT = {
    "SeriesNumber": "3",
    "PatientBirthDate": "19500101",
    "PatientSex": "O",
    "StudyDate": "20240101",
    "StudyTime": "101010",
    "AccessionNumber": "",
    "StudyID": "1",
    "ReferringPhysicianName": "",
    "PositionReferenceIndicator": "",
}


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_ct_series(tmp_path_factory.mktemp("ct"), SLICES, SIZE, slice_step_mm=2.5, elements=PATIENT)


def drawn(*, overlaps: bool) -> dict[int, dict[int, NDArray[np.uint8]]]:
    rng = np.random.default_rng(5)
    first = {place: (rng.random((SIZE, SIZE)) > 0.5).astype(np.uint8) for place in (1, 2, 4)}
    second = {place: (rng.random((SIZE, SIZE)) > 0.7).astype(np.uint8) for place in (2, 5)}
    if not overlaps:
        second[2] &= 1 - first[2]
    return {2: first, 7: second}


SEGMENTS = (
    Segment(7, "간", algorithm_type="MANUAL", rgb=(200, 30, 40)),
    Segment(2, "Liver", "drawn by hand", "MANUAL", type=LIVER, rgb=(10, 200, 90)),
)


def written(tmp_path: Path, series: list[Path], kind: SegmentationType, *, overlaps: bool = False) -> Path:
    sources = [read_full_data_set(FileBytes(path), stop_at_pixels=True).data_set for path in series]
    told = WrittenSegmentation(new_uid(), "Segmentation 1", kind, "Reader^One")
    made = segmentation_object(sources, SEGMENTS, drawn(overlaps=overlaps), told)
    return write_segmentation(made, tmp_path / "seg.dcm")


def loaded(path: Path) -> LoadedSegmentation:
    header = scan_header(FileBytes(path))
    info = read_segmentation(read_full_data_set(header.source, stop_at_pixels=True).data_set)
    return load_segmentation(header, info, InlineDecoder())


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_clean(tmp_path: Path, series: list[Path], kind: SegmentationType) -> None:
    validator = shutil.which("dciodvfy")
    if validator is None:
        pytest.skip("dciodvfy (dicom3tools) is not installed")
    path = written(tmp_path, series, kind)
    told = subprocess.run([validator, str(path)], capture_output=True, text=True, check=False)
    errors = [line for line in (told.stdout + told.stderr).splitlines() if line.startswith("Error")]
    if kind is SegmentationType.LABELMAP:  # its class is younger than the validator, and may describe its background
        errors = [line for line in errors if "SegmentNumber of 0" not in line and "Object Not found" not in line]
    assert errors == []


@pytest.mark.parametrize("kind", KINDS)
def test_it_reads_back_as_it_was_drawn(tmp_path: Path, series: list[Path], kind: SegmentationType) -> None:
    found = loaded(written(tmp_path, series, kind))
    assert found.info.type is kind
    assert [(each.number, each.label) for each in found.info.segments] == [(1, "Liver"), (2, "간")]
    assert found.info.segments[0].type == LIVER
    rgb = found.info.segments[0].rgb
    assert rgb is not None
    assert max(abs(a - b) for a, b in zip(rgb, (10, 200, 90), strict=True)) <= 1
    assert found.info.frame_of_reference_uid == pydicom.dcmread(series[0]).FrameOfReferenceUID
    for number, masks in ((1, drawn(overlaps=False)[2]), (2, drawn(overlaps=False)[7])):
        at = {round(plane.position[2] / 2.5): k for k, p in enumerate(found.places) if (plane := p.plane) is not None}
        for place in range(SLICES):
            packed = found.masks[number].get(at.get(place, -1))
            seen = packed.unpacked(SIZE, SIZE) if packed is not None else np.zeros((SIZE, SIZE), np.uint8)
            assert np.array_equal(seen, masks.get(place, np.zeros((SIZE, SIZE))))


@pytest.mark.parametrize("overlaps", [False, True])
def test_highdicom_reads_the_same_voxels(tmp_path: Path, series: list[Path], overlaps: bool) -> None:
    read = hd.seg.segread(written(tmp_path, series, SegmentationType.BINARY, overlaps=overlaps))
    uids = [pydicom.dcmread(path).SOPInstanceUID for path in series]
    pixels = read.get_pixels_by_source_instance(uids, assert_missing_frames_are_empty=True)
    for number, masks in enumerate(drawn(overlaps=overlaps).values()):
        for place in range(SLICES):
            assert np.array_equal(pixels[place, :, :, number], masks.get(place, np.zeros((SIZE, SIZE))))


def test_label_maps_cannot_hold_segments_that_overlap(tmp_path: Path, series: list[Path]) -> None:
    with pytest.raises(DicomError, match="overlap"):
        written(tmp_path, series, SegmentationType.LABELMAP, overlaps=True)


def test_what_the_images_leave_out_of_the_patient_is_left_empty(tmp_path: Path, series: list[Path]) -> None:
    sources = [pydicom.dcmread(path, stop_before_pixels=True) for path in series]
    for source in sources:
        for keyword in ("PatientBirthDate", "PatientSex", "StudyID", "AccessionNumber"):
            delattr(source, keyword)
    made = segmentation_object(sources, SEGMENTS, drawn(overlaps=False), WrittenSegmentation(new_uid(), "x"))
    path = write_segmentation(made, tmp_path / "seg.dcm")
    assert len(loaded(path).info.segments) == 2
    assert not pydicom.dcmread(path).PatientBirthDate


def test_nothing_is_written_of_nothing(series: list[Path]) -> None:
    sources = [pydicom.dcmread(path, stop_before_pixels=True) for path in series]
    with pytest.raises(DicomError, match="empty"):
        segmentation_object(sources, SEGMENTS, {}, WrittenSegmentation(new_uid(), "x"))
