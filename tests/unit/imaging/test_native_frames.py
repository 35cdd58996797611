"""Native frames: random access, byte order, and elements shorter or longer than they should be."""

import os
from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from tests.builders.pixel_headers import pixel_header
from tests.builders.pydicom_headers import pydicom_header
from viewer.base.byte_source import FileBytes
from viewer.base.errors import DecodingError, DicomError
from viewer.dicom.instance_header import InstanceHeader, PixelDataLocation
from viewer.imaging.color_pipeline import to_rgb
from viewer.imaging.frame_decoding import InlineDecoder
from viewer.imaging.frame_source import FrameSource
from viewer.imaging.stored_frame import FrameWarning

GREY16 = {"rows": 4, "columns": 5, "bits_allocated": 16, "bits_stored": 16, "high_bit": 15}


def source(header: InstanceHeader) -> FrameSource:
    return FrameSource(header, InlineDecoder())


def test_only_the_wanted_frame_is_read_beyond_four_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "large"
    frames, last = 9000, np.arange(512 * 512, dtype="<u2").reshape(512, 512)
    with path.open("wb") as stream:  # sparse: it takes no room
        stream.seek(100 + (frames - 1) * last.nbytes)
        stream.write(last.tobytes())
    assert path.stat().st_size > 1 << 32
    template = pixel_header(b"", rows=512, columns=512, bits_allocated=16, frames=frames)
    location = PixelDataLocation(0x7FE00010, 100, frames * last.nbytes)
    header = InstanceHeader(FileBytes(path), template.transfer_syntax_uid, template.elements, location)
    frame = source(header).stored_frame(frames - 1)
    assert np.array_equal(frame.values, last)
    assert not frame.warnings
    assert not source(header).stored_frame(17).values.any()


def test_a_short_element_gives_its_rows_and_then_refuses() -> None:
    header = pixel_header(bytes(40 + 25), frames=3, length=120, **GREY16)
    frames = source(header)
    assert not frames.stored_frame(0).warnings
    second = frames.stored_frame(1)
    assert second.warnings == {FrameWarning.TRUNCATED}
    assert second.missing_rows == 2
    with pytest.raises(DecodingError, match="Frame 3 of 3 is missing"):
        frames.stored_frame(2)
    with pytest.raises(DecodingError, match="no frame 4"):
        frames.stored_frame(3)


@pytest.mark.parametrize(("extra", "is_overlong"), [(0, False), (1, False), (2, True), (40, True)])
def test_a_long_element_is_said_to_be_long(extra: int, is_overlong: bool) -> None:
    frame = source(pixel_header(bytes(40 + extra), **GREY16)).stored_frame(0)
    assert (FrameWarning.OVERLONG in frame.warnings) == is_overlong


@pytest.mark.parametrize("value_representation", [b"OB", b"OW"])
def test_bytes_in_big_endian_words_are_swapped_and_plain_bytes_are_not(value_representation: bytes) -> None:
    values = np.arange(2 * 3 * 5, dtype=np.uint8).reshape(2, 3, 5)
    data = values.tobytes()
    if value_representation == b"OW":
        data = np.frombuffer(data, "<u2").byteswap().tobytes()
    prefix = b"\x7f\xe0\x00\x10" + value_representation + bytes(6)
    header = pixel_header(data, "1.2.840.10008.1.2.2", prefix=prefix, frames=2, rows=3, columns=5, bits_allocated=8)
    frames = source(header)
    assert np.array_equal(frames.stored_frame(0).values, values[0])
    assert np.array_equal(frames.stored_frame(1).values, values[1])


def test_full_chroma_under_the_name_of_shared_chroma_is_taken_for_what_it_is() -> None:
    values = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    header = pixel_header(
        values.tobytes(), photometric_interpretation="YBR_FULL_422", rows=4, columns=6, bits_allocated=8,
        samples_per_pixel=3,
    )  # fmt: skip
    frame = source(header).stored_frame(0)
    assert np.array_equal(frame.values, values)
    assert frame.photometric_interpretation == "YBR_FULL"


def test_native_pixels_under_a_compressed_syntax_are_read_when_their_length_is_right() -> None:
    values = np.arange(20, dtype="<u2")
    frame = source(pixel_header(values.tobytes(), "1.2.840.10008.1.2.4.70", **GREY16)).stored_frame(0)
    assert frame.values.ravel().tolist() == values.tolist()
    with pytest.raises(DecodingError, match="neither fragments"):
        source(pixel_header(values.tobytes()[:-4], "1.2.840.10008.1.2.4.70", **GREY16)).stored_frame(0)


@pytest.mark.parametrize(
    "image",
    [
        {**GREY16, "rows": 0},
        {**GREY16, "bits_stored": 17},
        {**GREY16, "bits_allocated": 13, "bits_stored": 13},
        {**GREY16, "samples_per_pixel": 2},
        {**GREY16, "rows": 65535, "columns": 65535},
    ],
)
def test_impossible_images_are_refused_before_memory_is_taken(image: dict[str, int]) -> None:
    with pytest.raises(DicomError):
        source(pixel_header(b"", **image))


def test_objects_without_an_image_say_so() -> None:
    header = InstanceHeader(FileBytes(Path(os.devnull)), "1.2.840.10008.1.2.1", {})
    with pytest.raises(DecodingError, match="no image"):
        source(header)


@pytest.mark.parametrize(
    "uid", ["1.2.840.10008.1.2.4.94", "1.2.840.10008.1.2.7.1", "1.2.826.0.1.3680043.2.1", "1.2.840.10008.1.2.4.59"]
)
def test_syntaxes_without_a_decoder_are_named(uid: str) -> None:
    with pytest.raises(DecodingError, match=r"JPIP Referenced|SMPTE|1\.2\.826|Hierarchical"):
        source(pixel_header(bytes(40), uid, **GREY16))


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("liver_expb_1frame.dcm", "liver_1frame.dcm"),
        ("MR_small_expb.dcm", "MR_small.dcm"),
        ("rtdose_expb_1frame.dcm", "rtdose_1frame.dcm"),
        ("SC_rgb_small_odd_big_endian.dcm", "SC_rgb_small_odd.dcm"),
    ],
)
def test_big_endian_files_hold_what_their_little_endian_twins_hold(name: str, reference: str) -> None:
    first, second = (
        source(pydicom_header(Path(str(get_testdata_file(each, download=False))))).stored_frame(0)
        for each in (name, reference)
    )
    assert np.array_equal(first.values, second.values)


@pytest.mark.parametrize("is_whole", [False, True])
def test_partial_range_422_shares_its_chroma_unless_all_of_it_is_there(is_whole: bool) -> None:
    cells = [16, 128, 128, 235, 128, 128] if is_whole else [16, 235, 128, 128]
    header = pixel_header(
        bytes(cells * 4), photometric_interpretation="YBR_PARTIAL_422", rows=2, columns=4, bits_allocated=8,
        bits_stored=8, high_bit=7, samples_per_pixel=3,
    )  # fmt: skip
    frame = source(header).stored_frame(0)
    assert not frame.warnings
    assert to_rgb(frame, 8).tolist() == [[[0] * 3, [255] * 3] * 2] * 2
