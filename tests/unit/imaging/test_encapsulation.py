"""Fragments into frames: with offset tables, without, and with wrong ones (PS3.5 A.4)."""

import struct
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID

from tests.builders.gray_images import data_set
from tests.builders.pixel_headers import MemoryBytes, encapsulated
from viewer.base.byte_source import FileBytes
from viewer.base.errors import DecodingError
from viewer.dicom.header_scan import scan_header
from viewer.dicom.transfer_syntaxes import ENCAPSULATED_UNCOMPRESSED, Codec
from viewer.imaging import encapsulation
from viewer.imaging.encapsulation import EncapsulatedFrames
from viewer.imaging.frame_decoding import InlineDecoder
from viewer.imaging.frame_source import FrameSource

SOI = b"\xff\xd8\xff\xe0"
FRAMES = [SOI + bytes([number]) * (10 + 2 * number) for number in range(4)]


class CountingBytes(MemoryBytes):
    """Counts what is read."""

    read = 0

    def read_at(self, offset: int, length: int) -> bytes:
        data = super().read_at(offset, length)
        type(self).read += len(data)
        return data


def frames_of(data: bytes, count: int = 4, codec: Codec = Codec.JPEG, extended: bytes = b"") -> EncapsulatedFrames:
    return EncapsulatedFrames(MemoryBytes(data), 0, count, codec, extended)


def all_frames(frames: EncapsulatedFrames, count: int = 4) -> list[bytes]:
    return [frames.frame(number).data for number in reversed(range(count))][::-1]


def split(frame: bytes, at: int) -> list[bytes]:
    return [frame[:at], frame[at:]]


def offsets_of_groups(groups: list[list[bytes]]) -> list[int]:
    offsets, position = [], 0
    for group in groups:
        offsets.append(position)
        position += sum(len(part) + 8 for part in group)
    return offsets


@pytest.mark.parametrize("offsets", [(), None])
def test_one_fragment_a_frame(offsets: tuple[int, ...] | None) -> None:
    assert all_frames(frames_of(encapsulated(FRAMES, offsets))) == FRAMES


def test_frames_in_several_fragments_by_table_and_by_codestream_starts() -> None:
    groups = [split(FRAMES[0], 6), [FRAMES[1]], split(FRAMES[2], 8), split(FRAMES[3], 4)]
    fragments = [part for group in groups for part in group]
    assert all_frames(frames_of(encapsulated(fragments, offsets_of_groups(groups)))) == FRAMES
    assert all_frames(frames_of(encapsulated(fragments))) == FRAMES


def test_all_fragments_are_the_frame_of_a_single_frame_object() -> None:
    data = encapsulated([b"ab", b"cd", b"ef"])
    assert frames_of(data, 1).frame(0).data == b"abcdef"


@pytest.mark.parametrize(
    "wrong",
    [
        (0, 0, 0, 0),
        (0, 9, 18, 27),
        (8, 30, 54, 80),
        (0, 22, 46, 4_000_000_000),
        (0, 22, 46),
        (0, 46, 72, 90),
    ],
)
def test_a_wrong_table_is_survived(wrong: tuple[int, ...]) -> None:
    assert all_frames(frames_of(encapsulated(FRAMES, wrong))) == FRAMES


def test_a_table_that_joins_two_frames_is_not_believed() -> None:
    fragments = [*FRAMES, SOI + b"five"]
    true = offsets_of_groups([[fragment] for fragment in fragments])
    data = encapsulated(fragments, [true[0], true[2], true[3], true[4]])
    frames = frames_of(data)
    assert frames.frame(0).data == FRAMES[0]
    assert frames.frame(1).data == FRAMES[1]


def test_the_extended_table_goes_first() -> None:
    groups = [split(FRAMES[0], 6), [FRAMES[1]], [FRAMES[2]], [FRAMES[3]]]
    fragments = [part for group in groups for part in group]
    extended = struct.pack("<4Q", *offsets_of_groups(groups))
    data = encapsulated(fragments)
    native = frames_of(data, codec=Codec.NATIVE, extended=extended)
    assert all_frames(native) == FRAMES


