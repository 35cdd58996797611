"""Bytes at random offsets, from files and parts of files."""

import io
import os
import pickle
from pathlib import Path
from typing import BinaryIO

import pytest

from viewer.base.byte_source import FileBytes, FileSlice, SourceStream, read_into
from viewer.base.errors import MediaError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.write_bytes(bytes(range(200)))
    return path


def test_slices_end_where_they_end(file: Path) -> None:
    part = FileSlice(file, 50, 20, "member")
    assert part.read_at(0, 100) == bytes(range(50, 70))
    assert part.read_at(18, 5) == bytes([68, 69])
    assert part.read_at(20, 5) == b""
    assert part.read_at(500, 5) == b""


def test_a_stream_over_a_slice_seeks_like_a_file(file: Path) -> None:
    with FileSlice(file, 50, 20, "member").open() as stream:
        assert stream.read(3) == bytes([50, 51, 52])
        assert stream.seek(-2, os.SEEK_END) == 18
        assert stream.read() == bytes([68, 69])
        assert stream.read() == b""
    assert SourceStream(FileBytes(file)).read(4) == bytes([0, 1, 2, 3])


def test_sources_travel_to_other_processes(file: Path) -> None:
    for source in (FileBytes(file), FileSlice(file, 1, 2, "m")):
        assert pickle.loads(pickle.dumps(source)) == source  # noqa: S301 - our own bytes


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    missing = FileBytes(tmp_path / "gone")
    for call in (missing.size, missing.open, lambda: missing.read_at(0, 1)):
        with pytest.raises(MediaError) as caught:
            call()
        assert "gone" in caught.value.one_line()


class OtherBytes:
    """A source that is no file: read in its own way."""

    name = "other"

    def size(self) -> int:
        return 200

    def read_at(self, offset: int, length: int) -> bytes:
        return bytes(range(200))[offset : offset + length]

    def open(self) -> BinaryIO:
        return io.BytesIO(bytes(range(200)))


@pytest.mark.parametrize("offset", [0, 3, 9, 190, 500])
def test_bytes_are_read_into_a_buffer_as_they_are_read_at_once(file: Path, offset: int) -> None:
    for source in (FileBytes(file), FileSlice(file, 50, 20, "member"), OtherBytes()):
        for length in (0, 4, 30):
            buffer = bytearray(length)
            count = read_into(source, offset, memoryview(buffer))
            assert bytes(buffer[:count]) == source.read_at(offset, length)


def test_reading_into_a_buffer_tells_what_failed(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as caught:
        read_into(FileBytes(tmp_path / "none"), 0, memoryview(bytearray(4)))
    assert caught.value.subject.endswith("none")
