"""Hostile pixel elements: refused in words, or shown with the mark that they deserve."""

import struct
import time
from pathlib import Path

import numpy as np
import pytest

from tests.builders.pixel_headers import encapsulated_header, pixel_header
from tests.builders.pydicom_headers import pydicom_header
from viewer.base.errors import ViewerError
from viewer.imaging.frame_decoding import InlineDecoder
from viewer.imaging.frame_source import FrameSource
from viewer.imaging.stored_frame import FrameWarning

MARKED = {
    "TC0285_buf_half.dcm": (FrameWarning.TRUNCATED, 32),
    "TC0287_buf_2x.dcm": (FrameWarning.OVERLONG, 0),
    "TC0289_buf_10x.dcm": (FrameWarning.OVERLONG, 0),
    "TC0293_buf_one_byte.dcm": (FrameWarning.TRUNCATED, 64),
}
REFUSED = ("TC0295_rows_zero.dcm", "TC0297_cols_zero.dcm", "TC0299_bits_bsstored_gt_ba.dcm")


@pytest.mark.real_data
@pytest.mark.parametrize("name", MARKED)
def test_wrong_lengths_are_marked(name: str, shared_data: Path) -> None:
    header = pydicom_header(shared_data / "hostile" / "cat04_pixel_data" / name)
    frame = FrameSource(header, InlineDecoder()).stored_frame(0)
    assert frame.warnings == {MARKED[name][0]}
    assert frame.missing_rows == MARKED[name][1]


@pytest.mark.real_data
@pytest.mark.parametrize("name", REFUSED)
def test_impossible_images_are_refused(name: str, shared_data: Path) -> None:
    header = pydicom_header(shared_data / "hostile" / "cat04_pixel_data" / name)
    with pytest.raises(ViewerError) as caught:
        FrameSource(header, InlineDecoder())
    assert name in caught.value.one_line()


def test_a_claim_of_four_gigabytes_with_three_bytes_behind_it_takes_no_memory() -> None:
    header = pixel_header(b"abc", length=0xFFFFFFFE, rows=20000, columns=10000, bits_allocated=16, frames=1000)
    frames = FrameSource(header, InlineDecoder())
    with pytest.raises(ViewerError, match="missing"):
        frames.stored_frame(999)


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.90"])
def test_forty_megabytes_of_empty_items_are_refused_in_seconds(uid: str) -> None:
    items = struct.pack("<HHI", 0xFFFE, 0xE000, 0) * 5_000_000
    header = encapsulated_header([], uid, rows=64, columns=64, bits_allocated=16, frames=7)
    source = header.source
    object.__setattr__(source, "data", items)
    start = time.process_time()
    with pytest.raises(ViewerError, match="more fragments"):
        FrameSource(header, InlineDecoder()).stored_frame(0)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("claim", [(65535, 65535), (30000, 30000), (1, 1)])
def test_a_stream_that_claims_another_size_is_refused_before_memory_is_taken(claim: tuple[int, int]) -> None:
    import imagecodecs

    data = bytearray(imagecodecs.jpegls_encode(np.zeros((64, 64), np.uint16)))
    start = data.index(b"\xff\xf7")
    data[start + 5 : start + 9] = struct.pack(">HH", *claim)
    header = encapsulated_header([bytes(data)], "1.2.840.10008.1.2.4.80", rows=64, columns=64, bits_allocated=16)
    with pytest.raises(ViewerError, match="its header says 64 and 64"):
        FrameSource(header, InlineDecoder()).stored_frame(0)