def test_the_extended_table_of_a_file_on_disk_is_used(tmp_path: Path) -> None:
    cells = [np.full((2, 4), value, np.uint8) for value in (7, 9)]
    image = data_set(np.stack(cells))
    fragments = [part for frame in cells for part in split(frame.tobytes(), 4)]
    image.add_new(0x7FE00001, "OV", struct.pack("<2Q", 0, 2 * (4 + 8)))
    image.add_new(0x7FE00002, "OV", struct.pack("<2Q", 16, 16))
    image.PixelData = encapsulated(fragments, is_closed=False)
    image["PixelData"].is_undefined_length = True
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = UID(ENCAPSULATED_UNCOMPRESSED)
    image.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    frames = FrameSource(scan_header(FileBytes(tmp_path / "a.dcm")), InlineDecoder())
    assert [frames.stored_frame(index).values.tolist() for index in range(2)] == [cell.tolist() for cell in cells]


@pytest.mark.parametrize("codec", [Codec.NATIVE, Codec.DEFLATED_FRAME])
def test_fragments_without_marks_and_table_are_not_guessed_into_frames(codec: Codec) -> None:
    frames = frames_of(encapsulated([b"ab", b"cd", b"ef", b"gh"]), 2, codec)
    with pytest.raises(DecodingError, match="4 fragments cannot be told apart into 2 frames"):
        frames.frame(0)


def test_a_file_that_ends_early_gives_what_it_has() -> None:
    data = encapsulated(FRAMES)
    cut = frames_of(data[: data.index(FRAMES[3]) + 7])
    assert [cut.frame(number).is_cut for number in range(4)] == [False, False, False, True]
    assert cut.frame(3).data == FRAMES[3][:7]
    gone = frames_of(data[: data.index(FRAMES[2]) - 8])
    assert gone.frame(1).data == FRAMES[1]
    with pytest.raises(DecodingError, match="Frame 3 of 4 is missing: the pixel data hold 2"):
        gone.frame(2)


def test_a_missing_delimiter_takes_nothing_from_whole_fragments() -> None:
    data = encapsulated(FRAMES, is_closed=False)
    assert not frames_of(data).frame(3).is_cut


def test_rle_frames_are_told_by_their_header() -> None:
    rle = [struct.pack("<2I", 1, 64) + bytes(56) + bytes([number]) * 8 for number in range(2)]
    groups = [split(rle[0], 66), [rle[1]]]
    data = encapsulated([part for group in groups for part in group])
    assert all_frames(frames_of(data, 2, Codec.RLE), 2) == rle


def test_the_walk_reads_headers_and_leaves_the_pixels() -> None:
    large = [SOI + bytes(200_000) for _ in range(20)]
    source = CountingBytes(encapsulated(large))
    frames = EncapsulatedFrames(source, 0, 20, Codec.JPEG)
    frames.frame(11)
    assert CountingBytes.read < 200_004 + 22 * 4096


def test_tables_and_items_that_are_none_are_refused() -> None:
    with pytest.raises(DecodingError, match="do not start with an item"):
        frames_of(b"\xff\xd8\xff\xe0 not an item")
    with pytest.raises(DecodingError, match="ends before"):
        frames_of(struct.pack("<HHI", 0xFFFE, 0xE000, 4_000_000_000))


def test_endless_empty_items_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encapsulation, "MAXIMUM_FRAGMENTS", 1000)
    with pytest.raises(DecodingError, match="more fragments"):
        frames_of(encapsulated([b""] * 1001)).frame(0)


def test_the_stream_of_a_video_is_all_its_fragments() -> None:
    data = encapsulated([b"abcd", b"efgh", b"ij"])
    assert b"".join(frames_of(data, 9, Codec.H264).stream()) == b"abcdefghij"
