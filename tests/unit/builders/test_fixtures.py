"""The makers of test data against DCMTK's decoders and dicom3tools' validator."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import (
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from tests.builders.ct_series import ct_slice, write_ct_series
from tests.builders.encoding import encode_frame
from tests.builders.enhanced import enhanced_frame, write_enhanced_ct, write_enhanced_mr
from tests.builders.large_dx import large_dx_pixels, write_large_dx

DCMTK_DECODERS: dict[str, str] = {
    RLELossless: "dcmdrle",
    JPEGLossless: "dcmdjpeg",
    JPEGLosslessSV1: "dcmdjpeg",
    JPEGLSLossless: "dcmdjpls",
}


def validator() -> str:
    path = shutil.which("dciodvfy")
    if path is None:
        pytest.skip("dciodvfy (dicom3tools) is not installed")
    return path


def complaints(path: Path) -> list[str]:
    result = subprocess.run([validator(), str(path)], capture_output=True, text=True, errors="replace")
    return [line for line in (result.stdout + result.stderr).splitlines() if line.startswith(("Error", "Warning"))]


def test_ct_series_tells_its_slices_apart(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, 3, 64, slice_step_mm=(0.0, 0.5, 2.0), first_position_mm=(-10.0, -20.0, 5.0))
    read = [pydicom.dcmread(path) for path in paths]
    assert [data_set.InstanceNumber for data_set in read] == [1, 2, 3]
    assert [list(data_set.ImagePositionPatient) for data_set in read] == [
        [-10, -20 + k / 2, 5 + 2 * k] for k in range(3)
    ]
    assert len({data_set.SOPInstanceUID for data_set in read}) == 3
    for index, data_set in enumerate(read):
        assert data_set.SOPInstanceUID == data_set.file_meta.MediaStorageSOPInstanceUID
        np.testing.assert_array_equal(np.frombuffer(data_set.PixelData, "<u2").reshape(64, 64), ct_slice(index, 64))


@pytest.mark.parametrize("transfer_syntax_uid", list(DCMTK_DECODERS))
def test_compressed_ct_series_decodes_with_dcmtk(tmp_path: Path, transfer_syntax_uid: str) -> None:
    decoder = shutil.which(DCMTK_DECODERS[transfer_syntax_uid])
    if decoder is None:
        pytest.skip("DCMTK is not installed")
    path = write_ct_series(tmp_path, 2, 64, transfer_syntax_uid=transfer_syntax_uid)[1]
    subprocess.run([decoder, str(path), str(tmp_path / "raw")], check=True)
    decoded = pydicom.dcmread(tmp_path / "raw")
    np.testing.assert_array_equal(np.frombuffer(decoded.PixelData, "<u2").reshape(64, 64), ct_slice(1, 64))


@pytest.mark.parametrize("kind", ["signed", "unsigned"])
@pytest.mark.parametrize("transfer_syntax_uid", [JPEG2000Lossless, HTJ2KLossless])
def test_wavelet_frames_decode_with_openjpeg(kind: str, transfer_syntax_uid: str) -> None:
    from openjpeg import decode

    dtype = np.int16 if kind == "signed" else np.uint16
    frame = ct_slice(3, 64).astype(dtype) - np.array(900 if kind == "signed" else 0, dtype)
    np.testing.assert_array_equal(decode(encode_frame(frame, transfer_syntax_uid, 16)), frame)


@pytest.mark.parametrize("transfer_syntax_uid", [RLELossless, JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless])
def test_ct_series_is_valid(tmp_path: Path, transfer_syntax_uid: str) -> None:
    assert complaints(write_ct_series(tmp_path, 1, 64, transfer_syntax_uid=transfer_syntax_uid)[0]) == []


def test_large_dx_is_valid_and_reads_back(tmp_path: Path) -> None:
    path = write_large_dx(tmp_path / "DX", 100, 80)
    data_set = pydicom.dcmread(path)
    assert data_set.BitsStored == 16
    np.testing.assert_array_equal(data_set.pixel_array, large_dx_pixels(100, 80))
    assert complaints(path) == []


def test_enhanced_ct_is_valid_and_keeps_its_frame_order(tmp_path: Path) -> None:
    path = write_enhanced_ct(tmp_path / "CT", 3, 32, order=[2, 0, 1])
    data_set = pydicom.dcmread(path)
    for index, position in enumerate([2, 0, 1]):
        groups = data_set.PerFrameFunctionalGroupsSequence[index]
        assert groups.PlanePositionSequence[0].ImagePositionPatient[2] == -10 + 2.5 * position
        np.testing.assert_array_equal(data_set.pixel_array[index], enhanced_frame(position, 0, 32))
    assert complaints(path) == []


def test_enhanced_mr_is_valid_and_has_times(tmp_path: Path) -> None:
    path = write_enhanced_mr(tmp_path / "MR", 2, 3, 32)
    data_set = pydicom.dcmread(path)
    contents = [groups.FrameContentSequence[0] for groups in data_set.PerFrameFunctionalGroupsSequence]
    values = [tuple(content.DimensionIndexValues) for content in contents]
    assert values == [(1, position, time) for time in (1, 2, 3) for position in (1, 2)]
    assert complaints(path) == []
