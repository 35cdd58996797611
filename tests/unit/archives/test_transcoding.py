"""What is written uncompressed has the bytes that DCMTK and GDCM decode, and says of itself what is then true."""

import shutil
import struct
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import config
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.pixels.utils import reshape_pixel_array

from tests.builders.sent_instances import made_instance
from tests.builders.serving_library import write_files
from viewer.archives.transcoding import Transcoder
from viewer.base.errors import ViewerError
from viewer.imaging.frame_decoding import InlineDecoder
from viewer.network.ports import HeldInstance

TOOLS = {
    name: shutil.which(name, path="/usr/bin") for name in ("dcmdjpeg", "dcmdjpls", "dcmdrle", "dcmconv", "gdcmconv")
}
FILES = {
    "JPEGLSNearLossless_16.dcm": ("dcmdjpls",),
    "JPEG2000.dcm": ("gdcmconv", "--raw"),
    "GDCMJ2K_TextGBR.dcm": ("gdcmconv", "--raw"),
    "J2K_pixelrep_mismatch.dcm": ("gdcmconv", "--raw"),
    "SC_rgb_jpeg_gdcm.dcm": ("dcmdjpeg", "+cn"),
    "SC_rgb_dcmtk_+eb+cy+np.dcm": ("dcmdjpeg", "+cn"),
    "JPEG-lossy.dcm": ("dcmdjpeg", "+cn"),
    "MR_small_jpeg_ls_lossless.dcm": ("dcmdjpls",),
    "MR_small_RLE.dcm": ("dcmdrle",),
    "rtdose_rle.dcm": ("dcmdrle",),
    "SC_rgb_rle_16bit_2frame.dcm": ("dcmdrle",),
    "image_dfl.dcm": ("dcmconv", "+te"),
    "MR_small_expb.dcm": ("dcmconv", "+te"),
    "liver_expb_1frame.dcm": ("dcmconv", "+te"),
}
OF_THE_PIXELS = {"PhotometricInterpretation", "PlanarConfiguration", "LossyImageCompression"}
OF_THE_PIXELS |= {"LossyImageCompressionMethod", "PixelData"}


@pytest.fixture(autouse=True)
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.IGNORE)


@pytest.fixture
def transcoder() -> Iterator[Transcoder]:
    with Transcoder(InlineDecoder()) as one:
        yield one


def _held(path: Path) -> HeldInstance:
    data_set = pydicom.dcmread(path, stop_before_pixels=True)
    syntax = str(data_set.file_meta.TransferSyntaxUID)
    return HeldInstance(str(data_set.SOPClassUID), str(data_set.SOPInstanceUID), syntax, path)


def _written(transcoder: Transcoder, path: Path, *, to_implicit: bool) -> Dataset:
    with transcoder.rewritten(_held(path), to_implicit=to_implicit) as stream:
        return read_dataset(BytesIO(stream.read()), to_implicit, True)


def _cells(data_set: Dataset) -> bytes:
    """Return the pixels interleaved; bits above the stored field, of which nothing is said, masked."""
    data_set.file_meta = pydicom.dataset.FileMetaDataset()
    data_set.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    if data_set.BitsAllocated == 1:
        return bytes(data_set.PixelData)
    words = np.frombuffer(data_set.PixelData, f"<u{data_set.BitsAllocated // 8}")
    shaped = reshape_pixel_array(data_set, words[: words.size - words.size % data_set.SamplesPerPixel])
    stored = (1 << data_set.BitsStored) - 1
    return bytes((shaped.astype(np.uint64) & np.uint64(stored)).tobytes())


@pytest.mark.skipif(None in TOOLS.values(), reason="DCMTK and GDCM are not installed here")
@pytest.mark.parametrize("to_implicit", [False, True])
@pytest.mark.parametrize("name", FILES)
def test_pixels_are_those_of_other_decoders(
    tmp_path: Path, transcoder: Transcoder, name: str, *, to_implicit: bool
) -> None:
    path = Path(str(get_testdata_file(name)))
    tool, *options = FILES[name]
    subprocess.run(
        [str(TOOLS[tool]), *options, str(path), str(tmp_path / "other.dcm")], check=True, capture_output=True
    )
    original, other = pydicom.dcmread(path), pydicom.dcmread(tmp_path / "other.dcm")
    ours = _written(transcoder, path, to_implicit=to_implicit)
    assert ours.PhotometricInterpretation == other.PhotometricInterpretation
    assert _cells(ours) == _cells(other)
    assert ours.SOPInstanceUID == original.SOPInstanceUID
    for element in original:
        if element.keyword not in OF_THE_PIXELS and element.tag.element and not element.tag.is_private:
            assert ours[element.tag].value == element.value, element.keyword
    if transcoder.can_rewrite(str(original.file_meta.TransferSyntaxUID)) and "lossy" in name.lower():
        assert ours.LossyImageCompression == "01"


