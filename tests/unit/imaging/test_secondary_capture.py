"""Pictures of the screen as DICOM, read back by pydicom and judged by dciodvfy."""

import errno
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.builders.ct_series import write_ct_series
from viewer.base.byte_source import FileBytes
from viewer.base.errors import Cancelled, DicomError, MediaError
from viewer.base.jobs import Progress
from viewer.dicom.header_scan import scan_header
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.secondary_capture import write_captures

RNG = np.random.default_rng(2)
COLOR = RNG.integers(0, 256, (31, 45, 3)).astype(np.uint8)
GRAY = RNG.integers(0, 256, (31, 45)).astype(np.uint8)


@pytest.fixture
def image(tmp_path: Path) -> ImageRef:
    elements = {"PatientName": "홍^길동", "SpecificCharacterSet": "ISO_IR 192", "PatientPosition": "HFS"}
    (path,) = write_ct_series(tmp_path / "ct", 1, 16, elements=elements)
    return ImageRef(scan_header(FileBytes(path)))


def complaints(path: Path) -> list[str]:
    validator = shutil.which("dciodvfy")
    if validator is None:
        pytest.skip("dciodvfy (dicom3tools) is not installed")
    ended = subprocess.run([validator, str(path)], capture_output=True, text=True, errors="replace")
    return [line for line in (ended.stdout + ended.stderr).splitlines() if line.startswith("Error")]


@pytest.mark.parametrize("picture", [COLOR, GRAY], ids=["colour", "grey"])
def test_a_picture_comes_back_as_it_was_and_is_clean(image: ImageRef, tmp_path: Path, picture: np.ndarray) -> None:
    (path,) = write_captures([picture], image, tmp_path / "made", description="화면")
    assert complaints(path) == []
    made = pydicom.dcmread(path)
    assert np.array_equal(made.pixel_array, picture)
    source = pydicom.dcmread(image.header.source.name)
    assert made.PatientName == source.PatientName == "홍^길동"
    assert made.StudyInstanceUID == source.StudyInstanceUID
    assert made.SeriesInstanceUID != source.SeriesInstanceUID
    assert made.SeriesDescription == "화면"
    assert made.BurnedInAnnotation == "YES"
    assert made.ConversionType == "WSD"
    assert list(made.ImageType) == ["DERIVED", "SECONDARY"]
    assert made.SourceImageSequence[0].ReferencedSOPInstanceUID == source.SOPInstanceUID


def test_nothing_in_it_claims_a_place_or_a_size(image: ImageRef, tmp_path: Path) -> None:
    (path,) = write_captures([COLOR], image, tmp_path / "made", description="x")
    made = pydicom.dcmread(path)
    for keyword in ("PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient", "FrameOfReferenceUID",
                    "NominalScannedPixelSpacing", "PatientPosition", "RescaleSlope", "WindowCenter"):  # fmt: skip
        assert keyword not in made


def test_several_pictures_are_one_series(image: ImageRef, tmp_path: Path) -> None:
    paths = write_captures([COLOR, COLOR[::-1], COLOR], image, tmp_path / "made", description="turning")
    made = [pydicom.dcmread(path) for path in paths]
    assert [each.InstanceNumber for each in made] == [1, 2, 3]
    assert len({each.SOPInstanceUID for each in made}) == 3
    assert len({each.SeriesInstanceUID for each in made}) == 1


def test_what_cannot_be_a_picture_is_refused(image: ImageRef, tmp_path: Path) -> None:
    for picture in (COLOR.astype(np.uint16), COLOR[:, :, :2], COLOR[:0]):
        with pytest.raises(DicomError):
            write_captures([picture], image, tmp_path / "made", description="x")  # type: ignore[list-item]  # refused
    with pytest.raises(DicomError, match="from 1 to"):
        write_captures([], image, tmp_path / "made", description="x")
    assert not (tmp_path / "made").exists()


def test_nothing_is_overwritten_and_nothing_half_done_stays(image: ImageRef, tmp_path: Path) -> None:
    with pytest.raises(MediaError) as raised:
        write_captures([COLOR], image, tmp_path / "ct", description="x")
    assert "empty folder" in raised.value.advice
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        write_captures([COLOR], image, tmp_path / "made", description="x", progress=progress)
    assert [each.name for each in tmp_path.iterdir()] == ["ct"]


def test_a_full_disk_is_said_with_what_helps(image: ImageRef, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_parts: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("viewer.dicom.derived_instance.write_object", refuse)
    with pytest.raises(MediaError, match="No space left") as raised:
        write_captures([COLOR], image, tmp_path / "made", description="x")
    assert "room" in raised.value.advice
    assert not (tmp_path / "made").exists()
