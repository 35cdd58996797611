"""Video frames, exact to the frame, in any order."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.pixel_headers import encapsulated_header
from tests.builders.videos import SIZE, number_in, video
from viewer.base.errors import DecodingError
from viewer.base.paths import private_temporary_folder
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.codecs.video import close_videos
from viewer.imaging.decoder_pool import DecoderPool
from viewer.imaging.frame_decoding import InlineDecoder
from viewer.imaging.frame_source import FrameSource

FRAMES = 23
KINDS = [
    ("1.2.840.10008.1.2.4.100", "mpeg2video", "mpeg"),
    ("1.2.840.10008.1.2.4.101", "mpeg2video", "mpeg2video"),
    ("1.2.840.10008.1.2.4.102", "libx264", "h264"),
    ("1.2.840.10008.1.2.4.102", "libx264", "mpegts"),
    ("1.2.840.10008.1.2.4.103", "libx264", "mp4"),
    ("1.2.840.10008.1.2.4.107", "libx265", "hevc"),
]


@pytest.fixture(autouse=True)
def no_open_video() -> Iterator[None]:
    yield
    close_videos()


def header_of(data: bytes, uid: str, frames: int = FRAMES, size: int = SIZE) -> InstanceHeader:
    half = len(data) // 4 * 2
    return encapsulated_header(
        [data[:half], data[half:]], uid, frames=frames, rows=size, columns=size, samples_per_pixel=3,
        bits_allocated=8, photometric_interpretation="YBR_PARTIAL_420",
    )  # fmt: skip


@pytest.mark.parametrize(("uid", "codec", "container"), KINDS)
def test_every_frame_is_the_one_asked_for(uid: str, codec: str, container: str) -> None:
    frames = FrameSource(header_of(video(codec, container, FRAMES), uid), InlineDecoder())
    for index in (0, 1, 2, 11, 5, FRAMES - 1, 10, 3):
        frame = frames.stored_frame(index)
        assert number_in(frame.values) == index
        assert frame.photometric_interpretation == "RGB"
        assert frame.values.shape == (SIZE, SIZE, 3)


def test_frames_beyond_the_stream_are_missing_not_repeated() -> None:
    data = video("mpeg2video", "mpeg2video", 4)
    frames = FrameSource(header_of(data, "1.2.840.10008.1.2.4.100", 9), InlineDecoder())
    with pytest.raises(DecodingError, match="Frame 6 is missing: the video holds 4"):
        frames.stored_frame(5)


def test_a_video_of_another_size_is_refused() -> None:
    data = video("mpeg2video", "mpeg2video", 4)
    with pytest.raises(DecodingError, match="64 rows"):
        FrameSource(header_of(data, "1.2.840.10008.1.2.4.100", 4, 128), InlineDecoder()).stored_frame(0)


def test_a_playlist_that_names_other_files_is_not_opened() -> None:
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"
    with pytest.raises(DecodingError, match="no MPEG"):
        FrameSource(header_of(playlist, "1.2.840.10008.1.2.4.102"), InlineDecoder()).stored_frame(0)


def test_the_extracted_stream_goes_with_its_source() -> None:
    data = video("mpeg2video", "mpeg2video", 4)
    with DecoderPool(1) as pool:
        frames = FrameSource(header_of(data, "1.2.840.10008.1.2.4.100", 4), pool)
        assert [number_in(frames.stored_frame(index).values) for index in (3, 0, 1)] == [3, 0, 1]
        assert list(Path(private_temporary_folder()).glob("video-*"))
    del frames
    gc.collect()
    assert not list(Path(private_temporary_folder()).glob("video-*"))