def test_what_was_lossy_goes_on_saying_so(transcoder: Transcoder) -> None:
    path = Path(str(get_testdata_file("JPEGLSNearLossless_08.dcm")))
    assert "LossyImageCompression" not in pydicom.dcmread(path)
    ours = _written(transcoder, path, to_implicit=False)
    assert (ours.LossyImageCompression, ours.LossyImageCompressionMethod) == ("01", "ISO_14495_1")


def test_what_is_damaged_is_not_written(tmp_path: Path, transcoder: Transcoder) -> None:
    whole = Path(str(get_testdata_file("MR_small_jpeg_ls_lossless.dcm"))).read_bytes()
    path = tmp_path / "cut.dcm"
    refused = 0
    cuts = range(len(whole) - 8, len(whole) - 4000, -397)
    for cut in cuts:
        path.write_bytes(whole[:cut])
        with pytest.raises(ViewerError):
            _written(transcoder, path, to_implicit=False)
        refused += 1
    assert refused == len(cuts)


def test_more_frames_than_are_stated_are_not_dropped(tmp_path: Path, transcoder: Transcoder) -> None:
    data_set = pydicom.dcmread(str(get_testdata_file("SC_rgb_rle_2frame.dcm")))
    data_set.NumberOfFrames = 1
    data_set.save_as(tmp_path / "two.dcm")
    with pytest.raises(ViewerError, match="more frames"):
        _written(transcoder, tmp_path / "two.dcm", to_implicit=False)


def test_offset_tables_go_and_what_stands_behind_the_pixels_stays(tmp_path: Path, transcoder: Transcoder) -> None:
    data_set = pydicom.dcmread(str(get_testdata_file("MR_small_jpeg_ls_lossless.dcm")))
    data_set.add_new(0x7FE00001, "OV", struct.pack("<Q", 0))
    data_set.add_new(0x7FE00002, "OV", struct.pack("<Q", 100))
    data_set.add_new(0xFFFCFFFC, "OB", b"\0\0")
    data_set.save_as(tmp_path / "one.dcm")
    ours = _written(transcoder, tmp_path / "one.dcm", to_implicit=False)
    assert 0x7FE00001 not in ours
    assert 0x7FE00002 not in ours
    assert 0xFFFCFFFC in ours


def test_no_processes_are_begun_when_sending_has_ended() -> None:
    transcoder = Transcoder()
    transcoder.close()
    with pytest.raises(ViewerError, match="ended"):
        _written(transcoder, Path(str(get_testdata_file("MR_small_jpeg_ls_lossless.dcm"))), to_implicit=False)


def test_videos_and_unknown_syntaxes_are_left_alone(transcoder: Transcoder) -> None:
    syntaxes = ("1.2.840.10008.1.2.4.102", "1.2.840.10008.1.2.4.94", "1.2.3.4", "1.2.840.10008.1.2")
    assert not any(map(transcoder.can_rewrite, syntaxes))


@pytest.mark.parametrize("kind", [3, 4])
def test_big_endian_and_deflated_data_sets_hold_what_they_held(
    tmp_path: Path, transcoder: Transcoder, kind: int
) -> None:
    made = made_instance("s/e/1", bytes(range(256)) * 40, kind=kind)
    (path,) = write_files(tmp_path, [made])
    for to_implicit in (False, True):
        ours, original = _written(transcoder, path, to_implicit=to_implicit), pydicom.dcmread(path)
        assert str(ours.PatientName) == str(original.PatientName)
        assert ours.Rows == original.Rows
        words = np.frombuffer(original.PixelData, ">u2" if kind == 3 else "<u2")
        assert np.array_equal(np.frombuffer(ours.PixelData, "<u2"), words)
